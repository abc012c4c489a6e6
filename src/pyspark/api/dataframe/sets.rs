//! Unions, intersections, differences, distinct rows.

use super::{Method, frame, plan_of};
use crate::logical::expr::Expr;
use crate::logical::plan::LogicalPlan;
use crate::pyspark::api::support::{given, not_expected_type};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("union", union),
    ("unionAll", union),
    ("unionByName", union_by_name),
    ("intersect", |interp, _, plan, args| {
        let (left, right) = (plan.clone(), other(interp, "intersect", args)?);
        frame(interp, LogicalPlan::Intersect { left, right, all: false })
    }),
    ("intersectAll", |interp, _, plan, args| {
        let (left, right) = (plan.clone(), other(interp, "intersectAll", args)?);
        frame(interp, LogicalPlan::Intersect { left, right, all: true })
    }),
    ("exceptAll", |interp, _, plan, args| {
        let (left, right) = (plan.clone(), other(interp, "exceptAll", args)?);
        frame(interp, LogicalPlan::Except { left, right, all: true })
    }),
    ("subtract", |interp, _, plan, args| {
        let (left, right) = (plan.clone(), other(interp, "subtract", args)?);
        frame(interp, LogicalPlan::Except { left, right, all: false })
    }),
    ("distinct", |interp, _, plan, _| {
        frame(interp, LogicalPlan::Deduplicate { keys: vec![Expr::Star(None)], input: plan.clone() })
    }),
    ("dropDuplicates", drop_duplicates),
    ("drop_duplicates", drop_duplicates),
];

fn other(interp: &Interpreter, name: &str, args: Args) -> PyResult<Plan> {
    plan_of(interp, &args.only(name, "other")?)
}

fn union(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [right] = args.bind("union", ["other"], 1)?;
    let right = plan_of(interp, &right.unwrap_or(Value::None))?;
    frame(interp, LogicalPlan::Union { inputs: vec![plan.clone(), right], by_name: false, allow_missing: false })
}

fn union_by_name(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [right, missing] = args.bind("unionByName", ["other", "allowMissingColumns"], 1)?;
    let right = plan_of(interp, &right.unwrap_or(Value::None))?;
    let allow_missing = missing.map_or(Ok(false), |flag| interp.truth(&flag))?;
    frame(interp, LogicalPlan::Union { inputs: vec![plan.clone(), right], by_name: true, allow_missing })
}

fn drop_duplicates(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [subset] = args.bind("dropDuplicates", ["subset"], 0)?;
    let Some(subset) = given(subset) else {
        return frame(interp, LogicalPlan::Deduplicate { keys: vec![Expr::Star(None)], input: plan.clone() });
    };
    let wrong = || not_expected_type(interp, "subset", "list or tuple of names", &subset);
    let items = subset.as_items().ok_or_else(wrong)?;
    let mut keys = Vec::new();
    for item in &items {
        let name = item.as_str().ok_or_else(wrong)?;
        keys.push(Expr::UnresolvedAttribute(vec![name.to_owned()]));
    }
    frame(interp, LogicalPlan::Deduplicate { keys, input: plan.clone() })
}
