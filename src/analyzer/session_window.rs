//! Grouping by `session_window(time, gap)`: rows whose windows touch become one session.
//!
//! Every row opens the window `[time, time + gap)`. Among the rows of one key, in order of time, a row that starts after all windows
//! before it have ended begins a session:
//!
//! ```text
//!   Aggregate [session_window(t, g), k]
//!     becomes  Aggregate [session_window, k]
//!                Project  struct(min(t), max(end)) OVER (k, session)
//!                  Project  sum(reached >= t ? 0 : 1) OVER (k ORDER BY t) AS session
//!                    Project  max(end) OVER (k ORDER BY t, rows before) AS reached
//!                      Project  time + gap AS end        (rows without a time or with an empty window are left out)
//! ```
//!
//! **Simplified:** Spark merges windows in an operator of its own, `MergingSessions`, after a partial aggregation.

use super::{Analyzer, Scope};
use crate::common::{Result, SparkError};
use crate::logical::expr::{BinaryOp, Expr, FrameBound, FrameUnit, SortOrder, WindowFrame, WindowSpec};
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use std::sync::Arc;

/// Whether a grouping key is a session window.
pub(super) fn is_session(key: &Expr) -> bool {
    matches!(key, Expr::Function { function, .. } if function.name == "session_window")
}

impl Analyzer<'_> {
    /// The input with a column for the session of each row, and that column.
    pub(super) fn sessions(
        &self,
        window: &Expr,
        keys: &[Expr],
        input: &Arc<LogicalPlan>,
    ) -> Result<(Expr, Arc<LogicalPlan>)> {
        let Expr::Function { args, .. } = window else {
            return Err(SparkError::internal("a session window is a function"));
        };
        let [time, end] = args.as_slice() else {
            return Err(SparkError::internal("a session window has two ends"));
        };
        let others: Vec<Expr> = keys.iter().filter(|key| *key != window).cloned().collect();
        let condition = Expr::binary(BinaryOp::Gt, end.clone(), time.clone());
        let rows = Arc::new(LogicalPlan::Filter { condition, input: input.clone() });
        let over = |function: Expr, spec: WindowSpec| Expr::Window { function: Box::new(function), spec };
        let in_order = |end: FrameBound| WindowSpec {
            partition_by: others.clone(),
            order_by: vec![SortOrder::new(time.clone(), true)],
            frame: Some(WindowFrame { unit: FrameUnit::Rows, start: FrameBound::UnboundedPreceding, end }),
        };
        let before = FrameBound::Offset(Box::new(Expr::literal(Scalar::Integer(-1))));

        let (end, plan) = self.with_column(end.clone(), &rows)?;
        let reached = over(Expr::call("max", vec![end.clone()]), in_order(before));
        let (reached, plan) = self.with_column(reached, &plan)?;
        let starts = Expr::Case {
            branches: vec![(Expr::binary(BinaryOp::GtEq, reached, time.clone()), Expr::int(0))],
            otherwise: Some(Box::new(Expr::int(1))),
        };
        let number = over(Expr::call("sum", vec![starts]), in_order(FrameBound::CurrentRow));
        let (number, plan) = self.with_column(number, &plan)?;
        let whole = WindowSpec {
            partition_by: others.iter().cloned().chain([number]).collect(),
            order_by: Vec::new(),
            frame: None,
        };
        let (first, plan) = self.with_column(over(Expr::call("min", vec![time.clone()]), whole.clone()), &plan)?;
        let (last, plan) = self.with_column(over(Expr::call("max", vec![end]), whole), &plan)?;
        let Expr::Function { function, data_type, nullable, .. } = window.clone() else {
            return Err(SparkError::internal("a session window is a function"));
        };
        let session = Expr::Function { function, args: vec![first, last], data_type, nullable };
        self.with_column(session, &plan)
    }

    /// One more column, under a name that no script writes; resolved.
    fn with_column(&self, value: Expr, input: &Arc<LogicalPlan>) -> Result<(Expr, Arc<LogicalPlan>)> {
        let mut exprs: Vec<Expr> = input.output().into_iter().map(Expr::Attribute).collect();
        exprs.push(value.alias("session_window"));
        let plan = self.select(&exprs, input, Scope::EMPTY)?;
        let column = plan.output().pop().map(Expr::Attribute);
        Ok((column.ok_or_else(|| SparkError::internal("a projection without a column"))?, plan))
    }
}
