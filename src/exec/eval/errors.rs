//! Spark's errors of expressions, one function each.

use crate::common::{ErrorClass, SparkError};

/// The setting that decides on these errors, as Spark's parameters name it.
const ANSI: &str = "\"spark.sql.ansi.enabled\"";

fn error(class: ErrorClass, condition: &str, message: impl Into<String>) -> SparkError {
    SparkError::new(class, message).with_condition(condition)
}

pub(super) fn overflow(kind: &str) -> SparkError {
    error(ErrorClass::ArithmeticException, "ARITHMETIC_OVERFLOW", format!("{kind} overflow"))
        .with_help("use try_add, try_multiply and their kin to get NULL instead, or cast to a wider type first")
}

pub(super) fn interval_overflow() -> SparkError {
    error(
        ErrorClass::ArithmeticException,
        "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION",
        "the interval does not fit its type",
    )
}

pub(super) fn binary_overflow(symbol: &str) -> SparkError {
    error(
        ErrorClass::ArithmeticException,
        "BINARY_ARITHMETIC_OVERFLOW",
        format!("the result of `{symbol}` does not fit the type of its operands"),
    )
    .with_help("cast to a wider type first")
}

pub(super) fn divide_by_zero() -> SparkError {
    error(ErrorClass::ArithmeticException, "DIVIDE_BY_ZERO", "division by zero")
        .with_parameters([("config", ANSI.to_owned())])
        .with_help("use try_divide to get NULL instead")
}

pub(super) fn remainder_by_zero() -> SparkError {
    error(ErrorClass::ArithmeticException, "REMAINDER_BY_ZERO", "remainder by zero")
        .with_parameters([("config", ANSI.to_owned())])
        .with_help("use try_mod to get NULL instead")
}

pub(super) fn decimal_range(value: &str, precision: u8, scale: i8) -> SparkError {
    error(
        ErrorClass::ArithmeticException,
        "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
        format!("{value} cannot be written as decimal({precision},{scale})"),
    )
    .with_help("use a wider decimal, or try_cast to get NULL instead")
}

pub(super) fn cast_overflow(value: &str, from: &str, to: &str) -> SparkError {
    error(
        ErrorClass::ArithmeticException,
        "CAST_OVERFLOW",
        format!("the value {value} of the type \"{from}\" does not fit \"{to}\""),
    )
    .with_parameters([
        ("value", value.to_owned()),
        ("sourceType", format!("\"{from}\"")),
        ("targetType", format!("\"{to}\"")),
        ("ansiConfig", ANSI.to_owned()),
    ])
    .with_help("use try_cast to get NULL instead")
}

pub(super) fn cast_input(value: &str, to: &str, class: ErrorClass) -> SparkError {
    error(
        class,
        "CAST_INVALID_INPUT",
        format!("the value '{value}' of the type \"STRING\" cannot be cast to \"{to}\" because it is malformed"),
    )
    .with_parameters([
        ("expression", format!("'{value}'")),
        ("sourceType", "\"STRING\"".to_owned()),
        ("targetType", format!("\"{to}\"")),
        ("ansiConfig", ANSI.to_owned()),
    ])
    .with_help(if value.chars().any(char::is_alphabetic) {
        "use try_cast to get NULL instead, or correct the value; where texts were to be put together, F.concat(…) does it, `+` adds numbers"
    } else {
        "correct the value, or use try_cast to get NULL instead"
    })
}

pub(super) fn array_index(index: i64, length: usize) -> SparkError {
    error(
        ErrorClass::ArrayIndexOutOfBoundsException,
        "INVALID_ARRAY_INDEX",
        format!("the index {index} is out of bounds: the array has {length} elements, counted from 0"),
    )
    .with_parameters([("indexValue", index.to_string()), ("arraySize", length.to_string())])
    .with_help(if index < 0 {
        "nothing is counted from the end here: F.element_at(array, -1) is the last element"
    } else {
        "use get() to get NULL instead"
    })
}

pub(super) fn array_element(index: i64, length: usize) -> SparkError {
    error(
        ErrorClass::ArrayIndexOutOfBoundsException,
        "INVALID_ARRAY_INDEX_IN_ELEMENT_AT",
        format!("the index {index} is out of bounds: the array has {length} elements, counted from 1"),
    )
    .with_parameters([("indexValue", index.to_string()), ("arraySize", length.to_string())])
    .with_help("use try_element_at to get NULL instead")
}

pub(super) fn index_of_zero() -> SparkError {
    error(
        ErrorClass::SparkRuntimeException,
        "INVALID_INDEX_OF_ZERO",
        "the index 0 is invalid: positions are counted from 1, or from the end when negative",
    )
}

pub(super) fn parameter(which: &str, function: &str, message: impl Into<String>) -> SparkError {
    error(
        ErrorClass::SparkRuntimeException,
        &format!("INVALID_PARAMETER_VALUE.{which}"),
        format!("a parameter of `{function}` is invalid: {}", message.into()),
    )
}

pub(super) fn cannot_parse(value: &str) -> SparkError {
    error(
        ErrorClass::DateTimeException,
        "CANNOT_PARSE_TIMESTAMP",
        format!("the text '{value}' does not match the pattern"),
    )
    .with_help("correct the pattern, or use try_to_timestamp or try_to_date to get NULL instead")
}

pub(super) fn runtime(condition: &str, message: impl Into<String>) -> SparkError {
    error(ErrorClass::SparkRuntimeException, condition, message)
}

pub(super) fn date_time(condition: &str, message: impl Into<String>) -> SparkError {
    error(ErrorClass::DateTimeException, condition, message)
}

pub(super) fn illegal(condition: &str, message: impl Into<String>) -> SparkError {
    error(ErrorClass::IllegalArgumentException, condition, message)
}
