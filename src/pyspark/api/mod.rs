//! PySpark's objects on top of the interpreter.
//!
//! ```text
//!   SparkSession ─► DataFrameReader ─► DataFrame ─► GroupedData ─► DataFrame ─► show / collect / write
//!                                        │  Column, Window, functions
//!                                        └─► RDD (encoded rows, Python functions in tasks)
//! ```
//!
//! Every object builds [`LogicalPlan`](crate::logical::LogicalPlan)s and asks the [`Host`](super::host::Host) for everything else.

mod catalog;
pub mod column;
mod context;
pub mod convert;
mod create;
pub mod dataframe;
mod files;
pub mod functions;
mod infer;
mod java;
pub mod java_order;
mod json;
pub mod missing;
pub mod options;
pub mod pytime;
pub mod rdd;
mod reader;
pub mod row;
mod schema_text;
mod session;
pub mod show;
pub(super) mod signatures;
mod spatial;
mod sqlargs;
mod storage_level;
pub mod support;
pub mod surface;
mod tvf;
pub mod types;
pub mod udf;
mod udtf;
pub mod variant;
mod verify;
mod window;
mod writer;

use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::{Interpreter, Module, PyResult, Value};
use std::rc::Rc;

/// Whether this interpreter knows PySpark's classes already.
#[derive(Default)]
struct Registered(bool);

/// Gives PySpark's modules by their dotted names.
///
/// # Errors
/// What making a module raises.
pub fn load(interp: &mut Interpreter, name: &str) -> PyResult<Option<Rc<Module>>> {
    let known = ["pyspark", "py4j", "findspark"]
        .iter()
        .any(|root| name.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    if !known {
        return Ok(None);
    }
    register(interp);
    let module = match name {
        "pyspark" => root(interp)?,
        "pyspark.sql" => sql(interp)?,
        "pyspark.sql.functions" | "pyspark.sql.functions.builtin" => functions::module(),
        "pyspark.sql.types" => types::module(interp)?,
        "pyspark.sql.window" => window::module(interp)?,
        "pyspark.sql.session" => with_classes(interp, session::module, name, &[]),
        "pyspark.sql.context" => {
            with_classes(interp, |_| Module::new("pyspark.sql.context"), name, &["SQLContext", "HiveContext"])
        }
        "pyspark.sql.dataframe" => {
            with_classes(interp, plain, name, &["DataFrame", "DataFrameNaFunctions", "DataFrameStatFunctions"])
        }
        "pyspark.sql.column" => with_classes(interp, plain, name, &["Column"]),
        "pyspark.sql.group" => with_classes(interp, plain, name, &["GroupedData"]),
        "pyspark.sql.observation" => with_classes(interp, plain, name, &["Observation"]),
        "pyspark.sql.catalog" => with_classes(interp, plain, name, &["Catalog"]),
        "pyspark.sql.readwriter" => with_classes(interp, plain, name, &["DataFrameReader", "DataFrameWriter"]),
        "pyspark.sql.udf" => with_classes(interp, plain, name, &["UserDefinedFunction", "UDFRegistration"]),
        "pyspark.files" => files::module(interp),
        "pyspark.storagelevel" => storage_level::module(interp),
        "pyspark.core.context" | "pyspark.context" | "pyspark.conf" => {
            with_classes(interp, plain, name, &["SparkContext", "SparkConf"])
        }
        "pyspark.core.rdd" | "pyspark.rdd" => {
            let hash = Value::builtin("portable_hash", |interp, args| {
                let value = args.only("portable_hash", "x")?;
                Ok(Value::Int(rdd::portable_hash(interp, &value)?))
            });
            with_classes(interp, plain, name, &["RDD"]).with("portable_hash", hash)
        }
        "pyspark.core.broadcast" | "pyspark.broadcast" => with_classes(interp, plain, name, &["Broadcast"]),
        "pyspark.accumulators" => with_classes(interp, plain, name, &["Accumulator", "AccumulatorParam"]),
        "pyspark.resultiterable" => with_classes(interp, plain, name, &["ResultIterable"]),
        "pyspark.errors"
        | "pyspark.sql.utils"
        | "pyspark.errors.exceptions.captured"
        | "pyspark.errors.exceptions.base"
        | "pyspark.errors.exceptions" => with_classes(interp, plain, name, ERRORS),
        "py4j.protocol" => with_classes(interp, plain, name, &["Py4JError", "Py4JJavaError"]),
        "py4j" => Module::new("py4j"),
        "findspark" => Module::new("findspark")
            .function("init", |_, _| Ok(Value::None))
            .function("find", |_, _| Ok(Value::str("/opt/spark"))),
        _ => return Ok(None),
    };
    Ok(Some(Rc::new(module)))
}

/// An interpreter for functions that run on rows.
#[must_use]
pub fn worker_interpreter() -> Interpreter {
    let mut interp = Interpreter::detached();
    interp.add_loader(load);
    interp
}

const ERRORS: &[&str] = &[
    "PySparkException",
    "PySparkValueError",
    "PySparkTypeError",
    "PySparkIndexError",
    "PySparkAttributeError",
    "PySparkRuntimeError",
    "PySparkAssertionError",
    "PySparkNotImplementedError",
    "PySparkKeyError",
    "PySparkImportError",
    "PySparkPicklingError",
    "AnalysisException",
    "ParseException",
    "IllegalArgumentException",
    "ArithmeticException",
    "NumberFormatException",
    "DateTimeException",
    "ArrayIndexOutOfBoundsException",
    "SparkRuntimeException",
    "SparkUpgradeException",
    "SparkNoSuchElementException",
    "UnsupportedOperationException",
    "SparkException",
    "QueryExecutionException",
    "StreamingQueryException",
    "UnknownException",
    "PythonException",
    "SessionNotSameException",
    "TempTableAlreadyExistsException",
];

fn plain(_interp: &mut Interpreter) -> Module {
    Module::new("")
}

fn with_classes(
    interp: &mut Interpreter,
    make: fn(&mut Interpreter) -> Module,
    name: &str,
    classes: &[&str],
) -> Module {
    let module = make(interp);
    module.set("__name__", Value::str(name));
    let module = Module { name: Rc::from(name), ..module };
    for class in classes {
        if let Some(class) = interp.class_named(class) {
            module.set(&class.name.clone(), Value::Class(class));
        }
    }
    module
}

/// Classes that only have a name, and where Python says they live.
const NAMED: &[(&str, &str)] = &[
    ("DataFrame", "pyspark.sql.classic.dataframe"),
    ("Column", "pyspark.sql.classic.column"),
    ("GroupedData", "pyspark.sql.group"),
    ("Catalog", "pyspark.sql.catalog"),
    ("DataFrameReader", "pyspark.sql.readwriter"),
    ("DataFrameWriter", "pyspark.sql.readwriter"),
    ("DataFrameNaFunctions", "pyspark.sql.classic.dataframe"),
    ("DataFrameStatFunctions", "pyspark.sql.classic.dataframe"),
    ("RuntimeConfig", "pyspark.sql.conf"),
    ("UserDefinedFunction", "pyspark.sql.udf"),
    ("UDFRegistration", "pyspark.sql.udf"),
    ("UserDefinedTableFunction", "pyspark.sql.udtf"),
    ("UDTFRegistration", "pyspark.sql.udtf"),
    ("TableArg", "pyspark.sql.classic.table_arg"),
    ("Builder", "pyspark.sql.session.SparkSession"),
    ("TableValuedFunction", "pyspark.sql.tvf"),
    ("Observation", "pyspark.sql.observation"),
    ("RDD", "pyspark.core.rdd"),
    ("ResultIterable", "pyspark.resultiterable"),
    ("Broadcast", "pyspark.core.broadcast"),
    ("Accumulator", "pyspark.accumulators"),
    ("AccumulatorParam", "pyspark.accumulators"),
    ("RDDBarrier", "pyspark.core.rdd"),
    ("StatCounter", "pyspark.statcounter"),
    ("Table", "pyspark.sql.catalog"),
    ("Database", "pyspark.sql.catalog"),
    ("Function", "pyspark.sql.catalog"),
];

fn register(interp: &mut Interpreter) {
    let registered = interp.extension::<Registered>();
    if std::mem::replace(&mut registered.0, true) {
        return;
    }
    interp.bind_with(signatures::bound);
    for (name, module) in NAMED {
        interp.register_class(Class::native(name, module, None).with_native_names(surface::methods_of(name)));
    }
    let rdd = interp.class_named("RDD");
    interp.register_class(Class::native("PipelinedRDD", "pyspark.core.rdd", rdd.as_ref()));
    let tuple = interp.class_named("tuple");
    interp.register_class(Class::native("Row", "pyspark.sql.types", tuple.as_ref()).with_construct(row::construct));
    for name in ["SQLContext", "HiveContext"] {
        let class = Class::native(name, "pyspark.sql.context", None).with_construct(session::old_context);
        class.set("getOrCreate", Value::builtin("getOrCreate", |interp, _| session::active(interp)));
        interp.register_class(class);
    }
    let observation =
        Class::native("Observation", "pyspark.sql.observation", None).with_construct(dataframe::observation::construct);
    interp.register_class(observation);
    // These modules register classes of their own.
    storage_level::module(interp);
    files::module(interp);
    context::module(interp);
    session::module(interp);
}

fn root(interp: &mut Interpreter) -> PyResult<Module> {
    let classes = [
        "SparkConf",
        "SparkContext",
        "SparkFiles",
        "StorageLevel",
        "SQLContext",
        "HiveContext",
        "Row",
        "RDD",
        "Broadcast",
        "Accumulator",
        "SparkSession",
    ];
    let module = with_classes(interp, plain, "pyspark", &classes);
    module.set("__version__", Value::str(session::VERSION));
    module.set("sql", Value::Module(interp.import("pyspark.sql")?));
    Ok(module)
}

fn sql(interp: &mut Interpreter) -> PyResult<Module> {
    let classes = [
        "SparkSession",
        "SQLContext",
        "HiveContext",
        "DataFrame",
        "Column",
        "GroupedData",
        "Row",
        "DataFrameReader",
        "DataFrameWriter",
        "DataFrameNaFunctions",
        "DataFrameStatFunctions",
        "Catalog",
        "UDFRegistration",
        "Observation",
    ];
    let module = with_classes(interp, plain, "pyspark.sql", &classes);
    for name in ["functions", "types", "window"] {
        let child = interp.import(&format!("pyspark.sql.{name}"))?;
        module.set(name, Value::Module(child));
    }
    for name in ["Window", "WindowSpec"] {
        if let Some(class) = interp.class_named(name) {
            module.set(name, Value::Class(class));
        }
    }
    Ok(module)
}
