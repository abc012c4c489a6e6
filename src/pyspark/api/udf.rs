//! Python functions on rows: `udf`, and `spark.udf.register`.

use super::column::{column_or_name, column_value};
use super::convert;
use super::support::{given, not_expected_type, python_exception, raise, text_argument};
use super::types::{TypeObject, schema_argument, type_argument, type_value};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::functions::{Evaluation, RowFunction};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::pyspark::host::CatalogRequest;
use crate::pyspark::lang::freeze::{Freezer, Thaw};
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Raised, Value, type_error};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// What `F.udf(f, type)` gives.
pub struct Udf {
    function: Value,
    name: String,
    return_type: DataType,
    deterministic: bool,
    evaluation: Evaluation,
    /// Made at the first use, with what the function captured then.
    frozen: RefCell<Option<Arc<PythonFunction>>>,
}

/// `spark.udf`.
pub struct Registration(pub u32);

/// A frozen Python function of one row.
pub struct PythonFunction {
    name: String,
    thaw: Thaw,
    return_type: DataType,
    evaluation: Evaluation,
    identity: u64,
}

impl fmt::Debug for PythonFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.identity)
    }
}

/// Numbers frozen functions.
#[derive(Default)]
struct Identities(u64);

/// A number for a frozen function that no other has.
pub fn fresh_identity(interp: &mut Interpreter) -> u64 {
    let identities = interp.extension::<Identities>();
    identities.0 += 1;
    identities.0
}

/// An interpreter for one batch or partition of rows.
#[must_use]
pub fn worker() -> Interpreter {
    super::worker_interpreter()
}

impl RowFunction for PythonFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn call(&self, rows: &[Vec<Scalar>]) -> Result<Vec<Scalar>> {
        self.call_typed(rows, &[])
    }

    fn call_typed(&self, rows: &[Vec<Scalar>], types: &[DataType]) -> Result<Vec<Scalar>> {
        let mut interp = worker();
        let result = self.run(&mut interp, rows, types);
        match result {
            Ok(values) => {
                super::rdd::shared::flush(&mut interp, None);
                Ok(values)
            }
            Err(raised) => Err(python_exception(&mut interp, raised)),
        }
    }

    fn evaluation(&self) -> Evaluation {
        self.evaluation
    }

    fn identity(&self) -> u64 {
        self.identity
    }
}

impl PythonFunction {
    fn run(&self, interp: &mut Interpreter, rows: &[Vec<Scalar>], types: &[DataType]) -> PyResult<Vec<Scalar>> {
        let function = (self.thaw)(interp)?;
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let mut args = Vec::with_capacity(row.len());
            for (i, scalar) in row.iter().enumerate() {
                let data_type = types.get(i).cloned().unwrap_or_else(|| scalar.data_type());
                args.push(convert::to_value(interp, scalar, &data_type)?);
            }
            let value = interp.call(&function, Args::of(args))?;
            results.push(match self.evaluation {
                Evaluation::Arrow => convert::from_value(interp, &value, &self.return_type)?,
                Evaluation::Batch => convert::from_pickled(interp, &value, &self.return_type)?,
            });
        }
        Ok(results)
    }
}

/// Freezes a function with what it captures.
///
/// # Errors
/// `PicklingError` for things that cannot travel.
pub fn freeze(interp: &mut Interpreter, function: &Value) -> PyResult<Thaw> {
    let thaw = Freezer::default().freeze(interp, function)?;
    let sent_at = interp.now_micros()?;
    Ok(Arc::new(move |worker| {
        worker.set_sent_at(sent_at);
        thaw(worker)
    }))
}

fn is_callable(interp: &mut Interpreter, value: &Value) -> PyResult<bool> {
    Ok(match value {
        Value::Function(_) | Value::Builtin(_) | Value::BoundMethod(_) | Value::Class(_) => true,
        Value::Object(object) => object.is_callable(),
        Value::Instance(_) => interp.find_attr(value, "__call__")?.is_some(),
        _ => false,
    })
}

fn name_of(interp: &mut Interpreter, function: &Value) -> PyResult<String> {
    let name = interp.find_attr(function, "__name__")?;
    Ok(match name.as_ref().and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => interp.type_name(function),
    })
}

fn make(interp: &mut Interpreter, function: Value, return_type: DataType, evaluation: Evaluation) -> PyResult {
    if !is_callable(interp, &function)? {
        return Err(not_expected_type(interp, "func", "callable", &function));
    }
    let name = name_of(interp, &function)?;
    Ok(Value::object(Udf { function, name, return_type, deterministic: true, evaluation, frozen: RefCell::new(None) }))
}

/// A type, or text that is read as a schema: one that is no type either fails as a list of columns.
fn return_type_argument(interp: &mut Interpreter, value: &Value) -> PyResult<DataType> {
    if value.as_str().is_none() {
        return type_argument(interp, "returnType", value);
    }
    let (mut schema, single) = schema_argument(interp, "returnType", value)?;
    Ok(if single && schema.fields.len() == 1 { schema.fields.remove(0).data_type } else { DataType::Struct(schema) })
}

/// `udf(f, returnType)`, `udf(returnType)`, `@udf`.
///
/// # Errors
/// `NOT_EXPECTED_TYPE`; `ParseException` for a type that cannot be read.
pub fn udf(interp: &mut Interpreter, args: Args) -> PyResult {
    let [function, return_type, arrow] = args.bind("udf", ["f", "returnType", "*useArrow"], 0)?;
    let (function, return_type) = match given(function) {
        // `@udf("int")` gives the type first.
        Some(value) if value.as_str().is_some() || value.downcast::<TypeObject>().is_some() => (None, Some(value)),
        other => (other, given(return_type)),
    };
    let return_type = match return_type {
        None => DataType::String,
        Some(value) => return_type_argument(interp, &value)?,
    };
    let is_plain = arrow.is_some_and(|arrow| arrow.as_bool() == Some(false));
    let evaluation = if is_plain { Evaluation::Batch } else { Evaluation::Arrow };
    match function {
        Some(function) => make(interp, function, return_type, evaluation),
        None => Ok(Value::builtin("udf", move |interp, args| {
            let function = args.one("udf")?;
            make(interp, function, return_type.clone(), evaluation)
        })),
    }
}

impl Udf {
    fn frozen(&self, interp: &mut Interpreter) -> PyResult<Arc<PythonFunction>> {
        if let Some(frozen) = &*self.frozen.borrow() {
            return Ok(frozen.clone());
        }
        let thaw = freeze(interp, &self.function)?;
        let identity = fresh_identity(interp);
        let frozen = Arc::new(PythonFunction {
            name: self.name.clone(),
            thaw,
            return_type: self.return_type.clone(),
            evaluation: self.evaluation,
            identity,
        });
        *self.frozen.borrow_mut() = Some(frozen.clone());
        Ok(frozen)
    }
}

impl Object for Udf {
    fn type_name(&self) -> &'static str {
        "UserDefinedFunction"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["asNondeterministic"]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(Some(match name {
            "returnType" => type_value(self.return_type.clone()),
            "func" | "__wrapped__" => self.function.clone(),
            "__name__" | "_name" => Value::str(&self.name),
            "deterministic" => Value::Bool(self.deterministic),
            "evalType" => Value::Int(100),
            "__doc__" => Value::None,
            _ => return Ok(None),
        }))
    }

    fn call_method(&self, _interp: &mut Interpreter, _this: &Value, name: &str, _args: Args) -> Option<PyResult> {
        (name == "asNondeterministic").then(|| {
            Ok(Value::object(Udf {
                function: self.function.clone(),
                name: self.name.clone(),
                return_type: self.return_type.clone(),
                deterministic: false,
                evaluation: self.evaluation,
                frozen: RefCell::new(None),
            }))
        })
    }

    fn call(&self, interp: &mut Interpreter, _this: &Value, args: Args) -> Option<PyResult> {
        Some(self.apply(interp, args))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn repr(&self, _interp: &mut Interpreter, this: &Value) -> PyResult<String> {
        Ok(format!("<function {} at 0x{:012x}>", self.name, this.identity()))
    }

    fn freeze(&self, interp: &mut Interpreter, _this: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        // Called on rows, a function made by `udf` cannot work; its plain function can.
        freezer.freeze(interp, &self.function).map(Some)
    }
}

impl Udf {
    fn apply(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let mut columns =
            args.positional.iter().map(|value| column_or_name(interp, "col", value)).collect::<PyResult<Vec<_>>>()?;
        let function = self.frozen(interp)?;
        let data_type = self.return_type.clone();
        if args.keyword.is_empty() {
            return Ok(column_value(Expr::Udf { function, args: columns, data_type }));
        }
        let mut shown: Vec<String> = columns.iter().map(Expr::pretty_name).collect();
        let mut named = Vec::new();
        for (name, value) in args.keyword {
            let column = column_or_name(interp, &name, &value)?;
            shown.push(format!("{name} => {}", column.pretty_name()));
            named.push((name, column));
        }
        // In the order of the function's own parameters.
        let Value::Function(own) = &self.function else {
            return Err(Raised::unsupported("arguments by keyword for this function", "give them by position"));
        };
        for parameter in own.code.params.iter().skip(columns.len()) {
            if let Some(at) = named.iter().position(|(name, _)| **name == **parameter) {
                columns.push(named.remove(at).1);
            }
        }
        if let Some((name, _)) = named.first() {
            return Err(type_error(format!("{}() got an unexpected keyword argument '{name}'", self.name)));
        }
        let name = format!("{}({})", self.name, shown.join(", "));
        Ok(column_value(Expr::Udf { function, args: columns, data_type }.alias(name)))
    }
}

impl Object for Registration {
    fn type_name(&self) -> &'static str {
        "UDFRegistration"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["register", "registerJavaFunction", "registerJavaUDAF"]
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "register" => {
                super::session::enter(interp, self.0);
                register(interp, args)
            }
            "registerJavaFunction" | "registerJavaUDAF" => Err(Raised::unsupported(
                format!("spark.udf.{name}"),
                "there is no Java here: register a Python function",
            )),
            _ => return None,
        })
    }
}

fn register(interp: &mut Interpreter, args: Args) -> PyResult {
    let [name, function, return_type] = args.bind("register", ["name", "f", "returnType"], 2)?;
    let name = text_argument(interp, "name", &name.unwrap_or(Value::None))?;
    let function = function.unwrap_or(Value::None);
    let value = if let Some(udf) = function.downcast::<Udf>() {
        if given(return_type).is_some() {
            return Err(raise(
                ErrorClass::PySparkTypeError,
                "CANNOT_SPECIFY_RETURN_TYPE_FOR_UDF",
                "returnType can not be specified when `f` is a user-defined function, but got one.",
            ));
        }
        Value::object(Udf {
            function: udf.function.clone(),
            name: name.clone(),
            return_type: udf.return_type.clone(),
            deterministic: udf.deterministic,
            evaluation: udf.evaluation,
            frozen: RefCell::new(None),
        })
    } else {
        let return_type = match given(return_type) {
            None => DataType::String,
            Some(value) => return_type_argument(interp, &value)?,
        };
        let made = make(interp, function, return_type, Evaluation::Batch)?;
        let Some(made) = made.downcast::<Udf>() else { return Err(SparkError::internal("a udf was just made").into()) };
        Value::object(Udf {
            function: made.function.clone(),
            name: name.clone(),
            return_type: made.return_type.clone(),
            deterministic: true,
            evaluation: Evaluation::Batch,
            frozen: RefCell::new(None),
        })
    };
    if let Some(udf) = value.downcast::<Udf>() {
        let function = udf.frozen(interp)?;
        let data_type = udf.return_type.clone();
        interp.host()?.catalog(CatalogRequest::RegisterFunction { name, function, data_type })?;
    }
    Ok(value)
}
