//! `Window` and `WindowSpec`.

use super::column::{column_or_name, sort_order};
use super::support::illegal_argument;
use crate::logical::expr::{Expr, FrameBound, FrameUnit, WindowFrame, WindowSpec};
use crate::logical::scalar::Scalar;
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::{Args, Interpreter, Module, Object, PyResult, Value};

/// A window specification as a value.
pub struct WindowObject(pub WindowSpec);

/// The methods of a window, on the class and on a specification.
pub const METHODS: &[&str] = &["partitionBy", "orderBy", "rowsBetween", "rangeBetween"];

/// The module `pyspark.sql.window`.
///
/// # Errors
/// Never.
pub fn module(interp: &mut Interpreter) -> PyResult<Module> {
    let path = "pyspark.sql.window";
    let mut class = Class::native("Window", path, None)
        .with("unboundedPreceding", Value::Int(i64::MIN))
        .with("unboundedFollowing", Value::Int(i64::MAX))
        .with("currentRow", Value::Int(0));
    for name in METHODS {
        let function = move |interp: &mut Interpreter, args: Args| {
            apply(interp, &WindowSpec::default(), name, super::signatures::bound("Window", name, args)?)
        };
        class = class.with(name, Value::builtin(name, function));
    }
    let class = interp.register_class(class);
    let spec = interp.register_class(Class::native("WindowSpec", path, None));
    Ok(Module::new(path).with("Window", Value::Class(class)).with("WindowSpec", Value::Class(spec)))
}

fn apply(interp: &mut Interpreter, spec: &WindowSpec, name: &str, args: Args) -> PyResult {
    let mut spec = spec.clone();
    match name {
        "partitionBy" => {
            let items = args.flattened(interp)?;
            spec.partition_by =
                items.iter().map(|item| column_or_name(interp, "cols", item)).collect::<PyResult<_>>()?;
        }
        "orderBy" => {
            let items = args.flattened(interp)?;
            spec.order_by = items
                .iter()
                .map(|item| Ok(sort_order(column_or_name(interp, "cols", item)?)))
                .collect::<PyResult<_>>()?;
        }
        _ => {
            let [start, end] = args.bind(name, ["start", "end"], 2)?;
            let unit = if name == "rowsBetween" { FrameUnit::Rows } else { FrameUnit::Range };
            spec.frame = Some(WindowFrame { unit, start: bound(start, unit)?, end: bound(end, unit)? });
        }
    }
    Ok(Value::object(WindowObject(spec)))
}

fn bound(value: Option<Value>, unit: FrameUnit) -> PyResult<FrameBound> {
    let Some(number) = value.and_then(|value| value.as_float().map(|real| value.as_int().unwrap_or(real as i64)))
    else {
        return Err(illegal_argument("a frame's bounds are whole numbers"));
    };
    // PySpark takes everything beyond these for "unbounded" (`-sys.maxsize` included).
    Ok(match number {
        0 => FrameBound::CurrentRow,
        n if n <= -(i64::MAX) => FrameBound::UnboundedPreceding,
        i64::MAX => FrameBound::UnboundedFollowing,
        n => {
            let offset = match (unit, i32::try_from(n)) {
                (FrameUnit::Rows, Ok(small)) => Expr::int(small),
                _ => Expr::literal(Scalar::Long(n)),
            };
            FrameBound::Offset(Box::new(offset))
        }
    })
}

impl Object for WindowObject {
    fn type_name(&self) -> &'static str {
        "WindowSpec"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        METHODS.contains(&name).then(|| apply(interp, &self.0, name, args))
    }
}
