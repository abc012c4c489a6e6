//! The names that Spark gives to unnamed columns: Catalyst's `toPrettySQL`.
//!
//! Columns are written without qualifier and id, text without quotes, implicit casts not at all. The name is made from the expression
//! as written, because `pow` and `power`, `-x` and `negative(x)` are the same function with different names.

use super::expr::table_call_text;
use super::literal::{scalar_sql, scalar_text};
use crate::logical::expr::{
    BinaryOp, Call, CallOrigin, CastMode, Expr, FrameBound, FrameUnit, SortOrder, UnaryOp, WindowFrame, WindowSpec,
};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;

/// Functions whose class Spark names in upper case.
const UPPER: &[&str] = &[
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "cot",
    "csc",
    "degrees",
    "e",
    "exp",
    "expm1",
    "floor",
    "hypot",
    "log10",
    "log1p",
    "log2",
    "pi",
    "power",
    "radians",
    "sec",
    "signum",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "rlike",
    "log",
    "percent_rank",
    "rank",
    "dense_rank",
];

/// How Spark writes the order that `array_sort` has without a function.
const DEFAULT_ORDER: &str = "lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), 0, (IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF((namedlambdavariable() < namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0)))))))))), namedlambdavariable(), namedlambdavariable())";

/// The function that `aggregate` has when nothing is done in the end.
const IDENTITY: &str = "lambdafunction(namedlambdavariable(), namedlambdavariable())";

/// Types whose names are functions, too.
fn is_type_name(name: &str) -> bool {
    matches!(
        name,
        "string"
            | "int"
            | "bigint"
            | "smallint"
            | "tinyint"
            | "double"
            | "float"
            | "decimal"
            | "boolean"
            | "binary"
            | "date"
            | "timestamp"
    )
}

/// Whether the text of a schema is that of a map.
fn is_map(schema: &str) -> bool {
    let schema = schema.trim().to_ascii_lowercase();
    schema.starts_with("map<")
        || (schema.starts_with('{') && schema.contains("\"type\":\"map\"") && !schema.contains("\"fields\""))
}

impl BinaryOp {
    /// The operator as written between two values.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::IntegralDivide => "div",
            BinaryOp::Remainder => "%",
            BinaryOp::Eq => "=",
            BinaryOp::NotEq => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::NullSafeEq => "<=>",
            BinaryOp::And => "AND",
            BinaryOp::Or => "OR",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
        }
    }
}

impl Expr {
    /// The name that a column of this expression gets when it has none.
    #[must_use]
    pub fn pretty_name(&self) -> String {
        match self {
            Expr::UnresolvedAttribute(parts) => parts.join("."),
            Expr::Star(None) => "*".into(),
            Expr::Star(Some(parts)) => format!("{}.*", parts.join(".")),
            Expr::ColumnRegex(pattern) => pattern.clone(),
            Expr::Call(call) => call_name(call),
            Expr::Attribute(attribute) => attribute.name.clone(),
            Expr::OuterReference(attribute) => {
                let parts: Vec<&str> =
                    attribute.qualifier.iter().chain([&attribute.name]).map(String::as_str).collect();
                format!("outer({})", parts.join("."))
            }
            Expr::Literal(value, data_type) => literal_name(value, data_type),
            Expr::Alias { child, name, .. } => format!("{} AS {name}", child.pretty_name()),
            Expr::MultiAlias { child, .. } => child.pretty_name(),
            Expr::Cast { child, implicit: true, .. } => child.pretty_name(),
            // Spark forgets that such a cast was written.
            Expr::Cast { child, to, .. } if to.is_nested() => child.pretty_name(),
            Expr::Cast { child, to, mode, .. } => {
                let word = if *mode == CastMode::Try { "TRY_CAST" } else { "CAST" };
                format!("{word}({} AS {})", child.pretty_name(), to.sql())
            }
            Expr::Binary { op: BinaryOp::NotEq, left, right } => {
                format!("(NOT ({} = {}))", left.pretty_name(), right.pretty_name())
            }
            Expr::Binary { op, left, right } => binary_name(*op, left, right),
            Expr::Unary { op, child } => unary_name(*op, &child.pretty_name()),
            Expr::Case { branches, otherwise } => case_name(branches, otherwise.as_deref(), &Expr::pretty_name),
            Expr::In { value, list } => format!("({} IN ({}))", value.pretty_name(), names(list)),
            Expr::Extract { child, key } => match key.as_ref() {
                Expr::Literal(Scalar::String(field), _) if !matches!(child.as_ref(), Expr::Call(_)) => {
                    format!("{}.{field}", child.pretty_name())
                }
                key => format!("{}[{}]", child.pretty_name(), key.pretty_name()),
            },
            Expr::Function { function, args, .. } => function_text(function.name, CallOrigin::ColumnApi, args),
            Expr::Aggregate(call) => {
                let distinct = if call.distinct { "DISTINCT " } else { "" };
                let filter = call
                    .filter
                    .as_ref()
                    .map_or_else(String::new, |filter| format!(" FILTER (WHERE {})", filter.pretty_name()));
                format!("{}({distinct}{}){filter}", call.function.name, names(&call.args))
            }
            Expr::WindowFunction { function, args, .. } => function_text(function.name, CallOrigin::Sql, args),
            Expr::Generator { function, args, .. } => format!("{}({})", function.name, names(args)),
            Expr::Window { function, spec } => {
                let default = || WindowFrame::default_for(!spec.order_by.is_empty());
                // A bound that must be cast to the order column's type has lost its PRECEDING in Spark.
                let order = spec.order_by.first().map(|order| &order.child);
                let order = order.and_then(|child| match child {
                    Expr::Attribute(column) => Some(&column.data_type),
                    _ => None,
                });
                let given = || spec.frame.clone().unwrap_or_else(default).name_along(order);
                let frame = own_frame(function).unwrap_or_else(given);
                format!("{} OVER ({})", function.pretty_name(), spec_name(spec, Some(frame), &Expr::pretty_name))
            }
            Expr::Lambda { params, body } => lambda_name(params.iter().map(|param| param.name.as_str()), body),
            Expr::TableCall(call) => table_call_text(call, Expr::pretty_name),
            Expr::Udf { function, args, .. } => format!("{}({})", function.name(), names(args)),
            Expr::ScalarSubquery(_) => "scalarsubquery()".into(),
            Expr::InSubquery { values, .. } => format!("({} IN (listquery()))", names(values)),
            Expr::Exists(_) => "exists()".into(),
            Expr::SortOrder(order) => order.pretty_name(),
        }
    }
}

fn names(exprs: &[Expr]) -> String {
    exprs.iter().map(Expr::pretty_name).collect::<Vec<_>>().join(", ")
}

fn literal_name(value: &Scalar, data_type: &DataType) -> String {
    use crate::logical::functions::calendar::{format_day_time, format_year_month};
    match (value, data_type) {
        (Scalar::YearMonthInterval(months), DataType::YearMonthInterval(from, to)) => {
            format_year_month(*months, *from, *to)
        }
        (Scalar::DayTimeInterval(micros), DataType::DayTimeInterval(from, to)) => format_day_time(*micros, *from, *to),
        (Scalar::Array(items), _) => format!("ARRAY({})", items.iter().map(scalar_sql).collect::<Vec<_>>().join(", ")),
        (Scalar::Date(_) | Scalar::Time(_) | Scalar::Timestamp(_) | Scalar::TimestampNtz(_), _) => scalar_sql(value),
        _ => scalar_text(value),
    }
}

fn binary_name(op: BinaryOp, left: &Expr, right: &Expr) -> String {
    let (left_name, right_name) = (left.pretty_name(), right.pretty_name());
    // A date plus an interval is written without parentheses in Spark.
    let interval = |expr: &Expr| match expr {
        Expr::Literal(Scalar::YearMonthInterval(_) | Scalar::DayTimeInterval(_) | Scalar::CalendarInterval(..), _) => {
            true
        }
        Expr::Alias { child, .. } => {
            matches!(child.as_ref(), Expr::Call(call) if matches!(call.name.as_str(), "make_interval" | "make_dt_interval" | "make_ym_interval"))
        }
        Expr::Call(call) => matches!(call.name.as_str(), "make_interval" | "make_dt_interval" | "make_ym_interval"),
        _ => false,
    };
    let days = matches!(right, Expr::Literal(_, DataType::DayTimeInterval(0, 0)));
    match op {
        BinaryOp::Add if days && left.data_type() == DataType::Date => {
            format!("date_add({left_name}, extractansiintervaldays({right_name}))")
        }
        BinaryOp::Subtract if days && left.data_type() == DataType::Date => {
            format!("date_sub({left_name}, extractansiintervaldays({right_name}))")
        }
        BinaryOp::Add | BinaryOp::Subtract if interval(right) && !interval(left) => {
            format!("{left_name} {} {right_name}", op.symbol())
        }
        _ => format!("({left_name} {} {right_name})", op.symbol()),
    }
}

fn unary_name(op: UnaryOp, child: &str) -> String {
    match op {
        UnaryOp::Not => format!("(NOT {child})"),
        UnaryOp::Negate => format!("negative({child})"),
        UnaryOp::BitNot => format!("~{child}"),
        UnaryOp::IsNull => format!("({child} IS NULL)"),
        UnaryOp::IsNotNull => format!("({child} IS NOT NULL)"),
        UnaryOp::IsNaN => format!("isnan({child})"),
    }
}

pub(super) fn case_name(branches: &[(Expr, Expr)], otherwise: Option<&Expr>, text: &dyn Fn(&Expr) -> String) -> String {
    let mut name = String::from("CASE");
    for (when, then) in branches {
        name.push_str(&format!(" WHEN {} THEN {}", text(when), text(then)));
    }
    if let Some(otherwise) = otherwise {
        name.push_str(&format!(" ELSE {}", text(otherwise)));
    }
    name + " END"
}

fn lambda_name<'a>(params: impl Iterator<Item = &'a str>, body: &Expr) -> String {
    let params: Vec<&str> = params.collect();
    let body = body.clone().transform_up(&mut |expr| match &expr {
        Expr::UnresolvedAttribute(parts) if parts.len() == 1 && params.contains(&parts[0].as_str()) => {
            Expr::UnresolvedAttribute(vec!["namedlambdavariable()".into()])
        }
        Expr::Attribute(attribute) if params.contains(&attribute.name.as_str()) => {
            Expr::UnresolvedAttribute(vec!["namedlambdavariable()".into()])
        }
        _ => expr,
    });
    let params = params.iter().map(|_| "namedlambdavariable()").collect::<Vec<_>>().join(", ");
    format!("lambdafunction({}, {params})", body.pretty_name())
}

fn call_name(call: &Call) -> String {
    let lower = call.name.to_ascii_lowercase();
    if call.distinct {
        let shown = if lower == "count_distinct" { "count" } else { lower.as_str() };
        let mut parts = vec![names(&call.args)];
        parts.extend(shown_defaults(shown, call.args.len()).iter().map(|&default| default.to_owned()));
        return format!("{shown}(DISTINCT {}){}", parts.join(", "), filter_name(call));
    }
    let text = match (lower.as_str(), call.args.as_slice()) {
        ("count", [Expr::Star(None)]) => "count(1)".into(),
        ("-", [child]) => format!("(- {})", child.pretty_name()),
        ("+", [child]) => format!("(+ {})", child.pretty_name()),
        _ if is_own_function(call, &lower) => format!("{}({})", call.name, names(&call.args)),
        _ => function_text(&lower, call.origin, &call.args),
    };
    text + &filter_name(call)
}

/// A function of the script (`spark.udf.register`), which keeps the spelling of its name.
fn is_own_function(call: &Call, lower: &str) -> bool {
    const OPERATORS: &[&str] = &["if", "not", "isnull", "isnotnull", "isnan", "mod", "div", "negative", "positive"];
    let distinct = lower.ends_with("distinct");
    call.name != lower && !distinct && !OPERATORS.contains(&lower) && crate::logical::functions::lookup(lower).is_none()
}

fn filter_name(call: &Call) -> String {
    call.filter.as_ref().map_or_else(String::new, |filter| format!(" FILTER (WHERE {})", filter.pretty_name()))
}

/// A function's text in a name: Spark's spelling of its name, and the defaults that Spark shows.
fn function_text(name: &str, origin: CallOrigin, args: &[Expr]) -> String {
    match (name, args) {
        ("get_struct_field", [child, Expr::Literal(Scalar::String(field), _), ..]) => {
            return format!("{}.{field}", child.pretty_name());
        }
        ("get_array_item" | "get_map_value" | "get_array_struct_fields", [child, key, ..]) => {
            return if name == "get_array_struct_fields" {
                format!("{}.{}", child.pretty_name(), key.pretty_name())
            } else {
                format!("{}[{}]", child.pretty_name(), key.pretty_name())
            };
        }
        ("like", [value, pattern]) => return format!("{} LIKE {}", value.pretty_name(), pattern.pretty_name()),
        ("like", [value, pattern, escape]) => {
            return format!("{} LIKE {} ESCAPE '{}'", value.pretty_name(), pattern.pretty_name(), escape.pretty_name());
        }
        ("isnull", [child]) => return unary_name(UnaryOp::IsNull, &child.pretty_name()),
        ("isnotnull", [child]) => return unary_name(UnaryOp::IsNotNull, &child.pretty_name()),
        ("not", [child]) => return unary_name(UnaryOp::Not, &child.pretty_name()),
        ("if", [when, then, otherwise]) => {
            return format!("(IF({}, {}, {}))", when.pretty_name(), then.pretty_name(), otherwise.pretty_name());
        }
        ("extract" | "datepart", [Expr::Literal(Scalar::String(field), _), source]) => {
            return format!("{name}({field} FROM {})", source.pretty_name());
        }
        ("shiftleft", [value, by]) if origin == CallOrigin::Sql => {
            return format!("shiftleft({}, {})", value.pretty_name(), by.pretty_name());
        }
        ("<<" | ">>" | ">>>", [value, by]) => return format!("({} {name} {})", value.pretty_name(), by.pretty_name()),
        ("from_json", [_, Expr::Literal(Scalar::String(schema), _), ..]) if is_map(schema) => return "entries".into(),
        ("variant_set" | "try_variant_set", [_, _, _]) => return format!("{name}({}, true)", names(args)),
        ("variant_strip_nulls", [_]) => return format!("{name}({}, true)", names(args)),
        ("variant_get" | "try_variant_get", [value, path, _]) => {
            return format!("{name}({})", names(&[value.clone(), path.clone()]));
        }
        ("from_json" | "from_csv" | "from_xml", [value, ..]) => return format!("{name}({})", value.pretty_name()),
        ("current_time", []) => return "current_time(6)".to_owned(),
        ("positive", [value]) => return format!("(+ {})", value.pretty_name()),
        ("approx_count_distinct", [value, _]) => return format!("approx_count_distinct({})", value.pretty_name()),
        ("with_field" | "drop_fields", [_, ..]) => return changed_fields(name, args),
        ("aggregate" | "reduce", [_, _, _]) => return format!("{name}({}, {IDENTITY})", names(args)),
        ("shuffle", [value, _]) => return format!("shuffle({})", value.pretty_name()),
        // A type's name as a function is a cast that nobody wrote, which shows what it casts.
        (name, [value]) if is_type_name(name) => return value.pretty_name(),
        ("array_sort", [value]) => return format!("array_sort({}, {DEFAULT_ORDER})", value.pretty_name()),
        ("percentile_cont", [value, at]) => {
            return format!("percentile_cont({}) WITHIN GROUP (ORDER BY {})", at.pretty_name(), value.pretty_name());
        }
        ("trim", [value, what]) => return trim_name("BOTH", value, what),
        ("ltrim", [value, what]) => return trim_name("LEADING", value, what),
        ("rtrim", [value, what]) => return trim_name("TRAILING", value, what),
        ("any_value", [value, _]) => return format!("any_value({})", value.pretty_name()),
        ("assert_true", [condition]) => {
            let text = condition.pretty_name();
            return format!("assert_true({text}, '{text}' is not true!)");
        }
        ("ceil" | "ceiling" | "floor", [_, _]) => return format!("{name}({})", names(args)),
        ("log", [value]) => return format!("LOG(E(), {})", value.pretty_name()),
        ("window", _) => return "window".into(),
        ("session_window", _) => return "session_window".into(),
        ("mode", [value, Expr::Literal(Scalar::Boolean(least), _)]) => {
            let value = value.pretty_name();
            return if *least {
                format!("mode() WITHIN GROUP (ORDER BY {value} DESC)")
            } else {
                format!("mode({value})")
            };
        }
        ("schema_of_json" | "schema_of_csv" | "schema_of_xml" | "to_json" | "to_csv" | "to_xml", [value, _]) => {
            return format!("{name}({})", value.pretty_name());
        }
        ("uuid", _) => return "uuid()".into(),
        ("try_make_timestamp", [.., _]) if args.len() == 7 => return function_text(name, origin, &args[..6]),
        _ => {}
    }
    let mut parts: Vec<String> = args.iter().map(Expr::pretty_name).collect();
    parts.extend(shown_defaults(name, args.len()).iter().map(|&default| default.to_owned()));
    format!("{}({})", function_name(name, origin), parts.join(", "))
}

/// `withField` and `dropFields`, one after the other, are one function of a struct to Spark.
fn changed_fields(name: &str, args: &[Expr]) -> String {
    let (mut name, mut args) = (name, args);
    let mut changes = Vec::new();
    loop {
        let Some(input) = args.first() else { return String::new() };
        changes.push(match args.last() {
            Some(value) if name == "with_field" => format!("WithField({})", value.pretty_name()),
            _ => "dropfield()".to_owned(),
        });
        match input {
            Expr::Call(call) if matches!(call.name.as_str(), "with_field" | "drop_fields") => {
                (name, args) = (&call.name, &call.args);
            }
            Expr::Function { function, args: inner, .. } if matches!(function.name, "with_field" | "drop_fields") => {
                (name, args) = (function.name, inner);
            }
            structure => {
                changes.reverse();
                return format!("update_fields({}, {})", structure.pretty_name(), changes.join(", "));
            }
        }
    }
}

fn trim_name(side: &str, value: &Expr, what: &Expr) -> String {
    format!("TRIM({side} {} FROM {})", what.pretty_name(), value.pretty_name())
}

/// A function's name in column names.
#[must_use]
pub fn function_name(name: &str, origin: CallOrigin) -> String {
    let lower = name.to_ascii_lowercase();
    match (lower.as_str(), origin) {
        ("pow", CallOrigin::ColumnApi) => "POWER".into(),
        ("mean", CallOrigin::ColumnApi) => "avg".into(),
        ("current_database", _) => "current_schema".into(),
        ("random", _) => "rand".into(),
        ("to_varchar", _) => "to_char".into(),
        ("array_agg", _) => "collect_list".into(),
        ("dateadd", CallOrigin::ColumnApi) => "date_add".into(),
        ("timestamp_add", CallOrigin::ColumnApi) => "timestampadd".into(),
        ("timestamp_diff", CallOrigin::ColumnApi) => "timestampdiff".into(),
        ("regexp" | "regexp_like", CallOrigin::ColumnApi) => lower.to_uppercase(),
        ("spark_partition_id", _) => "SPARK_PARTITION_ID".into(),
        (name, _) if UPPER.contains(&name) => name.to_uppercase(),
        _ => lower,
    }
}

/// Defaults that Spark writes although they were not given.
fn shown_defaults(name: &str, given: usize) -> &'static [&'static str] {
    match (name, given) {
        ("round" | "bround", 1) => &["0"],
        ("replace", 2) => &[""],
        ("st_asbinary", 1) => &["NDR"],
        ("st_geomfromwkb", 1) => &["0"],
        ("overlay", 3) => &["-1"],
        ("mask", 1) => &["X", "x", "n", "NULL"],
        ("mask", 2) => &["x", "n", "NULL"],
        ("mask", 3) => &["n", "NULL"],
        ("mask", 4) => &["NULL"],
        ("lpad" | "rpad", 2) => &[" "],
        ("locate" | "position" | "charindex", 2) => &["1"],
        ("sort_array", 1) => &["true"],
        ("percentile", 2) => &["1"],
        ("percentile_approx" | "approx_percentile", 2) => &["10000"],
        ("split", 2) => &["-1"],
        ("regexp_extract" | "regexp_extract_all" | "regexp_substr", 2) if name != "regexp_substr" => &["1"],
        ("regexp_replace", 3) => &["1"],
        ("lag" | "lead", 1) => &["1", "NULL"],
        ("lag" | "lead", 2) => &["NULL"],
        ("months_between", 2) => &["true"],
        ("unix_timestamp" | "to_unix_timestamp" | "from_unixtime", 1) => &["yyyy-MM-dd HH:mm:ss"],
        ("substring" | "substr", 2) => &["2147483647"],
        ("str_to_map", 1) => &[",", ":"],
        ("str_to_map", 2) => &[":"],
        ("ntile", 0) => &["1"],
        ("listagg" | "string_agg", 1) => &["NULL"],
        ("sentences", 1) => &["", ""],
        ("sentences", 2) => &[""],
        ("regexp_instr", 2) => &["0"],
        ("vector_norm" | "vector_normalize", 1) => &["2.0"],
        ("instr", 3) => &["1"],
        ("hmac", 2) => &["SHA-256"],
        ("aes_encrypt", 2) => &["GCM", "DEFAULT", "", ""],
        ("aes_encrypt", 3) => &["DEFAULT", "", ""],
        ("aes_encrypt", 4) => &["", ""],
        ("aes_encrypt", 5) => &[""],
        ("aes_decrypt" | "try_aes_decrypt", 2) => &["GCM", "DEFAULT", ""],
        ("aes_decrypt" | "try_aes_decrypt", 3) => &["DEFAULT", ""],
        ("aes_decrypt" | "try_aes_decrypt", 4) => &[""],
        _ => &[],
    }
}

impl SortOrder {
    /// `name ASC NULLS FIRST`.
    #[must_use]
    pub fn pretty_name(&self) -> String {
        format!("{} {}", self.child.pretty_name(), self.direction())
    }

    /// `ASC NULLS FIRST` and its kin.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        match (self.ascending, self.nulls_first) {
            (true, true) => "ASC NULLS FIRST",
            (true, false) => "ASC NULLS LAST",
            (false, true) => "DESC NULLS FIRST",
            (false, false) => "DESC NULLS LAST",
        }
    }
}

/// The frame that ranking functions, `lag` and `lead` bring along, as Spark writes it.
fn own_frame(function: &Expr) -> Option<String> {
    let (name, args) = match function {
        Expr::Call(call) => (call.name.to_ascii_lowercase(), call.args.as_slice()),
        Expr::WindowFunction { function, args, .. } => (function.name.to_owned(), args.as_slice()),
        _ => return None,
    };
    match name.as_str() {
        "cume_dist" => Some("RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".into()),
        "row_number" | "rank" | "dense_rank" | "percent_rank" | "ntile" => {
            Some("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".into())
        }
        "lag" | "lead" => {
            let offset = args.get(1).map_or_else(|| "1".to_owned(), Expr::pretty_name);
            let offset = match (name.as_str(), offset.strip_prefix('-')) {
                ("lag", Some(positive)) => positive.to_owned(),
                ("lag", None) => format!("-{offset}"),
                _ => offset,
            };
            Some(format!("ROWS BETWEEN {offset} FOLLOWING AND {offset} FOLLOWING"))
        }
        _ => None,
    }
}

/// What stands between the brackets of `OVER`, its expressions written by `text`.
pub(super) fn spec_name(spec: &WindowSpec, frame: Option<String>, text: &dyn Fn(&Expr) -> String) -> String {
    let mut parts = Vec::new();
    if !spec.partition_by.is_empty() {
        let keys: Vec<String> = spec.partition_by.iter().map(text).collect();
        parts.push(format!("PARTITION BY {}", keys.join(", ")));
    }
    if !spec.order_by.is_empty() {
        let key = |order: &SortOrder| format!("{} {}", text(&order.child), order.direction());
        parts.push(format!("ORDER BY {}", spec.order_by.iter().map(key).collect::<Vec<_>>().join(", ")));
    }
    parts.extend(frame);
    parts.join(" ")
}

impl WindowFrame {
    /// Spark's frame when none is written: up to the current row and its ties when there is an order, everything otherwise.
    #[must_use]
    pub fn default_for(ordered: bool) -> WindowFrame {
        if ordered {
            WindowFrame { unit: FrameUnit::Range, start: FrameBound::UnboundedPreceding, end: FrameBound::CurrentRow }
        } else {
            WindowFrame {
                unit: FrameUnit::Rows,
                start: FrameBound::UnboundedPreceding,
                end: FrameBound::UnboundedFollowing,
            }
        }
    }

    /// `ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`.
    #[must_use]
    pub fn pretty_name(&self) -> String {
        self.name_along(None)
    }

    /// The same, along an order column of a type.
    fn name_along(&self, order: Option<&DataType>) -> String {
        let cast = |own: &DataType| {
            self.unit == FrameUnit::Range && order.is_some_and(|to| to.is_numeric() && own.is_numeric() && to != own)
        };
        self.name_with(&|offset| match offset {
            Expr::Unary { op: UnaryOp::Negate, child } => match child.as_ref() {
                Expr::Literal(_, own) if cast(own) => format!("(- {}) FOLLOWING", child.pretty_name()),
                _ => format!("{} PRECEDING", child.pretty_name()),
            },
            other => format!("{} FOLLOWING", other.pretty_name()),
        })
    }

    /// The same, its offsets written by `offset`.
    pub(super) fn name_with(&self, offset: &dyn Fn(&Expr) -> String) -> String {
        let unit = match self.unit {
            FrameUnit::Rows => "ROWS",
            FrameUnit::Range => "RANGE",
        };
        let bound = |bound: &FrameBound| match bound {
            FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".into(),
            FrameBound::CurrentRow => "CURRENT ROW".into(),
            FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".into(),
            FrameBound::Offset(rows) => offset(rows),
        };
        format!("{unit} BETWEEN {} AND {}", bound(&self.start), bound(&self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sparks() {
        let a = || Expr::column("a");
        let cases = [
            (Expr::binary(BinaryOp::Add, a(), Expr::int(1)), "(a + 1)"),
            (Expr::binary(BinaryOp::NotEq, a(), Expr::int(1)), "(NOT (a = 1))"),
            (Expr::unary(UnaryOp::Negate, a()), "negative(a)"),
            (Expr::call("count", vec![Expr::Star(None)]), "count(1)"),
            (Expr::call("pow", vec![a(), Expr::int(2)]), "POWER(a, 2)"),
            (Expr::call("round", vec![a()]), "round(a, 0)"),
            (Expr::In { value: Box::new(a()), list: vec![Expr::int(1), Expr::int(2)] }, "(a IN (1, 2))"),
            (
                Expr::Cast { child: Box::new(a()), to: DataType::Integer, mode: CastMode::Ansi, implicit: false },
                "CAST(a AS INT)",
            ),
            (
                Expr::Window {
                    function: Box::new(Expr::call("sum", vec![a()])),
                    spec: WindowSpec {
                        partition_by: vec![Expr::column("k")],
                        order_by: vec![SortOrder::new(Expr::column("t"), false)],
                        frame: None,
                    },
                },
                "sum(a) OVER (PARTITION BY k ORDER BY t DESC NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
            ),
        ];
        for (expr, expected) in cases {
            assert_eq!(expr.pretty_name(), expected);
        }
    }
}
