//! Rows by number: `zipWithIndex`, `zip`, `repartitionById`.

use super::{Method, frame, plan_of};
use crate::common::ErrorClass;
use crate::logical::expr::{BinaryOp, CastMode, Expr, SortOrder, WindowSpec};
use crate::logical::plan::{LogicalPlan, Repartitioning};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::pyspark::api::column::column_or_name;
use crate::pyspark::api::support::{given, not_expected_type, raise, text_argument};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] =
    &[("zipWithIndex", zip_with_index), ("zip", zip), ("repartitionById", repartition_by_id)];

/// Numbers the rows from 0 in the order of the partitions.
fn zip_with_index(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [name] = args.bind("zipWithIndex", ["indexColName"], 0)?;
    let name = given(name).map_or(Ok("index".to_owned()), |name| text_argument(interp, "indexColName", &name))?;
    let order = SortOrder::new(Expr::call("monotonically_increasing_id", Vec::new()), true);
    let spec = WindowSpec { partition_by: Vec::new(), order_by: vec![order], frame: None };
    let number = Expr::Window { function: Box::new(Expr::call("row_number", Vec::new())), spec };
    let number = Expr::Cast { child: Box::new(number), to: DataType::Long, mode: CastMode::Ansi, implicit: false };
    let one = Expr::literal(Scalar::Long(1));
    let index = Expr::binary(BinaryOp::Subtract, number, one).alias(name);
    frame(interp, LogicalPlan::Project { exprs: vec![Expr::Star(None), index], input: plan.clone() })
}

/// The columns that a frame chooses, and of what.
fn choice(plan: &Plan) -> (Vec<Expr>, Plan) {
    match plan.as_ref() {
        LogicalPlan::Project { exprs, input } => (exprs.clone(), input.clone()),
        _ => (super::attributes(plan), plan.clone()),
    }
}

/// Two choices of columns of one frame, side by side.
fn zip(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let other = args.one("zip")?;
    let other = plan_of(interp, &other)?;
    let ((mut left, base), (right, other)) = (choice(plan), choice(&other));
    if !Arc::ptr_eq(&base, &other) && base != other {
        return Err(raise(
            ErrorClass::AnalysisException,
            "ZIP_PLANS_NOT_MERGEABLE",
            "Both frames must choose columns of the same frame.",
        )
        .with_help("join the frames on a key"));
    }
    left.extend(right);
    frame(interp, LogicalPlan::Project { exprs: left, input: base })
}

fn repartition_by_id(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [count, column] = args.bind("repartitionById", ["numPartitions", "partitionIdCol"], 2)?;
    let count = count.unwrap_or(Value::None);
    let Some(number) = count.as_int() else {
        return Err(not_expected_type(interp, "numPartitions", "int", &count));
    };
    let Some(count) = usize::try_from(number).ok().filter(|count| *count > 0) else {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "VALUE_NOT_POSITIVE",
            format!("Value for `numPartitions` must be positive, got '{number}'."),
        ));
    };
    let by = column_or_name(interp, "partitionIdCol", &column.unwrap_or(Value::None))?;
    let parts = Expr::int(i32::try_from(count).unwrap_or(i32::MAX));
    let by = Expr::Cast {
        child: Box::new(Expr::call("pmod", vec![by, parts])),
        to: DataType::Integer,
        mode: CastMode::Ansi,
        implicit: false,
    };
    frame(interp, LogicalPlan::Repartition { target: Repartitioning::Index { by, count }, input: plan.clone() })
}
