//! Sums and averages small decimals as whole numbers.
//!
//! Purpose: additions of machine words instead of decimals.
//! Before/after: `sum(p)` of a `decimal(7,2)` → `MakeDecimal(sum(UnscaledValue(p)), 17, 2)`; `avg(p)` of a `decimal(10,2)` →
//! `cast((avg(UnscaledValue(p)) / 100.0) as decimal(14,6))`.
//! Must not: touch decimals whose sum may have more digits than a long number, or whose average more than a double keeps.
//! Hard case: `sum` may grow by ten digits, `avg` only by four.
//! Spark does the same, also in windows.

use super::{OptimizerContext, functions};
use crate::logical::expr::{AggregateCall, BinaryOp, CastMode};
use crate::logical::{DataType, Expr, LogicalPlan, Scalar};
use std::sync::Arc;

pub(super) const NAME: &str = "DecimalAggregates";
pub(super) const WHY: &str = "small decimals are summed as whole numbers";

/// Digits that any long number has.
const LONG_DIGITS: u8 = 18;
/// Digits that a double keeps.
const DOUBLE_DIGITS: u8 = 15;

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Aggregate { grouping, outputs, input } = &**node else { return None };
        let changed: Vec<Expr> = outputs
            .iter()
            .map(|output| {
                output.clone().transform_up(&mut |part| match &part {
                    Expr::Aggregate(call) => in_whole_numbers(call).unwrap_or(part),
                    _ => part,
                })
            })
            .collect();
        let (grouping, input) = (grouping.clone(), input.clone());
        (changed != *outputs).then_some(LogicalPlan::Aggregate { grouping, outputs: changed, input })
    })
}

fn in_whole_numbers(call: &AggregateCall) -> Option<Expr> {
    let [value] = call.args.as_slice() else { return None };
    let DataType::Decimal(precision, scale) = value.data_type() else { return None };
    let whole = functions::scalar("unscaled_value", vec![value.clone()], DataType::Long, value.nullable())?;
    let over_whole = |data_type| Expr::Aggregate(AggregateCall { args: vec![whole], data_type, ..call.clone() });
    match call.function.name {
        "sum" if precision + 10 <= LONG_DIGITS => {
            let digits = [i32::from(precision) + 10, i32::from(scale)].map(Expr::int);
            let args = std::iter::once(over_whole(DataType::Long)).chain(digits).collect();
            functions::scalar("make_decimal", args, call.data_type.clone(), true)
        }
        "avg" if precision + 4 <= DOUBLE_DIGITS => {
            let unit = Expr::Literal(Scalar::Double(10_f64.powi(i32::from(scale))), DataType::Double);
            let child = Box::new(Expr::binary(BinaryOp::Divide, over_whole(DataType::Double), unit));
            Some(Expr::Cast { child, to: call.data_type.clone(), mode: CastMode::Ansi, implicit: false })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::common::ids::ExprId;
    use crate::logical::Attribute;
    use crate::logical::plan::Grouping;

    fn summed(function: &str, precision: u8) -> Arc<LogicalPlan> {
        let price = Attribute::new("p", ExprId(9), DataType::Decimal(precision, 2), true);
        let result = DataType::Decimal(precision + 4, 6);
        let call = functions::aggregate(function, vec![Expr::Attribute(price)], result, true).expect("is known");
        let output = Expr::Alias { child: Box::new(call), name: "n".to_owned(), id: ExprId(60), metadata: None };
        let (grouping, input) = (Grouping::By(Vec::new()), table(1, "a"));
        Arc::new(LogicalPlan::Aggregate { grouping, outputs: vec![output], input })
    }

    fn output_of(plan: &LogicalPlan) -> String {
        let LogicalPlan::Aggregate { outputs, .. } = plan else { panic!("still an aggregation") };
        outputs[0].plan_text()
    }

    #[test]
    fn small_decimals_are_whole_numbers() {
        let sum = check(apply, &summed("sum", 8));
        assert_eq!(output_of(&sum), "MakeDecimal(sum(UnscaledValue(p#9)),18,2) AS n#60");
        let mean = check(apply, &summed("avg", 11));
        assert_eq!(output_of(&mean), "cast((avg(UnscaledValue(p#9)) / 100.0) as decimal(15,6)) AS n#60");
    }

    #[test]
    fn larger_decimals_stay() {
        unchanged(apply, &summed("sum", 9));
        unchanged(apply, &summed("avg", 12));
        unchanged(apply, &summed("max", 5));
    }
}
