//! A world for tests: remembers what was printed, and can nothing else.

use crate::common::conf::Conf;
use crate::common::ids::CacheId;
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::plan::{LogicalPlan, WriteTarget};
use crate::logical::types::StructType;
use crate::pyspark::host::{Application, CatalogReply, CatalogRequest, Host, PathReply, PathRequest, ReadRequest};
use arrow::record_batch::RecordBatch;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What a script left behind.
#[derive(Default)]
pub struct Paper {
    pub out: String,
    pub error: String,
}

/// A host without a cluster.
pub struct FakeHost {
    pub paper: Rc<RefCell<Paper>>,
    conf: Conf,
    now: i64,
    seed: i64,
}

impl FakeHost {
    /// A host, and where it writes.
    pub fn new() -> (FakeHost, Rc<RefCell<Paper>>) {
        let paper = Rc::new(RefCell::new(Paper::default()));
        // 2026-01-02 03:04:05 UTC.
        let now = 1_767_323_045_000_000;
        (FakeHost { paper: Rc::clone(&paper), conf: Conf::new(), now, seed: 0 }, paper)
    }
}

fn nothing<T>() -> Result<T> {
    Err(SparkError::internal("the test's host has no cluster"))
}

impl Host for FakeHost {
    fn analyze(&mut self, _plan: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        nothing()
    }
    fn sql(&mut self, _text: &str) -> Result<Arc<LogicalPlan>> {
        nothing()
    }
    fn parse_expr(&mut self, _text: &str) -> Result<Expr> {
        nothing()
    }
    fn parse_schema(&mut self, _ddl: &str) -> Result<(StructType, bool)> {
        nothing()
    }
    fn read_files(&mut self, _request: ReadRequest) -> Result<Arc<LogicalPlan>> {
        nothing()
    }
    fn collect(&mut self, _plan: &Arc<LogicalPlan>, _action: &str) -> Result<Vec<RecordBatch>> {
        nothing()
    }
    fn drop_rows(&mut self, _plan: &Arc<LogicalPlan>, _action: &str) -> Result<()> {
        nothing()
    }
    fn write(&mut self, _plan: &Arc<LogicalPlan>, _target: WriteTarget) -> Result<()> {
        nothing()
    }
    fn explain(&mut self, _plan: &Arc<LogicalPlan>, _written: &Arc<LogicalPlan>, _mode: &str) -> Result<String> {
        nothing()
    }
    fn partitions(&mut self, _plan: &Arc<LogicalPlan>) -> Result<usize> {
        nothing()
    }
    fn cache(&mut self, _plan: &Arc<LogicalPlan>, _storage_level: &str) -> Result<CacheId> {
        nothing()
    }
    fn uncache(&mut self, _plan: &Arc<LogicalPlan>) -> Result<bool> {
        nothing()
    }
    fn storage_level(&mut self, _plan: &Arc<LogicalPlan>) -> Option<String> {
        None
    }
    fn checkpoint(&mut self, _plan: &Arc<LogicalPlan>, _reliable: bool, _eager: bool) -> Result<Arc<LogicalPlan>> {
        nothing()
    }
    fn catalog(&mut self, _request: CatalogRequest) -> Result<CatalogReply> {
        nothing()
    }
    fn conf(&mut self) -> &mut Conf {
        &mut self.conf
    }
    fn application(&mut self) -> Application {
        Application {
            name: "test".to_owned(),
            id: "app-0".to_owned(),
            master: "local[1]".to_owned(),
            default_parallelism: 1,
        }
    }
    fn start(&mut self) -> Result<()> {
        Ok(())
    }
    fn stop(&mut self) {}
    fn forget_stopped(&mut self) {}
    fn print(&mut self, text: &str) {
        self.paper.borrow_mut().out.push_str(text);
    }
    fn print_error(&mut self, text: &str) {
        self.paper.borrow_mut().error.push_str(text);
    }
    fn statement(&mut self, _line: u32, _text: &str) -> Result<()> {
        Ok(())
    }
    fn now_micros(&mut self) -> i64 {
        self.now
    }
    fn sleep(&mut self, seconds: f64) {
        self.now += (seconds * 1e6) as i64;
    }
    fn fresh_seed(&mut self) -> i64 {
        self.seed += 1;
        self.seed
    }
    fn read_text(&mut self, path: &str) -> Result<String> {
        match path {
            "data.txt" => Ok("one\ntwo\n".to_owned()),
            "helper.py" => Ok("def twice(x):\n    return 2 * x\nNAME = 'helper'\n".to_owned()),
            _ => nothing(),
        }
    }
    fn path(&mut self, request: PathRequest) -> Result<PathReply> {
        Ok(match request {
            PathRequest::Exists(path) | PathRequest::IsFile(path) => PathReply::Yes(path == "data.txt"),
            PathRequest::IsDir(path) => PathReply::Yes(path == "."),
            PathRequest::List(_) | PathRequest::Glob(_) => PathReply::Names(vec!["data.txt".to_owned()]),
            PathRequest::Size(_) => PathReply::Size(8),
            PathRequest::CurrentDir => PathReply::Path("/work".to_owned()),
            PathRequest::MakeDirs(_)
            | PathRequest::RemoveTree(_)
            | PathRequest::RemoveFile(_)
            | PathRequest::Write { .. }
            | PathRequest::Copy { .. } => PathReply::Done,
        })
    }
    fn end(&mut self, _exit: i32) {}
}
