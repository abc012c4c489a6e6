//! What a definition says about its arguments: counts, wanted types, implicit casts, the result.

use super::types::{can_cast, common_type};
use super::{ResolveContext, Resolved};
use crate::common::{Result, SparkError};
use crate::logical::expr::{CastMode, Expr, UnaryOp};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;

/// What an argument must be, or is cast to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Any,
    Str,
    Int,
    Long,
    Double,
    Bool,
    Bin,
    Date,
    Time,
    /// Any number; text becomes double.
    Num,
    /// A whole number of any width; text becomes bigint.
    Whole,
    Array,
    Map,
    /// Text or bytes as they are; anything else becomes text.
    StrBin,
    /// Date or timestamp as they are; text becomes timestamp.
    Moment,
    Variant,
    /// A function of elements.
    Lambda,
}

impl Want {
    fn words(self) -> &'static str {
        match self {
            Want::Any => "any type",
            Want::Str => "\"STRING\"",
            Want::Int => "\"INT\"",
            Want::Long => "\"BIGINT\"",
            Want::Double => "\"DOUBLE\"",
            Want::Bool => "\"BOOLEAN\"",
            Want::Bin => "\"BINARY\"",
            Want::Date => "\"DATE\"",
            Want::Time => "\"TIMESTAMP\"",
            Want::Num => "\"NUMERIC\"",
            Want::Whole => "\"INTEGRAL\"",
            Want::Array => "\"ARRAY\"",
            Want::Map => "\"MAP\"",
            Want::StrBin => "(\"STRING\" or \"BINARY\")",
            Want::Moment => "(\"DATE\" or \"TIMESTAMP\")",
            Want::Variant => "\"VARIANT\"",
            Want::Lambda => "a function",
        }
    }
}

/// What a call gives.
pub(super) enum Out {
    /// This type; null when an argument is.
    Of(DataType),
    /// The type of an argument; null when an argument is.
    Arg(usize),
    /// As the inner one, but always nullable.
    Maybe(DataType),
    MaybeArg(usize),
    /// Never null.
    Never(DataType),
}

/// Checks and casts `args` against `wants` (the last `optional` of which may be missing).
pub(super) fn signature(
    name: &str,
    args: Vec<Expr>,
    context: &ResolveContext,
    wants: &[Want],
    optional: usize,
    out: Out,
) -> Result<Resolved> {
    count(name, &args, wants.len() - optional, wants.len())?;
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| want(name, arg, i, wants[i], context))
        .collect::<Result<Vec<_>>>()?;
    Ok(give(args, out))
}

/// A call whose arguments are all of one kind.
pub(super) fn variadic(
    name: &str,
    args: Vec<Expr>,
    context: &ResolveContext,
    least: usize,
    kind: Want,
    out: Out,
) -> Result<Resolved> {
    count(name, &args, least, usize::MAX)?;
    let args =
        args.into_iter().enumerate().map(|(i, arg)| want(name, arg, i, kind, context)).collect::<Result<Vec<_>>>()?;
    Ok(give(args, out))
}

/// The resolved call with its nullability worked out.
pub(super) fn give(args: Vec<Expr>, out: Out) -> Resolved {
    let any = args.iter().any(Expr::nullable);
    let (data_type, nullable) = match out {
        Out::Of(data_type) => (data_type, any),
        Out::Arg(i) => (args.get(i).map_or(DataType::Null, Expr::data_type), any),
        Out::Maybe(data_type) => (data_type, true),
        Out::MaybeArg(i) => (args.get(i).map_or(DataType::Null, Expr::data_type), true),
        Out::Never(data_type) => (data_type, false),
    };
    Resolved { args, data_type, nullable }
}

/// Raises `WRONG_NUM_ARGS` unless there are between `least` and `most` arguments.
pub(super) fn count(name: &str, args: &[Expr], least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&args.len()) {
        return Ok(());
    }
    let expected = if least == most {
        least.to_string()
    } else if most == usize::MAX {
        format!("at least {least}")
    } else {
        format!("{least} to {most}")
    };
    Err(SparkError::analysis(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        format!("the function `{name}` takes {expected} arguments, but {} were given", args.len()),
    )
    .with_parameters([
        ("functionName", format!("`{name}`")),
        ("expectedNum", numbers(least, most)),
        ("actualNum", args.len().to_string()),
        ("docroot", crate::logical::settings::DOCUMENTATION.to_owned()),
    ])
    .with_subject(name))
}

/// Numbers of arguments as Spark's parameters write them: `1`, `[1, 2]`, `> 0`.
fn numbers(least: usize, most: usize) -> String {
    if most == usize::MAX {
        return format!("> {}", least.saturating_sub(1));
    }
    let all: Vec<String> = (least..=most).map(|number| number.to_string()).collect();
    if all.len() == 1 { all.concat() } else { format!("[{}]", all.join(", ")) }
}

/// A cast that the reader did not write; nothing when the type is right already.
pub(super) fn cast(expr: Expr, to: &DataType, context: &ResolveContext) -> Expr {
    if expr.data_type() == *to {
        return expr;
    }
    if let Expr::Literal(Scalar::Null, _) = expr {
        return Expr::Literal(Scalar::Null, to.clone());
    }
    let mode = if context.ansi { CastMode::Ansi } else { CastMode::Legacy };
    Expr::Cast { child: Box::new(expr), to: to.clone(), mode, implicit: true }
}

/// One argument as it is wanted.
pub(super) fn want(name: &str, arg: Expr, i: usize, want: Want, context: &ResolveContext) -> Result<Expr> {
    use DataType as T;
    let own = arg.data_type();
    let unknown = own == T::Null;
    let target = match (want, &own) {
        (Want::Any | Want::Lambda, _) => return Ok(arg),
        (Want::Time | Want::Moment | Want::Date, T::Time) => return Err(crate::logical::ddl::no_time()),
        (Want::Str, T::String) | (Want::Bin, T::Binary) | (Want::StrBin, T::String | T::Binary) => return Ok(arg),
        (Want::Str | Want::StrBin, other) if !other.is_nested() => T::String,
        (Want::Bin, T::String | T::Null) => T::Binary,
        (Want::Int, T::Null | T::Byte | T::Short | T::Integer | T::Long | T::String) => T::Integer,
        (Want::Long, T::Null | T::Byte | T::Short | T::Integer | T::Long | T::String) => T::Long,
        (Want::Int | Want::Long, T::Decimal(..) | T::Float | T::Double) if !context.ansi => {
            if want == Want::Int {
                T::Integer
            } else {
                T::Long
            }
        }
        (Want::Double, T::Null | T::String) => T::Double,
        (Want::Double, number) if number.is_numeric() => T::Double,
        (Want::Num, number) if number.is_numeric() => return Ok(arg),
        (Want::Num, T::Null | T::String) => T::Double,
        (Want::Whole, number) if number.is_integral() => return Ok(arg),
        (Want::Whole, T::Null | T::String) => T::Long,
        (Want::Bool, T::Boolean | T::Null | T::String) => T::Boolean,
        (Want::Date, T::Date | T::Timestamp | T::TimestampNtz | T::String | T::Null) => T::Date,
        (Want::Time, T::Date | T::Timestamp | T::TimestampNtz | T::String | T::Null) => T::Timestamp,
        (Want::Moment, T::Date | T::Timestamp | T::TimestampNtz) => return Ok(arg),
        (Want::Moment, T::String | T::Null) => T::Timestamp,
        (Want::Array, T::Array(..)) | (Want::Map, T::Map(..)) => return Ok(arg),
        (Want::Variant, T::Variant) => return Ok(arg),
        (Want::Variant, T::Null) => T::Variant,
        (Want::Array | Want::Map, _) if unknown => return Ok(arg),
        _ => return Err(unexpected_input(name, &arg, i, want.words())),
    };
    Ok(cast(arg, &target, context))
}

/// `DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE` for argument `i`.
pub(super) fn unexpected_input(name: &str, arg: &Expr, i: usize, wanted: &str) -> SparkError {
    let position = match i {
        0 => "first".to_owned(),
        1 => "second".to_owned(),
        2 => "third".to_owned(),
        _ => format!("number {}", i + 1),
    };
    let error = SparkError::analysis(
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        format!(
            "the {position} argument of `{name}` must be {wanted}, but its type is \"{}\"",
            words(&arg.data_type())
        ),
    )
    .with_subject(name);
    if wanted.contains("NUMERIC") && arg.data_type() == DataType::Boolean {
        return error.with_help("rows that meet a condition are counted with F.count_if(condition)");
    }
    error
}

/// `DATATYPE_MISMATCH.DATA_DIFF_TYPES`.
pub(super) fn different_types(name: &str, args: &[Expr]) -> SparkError {
    let types: Vec<String> = args.iter().map(|arg| format!("\"{}\"", words(&arg.data_type()))).collect();
    SparkError::analysis(
        "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
        format!("the arguments of `{name}` must have one type, but they are {}", types.join(", ")),
    )
    .with_subject(name)
}

/// The common type of all, with every argument cast to it.
pub(super) fn alike(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<(Vec<Expr>, DataType)> {
    let mut all = DataType::Null;
    for arg in &args {
        all = common_type(&all, &arg.data_type(), context.ansi).ok_or_else(|| different_types(name, &args))?;
    }
    Ok((args.into_iter().map(|arg| cast(arg, &all, context)).collect(), all))
}

/// The common type of two arguments; strings stay strings when both are.
pub(super) fn pair(name: &str, left: &Expr, right: &Expr, context: &ResolveContext) -> Result<DataType> {
    common_type(&left.data_type(), &right.data_type(), context.ansi)
        .ok_or_else(|| different_types(name, &[left.clone(), right.clone()]))
}

/// Whether an argument of one type may be given where another is stored.
pub(super) fn fits(from: &DataType, to: &DataType, context: &ResolveContext) -> bool {
    *from == DataType::Null || can_cast(from, to, context.ansi)
}

/// The value of a constant whole number (`2`, `-1`, a cast of one).
pub(super) fn constant_int(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(Scalar::Byte(value), _) => Some(i64::from(*value)),
        Expr::Literal(Scalar::Short(value), _) => Some(i64::from(*value)),
        Expr::Literal(Scalar::Integer(value), _) => Some(i64::from(*value)),
        Expr::Literal(Scalar::Long(value), _) => Some(*value),
        Expr::Unary { op: UnaryOp::Negate, child } => constant_int(child).map(|value| -value),
        Expr::Cast { child, .. } | Expr::Alias { child, .. } => constant_int(child),
        _ => None,
    }
}

/// The value of a constant text.
pub(super) fn constant_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(Scalar::String(text), _) => Some(text),
        Expr::Alias { child, .. } => constant_text(child),
        _ => None,
    }
}

/// A type in Spark's capitals, for messages.
pub(super) fn words(data_type: &DataType) -> String {
    use DataType as T;
    match data_type {
        T::Null => "VOID".into(),
        T::Boolean => "BOOLEAN".into(),
        T::Byte => "TINYINT".into(),
        T::Short => "SMALLINT".into(),
        T::Integer => "INT".into(),
        T::Long => "BIGINT".into(),
        T::Float => "FLOAT".into(),
        T::Double => "DOUBLE".into(),
        T::Decimal(precision, scale) => format!("DECIMAL({precision},{scale})"),
        T::String => "STRING".into(),
        T::Binary => "BINARY".into(),
        T::Date => "DATE".into(),
        T::Timestamp => "TIMESTAMP".into(),
        T::TimestampNtz => "TIMESTAMP_NTZ".into(),
        T::YearMonthInterval(..) | T::DayTimeInterval(..) => {
            format!("INTERVAL {}", data_type.interval_units().unwrap_or_default().to_uppercase())
        }
        T::CalendarInterval => "INTERVAL".into(),
        T::Variant => "VARIANT".into(),
        T::Spatial(..) | T::Time => data_type.sql(),
        T::Array(element, _) => format!("ARRAY<{}>", words(element)),
        T::Map(key, value, _) => format!("MAP<{}, {}>", words(key), words(value)),
        T::Struct(fields) => {
            let inner: Vec<String> =
                fields.fields.iter().map(|field| format!("{}: {}", field.name, words(&field.data_type))).collect();
            format!("STRUCT<{}>", inner.join(", "))
        }
    }
}
