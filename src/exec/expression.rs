//! Expressions as operators use them: bound to column numbers once for a task, evaluated for every batch.

use super::eval::{BoundExpr, EvalContext, bind};
use super::task::TaskContext;
use crate::common::Result;
use crate::logical::expr::{Attribute, Expr};
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::record_batch::RecordBatch;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// An expression bound to a child's columns, and how many rows it has seen.
pub struct Bound {
    expr: BoundExpr,
    column: Option<usize>,
    data_type: DataType,
    context: RefCell<EvalContext>,
    /// The file that the task is reading, shared by all expressions of the task.
    file: Rc<RefCell<Arc<str>>>,
}

impl Bound {
    /// Binds `expr` against the child's columns; `partition` is the child's own partition number.
    ///
    /// # Errors
    /// When a column is not there (a bug of the planner) or a function has no kernel.
    pub fn new(expr: &Expr, input: &[Attribute], context: &TaskContext, partition: usize) -> Result<Self> {
        let mut plain = expr;
        while let Expr::Alias { child, .. } = plain {
            plain = child;
        }
        let column = match plain {
            Expr::Attribute(attribute) => input.iter().position(|column| column.id == attribute.id),
            _ => None,
        };
        Ok(Bound {
            expr: bind(expr, input)?,
            column,
            data_type: expr.data_type(),
            context: RefCell::new(EvalContext::new(&context.conf, partition, context.now_micros)),
            file: Rc::default(),
        })
    }

    /// The same expression, told which file is read.
    #[must_use]
    pub fn reading(self, file: Rc<RefCell<Arc<str>>>) -> Self {
        Bound { file, ..self }
    }

    /// The Spark type of the values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// One value for each row.
    ///
    /// # Errors
    /// What the rows raised.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        if let Some(column) = self.column {
            return Ok(batch.column(column).clone());
        }
        self.context.borrow_mut().input_file = self.file.borrow().clone();
        let values = self.expr.eval(batch, &self.context.borrow())?;
        self.context.borrow_mut().row_offset += batch.num_rows() as u64;
        super::batch::conform(values, &self.data_type.to_arrow())
    }

    /// The rows that satisfy a condition; null is no.
    ///
    /// # Errors
    /// What the rows raised.
    pub fn select(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        self.context.borrow_mut().input_file = self.file.borrow().clone();
        let flags = self.expr.eval_predicate(batch, &self.context.borrow())?;
        self.context.borrow_mut().row_offset += batch.num_rows() as u64;
        Ok(if flags.null_count() == 0 { flags } else { arrow::compute::prep_null_mask_filter(&flags) })
    }
}

/// Evaluates all.
///
/// # Errors
/// The first error of any.
pub fn evaluate_all(exprs: &[Bound], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    exprs.iter().map(|expr| expr.evaluate(batch)).collect()
}
