//! Joins: `USING`, `NATURAL`, conditions, and joins of a frame with itself.
//!
//! ```text
//!   Join USING (id)                 Project [id#1, name#2, age#4]
//!     left id#1, name#2       →       Join id#1 = id#3
//!     right id#3, age#4                 left, right
//! ```
//!
//! A full outer join's key is `coalesce(left, right)`. The key column that the project hides can still be reached by its qualifier or
//! by `right["id"]`. When both sides make the same columns, the right side gets fresh ids, and a condition such as
//! `a.id == a.id`, which would be trivially true, is read as left against right, as Spark does.

use super::coercion;
use super::exprs::{Env, not_boolean};
use super::ids::refresh_shared;
use super::names::Casing;
use super::{Analyzer, Scope};
use crate::common::ids::ExprId;
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, BinaryOp, Expr};
use crate::logical::plan::{JoinConstraint, JoinHints, JoinType, LogicalPlan};
use crate::logical::types::DataType;
use std::collections::HashMap;
use std::sync::Arc;

impl Analyzer<'_> {
    /// `Join` over analyzed sides.
    pub(super) fn join(
        &self,
        left: &Arc<LogicalPlan>,
        right: &Arc<LogicalPlan>,
        (join_type, hint): (JoinType, JoinHints),
        constraint: &JoinConstraint,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let own = left.output();
        let (fresh, renamed) = refresh_shared(right, self.context.ids, left);
        if !renamed.is_empty() {
            self.context.analyzed.copied(right, &fresh);
        }
        let right = fresh;
        match constraint {
            JoinConstraint::None => Ok(join_node(left, right, join_type, JoinConstraint::None, hint)),
            JoinConstraint::On(condition) => {
                let condition = if renamed.is_empty() {
                    condition.clone()
                } else {
                    untangle(condition, &renamed, left, self.casing())
                };
                let mut input = own;
                input.extend(right.output());
                let mut env = Env::new(self, scope, input);
                env.hidden = hidden_columns(left, self.casing());
                env.hidden.extend(hidden_columns(&right, self.casing()));
                let condition = self.join_condition(&condition, &env)?;
                let used: Vec<Attribute> = env
                    .hidden
                    .iter()
                    .filter(|column| condition.references().iter().any(|found| found.id == column.id))
                    .cloned()
                    .collect();
                let left = exposed(left, &used);
                let right = exposed(&right, &used);
                Ok(join_node(&left, right, join_type, JoinConstraint::On(condition), hint))
            }
            JoinConstraint::Using(keys) => self.using(left, &right, join_type, hint, keys),
            JoinConstraint::Natural => {
                let other = right.output();
                let keys: Vec<String> = left
                    .output()
                    .into_iter()
                    .filter(|column| other.iter().any(|twin| self.casing().same(&twin.name, &column.name)))
                    .map(|column| column.name)
                    .collect();
                if keys.is_empty() {
                    return Ok(join_node(left, right, join_type, JoinConstraint::None, hint));
                }
                self.using(left, &right, join_type, hint, &keys)
            }
            JoinConstraint::Lateral(_) => {
                Err(SparkError::internal("a lateral join is resolved with its left side around it"))
            }
        }
    }

    /// The condition of a join over the columns of both sides.
    pub(super) fn join_condition(&self, condition: &Expr, env: &Env<'_>) -> Result<Expr> {
        let condition = env.resolve(condition)?;
        match condition.data_type() {
            DataType::Boolean => Ok(condition),
            DataType::Null => Ok(coercion::cast(condition, &DataType::Boolean, true)),
            other => Err(not_boolean("JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE", &condition, &other)),
        }
    }

    fn using(
        &self,
        left: &Arc<LogicalPlan>,
        right: &Arc<LogicalPlan>,
        join_type: JoinType,
        hint: JoinHints,
        keys: &[String],
    ) -> Result<Arc<LogicalPlan>> {
        let (own, other) = (left.output(), right.output());
        let mut pairs = Vec::with_capacity(keys.len());
        for key in keys {
            pairs.push((self.key(key, &own, "left")?, self.key(key, &other, "right")?));
        }
        let context = self.resolve_context();
        let mut condition: Option<Expr> = None;
        for (a, b) in &pairs {
            let equal =
                coercion::binary(BinaryOp::Eq, Expr::Attribute(a.clone()), Expr::Attribute(b.clone()), &context)?;
            condition = Some(match condition {
                Some(before) => Expr::binary(BinaryOp::And, before, equal),
                None => equal,
            });
        }
        let constraint = condition.map_or(JoinConstraint::None, JoinConstraint::On);
        let node = join_node(left, right.clone(), join_type, constraint, hint);
        let joined = node.output();
        let in_join = |column: &Attribute| joined.iter().find(|found| found.id == column.id).cloned();
        let mut exprs = Vec::with_capacity(joined.len());
        for (a, b) in &pairs {
            exprs.push(match join_type {
                JoinType::RightOuter => Expr::Attribute(in_join(b).unwrap_or_else(|| b.clone())),
                JoinType::FullOuter => {
                    let sides = [a, b].map(|side| Expr::Attribute(in_join(side).unwrap_or_else(|| side.clone())));
                    self.alias(coercion::call("coalesce", sides.to_vec(), &context)?, a.name.clone())
                }
                JoinType::Inner | JoinType::Cross | JoinType::LeftOuter | JoinType::LeftSemi | JoinType::LeftAnti => {
                    Expr::Attribute(in_join(a).unwrap_or_else(|| a.clone()))
                }
            });
        }
        let is_key = |column: &Attribute| pairs.iter().any(|(a, b)| a.id == column.id || b.id == column.id);
        exprs.extend(joined.iter().filter(|column| !is_key(column)).cloned().map(Expr::Attribute));
        Ok(Arc::new(LogicalPlan::Project { exprs, input: node }))
    }

    fn key(&self, key: &str, columns: &[Attribute], side: &str) -> Result<Attribute> {
        let found: Vec<&Attribute> = columns.iter().filter(|column| self.casing().same(&column.name, key)).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => {
                let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                Err(SparkError::analysis(
                    "UNRESOLVED_USING_COLUMN_FOR_JOIN",
                    format!("the {side} side of the join has no column `{key}`; it has {}", names.join(", ")),
                )
                .with_parameters([
                    ("colName", super::errors::quoted(&[key.to_owned()])),
                    ("side", side.to_owned()),
                    ("suggestion", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
                ])
                .with_subject(key.to_owned())
                .with_help("join on an expression if the columns have different names: left.a == right.b"))
            }
            several => Err(super::errors::ambiguous(&[key.to_owned()], several)),
        }
    }
}

fn join_node(
    left: &Arc<LogicalPlan>,
    right: Arc<LogicalPlan>,
    join_type: JoinType,
    constraint: JoinConstraint,
    hint: JoinHints,
) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Join { left: left.clone(), right, join_type, constraint, hint })
}

fn exposed(side: &Arc<LogicalPlan>, used: &[Attribute]) -> Arc<LogicalPlan> {
    let below: Vec<Attribute> = match side.as_ref() {
        LogicalPlan::Project { input, .. } => input.output(),
        _ => return side.clone(),
    };
    let own: Vec<Attribute> =
        used.iter().filter(|column| below.iter().any(|other| other.id == column.id)).cloned().collect();
    super::sort::expose(side, &own).unwrap_or_else(|| side.clone())
}

/// In a join of a frame with itself, `x = x` compares the left column with the right one. A column that only the right side shows is the
/// right one's, even if the left side was made from the same frame.
fn untangle(condition: &Expr, renamed: &HashMap<ExprId, ExprId>, left: &Arc<LogicalPlan>, casing: Casing) -> Expr {
    let own = left.output();
    let hidden = hidden_columns(left, casing);
    let of_left = |id: ExprId| own.iter().chain(&hidden).any(|column| column.id == id);
    let on_the_right =
        |column: &Attribute| renamed.get(&column.id).map(|id| Expr::Attribute(Attribute { id: *id, ..column.clone() }));
    condition.clone().transform_up(&mut |part| match part {
        Expr::Binary { op: op @ (BinaryOp::Eq | BinaryOp::NullSafeEq), left, right } => {
            let right = match (left.as_ref(), right.as_ref()) {
                (Expr::Attribute(a), Expr::Attribute(b)) if a.id == b.id => on_the_right(b).map_or(right, Box::new),
                _ => right,
            };
            Expr::Binary { op, left, right }
        }
        Expr::Attribute(column) if !of_left(column.id) => on_the_right(&column).unwrap_or(Expr::Attribute(column)),
        other => other,
    })
}

/// The key columns that the projects of `USING` joins hide: those below them whose name they also show.
pub(super) fn hidden_columns(plan: &Arc<LogicalPlan>, casing: Casing) -> Vec<Attribute> {
    let (exprs, below) = match plan.as_ref() {
        LogicalPlan::Project { exprs, input } => (exprs, input),
        LogicalPlan::Filter { input, .. } | LogicalPlan::Sort { input, .. } | LogicalPlan::Hint { input, .. } => {
            return hidden_columns(input, casing);
        }
        _ => return Vec::new(),
    };
    let shown: Vec<Attribute> = exprs.iter().filter_map(Expr::to_attribute).collect();
    let is_shown = |column: &Attribute| shown.iter().any(|other| other.id == column.id);
    let mut hidden: Vec<Attribute> = below.output().into_iter().filter(|column| !is_shown(column)).collect();
    if !hidden.iter().all(|column| shown.iter().any(|other| casing.same(&other.name, &column.name))) {
        return Vec::new();
    }
    match below.as_ref() {
        LogicalPlan::Join { left, right, .. } => {
            hidden.extend(hidden_columns(left, casing));
            hidden.extend(hidden_columns(right, casing));
        }
        _ if exprs.iter().all(|expr| matches!(expr, Expr::Attribute(_))) => {
            hidden.extend(hidden_columns(below, casing));
        }
        _ => return Vec::new(),
    }
    hidden
}
