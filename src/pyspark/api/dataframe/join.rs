//! Joins.

use super::{Method, frame, plan_of};
use crate::common::ErrorClass;
use crate::logical::expr::{BinaryOp, Expr};
use crate::logical::plan::{JoinConstraint, JoinHints, JoinType, LogicalPlan};
use crate::pyspark::api::column::Column;
use crate::pyspark::api::support::{given, not_expected_type, raise, text_argument};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] =
    &[("join", join), ("crossJoin", cross_join), ("lateralJoin", lateral_join), ("asTable", as_table)];

fn join(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [other, on, how] = args.bind("join", ["other", "on", "how"], 1)?;
    let right = plan_of(interp, &other.unwrap_or(Value::None))?;
    let constraint = match given(on) {
        None => JoinConstraint::None,
        Some(on) => constraint(interp, &on)?,
    };
    let join_type = match given(how) {
        None => JoinType::Inner,
        Some(how) => join_type(&text_argument(interp, "how", &how)?)?,
    };
    frame(interp, LogicalPlan::Join { left: plan.clone(), right, join_type, constraint, hint: JoinHints::default() })
}

fn cross_join(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let other = args.only("crossJoin", "other")?;
    let right = plan_of(interp, &other)?;
    frame(
        interp,
        LogicalPlan::Join {
            left: plan.clone(),
            right,
            join_type: JoinType::Cross,
            constraint: JoinConstraint::None,
            hint: JoinHints::default(),
        },
    )
}

/// `df.asTable()`: the frame as an argument of a table function.
fn as_table(_interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    args.nothing("asTable")?;
    Ok(crate::pyspark::api::udtf::table_argument(plan))
}

/// `df.lateralJoin(other, on, how)`: `other` may refer to the columns of `df` with `col.outer()`.
fn lateral_join(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [other, on, how] = args.bind("lateralJoin", ["other", "on", "how"], 1)?;
    let right = plan_of(interp, &other.unwrap_or(Value::None))?;
    let on = match given(on) {
        None => None,
        Some(on) => match constraint(interp, &on)? {
            JoinConstraint::On(condition) => Some(condition),
            _ => return Err(not_expected_type(interp, "on", "Column", &on)),
        },
    };
    let join_type = match given(how) {
        None => JoinType::Inner,
        Some(how) => {
            let how = text_argument(interp, "how", &how)?;
            match join_type(&how) {
                Ok(found @ (JoinType::Inner | JoinType::Cross | JoinType::LeftOuter)) => found,
                _ => {
                    return Err(raise(
                        ErrorClass::AnalysisException,
                        "UNSUPPORTED_JOIN_TYPE",
                        format!(
                            "Unsupported join type '{how}'. Supported join types include: 'inner', 'leftouter', 'left', \
                             'left_outer', 'cross'."
                        ),
                    ));
                }
            }
        }
    };
    let constraint = JoinConstraint::Lateral(on);
    frame(interp, LogicalPlan::Join { left: plan.clone(), right, join_type, constraint, hint: JoinHints::default() })
}

fn constraint(interp: &Interpreter, on: &Value) -> PyResult<JoinConstraint> {
    if let Some(name) = on.as_str() {
        return Ok(JoinConstraint::Using(vec![name.to_owned()]));
    }
    if let Some(column) = on.downcast::<Column>() {
        return Ok(JoinConstraint::On(column.expr.clone()));
    }
    let wrong = || not_expected_type(interp, "on", "str, Column or a list of them", on);
    let items = on.as_items().ok_or_else(wrong)?;
    if items.iter().all(|item| item.as_str().is_some()) {
        if items.is_empty() {
            return Ok(JoinConstraint::None);
        }
        return Ok(JoinConstraint::Using(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()));
    }
    let mut condition: Option<Expr> = None;
    for item in &items {
        let column = item.downcast::<Column>().ok_or_else(wrong)?;
        let next = column.expr.clone();
        condition = Some(match condition {
            None => next,
            Some(before) => Expr::binary(BinaryOp::And, before, next),
        });
    }
    Ok(condition.map_or(JoinConstraint::None, JoinConstraint::On))
}

/// The join type that `how` names, in any of Spark's spellings.
pub(super) fn join_type(how: &str) -> PyResult<JoinType> {
    let plain = how.to_lowercase().replace('_', "");
    Ok(match plain.as_str() {
        "inner" => JoinType::Inner,
        "cross" => JoinType::Cross,
        "outer" | "full" | "fullouter" => JoinType::FullOuter,
        "left" | "leftouter" => JoinType::LeftOuter,
        "right" | "rightouter" => JoinType::RightOuter,
        "semi" | "leftsemi" => JoinType::LeftSemi,
        "anti" | "leftanti" => JoinType::LeftAnti,
        _ => {
            const KNOWN: [&str; 12] = [
                "inner",
                "outer",
                "full",
                "fullouter",
                "leftouter",
                "left",
                "rightouter",
                "right",
                "leftsemi",
                "semi",
                "leftanti",
                "anti",
            ];
            let near = crate::common::text::nearest(how, KNOWN, 1);
            let error = raise(
                ErrorClass::AnalysisException,
                "UNSUPPORTED_JOIN_TYPE",
                format!(
                    "Unsupported join type '{how}'. Supported join types include: '{}', 'cross'.",
                    KNOWN.join("', '")
                ),
            );
            if matches!(plain.as_str(), "rightanti" | "rightsemi") {
                let left = plain.replace("right", "left_");
                return Err(error.with_help(format!(
                    "swap the two frames, and join with '{left}': it looks at the rows of the left one"
                )));
            }
            return Err(match near.first() {
                Some(near) => error.with_help(format!("did you mean '{near}'?")),
                None => error,
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_join_type_is_known() {
        for how in ["left", "leftouter", "left_outer", "LEFT"] {
            assert_eq!(join_type(how).ok(), Some(JoinType::LeftOuter));
        }
        assert_eq!(join_type("left_anti").ok(), Some(JoinType::LeftAnti));
        assert!(join_type("sideways").is_err());
        for (how, left) in [("right_anti", "'left_anti'"), ("rightsemi", "'left_semi'")] {
            let help = join_type(how).expect_err("no such type").help().join(" ");
            assert!(help.contains("swap the two frames") && help.contains(left), "{help}");
        }
    }
}
