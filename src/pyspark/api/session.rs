//! `SparkSession`, its builder and its configuration.

use super::dataframe::frame;
use super::support::{given, not_expected_type, raise, text_argument};
use super::{catalog, context, create, reader, sqlargs, tvf, udf, udtf};
use crate::common::{ErrorClass, SparkError};
use crate::logical::plan::LogicalPlan;
use crate::logical::settings;
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::{Args, Interpreter, Module, Object, PyResult, Raised, Value, type_error};
use std::rc::Rc;

/// A session; its state lives with the host, by its number.
pub struct Session {
    number: u32,
}

/// `SparkSession.builder…`.
#[derive(Clone, Default)]
pub struct Builder {
    settings: Vec<(String, String)>,
}

/// `spark.conf`.
pub struct RuntimeConfig(u32);

/// What the interpreter remembers of the session.
#[derive(Default)]
pub struct Active {
    session: Option<Value>,
    /// Those of `newSession`, from number 1 on.
    siblings: Vec<Value>,
    stopped: bool,
}

/// The session's methods.
pub const METHODS: &[&str] = &[
    "addArtifact",
    "addArtifacts",
    "addTag",
    "clearTags",
    "clearProgressHandlers",
    "copyFromLocalToFs",
    "createDataFrame",
    "emptyDataFrame",
    "getActiveSession",
    "getTags",
    "interruptAll",
    "newSession",
    "range",
    "registerProgressHandler",
    "removeProgressHandler",
    "removeTag",
    "setCatalog",
    "sql",
    "stop",
    "table",
];

/// The session's attributes.
pub const ATTRIBUTES: &[&str] = &[
    "builder",
    "catalog",
    "conf",
    "dataSource",
    "read",
    "readStream",
    "sparkContext",
    "streams",
    "tvf",
    "udf",
    "udtf",
    "version",
];

/// The builder's methods.
pub const BUILDER_METHODS: &[&str] =
    &["appName", "config", "create", "enableHiveSupport", "getOrCreate", "master", "remote"];

/// The configuration's methods.
pub const CONF_METHODS: &[&str] = &["get", "getAll", "isModifiable", "set", "unset"];

/// The version that scripts see.
pub const VERSION: &str = "4.3.0";

/// The running session, or a new one with the settings there are.
///
/// # Errors
/// A master that cannot be understood.
pub fn active(interp: &mut Interpreter) -> PyResult {
    if let Some(session) = &interp.extension::<Active>().session {
        return Ok(session.clone());
    }
    interp.host()?.start()?;
    let session = Value::object(Session { number: 0 });
    let state = interp.extension::<Active>();
    state.session = Some(session.clone());
    state.stopped = false;
    Ok(session)
}

/// Makes a session's settings, views and functions those that count; inside a function on rows there is no session.
pub fn enter(interp: &mut Interpreter, number: u32) {
    if let Ok(host) = interp.host()
        && host.session_number() != number
    {
        host.enter_session(number);
    }
}

/// The session of a number.
///
/// # Errors
/// See [`active`].
pub fn of_number(interp: &mut Interpreter, number: u32) -> PyResult {
    let found = number.checked_sub(1).and_then(|at| interp.extension::<Active>().siblings.get(at as usize).cloned());
    found.map_or_else(|| active(interp), Ok)
}

fn new_session(interp: &mut Interpreter) -> PyResult {
    let session = Value::object(Session { number: interp.host()?.new_session() });
    interp.extension::<Active>().siblings.push(session.clone());
    Ok(session)
}

/// The module `pyspark.sql.session`.
pub fn module(interp: &mut Interpreter) -> Module {
    let path = "pyspark.sql.session";
    let class = Class::native("SparkSession", path, None)
        .with_native_names(super::surface::methods_of("SparkSession"))
        .with_construct(|interp, _, _| active(interp))
        .with("builder", Value::object(Builder::default()))
        .with(
            "getActiveSession",
            Value::builtin("getActiveSession", |interp, _| {
                Ok(interp.extension::<Active>().session.clone().unwrap_or(Value::None))
            }),
        )
        .with(
            "active",
            Value::builtin("active", |interp, _| match interp.extension::<Active>().session.clone() {
                Some(session) => Ok(session),
                None => Err(raise(
                    ErrorClass::PySparkRuntimeError,
                    "NO_ACTIVE_OR_DEFAULT_SESSION",
                    "No active or default Spark session found.",
                )),
            }),
        );
    class.set(
        "Builder",
        Value::Class(Rc::new(
            Class::native("Builder", path, None).with_construct(|_, _, _| Ok(Value::object(Builder::default()))),
        )),
    );
    let class = interp.register_class(class);
    Module::new(path).with("SparkSession", Value::Class(class))
}

/// Whether there is a session.
pub fn is_running(interp: &mut Interpreter) -> bool {
    interp.extension::<Active>().session.is_some()
}

fn stop(interp: &mut Interpreter) -> PyResult {
    let state = interp.extension::<Active>();
    state.session = None;
    state.siblings.clear();
    state.stopped = true;
    interp.host()?.stop();
    Ok(Value::None)
}

/// `spark.stop()`, `sc.stop()`.
///
/// # Errors
/// Inside a function on rows.
pub fn stop_session(interp: &mut Interpreter) -> PyResult {
    stop(interp)
}

/// `spark.range`, `spark.tvf.range`.
///
/// # Errors
/// `NOT_EXPECTED_TYPE`; a step of 0.
pub fn range(interp: &mut Interpreter, args: Args) -> PyResult {
    let [start, end, step, partitions] = args.bind("range", ["start", "end", "step", "numPartitions"], 1)?;
    let number = |interp: &Interpreter, name: &str, value: &Value| {
        value
            .as_int()
            .or_else(|| value.as_float().map(|real| real as i64))
            .ok_or_else(|| not_expected_type(interp, name, "int", value))
    };
    let start = number(interp, "start", &start.unwrap_or(Value::None))?;
    let (start, end) = match given(end) {
        Some(end) => (start, number(interp, "end", &end)?),
        None => (0, start),
    };
    let step = given(step).map_or(Ok(1), |step| number(interp, "step", &step))?;
    if step == 0 {
        return Err(super::support::illegal_argument("requirement failed: step (0) cannot be 0"));
    }
    let asked = given(partitions).and_then(|value| value.as_int()).and_then(|count| usize::try_from(count).ok());
    let partitions = Some(asked.unwrap_or(interp.host()?.application().default_parallelism));
    let schema = StructType::new(vec![StructField::new("id", DataType::Long, false)]);
    frame(interp, LogicalPlan::Range { start, end, step, partitions, output: LogicalPlan::unassigned(&schema) })
}

fn sql(interp: &mut Interpreter, args: Args) -> PyResult {
    let mut positional = args.positional.into_iter();
    let mut query = positional.next();
    let mut parameters = positional.next();
    let mut named = Vec::new();
    for (name, value) in args.keyword {
        match &*name {
            "sqlQuery" => query = Some(value),
            "args" => parameters = Some(value),
            _ => named.push((name.to_string(), value)),
        }
    }
    let query = text_argument(interp, "sqlQuery", &query.unwrap_or(Value::None))?;
    let text = sqlargs::fill(interp, &query, given(parameters), &named)?;
    let host = interp.host()?;
    let analyzed = host.sql(&text).and_then(|written| host.analyze(written.clone()).map(|plan| (written, plan)));
    sqlargs::close_views(interp)?;
    let (written, plan) = analyzed?;
    Ok(super::dataframe::frame_of_text(interp.host()?, written, plan))
}

impl Object for Session {
    fn type_name(&self) -> &'static str {
        "SparkSession"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn attribute_names(&self) -> Vec<String> {
        ATTRIBUTES.iter().map(|name| (*name).to_owned()).collect()
    }

    fn get_attr(&self, interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        enter(interp, self.number);
        Ok(Some(match name {
            "read" => reader::reader(self.number),
            "conf" => Value::object(RuntimeConfig(self.number)),
            "catalog" => Value::object(catalog::Catalog(self.number)),
            "tvf" => Value::object(tvf::TableFunctions),
            "udf" => Value::object(udf::Registration(self.number)),
            "sparkContext" | "_sc" => context::context(interp),
            "builder" => Value::object(Builder::default()),
            "version" => Value::str(VERSION),
            "readStream" | "streams" => {
                return Err(Raised::unsupported("Structured Streaming", "read the files as a batch with spark.read"));
            }
            "udtf" => Value::object(udtf::Registration(self.number)),
            "dataSource" => {
                return Err(Raised::unsupported(format!("spark.{name}"), "use functions of pyspark.sql.functions"));
            }
            "_jvm" | "_jsparkSession" | "_jsc" => return super::java::behind(name).map(Some),
            _ => return Ok(None),
        }))
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        enter(interp, self.number);
        Some(match name {
            "newSession" => new_session(interp),
            "sql" => sql(interp, args),
            "table" => args.bind("table", ["tableName"], 1).and_then(|[table]| reader::table_frame(interp, table)),
            "range" => range(interp, args),
            "createDataFrame" => create::create_data_frame(interp, args),
            "stop" => stop(interp),
            "emptyDataFrame" => args.bind(name, ["schema"], 0).and_then(|[schema]| {
                let schema =
                    given(schema).unwrap_or_else(|| super::types::type_value(DataType::Struct(StructType::default())));
                create::create_data_frame(interp, Args::of(vec![Value::list(Vec::new()), schema]))
            }),
            "registerProgressHandler" | "removeProgressHandler" | "clearProgressHandlers" | "copyFromLocalToFs" => {
                Err(raise(
                    ErrorClass::PySparkRuntimeError,
                    "ONLY_SUPPORTED_WITH_SPARK_CONNECT",
                    format!(
                        "SparkSession.{name} is only supported with Spark Connect; however, the current Spark session does not use Spark Connect."
                    ),
                ))
            }
            "getActiveSession" | "builder" | "__enter__" => Ok(this.clone()),
            "__exit__" => stop(interp),
            "addTag" | "removeTag" | "clearTags" | "interruptAll" | "setCatalog" => Ok(Value::None),
            "getTags" => Ok(Value::set(crate::pyspark::lang::Set::new())),
            "addArtifact" | "addArtifacts" => {
                Err(Raised::unsupported(format!("spark.{name}"), "put the code into the script itself"))
            }
            _ => return None,
        })
    }

    fn repr(&self, _interp: &mut Interpreter, this: &Value) -> PyResult<String> {
        Ok(format!("<pyspark.sql.session.SparkSession object at 0x{:012x}>", this.identity()))
    }
}

impl Object for Builder {
    fn type_name(&self) -> &'static str {
        "Builder"
    }

    fn methods(&self) -> &'static [&'static str] {
        BUILDER_METHODS
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        BUILDER_METHODS.contains(&name).then(|| self.method(interp, name, args))
    }
}

impl Builder {
    fn with(&self, key: &str, value: String) -> Value {
        let mut next = self.clone();
        next.settings.push((key.to_owned(), value));
        Value::object(next)
    }

    fn method(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        match name {
            "appName" | "master" => {
                let value = args.only(name, if name == "appName" { "name" } else { "master" })?;
                let text = text_argument(interp, name, &value)?;
                Ok(self.with(if name == "appName" { "spark.app.name" } else { "spark.master" }, text))
            }
            "config" => self.config(interp, args),
            "enableHiveSupport" => Ok(self.with("spark.sql.catalogImplementation", "hive".to_owned())),
            "remote" => Err(Raised::unsupported(
                "Spark Connect (builder.remote)",
                "leave it out: the cluster is simulated in this process",
            )),
            _ => self.get_or_create(interp),
        }
    }

    fn config(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let [key, value, conf, map] = args.bind("config", ["key", "value", "conf", "*map"], 0)?;
        let mut next = self.clone();
        let (mut key, mut conf, mut map) = (given(key), given(conf), given(map));
        if let Some(first) = &key {
            if first.downcast::<context::SparkConf>().is_some() {
                conf = key.take();
            } else if first.as_dict().is_some() {
                map = key.take();
            }
        }
        if let Some(key) = key {
            let key = text_argument(interp, "key", &key)?;
            let value = super::options::option_text(interp, &value.unwrap_or(Value::None))?;
            next.settings.push((key, value));
        }
        if let Some(conf) = conf {
            match conf.downcast::<context::SparkConf>() {
                Some(conf) => next.settings.extend(conf.settings.borrow().iter().cloned()),
                None => return Err(not_expected_type(interp, "conf", "SparkConf", &conf)),
            }
        }
        if let Some(map) = map {
            let Some(dict) = map.as_dict() else { return Err(not_expected_type(interp, "map", "dict", &map)) };
            let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            for (key, value) in pairs {
                let key = text_argument(interp, "key", &key)?;
                let value = super::options::option_text(interp, &value)?;
                next.settings.push((key, value));
            }
        }
        Ok(Value::object(next))
    }

    fn get_or_create(&self, interp: &mut Interpreter) -> PyResult {
        let running = interp.extension::<Active>().session.is_some();
        interp.host()?.forget_stopped();
        for (key, value) in &self.settings {
            // A running application keeps its name and its master.
            if !(running && matches!(key.as_str(), "spark.master" | "spark.app.name")) {
                settings::check(key, value)?;
                interp.host()?.conf().set(key, value);
            }
        }
        active(interp)
    }
}

/// Keys that cannot change while the session runs.
const STATIC: &[&str] = &[
    "spark.sql.warehouse.dir",
    "spark.sql.catalogImplementation",
    "spark.sql.extensions",
    "spark.sql.globalTempDatabase",
    "spark.sql.ui.retainedExecutions",
    "spark.sql.cache.serializer",
    "spark.sql.queryExecutionListeners",
    "spark.sql.streaming.ui.enabled",
    "spark.sql.hive.metastore.version",
];

impl RuntimeConfig {
    fn check(key: &str, value: &str) -> PyResult<()> {
        if STATIC.contains(&key) {
            return Err(raise(
                ErrorClass::AnalysisException,
                "CANNOT_MODIFY_STATIC_CONFIG",
                format!("Cannot modify the value of the static Spark config: \"{key}\"."),
            )
            .with_help("set it on the builder, before the session starts"));
        }
        let core =
            ["spark.executor.", "spark.driver.", "spark.task.", "spark.memory.", "spark.network.", "spark.shuffle."];
        if core.iter().any(|prefix| key.starts_with(prefix))
            || matches!(key, "spark.master" | "spark.app.name" | "spark.serializer")
        {
            return Err(SparkError::analysis(
                "CANNOT_MODIFY_CONFIG",
                format!("Cannot modify the value of the Spark config: \"{key}\"."),
            )
            .with_parameters([
                ("key", format!("\"{key}\"")),
                ("docroot", crate::logical::settings::DOCUMENTATION.to_owned()),
            ])
            .with_help("set it on the builder, before the session starts")
            .into());
        }
        settings::check(key, value)?;
        Ok(())
    }

    fn method(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        match name {
            "set" => {
                let [key, value] = args.bind(name, ["key", "value"], 2)?;
                let key = text_argument(interp, "key", &key.unwrap_or(Value::None))?;
                let value = value.unwrap_or(Value::None);
                if !matches!(value.native(), Value::Str(_) | Value::Int(_) | Value::Bool(_)) {
                    return Err(not_expected_type(interp, "value", "str, bool or int", &value));
                }
                let text = super::options::option_text(interp, &value)?;
                Self::check(&key, &text)?;
                interp.host()?.conf().set(key, text);
                Ok(Value::None)
            }
            "get" => {
                let [key, default] = args.bind(name, ["key", "default"], 1)?;
                let key = text_argument(interp, "key", &key.unwrap_or(Value::None))?;
                let conf = interp.host()?.conf();
                // A default that is given goes before Spark's own.
                let set = conf.iter().find(|(known, _)| *known == key).map(|(_, value)| value.to_owned());
                let given = default.as_ref().is_some_and(|default| !default.is_none());
                let found = if given { set } else { set.or_else(|| conf.get(&key).map(str::to_owned)) };
                if let Some(value) = found {
                    return Ok(Value::from(value));
                }
                default.ok_or_else(|| {
                    SparkError::new(
                        ErrorClass::SparkNoSuchElementException,
                        format!("The SQL config \"{key}\" cannot be found. Please verify that the config exists."),
                    )
                    .with_condition("SQL_CONF_NOT_FOUND")
                    .with_parameters([("sqlConf", format!("\"{key}\""))])
                    .into()
                })
            }
            "unset" => {
                let key = args.only(name, "key")?;
                let key = text_argument(interp, "key", &key)?;
                interp.host()?.conf().unset(&key);
                Ok(Value::None)
            }
            "getAll" => Self::all(interp),
            _ => {
                let key = args.only(name, "key")?;
                let key = text_argument(interp, "key", &key)?;
                Ok(Value::Bool(key.starts_with("spark.sql.") && !STATIC.contains(&key.as_str())))
            }
        }
    }

    fn all(interp: &mut Interpreter) -> PyResult {
        let mut dict = crate::pyspark::lang::Dict::new();
        for (key, value) in interp.host()?.conf().iter() {
            dict.set_str(key, Value::str(value));
        }
        Ok(Value::dict(dict))
    }
}

impl Object for RuntimeConfig {
    fn type_name(&self) -> &'static str {
        "RuntimeConfig"
    }

    fn methods(&self) -> &'static [&'static str] {
        CONF_METHODS
    }

    fn get_attr(&self, interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        enter(interp, self.0);
        if name == "getAll" { Self::all(interp).map(Some) } else { Ok(None) }
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        CONF_METHODS.contains(&name).then(|| {
            enter(interp, self.0);
            Self::method(interp, name, args)
        })
    }
}

/// `SQLContext(sc)` and `HiveContext(sc)`: the session under its old names.
///
/// # Errors
/// See [`active`].
pub fn old_context(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    if args.is_empty() {
        return Err(type_error("SQLContext.__init__() missing 1 required positional argument: 'sparkContext'"));
    }
    active(interp)
}
