//! The conditions of a scan as data sources know them: `IsNotNull(age), GreaterThan(age,30)`.

use crate::logical::expr::{BinaryOp, UnaryOp};
use crate::logical::{Expr, Scalar};

/// The conditions that a data source understands, in brackets.
pub(super) fn pushed(filters: &[Expr]) -> String {
    format!("[{}]", filters.iter().filter_map(source_filter).collect::<Vec<_>>().join(", "))
}

/// Whether a data source understands a condition.
#[must_use]
pub fn is_source_filter(expr: &Expr) -> bool {
    source_filter(expr).is_some()
}

fn source_filter(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Unary { op: UnaryOp::IsNotNull, child } => Some(format!("IsNotNull({})", column(child)?)),
        Expr::Unary { op: UnaryOp::IsNull, child } => Some(format!("IsNull({})", column(child)?)),
        Expr::Unary { op: UnaryOp::Not, child } => Some(format!("Not({})", source_filter(child)?)),
        Expr::Attribute(column) if column.data_type == crate::logical::DataType::Boolean => {
            Some(format!("EqualTo({},true)", column.name))
        }
        Expr::Binary { op: BinaryOp::And, left, right } => {
            Some(format!("And({},{})", source_filter(left)?, source_filter(right)?))
        }
        Expr::Binary { op: BinaryOp::Or, left, right } => {
            Some(format!("Or({},{})", source_filter(left)?, source_filter(right)?))
        }
        Expr::Binary { op, left, right } => comparison(*op, left, right),
        Expr::In { value, list } => {
            let values: Vec<String> = list.iter().map(literal).collect::<Option<_>>()?;
            Some(format!("In({}, [{}])", column(value)?, values.join(",")))
        }
        Expr::Function { function, args, .. } => {
            let [value, pattern] = args.as_slice() else { return None };
            let name = match function.name {
                "startswith" => "StringStartsWith",
                "endswith" => "StringEndsWith",
                "contains" => "StringContains",
                _ => return None,
            };
            Some(format!("{name}({},{})", column(value)?, literal(pattern)?))
        }
        _ => None,
    }
}

fn comparison(op: BinaryOp, left: &Expr, right: &Expr) -> Option<String> {
    let (op, name, value) = match (column(left), literal(right)) {
        (Some(name), Some(value)) => (op, name, value),
        _ => (flipped(op), column(right)?, literal(left)?),
    };
    Some(match op {
        BinaryOp::Eq => format!("EqualTo({name},{value})"),
        BinaryOp::NotEq => format!("Not(EqualTo({name},{value}))"),
        BinaryOp::NullSafeEq => format!("EqualNullSafe({name},{value})"),
        BinaryOp::Lt => format!("LessThan({name},{value})"),
        BinaryOp::LtEq => format!("LessThanOrEqual({name},{value})"),
        BinaryOp::Gt => format!("GreaterThan({name},{value})"),
        BinaryOp::GtEq => format!("GreaterThanOrEqual({name},{value})"),
        _ => return None,
    })
}

fn flipped(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::LtEq => BinaryOp::GtEq,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::GtEq => BinaryOp::LtEq,
        other => other,
    }
}

fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Attribute(column) => Some(&column.name),
        _ => None,
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(Scalar::Null, _) => None,
        Expr::Literal(..) => Some(expr.plan_text()),
        _ => None,
    }
}
