//! The interpreter's door into the world: [`Session`] implements [`Host`].

use super::Session;
use crate::analyzer::{Analyzer, AnalyzerContext};
use crate::cluster::{Cluster, ClusterConfig, JobWork};
use crate::common::conf::Conf;
use crate::common::ids::{CacheId, PlanStepId};
use crate::common::{ErrorClass, Result, SparkError, VirtualDuration, VirtualTime, rng};
use crate::event::{self, EventKind};
use crate::logical::ddl;
use crate::logical::expr::Expr;
use crate::logical::functions::calendar::Zone;
use crate::logical::plan::{LogicalPlan, WriteTarget};
use crate::logical::types::StructType;
use crate::physical::adaptive::Replanning;
use crate::physical::explain;
use crate::physical::planner::RootUse;
use crate::pyspark::host::{Application, CatalogReply, CatalogRequest, Host, PathReply, PathRequest, ReadRequest};
use crate::scheduler::allocation;
use crate::sql;
use arrow::record_batch::RecordBatch;
use rand::Rng;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Host for Session {
    fn analyze(&mut self, plan: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let plan = self.fill_pivot_values(&plan)?;
        let context =
            AnalyzerContext { conf: &self.conf, ids: &self.ids, catalog: &self.catalog, analyzed: &self.analyzed };
        Analyzer::new(context).analyze(&plan)
    }

    fn sql(&mut self, text: &str) -> Result<Arc<LogicalPlan>> {
        let statement = sql::parse_query(text, Zone::parse(self.conf.time_zone())?)?;
        self.run_statement(statement)
    }

    fn parse_expr(&mut self, text: &str) -> Result<Expr> {
        sql::parse_expr(text, Zone::parse(self.conf.time_zone())?)
    }

    fn parse_schema(&mut self, text: &str) -> Result<(StructType, bool)> {
        ddl::parse_columns_or_type(text)
    }

    fn read_files(&mut self, request: ReadRequest) -> Result<Arc<LogicalPlan>> {
        let plan = self.read(request)?;
        self.analyze(plan)
    }

    fn collect(&mut self, plan: &Arc<LogicalPlan>, action: &str) -> Result<Vec<RecordBatch>> {
        let outputs = self.run_query(plan, action, JobWork::Collect, &|plan| plan)?;
        Ok(outputs.into_iter().flat_map(|output| output.batches).collect())
    }

    fn collect_partitions(&mut self, plan: &Arc<LogicalPlan>, action: &str) -> Result<Vec<Vec<RecordBatch>>> {
        let outputs = self.run_query(plan, action, JobWork::Collect, &|plan| plan)?;
        Ok(outputs.into_iter().map(|output| output.batches).collect())
    }

    fn drop_rows(&mut self, plan: &Arc<LogicalPlan>, action: &str) -> Result<()> {
        self.run_query(plan, action, JobWork::Drop, &|plan| plan).map(|_| ())
    }

    fn write(&mut self, plan: &Arc<LogicalPlan>, target: WriteTarget) -> Result<()> {
        self.write_files(plan, &target)
    }

    fn explain(&mut self, plan: &Arc<LogicalPlan>, written: &Arc<LogicalPlan>, mode: &str) -> Result<String> {
        self.ensure_cluster()?;
        let planned = self.plan_query(plan, RootUse::Collect, false)?;
        let state = self.plan_state();
        let ran = self.ran.shown(plan).filter(|_| state == explain::PlanState::Adaptive);
        Ok(match mode {
            "extended" => {
                explain::extended(written, &planned.analyzed, &planned.optimized.plan, &planned.physical, state, ran)
            }
            "formatted" => explain::formatted(&planned.physical, state),
            "cost" => explain::cost(&planned.optimized.plan, &planned.physical, state),
            "codegen" => {
                return Err(SparkError::unsupported(
                    "explain(\"codegen\")",
                    "there is no generated code here; explain(\"formatted\") shows the operators",
                ));
            }
            _ => match ran {
                Some(ran) => explain::simple_ran(ran),
                None => explain::simple(&planned.physical, state),
            },
        })
    }

    fn partitions(&mut self, plan: &Arc<LogicalPlan>) -> Result<usize> {
        self.ensure_cluster()?;
        if let Some(ran) = self.ran_before(plan) {
            return Ok(ran.finished.partitions());
        }
        let planned = self.plan_query(plan, RootUse::Collect, true)?;
        let replanning = Replanning::of_query(&self.conf);
        let text = explain::simple(&planned.physical, self.plan_state());
        let (action, of) = ("getNumPartitions", self.steps.computed_by(plan));
        self.as_query(
            action,
            (text, of),
            |session, query| {
                session.tell_planning(query, &planned);
                let finished = session.run_exchanges(query, planned.physical.clone(), action, replanning)?;
                let partitions = finished.partitions();
                session.note_ran(Some(plan), &planned, finished);
                Ok(partitions)
            },
            |_| 0,
        )
    }

    fn cache(&mut self, plan: &Arc<LogicalPlan>, storage_level: &str) -> Result<CacheId> {
        self.ensure_cluster()?;
        let cluster = self.cluster.as_mut().ok_or_else(|| SparkError::internal("the cluster was just started"))?;
        Ok(self.caches.add(plan, storage_level, || cluster.new_cache(storage_level)))
    }

    fn uncache(&mut self, plan: &Arc<LogicalPlan>) -> Result<bool> {
        let Some(id) = self.caches.remove(plan) else { return Ok(false) };
        if let Some(cluster) = self.cluster.as_mut() {
            cluster.drop_cache(id);
        }
        Ok(true)
    }

    fn storage_level(&mut self, plan: &Arc<LogicalPlan>) -> Option<String> {
        self.caches.find(plan).map(|entry| entry.level.clone())
    }

    fn checkpoint(&mut self, plan: &Arc<LogicalPlan>, reliable: bool, eager: bool) -> Result<Arc<LogicalPlan>> {
        self.run_checkpoint(plan, reliable, eager)
    }

    fn catalog(&mut self, request: CatalogRequest) -> Result<CatalogReply> {
        self.answer_catalog(request)
    }

    fn conf(&mut self) -> &mut Conf {
        &mut self.conf
    }

    fn application(&mut self) -> Application {
        let config = self.cluster_config();
        let master = self.conf.get("spark.master").map_or_else(|| format!("batchlab:{}", config.name), str::to_owned);
        Application {
            name: self.conf.get("spark.app.name").unwrap_or("pyspark-shell").to_owned(),
            id: format!("batchlab-{:04}", self.spec.seed),
            master,
            default_parallelism: self.default_parallelism(),
        }
    }

    fn start(&mut self) -> Result<()> {
        self.stopped = false;
        self.keep_first_settings();
        self.ensure_cluster()
    }

    fn new_session(&mut self) -> u32 {
        self.add_sibling()
    }

    fn enter_session(&mut self, number: u32) {
        self.enter_sibling(number);
    }

    fn session_number(&self) -> u32 {
        self.current_sibling()
    }

    fn stop(&mut self) {
        self.stopped = true;
        for id in self.caches.clear() {
            if let Some(cluster) = self.cluster.as_mut() {
                cluster.drop_cache(id);
            }
        }
        self.catalog = super::catalog::SessionCatalog::default();
        self.siblings = super::siblings::Siblings::default();
    }

    fn forget_stopped(&mut self) {
        if self.stopped {
            self.conf = self.given.clone();
        }
    }

    fn print(&mut self, text: &str) {
        (self.out)(text);
        let now = self.now();
        self.log.push(now, EventKind::Printed { text: text.to_owned() });
    }

    fn print_error(&mut self, text: &str) {
        let now = self.now();
        self.log.push(now, EventKind::ErrorPrinted { text: text.to_owned() });
    }

    fn script_read(&mut self, first_line: u32, text: &str) {
        let now = self.now();
        self.log.push(now, EventKind::ScriptRead { first_line, text: text.to_owned() });
    }

    fn frame_made(&mut self, written: &Arc<LogicalPlan>, plan: &Arc<LogicalPlan>) {
        let (root, steps) = self.steps.add(written, plan);
        if !steps.is_empty() {
            let (now, line) = (self.now(), self.line);
            self.log.push(now, EventKind::PlanBuilt { line, root, steps });
        }
    }

    fn step_made(&mut self, does: &str, with: &str, inputs: Vec<PlanStepId>) -> Option<PlanStepId> {
        let step = self.steps.make(does, with.to_owned(), inputs);
        let (now, line, root) = (self.now(), self.line, step.id);
        self.log.push(now, EventKind::PlanBuilt { line, root, steps: vec![step] });
        Some(root)
    }

    fn step_of(&mut self, plan: &Arc<LogicalPlan>) -> Option<PlanStepId> {
        self.steps.find(plan)
    }

    fn computes(&mut self, plan: &Arc<LogicalPlan>, step: PlanStepId) {
        self.steps.remember(plan, step);
    }

    fn statement(&mut self, line: u32, text: &str) -> Result<()> {
        self.go_on()?;
        if line != self.line {
            self.line = line;
            let now = self.now();
            self.log.push(now, EventKind::StatementStarted { line, text: text.to_owned() });
        }
        if self.spec.until == Some(line) {
            return Err(SparkError::new(ErrorClass::LineReached, format!("line {line} is reached")));
        }
        Ok(())
    }

    fn go_on(&mut self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(SparkError::new(ErrorClass::Interrupted, "the run was interrupted"));
        }
        Ok(())
    }

    fn now_micros(&mut self) -> i64 {
        self.query_micros()
    }

    fn sleep(&mut self, seconds: f64) {
        if let Some(cluster) = self.cluster.as_mut() {
            cluster.advance(VirtualDuration(VirtualTime::from_secs_f64(seconds).0));
        }
    }

    fn fresh_seed(&mut self) -> i64 {
        self.seeds.next_u64() as i64
    }

    fn read_text(&mut self, path: &str) -> Result<String> {
        self.read_small_file(path)
    }

    fn path(&mut self, request: PathRequest) -> Result<PathReply> {
        self.answer_path(request)
    }

    fn restart(&mut self) -> bool {
        if !self.cluster.as_mut().is_some_and(Cluster::await_driver) {
            return false;
        }
        self.conf = self.given.clone();
        self.catalog = super::catalog::SessionCatalog::default();
        self.analyzed = crate::analyzer::AnalyzedPlans::new();
        self.steps = super::plan_steps::PlanSteps::default();
        self.caches = super::cache::CacheManager::default();
        self.ran = super::ran::RanPlans::default();
        self.seeds = rng::stream(self.spec.seed, "script.seeds");
        self.stopped = false;
        true
    }

    fn end(&mut self, exit: i32) {
        if let Some(cluster) = self.cluster.as_mut() {
            cluster.finish(exit);
        } else {
            self.log.push(VirtualTime::ZERO, EventKind::ApplicationEnded { exit });
        }
    }
}

/// The cluster that a Spark master names: `local` one core, `local[N]` one node with N cores, `local[*]` one node with all cores of the
/// workshop's cluster. Other masters leave the choice open.
#[must_use]
pub fn cluster_of_master(master: &str) -> Option<ClusterConfig> {
    let cores = match master.strip_prefix("local")? {
        "" => 1,
        threads => {
            let inner = threads.strip_prefix('[')?.strip_suffix(']')?;
            let first = inner.split(',').next().unwrap_or(inner).trim();
            if first == "*" { ClusterConfig::w4().ok()?.slots() } else { first.parse().ok()? }
        }
    };
    let config = ClusterConfig::new(1, cores).ok()?;
    Some(ClusterConfig { name: master.to_owned(), ..config })
}

impl Session {
    /// The cluster that runs, or that would be started now (S16: command line, script, environment and files, default).
    pub(super) fn cluster_config(&self) -> ClusterConfig {
        if let Some(config) = &self.spec.cluster {
            return config.clone();
        }
        self.conf.get("spark.master").and_then(cluster_of_master).unwrap_or_else(|| self.spec.default_cluster.clone())
    }

    pub(super) fn default_parallelism(&self) -> usize {
        let config = self.cluster_config();
        let cores = config.slots_with(&self.conf) as usize;
        usize::try_from(self.conf.number("spark.default.parallelism", cores as i64)).unwrap_or(cores).max(1)
    }

    /// Starts the cluster with the first session.
    pub(super) fn ensure_cluster(&mut self) -> Result<()> {
        if self.cluster.is_some() {
            return Ok(());
        }
        allocation::check(&self.conf)?;
        let config = self.cluster_config();
        self.log.push(
            VirtualTime::ZERO,
            EventKind::ApplicationStarted(Arc::new(event::Application {
                name: self.conf.get("spark.app.name").unwrap_or("pyspark-shell").to_owned(),
                script: self.spec.script.file.clone(),
                seed: self.spec.seed,
                cluster: config.shape(),
                conf: self.conf.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            })),
        );
        let mut cluster = Cluster::new(
            config,
            self.spec.faults.clone(),
            self.spec.seed,
            Arc::new(self.conf.clone()),
            self.log.clone(),
            self.spec.threads,
            self.cancelled.clone(),
        )?;
        // The tasks at work need the rest.
        cluster.bound_blocks(self.spec.process_memory_bytes / 3);
        self.cluster = Some(cluster);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::expr::BinaryOp;
    use crate::logical::plan::Grouping;
    use crate::logical::types::{DataType, StructField};
    use crate::session::{RunSpec, Script};

    fn session(folder: &std::path::Path) -> Session {
        let cluster = ClusterConfig::parse("2x2").expect("a shape");
        let spec = RunSpec::new(Script::default(), folder, cluster);
        Session::new(spec.into()).expect("the folder exists")
    }

    fn grouped(session: &mut Session) -> Arc<LogicalPlan> {
        let schema = StructType::new(vec![StructField::new("id", DataType::Long, false)]);
        let range = LogicalPlan::Range {
            start: 0,
            end: 100,
            step: 1,
            partitions: None,
            output: LogicalPlan::unassigned(&schema),
        };
        let condition = Expr::binary(BinaryOp::GtEq, Expr::column("id"), Expr::int(40));
        let filter = LogicalPlan::Filter { condition, input: Arc::new(range) };
        let key = Expr::binary(BinaryOp::Remainder, Expr::column("id"), Expr::int(3)).alias("rest");
        let outputs = vec![key.clone(), Expr::call("count", vec![Expr::int(1)]).alias("n")];
        let plan = LogicalPlan::Aggregate { grouping: Grouping::By(vec![key]), outputs, input: Arc::new(filter) };
        session.analyze(Arc::new(plan)).expect("it resolves")
    }

    #[test]
    fn a_grouping_is_planned_in_two_phases() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut session = session(folder.path());
        let plan = grouped(&mut session);
        let text = session.explain(&plan, &plan, "simple").expect("it plans");
        assert_eq!(text.matches("HashAggregate").count(), 2, "{text}");
        assert_eq!(text.matches("Exchange hashpartitioning").count(), 1, "{text}");
    }

    #[test]
    fn a_grouping_gives_its_rows() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut session = session(folder.path());
        let plan = grouped(&mut session);
        let batches = session.collect(&plan, "collect").expect("it runs");
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(rows, 3);
    }
}
