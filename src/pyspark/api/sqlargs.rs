//! Arguments of `spark.sql`: `:name` and `?` become literals, `{frame}` becomes a view.

use super::column::Column;
use super::dataframe::DataFrame;
use super::pytime;
use super::support::{not_expected_type, raise};
use crate::common::ErrorClass;
use crate::logical::expr::Expr;
use crate::logical::scalar::Scalar;
use crate::pyspark::host::CatalogRequest;
use crate::pyspark::lang::{Interpreter, PyResult, Value};

/// The views made for frames inside SQL text.
#[derive(Default)]
struct Views {
    made: u64,
    open: Vec<String>,
}

/// Takes away the views of frames inside SQL text, once its plan holds what they stand for.
///
/// # Errors
/// None of its own.
pub fn close_views(interp: &mut Interpreter) -> PyResult<()> {
    let open = std::mem::take(&mut interp.extension::<Views>().open);
    for name in open {
        interp.host()?.catalog(CatalogRequest::DropView { name, global: false })?;
    }
    Ok(())
}

/// The text with its arguments filled in.
///
/// # Errors
/// `UNBOUND_SQL_PARAMETER`; a value that has no SQL literal.
pub fn fill(interp: &mut Interpreter, query: &str, args: Option<Value>, named: &[(String, Value)]) -> PyResult<String> {
    let mut text = query.to_owned();
    if !named.is_empty() {
        text = braces(interp, &text, named)?;
    }
    match args {
        None => Ok(text),
        Some(args) => {
            if let Some(dict) = args.as_dict() {
                let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                let mut literals = Vec::new();
                for (name, value) in pairs {
                    literals.push((interp.str(&name)?, literal(interp, &value)?));
                }
                substitute(&text, &literals, &[])
            } else if let Some(items) = args.as_items() {
                let literals = items.iter().map(|item| literal(interp, item)).collect::<PyResult<Vec<_>>>()?;
                substitute(&text, &[], &literals)
            } else {
                Err(not_expected_type(interp, "args", "dict or list", &args))
            }
        }
    }
}

fn braces(interp: &mut Interpreter, query: &str, named: &[(String, Value)]) -> PyResult<String> {
    let mut text = query.to_owned();
    for (name, value) in named {
        let mark = format!("{{{name}}}");
        if let Some(frame) = value.downcast::<DataFrame>() {
            for column in frame.plan.output() {
                let quoted = format!("`{}`", column.name.replace('`', "``"));
                text = text.replace(&format!("{{{name}.{}}}", column.name), &quoted);
                text = text.replace(&format!("{{{name}[{}]}}", column.name), &quoted);
            }
        }
        if !text.contains(&mark) {
            continue;
        }
        let written = if let Some(frame) = value.downcast::<DataFrame>() {
            let views = interp.extension::<Views>();
            views.made += 1;
            let view = format!("_sql_frame_{}", views.made);
            views.open.push(view.clone());
            let plan = frame.plan.clone();
            interp.host()?.catalog(CatalogRequest::CreateView {
                name: view.clone(),
                plan,
                replace: true,
                global: false,
            })?;
            view
        } else if let Some(column) = value.downcast::<Column>() {
            if !matches!(column.expr, Expr::UnresolvedAttribute(_) | Expr::Attribute(_)) {
                let shown = interp.repr(value)?;
                return Err(raise(
                    ErrorClass::PySparkValueError,
                    "VALUE_NOT_PLAIN_COLUMN_REFERENCE",
                    format!(
                        "Value `{shown}` in `{name}` should be a plain column reference such as `df.col` or `col('column')`."
                    ),
                ));
            }
            column.expr.pretty_name()
        } else {
            formatted(interp, value)?
        };
        text = text.replace(&mark, &written);
    }
    Ok(text)
}

/// A value in braces: a tuple is a list of literals in parentheses.
fn formatted(interp: &mut Interpreter, value: &Value) -> PyResult<String> {
    let Value::Tuple(items) = value.native() else { return literal(interp, value) };
    let parts = items.iter().map(|item| literal(interp, item)).collect::<PyResult<Vec<_>>>()?;
    Ok(format!("({})", parts.join(", ")))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A column as SQL text: its name, with the quotes of its texts, which the name leaves out.
fn column_text(column: &Column) -> String {
    let quote = |part| match part {
        Expr::Literal(Scalar::String(text), data_type) => Expr::Literal(Scalar::String(quoted(&text)), data_type),
        other => other,
    };
    column.expr.clone().transform_up(&mut |part| quote(part)).pretty_name()
}

/// A Python value as an SQL literal.
fn literal(interp: &mut Interpreter, value: &Value) -> PyResult<String> {
    Ok(match value.native() {
        Value::None => "NULL".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) if i32::try_from(*number).is_err() => format!("{number}L"),
        Value::Int(number) => number.to_string(),
        Value::Float(number) if number.is_finite() => format!("{number:?}D"),
        Value::Float(number) => format!("double('{number}')"),
        Value::Str(text) => quoted(text),
        Value::Object(object) => match object.type_name() {
            "date" => format!("DATE'{}'", interp.str(value)?),
            "datetime" => {
                let micros = pytime::datetime_micros(interp, value)?;
                format!("timestamp_micros({micros}L)")
            }
            "Decimal" => format!("{}BD", interp.str(value)?),
            "Column" => value.downcast::<Column>().map_or_else(String::new, column_text),
            _ => return Err(not_expected_type(interp, "args", "literal", value)),
        },
        Value::List(items) => {
            let items = items.borrow().clone();
            let parts = items.iter().map(|item| literal(interp, item)).collect::<PyResult<Vec<_>>>()?;
            format!("array({})", parts.join(", "))
        }
        _ => return Err(not_expected_type(interp, "args", "literal", value)),
    })
}

/// Replaces markers outside of quotes and comments.
fn substitute(text: &str, named: &[(String, String)], positional: &[String]) -> PyResult<String> {
    let unbound = |name: &str| {
        raise(
            ErrorClass::AnalysisException,
            "UNBOUND_SQL_PARAMETER",
            format!(
                "Found the unbound parameter: {name}. Please, fix `args` and provide a mapping of the parameter to a SQL literal."
            ),
        )
    };
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut next = positional.iter();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        match c {
            '\'' | '"' | '`' => {
                let end = closing(&chars, i);
                out.extend(&chars[i..end]);
                i = end;
                continue;
            }
            ':' if chars.get(i + 1).is_some_and(|c| c.is_alphabetic() || *c == '_')
                && (i == 0 || chars[i - 1] != ':') =>
            {
                let end = (i + 1..chars.len())
                    .find(|&j| !(chars[j].is_alphanumeric() || chars[j] == '_'))
                    .unwrap_or(chars.len());
                let name: String = chars[i + 1..end].iter().collect();
                match named.iter().find(|(known, _)| *known == name) {
                    Some((_, literal)) => out.push_str(literal),
                    None => return Err(unbound(&name)),
                }
                i = end;
                continue;
            }
            '?' if !positional.is_empty() => match next.next() {
                Some(literal) => out.push_str(literal),
                None => return Err(unbound("_")),
            },
            other => out.push(other),
        }
        i += 1;
    }
    Ok(out)
}

fn closing(chars: &[char], start: usize) -> usize {
    let quote = chars[start];
    let mut i = start + 1;
    while i < chars.len() {
        if chars[i] == '\\' && quote != '`' {
            i += 2;
            continue;
        }
        if chars[i] == quote {
            return i + 1;
        }
        i += 1;
    }
    chars.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_inside_quotes_stay() {
        let named = [("n".to_owned(), "5".to_owned())];
        assert_eq!(substitute("select ':n', :n", &named, &[]).ok().as_deref(), Some("select ':n', 5"));
        assert_eq!(substitute("a = ? and b = '?'", &[], &["1".to_owned()]).ok().as_deref(), Some("a = 1 and b = '?'"));
        assert!(substitute("select :m", &named, &[]).is_err());
    }
}
