//! `Observation` and `df.observe`.
//!
//! **Simplified:** the observed numbers are computed by a query of their own when they are asked for, not beside the first action.

use super::{Method, collect_rows, plan_of};
use crate::common::ErrorClass;
use crate::logical::plan::{Grouping, LogicalPlan};
use crate::pyspark::api::column::Column;
use crate::pyspark::api::support::{analyze, given, not_expected_type, raise, text_argument};
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Value};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

pub(super) const METHODS: &[(&str, Method)] = &[("observe", observe)];

/// What is observed of one frame.
#[derive(Default)]
pub struct Observation {
    plan: RefCell<Option<Arc<LogicalPlan>>>,
    result: RefCell<Option<Value>>,
}

/// `Observation(name)`.
///
/// # Errors
/// A name that is no text, or empty.
pub fn construct(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let [name] = args.bind("Observation", ["name"], 0)?;
    if let Some(name) = given(name)
        && text_argument(interp, "name", &name)?.is_empty()
    {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "VALUE_NOT_NON_EMPTY_STR",
            "Value for `name` must be a non-empty string, got ''.",
        ));
    }
    Ok(Value::object(Observation::default()))
}

fn observe(interp: &mut Interpreter, this: &Value, plan: &Arc<LogicalPlan>, args: Args) -> PyResult {
    let mut items = args.positional.into_iter();
    let observation = items.next().unwrap_or(Value::None);
    let mut outputs = Vec::new();
    for item in items {
        match item.downcast::<Column>() {
            Some(column) => outputs.push(column.expr.clone()),
            None => return Err(not_expected_type(interp, "exprs", "Column", &item)),
        }
    }
    if outputs.is_empty() {
        return Err(raise(ErrorClass::PySparkValueError, "CANNOT_BE_EMPTY", "At least one `exprs` must be specified."));
    }
    let aggregate = LogicalPlan::Aggregate { grouping: Grouping::By(Vec::new()), outputs, input: plan.clone() };
    let aggregate = analyze(interp, aggregate)?;
    // A name alone is for listeners of streams and queries, which there are none of.
    if observation.as_str().is_some() {
        return Ok(this.clone());
    }
    let Some(own) = observation.downcast::<Observation>() else {
        return Err(not_expected_type(interp, "observation", "str or Observation", &observation));
    };
    if own.plan.borrow().is_some() {
        return Err(raise(
            ErrorClass::PySparkAssertionError,
            "REUSE_OBSERVATION",
            "An Observation can be used with a DataFrame only once.",
        ));
    }
    *own.plan.borrow_mut() = Some(aggregate);
    plan_of(interp, this)?;
    Ok(this.clone())
}

impl Observation {
    fn get(&self, interp: &mut Interpreter) -> PyResult {
        if let Some(result) = &*self.result.borrow() {
            return Ok(result.clone());
        }
        let Some(plan) = self.plan.borrow().clone() else {
            return Err(raise(
                ErrorClass::PySparkAssertionError,
                "NO_OBSERVE_BEFORE_GET",
                "Should observe by calling `DataFrame.observe` before `get`.",
            ));
        };
        let rows = collect_rows(interp, &plan, "observe")?;
        let result = match rows.first() {
            Some(row) => interp.call_method(row, "asDict", Args::of(Vec::new()))?,
            None => Value::dict(crate::pyspark::lang::Dict::new()),
        };
        *self.result.borrow_mut() = Some(result.clone());
        Ok(result)
    }
}

impl Object for Observation {
    fn type_name(&self) -> &'static str {
        "Observation"
    }

    fn attribute_names(&self) -> Vec<String> {
        vec!["get".to_owned()]
    }

    fn get_attr(&self, interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "get" { self.get(interp).map(Some) } else { Ok(None) }
    }
}
