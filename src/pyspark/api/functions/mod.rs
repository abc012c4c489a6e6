//! `pyspark.sql.functions`: Python arguments become calls by name.
//!
//! Plain functions are lines of [`table`]; those with a shape of their own are in [`special`].

mod lambda;
pub mod special;
pub mod table;

use super::column::{Column, column_or_name, column_value, lit};
use super::signatures::bound;
use super::support::given;
use crate::common::SparkError;
use crate::common::text;
use crate::logical::expr::{Expr, UnaryOp};
use crate::logical::functions::lookup;
use crate::logical::scalar::Scalar;
use crate::pyspark::lang::args::{missing_arguments, too_many};
use crate::pyspark::lang::{Args, Interpreter, Module, PyResult, Raised, Value, type_error};
use table::{Entry, TABLE};

/// The module `pyspark.sql.functions`.
#[must_use]
pub fn module() -> Module {
    let mut module = Module::new("pyspark.sql.functions");
    for entry in TABLE {
        module = module
            .function(entry.python, move |interp, args| call(interp, entry, bound("functions", entry.python, args)?));
    }
    for (name, function) in special::SPECIAL {
        module = module.function(name, move |interp, args| function(interp, bound("functions", name, args)?));
    }
    for name in special::UNSUPPORTED {
        module = module.function(name, move |_, _| Err(unsupported(name)));
    }
    for name in special::OF_TIME {
        module = module.function(name, |_, _| Err(crate::logical::ddl::no_time().into()));
    }
    let module =
        module.with("PandasUDFType", eval_types(EVAL_TYPES_PANDAS)).with("ArrowUDFType", eval_types(EVAL_TYPES_ARROW));
    let is_exported = |name: &str| !name.starts_with('_') && !special::NOT_EXPORTED.contains(&name);
    let exported = Value::strings(module.names().into_iter().filter(|name| is_exported(name)));
    module.with("__all__", exported)
}

const EVAL_TYPES_PANDAS: &[(&str, i64)] =
    &[("SCALAR", 200), ("SCALAR_ITER", 204), ("GROUPED_MAP", 201), ("GROUPED_AGG", 202)];
const EVAL_TYPES_ARROW: &[(&str, i64)] = &[("SCALAR", 250), ("SCALAR_ITER", 251), ("GROUPED_AGG", 252)];

/// `PandasUDFType`, `ArrowUDFType`: only their numbers.
fn eval_types(members: &[(&str, i64)]) -> Value {
    let class = members.iter().fold(
        crate::pyspark::lang::class::Class::native("UDFType", "pyspark.sql.functions", None),
        |class, (name, number)| class.with(name, Value::Int(*number)),
    );
    Value::Class(std::rc::Rc::new(class))
}

/// Every supported name.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .filter(|entry| is_there(entry.spark))
        .map(|entry| entry.python)
        .chain(special::SPECIAL.iter().map(|(name, _)| *name))
}

fn is_there(spark: &str) -> bool {
    matches!(spark, "counter_diff" | "bitwise_not" | "not" | "negative" | "isnull" | "isnotnull" | "isnan")
        || lookup(spark).is_some()
}

/// The error for a function that real Spark has and batchlab has not.
#[must_use]
pub fn unsupported(name: &str) -> Raised {
    if let Some(does) = crate::logical::functions::not_here(name) {
        let what = format!("pyspark.sql.functions.{name}");
        return SparkError::unsupported(what, format!("on real Spark it {does}")).with_subject(name).into();
    }
    let near = text::nearest(name, names(), 3);
    let help = if near.is_empty() {
        "write it with other functions of pyspark.sql.functions".to_owned()
    } else {
        format!("functions with a similar name that are here: {}", near.join(", "))
    };
    SparkError::unsupported(format!("pyspark.sql.functions.{name}"), help).with_subject(name).into()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Column,
    Literal,
    Mixed,
    Many,
    Lambda,
}

struct Parameter<'a> {
    name: &'a str,
    kind: Kind,
    optional: bool,
    default: Option<&'a str>,
}

fn parameters(text: &str) -> Vec<Parameter<'_>> {
    // A default with blanks inside is always the last parameter.
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(' ').unwrap_or(rest.len());
        let quoted = rest[..end].contains("='");
        let (word, after) = if quoted { (rest, "") } else { (&rest[..end], rest[end..].trim_start()) };
        found.push(parameter(word));
        rest = after;
    }
    found
}

fn parameter(word: &str) -> Parameter<'_> {
    let (kind, word) = match word.as_bytes().first() {
        Some(b'\'') => (Kind::Literal, &word[1..]),
        Some(b'~') => (Kind::Mixed, &word[1..]),
        Some(b'*') => (Kind::Many, &word[1..]),
        Some(b'&') => (Kind::Lambda, &word[1..]),
        _ => (Kind::Column, word),
    };
    let (word, default) = match word.split_once('=') {
        Some((name, default)) => (name, Some(default)),
        None => (word, None),
    };
    let (name, optional) = match word.strip_suffix('?') {
        Some(name) => (name, true),
        None => (word, default.is_some()),
    };
    Parameter { name, kind, optional, default }
}

fn default_literal(text: &str) -> Expr {
    if let Some(text) = text.strip_prefix('\'') {
        return Expr::literal(Scalar::String(text.to_owned()));
    }
    match text {
        "true" => Expr::literal(Scalar::Boolean(true)),
        "false" => Expr::literal(Scalar::Boolean(false)),
        number => number.parse().map_or_else(|_| Expr::literal(Scalar::String(number.to_owned())), Expr::int),
    }
}

fn call(interp: &mut Interpreter, entry: &Entry, args: Args) -> PyResult {
    if !is_there(entry.spark) {
        return Err(unsupported(entry.python));
    }
    let parameters = parameters(entry.parameters);
    let exprs = if parameters.first().is_some_and(|first| first.kind == Kind::Many) {
        let items = args.flattened(interp)?;
        items.iter().map(|item| column_or_name(interp, "col", item)).collect::<PyResult<Vec<_>>>()?
    } else {
        bind(interp, entry, &parameters, args)?
    };
    Ok(column_value(build(entry.spark, exprs)))
}

/// The expression of a call; operators that have functions of their own become operators.
fn build(spark: &str, mut exprs: Vec<Expr>) -> Expr {
    match (spark, exprs.as_slice()) {
        ("bitwise_not", [_]) => Expr::unary(UnaryOp::BitNot, exprs.remove(0)),
        ("not", [_]) => Expr::unary(UnaryOp::Not, exprs.remove(0)),
        ("negative", [_]) => Expr::unary(UnaryOp::Negate, exprs.remove(0)),
        ("isnull", [_]) => Expr::unary(UnaryOp::IsNull, exprs.remove(0)),
        ("isnotnull", [_]) => Expr::unary(UnaryOp::IsNotNull, exprs.remove(0)),
        ("isnan", [_]) => Expr::unary(UnaryOp::IsNaN, exprs.remove(0)),
        // A zone, a date and a time: Python names the zone first, Spark's function takes it last.
        ("make_timestamp" | "try_make_timestamp", [_, _, _]) => {
            exprs.rotate_left(1);
            Expr::call(spark, exprs)
        }
        _ => Expr::call(spark, exprs),
    }
}

fn bind(interp: &mut Interpreter, entry: &Entry, parameters: &[Parameter], args: Args) -> PyResult<Vec<Expr>> {
    let mut slots: Vec<Option<Value>> = vec![None; parameters.len()];
    if args.positional.len() > parameters.len() {
        let (takes, given) = (parameters.len(), args.positional.len());
        return Err(too_many(entry.python, takes, takes, given));
    }
    for (slot, value) in slots.iter_mut().zip(args.positional) {
        *slot = Some(value);
    }
    for (name, value) in args.keyword {
        match parameters.iter().position(|parameter| parameter.name == &*name) {
            Some(at) => slots[at] = Some(value),
            None => {
                return Err(type_error(format!("{}() got an unexpected keyword argument '{name}'", entry.python)));
            }
        }
    }
    let missing: Vec<&str> = parameters
        .iter()
        .zip(&slots)
        .filter(|(parameter, slot)| !parameter.optional && slot.is_none())
        .map(|(parameter, _)| parameter.name)
        .collect();
    if !missing.is_empty() {
        return Err(missing_arguments(entry.python, "positional", &missing));
    }
    let mut exprs = Vec::new();
    // A default behind an argument that was left out would take its place: `unix_timestamp()`.
    let mut left_out = false;
    for (parameter, slot) in parameters.iter().zip(slots) {
        let slot = if parameter.optional { given(slot) } else { slot };
        match (slot, parameter.default) {
            (Some(value), _) => exprs.push(argument(interp, parameter, &value)?),
            (None, Some(default)) if !left_out => exprs.push(default_literal(default)),
            (None, _) => left_out = true,
        }
    }
    Ok(exprs)
}

fn argument(interp: &mut Interpreter, parameter: &Parameter, value: &Value) -> PyResult<Expr> {
    match parameter.kind {
        Kind::Literal => match value.native() {
            Value::Tuple(items) => lit(interp, &Value::list(items.to_vec())),
            _ => lit(interp, value),
        },
        Kind::Lambda => lambda::lambda(interp, value),
        Kind::Mixed if value.as_str().is_none() => lit(interp, value),
        Kind::Mixed | Kind::Column | Kind::Many => column_or_name(interp, parameter.name, value),
    }
}

/// The expression of an argument that must be a column.
pub(super) fn column_expr(value: &Value) -> Option<Expr> {
    value.downcast::<Column>().map(|column| column.expr.clone())
}
