//! What a script leaves behind in its top-level names, as plain data that outlives the interpreter.
//!
//! Checks read answers this way (design D15): a frame is computed once more after the script's last statement, everything else is copied.

use super::api::dataframe::DataFrame;
use super::lang::{Interpreter, Value};
use crate::common::SparkError;
use crate::common::ids::PlanStepId;
use crate::logical::scalar::Scalar;
use crate::logical::types::StructType;

/// What the queries are called that compute frames after the script has ended.
pub const ACTION: &str = "check";

/// Nested values deeper than this are not copied.
const DEPTH_MAX: usize = 8;
/// Rows of a frame beyond this many are counted, not copied.
const ROWS_MAX: usize = 2_000_000;

/// The value of a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A list or tuple.
    List(Vec<Kept>),
    Dict(Vec<(Kept, Kept)>),
    Frame(KeptFrame),
    /// A frame whose rows could not be computed.
    Failed(SparkError),
    /// Anything else, by the name of its type.
    Other(String),
}

/// A frame's rows.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptFrame {
    pub schema: StructType,
    /// In the frame's order.
    pub rows: Vec<Vec<Scalar>>,
    /// Rows of each partition.
    pub partition_rows: Vec<u64>,
    /// The last step of its plan, where steps are told.
    pub step: Option<PlanStepId>,
}

/// The values of these names, in their order; a name that the script never set is left out.
pub(super) fn keep(interp: &mut Interpreter, names: &[String]) -> Vec<(String, Kept)> {
    let Some(main) = interp.main_globals() else { return Vec::new() };
    let found: Vec<(String, Value)> = names.iter().filter_map(|name| Some((name.clone(), main.get(name)?))).collect();
    found.into_iter().map(|(name, value)| (name, kept(interp, &value, 0))).collect()
}

fn kept(interp: &mut Interpreter, value: &Value, depth: usize) -> Kept {
    if depth > DEPTH_MAX {
        return Kept::Other("deeply nested value".to_owned());
    }
    match value {
        Value::None => Kept::None,
        Value::Bool(value) => Kept::Bool(*value),
        Value::Int(value) => Kept::Int(*value),
        Value::Float(value) => Kept::Float(*value),
        Value::Str(text) => Kept::Text(text.to_string()),
        Value::List(items) => {
            let items = items.borrow().clone();
            Kept::List(items.iter().map(|item| kept(interp, item, depth + 1)).collect())
        }
        Value::Tuple(items) => Kept::List(items.iter().map(|item| kept(interp, item, depth + 1)).collect()),
        Value::Dict(dict) => {
            let pairs: Vec<(Value, Value)> =
                dict.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            let mut copied = Vec::new();
            for (key, value) in pairs {
                copied.push((kept(interp, &key, depth + 1), kept(interp, &value, depth + 1)));
            }
            Kept::Dict(copied)
        }
        other => match other.downcast::<DataFrame>() {
            Some(frame) => rows_of(interp, frame).map_or_else(Kept::Failed, Kept::Frame),
            None => Kept::Other(interp.type_name(other)),
        },
    }
}

fn rows_of(interp: &mut Interpreter, frame: &DataFrame) -> Result<KeptFrame, SparkError> {
    let host = interp.host().map_err(|_| SparkError::internal("the script's session is gone"))?;
    let schema = frame.plan.schema();
    let step = host.step_of(&frame.plan);
    let partitions = host.collect_partitions(&frame.plan, ACTION)?;
    let mut kept = KeptFrame { schema, rows: Vec::new(), partition_rows: Vec::new(), step };
    for batches in partitions {
        kept.partition_rows.push(batches.iter().map(|batch| batch.num_rows() as u64).sum());
        for batch in &batches {
            for at in 0..batch.num_rows().min(ROWS_MAX.saturating_sub(kept.rows.len())) {
                let fields = kept.schema.fields.iter().enumerate();
                let row = fields.map(|(i, field)| Scalar::from_array(batch.column(i), at, &field.data_type));
                kept.rows.push(row.collect::<Result<_, _>>()?);
            }
        }
    }
    Ok(kept)
}
