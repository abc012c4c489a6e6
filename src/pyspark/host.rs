//! What the interpreter asks of the world. `session` implements it; nothing else of the program is visible from here.

use crate::common::Result;
use crate::common::conf::{Conf, Options};
use crate::common::ids::{CacheId, PlanStepId};
use crate::logical::expr::Expr;
use crate::logical::plan::{FileFormat, LogicalPlan, WriteTarget};
use crate::logical::types::StructType;
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// The world around a script.
pub trait Host {
    /// Resolves names and types, or raises as PySpark would at this call.
    ///
    /// # Errors
    /// `AnalysisException` and its kin.
    fn analyze(&mut self, plan: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>>;

    /// Parses SQL text into an unresolved plan (`spark.sql`); commands (`CREATE VIEW`, `SHOW TABLES`, …) are carried out and give a local relation.
    ///
    /// # Errors
    /// `ParseException`.
    fn sql(&mut self, text: &str) -> Result<Arc<LogicalPlan>>;

    /// Parses an expression in SQL text (`F.expr`, `filter("…")`, `selectExpr`).
    ///
    /// # Errors
    /// `ParseException`.
    fn parse_expr(&mut self, text: &str) -> Result<Expr>;

    /// Parses a schema in DDL text: a list of columns, or a single type (then one field named `value`, flagged by `true`).
    ///
    /// # Errors
    /// `ParseException`.
    fn parse_schema(&mut self, ddl: &str) -> Result<(StructType, bool)>;

    /// Makes the plan that reads files: lists them, takes or infers the schema (which may run a job).
    ///
    /// # Errors
    /// `PATH_NOT_FOUND`, `UNABLE_TO_INFER_SCHEMA`, ….
    fn read_files(&mut self, request: ReadRequest) -> Result<Arc<LogicalPlan>>;

    /// Runs an analyzed plan and gives all its rows. `action` is the word for screens (`show`, `collect`, `count`, …).
    ///
    /// # Errors
    /// What the run raised.
    fn collect(&mut self, plan: &Arc<LogicalPlan>, action: &str) -> Result<Vec<RecordBatch>>;

    /// The same, partition by partition. A host that knows no partitions has one.
    ///
    /// # Errors
    /// What the run raised.
    fn collect_partitions(&mut self, plan: &Arc<LogicalPlan>, action: &str) -> Result<Vec<Vec<RecordBatch>>> {
        Ok(vec![self.collect(plan, action)?])
    }

    /// Computes an analyzed plan's rows on the cluster and keeps none of them.
    ///
    /// # Errors
    /// What the run raised.
    fn drop_rows(&mut self, plan: &Arc<LogicalPlan>, action: &str) -> Result<()>;

    /// Writes an analyzed plan's rows.
    ///
    /// # Errors
    /// What the run raised; then nothing is visible at the target.
    fn write(&mut self, plan: &Arc<LogicalPlan>, target: WriteTarget) -> Result<()>;

    /// `explain` in one of Spark's modes: `simple`, `extended`, `formatted`, `cost`, `codegen`; `written` is the plan before its
    /// last step was analyzed.
    ///
    /// # Errors
    /// When planning fails.
    fn explain(&mut self, plan: &Arc<LogicalPlan>, written: &Arc<LogicalPlan>, mode: &str) -> Result<String>;

    /// How many partitions the plan would have (`df.rdd.getNumPartitions()`); adaptive execution may run the plan's exchanges for it.
    ///
    /// # Errors
    /// When planning fails.
    fn partitions(&mut self, plan: &Arc<LogicalPlan>) -> Result<usize>;

    /// Marks a plan as cached; the same plan is then read from the cache. Gives the cache's id.
    ///
    /// # Errors
    /// When planning fails.
    fn cache(&mut self, plan: &Arc<LogicalPlan>, storage_level: &str) -> Result<CacheId>;

    /// Forgets a cache. True when there was one.
    ///
    /// # Errors
    /// Never so far; kept for hosts that may fail.
    fn uncache(&mut self, plan: &Arc<LogicalPlan>) -> Result<bool>;

    /// The storage level of a plan's cache, if it is cached.
    fn storage_level(&mut self, plan: &Arc<LogicalPlan>) -> Option<String>;

    /// `checkpoint` (reliable) or `localCheckpoint`.
    ///
    /// # Errors
    /// Without a checkpoint folder; what the run raised.
    fn checkpoint(&mut self, plan: &Arc<LogicalPlan>, reliable: bool, eager: bool) -> Result<Arc<LogicalPlan>>;

    /// Views, tables, databases, the current one.
    ///
    /// # Errors
    /// `TABLE_OR_VIEW_NOT_FOUND` and its kin.
    fn catalog(&mut self, request: CatalogRequest) -> Result<CatalogReply>;

    /// The session's configuration.
    fn conf(&mut self) -> &mut Conf;

    /// Application facts: name, id, default parallelism, master.
    fn application(&mut self) -> Application;

    /// Called when `SparkSession.builder.….getOrCreate()` makes the first session (`.master`, `.appName` are in `conf`).
    ///
    /// # Errors
    /// A master that cannot be understood.
    fn start(&mut self) -> Result<()>;

    /// `spark.newSession()`: settings, temporary views and functions of its own; tables and caches are shared. Gives its number.
    fn new_session(&mut self) -> u32 {
        0
    }

    /// From here on the settings, views and functions of this session count.
    fn enter_session(&mut self, number: u32) {
        let _ = number;
    }

    /// The session that counts now; the first has the number 0.
    fn session_number(&self) -> u32 {
        0
    }

    /// `spark.stop()`.
    fn stop(&mut self);

    /// Before a builder or a context sets anything: what an application that is stopped had set is forgotten.
    fn forget_stopped(&mut self);

    /// The script prints; the text is not yet followed by anything else.
    fn print(&mut self, text: &str);

    /// The script writes to standard error (`sys.stderr.write`, `logging`).
    fn print_error(&mut self, text: &str) {
        let _ = text;
    }

    /// A part of the script is about to run: its text, and the number of its first line.
    fn script_read(&mut self, first_line: u32, text: &str) {
        let _ = (first_line, text);
    }

    /// The script has a new frame: `written` is its last step as it was written, over plans that are resolved, and `plan` the same resolved.
    fn frame_made(&mut self, written: &Arc<LogicalPlan>, plan: &Arc<LogicalPlan>) {
        let _ = (written, plan);
    }

    /// The script has a new RDD: the call that made it, with what, and the steps that it goes on from. Gives its step, where steps are told.
    fn step_made(&mut self, does: &str, with: &str, inputs: Vec<PlanStepId>) -> Option<PlanStepId> {
        let _ = (does, with, inputs);
        None
    }

    /// The step that a plan was told as.
    fn step_of(&mut self, plan: &Arc<LogicalPlan>) -> Option<PlanStepId> {
        let _ = plan;
        None
    }

    /// A plan computes what a step said.
    fn computes(&mut self, plan: &Arc<LogicalPlan>, step: PlanStepId) {
        let _ = (plan, step);
    }

    /// The script reaches a statement (1-based line); gives an error when it must stop.
    ///
    /// # Errors
    /// `Interrupted`, `LineReached`.
    fn statement(&mut self, line: u32, text: &str) -> Result<()>;

    /// Code of another file than the script's goes on; gives an error when it must stop.
    ///
    /// # Errors
    /// `Interrupted`.
    fn go_on(&mut self) -> Result<()> {
        Ok(())
    }

    /// The script's clock: session start plus virtual time, microseconds since the epoch.
    fn now_micros(&mut self) -> i64;

    /// `time.sleep`: advances the virtual clock.
    fn sleep(&mut self, seconds: f64);

    /// A seed for unseeded chance, drawn from the run's seed.
    fn fresh_seed(&mut self) -> i64;

    /// Reads a small file for the script (`open`, `json.load`), or says why not.
    ///
    /// # Errors
    /// Outside the allowed folders, not there, not text.
    fn read_text(&mut self, path: &str) -> Result<String>;

    /// Questions about the file system that scripts ask (`os.path.exists`, `os.listdir`), inside the allowed folders.
    ///
    /// # Errors
    /// Outside the allowed folders.
    fn path(&mut self, request: PathRequest) -> Result<PathReply>;

    /// The driver died. True when it was started again, so that the script runs from its first line; nothing of what was told before holds.
    fn restart(&mut self) -> bool {
        false
    }

    /// The script has ended with this exit status; nothing is asked after it.
    fn end(&mut self, exit: i32);
}

/// What `spark.read` asked for.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    pub format: FileFormat,
    pub paths: Vec<String>,
    /// As the script gave it; absent: from the files.
    pub schema: Option<StructType>,
    pub options: Options,
    /// Rows of text to read instead of files (`spark.read.json(rdd)`): an analyzed plan of one text column.
    pub texts: Option<Arc<LogicalPlan>>,
}

/// Facts of the application.
#[derive(Debug, Clone)]
pub struct Application {
    pub name: String,
    pub id: String,
    pub master: String,
    pub default_parallelism: usize,
}

/// A request to the catalog.
#[derive(Debug, Clone)]
pub enum CatalogRequest {
    CreateView {
        name: String,
        plan: Arc<LogicalPlan>,
        replace: bool,
        global: bool,
    },
    DropView {
        name: String,
        global: bool,
    },
    /// The plan behind `spark.table(name)`.
    Table {
        name: String,
    },
    TableExists {
        name: String,
    },
    ListTables {
        database: Option<String>,
    },
    ListDatabases,
    CurrentDatabase,
    SetCurrentDatabase {
        name: String,
    },
    ListColumns {
        table: String,
    },
    /// Spark's own, those of the session, and those of a database (absent: the current one).
    ListFunctions {
        database: Option<String>,
    },
    /// At most one.
    GetFunction {
        name: String,
    },
    /// `refreshTable`: what is cached of the table goes, and its files are listed anew.
    RefreshTable {
        name: String,
    },
    /// `refreshByPath`.
    RefreshPath {
        path: String,
    },
    /// `recoverPartitions`.
    RecoverPartitions {
        name: String,
    },
    IsCached {
        table: String,
    },
    CacheTable {
        table: String,
    },
    UncacheTable {
        table: String,
    },
    ClearCache,
    /// `df.write.saveAsTable(name)`.
    SaveTable {
        name: String,
        plan: Arc<LogicalPlan>,
        target: WriteTarget,
    },
    /// `spark.udf.register`.
    RegisterFunction {
        name: String,
        function: Arc<dyn crate::logical::functions::RowFunction>,
        data_type: crate::logical::types::DataType,
    },
    /// `spark.udtf.register`.
    RegisterTableFunction {
        name: String,
        function: Arc<dyn crate::logical::functions::table::TableFunction>,
    },
}

/// The catalog's answer.
#[derive(Debug, Clone)]
pub enum CatalogReply {
    Done,
    Yes(bool),
    Plan(Arc<LogicalPlan>),
    Tables(Vec<TableEntry>),
    Names(Vec<String>),
    Functions(Vec<FunctionEntry>),
    Columns {
        schema: StructType,
        /// The names of those that the table's folders are named by.
        keys: Vec<String>,
    },
}

/// A table or view that the catalog lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableEntry {
    pub name: String,
    /// Absent for a temporary view.
    pub database: Option<String>,
    pub temporary: bool,
    /// Whether it is a view that stays.
    pub view: bool,
}

/// A function that the catalog lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionEntry {
    pub name: String,
    /// Absent for Spark's own and for temporary ones.
    pub database: Option<String>,
    pub description: Option<String>,
    pub class_name: Option<String>,
    pub temporary: bool,
}

impl FunctionEntry {
    /// One of Spark's own, or one of the session.
    #[must_use]
    pub fn own(name: &str) -> Self {
        FunctionEntry { name: name.to_owned(), database: None, description: None, class_name: None, temporary: true }
    }
}

/// A question about the file system.
#[derive(Debug, Clone)]
pub enum PathRequest {
    Exists(String),
    IsFile(String),
    IsDir(String),
    List(String),
    Size(String),
    CurrentDir,
    MakeDirs(String),
    /// `open(path, "w")` makes or empties the file, each `write` appends to it.
    Write {
        path: String,
        bytes: Vec<u8>,
        append: bool,
    },
    /// `shutil.copy`.
    Copy {
        from: String,
        to: String,
    },
    /// `os.remove` and `shutil.rmtree`: only what this run made, Spark's output, and what lies below `out/`.
    RemoveFile(String),
    RemoveTree(String),
    Glob(String),
}

/// The file system's answer.
#[derive(Debug, Clone)]
pub enum PathReply {
    Yes(bool),
    Names(Vec<String>),
    Size(u64),
    Path(String),
    Done,
}
