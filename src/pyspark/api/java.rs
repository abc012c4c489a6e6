//! The few Java objects that scripts reach behind PySpark's back: Spark's logger, Hadoop's configuration and a query's plans.
//!
//! ```text
//!   spark._jvm.org.apache.log4j.LogManager.getLogger(name).warn(text)   ─►  a line on standard error
//!   sc._jsc.hadoopConfiguration().set(key, value)                       ─►  the setting spark.hadoop.key
//!   df._jdf.queryExecution().executedPlan().toString()                  ─►  the plan, as explain(True) writes it
//! ```
//!
//! There is no Java here: packages may be named, everything else in them says what to use instead.

use super::support::text_argument;
use crate::common::calendar;
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Raised, Value};
use std::collections::BTreeMap;

/// Levels of log4j, from the finest to the coarsest.
const LEVELS: &[&str] = &["ALL", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"];
/// The level of Spark's shell and of scripts that say nothing else.
const USUAL: usize = 4;
const LOG4J: &str = "org.apache.log4j";

/// The levels that were set, by logger; the root's name is empty.
#[derive(Default)]
struct LogLevels(BTreeMap<String, usize>);

/// What stands behind `_jvm`, `_jsc` and `_gateway`.
pub(super) fn behind(name: &str) -> PyResult {
    match name {
        "_jvm" => Ok(Value::object(Package(String::new()))),
        "_jsc" => Ok(Value::object(JavaContext)),
        _ => Err(no_java(name)),
    }
}

/// `sc.setLogLevel(level)`.
pub(super) fn set_log_level(interp: &mut Interpreter, level: &str) {
    if let Some(at) = level_named(level) {
        interp.extension::<LogLevels>().0.insert(String::new(), at);
    }
}

fn level_named(name: &str) -> Option<usize> {
    LEVELS.iter().position(|known| known.eq_ignore_ascii_case(name))
}

fn no_java(what: &str) -> Raised {
    Raised::unsupported(
        format!("the Java object behind `{what}`"),
        "there is no Java here: use PySpark's own methods (of Java's objects only log4j's loggers, Hadoop's configuration and a query's plans are here)",
    )
}

/// A package of Java classes by its dotted name.
struct Package(String);

impl Object for Package {
    fn type_name(&self) -> &'static str {
        "JavaPackage"
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        if name.starts_with('_') {
            return Ok(None);
        }
        let full = if self.0.is_empty() { name.to_owned() } else { format!("{}.{name}", self.0) };
        if name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Ok(Some(Value::object(Package(full))));
        }
        match (self.0.as_str(), name) {
            (LOG4J, "LogManager" | "Logger" | "Level") => Ok(Some(Value::object(Log4j))),
            _ => Err(no_java(&full)),
        }
    }

    fn call(&self, _: &mut Interpreter, _: &Value, _: Args) -> Option<PyResult> {
        Some(Err(no_java(&self.0)))
    }
}

/// The classes `LogManager`, `Logger` and `Level`.
struct Log4j;

impl Object for Log4j {
    fn type_name(&self) -> &'static str {
        "JavaClass"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["getLogger", "getRootLogger", "toLevel"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(LEVELS.contains(&name).then(|| Value::str(name)))
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "getRootLogger" => Ok(Value::object(Logger(String::new()))),
            "getLogger" => {
                args.only(name, "name").and_then(|of| interp.str(&of)).map(|name| Value::object(Logger(name)))
            }
            "toLevel" => args.only(name, "level"),
            _ => return None,
        })
    }
}

/// A logger of log4j.
struct Logger(String);

impl Logger {
    fn level(&self, interp: &mut Interpreter) -> usize {
        let levels = &interp.extension::<LogLevels>().0;
        let mut name = self.0.as_str();
        loop {
            if let Some(level) = levels.get(name) {
                return *level;
            }
            if name.is_empty() {
                return USUAL;
            }
            name = name.rsplit_once('.').map_or("", |(above, _)| above);
        }
    }

    fn log(&self, interp: &mut Interpreter, level: usize, args: Args) -> PyResult {
        if level < self.level(interp) {
            return Ok(Value::None);
        }
        let message = args.positional.into_iter().next().unwrap_or(Value::None);
        let message = if message.is_none() { "null".to_owned() } else { interp.str(&message)? };
        let seconds = interp.now_micros()?.div_euclid(1_000_000);
        let (year, month, day) = calendar::civil_of(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        let short = self.0.rsplit('.').next().unwrap_or(&self.0);
        interp.print_error(&format!(
            "{:02}/{month:02}/{day:02} {:02}:{:02}:{:02} {} {short}: {message}\n",
            year % 100,
            of_day / 3600,
            of_day / 60 % 60,
            of_day % 60,
            LEVELS[level],
        ));
        Ok(Value::None)
    }
}

impl Object for Logger {
    fn type_name(&self) -> &'static str {
        "JavaObject"
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "debug",
            "error",
            "fatal",
            "getLevel",
            "getName",
            "info",
            "isDebugEnabled",
            "isInfoEnabled",
            "setLevel",
            "trace",
            "warn",
        ]
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "getName" => Ok(Value::str(&self.0)),
            "getLevel" => {
                let level = interp.extension::<LogLevels>().0.get(&self.0).copied();
                Ok(level.map_or(Value::None, |level| Value::str(LEVELS[level])))
            }
            "setLevel" => args.only(name, "level").map(|level| {
                if let Some(level) = level.as_str().and_then(level_named) {
                    interp.extension::<LogLevels>().0.insert(self.0.clone(), level);
                }
                Value::None
            }),
            "isDebugEnabled" => Ok(Value::Bool(self.level(interp) <= 2)),
            "isInfoEnabled" => Ok(Value::Bool(self.level(interp) <= 3)),
            _ => {
                let level = level_named(name).filter(|_| self.methods().contains(&name))?;
                self.log(interp, level, args)
            }
        })
    }
}

/// `sc._jsc`.
struct JavaContext;

impl Object for JavaContext {
    fn type_name(&self) -> &'static str {
        "JavaObject"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["hadoopConfiguration"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        if name.starts_with("__") || name == "hadoopConfiguration" {
            return Ok(None);
        }
        Err(no_java(&format!("_jsc.{name}")))
    }

    fn call_method(&self, _: &mut Interpreter, _: &Value, name: &str, _: Args) -> Option<PyResult> {
        (name == "hadoopConfiguration").then(|| Ok(Value::object(HadoopConfiguration)))
    }
}

/// `df._jdf`: only its plans are there.
pub(super) fn frame(frame: &Value) -> Value {
    Value::object(JavaFrame(frame.clone()))
}

struct JavaFrame(Value);

impl Object for JavaFrame {
    fn type_name(&self) -> &'static str {
        "JavaObject"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["queryExecution"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        if name.starts_with("__") || name == "queryExecution" {
            return Ok(None);
        }
        Err(no_java(&format!("_jdf.{name}")))
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, _: Args) -> Option<PyResult> {
        (name == "queryExecution").then(|| {
            let plans = super::dataframe::all_plans(interp, &self.0)?;
            Ok(Value::object(QueryExecution(plans.trim_end().to_owned())))
        })
    }
}

/// All plans of a query, as `explain(True)` writes them.
struct QueryExecution(String);

/// The methods that give a plan, and the heads under which it stands.
const PLANS: &[(&str, &str)] = &[
    ("logical", "Parsed Logical Plan"),
    ("analyzed", "Analyzed Logical Plan"),
    ("optimizedPlan", "Optimized Logical Plan"),
    ("executedPlan", "Physical Plan"),
];

impl QueryExecution {
    fn plan(&self, head: &str) -> String {
        let start = format!("== {head} ==\n");
        let rest = self.0.split_once(&start).map_or("", |(_, rest)| rest);
        let text = rest.split("\n\n==").next().unwrap_or("").trim_end();
        // The columns stand above the analyzed plan.
        let text = if head.starts_with("Analyzed") { text.split_once('\n').map_or("", |(_, plan)| plan) } else { text };
        format!("{text}\n")
    }
}

impl Object for QueryExecution {
    fn type_name(&self) -> &'static str {
        "JavaObject"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["analyzed", "executedPlan", "logical", "optimizedPlan", "toString"]
    }

    fn call_method(&self, _: &mut Interpreter, _: &Value, name: &str, _: Args) -> Option<PyResult> {
        if name == "toString" {
            return Some(Ok(Value::str(&self.0)));
        }
        let (_, head) = PLANS.iter().find(|(known, _)| *known == name)?;
        Some(Ok(Value::object(JavaPlan(self.plan(head)))))
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(self.0.clone())
    }
}

/// One plan of a query.
struct JavaPlan(String);

impl Object for JavaPlan {
    fn type_name(&self) -> &'static str {
        "JavaObject"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["toString", "treeString"]
    }

    fn call_method(&self, _: &mut Interpreter, _: &Value, name: &str, _: Args) -> Option<PyResult> {
        self.methods().contains(&name).then(|| Ok(Value::str(&self.0)))
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(self.0.clone())
    }
}

/// The settings below `spark.hadoop`.
struct HadoopConfiguration;

impl Object for HadoopConfiguration {
    fn type_name(&self) -> &'static str {
        "JavaObject"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["get", "set", "setBoolean", "setInt", "unset"]
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        self.methods().contains(&name).then(|| configure(interp, name, args))
    }
}

fn configure(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let [key, value] = args.bind(name, ["name", "value"], 1)?;
    let key = format!("spark.hadoop.{}", text_argument(interp, "name", &key.unwrap_or(Value::None))?);
    match name {
        "get" => {
            let known = interp.host()?.conf().get(&key).map(str::to_owned);
            Ok(known.map_or(value.unwrap_or(Value::None), Value::from))
        }
        "unset" => {
            interp.host()?.conf().unset(&key);
            Ok(Value::None)
        }
        _ => {
            let value = super::options::option_text(interp, &value.unwrap_or(Value::None))?;
            interp.host()?.conf().set(key, value);
            Ok(Value::None)
        }
    }
}
