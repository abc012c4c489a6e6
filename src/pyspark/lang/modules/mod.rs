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
pub(super) use os::{absolute as absolute_path, path_of};
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
    ("multiprocessing", "Spark spreads the work itself: use DataFrames"),
    ("asyncio", "write the steps one after the other"),
    ("subprocess", "a script here cannot start programs"),
    ("requests", "a script here has no network; put the data into datasets/"),
    ("urllib.request", "a script here has no network; put the data into datasets/"),
    ("urllib.error", "a script here has no network; put the data into datasets/"),
    ("http", "a script here has no network; put the data into datasets/"),
    ("sqlite3", "read files with spark.read, ask with spark.sql"),
    ("pickle", "write data with df.write"),
    ("signal", "`batchlab run --fault` injects failures"),
    ("ctypes", "a script here is plain Python"),
    ("boto3", "a script here has no network; put the data into datasets/"),
    ("delta", "use df.write.parquet"),
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

/// Modules of Python's standard library that are not there.
const STANDARD: &str = "array ast binascii bz2 cmath cmd code codeop copyreg cProfile curses dbm difflib dis doctest email errno \
    faulthandler fcntl filecmp fileinput fnmatch fractions ftplib gettext graphlib gzip hmac imaplib inspect \
    ipaddress keyword linecache locale lzma mailbox marshal mimetypes mmap netrc optparse pdb pkgutil plistlib \
    poplib profile pstats pwd quopri readline reprlib resource runpy sched select selectors shelve shlex smtplib \
    socketserver ssl stat stringprep struct symtable sysconfig syslog tarfile telnetlib test timeit tkinter token \
    tokenize tomllib trace tracemalloc tty turtle unicodedata venv wave weakref webbrowser xml xmlrpc zipapp \
    zipfile zlib";

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
        "importlib" => misc::importlib(),
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
    let text = match name {
        "base64" => include_str!("python/base64.py"),
        "codecs" => include_str!("python/codecs.py"),
        "concurrent.futures" => include_str!("python/concurrent_futures.py"),
        "configparser" => include_str!("python/configparser.py"),
        "distutils.util" => include_str!("python/distutils_util.py"),
        "html" => include_str!("python/html.py"),
        "importlib.util" => include_str!("python/importlib_util.py"),
        "logging.config" => include_str!("python/logging_config.py"),
        "numbers" => include_str!("python/numbers.py"),
        "platform" => include_str!("python/platform.py"),
        "pyspark.testing" | "pyspark.testing.utils" => include_str!("python/pyspark_testing.py"),
        "pyspark.sql.udtf" => include_str!("python/pyspark_udtf.py"),
        "pytest" => include_str!("python/pytest.py"),
        "queue" => include_str!("python/queue.py"),
        "secrets" => include_str!("python/secrets.py"),
        "socket" => include_str!("python/socket.py"),
        "threading" => include_str!("python/threading.py"),
        "_time_parts" => include_str!("python/time_parts.py"),
        "types" => include_str!("python/types.py"),
        "unittest" => include_str!("python/unittest.py"),
        "urllib.parse" => include_str!("python/urllib_parse.py"),
        // Packages of which only a module is there.
        "concurrent" | "distutils" | "urllib" => "",
        _ => return None,
    };
    Some(text)
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

const PARTS: &str = "scripts have PySpark, a part of Python's standard library, and the files beside them";

/// The error for a module that nobody has.
pub fn not_found(name: &str) -> Raised {
    let is_inside =
        |package: &str| name.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let known = ELSEWHERE.iter().copied().find(|(package, _)| is_inside(package));
    let standard = STANDARD.split(' ').find(|package| is_inside(package)).map(|package| (package, PARTS));
    let Some((package, instead)) = known.or(standard) else {
        return Raised::named("ModuleNotFoundError", format!("No module named '{name}'"))
            .with_subject(name)
            .with_help(PARTS);
    };
    Raised::named(
        "ModuleNotFoundError",
        format!("the module `{package}` is not supported here (it is valid on real Spark)"),
    )
    .with_subject(name)
    .with_help(instead)
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
