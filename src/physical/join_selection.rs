//! Chooses how two inputs are joined (Spark's `JoinSelection`).
//!
//! First what hints ask for; then, with equal keys: broadcast the side that is small enough, else sort-merge. Without equal keys: nested
//! loops over a broadcast side, or all pairs. The Sorts and exchanges below are added by [`super::requirements`].

use super::plan::{BuildSide, JoinAlgorithm, PhysicalPlan};
use super::planner::{Planned, Planner};
use super::statistics::size_in_bytes;
use crate::common::conf::parse_bytes;
use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::{BinaryOp, UnaryOp};
use crate::logical::functions::{Definition, lookup};
use crate::logical::plan::{JoinConstraint, JoinHint, JoinHints, JoinType};
use crate::logical::rewrite;
use crate::logical::{DataType, Expr, LogicalPlan, Scalar};
use std::sync::Arc;

/// Plans a join of resolved inputs.
pub(super) fn plan_join(planner: &Planner<'_>, node: &Arc<LogicalPlan>) -> Planned {
    let LogicalPlan::Join { left, right, join_type, constraint, hint } = &**node else {
        return Err(SparkError::internal("a join was expected"));
    };
    let condition = match constraint {
        JoinConstraint::On(condition) => Some(condition),
        JoinConstraint::None => None,
        JoinConstraint::Using(_) | JoinConstraint::Natural | JoinConstraint::Lateral(_) => {
            return Err(SparkError::internal("a join as written reached the planner"));
        }
    };
    let keys = EquiKeys::extract(condition, left, right);
    let sides = Sides::measure(planner, left, right, *join_type, *hint);
    let algorithm = if keys.left.is_empty() { sides.without_keys() } else { sides.with_keys(&keys) };
    if matches!(join_type, JoinType::Inner)
        && condition.is_none()
        && !planner.context.conf.flag("spark.sql.crossJoin.enabled")
    {
        return Err(SparkError::new(
            ErrorClass::AnalysisException,
            "the join has no condition, and spark.sql.crossJoin.enabled is false",
        ));
    }
    let keyed = matches!(
        algorithm,
        JoinAlgorithm::BroadcastHash { .. } | JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. }
    );
    let (left_keys, right_keys, rest) =
        if keyed { (keys.left, keys.right, keys.rest) } else { (Vec::new(), Vec::new(), condition.cloned()) };
    Ok(Arc::new(PhysicalPlan::Join {
        algorithm,
        join_type: *join_type,
        left_keys,
        right_keys,
        condition: rest,
        left: planner.plan_node(left)?,
        right: planner.plan_node(right)?,
    }))
}

/// The equalities of a join condition, and what is left of it.
pub(super) struct EquiKeys {
    pub(super) left: Vec<Expr>,
    pub(super) right: Vec<Expr>,
    pub(super) rest: Option<Expr>,
}

impl EquiKeys {
    fn extract(condition: Option<&Expr>, left: &LogicalPlan, right: &LogicalPlan) -> EquiKeys {
        let (left_ids, right_ids) = (rewrite::output_ids(left), rewrite::output_ids(right));
        let of = |expr: &Expr, ids: &std::collections::BTreeSet<_>| {
            let reads = rewrite::reads(expr);
            !reads.is_empty() && reads.is_subset(ids)
        };
        let mut keys = EquiKeys { left: Vec::new(), right: Vec::new(), rest: None };
        let mut rest = Vec::new();
        for part in condition.map(rewrite::conjuncts).unwrap_or_default() {
            let Expr::Binary { op: op @ (BinaryOp::Eq | BinaryOp::NullSafeEq), left: a, right: b } = &part else {
                rest.push(part);
                continue;
            };
            let pair = if of(a, &left_ids) && of(b, &right_ids) {
                Some(((**a).clone(), (**b).clone()))
            } else if of(b, &left_ids) && of(a, &right_ids) {
                Some(((**b).clone(), (**a).clone()))
            } else {
                None
            };
            match (pair, op) {
                (Some((a, b)), BinaryOp::Eq) => keys.push(a, b),
                (Some((a, b)), _) => match default_of(&a.data_type()) {
                    Some(default) => {
                        keys.push(or_default(&a, &default), or_default(&b, &default));
                        keys.push(Expr::unary(UnaryOp::IsNull, a), Expr::unary(UnaryOp::IsNull, b));
                    }
                    None => rest.push(part),
                },
                (None, _) => rest.push(part),
            }
        }
        keys.rest = rewrite::conjunction(rest);
        keys
    }

    fn push(&mut self, left: Expr, right: Expr) {
        self.left.push(left);
        self.right.push(right);
    }
}

/// `coalesce(expr, default)`.
fn or_default(expr: &Expr, default: &Expr) -> Expr {
    if let Some(Definition::Scalar(function)) = lookup("coalesce") {
        let args = vec![expr.clone(), default.clone()];
        return Expr::Function { function, args, data_type: expr.data_type(), nullable: false };
    }
    Expr::Case {
        branches: vec![(Expr::unary(UnaryOp::IsNull, expr.clone()), default.clone())],
        otherwise: Some(Box::new(expr.clone())),
    }
}

fn default_of(data_type: &DataType) -> Option<Expr> {
    let value = match data_type {
        DataType::Boolean => Scalar::Boolean(false),
        DataType::Byte => Scalar::Byte(0),
        DataType::Short => Scalar::Short(0),
        DataType::Integer => Scalar::Integer(0),
        DataType::Long => Scalar::Long(0),
        DataType::Float => Scalar::Float(0.0),
        DataType::Double => Scalar::Double(0.0),
        DataType::Decimal(precision, scale) => Scalar::Decimal(0, *precision, *scale),
        DataType::String => Scalar::String(String::new()),
        DataType::Binary => Scalar::Binary(Vec::new()),
        DataType::Date => Scalar::Date(0),
        DataType::Timestamp => Scalar::Timestamp(0),
        DataType::TimestampNtz => Scalar::TimestampNtz(0),
        DataType::Null
        | DataType::YearMonthInterval(..)
        | DataType::DayTimeInterval(..)
        | DataType::CalendarInterval
        | DataType::Variant
        | DataType::Spatial(..)
        | DataType::Time
        | DataType::Array(..)
        | DataType::Map(..)
        | DataType::Struct(_) => return None,
    };
    Some(Expr::Literal(value, data_type.clone()))
}

/// What is known about the two sides.
struct Sides {
    left_bytes: u128,
    right_bytes: u128,
    threshold: Option<u128>,
    prefer_sort_merge: bool,
    join_type: JoinType,
    hint: JoinHints,
}

impl Sides {
    fn measure(
        planner: &Planner<'_>,
        left: &LogicalPlan,
        right: &LogicalPlan,
        join_type: JoinType,
        hint: JoinHints,
    ) -> Sides {
        let conf = planner.context.conf;
        let threshold = conf.get("spark.sql.autoBroadcastJoinThreshold").and_then(parse_bytes).unwrap_or(10 << 20);
        Sides {
            left_bytes: size_in_bytes(left, planner.context),
            right_bytes: size_in_bytes(right, planner.context),
            threshold: u128::try_from(threshold).ok(),
            prefer_sort_merge: conf.flag("spark.sql.join.preferSortMergeJoin"),
            join_type,
            hint,
        }
    }

    fn with_keys(&self, keys: &EquiKeys) -> JoinAlgorithm {
        if let Some(build) = self.broadcast_side(self.hinted(JoinHint::Broadcast)) {
            return JoinAlgorithm::BroadcastHash { build };
        }
        let orderable = keys.left.iter().all(|key| is_orderable(&key.data_type()));
        let (left, right) = self.hinted(JoinHint::Merge);
        if (left || right) && orderable {
            return JoinAlgorithm::SortMerge { is_hinted: true };
        }
        if let Some(build) = self.hash_side(self.hinted(JoinHint::ShuffleHash)) {
            return JoinAlgorithm::ShuffledHash { build };
        }
        let (left, right) = self.hinted(JoinHint::ShuffleReplicateNl);
        if (left || right) && matches!(self.join_type, JoinType::Inner | JoinType::Cross) {
            return JoinAlgorithm::Cartesian;
        }
        if let Some(build) = self.broadcast_side(self.small()) {
            return JoinAlgorithm::BroadcastHash { build };
        }
        if !self.prefer_sort_merge {
            let three_times = |small: u128, large: u128| small.saturating_mul(3) <= large;
            let much_smaller =
                (three_times(self.left_bytes, self.right_bytes), three_times(self.right_bytes, self.left_bytes));
            if let Some(build) = self.hash_side(much_smaller) {
                return JoinAlgorithm::ShuffledHash { build };
            }
        }
        if orderable {
            JoinAlgorithm::SortMerge { is_hinted: false }
        } else {
            JoinAlgorithm::ShuffledHash { build: self.smaller() }
        }
    }

    fn without_keys(&self) -> JoinAlgorithm {
        let inner = matches!(self.join_type, JoinType::Inner | JoinType::Cross);
        let desired = if inner || self.join_type == JoinType::FullOuter {
            self.smaller()
        } else if can_build_left(self.join_type) {
            BuildSide::Left
        } else {
            BuildSide::Right
        };
        let side = |(left, right): (bool, bool)| match (left, right) {
            (true, true) => Some(desired),
            (true, false) => Some(BuildSide::Left),
            (false, true) => Some(BuildSide::Right),
            (false, false) => None,
        };
        if let Some(build) = side(self.hinted(JoinHint::Broadcast)) {
            return JoinAlgorithm::BroadcastNestedLoop { build };
        }
        let (left, right) = self.hinted(JoinHint::ShuffleReplicateNl);
        if (left || right) && inner {
            return JoinAlgorithm::Cartesian;
        }
        if let Some(build) = side(self.small()) {
            return JoinAlgorithm::BroadcastNestedLoop { build };
        }
        if inner { JoinAlgorithm::Cartesian } else { JoinAlgorithm::BroadcastNestedLoop { build: desired } }
    }

    fn hinted(&self, hint: JoinHint) -> (bool, bool) {
        (self.hint.left == Some(hint), self.hint.right == Some(hint))
    }

    fn small(&self) -> (bool, bool) {
        let fits = |bytes: u128| self.threshold.is_some_and(|threshold| bytes <= threshold);
        (fits(self.left_bytes), fits(self.right_bytes))
    }

    fn smaller(&self) -> BuildSide {
        if self.right_bytes <= self.left_bytes { BuildSide::Right } else { BuildSide::Left }
    }

    fn broadcast_side(&self, (left, right): (bool, bool)) -> Option<BuildSide> {
        self.pick(left && can_build_left(self.join_type), right && can_build_right(self.join_type))
    }

    fn hash_side(&self, (left, right): (bool, bool)) -> Option<BuildSide> {
        let left_ok =
            can_build_left(self.join_type) || matches!(self.join_type, JoinType::LeftOuter | JoinType::FullOuter);
        let right_ok =
            can_build_right(self.join_type) || matches!(self.join_type, JoinType::RightOuter | JoinType::FullOuter);
        self.pick(left && left_ok, right && right_ok)
    }

    fn pick(&self, left: bool, right: bool) -> Option<BuildSide> {
        match (left, right) {
            (true, true) => Some(self.smaller()),
            (true, false) => Some(BuildSide::Left),
            (false, true) => Some(BuildSide::Right),
            (false, false) => None,
        }
    }
}

/// Whether the left side may be the one held in memory of a hash join over a broadcast.
pub(super) fn can_build_left(join_type: JoinType) -> bool {
    matches!(join_type, JoinType::Inner | JoinType::Cross | JoinType::RightOuter)
}

/// The same for the right side.
pub(super) fn can_build_right(join_type: JoinType) -> bool {
    matches!(
        join_type,
        JoinType::Inner | JoinType::Cross | JoinType::LeftOuter | JoinType::LeftSemi | JoinType::LeftAnti
    )
}

fn is_orderable(data_type: &DataType) -> bool {
    match data_type {
        DataType::Map(..) | DataType::Variant | DataType::Spatial(..) | DataType::CalendarInterval => false,
        DataType::Array(element, _) => is_orderable(element),
        DataType::Struct(fields) => fields.fields.iter().all(|field| is_orderable(&field.data_type)),
        _ => true,
    }
}
