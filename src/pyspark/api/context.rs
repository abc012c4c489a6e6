//! `SparkContext` and `SparkConf`.

use super::rdd;
use super::session;
use super::support::{given, text_argument};
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::{Args, Interpreter, Module, Object, PyResult, Raised, Value, value_error};
use std::cell::RefCell;

/// The context.
pub struct Context;

/// `SparkConf()`.
#[derive(Default)]
pub struct SparkConf {
    pub settings: RefCell<Vec<(String, String)>>,
}

/// The context as the interpreter keeps it.
#[derive(Default)]
struct Shared(Option<Value>);

/// The context's methods.
pub const METHODS: &[&str] = &[
    "accumulator",
    "addArchive",
    "addFile",
    "addJobTag",
    "addPyFile",
    "binaryFiles",
    "binaryRecords",
    "broadcast",
    "cancelAllJobs",
    "cancelJobGroup",
    "cancelJobsWithTag",
    "clearJobTags",
    "dump_profiles",
    "emptyRDD",
    "getConf",
    "getJobTags",
    "getLocalProperty",
    "getSystemProperty",
    "hadoopFile",
    "hadoopRDD",
    "newAPIHadoopFile",
    "newAPIHadoopRDD",
    "parallelize",
    "pickleFile",
    "range",
    "removeJobTag",
    "runJob",
    "sequenceFile",
    "setCheckpointDir",
    "setInterruptOnCancel",
    "setJobDescription",
    "setJobGroup",
    "setLocalProperty",
    "setLogLevel",
    "setSystemProperty",
    "show_profiles",
    "sparkUser",
    "statusTracker",
    "stop",
    "textFile",
    "union",
    "wholeTextFiles",
];

/// The context's attributes.
pub const ATTRIBUTES: &[&str] = &[
    "appName",
    "applicationId",
    "defaultMinPartitions",
    "defaultParallelism",
    "master",
    "pythonExec",
    "pythonVer",
    "resources",
    "sparkHome",
    "startTime",
    "uiWebUrl",
    "version",
];

/// The methods of a `SparkConf`.
pub const CONF_METHODS: &[&str] = &[
    "contains",
    "get",
    "getAll",
    "set",
    "setAll",
    "setAppName",
    "setExecutorEnv",
    "setIfMissing",
    "setMaster",
    "setSparkHome",
    "toDebugString",
];

/// What `setLocalProperty` was told.
#[derive(Default)]
struct LocalProperties(std::collections::BTreeMap<String, String>);

/// The context of the session.
pub fn context(interp: &mut Interpreter) -> Value {
    let shared = interp.extension::<Shared>();
    shared.0.get_or_insert_with(|| Value::object(Context)).clone()
}

/// Registers `SparkContext` and `SparkConf` and gives the module `pyspark.context`.
pub fn module(interp: &mut Interpreter) -> Module {
    let create = |interp: &mut Interpreter, args: Args| start(interp, args);
    let class = Class::native("SparkContext", "pyspark.context", None)
        .with_construct(|interp, _, args| {
            if session::is_running(interp) {
                let application = interp.host()?.application();
                return Err(value_error(format!(
                    "Cannot run multiple SparkContexts at once; existing SparkContext(app={}, master={})",
                    application.name, application.master
                ))
                .with_help("use SparkContext.getOrCreate(), or spark.sparkContext"));
            }
            start(interp, args)
        })
        .with("getOrCreate", Value::builtin("getOrCreate", create))
        .with("setSystemProperty", Value::builtin("setSystemProperty", |_, _| Ok(Value::None)))
        .with("PACKAGE_EXTENSIONS", Value::tuple(vec![Value::str(".zip"), Value::str(".egg"), Value::str(".jar")]));
    let class = interp.register_class(class);
    let conf = Class::native("SparkConf", "pyspark.conf", None)
        .with_construct(|_, _, _| Ok(Value::object(SparkConf::default())));
    let conf = interp.register_class(conf);
    Module::new("pyspark.context").with("SparkContext", Value::Class(class)).with("SparkConf", Value::Class(conf))
}

fn start(interp: &mut Interpreter, args: Args) -> PyResult {
    let names = [
        "master",
        "appName",
        "sparkHome",
        "pyFiles",
        "environment",
        "batchSize",
        "serializer",
        "conf",
        "gateway",
        "jsc",
        "profiler_cls",
    ];
    let [master, name, _, _, _, _, _, conf, ..] = args.bind("SparkContext", names, 0)?;
    let mut settings = Vec::new();
    // `SparkContext(conf)` and `getOrCreate(conf)` give the configuration first.
    let (master, conf) = match given(master) {
        Some(value) if value.downcast::<SparkConf>().is_some() => (None, Some(value)),
        other => (other, given(conf)),
    };
    if let Some(conf) = conf.as_ref().and_then(|conf| conf.downcast::<SparkConf>()) {
        settings.extend(conf.settings.borrow().iter().cloned());
    }
    if let Some(master) = master {
        settings.push(("spark.master".to_owned(), text_argument(interp, "master", &master)?));
    }
    if let Some(name) = given(name) {
        settings.push(("spark.app.name".to_owned(), text_argument(interp, "appName", &name)?));
    }
    interp.host()?.forget_stopped();
    for (key, value) in settings {
        interp.host()?.conf().set(key, value);
    }
    session::active(interp)?;
    Ok(context(interp))
}

/// Tags of the jobs that follow. They are kept; nothing here cancels jobs by tag.
#[derive(Default)]
struct Tags(std::collections::BTreeSet<String>);

fn tags(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    if name == "getJobTags" {
        let tags: Vec<Value> = interp.extension::<Tags>().0.iter().map(Value::str).collect();
        let mut set = crate::pyspark::lang::Set::new();
        for tag in tags {
            set.insert(interp, tag)?;
        }
        return Ok(Value::set(set));
    }
    if name == "clearJobTags" {
        interp.extension::<Tags>().0.clear();
        return Ok(Value::None);
    }
    let tag = args.only(name, "tag")?;
    let tag = text_argument(interp, "tag", &tag)?;
    let tags = &mut interp.extension::<Tags>().0;
    if name == "addJobTag" {
        tags.insert(tag);
    } else {
        tags.remove(&tag);
    }
    Ok(Value::None)
}

/// `runJob(rdd, f, partitions)`: the function over some partitions, all results in one list.
fn run_job(interp: &mut Interpreter, args: Args) -> PyResult {
    let [data, function, partitions, _local] =
        args.bind("runJob", ["rdd", "partitionFunc", "partitions", "allowLocal"], 2)?;
    let data = data.unwrap_or(Value::None);
    let made = interp.call_method(&data, "mapPartitions", Args::of(vec![function.unwrap_or(Value::None)]))?;
    let Some(partitions) = given(partitions) else {
        return interp.call_method(&made, "collect", Args::none());
    };
    let wanted: Vec<i64> = interp.items(&partitions)?.iter().filter_map(Value::as_int).collect();
    let parts = interp.call_method(&made, "glom", Args::none())?;
    let parts = interp.call_method(&parts, "collect", Args::none())?;
    let parts = interp.items(&parts)?;
    let mut results = Vec::new();
    for at in wanted {
        if let Some(part) = usize::try_from(at).ok().and_then(|at| parts.get(at)) {
            results.extend(interp.items(part)?);
        }
    }
    Ok(Value::list(results))
}

impl Context {
    fn method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> PyResult {
        match name {
            "parallelize" => rdd::source::parallelize(interp, args),
            "range" => rdd::source::range(interp, args),
            "textFile" => rdd::source::text_file(interp, args),
            "wholeTextFiles" => rdd::source::whole_text_files(interp, args),
            "emptyRDD" => rdd::source::empty(interp),
            "union" => {
                let items = args.only("union", "rdds")?;
                let items = interp.items(&items)?;
                let mut items = items.into_iter();
                let Some(mut all) = items.next() else { return rdd::source::empty(interp) };
                for item in items {
                    all = interp.call_method(&all, "union", Args::of(vec![item]))?;
                }
                Ok(all)
            }
            "broadcast" => {
                let value = args.only("broadcast", "value")?;
                Ok(rdd::shared::broadcast(interp, value))
            }
            "accumulator" => rdd::shared::accumulator(interp, args),
            "getConf" => {
                let conf = SparkConf::default();
                for (key, value) in interp.host()?.conf().iter() {
                    conf.settings.borrow_mut().push((key.to_owned(), value.to_owned()));
                }
                Ok(Value::object(conf))
            }
            "setCheckpointDir" => {
                let [directory] = args.bind(name, ["dirName"], 1)?;
                let directory = text_argument(interp, "dirName", &directory.unwrap_or(Value::None))?;
                interp.host()?.conf().set("spark.checkpoint.dir", directory);
                Ok(Value::None)
            }
            "stop" => session::stop_session(interp),
            "sparkUser" => Ok(Value::str("learner")),
            "getLocalProperty" => {
                let key = text_argument(interp, "key", &args.only(name, "key")?)?;
                let known = interp.extension::<LocalProperties>().0.get(&key).cloned();
                Ok(known.map_or(Value::None, Value::str))
            }
            "setLocalProperty" => {
                let [key, value] = args.bind(name, ["key", "value"], 2)?;
                let key = text_argument(interp, "key", &key.unwrap_or(Value::None))?;
                let properties = match given(value) {
                    Some(value) => Some(interp.str(&value)?),
                    None => None,
                };
                let known = &mut interp.extension::<LocalProperties>().0;
                match properties {
                    Some(value) => known.insert(key, value),
                    None => known.remove(&key),
                };
                Ok(Value::None)
            }
            "getSystemProperty" => {
                let key = args.only(name, "key")?;
                let own = text_argument(interp, "key", &key)? == "SPARK_SUBMIT";
                Ok(if own { Value::str("true") } else { Value::None })
            }
            "addJobTag" | "removeJobTag" | "clearJobTags" | "getJobTags" => tags(interp, name, args),
            "runJob" => run_job(interp, args),
            "__enter__" => Ok(this.clone()),
            "__exit__" => session::stop_session(interp),
            "setLogLevel" => {
                const LEVELS: &[&str] = &["ALL", "DEBUG", "ERROR", "FATAL", "INFO", "OFF", "TRACE", "WARN"];
                let level = args.only(name, "logLevel")?;
                let level = text_argument(interp, "logLevel", &level)?;
                if !LEVELS.contains(&level.to_uppercase().as_str()) {
                    return Err(super::support::illegal_argument(format!(
                        "requirement failed: Supplied level {level} did not match one of: {}",
                        LEVELS.join(",")
                    )));
                }
                super::java::set_log_level(interp, &level);
                Ok(Value::None)
            }
            "setJobGroup"
            | "setJobDescription"
            | "setInterruptOnCancel"
            | "setSystemProperty"
            | "cancelAllJobs"
            | "cancelJobGroup"
            | "cancelJobsWithTag"
            | "show_profiles"
            | "dump_profiles" => Ok(Value::None),
            "addFile" | "addPyFile" => super::files::add(interp, name, args),
            "addArchive" => Err(Raised::unsupported(
                format!("SparkContext.{name}"),
                "on real Spark it unpacks an archive beside the executors; here put the code into the script itself, and read data files with spark.read",
            )),
            "statusTracker" => Err(Raised::unsupported(
                "SparkContext.statusTracker",
                "on real Spark it tells the state of jobs and stages while they run; here the theatre and `replay` show them",
            )),
            _ => Err(super::rdd::source::no_such_format("SparkContext", name)),
        }
    }
}

impl Object for Context {
    fn type_name(&self) -> &'static str {
        "SparkContext"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn attribute_names(&self) -> Vec<String> {
        ATTRIBUTES.iter().map(|name| (*name).to_owned()).collect()
    }

    fn get_attr(&self, interp: &mut Interpreter, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if !ATTRIBUTES.contains(&name) {
            return match name {
                "_jvm" | "_jsc" | "_gateway" => super::java::behind(name).map(Some),
                "_conf" => interp.call_method(this, "getConf", Args::none()).map(Some),
                _ => Ok(None),
            };
        }
        let application = interp.host()?.application();
        Ok(Some(match name {
            "appName" => Value::str(application.name),
            "applicationId" => Value::str(application.id),
            "master" => Value::str(application.master),
            "defaultParallelism" => Value::Int(application.default_parallelism as i64),
            "defaultMinPartitions" => Value::Int(application.default_parallelism.min(2) as i64),
            "version" => Value::str(session::VERSION),
            "pythonExec" => Value::str("python3"),
            "pythonVer" => Value::str("3.11"),
            "startTime" => Value::Int(interp.host()?.now_micros() / 1000),
            "resources" => Value::dict(crate::pyspark::lang::Dict::new()),
            _ => Value::None,
        }))
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        (METHODS.contains(&name) || matches!(name, "__enter__" | "__exit__"))
            .then(|| self.method(interp, this, name, args))
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let application = interp.host()?.application();
        Ok(format!("<SparkContext master={} appName={}>", application.master, application.name))
    }
}

impl SparkConf {
    fn put(&self, key: &str, value: String) {
        let mut settings = self.settings.borrow_mut();
        match settings.iter_mut().find(|(known, _)| known == key) {
            Some((_, slot)) => *slot = value,
            None => settings.push((key.to_owned(), value)),
        }
    }

    fn get(&self, key: &str) -> Option<String> {
        self.settings.borrow().iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    fn method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> PyResult {
        match name {
            "setMaster" | "setAppName" | "setSparkHome" => {
                let value = args.only(name, "value")?;
                let value = text_argument(interp, "value", &value)?;
                let key = match name {
                    "setMaster" => "spark.master",
                    "setAppName" => "spark.app.name",
                    _ => "spark.home",
                };
                self.put(key, value);
                Ok(this.clone())
            }
            "set" | "setIfMissing" => {
                let [key, value] = args.bind(name, ["key", "value"], 2)?;
                let key = text_argument(interp, "key", &key.unwrap_or(Value::None))?;
                let value = super::options::option_text(interp, &value.unwrap_or(Value::None))?;
                if name == "set" || self.get(&key).is_none() {
                    self.put(&key, value);
                }
                Ok(this.clone())
            }
            "setAll" => {
                let pairs = args.only(name, "pairs")?;
                for pair in interp.items(&pairs)? {
                    let parts = interp.items(&pair)?;
                    if let [key, value] = parts.as_slice() {
                        let key = text_argument(interp, "key", key)?;
                        let value = super::options::option_text(interp, value)?;
                        self.put(&key, value);
                    }
                }
                Ok(this.clone())
            }
            "setExecutorEnv" => self.executor_env(interp, args).map(|()| this.clone()),
            "get" => {
                let [key, default] = args.bind(name, ["key", "defaultValue"], 1)?;
                let key = text_argument(interp, "key", &key.unwrap_or(Value::None))?;
                Ok(self.get(&key).map_or(default.unwrap_or(Value::None), Value::str))
            }
            "contains" => {
                let key = args.only(name, "key")?;
                let key = text_argument(interp, "key", &key)?;
                Ok(Value::Bool(self.get(&key).is_some()))
            }
            "getAll" => Ok(Value::list(
                self.settings.borrow().iter().map(|(k, v)| Value::tuple(vec![Value::str(k), Value::str(v)])).collect(),
            )),
            _ => {
                let mut lines: Vec<String> = self.settings.borrow().iter().map(|(k, v)| format!("{k}={v}")).collect();
                lines.sort_unstable();
                Ok(Value::str(lines.join("\n")))
            }
        }
    }
}

impl SparkConf {
    /// Variables of the executors' processes, which are settings like others.
    fn executor_env(&self, interp: &mut Interpreter, args: Args) -> PyResult<()> {
        let [key, value, pairs] = args.bind("setExecutorEnv", ["key", "value", "pairs"], 0)?;
        if key.is_some() == pairs.is_some() {
            return Err(Raised::named("Exception", "Either pass one key-value pair or a list of pairs"));
        }
        let mut given = match pairs {
            Some(pairs) => interp.items(&pairs)?,
            None => Vec::new(),
        };
        given.extend(key.map(|key| Value::tuple(vec![key, value.unwrap_or(Value::None)])));
        for pair in given {
            if let [key, value] = interp.items(&pair)?.as_slice() {
                let key = text_argument(interp, "key", key)?;
                let value = super::options::option_text(interp, value)?;
                self.put(&format!("spark.executorEnv.{key}"), value);
            }
        }
        Ok(())
    }
}

impl Object for SparkConf {
    fn type_name(&self) -> &'static str {
        "SparkConf"
    }

    fn methods(&self) -> &'static [&'static str] {
        CONF_METHODS
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        CONF_METHODS.contains(&name).then(|| self.method(interp, this, name, args))
    }
}
