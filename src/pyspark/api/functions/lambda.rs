//! Python functions of columns, for `transform`, `filter`, `aggregate` and their kin.

use super::column_expr;
use crate::common::ErrorClass;
use crate::common::ids::ExprId;
use crate::logical::expr::{Attribute, Expr};
use crate::logical::types::DataType;
use crate::pyspark::api::column::column_value;
use crate::pyspark::api::support::raise;
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};

/// Numbers the parameters, so that a lambda inside a lambda has other names.
#[derive(Default)]
struct Fresh(u64);

/// The lambda expression that a Python function of columns stands for.
///
/// # Errors
/// `WRONG_NUM_ARGS_FOR_HIGHER_ORDER_FUNCTION`, `HIGHER_ORDER_FUNCTION_SHOULD_RETURN_COLUMN`; what the function raises.
pub fn lambda(interp: &mut Interpreter, function: &Value) -> PyResult<Expr> {
    let count = match function {
        Value::Function(function) => function.code.positional,
        _ => 1,
    };
    if !(1..=3).contains(&count) {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "WRONG_NUM_ARGS_FOR_HIGHER_ORDER_FUNCTION",
            format!("Function should take between 1 and 3 arguments, but got {count}."),
        ));
    }
    let fresh = interp.extension::<Fresh>();
    let names: Vec<String> = ["x", "y", "z"]
        .iter()
        .take(count)
        .map(|stem| {
            fresh.0 += 1;
            format!("{stem}_{}", fresh.0)
        })
        .collect();
    let args = names.iter().map(|name| column_value(Expr::UnresolvedAttribute(vec![name.clone()]))).collect();
    let result = interp.call(function, Args::of(args))?;
    let Some(body) = column_expr(&result) else {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "HIGHER_ORDER_FUNCTION_SHOULD_RETURN_COLUMN",
            format!("Function should return Column, got {}.", interp.type_name(&result)),
        ));
    };
    let params = names.into_iter().map(|name| Attribute::new(name, ExprId::UNASSIGNED, DataType::Null, true)).collect();
    Ok(Expr::Lambda { params, body: Box::new(body) })
}
