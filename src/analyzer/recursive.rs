//! `WITH RECURSIVE`: the definition refers to the rows of its round before.
//!
//! ```text
//!   UnionLoop t (n)                    Project [col1#8 AS n#9]
//!     anchor: VALUES (1)         →       UnionLoop, output col1#8
//!     recursion: … FROM t                  anchor col1#1
//!                                          recursion over Project [col1#5 AS n#6] (UnionLoopRef col1#5)
//! ```
//!
//! The anchor decides the types; a recursion of narrower ones is cast. What needs all rows at once (aggregates, windows, sorts, the side of an
//! outer join that may be missing) cannot look at one round alone, and is refused.

use super::{Analyzer, Scope};
use crate::common::ids::ExprId;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::functions::types::same_shape;
use crate::logical::plan::{JoinType, LogicalPlan};
use std::sync::Arc;

impl Analyzer<'_> {
    /// `UnionLoop` as written; a resolved one stays.
    pub(super) fn recursive(&self, plan: &Arc<LogicalPlan>, scope: &Scope) -> Result<Arc<LogicalPlan>> {
        let LogicalPlan::UnionLoop { name, columns, levels_max, anchor, recursion, output, .. } = plan.as_ref() else {
            return Ok(plan.clone());
        };
        if !output.is_empty() {
            return Ok(plan.clone());
        }
        let anchor = self.plan(anchor, scope)?;
        let id = self.context.ids.fresh();
        let fresh = |column: Attribute, nullable: bool| Attribute {
            id: self.context.ids.fresh(),
            nullable,
            qualifier: Vec::new(),
            ..column
        };
        let before = anchor.output().into_iter().map(|column| fresh(column, true)).collect();
        let before = self.under_names(LogicalPlan::UnionLoopRef { id, output: before }, columns, scope)?;
        let mut inner = scope.clone();
        inner.ctes.push((name.clone(), before));
        let recursion = self.plan(recursion, &inner)?;
        if is_misplaced(&recursion, id) {
            return Err(misplaced(name));
        }
        let recursion = self.as_anchor(&anchor, recursion)?;
        let pairs = anchor.output().into_iter().zip(recursion.output());
        let output = pairs
            .map(|(column, other)| {
                let nullable = column.nullable || other.nullable;
                fresh(column, nullable)
            })
            .collect();
        let node = LogicalPlan::UnionLoop {
            id,
            name: name.clone(),
            columns: Vec::new(),
            levels_max: *levels_max,
            anchor,
            recursion,
            output,
        };
        self.under_names(node, columns, scope)
    }

    fn under_names(&self, node: LogicalPlan, names: &[String], scope: &Scope) -> Result<Arc<LogicalPlan>> {
        let node = Arc::new(node);
        if names.is_empty() {
            return Ok(node);
        }
        let all = Expr::MultiAlias { child: Box::new(Expr::Star(None)), names: names.to_vec() };
        self.select(&[all], &node, scope)
    }

    /// The recursion with the types of the anchor.
    fn as_anchor(&self, anchor: &Arc<LogicalPlan>, recursion: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let (own, other) = (anchor.output(), recursion.output());
        let widened = self.widened(vec![anchor.clone(), recursion], "UNION ALL")?;
        let [wide_anchor, wide_recursion] = widened.as_slice() else {
            return Err(SparkError::internal("a recursive definition lost a side"));
        };
        for ((column, wide), given) in own.iter().zip(wide_anchor.output()).zip(other) {
            if !same_shape(&column.data_type, &wide.data_type) {
                return Err(SparkError::new(
                    ErrorClass::Py4JJavaError,
                    format!(
                        "[CANNOT_MERGE_INCOMPATIBLE_DATA_TYPE] Failed to merge incompatible data types \"{}\" and \"{}\".",
                        column.data_type.sql(),
                        given.data_type.sql()
                    ),
                )
                .with_subject(column.name.clone())
                .with_help("the first SELECT decides the types of the columns: cast its column to the wider type"));
            }
        }
        Ok(wide_recursion.clone())
    }
}

fn reads_round(plan: &LogicalPlan, id: ExprId) -> bool {
    let mut found = false;
    plan.visit(&mut |node| found |= matches!(node, LogicalPlan::UnionLoopRef { id: own, .. } if *own == id));
    found
}

/// Whether a step that needs all rows stands above the rows of a round.
fn is_misplaced(plan: &LogicalPlan, id: ExprId) -> bool {
    let here = match plan {
        LogicalPlan::Aggregate { input, .. } | LogicalPlan::Window { input, .. } | LogicalPlan::Sort { input, .. } => {
            reads_round(input, id)
        }
        LogicalPlan::Join { left, right, join_type, .. } => match join_type {
            JoinType::Inner | JoinType::Cross => false,
            JoinType::LeftOuter | JoinType::LeftSemi | JoinType::LeftAnti => reads_round(right, id),
            JoinType::RightOuter => reads_round(left, id),
            JoinType::FullOuter => reads_round(left, id) || reads_round(right, id),
        },
        _ => false,
    };
    here || plan.children().into_iter().any(|child| is_misplaced(child, id))
}

fn misplaced(name: &str) -> SparkError {
    SparkError::analysis(
        "INVALID_RECURSIVE_REFERENCE.PLACE",
        format!(
            "`{name}` stands for the rows of one round here: they cannot be aggregated, sorted or looked at through a window, nor stand on \
             the side of an outer, semi or anti join that may have no row"
        ),
    )
    .with_subject(name.to_owned())
    .with_help("do that behind the definition, in the query that reads it")
}
