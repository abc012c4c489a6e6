//! Broadcast variables and accumulators.
//!
//! A task's additions are kept under its function and partition, so that a partition computed twice counts once.
//! **Simplified:** Spark may count twice when a task of a transformation is repeated.

use super::codec;
use crate::common::ErrorClass;
use crate::pyspark::api::support::{given, raise};
use crate::pyspark::lang::freeze::{Freezer, Thaw};
use crate::pyspark::lang::{Args, BinaryOp, Interpreter, Object, PyResult, Value, type_error};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A value that every task can read.
pub struct Broadcast {
    value: Value,
    id: usize,
}

/// A sum that tasks add to and only the driver reads.
pub struct Accumulator {
    id: usize,
    /// The driver's value; absent in tasks.
    value: Option<RefCell<Value>>,
    /// The script's own way of adding: `zero(value)` and `addInPlace(a, b)`.
    parameter: Option<Value>,
    pending: Arc<Pending>,
}

/// Additions by (function, partition), not yet in the driver's value.
#[derive(Default)]
struct Pending(Mutex<BTreeMap<(u64, usize), Vec<u8>>>);

/// The accumulators of a script, in the order they were made.
#[derive(Default)]
struct Known(Vec<Value>);

/// What a task has added so far.
#[derive(Default)]
struct Local(Vec<(Arc<Pending>, Value)>);

/// `sc.broadcast(value)`.
pub fn broadcast(interp: &mut Interpreter, value: Value) -> Value {
    let known = interp.extension::<Known>();
    let id = known.0.len();
    Value::object(Broadcast { value, id })
}

/// `sc.accumulator(value)`.
///
/// # Errors
/// A value that cannot be added up, without a parameter that says how.
pub fn accumulator(interp: &mut Interpreter, args: Args) -> PyResult {
    let [value, parameter] = args.bind("accumulator", ["value", "accum_param"], 1)?;
    let parameter = given(parameter);
    let value = value.unwrap_or(Value::None);
    if parameter.is_none() && value.as_float().is_none() {
        let kind = interp.type_name(&value);
        return Err(type_error(format!("No default accumulator param for type <class '{kind}'>")).with_help(
            "give an AccumulatorParam with zero(value) and addInPlace(a, b): sc.accumulator(value, param)",
        ));
    }
    let known = interp.extension::<Known>();
    let id = known.0.len();
    let value = Some(RefCell::new(value));
    let made = Value::object(Accumulator { id, value, parameter, pending: Arc::default() });
    interp.extension::<Known>().0.push(made.clone());
    Ok(made)
}

/// Brings what finished tasks added into the driver's values.
///
/// # Errors
/// What adding raises.
pub fn merge(interp: &mut Interpreter) -> PyResult<()> {
    let known = interp.extension::<Known>().0.clone();
    for value in known {
        let Some(accumulator) = value.downcast::<Accumulator>() else { continue };
        let added = std::mem::take(&mut *accumulator.pending.0.lock().unwrap_or_else(PoisonError::into_inner));
        for bytes in added.into_values() {
            let update = codec::decode(interp, &bytes)?;
            accumulator.add(interp, &update)?;
        }
    }
    Ok(())
}

/// Hands over what this task added. `task` is the function's identity and the partition; functions of single rows have none.
pub fn flush(interp: &mut Interpreter, task: Option<(u64, usize)>) {
    let local = std::mem::take(interp.extension::<Local>());
    for (pending, value) in local.0 {
        let Ok(bytes) = codec::encode(interp, &value) else { continue };
        let mut slots = pending.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = task.unwrap_or_else(|| (u64::MAX, slots.len()));
        slots.insert(key, bytes);
    }
}

impl Accumulator {
    fn add(&self, interp: &mut Interpreter, term: &Value) -> PyResult<()> {
        if let Some(slot) = &self.value {
            let before = slot.borrow().clone();
            let after = self.sum(interp, &before, term)?;
            *slot.borrow_mut() = after;
            return Ok(());
        }
        let local = interp.extension::<Local>();
        let place = local.0.iter().position(|(pending, _)| Arc::ptr_eq(pending, &self.pending));
        match place {
            Some(at) => {
                let before = local.0[at].1.clone();
                let after = self.sum(interp, &before, term)?;
                interp.extension::<Local>().0[at].1 = after;
            }
            None => {
                let first = match &self.parameter {
                    None => term.clone(),
                    Some(parameter) => {
                        let zero = interp.call_method(parameter, "zero", Args::of(vec![term.clone()]))?;
                        self.sum(interp, &zero, term)?
                    }
                };
                interp.extension::<Local>().0.push((self.pending.clone(), first));
            }
        }
        Ok(())
    }

    fn sum(&self, interp: &mut Interpreter, before: &Value, term: &Value) -> PyResult {
        match &self.parameter {
            None => interp.binary(BinaryOp::Add, before, term),
            Some(parameter) => {
                interp.call_method(parameter, "addInPlace", Args::of(vec![before.clone(), term.clone()]))
            }
        }
    }

    fn read(&self) -> PyResult {
        match &self.value {
            Some(slot) => Ok(slot.borrow().clone()),
            None => Err(raise(
                ErrorClass::PySparkRuntimeError,
                "VALUE_NOT_ACCESSIBLE",
                "Value `accumulator.value` cannot be accessed inside tasks.",
            )),
        }
    }
}

impl Object for Accumulator {
    fn type_name(&self) -> &'static str {
        "Accumulator"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["add"]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "value" { self.read().map(Some) } else { Ok(None) }
    }

    fn set_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        match (&self.value, name) {
            (Some(slot), "value") => {
                *slot.borrow_mut() = value;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        (name == "add").then(|| {
            let term = args.only("add", "term")?;
            self.add(interp, &term)?;
            Ok(Value::None)
        })
    }

    fn binary(
        &self,
        interp: &mut Interpreter,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        if op != BinaryOp::Add || reflected {
            return Ok(None);
        }
        self.add(interp, other)?;
        Ok(Some(this.clone()))
    }

    fn str(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let value = self.read()?;
        interp.str(&value)
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let value = self.read()?;
        let text = interp.repr(&value)?;
        Ok(format!("Accumulator<id={}, value={text}>", self.id))
    }

    fn freeze(&self, interp: &mut Interpreter, _this: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let (id, pending) = (self.id, self.pending.clone());
        let parameter = self.parameter.as_ref().map(|own| freezer.freeze(interp, own)).transpose()?;
        Ok(Some(Arc::new(move |interp: &mut Interpreter| {
            let parameter = parameter.as_ref().map(|own| own(interp)).transpose()?;
            Ok(Value::object(Accumulator { id, value: None, parameter, pending: pending.clone() }))
        })))
    }
}

impl Object for Broadcast {
    fn type_name(&self) -> &'static str {
        "Broadcast"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["unpersist", "destroy"]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "value" => Some(self.value.clone()),
            "id" => Some(Value::Int(self.id as i64)),
            _ => None,
        })
    }

    fn call_method(&self, _interp: &mut Interpreter, _this: &Value, name: &str, _args: Args) -> Option<PyResult> {
        matches!(name, "unpersist" | "destroy").then_some(Ok(Value::None))
    }

    fn freeze(&self, interp: &mut Interpreter, _this: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let value = freezer.freeze(interp, &self.value)?;
        let id = self.id;
        Ok(Some(Arc::new(move |interp: &mut Interpreter| {
            let value = value(interp)?;
            Ok(Value::object(Broadcast { value, id }))
        })))
    }
}
