//! What a frame says about itself: `printSchema`, `explain`.

use super::Method;
use crate::common::ErrorClass;
use crate::logical::plan::LogicalPlan;
use crate::pyspark::api::support::{given, illegal_argument, not_expected_type, print, raise};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[("printSchema", print_schema), ("explain", explain)];

fn print_schema(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [level] = args.bind("printSchema", ["level"], 0)?;
    let level = match given(level) {
        None => None,
        Some(value) => match value.as_int() {
            Some(level) => usize::try_from(level).ok().filter(|level| *level > 0),
            None => return Err(not_expected_type(interp, "level", "int", &value)),
        },
    };
    let tree = plan.schema().tree_string(level);
    print(interp, &tree)?;
    Ok(Value::None)
}

fn explain(interp: &mut Interpreter, this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [extended, mode] = args.bind("explain", ["extended", "mode"], 0)?;
    let (extended, mode) = (given(extended), given(mode));
    if extended.is_some() && mode.is_some() {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "CANNOT_SET_TOGETHER",
            "extended and mode should not be set together.",
        ));
    }
    let wanted = match (&extended, &mode) {
        (None, None) | (Some(Value::Bool(false)), _) => "simple".to_owned(),
        (Some(Value::Bool(true)), _) => "extended".to_owned(),
        (Some(value), _) => match value.as_str() {
            Some(text) => text.to_lowercase(),
            None => return Err(not_expected_type(interp, "extended", "bool or str", value)),
        },
        (None, Some(value)) => match value.as_str() {
            Some(text) => text.to_lowercase(),
            None => return Err(not_expected_type(interp, "mode", "str", value)),
        },
    };
    if !["simple", "extended", "codegen", "cost", "formatted"].contains(&wanted.as_str()) {
        return Err(illegal_argument(format!(
            "Unknown explain mode: {wanted}. Accepted explain modes are 'simple', 'extended', 'codegen', 'cost', 'formatted'."
        )));
    }
    let text = explained(interp, this, plan, &wanted)?;
    print(interp, &text)?;
    Ok(Value::None)
}

fn explained(interp: &mut Interpreter, this: &Value, plan: &Plan, mode: &str) -> PyResult<String> {
    let written = this.downcast::<super::DataFrame>().map_or_else(|| plan.clone(), |frame| frame.written.clone());
    Ok(interp.host()?.explain(plan, &written, mode)?)
}

/// The plans of a frame as `explain(True)` writes them.
pub(in crate::pyspark::api) fn all_plans(interp: &mut Interpreter, frame: &Value) -> PyResult<String> {
    let Some(plan) = frame.downcast::<super::DataFrame>().map(|frame| frame.plan.clone()) else {
        return Ok(String::new());
    };
    explained(interp, frame, &plan, "extended")
}
