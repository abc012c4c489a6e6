//! What `print(column)` shows: calls as they were written, operators as functions (`+(a, 1)`), text in quotes.
//!
//! Other than [`Expr::pretty_name`], which names the columns of a result, this is the text of a tree that nobody has looked at yet.

use super::pretty::{case_name, spec_name};
use crate::logical::expr::{BinaryOp, Call, CastMode, Expr, UnaryOp, WindowSpec};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;

impl Expr {
    /// The text between the quotes of `Column<'…'>`.
    #[must_use]
    pub fn node_text(&self) -> String {
        match self {
            Expr::UnresolvedAttribute(parts) => parts.iter().map(|part| as_written(part)).collect::<Vec<_>>().join("."),
            Expr::Attribute(column) => super::quote_if_needed(&column.name),
            Expr::Literal(value, data_type) => literal(value, data_type, &self.pretty_name()),
            Expr::Alias { child, name, .. } => format!("{} AS {name}", child.node_text()),
            Expr::MultiAlias { child, names } => format!("{} AS ({})", child.node_text(), names.join(", ")),
            Expr::Cast { child, to, mode, .. } => {
                let word = if *mode == CastMode::Try { "TRY_CAST" } else { "CAST" };
                format!("{word}({} AS {})", child.node_text(), to.sql())
            }
            Expr::Binary { op: BinaryOp::NotEq, left, right } => {
                format!("!(=({}, {}))", left.node_text(), right.node_text())
            }
            Expr::Binary { op, left, right } => {
                format!("{}({}, {})", symbol(*op), left.node_text(), right.node_text())
            }
            Expr::Unary { op, child } => format!("{}({})", word(*op), child.node_text()),
            Expr::Case { branches, otherwise } => case_name(branches, otherwise.as_deref(), &Expr::node_text),
            Expr::In { value, list } => format!("in({}, {})", value.node_text(), texts(list)),
            Expr::Extract { child, key } => format!("{}[{}]", child.node_text(), key.node_text()),
            Expr::Call(call) => call_text(call),
            Expr::Window { function, spec } => format!("{} OVER ({})", function.node_text(), window(spec)),
            Expr::Lambda { params, body } => {
                let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
                match names.as_slice() {
                    [one] => format!("{one} -> {}", body.node_text()),
                    several => format!("({}) -> {}", several.join(", "), body.node_text()),
                }
            }
            Expr::Udf { function, args, .. } => format!("{}({})", function.name(), texts(args)),
            Expr::SortOrder(order) => format!("{} {}", order.child.node_text(), order.direction()),
            Expr::Star(_)
            | Expr::ColumnRegex(_)
            | Expr::OuterReference(_)
            | Expr::Function { .. }
            | Expr::Aggregate(_)
            | Expr::WindowFunction { .. }
            | Expr::Generator { .. }
            | Expr::TableCall(_)
            | Expr::ScalarSubquery(_)
            | Expr::InSubquery { .. }
            | Expr::Exists(_) => self.pretty_name(),
        }
    }
}

/// A call with the arguments that PySpark adds.
fn call_text(call: &Call) -> String {
    let args = texts(&call.args);
    match (call.name.as_str(), call.args.as_slice()) {
        ("first" | "last", [_]) => format!("{}({args}, {})", call.name, call.ignore_nulls),
        ("lag" | "lead", [_, _, _]) => format!("{}({args}, {})", call.name, call.ignore_nulls),
        ("with_field", [input, Expr::Literal(Scalar::String(field), _), value]) => {
            format!("update_field({}, {field}, {})", input.node_text(), value.node_text())
        }
        ("drop_fields", [input, Expr::Literal(Scalar::String(field), _)]) => {
            format!("drop_field({}, {field})", input.node_text())
        }
        _ => format!("{}({args})", call.name),
    }
}

/// A name with the backticks without which it would be two.
fn as_written(name: &str) -> String {
    if name.contains('.') { format!("`{name}`") } else { name.to_owned() }
}

fn texts(exprs: &[Expr]) -> String {
    exprs.iter().map(Expr::node_text).collect::<Vec<_>>().join(", ")
}

fn literal(value: &Scalar, data_type: &DataType, name: &str) -> String {
    match (value, data_type) {
        (Scalar::String(text), _) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        (Scalar::Long(_), DataType::Long) => format!("{name}L"),
        // Dates and timestamps stand without the word of their type.
        (Scalar::Date(_) | Scalar::Timestamp(_) | Scalar::TimestampNtz(_), _) => {
            name.split_once('\'').map_or(name, |(_, rest)| rest.trim_end_matches('\'')).to_owned()
        }
        _ => name.to_owned(),
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        other => other.symbol(),
    }
}

fn word(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Not => "!",
        UnaryOp::Negate => "negative",
        UnaryOp::BitNot => "~",
        UnaryOp::IsNull => "isNull",
        UnaryOp::IsNotNull => "isNotNull",
        UnaryOp::IsNaN => "isNaN",
    }
}

fn window(spec: &WindowSpec) -> String {
    let frame = spec.frame.as_ref().map(|frame| frame.name_with(&Expr::node_text));
    spec_name(spec, frame, &Expr::node_text)
}
