//! What an RDD's task runs: rows in, a chain of steps, rows out.

use super::{codec, shared};
use crate::common::{Result, SparkError};
use crate::logical::functions::{Made, PartitionFunction};
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructType};
use crate::pyspark::api::support::python_exception;
use crate::pyspark::api::{convert, create, udf};
use crate::pyspark::lang::iterator::FromFn;
use crate::pyspark::lang::{Interpreter, PyResult, Value};
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// What the rows of the plan below are.
#[derive(Clone)]
pub enum Input {
    /// One encoded value in the column of this number.
    Encoded(usize),
    /// One encoded list per partition.
    Chunk,
    /// A frame's rows.
    Frame(Arc<StructType>),
    /// One text.
    Text,
}

/// What the task gives.
#[derive(Clone)]
pub enum Output {
    /// One encoded value.
    Encoded,
    /// A partition number and an encoded value.
    Placed(Arc<Place>),
    /// Typed columns; `true` when a row is a bare value.
    Typed(Arc<StructType>, bool),
}

/// Which partition a value goes to.
pub type Place = dyn Fn(&mut Interpreter) -> PyResult<PlaceOf> + Send + Sync;
/// The same, inside one task.
pub type PlaceOf = Box<dyn Fn(&mut Interpreter, &Value) -> PyResult<i32>>;
/// From a partition's number and an iterator of its values to another iterator.
pub type Run = dyn Fn(&mut Interpreter, usize, Value) -> PyResult + Send + Sync;

/// One operation of a chain.
#[derive(Clone)]
pub struct Step {
    pub name: &'static str,
    pub run: Arc<Run>,
}

/// The function that a `MapPartitions` node carries.
pub struct Chain {
    pub name: String,
    pub input: Input,
    pub steps: Vec<Step>,
    pub output: Output,
    pub identity: u64,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.identity)
    }
}

impl PartitionFunction for Chain {
    fn name(&self) -> &str {
        &self.name
    }

    fn call(&self, partition: usize, rows: Vec<Vec<Scalar>>) -> Result<Made> {
        let mut interp = udf::worker();
        match self.run(&mut interp, partition, rows) {
            Ok(made) => {
                shared::flush(&mut interp, Some((self.identity, partition)));
                Ok(made)
            }
            Err(raised) => Err(python_exception(&mut interp, raised)),
        }
    }

    fn identity(&self) -> u64 {
        self.identity
    }
}

impl Chain {
    fn run(&self, interp: &mut Interpreter, partition: usize, rows: Vec<Vec<Scalar>>) -> PyResult<Made> {
        let mut values = Vec::with_capacity(rows.len());
        for row in &rows {
            self.read(interp, row, &mut values)?;
        }
        let handled = Rc::new(Cell::new(0));
        let mut iterator = Value::iter_over(values);
        for step in &self.steps {
            iterator = (step.run)(interp, partition, counted(iterator, &handled))?;
            iterator = interp.iter(&iterator)?;
        }
        let place = match &self.output {
            Output::Placed(place) => Some(place(interp)?),
            Output::Encoded | Output::Typed(..) => None,
        };
        let whole = match &self.output {
            Output::Typed(schema, _) => DataType::Struct(schema.as_ref().clone()),
            Output::Encoded | Output::Placed(_) => DataType::Null,
        };
        let mut out = Vec::new();
        while let Some(value) = interp.next(&iterator)? {
            out.push(match (&self.output, &place) {
                (Output::Typed(schema, single), _) => {
                    create::row_scalars(interp, &value, &whole, schema, *single, true)?
                }
                (_, Some(place)) => {
                    let target = place(interp, &value)?;
                    vec![Scalar::Integer(target), Scalar::Binary(codec::encode(interp, &value)?)]
                }
                (_, None) => vec![Scalar::Binary(codec::encode(interp, &value)?)],
            });
        }
        Ok(Made { rows: out, handled: handled.get() })
    }

    fn read(&self, interp: &mut Interpreter, row: &[Scalar], values: &mut Vec<Value>) -> PyResult<()> {
        match (&self.input, row) {
            (Input::Encoded(at), row) => {
                let Some(Scalar::Binary(bytes)) = row.get(*at) else { return Err(broken().into()) };
                values.push(codec::decode(interp, bytes)?);
            }
            (Input::Chunk, [Scalar::Binary(bytes), ..]) => {
                values.extend(codec::decode(interp, bytes)?.as_items().unwrap_or_default());
            }
            (Input::Frame(schema), row) => {
                let names = convert::names_of(schema);
                values.push(convert::row_of(interp, row, schema, &names)?);
            }
            (Input::Text, [Scalar::String(text), ..]) => values.push(Value::str(text)),
            (Input::Text, _) => values.push(Value::None),
            (Input::Chunk, _) => return Err(broken().into()),
        }
        Ok(())
    }
}

/// The same values, counted as they are taken.
fn counted(values: Value, count: &Rc<Cell<u64>>) -> Value {
    let count = Rc::clone(count);
    let next = move |interp: &mut Interpreter| {
        let value = interp.next(&values)?;
        count.set(count.get() + u64::from(value.is_some()));
        Ok(value)
    };
    Value::iterator("itertools.chain", FromFn(next))
}

fn broken() -> SparkError {
    SparkError::internal("an RDD's row holds no encoded value")
}
