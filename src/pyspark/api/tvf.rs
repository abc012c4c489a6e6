//! `spark.tvf`: functions that give tables.

use super::column::{column_or_name, lit};
use super::dataframe::frame;
use super::session;
use crate::logical::expr::Expr;
use crate::logical::plan::LogicalPlan;
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Raised, Value};
use std::sync::Arc;

/// The functions.
pub struct TableFunctions;

/// Their names.
pub const METHODS: &[&str] = &[
    "explode",
    "explode_outer",
    "inline",
    "inline_outer",
    "json_tuple",
    "posexplode",
    "posexplode_outer",
    "range",
    "stack",
    "variant_explode",
    "variant_explode_outer",
];

/// Names that real Spark has and that are refused by name.
const REFUSED: &[&str] = &["collations", "python_worker_logs", "sql_keywords"];

fn generated(interp: &mut Interpreter, name: &str, args: &Args) -> PyResult {
    let mut items = Vec::new();
    for value in args.positional.iter().chain(args.keyword.iter().map(|(_, value)| value)) {
        items.push(match value.as_str() {
            Some(_) => column_or_name(interp, "col", value)?,
            None => lit(interp, value)?,
        });
    }
    frame(interp, LogicalPlan::Project { exprs: vec![Expr::call(name, items)], input: Arc::new(LogicalPlan::OneRow) })
}

impl Object for TableFunctions {
    fn type_name(&self) -> &'static str {
        "TableValuedFunction"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        if REFUSED.contains(&name) {
            return Some(Err(Raised::unsupported(
                format!("spark.tvf.{name}"),
                format!("here are: {}", METHODS.join(", ")),
            )));
        }
        METHODS.contains(&name).then(|| match name {
            "range" => session::range(interp, args),
            name => generated(interp, name, &args),
        })
    }
}
