//! Expressions in plans: columns with their ids (`age#12`), what is unresolved with a leading `'`.

use super::literal::scalar_text;
use super::pretty::case_name;
use crate::logical::expr::{
    AggregateCall, Attribute, CastMode, Expr, FrameBound, FrameUnit, SortOrder, TableCall, UnaryOp, WindowSpec,
};

impl Attribute {
    /// `age#12`, with `L` behind it for a bigint.
    #[must_use]
    pub fn plan_text(&self) -> String {
        let suffix = if self.data_type == crate::logical::types::DataType::Long { "L" } else { "" };
        format!("{}{}{suffix}", self.name, self.id)
    }
}

/// Columns in brackets: `[name#1, age#2]`.
#[must_use]
pub fn columns_text(columns: &[Attribute]) -> String {
    format!("[{}]", columns.iter().map(Attribute::plan_text).collect::<Vec<_>>().join(", "))
}

/// A generator as the node over it writes it: that it keeps rows without values is said there.
#[must_use]
pub fn generator_text(generator: &Expr) -> String {
    let text = generator.plan_text();
    match text.split_once('(') {
        Some((name, arguments)) => format!("{}({arguments}", name.strip_suffix("_outer").unwrap_or(name)),
        None => text,
    }
}

/// `f(a, b => c)`.
pub(super) fn table_call_text(call: &TableCall, text: impl Fn(&Expr) -> String) -> String {
    let one = |(arg, name): (&Expr, &Option<String>)| match name {
        Some(name) => format!("{name} => {}", text(arg)),
        None => text(arg),
    };
    let args: Vec<String> = call.args.iter().zip(&call.names).map(one).collect();
    format!("{}({})", call.name, args.join(", "))
}

/// Expressions in brackets.
#[must_use]
pub fn exprs_text(exprs: &[Expr]) -> String {
    format!("[{}]", list(exprs))
}

fn list(exprs: &[Expr]) -> String {
    exprs.iter().map(Expr::plan_text).collect::<Vec<_>>().join(", ")
}

impl SortOrder {
    /// `age#12 DESC NULLS LAST`.
    #[must_use]
    pub fn plan_text(&self) -> String {
        format!("{} {}", self.child.plan_text(), self.direction())
    }
}

impl Expr {
    /// The expression as plans write it.
    #[must_use]
    pub fn plan_text(&self) -> String {
        match self {
            Expr::UnresolvedAttribute(parts) => format!("'{}", parts.join(".")),
            Expr::Star(None) => "*".into(),
            Expr::Star(Some(parts)) => format!("{}.*", parts.join(".")),
            Expr::ColumnRegex(pattern) => format!("'{pattern}"),
            Expr::Call(call) => {
                let distinct = if call.distinct { "distinct " } else { "" };
                format!("'{}({distinct}{})", call.name, list(&call.args))
            }
            Expr::Attribute(attribute) => attribute.plan_text(),
            Expr::OuterReference(attribute) => format!("outer({})", attribute.plan_text()),
            Expr::Literal(value, _) => {
                if value.is_null() {
                    "null".into()
                } else {
                    scalar_text(value)
                }
            }
            Expr::Alias { child, name, id, .. } => {
                let id = if id.0 == 0 { String::new() } else { id.to_string() };
                let suffix = if child.data_type() == crate::logical::types::DataType::Long { "L" } else { "" };
                format!("{} AS {name}{id}{}", child.plan_text(), if id.is_empty() { "" } else { suffix })
            }
            Expr::MultiAlias { child, names } => format!("{} AS ArraySeq({})", child.plan_text(), names.join(", ")),
            Expr::Cast { child, to, mode, .. } => {
                let word = if *mode == CastMode::Try { "try_cast" } else { "cast" };
                format!("{word}({} as {})", child.plan_text(), to.simple_string())
            }
            Expr::Binary { op, left, right } if *op == crate::logical::expr::BinaryOp::NotEq => {
                format!("NOT ({} = {})", left.plan_text(), right.plan_text())
            }
            Expr::Binary { op, left, right } => {
                format!("({} {} {})", left.plan_text(), op.symbol(), right.plan_text())
            }
            Expr::Unary { op, child } => unary_text(*op, &child.plan_text()),
            Expr::Case { branches, otherwise } => case_name(branches, otherwise.as_deref(), &Expr::plan_text),
            Expr::In { value, list: items } => format!("{} IN ({})", value.plan_text(), list(items).replace(", ", ",")),
            Expr::Extract { child, key } => format!("'{}[{}]", child.plan_text(), key.plan_text()),
            Expr::Function { function, args, .. } => function_text(function.name, args),
            Expr::Aggregate(call) => {
                let distinct = if call.distinct { "distinct " } else { "" };
                let filter = call
                    .filter
                    .as_ref()
                    .map_or_else(String::new, |filter| format!(" FILTER (WHERE {})", filter.plan_text()));
                let settings = aggregate_settings(call);
                format!("{}({distinct}{}{settings}){filter}", call.function.name, list(&call.args))
            }
            Expr::WindowFunction { function, args, .. } => format!("{}({})", function.name, list(args)),
            Expr::Generator { function, args, .. } => format!("{}({})", function.name, list(args)),
            Expr::Window { function, spec } => {
                format!(
                    "{} windowspecdefinition({})",
                    ranking_text(function, &spec.order_by),
                    spec_text(function, spec)
                )
            }
            Expr::Lambda { params, body } => {
                let params: Vec<String> = params.iter().map(|param| format!("lambda {}", param.plan_text())).collect();
                format!("lambdafunction({}, {}, false)", body.plan_text(), params.join(", "))
            }
            Expr::TableCall(call) => format!("{}#{}", table_call_text(call, Expr::plan_text), call.id.0),
            Expr::Udf { function, args, .. } => format!("{}({})", function.name(), list(args)),
            Expr::ScalarSubquery(_) => "scalar-subquery#0 []".into(),
            Expr::InSubquery { values, .. } => format!("{} IN (list#0 [])", list(values)),
            Expr::Exists(_) => "exists#0 []".into(),
            Expr::SortOrder(order) => order.plan_text(),
        }
    }
}

fn unary_text(op: UnaryOp, child: &str) -> String {
    match op {
        UnaryOp::Not => format!("NOT {child}"),
        UnaryOp::Negate => format!("-{child}"),
        UnaryOp::BitNot => format!("~{child}"),
        UnaryOp::IsNull => format!("isnull({child})"),
        UnaryOp::IsNotNull => format!("isnotnull({child})"),
        UnaryOp::IsNaN => format!("isnan({child})"),
    }
}

fn function_text(name: &str, args: &[Expr]) -> String {
    match (name, args) {
        ("get_struct_field", [child, field, ..]) => format!("{}.{}", child.plan_text(), field.plan_text()),
        ("get_array_item" | "get_map_value", [child, key, ..]) => {
            format!("{}[{}]", child.plan_text(), key.plan_text())
        }
        ("like", [value, pattern]) => format!("{} LIKE {}", value.plan_text(), pattern.plan_text()),
        ("if", [when, then, otherwise]) => {
            format!("if ({}) {} else {}", when.plan_text(), then.plan_text(), otherwise.plan_text())
        }
        ("unscaled_value", [value]) => format!("UnscaledValue({})", value.plan_text()),
        ("make_decimal", [value, precision, scale]) => {
            format!("MakeDecimal({},{},{})", value.plan_text(), precision.plan_text(), scale.plan_text())
        }
        // Its second argument says what the size of NULL is.
        ("size", [list]) => format!("size({}, false)", list.plan_text()),
        // The second argument is an option in Spark.
        ("trim" | "ltrim" | "rtrim", [value]) => format!("{name}({}, None)", value.plan_text()),
        ("trim" | "ltrim" | "rtrim", [value, what]) => {
            format!("{name}({}, Some({}))", value.plan_text(), what.plan_text())
        }
        ("startswith", _) => format!("StartsWith({})", list(args)),
        ("endswith", _) => format!("EndsWith({})", list(args)),
        ("contains", _) => format!("Contains({})", list(args)),
        ("rlike", _) => format!("RLIKE({})", list(args)),
        _ => format!("{name}({})", list(args)),
    }
}

fn spec_text(function: &Expr, spec: &WindowSpec) -> String {
    let mut parts: Vec<String> = spec.partition_by.iter().map(Expr::plan_text).collect();
    parts.extend(spec.order_by.iter().map(SortOrder::plan_text));
    if let Some(frame) = &spec.frame {
        let unit = match frame.unit {
            FrameUnit::Rows => "RowFrame",
            FrameUnit::Range => "RangeFrame",
        };
        parts.push(format!("specifiedwindowframe({unit}, {}, {})", bound_text(&frame.start), bound_text(&frame.end)));
    } else if let Some(offset) = row_offset(function) {
        parts.push(format!("specifiedwindowframe(RowFrame, {offset}, {offset})"));
    }
    parts.join(", ")
}

/// The one row that `lag` and `lead` look at, from the row itself.
fn row_offset(function: &Expr) -> Option<String> {
    let Expr::WindowFunction { function, args, .. } = function else { return None };
    let offset = args.get(1)?.plan_text();
    match (function.name, offset.strip_prefix('-')) {
        ("lead", _) => Some(offset),
        ("lag", Some(ahead)) => Some(ahead.to_owned()),
        ("lag", None) if offset == "0" => Some(offset),
        ("lag", None) => Some(format!("-{offset}")),
        _ => None,
    }
}

fn bound_text(bound: &FrameBound) -> String {
    match bound {
        FrameBound::UnboundedPreceding => "unboundedpreceding$()".to_owned(),
        FrameBound::CurrentRow => "currentrow$()".to_owned(),
        FrameBound::UnboundedFollowing => "unboundedfollowing$()".to_owned(),
        FrameBound::Offset(offset) => offset.plan_text(),
    }
}

/// Ranks are shown with the columns of the order, which decide them.
#[must_use]
pub fn ranking_text(function: &Expr, order: &[SortOrder]) -> String {
    match function {
        Expr::WindowFunction { function, .. } if matches!(function.name, "rank" | "dense_rank" | "percent_rank") => {
            let keys: Vec<String> = order.iter().map(|key| key.child.plan_text()).collect();
            format!("{}({})", function.name, keys.join(", "))
        }
        Expr::WindowFunction { function: lag, args, .. } if lag.name == "lag" => {
            let mut parts: Vec<String> = args.iter().map(Expr::plan_text).collect();
            if let (Some(part), Some(offset)) = (parts.get_mut(1), row_offset(function)) {
                *part = offset;
            }
            format!("lag({})", parts.join(", "))
        }
        Expr::WindowFunction { function, args, ignore_nulls, .. } if function.name == "nth_value" => {
            format!("nth_value({}, {ignore_nulls})", list(args))
        }
        other => other.plan_text(),
    }
}

/// Lists in brackets, separated; empty ones are left out.
#[must_use]
pub fn lists_text(lists: &[String]) -> String {
    lists.iter().map(String::as_str).filter(|list| *list != "[]").collect::<Vec<_>>().join(", ")
}

/// What Spark writes behind an aggregate's arguments: places of buffers, the treatment of nulls.
fn aggregate_settings(call: &AggregateCall) -> &'static str {
    match call.function.name {
        "first" | "last" | "any_value" if call.ignore_nulls => ", true",
        "first" | "last" | "any_value" => ", false",
        "collect_list" | "collect_set" | "array_agg" => ", 0, 0, true",
        "approx_count_distinct" if call.args.len() == 1 => ", 0.05, 0, 0",
        "percentile_approx" | "approx_percentile" | "approx_count_distinct" => ", 0, 0",
        _ => "",
    }
}
