//! Small things every PySpark object needs: errors in PySpark's words, names, analyzed frames.

use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::Expr;
use crate::logical::plan::LogicalPlan;
use crate::pyspark::lang::{Args, Interpreter, PyResult, Raised, Value};
use std::sync::Arc;

/// A PySpark error with its condition.
pub fn raise(class: ErrorClass, condition: &str, message: impl Into<String>) -> Raised {
    SparkError::new(class, message).with_condition(condition).into()
}

/// `PySparkTypeError [NOT_EXPECTED_TYPE]`: an argument of the wrong type.
pub fn not_expected_type(interp: &Interpreter, argument: &str, expected: &str, given: &Value) -> Raised {
    let got = interp.type_name(given);
    let text = format!("Argument `{argument}` should be a {expected}, got {got}.");
    SparkError::new(ErrorClass::PySparkTypeError, text)
        .with_condition("NOT_EXPECTED_TYPE")
        .with_parameters([("arg_name", argument.to_owned()), ("expected_type", expected.to_owned()), ("arg_type", got)])
        .into()
}

/// `PySparkValueError [VALUE_NOT_ALLOWED]`.
pub fn value_not_allowed(argument: &str, allowed: &str) -> Raised {
    raise(
        ErrorClass::PySparkValueError,
        "VALUE_NOT_ALLOWED",
        format!("Value for `{argument}` has to be amongst the following values: {allowed}."),
    )
}

/// A Java error that PySpark shows as it is.
pub fn illegal_argument(message: impl Into<String>) -> Raised {
    SparkError::new(ErrorClass::IllegalArgumentException, message).into()
}

/// What py4j says when a Python value does not fit a Java method.
pub fn py4j_error(method: &str, interp: &Interpreter, given: &Value) -> Raised {
    let got = interp.type_name(given);
    SparkError::new(
        ErrorClass::Py4JError,
        format!("An error occurred while calling {method}: it does not take a value of type {got}."),
    )
    .into()
}

/// Asks the host to resolve a plan.
///
/// # Errors
/// Spark's analysis errors.
pub fn analyze(interp: &mut Interpreter, plan: LogicalPlan) -> PyResult<Arc<LogicalPlan>> {
    Ok(interp.host()?.analyze(Arc::new(plan))?)
}

/// Splits a column name at its dots; backticks keep a part together.
///
/// # Errors
/// `INVALID_ATTRIBUTE_NAME_SYNTAX` for lonely backticks.
pub fn name_parts(name: &str) -> PyResult<Vec<String>> {
    if !name.contains('`') {
        return Ok(name.split('.').map(str::to_owned).collect());
    }
    let bad = || {
        raise(
            ErrorClass::AnalysisException,
            "INVALID_ATTRIBUTE_NAME_SYNTAX",
            format!("Syntax error in the attribute name: {name}. Check that backticks appear in pairs."),
        )
    };
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '`' if quoted && chars.peek() == Some(&'`') => {
                chars.next();
                part.push('`');
            }
            '`' if quoted => {
                quoted = false;
                if chars.peek().is_some_and(|next| *next != '.') {
                    return Err(bad());
                }
            }
            '`' if part.is_empty() => quoted = true,
            '`' => return Err(bad()),
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    if quoted {
        return Err(bad());
    }
    parts.push(part);
    Ok(parts)
}

/// `F.col(name)`: a column, `*` or `t.*`.
///
/// # Errors
/// A name that is not well formed.
pub fn column_of_name(name: &str) -> PyResult<Expr> {
    if name == "*" {
        return Ok(Expr::Star(None));
    }
    if let Some(target) = name.strip_suffix(".*") {
        return Ok(Expr::Star(Some(name_parts(target)?)));
    }
    Ok(Expr::UnresolvedAttribute(name_parts(name)?))
}

/// Prints as the script's own `print` does (so that redirected output is redirected).
///
/// # Errors
/// What a replaced `sys.stdout` raises.
pub fn print(interp: &mut Interpreter, text: &str) -> PyResult<()> {
    let builtins = interp.import("builtins")?;
    if let Some(function) = builtins.get("print") {
        interp.call(&function, Args::of(vec![Value::str(text)]))?;
        return Ok(());
    }
    interp.host()?.print(&format!("{text}\n"));
    Ok(())
}

/// The text of an argument that must be a `str`.
///
/// # Errors
/// `NOT_EXPECTED_TYPE`.
pub fn text_argument(interp: &Interpreter, argument: &str, value: &Value) -> PyResult<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| not_expected_type(interp, argument, "str", value))
}

/// A list of names from `"a"`, `["a", "b"]`, `("a", "b")`.
///
/// # Errors
/// `NOT_EXPECTED_TYPE`.
pub fn names_argument(interp: &Interpreter, argument: &str, value: &Value) -> PyResult<Vec<String>> {
    if let Some(name) = value.as_str() {
        return Ok(vec![name.to_owned()]);
    }
    let wrong = || not_expected_type(interp, argument, "str, list or tuple of names", value);
    let items = value.as_items().ok_or_else(wrong)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

/// `Value::None` and an absent argument are the same to PySpark.
pub fn given(value: Option<Value>) -> Option<Value> {
    value.filter(|value| !value.is_none())
}

/// What a raised exception says, as the last line of a traceback.
pub fn describe(interp: &mut Interpreter, raised: &Raised) -> String {
    use crate::pyspark::lang::raised::Cause;
    match raised.cause() {
        Cause::Instance(instance) => {
            let name = instance.class().name.to_string();
            let value = Value::Instance(instance.clone());
            let text = interp.str(&value).unwrap_or_default();
            if text.is_empty() { name } else { format!("{name}: {text}") }
        }
        Cause::Named(name, message) if message.is_empty() => (*name).to_owned(),
        Cause::Named(name, message) => format!("{name}: {message}"),
        Cause::Valued(name, value) => format!("{name}: {}", interp.repr(value).unwrap_or_default()),
        Cause::Spark(error) => format!("{}: {error}", error.class().name()),
        Cause::Exit(_) => "SystemExit".to_owned(),
    }
}

/// The error of a Python function that ran on rows.
pub fn python_exception(interp: &mut Interpreter, raised: Raised) -> SparkError {
    use crate::pyspark::lang::raised::Cause;
    if let Cause::Spark(error) = raised.cause()
        && raised.is_fatal()
    {
        return error.clone();
    }
    let place = raised
        .trace()
        .first()
        .map(|entry| format!("  File \"{}\", line {}, in {}\n", entry.file, entry.line, entry.function))
        .unwrap_or_default();
    let said = describe(interp, &raised);
    SparkError::new(
        ErrorClass::PythonException,
        format!("An exception was thrown from the Python worker.\nTraceback (most recent call last):\n{place}{said}"),
    )
    .with_condition("PYTHON_EXCEPTION")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_at_dots_outside_backticks() {
        assert_eq!(name_parts("a.b").ok(), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(name_parts("`a.b`.c").ok(), Some(vec!["a.b".to_owned(), "c".to_owned()]));
        assert!(name_parts("a`b").is_err());
        assert_eq!(column_of_name("t.*").ok(), Some(Expr::Star(Some(vec!["t".to_owned()]))));
    }
}
