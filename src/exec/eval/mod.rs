//! Expressions over Arrow batches.
//!
//! [`bind`] turns a resolved expression into a [`BoundExpr`] (columns by number, kernels instead of names) once for a task;
//! [`BoundExpr::eval`] computes it for a batch. Constants stay one value long as far as the kernels allow.
//!
//! **Laziness.** An error of a row that an untaken `CASE` branch, or the right side of a settled `AND`, would have computed must not
//! show. Branches are first computed for all rows, which is fastest; only when that fails they are computed again for the rows that
//! need them.

mod value;

use crate::common::{Conf, Result, SparkError};
use crate::logical::expr::{Attribute, Expr};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

pub use value::Value;

/// What an evaluation knows beside the batch.
#[derive(Debug, Clone)]
pub struct EvalContext {
    /// The task's partition.
    pub partition: usize,
    /// How many rows of the partition the operator has seen before this batch.
    pub row_offset: u64,
    /// `spark.sql.ansi.enabled`.
    pub ansi: bool,
    /// `spark.sql.session.timeZone`.
    pub time_zone: Arc<str>,
    /// What `current_timestamp()` gives.
    pub now_micros: i64,
    /// The file that the batch was read from, empty when there is none.
    pub input_file: Arc<str>,
}

impl EvalContext {
    /// The context of a partition's first batch.
    #[must_use]
    pub fn new(conf: &Conf, partition: usize, now_micros: i64) -> Self {
        EvalContext {
            partition,
            row_offset: 0,
            ansi: conf.ansi(),
            time_zone: conf.get("spark.sql.session.timeZone").unwrap_or("UTC").into(),
            now_micros,
            input_file: "".into(),
        }
    }
}

/// An expression whose columns are numbers.
#[derive(Debug)]
pub struct BoundExpr {
    column: Option<usize>,
}

/// Binds a resolved expression to the columns of its input.
///
/// # Errors
/// A column that the input does not have (a bug of the planner), a function without a kernel.
pub fn bind(expr: &Expr, input: &[Attribute]) -> Result<BoundExpr> {
    match expr {
        Expr::Alias { child, .. } => bind(child, input),
        Expr::Attribute(attribute) => Ok(BoundExpr { column: input.iter().position(|own| own.id == attribute.id) }),
        other => Err(SparkError::internal(format!("no kernel yet for {other:?}"))),
    }
}

impl BoundExpr {
    /// The values for each row of a batch.
    ///
    /// # Errors
    /// What a row raised.
    pub fn eval(&self, batch: &RecordBatch, context: &EvalContext) -> Result<ArrayRef> {
        let _ = context;
        self.column.map(|i| batch.column(i).clone()).ok_or_else(|| SparkError::internal("unbound"))
    }

    /// The rows for which a condition holds; null counts as false, and the answer has no nulls.
    ///
    /// # Errors
    /// What a row raised.
    pub fn eval_predicate(&self, batch: &RecordBatch, context: &EvalContext) -> Result<BooleanArray> {
        let values = self.eval(batch, context)?;
        let values = values.as_boolean_opt().ok_or_else(|| SparkError::internal("a condition that is not boolean"))?;
        Ok(if values.null_count() == 0 { values.clone() } else { arrow::compute::prep_null_mask_filter(values) })
    }
}
