//! The nearest rows of another frame: `nearestByJoin`, and the as-of join.
//!
//! ```text
//!   Project [left, right]
//!     Filter place <= n
//!       Window [row_number() OVER (PARTITION BY number ORDER BY distance) AS place]
//!         Join ON condition
//!           Project [left, monotonically_increasing_id() AS number]
//!           right
//! ```
//!
//! **Simplified:** Spark keeps the nearest rows while it aggregates (`min_by`), so its plans look otherwise. Which of two rows that are
//! equally near comes first is open there as well.

use super::{Method, frame, plan_of};
use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::{BinaryOp, Expr, SortOrder, UnaryOp, WindowSpec};
use crate::logical::plan::{JoinConstraint, JoinHints, JoinType, LogicalPlan};
use crate::pyspark::api::column::Column;
use crate::pyspark::api::support::{given, illegal_argument, not_expected_type, text_argument};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Raised, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[("nearestByJoin", nearest_by_join), ("_joinAsOf", join_as_of)];

/// The number of a row of the left side, and the place of a row of the right side.
const NUMBER: &str = "__qid";
const PLACE: &str = "__place";

/// Which rows of the right side go with a row of the left one.
struct Closest {
    condition: Expr,
    distance: Expr,
    /// The largest first.
    farthest: bool,
    count: i64,
    join_type: JoinType,
}

fn closest(interp: &mut Interpreter, left: &Plan, right: Plan, wanted: Closest) -> PyResult {
    let columns: Vec<Expr> = left.output().into_iter().map(Expr::Attribute).collect();
    let mut all = columns.clone();
    all.extend(right.output().into_iter().map(Expr::Attribute));
    let number = Expr::call("monotonically_increasing_id", Vec::new()).alias(NUMBER);
    let exprs = columns.into_iter().chain([number]).collect();
    let numbered = interp.host()?.analyze(Arc::new(LogicalPlan::Project { exprs, input: left.clone() }))?;
    let number = numbered.output().into_iter().last().map_or(Expr::column(NUMBER), Expr::Attribute);
    let joined = Arc::new(LogicalPlan::Join {
        left: numbered,
        right,
        join_type: wanted.join_type,
        constraint: JoinConstraint::On(wanted.condition),
        hint: JoinHints::default(),
    });
    let spec = WindowSpec {
        partition_by: vec![number],
        order_by: vec![SortOrder::new(wanted.distance, !wanted.farthest)],
        frame: None,
    };
    let place = Expr::Window { function: Box::new(Expr::call("row_number", Vec::new())), spec }.alias(PLACE);
    let exprs = all.iter().cloned().chain([place]).collect();
    let placed = Arc::new(LogicalPlan::Project { exprs, input: joined });
    let count = Expr::literal(crate::logical::Scalar::Long(wanted.count));
    let condition = Expr::binary(BinaryOp::LtEq, Expr::column(PLACE), count);
    let near = Arc::new(LogicalPlan::Filter { condition, input: placed });
    frame(interp, LogicalPlan::Project { exprs: all, input: near })
}

fn invalid<const N: usize>(condition: &str, text: String, parameters: [(&'static str, String); N]) -> Raised {
    SparkError::new(ErrorClass::AnalysisException, text).with_condition(condition).with_parameters(parameters).into()
}

/// A word that must be one of a few.
fn one_of(known: &[&str], given: &str, condition: &str, parameter: &'static str) -> PyResult<String> {
    let folded = given.to_lowercase();
    if known.contains(&folded.as_str()) {
        return Ok(folded);
    }
    let supported = format!("'{}'", known.join("', '"));
    let text = format!("`{given}` is no {parameter} of this join; there are {supported}");
    Err(invalid(condition, text, [(parameter, given.to_owned()), ("supported", supported)]))
}

fn column_argument(interp: &Interpreter, name: &str, value: Option<Value>) -> PyResult<Expr> {
    let value = value.unwrap_or(Value::None);
    let expr = value.downcast::<Column>().map(|column| column.expr.clone());
    expr.ok_or_else(|| not_expected_type(interp, name, "Column", &value))
}

/// `df.nearestByJoin(other, rankingExpression, numResults, mode, direction, joinType="inner")`.
fn nearest_by_join(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    const MOST: i64 = 100_000;
    let names = ["other", "rankingExpression", "numResults", "mode", "direction", "*joinType"];
    let [other, ranking, count, mode, direction, how] = args.bind("nearestByJoin", names, 5)?;
    let right = plan_of(interp, &other.unwrap_or(Value::None))?;
    let distance = column_argument(interp, "rankingExpression", ranking)?;
    let count = count.unwrap_or(Value::None);
    let count = count.as_int().ok_or_else(|| not_expected_type(interp, "numResults", "int", &count))?;
    let how = given(how).map_or(Ok("inner".to_owned()), |how| text_argument(interp, "joinType", &how))?;
    let join_type = match how.to_lowercase().replace('_', "").as_str() {
        "inner" => JoinType::Inner,
        "left" | "leftouter" => JoinType::LeftOuter,
        _ => {
            let supported = "'INNER', 'LEFT OUTER'";
            let text = format!("the nearest rows cannot be joined with `{how}`; there are {supported}");
            let parameters = [("joinType", how), ("supported", supported.to_owned())];
            return Err(invalid("NEAREST_BY_JOIN.UNSUPPORTED_JOIN_TYPE", text, parameters));
        }
    };
    let mode = text_argument(interp, "mode", &mode.unwrap_or(Value::None))?;
    one_of(&["approx", "exact"], &mode, "NEAREST_BY_JOIN.UNSUPPORTED_MODE", "mode")?;
    let direction = text_argument(interp, "direction", &direction.unwrap_or(Value::None))?;
    let known = ["distance", "similarity"];
    let direction = one_of(&known, &direction, "NEAREST_BY_JOIN.UNSUPPORTED_DIRECTION", "direction")?;
    if !(1..=MOST).contains(&count) {
        let text = format!("numResults is {count}, and lies between 1 and {MOST}");
        let parameters = [("numResults", count.to_string()), ("min", "1".to_owned()), ("max", MOST.to_string())];
        return Err(invalid("NEAREST_BY_JOIN.NUM_RESULTS_OUT_OF_RANGE", text, parameters));
    }
    let condition = Expr::unary(UnaryOp::IsNotNull, distance.clone());
    closest(interp, plan, right, Closest { condition, distance, farthest: direction == "similarity", count, join_type })
}

/// `df._joinAsOf(other, leftAsOfColumn, rightAsOfColumn, on, how, tolerance, allowExactMatches, direction)`: for each row the one row of the
/// other frame whose moment is the nearest before, after, or at all.
fn join_as_of(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let names =
        ["other", "leftAsOfColumn", "rightAsOfColumn", "on", "how", "*tolerance", "*allowExactMatches", "*direction"];
    let [other, left, right, on, how, tolerance, exact, direction] = args.bind("_joinAsOf", names, 3)?;
    let other = plan_of(interp, &other.unwrap_or(Value::None))?;
    let left = as_of_column(interp, plan, "leftAsOfColumn", left)?;
    let right = as_of_column(interp, &other, "rightAsOfColumn", right)?;
    let join_type = match given(how) {
        None => JoinType::Inner,
        Some(how) => match super::join::join_type(&text_argument(interp, "how", &how)?)? {
            found @ (JoinType::Inner | JoinType::LeftOuter) => found,
            found => {
                let text = format!("requirement failed: Unsupported as-of join type {}", found.name().replace(' ', ""));
                return Err(illegal_argument(text));
            }
        },
    };
    let exact = given(exact).is_none_or(|exact| exact.as_bool() != Some(false));
    let direction = match given(direction) {
        None => "backward".to_owned(),
        Some(direction) => text_argument(interp, "direction", &direction)?,
    };
    let known = ["forward", "backward", "nearest"];
    let direction = one_of(&known, &direction, "AS_OF_JOIN.UNSUPPORTED_DIRECTION", "direction")?;
    let ahead = Expr::binary(BinaryOp::Subtract, right.clone(), left.clone());
    let behind = Expr::binary(BinaryOp::Subtract, left.clone(), right.clone());
    let side = |strict, equal| Expr::binary(if exact { equal } else { strict }, left.clone(), right.clone());
    let (mut condition, distance) = match direction.as_str() {
        "backward" => (side(BinaryOp::Gt, BinaryOp::GtEq), behind),
        "forward" => (side(BinaryOp::Lt, BinaryOp::LtEq), ahead),
        _ => {
            let is_behind = Expr::binary(BinaryOp::Gt, left.clone(), right.clone());
            let condition = if exact {
                Expr::unary(UnaryOp::IsNotNull, ahead.clone())
            } else {
                Expr::binary(BinaryOp::NotEq, left.clone(), right.clone())
            };
            (condition, Expr::Case { branches: vec![(is_behind, behind)], otherwise: Some(Box::new(ahead)) })
        }
    };
    if let Some(tolerance) = given(tolerance) {
        let tolerance = column_argument(interp, "tolerance", Some(tolerance))?;
        let near = Expr::binary(BinaryOp::LtEq, distance.clone(), tolerance);
        condition = Expr::binary(BinaryOp::And, condition, near);
    }
    for equal in equalities(interp, plan, &other, on)? {
        condition = Expr::binary(BinaryOp::And, equal, condition);
    }
    closest(interp, plan, other, Closest { condition, distance, farthest: false, count: 1, join_type })
}

fn as_of_column(interp: &mut Interpreter, of: &Plan, name: &str, value: Option<Value>) -> PyResult<Expr> {
    match value.as_ref().and_then(Value::as_str) {
        Some(column) => super::resolve(interp, of, column),
        None => column_argument(interp, name, value),
    }
}

/// What `on` asks for: columns of both sides that are equal, or conditions.
fn equalities(interp: &mut Interpreter, left: &Plan, right: &Plan, on: Option<Value>) -> PyResult<Vec<Expr>> {
    let Some(on) = given(on) else { return Ok(Vec::new()) };
    let items = on.as_items().unwrap_or_else(|| vec![on.clone()]);
    let mut found = Vec::new();
    for item in items {
        found.push(match item.as_str() {
            Some(name) => {
                let (own, other) = (super::resolve(interp, left, name)?, super::resolve(interp, right, name)?);
                Expr::binary(BinaryOp::Eq, own, other)
            }
            None => column_argument(interp, "on", Some(item))?,
        });
    }
    Ok(found)
}
