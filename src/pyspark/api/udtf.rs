//! Table functions of the script: `@udtf`, `df.asTable()`, `spark.udtf.register`.
//!
//! The class is frozen at its first use, as a function is. A task makes an object of it for each partition, and for each group of a table
//! argument's `PARTITION BY`; the object is asked for rows with `eval`, and at the end with `terminate`.

use super::column::{column_or_name, sort_order};
use super::convert;
use super::dataframe::frame;
use super::support::{describe, given, illegal_argument, python_exception, raise, text_argument};
use super::types::{TypeObject, schema_argument, type_value};
use super::udf::{freeze, fresh_identity, worker};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::LogicalPlan;
use crate::logical::expr::{TableArgument, TableCall};
use crate::logical::functions::Evaluation;
use crate::logical::functions::table::{
    ArgumentFacts, Arguments, MadeRows, OrderingText, TableFunction, TableRun, TableShape,
};
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructType};
use crate::pyspark::host::CatalogRequest;
use crate::pyspark::lang::descriptors::StaticMethod;
use crate::pyspark::lang::freeze::{Freezer, Thaw};
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Raised, Value};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// What `udtf(…)` gives.
pub struct TableUdf {
    class: Value,
    name: String,
    /// A struct or text; absent: the class has `analyze`.
    return_type: Option<Value>,
    is_deterministic: bool,
    evaluation: Evaluation,
    /// Made at the first use, with what the class captured then.
    frozen: RefCell<Option<Arc<PythonTable>>>,
}

/// `df.asTable()`.
#[derive(Clone)]
pub struct TableArg {
    plan: Arc<LogicalPlan>,
    table: TableArgument,
    /// Whether it was said how the rows are grouped.
    is_grouped: bool,
}

/// `spark.udtf`.
pub struct Registration(pub u32);

/// The module that holds what `analyze` takes and gives.
pub const MODULE: &str = "pyspark.sql.udtf";

/// `udtf(cls, returnType=…)`, `@udtf(returnType=…)`, `@udtf`.
///
/// # Errors
/// `INVALID_UDTF_…`.
pub fn udtf(interp: &mut Interpreter, args: Args) -> PyResult {
    let [class, return_type, arrow] = args.bind("udtf", ["cls", "*returnType", "*useArrow"], 0)?;
    let is_plain = arrow.is_some_and(|arrow| arrow.as_bool() == Some(false));
    let evaluation = if is_plain { Evaluation::Batch } else { Evaluation::Arrow };
    let return_type = given(return_type);
    match given(class) {
        Some(class) => make(interp, class, return_type, evaluation),
        None => Ok(Value::builtin("udtf", move |interp, args| {
            let class = args.one("udtf")?;
            make(interp, class, return_type.clone(), evaluation)
        })),
    }
}

fn make(interp: &mut Interpreter, class: Value, return_type: Option<Value>, evaluation: Evaluation) -> PyResult {
    let Value::Class(own) = &class else {
        return Err(raise(
            ErrorClass::PySparkTypeError,
            "INVALID_UDTF_HANDLER_TYPE",
            format!("a table function is made of a class, not of a value of the type '{}'", interp.type_name(&class)),
        ));
    };
    let name = own.name.to_string();
    let analyze = own.lookup("analyze");
    let invalid = |condition: &str, why: &str| {
        Err(raise(ErrorClass::PySparkAttributeError, condition, format!("the table function '{name}' {why}")))
    };
    if own.lookup("eval").is_none() {
        return invalid("INVALID_UDTF_NO_EVAL", "has no method `eval`, which makes its rows");
    }
    if return_type.is_some() && analyze.is_some() {
        return invalid(
            "INVALID_UDTF_BOTH_RETURN_TYPE_AND_ANALYZE",
            "says what it gives twice: with returnType and with `analyze`",
        );
    }
    let is_static = analyze.is_some_and(|method| method.downcast::<StaticMethod>().is_some());
    if return_type.is_none() && !is_static {
        return invalid(
            "INVALID_UDTF_RETURN_TYPE",
            "does not say what it gives: it needs returnType, or a static method `analyze`",
        );
    }
    let frozen = RefCell::new(None);
    Ok(Value::object(TableUdf { class, name, return_type, is_deterministic: false, evaluation, frozen }))
}

impl TableUdf {
    /// The columns it gives, where that does not depend on its arguments.
    fn columns(&self, interp: &mut Interpreter) -> PyResult<Option<StructType>> {
        let Some(return_type) = &self.return_type else { return Ok(None) };
        match schema_argument(interp, "returnType", return_type)? {
            (columns, false) => Ok(Some(columns)),
            (single, true) => Err(raise(
                ErrorClass::PySparkTypeError,
                "UDTF_RETURN_TYPE_MISMATCH",
                format!(
                    "the table function '{}' gives columns, so its type is a StructType, not {}",
                    self.name,
                    single.fields.first().map(|field| field.data_type.simple_string()).unwrap_or_default()
                ),
            )),
        }
    }

    fn named(&self, name: &str) -> TableUdf {
        TableUdf {
            class: self.class.clone(),
            name: name.to_owned(),
            return_type: self.return_type.clone(),
            is_deterministic: self.is_deterministic,
            evaluation: self.evaluation,
            frozen: RefCell::new(None),
        }
    }

    fn frozen(&self, interp: &mut Interpreter) -> PyResult<Arc<PythonTable>> {
        if let Some(frozen) = &*self.frozen.borrow() {
            return Ok(frozen.clone());
        }
        let columns = self.columns(interp)?;
        let thaw = freeze(interp, &self.class)?;
        let takes_result = match &self.class {
            Value::Class(class) => match class.lookup("__init__") {
                Some(Value::Function(init)) => init.code.params.len() > 1,
                _ => false,
            },
            _ => false,
        };
        let frozen = Arc::new(PythonTable {
            name: self.name.clone(),
            thaw,
            columns,
            is_deterministic: self.is_deterministic,
            evaluation: self.evaluation,
            takes_result,
            result: None,
            identity: fresh_identity(interp),
        });
        *self.frozen.borrow_mut() = Some(frozen.clone());
        Ok(frozen)
    }

    fn apply(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let function = self.frozen(interp)?;
        let mut call = TableCall::new(self.name.clone(), Some(function));
        let mut input = Arc::new(LogicalPlan::OneRow);
        let positional = args.positional.iter().map(|value| (None, value));
        let named = args.keyword.iter().map(|(name, value)| (Some(name.to_string()), value));
        for (name, value) in positional.chain(named) {
            match value.downcast::<TableArg>() {
                Some(given) => {
                    call.give_table(name, given.table.clone())?;
                    input = given.plan.clone();
                }
                None => call.give(name, column_or_name(interp, "col", value)?),
            }
        }
        frame(interp, call.over(input))
    }
}

impl Object for TableUdf {
    fn type_name(&self) -> &'static str {
        "UserDefinedTableFunction"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["asDeterministic"]
    }

    fn get_attr(&self, interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(Some(match name {
            "returnType" => self.columns(interp)?.map_or(Value::None, |columns| type_value(DataType::Struct(columns))),
            "func" => self.class.clone(),
            "_name" => Value::str(&self.name),
            "deterministic" => Value::Bool(self.is_deterministic),
            "evalType" => Value::Int(eval_type(self.evaluation)),
            "__doc__" => Value::None,
            _ => return Ok(None),
        }))
    }

    fn call_method(&self, _interp: &mut Interpreter, _this: &Value, name: &str, _args: Args) -> Option<PyResult> {
        (name == "asDeterministic")
            .then(|| Ok(Value::object(TableUdf { is_deterministic: true, ..self.named(&self.name) })))
    }

    fn call(&self, interp: &mut Interpreter, _this: &Value, args: Args) -> Option<PyResult> {
        Some(self.apply(interp, args))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn freeze(&self, interp: &mut Interpreter, _this: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        freezer.freeze(interp, &self.class).map(Some)
    }
}

fn eval_type(evaluation: Evaluation) -> i64 {
    match evaluation {
        Evaluation::Arrow => 301,
        Evaluation::Batch => 300,
    }
}

/// `df.asTable()`.
#[must_use]
pub fn table_argument(plan: &Arc<LogicalPlan>) -> Value {
    Value::object(TableArg { plan: plan.clone(), table: TableArgument::default(), is_grouped: false })
}

impl TableArg {
    fn not_twice(&self, name: &str) -> PyResult<()> {
        if !self.is_grouped {
            return Ok(());
        }
        Err(illegal_argument(format!(
            "Cannot call {name}() after partitionBy() or withSinglePartition() has been called."
        )))
    }
}

impl Object for TableArg {
    fn type_name(&self) -> &'static str {
        "TableArg"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["orderBy", "partitionBy", "withSinglePartition"]
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        let made = match name {
            "partitionBy" => self.not_twice(name).and_then(|()| {
                let items = args.flattened(interp)?;
                let columns = items.iter().map(|item| column_or_name(interp, "cols", item));
                let mut copy = TableArg { is_grouped: true, ..self.clone() };
                copy.table.partition_by = columns.collect::<PyResult<_>>()?;
                Ok(copy)
            }),
            "withSinglePartition" => self.not_twice(name).map(|()| {
                let mut copy = TableArg { is_grouped: true, ..self.clone() };
                copy.table.is_single_partition = true;
                copy
            }),
            "orderBy" if !self.is_grouped => {
                Err(illegal_argument("Please call partitionBy() or withSinglePartition() before orderBy()."))
            }
            "orderBy" => args.flattened(interp).and_then(|items| {
                let mut copy = self.clone();
                for item in &items {
                    copy.table.order_by.push(sort_order(column_or_name(interp, "cols", item)?));
                }
                Ok(copy)
            }),
            _ => return None,
        };
        Some(made.map(Value::object))
    }
}

impl Object for Registration {
    fn type_name(&self) -> &'static str {
        "UDTFRegistration"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["register"]
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        (name == "register").then(|| {
            super::session::enter(interp, self.0);
            register(interp, args)
        })
    }
}

fn register(interp: &mut Interpreter, args: Args) -> PyResult {
    let [name, function] = args.bind("register", ["name", "f"], 2)?;
    let name = text_argument(interp, "name", &name.unwrap_or(Value::None))?;
    let function = function.unwrap_or(Value::None);
    let Some(udtf) = function.downcast::<TableUdf>() else {
        return Err(raise(
            ErrorClass::PySparkTypeError,
            "CANNOT_REGISTER_UDTF",
            format!("'{name}' is no table function: make one of a class with udtf(…) or @udtf(…)"),
        ));
    };
    let udtf = udtf.named(&name);
    let function = udtf.frozen(interp)?;
    interp.host()?.catalog(CatalogRequest::RegisterTableFunction { name, function })?;
    Ok(Value::object(udtf))
}

/// A frozen class that makes rows.
#[derive(Clone)]
struct PythonTable {
    name: String,
    thaw: Thaw,
    columns: Option<StructType>,
    is_deterministic: bool,
    evaluation: Evaluation,
    /// Whether the class is made with what `analyze` gave.
    takes_result: bool,
    result: Option<Thaw>,
    identity: u64,
}

impl fmt::Debug for PythonTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.identity)
    }
}

impl TableFunction for PythonTable {
    fn name(&self) -> &str {
        &self.name
    }

    fn evaluation(&self) -> Evaluation {
        self.evaluation
    }

    fn is_deterministic(&self) -> bool {
        self.is_deterministic
    }

    fn analyze(&self, arguments: &[ArgumentFacts]) -> Result<TableShape> {
        if let Some(columns) = &self.columns {
            return Ok(self.shape(columns.clone()));
        }
        let mut interp = worker();
        self.ask(&mut interp, arguments).map_err(|raised| {
            let said = describe(&mut interp, &raised);
            SparkError::analysis(
                "TABLE_VALUED_FUNCTION_FAILED_TO_ANALYZE_IN_PYTHON",
                format!("the `analyze` of the table function '{}' failed: {said}", self.name),
            )
        })
    }

    fn start(&self, arguments: Arguments) -> Result<Box<dyn TableRun>> {
        let mut interp = worker();
        match PythonRun::new(&mut interp, self, arguments) {
            Ok(run) => Ok(Box::new(RunningTable { interp, run })),
            Err(raised) => Err(python_exception(&mut interp, raised)),
        }
    }

    fn identity(&self) -> u64 {
        self.identity
    }
}

impl PythonTable {
    fn shape(&self, columns: StructType) -> TableShape {
        TableShape {
            columns,
            function: Arc::new(self.clone()),
            partition_by: Vec::new(),
            order_by: Vec::new(),
            is_single_partition: false,
            select: Vec::new(),
        }
    }

    /// Calls the class's `analyze`.
    fn ask(&self, interp: &mut Interpreter, arguments: &[ArgumentFacts]) -> PyResult<TableShape> {
        let module = interp.import(MODULE)?;
        let argument_class = module.get("AnalyzeArgument").unwrap_or(Value::None);
        let mut args = Args::none();
        for facts in arguments {
            let value = match &facts.constant {
                Some(value) => convert::to_value(interp, value, &facts.data_type)?,
                None => Value::None,
            };
            let parts = vec![
                type_value(facts.data_type.clone()),
                value,
                Value::Bool(facts.is_table),
                Value::Bool(facts.constant.is_some()),
            ];
            let argument = interp.call(&argument_class, Args::of(parts))?;
            match &facts.name {
                Some(name) => args.keyword.push((Rc::from(name.as_str()), argument)),
                None => args.positional.push(argument),
            }
        }
        let class = (self.thaw)(interp)?;
        let analyze = interp.get_attr(&class, "analyze")?;
        let result = interp.call(&analyze, args)?;
        let is_result = matches!(&result, Value::Instance(own) if own.class().descends_from("AnalyzeResult"));
        if !is_result {
            return Err(wrong_result(&self.name, &format!("a value of the type {}", interp.type_name(&result))));
        }
        let schema = interp.get_attr(&result, "schema")?;
        let given = schema.downcast::<TypeObject>().map(|object| object.0.borrow().clone());
        let Some(DataType::Struct(columns)) = given else {
            return Err(wrong_result(&self.name, "a schema that is no StructType"));
        };
        let mut shape = self.shape(columns);
        shape.is_single_partition = interp.get_attr(&result, "withSinglePartition")?.as_bool() == Some(true);
        for column in items_of(interp, &result, "partitionBy")? {
            shape.partition_by.push(text_of(interp, &column, "name")?.unwrap_or_default());
        }
        for column in items_of(interp, &result, "orderBy")? {
            shape.order_by.push(OrderingText {
                expression: text_of(interp, &column, "name")?.unwrap_or_default(),
                ascending: interp.get_attr(&column, "ascending")?.as_bool() != Some(false),
                nulls_first: interp.get_attr(&column, "overrideNullsFirst")?.as_bool(),
            });
        }
        for column in items_of(interp, &result, "select")? {
            let name = text_of(interp, &column, "alias")?.filter(|alias| !alias.is_empty());
            shape.select.push((text_of(interp, &column, "name")?.unwrap_or_default(), name));
        }
        if self.takes_result {
            let result = Freezer::default().freeze(interp, &result)?;
            shape.function = Arc::new(PythonTable { result: Some(result), ..self.clone() });
        }
        Ok(shape)
    }
}

fn wrong_result(name: &str, what: &str) -> Raised {
    raise(
        ErrorClass::PySparkValueError,
        "INVALID_ANALYZE_RESULT",
        format!("the static method `analyze` of '{name}' gives an AnalyzeResult with a StructType, but it gave {what}"),
    )
}

fn items_of(interp: &mut Interpreter, result: &Value, name: &str) -> PyResult<Vec<Value>> {
    let items = interp.get_attr(result, name)?;
    interp.items(&items)
}

fn text_of(interp: &mut Interpreter, column: &Value, name: &str) -> PyResult<Option<String>> {
    Ok(interp.get_attr(column, name)?.as_str().map(str::to_owned))
}

/// A table function at work, with the interpreter it works in.
struct RunningTable {
    interp: Interpreter,
    run: PythonRun,
}

impl TableRun for RunningTable {
    fn rows(&mut self, rows: Vec<Vec<Scalar>>) -> Result<MadeRows> {
        let made = self.run.rows(&mut self.interp, rows);
        made.map_err(|raised| python_exception(&mut self.interp, raised))
    }

    fn finish(&mut self) -> Result<Vec<Vec<Scalar>>> {
        match self.run.end(&mut self.interp) {
            Ok(rows) => {
                super::rdd::shared::flush(&mut self.interp, None);
                Ok(rows)
            }
            Err(raised) => Err(python_exception(&mut self.interp, raised)),
        }
    }
}

/// The script's object for a partition or a group, and what it is asked with.
struct PythonRun {
    name: String,
    class: Value,
    /// What `analyze` gave, for a class that is made with it.
    result: Option<Value>,
    evaluation: Evaluation,
    arguments: Arguments,
    object: Value,
    eval: Value,
    group: Option<Vec<Scalar>>,
    /// The object wants no more rows of its partition or group.
    is_full: bool,
}

impl PythonRun {
    fn new(interp: &mut Interpreter, function: &PythonTable, arguments: Arguments) -> PyResult<PythonRun> {
        let class = (function.thaw)(interp)?;
        let result = function.result.as_ref().map(|result| result(interp)).transpose()?;
        let mut run = PythonRun {
            name: function.name.clone(),
            class,
            result,
            evaluation: function.evaluation,
            arguments,
            object: Value::None,
            eval: Value::None,
            group: None,
            is_full: false,
        };
        run.begin(interp)?;
        Ok(run)
    }

    fn begin(&mut self, interp: &mut Interpreter) -> PyResult<()> {
        self.object = interp.call(&self.class, Args::of(self.result.iter().cloned().collect()))?;
        self.eval = interp.get_attr(&self.object, "eval")?;
        self.is_full = false;
        Ok(())
    }

    fn rows(&mut self, interp: &mut Interpreter, rows: Vec<Vec<Scalar>>) -> PyResult<MadeRows> {
        let mut made = Vec::new();
        for (at, mut row) in rows.into_iter().enumerate() {
            let group = self.take_group(&mut row);
            if group.is_some() {
                if self.group.is_some() && self.group != group {
                    let last = self.end(interp)?;
                    made.extend(last.into_iter().map(|row| (at.saturating_sub(1), row)));
                    self.begin(interp)?;
                }
                self.group = group;
            }
            if self.is_full {
                continue;
            }
            let args = self.args(interp, &row)?;
            match interp.call(&self.eval.clone(), args).and_then(|given| self.made(interp, "eval", &given)) {
                Ok(rows) => made.extend(rows.into_iter().map(|row| (at, row))),
                Err(raised) if is_skip(&raised) => self.is_full = true,
                Err(raised) => return Err(raised),
            }
        }
        Ok(made)
    }

    /// Takes the fields that tell the group away from the table argument.
    fn take_group(&self, row: &mut [Scalar]) -> Option<Vec<Scalar>> {
        let (position, groups) = self.arguments.table?;
        match row.get_mut(position) {
            Some(Scalar::Struct(parts)) if groups > 0 => Some(parts.split_off(parts.len() - groups)),
            _ => None,
        }
    }

    fn args(&self, interp: &mut Interpreter, row: &[Scalar]) -> PyResult<Args> {
        let mut args = Args::none();
        for (at, (scalar, data_type)) in row.iter().zip(&self.arguments.types).enumerate() {
            let value = match (data_type, scalar) {
                (DataType::Struct(fields), Scalar::Struct(parts)) if parts.len() < fields.fields.len() => {
                    let own = StructType::new(fields.fields[..parts.len()].to_vec());
                    convert::to_value(interp, scalar, &DataType::Struct(own))?
                }
                _ => convert::to_value(interp, scalar, data_type)?,
            };
            match &self.arguments.names[at] {
                Some(name) => args.keyword.push((Rc::from(name.as_str()), value)),
                None => args.positional.push(value),
            }
        }
        Ok(args)
    }

    /// The rows that come after the last one.
    fn end(&mut self, interp: &mut Interpreter) -> PyResult<Vec<Vec<Scalar>>> {
        let mut rows = Vec::new();
        if let Some(terminate) = interp.find_attr(&self.object, "terminate")? {
            let given = interp.call(&terminate, Args::none())?;
            rows = self.made(interp, "terminate", &given)?;
        }
        if let Some(cleanup) = interp.find_attr(&self.object, "cleanup")? {
            interp.call(&cleanup, Args::none())?;
        }
        Ok(rows)
    }

    /// The rows that a method gave.
    fn made(&self, interp: &mut Interpreter, method: &str, given: &Value) -> PyResult<Vec<Vec<Scalar>>> {
        if given.is_none() {
            return Ok(Vec::new());
        }
        let Ok(rows) = interp.iter(given) else {
            return Err(self.wrong(
                "UDTF_RETURN_NOT_ITERABLE",
                &format!(
                    "`{method}` gives rows with yield, or a list of them, and not a value of the type {}",
                    interp.type_name(given)
                ),
            ));
        };
        let mut made = Vec::new();
        while let Some(row) = interp.next(&rows)? {
            made.push(self.row(interp, &row)?);
        }
        Ok(made)
    }

    fn row(&self, interp: &mut Interpreter, given: &Value) -> PyResult<Vec<Scalar>> {
        let fields = &self.arguments.columns.fields;
        let is_list = matches!(given, Value::List(_) | Value::Dict(_));
        let values = match convert::sequence(interp, given) {
            Some(values) if !is_list => values,
            _ if fields.len() == 1 => vec![given.clone()],
            _ => {
                let what = format!("a row is a tuple, and not a value of the type {}", interp.type_name(given));
                return Err(self.wrong("UDTF_INVALID_OUTPUT_ROW_TYPE", &what));
            }
        };
        if values.len() != fields.len() {
            let what = format!("its rows have {} columns, but one with {} came", fields.len(), values.len());
            return Err(self.wrong("UDTF_RETURN_SCHEMA_MISMATCH", &what));
        }
        let mut row = Vec::with_capacity(fields.len());
        for (value, field) in values.iter().zip(fields) {
            let scalar = match self.evaluation {
                Evaluation::Arrow => convert::from_value(interp, value, &field.data_type)?,
                Evaluation::Batch => convert::from_pickled(interp, value, &field.data_type)?,
            };
            if scalar.is_null() && !field.nullable {
                return Err(self.wrong("UDTF_EXEC_ERROR", &format!("the column `{}` cannot be None", field.name)));
            }
            row.push(scalar);
        }
        Ok(row)
    }

    fn wrong(&self, condition: &str, what: &str) -> Raised {
        raise(
            ErrorClass::PySparkRuntimeError,
            condition,
            format!("[{condition}] the table function '{}': {what}", self.name),
        )
    }
}

/// Whether the script said that it has seen enough.
fn is_skip(raised: &Raised) -> bool {
    use crate::pyspark::lang::raised::Cause;
    matches!(raised.cause(), Cause::Instance(own) if own.class().descends_from("SkipRestOfInputTableException"))
}
