//! Compares columns in their own type, and drops comparisons with themselves.
//!
//! Purpose: a scan can use `age > 30`, but not `CAST(age AS BIGINT) > 30`.
//! Before/after: `CAST(a AS BIGINT) > 30` → `a > 30` for an int `a`; `a <=> a` → `true`.
//! Must not: fire when the literal does not fit into the column's type, or when the cast may lose something.
//! Hard case: `a = a` is null for a null: it only becomes true for a column that is never null.
//! Spark also rewrites comparisons with literals outside the column's range.

use super::OptimizerContext;
use crate::logical::expr::BinaryOp;
use crate::logical::rewrite::{boolean, is_deterministic, map_node_expressions, same};
use crate::logical::{DataType, Expr, LogicalPlan, Scalar};
use std::sync::Arc;

pub(super) const NAME: &str = "UnwrapCastInBinaryComparison";
pub(super) const WHY: &str = "the comparison can be made in the column's own type, where a scan can use it";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| map_node_expressions(node, &mut simplify))
}

fn simplify(expr: Expr) -> Expr {
    let Expr::Binary { op, left, right } = expr else { return expr };
    if !op.is_comparison() {
        return Expr::Binary { op, left, right };
    }
    if same(&left, &right) && is_deterministic(&left) {
        match op {
            BinaryOp::NullSafeEq => return boolean(true),
            BinaryOp::Eq | BinaryOp::LtEq | BinaryOp::GtEq if !left.nullable() => return boolean(true),
            BinaryOp::NotEq | BinaryOp::Lt | BinaryOp::Gt if !left.nullable() => return boolean(false),
            _ => return Expr::Binary { op, left, right },
        }
    }
    if let Some((left, right)) = unwrapped(&left, &right) {
        return Expr::binary(op, left, right);
    }
    if let Some((right, left)) = unwrapped(&right, &left) {
        return Expr::binary(op, left, right);
    }
    Expr::Binary { op, left, right }
}

/// `(CAST(column), literal)` → `(column, literal in the column's type)`.
fn unwrapped(cast: &Expr, literal: &Expr) -> Option<(Expr, Expr)> {
    let Expr::Cast { child, to, .. } = cast else { return None };
    let Expr::Literal(value, _) = literal else { return None };
    let from = child.data_type();
    let widens = matches!(
        (&from, to),
        (DataType::Byte, DataType::Short | DataType::Integer | DataType::Long | DataType::Float | DataType::Double)
            | (DataType::Short, DataType::Integer | DataType::Long | DataType::Float | DataType::Double)
            | (DataType::Integer, DataType::Long | DataType::Double)
            | (DataType::Byte | DataType::Short | DataType::Integer, DataType::Decimal(..))
    );
    if !widens {
        return None;
    }
    let whole = match value {
        Scalar::Byte(value) => i64::from(*value),
        Scalar::Short(value) => i64::from(*value),
        Scalar::Integer(value) => i64::from(*value),
        Scalar::Long(value) => *value,
        Scalar::Double(value) if value.fract() == 0.0 && value.abs() < 1e9 => *value as i64,
        Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 1e6 => *value as i64,
        Scalar::Decimal(unscaled, _, scale) => {
            let power = 10i128.checked_pow(u32::try_from(*scale).ok()?)?;
            if unscaled % power != 0 {
                return None;
            }
            i64::try_from(unscaled / power).ok()?
        }
        _ => return None,
    };
    let narrow = match from {
        DataType::Byte => Scalar::Byte(i8::try_from(whole).ok()?),
        DataType::Short => Scalar::Short(i16::try_from(whole).ok()?),
        DataType::Integer => Scalar::Integer(i32::try_from(whole).ok()?),
        _ => return None,
    };
    Some(((**child).clone(), Expr::Literal(narrow, from)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::logical::expr::CastMode;

    fn compare(value: i64) -> Arc<LogicalPlan> {
        let t = table(1, "a");
        let cast =
            Expr::Cast { child: Box::new(expr("a", &[&t])), to: DataType::Long, mode: CastMode::Ansi, implicit: true };
        let condition = Expr::binary(BinaryOp::Gt, cast, Expr::Literal(Scalar::Long(value), DataType::Long));
        Arc::new(LogicalPlan::Filter { condition, input: t })
    }

    #[test]
    fn the_literal_takes_the_columns_type() {
        assert_eq!(text(&check(apply, &compare(30))), "Filter(a > 30, table(a))");
    }

    #[test]
    fn a_literal_that_does_not_fit_stays() {
        unchanged(apply, &compare(1 << 40));
    }
}
