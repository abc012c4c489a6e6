//! Implicit casts of operators: Spark's `AnsiTypeCoercion` and `DecimalPrecision`.
//!
//! The rules themselves are in [`crate::logical::functions::types`]; here they meet expressions. Text beside a number becomes a number,
//! whole numbers beside decimals become the smallest decimal that holds them, whole numbers divide as doubles.

use super::errors::mismatch;
use crate::common::Result;
use crate::logical::expr::{BinaryOp, CastMode, Expr, UnaryOp};
use crate::logical::functions::types::{common_type, decimal_of, same_shape};
use crate::logical::functions::{self, Definition, ResolveContext};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;

/// `expr` as a value of type `to`, by a cast that names do not show.
pub(super) fn cast(expr: Expr, to: &DataType, ansi: bool) -> Expr {
    if expr.data_type() == *to {
        return expr;
    }
    if let Expr::Literal(Scalar::Null, _) = expr {
        return Expr::Literal(Scalar::Null, to.clone());
    }
    let mode = if ansi { CastMode::Ansi } else { CastMode::Legacy };
    Expr::Cast { child: Box::new(expr), to: to.clone(), mode, implicit: true }
}

/// The type that all of these can take.
pub(super) fn common_of<'a>(types: impl IntoIterator<Item = &'a DataType>, ansi: bool) -> Option<DataType> {
    // Text is looked at last, so that (date, text, date) finds date in every order.
    let (texts, others): (Vec<_>, Vec<_>) = types.into_iter().partition(|data_type| **data_type == DataType::String);
    let mut found = DataType::Null;
    for data_type in others.into_iter().chain(texts) {
        found = common_type(&found, data_type, ansi)?;
    }
    Some(found)
}

/// A binary operator over resolved sides, with the casts it needs.
pub(super) fn binary(op: BinaryOp, left: Expr, right: Expr, context: &ResolveContext) -> Result<Expr> {
    match op {
        BinaryOp::And | BinaryOp::Or => logical(op, left, right, context.ansi),
        BinaryOp::Eq
        | BinaryOp::NotEq
        | BinaryOp::NullSafeEq
        | BinaryOp::Lt
        | BinaryOp::LtEq
        | BinaryOp::Gt
        | BinaryOp::GtEq => comparison(op, left, right, context.ansi),
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => bitwise(op, left, right, context.ansi),
        BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::IntegralDivide
        | BinaryOp::Remainder => arithmetic(op, left, right, context),
    }
}

fn text_of(op: BinaryOp, left: &Expr, right: &Expr) -> String {
    format!("({} {} {})", left.pretty_name(), op.symbol(), right.pretty_name())
}

fn different(op: BinaryOp, left: &Expr, right: &Expr) -> crate::common::SparkError {
    let (a, b) = (left.data_type().sql(), right.data_type().sql());
    let is_length = |side: &Expr| matches!(side.data_type(), DataType::DayTimeInterval(..));
    let help = if is_length(left) ^ is_length(right) {
        "a length of time is compared with one: F.expr(\"INTERVAL 2 MINUTES\")".to_owned()
    } else {
        format!("cast one side, for example with .cast(\"{}\")", left.data_type().simple_string())
    };
    mismatch("BINARY_OP_DIFF_TYPES", &text_of(op, left, right), format!("the two sides are {a} and {b}"))
        .with_help(help)
}

fn wrong(op: BinaryOp, left: &Expr, right: &Expr, wanted: &str) -> crate::common::SparkError {
    let own = if left.data_type() == DataType::Null { right.data_type() } else { left.data_type() };
    mismatch(
        "BINARY_OP_WRONG_TYPE",
        &text_of(op, left, right),
        format!("{} needs {wanted}, not {}", op.symbol(), own.sql()),
    )
}

fn logical(op: BinaryOp, left: Expr, right: Expr, ansi: bool) -> Result<Expr> {
    let (a, b) = (left.data_type(), right.data_type());
    let fits = |t: &DataType| matches!(t, DataType::Boolean | DataType::Null);
    if fits(&a) && fits(&b) {
        return Ok(Expr::binary(op, cast(left, &DataType::Boolean, ansi), cast(right, &DataType::Boolean, ansi)));
    }
    if a == b { Err(wrong(op, &left, &right, "conditions (BOOLEAN)")) } else { Err(different(op, &left, &right)) }
}

fn comparison(op: BinaryOp, left: Expr, right: Expr, ansi: bool) -> Result<Expr> {
    let (a, b) = (left.data_type(), right.data_type());
    if a.has_no_order() || b.has_no_order() {
        return Err(if a == b {
            mismatch("INVALID_ORDERING_TYPE", &text_of(op, &left, &right), format!("maps ({}) have no order", a.sql()))
                .with_help("compare map_entries(...) sorted by sort_array(...), or single keys")
        } else {
            different(op, &left, &right)
        });
    }
    if same_shape(&a, &b) {
        return Ok(Expr::binary(op, left, right));
    }
    let common = compared_type(&a, &b, ansi).ok_or_else(|| different(op, &left, &right))?;
    Ok(Expr::binary(op, cast(left, &common, ansi), cast(right, &common, ansi)))
}

/// What two values are compared as. Without ANSI rules text gives way too, as Spark 3 did.
fn compared_type(a: &DataType, b: &DataType, ansi: bool) -> Option<DataType> {
    if !ansi {
        match (a, b) {
            (DataType::String, other) | (other, DataType::String) if other.is_integral() => {
                return Some(other.clone());
            }
            (DataType::String, other) | (other, DataType::String) if other.is_numeric() => {
                return Some(DataType::Double);
            }
            (
                DataType::String,
                other @ (DataType::Date | DataType::Timestamp | DataType::TimestampNtz | DataType::Boolean),
            )
            | (
                other @ (DataType::Date | DataType::Timestamp | DataType::TimestampNtz | DataType::Boolean),
                DataType::String,
            ) => {
                return Some(other.clone());
            }
            _ => {}
        }
    }
    common_type(a, b, ansi)
}

fn bitwise(op: BinaryOp, left: Expr, right: Expr, ansi: bool) -> Result<Expr> {
    let common =
        common_type(&left.data_type(), &right.data_type(), ansi).ok_or_else(|| different(op, &left, &right))?;
    if !common.is_integral() {
        return Err(wrong(op, &left, &right, "whole numbers"));
    }
    Ok(Expr::binary(op, cast(left, &common, ansi), cast(right, &common, ansi)))
}

fn is_interval(data_type: &DataType) -> bool {
    matches!(data_type, DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..) | DataType::CalendarInterval)
}

fn is_moment(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date | DataType::Timestamp | DataType::TimestampNtz)
}

fn arithmetic(op: BinaryOp, left: Expr, right: Expr, context: &ResolveContext) -> Result<Expr> {
    let (a, b) = (left.data_type(), right.data_type());
    if is_moment(&a) || is_moment(&b) || is_interval(&a) || is_interval(&b) {
        return with_time(op, left, right, context);
    }
    let ansi = context.ansi;
    if ansi && a == DataType::String && b == DataType::String {
        return Err(wrong(op, &left, &right, "numbers").with_help("join texts with concat(...) or ||"));
    }
    let (left, right) = (text_as_number(left, &b, ansi), text_as_number(right, &a, ansi));
    let (a, b) = (left.data_type(), right.data_type());
    let fits = |t: &DataType| t.is_numeric() || *t == DataType::Null;
    if !fits(&a) || !fits(&b) {
        let alike = a == b || a == DataType::Null || b == DataType::Null;
        return Err(if alike { wrong(op, &left, &right, "numbers") } else { different(op, &left, &right) });
    }
    if matches!(a, DataType::Decimal(..)) || matches!(b, DataType::Decimal(..)) {
        return Ok(decimal_arithmetic(op, left, right, ansi));
    }
    match op {
        BinaryOp::Divide => {
            Ok(Expr::binary(op, cast(left, &DataType::Double, ansi), cast(right, &DataType::Double, ansi)))
        }
        BinaryOp::IntegralDivide => {
            Ok(Expr::binary(op, cast(left, &DataType::Long, ansi), cast(right, &DataType::Long, ansi)))
        }
        _ => {
            let common = common_type(&a, &b, ansi).ok_or_else(|| different(op, &left, &right))?;
            let common = if common == DataType::Null { DataType::Double } else { common };
            Ok(Expr::binary(op, cast(left, &common, ansi), cast(right, &common, ansi)))
        }
    }
}

/// Text in arithmetic: the kind of number that the other side is, or double.
fn text_as_number(expr: Expr, other: &DataType, ansi: bool) -> Expr {
    if expr.data_type() != DataType::String {
        return expr;
    }
    let to = if ansi && other.is_integral() { DataType::Long } else { DataType::Double };
    cast(expr, &to, ansi)
}

fn decimal_arithmetic(op: BinaryOp, left: Expr, right: Expr, ansi: bool) -> Expr {
    let floats = |t: &DataType| matches!(t, DataType::Float | DataType::Double);
    if floats(&left.data_type()) || floats(&right.data_type()) {
        return Expr::binary(op, cast(left, &DataType::Double, ansi), cast(right, &DataType::Double, ansi));
    }
    let side = |expr: Expr, other: DataType| {
        let to = match (&expr, expr.data_type()) {
            (_, DataType::Decimal(..)) => return expr,
            (_, DataType::Null) => other,
            (Expr::Literal(value, _), own) => literal_decimal(value).unwrap_or(own),
            (_, own) => decimal_of(&own).map_or(own, |(precision, scale)| DataType::Decimal(precision, scale)),
        };
        cast(expr, &to, ansi)
    };
    let (a, b) = (left.data_type(), right.data_type());
    Expr::binary(op, side(left, b), side(right, a))
}

/// The smallest decimal that holds a whole-number literal.
fn literal_decimal(value: &Scalar) -> Option<DataType> {
    let number = match value {
        Scalar::Byte(value) => i64::from(*value),
        Scalar::Short(value) => i64::from(*value),
        Scalar::Integer(value) => i64::from(*value),
        Scalar::Long(value) => *value,
        _ => return None,
    };
    Some(DataType::Decimal(number.unsigned_abs().to_string().len() as u8, 0))
}

/// Dates, timestamps and intervals in `+`, `-`, `*`, `/`.
fn with_time(op: BinaryOp, left: Expr, right: Expr, context: &ResolveContext) -> Result<Expr> {
    let ansi = context.ansi;
    let (a, b) = (left.data_type(), right.data_type());
    let days = |t: &DataType| matches!(t, DataType::Byte | DataType::Short | DataType::Integer);
    match (op, &a, &b) {
        (BinaryOp::Add, DataType::Date, b) if days(b) => call("date_add", vec![left, right], context),
        (BinaryOp::Add, a, DataType::Date) if days(a) => call("date_add", vec![right, left], context),
        (BinaryOp::Subtract, DataType::Date, b) if days(b) => call("date_sub", vec![left, right], context),
        (BinaryOp::Add, DataType::Date, DataType::DayTimeInterval(..)) if whole_days(&right) => {
            let days = call("extractansiintervaldays", vec![right], context)?;
            call("date_add", vec![left, days], context)
        }
        (BinaryOp::Subtract, DataType::Date, DataType::DayTimeInterval(..)) if whole_days(&right) => {
            let days = call("extractansiintervaldays", vec![right], context)?;
            call("date_sub", vec![left, days], context)
        }
        (BinaryOp::Add, DataType::DayTimeInterval(..), DataType::Date) if whole_days(&left) => {
            let days = call("extractansiintervaldays", vec![left], context)?;
            call("date_add", vec![right, days], context)
        }
        (BinaryOp::Subtract, x, y) if is_moment(x) && *y == DataType::String => {
            let to = a.clone();
            Ok(Expr::binary(op, left, cast(right, &to, ansi)))
        }
        (BinaryOp::Subtract, x, y) if *x == DataType::String && is_moment(y) => {
            let to = b.clone();
            Ok(Expr::binary(op, cast(left, &to, ansi), right))
        }
        (BinaryOp::Subtract, x, y) if is_moment(x) && is_moment(y) => {
            let common = common_type(x, y, ansi).ok_or_else(|| different(op, &left, &right))?;
            Ok(Expr::binary(op, cast(left, &common, ansi), cast(right, &common, ansi)))
        }
        (BinaryOp::Add | BinaryOp::Subtract, x, y) if is_moment(x) && (is_interval(y) || *y == DataType::Null) => {
            Ok(Expr::binary(op, left, right))
        }
        (BinaryOp::Add, x, y) if is_interval(x) && is_moment(y) => Ok(Expr::binary(op, right, left)),
        (BinaryOp::Add | BinaryOp::Subtract, DataType::String, y) if is_interval(y) => {
            Ok(Expr::binary(op, cast(left, &DataType::Timestamp, ansi), right))
        }
        (BinaryOp::Add | BinaryOp::Subtract, x, y) if is_interval(x) && (x == y || x.wider_interval(y).is_some()) => {
            Ok(Expr::binary(op, left, right))
        }
        (BinaryOp::Multiply, x, y) if is_interval(x) && y.is_numeric() => Ok(Expr::binary(op, left, right)),
        (BinaryOp::Multiply, x, y) if x.is_numeric() && is_interval(y) => Ok(Expr::binary(op, right, left)),
        (BinaryOp::Divide, x, y) if is_interval(x) && y.is_numeric() => Ok(Expr::binary(op, left, right)),
        // Spark takes whatever meets a date for a number of days.
        (BinaryOp::Add, DataType::Timestamp | DataType::TimestampNtz, DataType::Date)
        | (BinaryOp::Add | BinaryOp::Subtract, DataType::Date, _) => Err(mismatch(
            "UNEXPECTED_INPUT_TYPE",
            &text_of(op, &left, &right),
            format!("days are added to a date as INT, not as {}", b.sql()),
        )),
        _ => Err(different(op, &left, &right)),
    }
}

/// Whether an interval counts whole days only, as `INTERVAL 2 DAYS` does.
fn whole_days(expr: &Expr) -> bool {
    expr.data_type() == DataType::DAYS
}

/// A scalar function of resolved arguments.
pub(super) fn call(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Expr> {
    let Some(Definition::Scalar(function)) = functions::lookup(name) else {
        return Err(super::errors::unresolved_routine(name, "default"));
    };
    let resolved = (function.resolve)(args, context)?;
    Ok(Expr::Function { function, args: resolved.args, data_type: resolved.data_type, nullable: resolved.nullable })
}

/// A one-sided operator over a resolved child.
pub(super) fn unary(op: UnaryOp, child: Expr, ansi: bool) -> Result<Expr> {
    let own = child.data_type();
    let refuse = |wanted: &str, child: &Expr| {
        let text = Expr::unary(op, child.clone()).pretty_name();
        Err(mismatch("UNEXPECTED_INPUT_TYPE", &text, format!("it needs {wanted}, not {}", child.data_type().sql())))
    };
    match op {
        UnaryOp::Not => match own {
            DataType::Boolean => Ok(Expr::unary(op, child)),
            DataType::Null => Ok(Expr::unary(op, cast(child, &DataType::Boolean, ansi))),
            DataType::String if ansi => Ok(Expr::unary(op, cast(child, &DataType::Boolean, ansi))),
            _ => refuse("a condition (BOOLEAN)", &child),
        },
        UnaryOp::Negate => match own {
            DataType::String | DataType::Null => Ok(Expr::unary(op, cast(child, &DataType::Double, ansi))),
            ref number if number.is_numeric() || is_interval(number) => Ok(Expr::unary(op, child)),
            _ => refuse("a number", &child),
        },
        UnaryOp::BitNot if own.is_integral() => Ok(Expr::unary(op, child)),
        UnaryOp::BitNot => refuse("a whole number", &child),
        UnaryOp::IsNull | UnaryOp::IsNotNull => Ok(Expr::unary(op, child)),
        UnaryOp::IsNaN => match own {
            DataType::Float | DataType::Double => Ok(Expr::unary(op, child)),
            DataType::Null | DataType::String => Ok(Expr::unary(op, cast(child, &DataType::Double, ansi))),
            ref number if number.is_numeric() => Ok(Expr::unary(op, cast(child, &DataType::Double, ansi))),
            _ => refuse("a double or float", &child),
        },
    }
}

/// `CASE`: conditions are boolean, all results of one type.
pub(super) fn case(branches: Vec<(Expr, Expr)>, otherwise: Option<Box<Expr>>, ansi: bool) -> Result<Expr> {
    let text = |branches: &[(Expr, Expr)], otherwise: &Option<Box<Expr>>| {
        Expr::Case { branches: branches.to_vec(), otherwise: otherwise.clone() }.pretty_name()
    };
    if let Some((when, _)) =
        branches.iter().find(|(when, _)| !matches!(when.data_type(), DataType::Boolean | DataType::Null))
    {
        let why = format!("WHEN needs a condition, and \"{}\" is {}", when.pretty_name(), when.data_type().sql());
        return Err(mismatch("UNEXPECTED_INPUT_TYPE", &text(&branches, &otherwise), why));
    }
    let types: Vec<DataType> = branches
        .iter()
        .map(|(_, then)| then.data_type())
        .chain(otherwise.iter().map(|value| value.data_type()))
        .collect();
    let Some(common) = common_of(&types, ansi) else {
        let listed: Vec<String> = types.iter().map(DataType::sql).collect();
        return Err(mismatch(
            "DATA_DIFF_TYPES",
            &text(&branches, &otherwise),
            format!("all results must be of one type, but they are {}", listed.join(", ")),
        ));
    };
    Ok(Expr::Case {
        branches: branches
            .into_iter()
            .map(|(when, then)| (cast(when, &DataType::Boolean, ansi), cast(then, &common, ansi)))
            .collect(),
        otherwise: otherwise.map(|value| Box::new(cast(*value, &common, ansi))),
    })
}

/// `IN`: value and list of one type.
pub(super) fn in_list(value: Expr, list: Vec<Expr>, ansi: bool) -> Result<Expr> {
    if list.is_empty() {
        return Ok(Expr::literal(Scalar::Boolean(false)));
    }
    let types: Vec<DataType> = std::iter::once(&value).chain(&list).map(Expr::data_type).collect();
    let alike = |types: &[DataType]| types.windows(2).all(|pair| same_shape(&pair[0], &pair[1]));
    if matches!(types[0], DataType::Struct(_)) && alike(&types) {
        // Rows are compared by place, whatever their fields are called.
        return Ok(Expr::In { value: Box::new(value), list });
    }
    let Some(common) = common_of(&types, ansi) else {
        let text = Expr::In { value: Box::new(value), list }.pretty_name();
        let listed: Vec<String> = types.iter().map(DataType::sql).collect();
        return Err(mismatch(
            "DATA_DIFF_TYPES",
            &text,
            format!("all values must be of one type, but they are {}", listed.join(", ")),
        ));
    };
    Ok(Expr::In {
        value: Box::new(cast(value, &common, ansi)),
        list: list.into_iter().map(|item| cast(item, &common, ansi)).collect(),
    })
}
