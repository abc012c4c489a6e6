//! Columns that could be meant on either side of a join of a frame with itself: Spark's `DetectAmbiguousSelfJoin`.
//!
//! Purpose: `df.join(other, …)` where `other` was made from `df` gives the right side's columns new ids, so `df.x` and `other.x` no
//! longer say which side they mean. Before/after: `joined.select(other.x)` → `AnalysisException` instead of the left side's values.
//! Must not fire: for names (`col("x")`), where only one of the two columns can be seen, for `a.x == b.x` of the same column in the
//! join's own condition, which is read as left against right, nor in `df.join(df, df.x == 1)`, where both sides are alike.
//! Hard case: a copy of a copy; every copy remembers the first frame.

use super::Analyzer;
use crate::common::ids::ExprId;
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, BinaryOp, Expr};
use crate::logical::plan::{JoinConstraint, LogicalPlan};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Analyzer<'_> {
    /// An error when the node as written uses a column of a frame of which `analyzed` has a copy.
    pub(super) fn reject_ambiguous(&self, written: &LogicalPlan, analyzed: &Arc<LogicalPlan>) -> Result<()> {
        let off = self.context.conf.get("spark.sql.analyzer.failAmbiguousSelfJoin") == Some("false");
        if off || !self.context.analyzed.has_copies() {
            return Ok(());
        }
        let mut used = Vec::new();
        match written {
            LogicalPlan::Join { left, right, constraint: JoinConstraint::On(condition), .. } => {
                in_condition(condition, Arc::ptr_eq(left, right), &mut used);
            }
            LogicalPlan::DropColumns { .. } => {}
            other => other.expressions().into_iter().for_each(|expr| taken_from_frames(expr, &mut used)),
        }
        if used.is_empty() {
            return Ok(());
        }
        let inputs = match written {
            LogicalPlan::Join { .. } => analyzed.children(),
            other => other.children(),
        };
        let visible: BTreeSet<ExprId> = inputs.into_iter().flat_map(|input| input.output()).map(|own| own.id).collect();
        if matches!(written, LogicalPlan::Join { .. }) {
            // A column that neither side shows under its own id was read as the right side's.
            used.retain(|column| visible.contains(&column.id));
        }
        let ambiguous: Vec<&Attribute> =
            used.into_iter().filter(|column| self.has_copy(analyzed, column, &visible)).collect();
        let Some(first) = ambiguous.first() else { return Ok(()) };
        let names: Vec<String> = ambiguous.iter().map(|column| format!("{}#{}", column.name, column.id.0)).collect();
        Err(SparkError::analysis(
            "_LEGACY_ERROR_TEMP_1182",
            format!(
                "Column {} are ambiguous. It's probably because you joined several Datasets together, and some of these \
                 Datasets are the same. This column points to one of the Datasets but Spark is unable to figure out which one. \
                 Please alias the Datasets with different names via `Dataset.alias` before joining them, and specify the \
                 column using qualified name, e.g. `df.alias(\"a\").join(df.alias(\"b\"), col(\"a.id\") > col(\"b.id\"))`. You \
                 can also set spark.sql.analyzer.failAmbiguousSelfJoin to false to disable this check.",
                names.join(", ")
            ),
        )
        .with_subject(first.name.clone())
        .with_help("give both frames an alias before the join and write col(\"a.name\"), or rename the column in one of them"))
    }

    /// Whether a node below is a copy of the column's frame, and its column is another one that can be seen here.
    fn has_copy(&self, plan: &Arc<LogicalPlan>, column: &Attribute, visible: &BTreeSet<ExprId>) -> bool {
        let Some(taken) = column.taken else { return false };
        let is_copy = self.context.analyzed.origin(plan) == Some(taken.plan);
        let own = if is_copy { plan.output().into_iter().nth(taken.position) } else { None };
        own.is_some_and(|own| own.id != column.id && visible.contains(&own.id))
            || plan.children().into_iter().any(|child| self.has_copy(child, column, visible))
    }
}

fn taken_from_frames<'a>(expr: &'a Expr, found: &mut Vec<&'a Attribute>) {
    if let Expr::Attribute(column) = expr {
        found.extend(column.taken.is_some().then_some(column));
    }
    expr.children().into_iter().for_each(|child| taken_from_frames(child, found));
}

/// What the join itself sorts out is left out; `direct` says that both sides are one frame.
fn in_condition<'a>(expr: &'a Expr, direct: bool, found: &mut Vec<&'a Attribute>) {
    if let Expr::Binary { op: BinaryOp::Eq | BinaryOp::NullSafeEq, left, right } = expr {
        let sorted_out = match (bare(left), bare(right)) {
            (Some(a), Some(b)) => a.id == b.id,
            (Some(_), None) => direct && right.references().is_empty(),
            (None, Some(_)) => direct && left.references().is_empty(),
            (None, None) => false,
        };
        if sorted_out {
            return;
        }
    }
    match expr {
        Expr::Attribute(column) => found.extend(column.taken.is_some().then_some(column)),
        other => other.children().into_iter().for_each(|child| in_condition(child, direct, found)),
    }
}

/// The column below any casts.
fn bare(expr: &Expr) -> Option<&Attribute> {
    match expr {
        Expr::Attribute(column) => Some(column),
        Expr::Cast { child, .. } => bare(child),
        _ => None,
    }
}
