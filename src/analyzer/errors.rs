//! The analyzer's errors: Spark's conditions, everyday sentences, a next step.

use crate::common::SparkError;
use crate::common::text::{edit_distance, nearest};
use crate::logical::display::quote_if_needed;
use crate::logical::expr::Attribute;
use std::collections::BTreeSet;

/// A name as written: parts joined by dots, in backticks where needed.
pub(super) fn dotted(parts: &[String]) -> String {
    parts.iter().map(|part| quote_if_needed(part)).collect::<Vec<_>>().join(".")
}

/// A name as Spark's parameters write it: all parts in backticks.
pub(super) fn quoted(parts: &[String]) -> String {
    parts.iter().map(|part| format!("`{}`", part.replace('`', "``"))).collect::<Vec<_>>().join(".")
}

/// The columns that Spark proposes for a name, nearest first: it compares what was written with their names in backticks, and begins with the
/// columns in the order of their names. What they all belong to is told only where the name that was written has several parts.
fn proposal(parts: &[String], input: &[Attribute]) -> String {
    let word = parts.join(".");
    let mut columns: Vec<&Attribute> = input.iter().collect();
    columns.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    let is_qualified = parts.len() > 1 || columns.iter().any(|column| column.qualifier != columns[0].qualifier);
    let name_of = |column: &&Attribute| {
        let mut own = vec![column.name.clone()];
        if is_qualified {
            own.splice(0..0, column.qualifier.last().cloned());
        }
        quoted(&own)
    };
    let mut names: Vec<String> = columns.iter().map(name_of).collect();
    names.sort_by_key(|name| edit_distance(name, &word));
    names.dedup();
    names.truncate(5);
    names.join(", ")
}

/// Where Spark looks for tables and functions.
fn search_path(database: &str) -> String {
    format!("[`system`.`builtin`, `system`.`session`, `spark_catalog`.`{database}`]")
}

/// What to do about a name that no column has: it is nearly one, or it was never meant as one.
fn column_help(word: &str, last: &str, names: &[&str]) -> String {
    let signs = [' ', '(', '>', '<', '=', '*', '+'];
    let is_formula = word.contains(signs) && !names.iter().any(|name| name.contains(signs));
    if let Some(column) = word.strip_suffix(" desc").or_else(|| word.strip_suffix(" DESC")).filter(|_| is_formula) {
        return format!("the order of a column is F.desc(\"{}\")", column.trim_end());
    }
    if is_formula {
        return "a text here names a column; a condition or a formula is F.expr(\"…\"), a plain text F.lit(\"…\")"
            .to_owned();
    }
    if !word.chars().any(char::is_alphanumeric) || word.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("a text here names a column; a plain text is F.lit(\"{word}\")");
    }
    if let Some(column) = word.strip_prefix('-').filter(|column| names.contains(column)) {
        return format!("the largest first is F.desc(\"{column}\")");
    }
    match nearest(last, names.iter().copied(), 1).first() {
        Some(best) => format!("did you mean `{best}`?"),
        None if names.contains(&"_c0") => {
            "the names `_c0`, `_c1` … are those of a file that was read without its header: header=True".to_owned()
        }
        None => match names.iter().find(|name| name.ends_with(')')) {
            Some(made) => {
                format!("one column is called `{made}` so far: give it its name where it is made, .alias(\"{word}\")")
            }
            None => "check the spelling, or look at the columns with df.printSchema()".to_owned(),
        },
    }
}

/// `UNRESOLVED_COLUMN`, with the columns there are, nearest first.
pub(super) fn unresolved_column(parts: &[String], input: &[Attribute]) -> SparkError {
    let word = parts.join(".");
    let last = parts.last().cloned().unwrap_or_default();
    if input.is_empty() {
        return SparkError::analysis(
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
            format!("there is no column `{word}` here: the input has no columns"),
        )
        .with_parameters([("objectName", quoted(parts))])
        .with_subject(last);
    }
    let mut names: Vec<&str> = input.iter().map(|column| column.name.as_str()).collect();
    let help = column_help(&word, &last, &names);
    names.sort_by_key(|name| edit_distance(&name.to_lowercase(), &last.to_lowercase()));
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    SparkError::analysis(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        format!("there is no column with the name `{word}`; did you mean one of these: {}?", shown.join(", ")),
    )
    .with_parameters([("objectName", quoted(parts)), ("proposal", proposal(parts, input))])
    .with_subject(last)
    .with_help(help)
}

/// `AMBIGUOUS_REFERENCE`: several columns of one name.
pub(super) fn ambiguous(parts: &[String], found: &[&Attribute]) -> SparkError {
    let options: Vec<String> = found
        .iter()
        .map(|column| match column.qualifier.last() {
            Some(qualifier) => format!("`{qualifier}`.`{}`", column.name),
            None => format!("`{}`", column.name),
        })
        .collect();
    SparkError::analysis(
        "AMBIGUOUS_REFERENCE",
        format!("the name `{}` is ambiguous: it could be {}", parts.join("."), options.join(" or ")),
    )
    .with_parameters([("name", quoted(parts)), ("referenceNames", format!("[{}]", options.join(", ")))])
    .with_subject(parts.last().cloned().unwrap_or_default())
    .with_help("join with on=\"key\" to keep one of them, rename one before the join, or give the frames aliases")
}

/// An attribute of another frame.
pub(super) fn missing_attribute(attribute: &Attribute, input: &[Attribute]) -> SparkError {
    let same_name = input.iter().any(|column| column.name == attribute.name);
    let condition = if same_name {
        "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_APPEAR_IN_OPERATION"
    } else {
        "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT"
    };
    let columns: Vec<&str> = input.iter().map(|column| column.name.as_str()).collect();
    SparkError::analysis(
        condition,
        format!(
            "the column `{}` belongs to another DataFrame; the columns here are {}",
            attribute.name,
            columns.join(", ")
        ),
    )
    .with_subject(attribute.name.clone())
    .with_help("a frame can only use its own columns: join the two frames first")
}

/// Whether another place may still resolve the name.
pub(super) fn is_unresolved(error: &SparkError) -> bool {
    error.condition().is_some_and(|condition| {
        condition.starts_with("UNRESOLVED_COLUMN") || condition.starts_with("MISSING_ATTRIBUTES")
    })
}

/// `TABLE_OR_VIEW_NOT_FOUND`.
pub(super) fn table_not_found(name: &[String], known: &[String], database: &str) -> SparkError {
    let shown = dotted(name);
    let last = name.last().cloned().unwrap_or_default();
    let help = match nearest(&last, known.iter().map(String::as_str), 1).first() {
        Some(best) => format!("did you mean `{best}`?"),
        None => "make it known first with df.createOrReplaceTempView(\"name\")".to_owned(),
    };
    SparkError::analysis("TABLE_OR_VIEW_NOT_FOUND", format!("there is no table or view `{shown}`"))
        .with_parameters([("relationName", quoted(name)), ("searchPath", search_path(database))])
        .with_subject(last)
        .with_help(help)
}

/// A table function in the place of a value.
pub(super) fn not_a_scalar_function(name: &str) -> SparkError {
    SparkError::analysis(
        "NOT_A_SCALAR_FUNCTION",
        format!("`{name}` stands in the place of a value, but it gives a table"),
    )
    .with_parameters([("functionName", format!("`{}`", name.replace('.', "`.`")))])
    .with_subject(name.to_owned())
    .with_help(format!("write it behind FROM: SELECT * FROM {name}(…)"))
}

/// `UNRESOLVED_ROUTINE`.
#[must_use]
pub fn unresolved_routine(name: &str, database: &str) -> SparkError {
    let help = match nearest(name, crate::logical::functions::names(), 3).as_slice() {
        [] => "look the function up in Spark's list of SQL functions".to_owned(),
        near => {
            format!("did you mean {}?", near.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "))
        }
    };
    SparkError::analysis("UNRESOLVED_ROUTINE", format!("there is no function `{name}`"))
        .with_parameters([
            ("routineName", format!("`{}`", name.replace('.', "`.`"))),
            ("searchPath", search_path(database)),
        ])
        .with_subject(name.to_owned())
        .with_help(help)
}

/// A `DATATYPE_MISMATCH` of an expression.
pub(super) fn mismatch(kind: &str, expr: &str, why: impl Into<String>) -> SparkError {
    SparkError::analysis(&format!("DATATYPE_MISMATCH.{kind}"), format!("\"{expr}\" cannot be computed: {}", why.into()))
        .with_subject(expr.to_owned())
}

/// `UNRESOLVED_COLUMN_AMONG_FIELD_NAMES`: a name that must be one of a frame's own columns.
pub(super) fn among_field_names(parts: &[String], input: &[Attribute]) -> SparkError {
    let plain = unresolved_column(parts, input);
    let help = plain.help().first().cloned().unwrap_or_default();
    SparkError::analysis("UNRESOLVED_COLUMN_AMONG_FIELD_NAMES", plain.message().to_owned())
        .with_subject(parts.join("."))
        .with_help(help)
}
