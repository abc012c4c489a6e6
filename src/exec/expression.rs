//! Expressions as operators use them: bound to column numbers once for a task, evaluated for every batch.

use super::eval::{BoundExpr, EvalContext, bind, holds};
use super::task::TaskContext;
use crate::common::Result;
use crate::logical::expr::{Attribute, Expr};
use crate::logical::types::DataType;
use arrow::array::{ArrayRef, BooleanArray};
use arrow::record_batch::RecordBatch;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// An expression bound to a child's columns.
pub struct Bound {
    work: Work,
    data_type: DataType,
}

/// What there is to do for a batch.
enum Work {
    /// Nothing: it is one of the child's columns.
    Column(usize),
    Evaluate {
        expr: BoundExpr,
        /// It knows how many rows were seen.
        context: RefCell<EvalContext>,
        /// The file that the task is reading, shared by all expressions of the task.
        file: Rc<RefCell<Arc<str>>>,
    },
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
        let work = match column {
            Some(place) => Work::Column(place),
            None => Work::Evaluate {
                expr: bind(expr, input)?,
                context: RefCell::new(EvalContext::new(&context.conf, partition, context.now_micros)),
                file: Rc::default(),
            },
        };
        Ok(Bound { work, data_type: expr.data_type() })
    }

    /// The same expression, told which file is read.
    #[must_use]
    pub fn reading(mut self, read: Rc<RefCell<Arc<str>>>) -> Self {
        if let Work::Evaluate { file, .. } = &mut self.work {
            *file = read;
        }
        self
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
        match &self.work {
            Work::Column(place) => Ok(batch.column(*place).clone()),
            Work::Evaluate { expr, context, file } => {
                let values = seeing(context, file, batch, |context| expr.eval(batch, context))?;
                super::batch::conform(values, &self.data_type.to_arrow())
            }
        }
    }

    /// The rows that satisfy a condition; null is no.
    ///
    /// # Errors
    /// What the rows raised.
    pub fn select(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        match &self.work {
            Work::Column(place) => Ok(holds(batch.column(*place))),
            Work::Evaluate { expr, context, file } => {
                seeing(context, file, batch, |context| expr.eval_predicate(batch, context))
            }
        }
    }
}

/// Does something with the next batch of a file.
fn seeing<T>(
    context: &RefCell<EvalContext>,
    file: &RefCell<Arc<str>>,
    batch: &RecordBatch,
    evaluate: impl FnOnce(&EvalContext) -> Result<T>,
) -> Result<T> {
    context.borrow_mut().input_file = file.borrow().clone();
    let values = evaluate(&context.borrow())?;
    context.borrow_mut().row_offset += batch.num_rows() as u64;
    Ok(values)
}

/// Evaluates all.
///
/// # Errors
/// The first error of any.
pub fn evaluate_all(exprs: &[Bound], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    exprs.iter().map(|expr| expr.evaluate(batch)).collect()
}
