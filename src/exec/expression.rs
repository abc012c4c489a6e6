//! Expressions as operators use them: bound to column numbers once for a task, evaluated for every batch.

use super::eval::{BoundExpr, EvalContext, bind, holds};
use super::task::TaskContext;
use crate::common::Result;
use crate::logical::expr::{Attribute, Expr};
use crate::logical::types::DataType;
use arrow::array::{ArrayRef, BooleanArray};
use arrow::record_batch::RecordBatch;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// What all expressions of a task share.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The file being read, as `input_file_name()` gives it.
    pub file: RefCell<Arc<str>>,
    /// Rows that went to a Python worker, once for each function that they went to.
    pub python_rows: Cell<u64>,
}

impl Surroundings {
    /// Counts rows that go to a Python worker.
    pub fn to_python(&self, rows: u64) {
        self.python_rows.set(self.python_rows.get() + rows);
    }
}

/// An expression bound to a child's columns.
pub struct Bound {
    work: Work,
    data_type: DataType,
}

/// What there is to do for a batch.
enum Work {
    /// Nothing: it is one of the child's columns.
    Column(usize),
    Evaluate(Box<Evaluation>),
}

struct Evaluation {
    expr: BoundExpr,
    /// It knows how many rows were seen.
    context: RefCell<EvalContext>,
    /// How many Python functions stand in it. Spark sends every row to each, also where a `when` would not ask for its value.
    python_functions: u64,
    surroundings: Rc<Surroundings>,
}

impl Evaluation {
    /// Does something with the next batch of a file.
    fn seeing<T>(
        &self,
        batch: &RecordBatch,
        evaluate: impl FnOnce(&BoundExpr, &EvalContext) -> Result<T>,
    ) -> Result<T> {
        let rows = batch.num_rows() as u64;
        self.context.borrow_mut().input_file = self.surroundings.file.borrow().clone();
        let values = evaluate(&self.expr, &self.context.borrow())?;
        self.context.borrow_mut().row_offset += rows;
        self.surroundings.to_python(rows * self.python_functions);
        Ok(values)
    }
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
            None => Work::Evaluate(Box::new(Evaluation {
                expr: bind(expr, input)?,
                context: RefCell::new(EvalContext::new(&context.conf, partition, context.now_micros)),
                python_functions: expr.count(|part| matches!(part, Expr::Udf { .. })),
                surroundings: Rc::default(),
            })),
        };
        Ok(Bound { work, data_type: expr.data_type() })
    }

    /// The same expression as one of a task's.
    #[must_use]
    pub fn within(mut self, task: Rc<Surroundings>) -> Self {
        if let Work::Evaluate(evaluation) = &mut self.work {
            evaluation.surroundings = task;
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
            Work::Evaluate(evaluation) => {
                let values = evaluation.seeing(batch, |expr, context| expr.eval(batch, context))?;
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
            Work::Evaluate(evaluation) => evaluation.seeing(batch, |expr, context| expr.eval_predicate(batch, context)),
        }
    }
}

/// Evaluates all.
///
/// # Errors
/// The first error of any.
pub fn evaluate_all(exprs: &[Bound], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    exprs.iter().map(|expr| expr.evaluate(batch)).collect()
}
