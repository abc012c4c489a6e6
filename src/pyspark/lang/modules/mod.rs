//! The standard library, in the parts that data scripts use.

mod argparse;
mod calendar;
pub mod collections;
mod csv;
mod dataclasses;
pub mod datetime;
pub mod decimal;
pub mod enums;
mod functional;
mod hashlib;
pub mod io;
pub(in crate::pyspark) mod json;
mod logging;
mod math;
mod misc;
mod order;
mod os;
mod pprint;
pub mod random;
mod regex;
mod strftime;
mod tempfile;
pub mod written;

use super::class::Module;
use super::raised::{PyResult, Raised};
use super::{Interpreter, Value};
pub(super) use os::path_of;
use std::rc::Rc;

/// Modules of the real world that are not there, and what to use instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("numpy", "use Spark's functions (pyspark.sql.functions), or Python's math, statistics and random"),
    ("pandas", "keep the data in a DataFrame; collect() gives its rows as plain Python objects"),
    ("pyarrow", "read and write Parquet with spark.read and df.write"),
    ("matplotlib", "print the numbers, or write them to a file and draw them elsewhere"),
    ("seaborn", "print the numbers, or write them to a file and draw them elsewhere"),
    ("sklearn", "this workshop teaches data processing; train models outside of it"),
    ("scipy", "use Spark's functions, or Python's math and statistics"),
    ("threading", "one script is one driver: write the steps one after the other"),
    ("multiprocessing", "Spark spreads the work itself: use DataFrames"),
    ("concurrent", "Spark spreads the work itself: use DataFrames"),
    ("asyncio", "write the steps one after the other"),
    ("subprocess", "a script here cannot start programs"),
    ("socket", "a script here has no network"),
    ("requests", "a script here has no network; put the data into datasets/"),
    ("urllib", "a script here has no network; put the data into datasets/"),
    ("http", "a script here has no network; put the data into datasets/"),
    ("sqlite3", "read files with spark.read, ask with spark.sql"),
    ("pickle", "write data with df.write"),
    ("signal", "`batchlab run --fault` injects failures"),
    ("ctypes", "a script here is plain Python"),
    ("boto3", "a script here has no network; put the data into datasets/"),
    ("delta", "use df.write.parquet"),
    ("pytest", "write plain assert statements"),
    ("tensorflow", "this workshop teaches data processing; train models outside of it"),
    ("torch", "this workshop teaches data processing; train models outside of it"),
    ("xgboost", "this workshop teaches data processing; train models outside of it"),
    ("polars", "keep the data in a DataFrame"),
    ("duckdb", "ask with spark.sql"),
    ("psycopg2", "a script here has no network; put the data into datasets/"),
    ("kafka", "a script here has no network; put the data into datasets/"),
    ("google", "a script here has no network; put the data into datasets/"),
    ("azure", "a script here has no network; put the data into datasets/"),
    ("pydeequ", "count what is wrong with filter() and agg(), as the fourth exercise does"),
    ("great_expectations", "count what is wrong with filter() and agg(), as the fourth exercise does"),
    ("pyspark.ml", "this workshop teaches data processing; statistics are in DataFrame.stat and pyspark.sql.functions"),
    (
        "pyspark.mllib",
        "this workshop teaches data processing; statistics are in DataFrame.stat and pyspark.sql.functions",
    ),
    ("pyspark.streaming", "read the files as a batch with spark.read"),
    ("pyspark.pandas", "keep the data in a DataFrame; collect() gives its rows as plain Python objects"),
];

/// A module of the standard library.
///
/// # Errors
/// Never so far.
pub fn load(interp: &mut Interpreter, name: &str) -> PyResult<Option<Rc<Module>>> {
    let module = match name {
        "builtins" => builtins(interp),
        "collections" => collections::module(interp),
        "collections.abc" => collections::abc(interp),
        "datetime" => datetime::module(interp),
        "zoneinfo" => datetime::zoneinfo(interp),
        "decimal" => decimal::module(interp),
        "math" => math::module(),
        "statistics" => math::statistics(),
        "functools" => functional::functools(),
        "itertools" => functional::itertools(interp),
        "operator" => functional::operator(),
        "contextlib" => functional::contextlib(),
        "csv" => csv::module(interp),
        "hashlib" => hashlib::module(),
        "json" => json::module(interp),
        "random" => random::module(interp)?,
        "heapq" => order::heapq(),
        "bisect" => order::bisect(),
        "calendar" => calendar::module(),
        "pprint" => pprint::module(),
        "getpass" => misc::getpass(),
        "os" => os::module(interp)?,
        "os.path" | "posixpath" => os::path_module(),
        "pathlib" => os::pathlib(interp),
        "shutil" => os::shutil(),
        "glob" => os::glob(),
        "tempfile" => tempfile::module(),
        "re" => regex::module(interp),
        "dataclasses" => dataclasses::module(),
        "abc" => dataclasses::abc(interp),
        "time" => misc::time(),
        "typing" | "typing_extensions" => misc::typing(interp),
        "string" => misc::string(),
        "textwrap" => misc::textwrap(),
        "copy" => misc::copy(),
        "warnings" => misc::warnings(),
        "logging" => logging::module(interp),
        "logging.handlers" => logging::handlers(interp),
        "traceback" => misc::traceback(),
        "uuid" => misc::uuid(),
        "argparse" => argparse::module(interp),
        "__future__" => FUTURE.iter().fold(Module::new("__future__"), |module, name| module.with(name, Value::None)),
        "gc" => Module::new("gc").function("collect", |_, _| Ok(Value::Int(0))),
        "atexit" => Module::new("atexit")
            .function("register", |_, args| Ok(args.positional.into_iter().next().unwrap_or(Value::None))),
        "enum" => enums::module(interp),
        "io" => io::module(interp),
        "sys" => io::sys(interp),
        _ => return Ok(None),
    };
    Ok(Some(Rc::new(module)))
}

/// The text of a module of the standard library that is written in Python.
pub fn source(name: &str) -> Option<&'static str> {
    match name {
        "configparser" => Some(include_str!("python/configparser.py")),
        "codecs" => Some(include_str!("python/codecs.py")),
        "pyspark.testing" | "pyspark.testing.utils" => Some(include_str!("python/pyspark_testing.py")),
        "unittest" => Some(include_str!("python/unittest.py")),
        _ => None,
    }
}

/// What `__future__` names; all of it but `annotations` is how Python works today.
const FUTURE: [&str; 10] = [
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "barry_as_FLUFL",
    "generator_stop",
    "annotations",
];

fn builtins(interp: &mut Interpreter) -> Module {
    let module = Module::new("builtins");
    for (name, value) in &interp.builtins {
        module.set(name, value.clone());
    }
    module
}

/// The error for a module that nobody has.
pub fn not_found(name: &str) -> Raised {
    let is_inside =
        |package: &str| name.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let Some((package, instead)) = ELSEWHERE.iter().find(|(package, _)| is_inside(package)) else {
        return Raised::named("ModuleNotFoundError", format!("No module named '{name}'"))
            .with_subject(name)
            .with_help("scripts have PySpark, a part of Python's standard library, and the files beside them");
    };
    Raised::named(
        "ModuleNotFoundError",
        format!("the module `{package}` is not supported here (it is valid on real Spark)"),
    )
    .with_subject(name)
    .with_help(*instead)
    .not_supported_here()
}

/// A class that only carries a name.
pub fn marker(interp: &mut Interpreter, name: &str, module: &str) -> Value {
    if let Some(class) = interp.class_named(name) {
        return Value::Class(class);
    }
    let object = interp.class_named("object");
    Value::Class(interp.register_class(super::Class::native(name, module, object.as_ref())))
}
