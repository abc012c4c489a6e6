//! One action, from an analyzed plan to its rows: optimize, plan, run exchange by exchange, plan the rest again, run the result.
//!
//! With adaptive execution (Spark's default) every exchange is a job of its own whose measured sizes decide how the rest is planned. Without it
//! the plan is run as it stands, as one job that the scheduler cuts into stages; only range exchanges are still run first, because their bounds
//! must be sampled.

use super::fold::EvalFolder;
use super::kept::KeptHere;
use super::{ExplainedQuery, Session, planning, range_bounds};
use crate::cluster::{Cluster, JobSpec, JobWork};
use crate::common::ids::{BroadcastId, CacheId, JobId, PlanStepId, QueryId, ShuffleId};
use crate::common::{Result, SparkError, VirtualTime};
use crate::event::EventKind;
use crate::exec::task::{ResolvedPartitioning, TaskOutput};
use crate::logical::expr::{Expr, SortOrder};
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use crate::optimizer::{self, Optimized, OptimizerContext};
use crate::physical::adaptive::{self, Finished, Replanning, StageStats, StageToRun};
use crate::physical::plan::RanPlan;
use crate::physical::planner::{self, PlannerContext, RootUse};
use crate::physical::same_result::Canonical;
use crate::physical::{Partitioning, PhysicalPlan, explain};
use arrow::record_batch::RecordBatch;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

/// A physical plan together with what it was made from.
pub(super) struct Planned {
    pub analyzed: Arc<LogicalPlan>,
    /// The analyzed plan with reads of caches in it.
    pub cached: Arc<LogicalPlan>,
    pub optimized: Optimized,
    pub physical: Arc<PhysicalPlan>,
    /// Whether values of other queries stand in it.
    pub has_subqueries: bool,
}

/// Puts something on top of the result stage (a writer) just before it runs.
pub(super) type Wrap<'a> = &'a dyn Fn(Arc<PhysicalPlan>) -> Arc<PhysicalPlan>;

impl Session {
    /// The virtual time, zero before the cluster has started.
    pub(super) fn now(&self) -> VirtualTime {
        self.cluster.as_ref().map_or(VirtualTime::ZERO, Cluster::now)
    }

    /// Plans an analyzed query without running it, except for its uncorrelated scalar subqueries, whose values the plan needs.
    pub(super) fn plan_query(
        &mut self,
        plan: &Arc<LogicalPlan>,
        root: RootUse,
        run_subqueries: bool,
    ) -> Result<Planned> {
        let plan = self.catalog.resolve_lazy(plan);
        let cached = self.with_rounds_run(&self.caches.apply(&plan))?;
        let ids = self.ids.clone();
        let folder = EvalFolder::new(&self.conf, self.query_micros());
        let context = OptimizerContext { conf: &self.conf, ids: &ids, folder: &folder };
        let mut optimized = optimizer::optimize(&self.ran.below_rdds(&cached), &context)?;
        let mut has_subqueries = false;
        if run_subqueries {
            let substituted = self.substitute_subqueries(&optimized.plan)?;
            has_subqueries = !Arc::ptr_eq(&substituted, &optimized.plan);
            optimized.plan = substituted;
        }
        let folder = EvalFolder::new(&self.conf, self.query_micros());
        let kept = KeptHere { caches: &self.caches, ran: &self.ran, cluster: self.cluster.as_ref() };
        let context = PlannerContext {
            conf: &self.conf,
            ids: &ids,
            folder: &folder,
            default_parallelism: self.default_parallelism(),
            scale: self.cluster_config().scale,
            root,
            staging: None,
            kept: &kept,
        };
        let physical = planner::plan(&optimized.plan, &context)?;
        Ok(Planned { analyzed: plan, cached, optimized, physical, has_subqueries })
    }

    /// A cache that was filled just now is read with the lineage that filled it.
    fn with_known_lineage(&self, plan: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
        plan.transform_up(&mut |node| match node.as_ref() {
            PhysicalPlan::InMemoryTableScan { id, level, output, stored, .. } => {
                let (id, level, output, stored) = (*id, level.clone(), output.clone(), stored.clone());
                let RanPlan { initial, finished } = self.caches.lineage(id)?;
                let planned = Some(initial);
                Some(PhysicalPlan::InMemoryTableScan { id, level, output, stored, plan: finished, planned })
            }
            _ => None,
        })
    }

    /// Runs an action and gives the outputs of its result tasks, in partition order.
    pub(super) fn run_query(
        &mut self,
        plan: &Arc<LogicalPlan>,
        action: &str,
        work: JobWork,
        wrap: Wrap<'_>,
    ) -> Result<Vec<TaskOutput>> {
        self.ensure_cluster()?;
        let is_own_plan = matches!(action, "collect" | "toLocalIterator");
        if let Some(ran) = self.ran_before(plan).filter(|_| is_own_plan) {
            return self.run_again(plan, ran, action, work);
        }
        let root = if matches!(work, JobWork::Collect) { RootUse::Collect } else { RootUse::Partitioned };
        let planned = self.plan_query(plan, root, true)?;
        if self.spec.explain {
            self.keep_explained(&planned, action);
        }
        let (text, of) = (explain::simple(&planned.physical, self.plan_state()), self.steps.computed_by(plan));
        self.as_query(
            action,
            (text, of),
            |session, query| {
                session.tell_planning(query, &planned);
                let (outputs, finished) = session.run_planned(query, planned.physical.clone(), action, work, wrap)?;
                session.note_ran(is_own_plan.then_some(plan), &planned, finished);
                Ok(outputs)
            },
            |outputs| outputs.iter().map(rows_of).sum(),
        )
    }

    /// Remembers how the plan of `frame` ended, if the query ran just that, and the plans that RDDs in it stand on.
    pub(super) fn note_ran(
        &mut self,
        frame: Option<&Arc<LogicalPlan>>,
        planned: &Planned,
        finished: Arc<PhysicalPlan>,
    ) {
        let ran = RanPlan { initial: planned.physical.clone(), finished };
        self.ran.keep_below_rdds(&planned.cached, &ran);
        if let Some(frame) = frame {
            self.ran.keep(frame, ran, planned.has_subqueries);
        }
    }

    /// How a plan ended when it ran before, if all that it read is still there.
    pub(super) fn ran_before(&self, plan: &Arc<LogicalPlan>) -> Option<RanPlan> {
        let ran = self.ran.of(plan)?;
        let mut is_there = true;
        ran.finished.visit(&mut |node| {
            if let PhysicalPlan::InMemoryTableScan { id, .. } = node {
                is_there &= self.caches.holds(*id);
            }
        });
        is_there.then(|| ran.clone())
    }

    /// Runs only the result stage of a frame whose exchanges ran before: their outputs are still there, or are made again from their lineage.
    fn run_again(
        &mut self,
        frame: &Arc<LogicalPlan>,
        ran: RanPlan,
        action: &str,
        work: JobWork,
    ) -> Result<Vec<TaskOutput>> {
        let (text, of) = (explain::simple(&ran.finished, self.plan_state()), self.steps.computed_by(frame));
        self.as_query(
            action,
            (text, of),
            |session, query| session.run_root(query, ran.finished, action, work),
            |outputs| outputs.iter().map(rows_of).sum(),
        )
    }

    /// Puts into the log how a query's plan came to be.
    pub(super) fn tell_planning(&mut self, query: QueryId, planned: &Planned) {
        self.log.push(self.now(), planning::told(query, planned));
    }

    /// Does something as a query of its own: it is in the log from its start to its end, and its shuffles go with it. The plan is given as
    /// text, with the step of the script's plans that it computes.
    pub(super) fn as_query<T>(
        &mut self,
        action: &str,
        (plan, of): (String, Option<PlanStepId>),
        run: impl FnOnce(&mut Session, QueryId) -> Result<T>,
        rows: impl FnOnce(&T) -> u64,
    ) -> Result<T> {
        self.ensure_cluster()?;
        let query = self.next_query();
        let (now, line) = (self.now(), self.line);
        self.log.push(now, EventKind::QueryStarted { query, action: action.to_owned(), line, plan: plan.into(), of });
        let result = run(self, query);
        let frames = self.ran.living();
        self.cluster()?.end_query(query, frames);
        let now = self.now();
        let (rows, error) = match &result {
            Ok(done) => (rows(done), None),
            Err(error) => (0, Some(error.to_string())),
        };
        self.log.push(now, EventKind::QueryEnded { query, rows: Some(rows), error });
        result
    }

    /// How plans of this session are shown before they have run.
    pub(super) fn plan_state(&self) -> explain::PlanState {
        if self.conf.flag("spark.sql.adaptive.enabled") {
            explain::PlanState::Adaptive
        } else {
            explain::PlanState::Static
        }
    }

    fn keep_explained(&mut self, planned: &Planned, action: &str) {
        let explained = ExplainedQuery {
            action: action.to_owned(),
            line: self.line,
            parsed: planned.analyzed.tree_string(),
            analyzed: planned.analyzed.tree_string(),
            optimized: planned.optimized.plan.tree_string(),
            physical: explain::simple(&planned.physical, self.plan_state()),
            formatted: explain::formatted(&planned.physical, self.plan_state()),
            cost: explain::cost(&planned.optimized.plan, &planned.physical, self.plan_state()),
            rules: planned
                .optimized
                .trace
                .iter()
                .map(|firing| (firing.rule.to_owned(), firing.why.to_owned()))
                .collect(),
        };
        self.explained.lock().unwrap_or_else(PoisonError::into_inner).push(explained);
    }

    fn run_planned(
        &mut self,
        query: QueryId,
        plan: Arc<PhysicalPlan>,
        action: &str,
        work: JobWork,
        wrap: Wrap<'_>,
    ) -> Result<(Vec<TaskOutput>, Arc<PhysicalPlan>)> {
        let plan = self.run_exchanges(query, plan, action, Replanning::of_query(&self.conf))?;
        let outputs = self.run_root(query, wrap(plan.clone()), action, work)?;
        Ok((outputs, plan))
    }

    /// Runs the exchanges below the result stage, and plans the rest again each time. Where nothing may change, just those that a range
    /// exchange needs.
    pub(super) fn run_exchanges(
        &mut self,
        query: QueryId,
        mut plan: Arc<PhysicalPlan>,
        action: &str,
        replanning: Replanning,
    ) -> Result<Arc<PhysicalPlan>> {
        let mut filled_now = BTreeSet::new();
        let mut made = Vec::new();
        loop {
            if replanning == Replanning::Off && !holds_range_exchange(&plan) {
                return Ok(plan);
            }
            self.note_loaded_caches();
            let is_ready = |id| filled_now.contains(&id) || self.caches.is_loaded(id);
            let stages = adaptive::next_stages(&plan, &is_ready);
            if stages.is_empty() {
                return Ok(plan);
            }
            let mut running = Vec::new();
            for stage in stages {
                if let Some(started) = self.start_or_reuse(query, &stage, &plan, &mut made, action)? {
                    running.push((stage, started));
                }
            }
            for (stage, started) in running {
                if let StageToRun::TableCache { id, .. } = &stage {
                    // Where memory is short it may hold less than all afterwards; what is missing is made by whoever needs it.
                    filled_now.insert(*id);
                }
                if let Some(job) = started.job {
                    self.cluster()?.run_until_done(&[job])?;
                }
                plan = match (&stage, started.finished) {
                    (StageToRun::Shuffle(exchange) | StageToRun::Broadcast(exchange), Some(finished)) => {
                        adaptive::replace_finished(&plan, exchange, finished)
                    }
                    _ => self.with_known_lineage(&plan),
                };
                plan = self.replan(query, plan, replanning)?;
            }
        }
    }

    fn note_loaded_caches(&mut self) {
        if let Some(cluster) = &self.cluster {
            self.caches.note_loaded(|id| cluster.cache_stats(id).is_filled());
        }
    }

    fn replan(&mut self, query: QueryId, plan: Arc<PhysicalPlan>, replanning: Replanning) -> Result<Arc<PhysicalPlan>> {
        let parallelism = self.default_parallelism();
        let replanned = {
            let cluster = self.cluster.as_ref().ok_or_else(no_cluster)?;
            adaptive::replan(&plan, &Measured(cluster), &self.conf, (parallelism, replanning))
        };
        if !replanned.decisions.is_empty() {
            let now = self.now();
            let plan = explain::simple(&replanned.plan, self.plan_state());
            self.log.push(now, EventKind::QueryReplanned { query, decisions: replanned.decisions, plan });
        }
        Ok(replanned.plan)
    }

    /// Starts a stage of `plan`, unless an equal exchange has been made for this plan before (`spark.sql.exchange.reuse`).
    fn start_or_reuse(
        &mut self,
        query: QueryId,
        stage: &StageToRun,
        plan: &PhysicalPlan,
        made: &mut Vec<(Canonical, Finished)>,
        action: &str,
    ) -> Result<Option<Started>> {
        let exchange = match stage {
            StageToRun::Shuffle(exchange) | StageToRun::Broadcast(exchange)
                if self.conf.flag("spark.sql.exchange.reuse") =>
            {
                exchange
            }
            _ => return self.start_stage(query, stage, action),
        };
        let canonical = Canonical::of(exchange, plan);
        if let Some((_, finished)) = made.iter().find(|(known, _)| *known == canonical) {
            return Ok(Some(Started { job: None, finished: Some(*finished) }));
        }
        let started = self.start_stage(query, stage, action)?;
        made.extend(started.as_ref().and_then(|started| started.finished).map(|finished| (canonical, finished)));
        Ok(started)
    }

    fn start_stage(&mut self, query: QueryId, stage: &StageToRun, action: &str) -> Result<Option<Started>> {
        match stage {
            StageToRun::Shuffle(exchange) => self.start_shuffle(query, exchange, action).map(Some),
            StageToRun::Broadcast(exchange) => {
                let PhysicalPlan::BroadcastExchange { input } = exchange.as_ref() else {
                    return Err(SparkError::internal("a broadcast stage without a broadcast exchange"));
                };
                let broadcast = self.cluster()?.new_broadcast();
                let job = self.submit(query, input.clone(), JobWork::Broadcast { broadcast }, None, action)?;
                Ok(Some(Started { job: Some(job), finished: Some(Finished::Broadcast(broadcast)) }))
            }
            StageToRun::TableCache { id, scan } => {
                self.fill_cache(query, *id, scan, action)?;
                Ok(Some(Started { job: None, finished: None }))
            }
        }
    }

    fn start_shuffle(&mut self, query: QueryId, exchange: &Arc<PhysicalPlan>, action: &str) -> Result<Started> {
        let PhysicalPlan::ShuffleExchange { partitioning, input, .. } = exchange.as_ref() else {
            return Err(SparkError::internal("a shuffle stage without a shuffle exchange"));
        };
        let partitioning = match partitioning {
            Partitioning::Range(order, count) => self.sample_bounds(query, input, order, *count, action)?,
            other => ResolvedPartitioning::Plain(other.clone()),
        };
        let (shuffle, reducers) = (self.cluster()?.new_shuffle(), partitioning.count());
        let work = JobWork::MapStage { shuffle, partitioning };
        let job = self.submit(query, input.clone(), work, None, action)?;
        Ok(Started { job: Some(job), finished: Some(Finished::Shuffle(shuffle, reducers)) })
    }

    fn sample_bounds(
        &mut self,
        query: QueryId,
        input: &Arc<PhysicalPlan>,
        order: &[SortOrder],
        count: usize,
        action: &str,
    ) -> Result<ResolvedPartitioning> {
        let single = || ResolvedPartitioning::Plain(Partitioning::Hash(Vec::new(), 1));
        if count <= 1 {
            return Ok(single());
        }
        let size = range_bounds::sample_size(count, input.partitions());
        let work = JobWork::SampleKeys { order: order.to_vec(), size, seed: range_bounds::SEED };
        let job = self.submit(query, input.clone(), work, None, action)?;
        let samples = self.finish_job(job)?;
        Ok(range_bounds::bounds_of(order, count, &samples)?.unwrap_or_else(single))
    }

    /// Computes all partitions of a cache, and keeps the lineage that did it.
    fn fill_cache(&mut self, query: QueryId, id: CacheId, scan: &Arc<PhysicalPlan>, action: &str) -> Result<()> {
        let PhysicalPlan::InMemoryTableScan { level, output, stored, plan, .. } = scan.as_ref() else {
            return Err(SparkError::internal("a table cache stage without a scan of the cache"));
        };
        let lineage = self.run_exchanges(query, plan.clone(), action, Replanning::of_cache(&self.conf))?;
        if let Some(entry) = self.caches.by_id_mut(id) {
            entry.ran = Some(RanPlan { initial: plan.clone(), finished: lineage.clone() });
        }
        let (output, stored, planned) = (output.clone(), stored.clone(), Some(plan.clone()));
        let level = level.clone();
        let scan = PhysicalPlan::InMemoryTableScan { id, level, output, stored, plan: lineage, planned };
        let job = self.submit(query, Arc::new(scan), JobWork::CollectFirst(0), None, action)?;
        self.cluster()?.run_until_done(&[job])?;
        Ok(())
    }

    /// Runs the result stage; limits at the root run partitions in growing groups, as Spark's `executeTake` does.
    fn run_root(
        &mut self,
        query: QueryId,
        plan: Arc<PhysicalPlan>,
        action: &str,
        work: JobWork,
    ) -> Result<Vec<TaskOutput>> {
        match plan.as_ref() {
            PhysicalPlan::CollectLimit { count, offset, input } if matches!(work, JobWork::Collect) => {
                let outputs = self.take(query, input, count.saturating_add(*offset), action)?;
                cut(outputs, *offset, *count)
            }
            PhysicalPlan::CollectTail { count, input } if matches!(work, JobWork::Collect) => {
                let outputs = self.run_all(query, input.clone(), JobWork::Collect, action)?;
                let rows: u64 = outputs.iter().map(rows_of).sum();
                cut(outputs, (rows as usize).saturating_sub(*count), *count)
            }
            PhysicalPlan::TakeOrderedAndProject { count, offset, order, outputs, input }
                if matches!(work, JobWork::Collect) =>
            {
                self.take_ordered(query, (*count, *offset), order, outputs, input, action)
            }
            _ => self.run_all(query, plan, work, action),
        }
    }

    fn run_all(
        &mut self,
        query: QueryId,
        plan: Arc<PhysicalPlan>,
        work: JobWork,
        action: &str,
    ) -> Result<Vec<TaskOutput>> {
        if plan.partitions() == 0 {
            return Ok(Vec::new());
        }
        let job = self.submit(query, plan, work, None, action)?;
        self.finish_job(job)
    }

    /// One partition first, then four times as many as were looked at before, until there are enough rows.
    fn take(
        &mut self,
        query: QueryId,
        input: &Arc<PhysicalPlan>,
        wanted: usize,
        action: &str,
    ) -> Result<Vec<TaskOutput>> {
        let total = input.partitions();
        let (mut outputs, mut rows, mut done): (Vec<TaskOutput>, usize, usize) = (Vec::new(), 0, 0);
        let plan: Arc<PhysicalPlan> = Arc::new(PhysicalPlan::LocalLimit { count: wanted, input: input.clone() });
        while done < total && (rows < wanted || (wanted == 0 && done == 0)) {
            if wanted == 0 {
                break;
            }
            let group = if done == 0 { 1 } else { done.saturating_mul(4) };
            let partitions: Vec<u32> = (done..total.min(done + group)).map(|partition| partition as u32).collect();
            done += partitions.len();
            let job = self.submit(query, plan.clone(), JobWork::CollectFirst(wanted), Some(partitions), action)?;
            let group = self.finish_job(job)?;
            rows += group.iter().map(rows_of).sum::<u64>() as usize;
            outputs.extend(group);
        }
        Ok(outputs)
    }

    /// Each task gives the first rows of its part of the order; the driver merges those, equal ones by partition.
    fn take_ordered(
        &mut self,
        query: QueryId,
        (count, offset): (usize, usize),
        order: &[SortOrder],
        outputs: &[Expr],
        input: &Arc<PhysicalPlan>,
        action: &str,
    ) -> Result<Vec<TaskOutput>> {
        let first = |global, input: Arc<PhysicalPlan>| {
            let sorted = PhysicalPlan::Sort { order: order.to_vec(), global, input };
            Arc::new(PhysicalPlan::LocalLimit { count: count.saturating_add(offset), input: Arc::new(sorted) })
        };
        let parts = self.run_all(query, first(true, input.clone()), JobWork::Collect, action)?;
        let Some(schema) = parts.iter().find_map(|part| part.batches.first()).map(RecordBatch::schema) else {
            return Ok(Vec::new());
        };
        let batch = arrow::compute::concat_batches(&schema, parts.iter().flat_map(|part| &part.batches))?;
        let output = input.output();
        let rows = Arc::new(PhysicalPlan::LocalTableScan { output, batch, partitions: 1, is_local: true });
        let merged = Arc::new(PhysicalPlan::GlobalLimit { count, offset, input: first(false, rows) });
        Ok(vec![self.run_on_driver(&PhysicalPlan::Project { exprs: outputs.to_vec(), input: merged })?])
    }

    /// Computes a plan without inputs on the driver itself.
    pub(super) fn run_on_driver(&self, plan: &PhysicalPlan) -> Result<TaskOutput> {
        super::fold::run_locally(plan, &self.conf, self.query_micros())
    }

    pub(super) fn submit(
        &mut self,
        query: QueryId,
        plan: Arc<PhysicalPlan>,
        work: JobWork,
        partitions: Option<Vec<u32>>,
        action: &str,
    ) -> Result<JobId> {
        let (line, now) = (self.line, self.query_micros());
        let spec = JobSpec {
            query: Some(query),
            plan,
            work,
            partitions,
            description: action.to_owned(),
            line,
            now_micros: now,
        };
        let conf = Arc::new(self.conf.clone());
        let cluster = self.cluster()?;
        cluster.set_conf(conf);
        cluster.submit(spec)
    }

    /// Runs the clock until the job has ended; its outputs in partition order.
    pub(super) fn finish_job(&mut self, job: JobId) -> Result<Vec<TaskOutput>> {
        let result = self.cluster()?.run_until_done(&[job])?;
        let scale = if result.is_bounded { 1 } else { self.cluster_config().scale };
        let outputs: Vec<TaskOutput> = result.outputs.into_iter().map(|(_, output)| output).collect();
        crate::cluster::result_size::check(&outputs, &self.conf, scale)?;
        Ok(outputs)
    }

    pub(super) fn cluster(&mut self) -> Result<&mut Cluster> {
        self.cluster.as_mut().ok_or_else(no_cluster)
    }

    /// What `current_timestamp()` gives in the next query, microseconds since the epoch.
    pub(super) fn query_micros(&self) -> i64 {
        self.spec.now_micros + (self.now().0 / 1_000) as i64
    }

    /// Runs the plan's uncorrelated scalar subqueries and puts their values in.
    fn substitute_subqueries(&mut self, plan: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let mut subqueries: Vec<Arc<LogicalPlan>> = Vec::new();
        plan.visit(&mut |node| {
            for expr in node.expressions() {
                expr.visit(&mut |part| {
                    if let Expr::ScalarSubquery(subquery) = part
                        && !subqueries.iter().any(|known| Arc::ptr_eq(known, subquery))
                    {
                        subqueries.push(subquery.clone());
                    }
                });
            }
        });
        if subqueries.is_empty() {
            return Ok(plan.clone());
        }
        let mut values = Vec::with_capacity(subqueries.len());
        for subquery in &subqueries {
            values.push(self.scalar_of(subquery)?);
        }
        Ok(plan.transform_up(&mut |node| {
            let mut copy = node.as_ref().clone();
            let mut changed = false;
            copy.map_expressions(&mut |expr| {
                expr.transform_up(&mut |part| match &part {
                    Expr::ScalarSubquery(subquery) => {
                        let found = subqueries.iter().position(|known| Arc::ptr_eq(known, subquery));
                        changed = true;
                        found.map_or(part.clone(), |at| Expr::Literal(values[at].clone(), part.data_type()))
                    }
                    _ => part,
                })
            });
            changed.then_some(copy)
        }))
    }

    fn scalar_of(&mut self, subquery: &Arc<LogicalPlan>) -> Result<Scalar> {
        let data_type = subquery.output().first().map(|column| column.data_type.clone());
        let Some(data_type) = data_type else { return Ok(Scalar::Null) };
        let outputs = self.run_query(subquery, "subquery", JobWork::Collect, &|plan| plan)?;
        let batches: Vec<&RecordBatch> = outputs.iter().flat_map(|output| &output.batches).collect();
        let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
        if rows > 1 {
            return Err(SparkError::new(
                crate::common::ErrorClass::Py4JJavaError,
                "[SCALAR_SUBQUERY_TOO_MANY_ROWS] More than one row returned by a subquery used as an expression.",
            ));
        }
        match batches.into_iter().find(|batch| batch.num_rows() > 0) {
            Some(batch) => Scalar::from_array(batch.column(0), 0, &data_type),
            None => Ok(Scalar::Null),
        }
    }
}

struct Started {
    job: Option<JobId>,
    finished: Option<Finished>,
}

struct Measured<'a>(&'a Cluster);

impl StageStats for Measured<'_> {
    fn shuffle_sizes(&self, shuffle: ShuffleId) -> Vec<u64> {
        self.0.map_sizes(shuffle).into_iter().fold(Vec::new(), |mut sums, map| {
            sums.resize(sums.len().max(map.len()), 0);
            sums.iter_mut().zip(map).for_each(|(sum, bytes)| *sum += bytes);
            sums
        })
    }

    fn map_sizes(&self, shuffle: ShuffleId, reduce: usize) -> Option<Vec<u64>> {
        let of_each = |maps: Vec<Vec<u64>>| maps.iter().map(|map| map.get(reduce).copied().unwrap_or(0)).collect();
        self.0.has_all_outputs(shuffle).then(|| of_each(self.0.map_sizes(shuffle)))
    }

    fn shuffle_data_size(&self, shuffle: ShuffleId) -> u64 {
        self.0.shuffle_data_bytes(shuffle)
    }

    fn shuffle_rows(&self, shuffle: ShuffleId) -> u64 {
        self.0.shuffle_rows(shuffle)
    }

    fn broadcast_size(&self, broadcast: BroadcastId) -> (u64, u64) {
        self.0.broadcast(broadcast).map_or((0, 0), |relation| {
            let bytes: usize = relation.batches.iter().map(RecordBatch::get_array_memory_size).sum();
            let rows: usize = relation.batches.iter().map(RecordBatch::num_rows).sum();
            (bytes as u64, rows as u64)
        })
    }

    fn cache_size(&self, cache: CacheId) -> Option<u64> {
        let stats = self.0.cache_stats(cache);
        stats.is_filled().then_some(stats.bytes)
    }
}

fn no_cluster() -> SparkError {
    SparkError::internal("the cluster has not been started")
}

fn holds_range_exchange(plan: &PhysicalPlan) -> bool {
    let mut found = false;
    plan.visit(&mut |node| {
        found |= matches!(node, PhysicalPlan::ShuffleExchange { partitioning: Partitioning::Range(..), .. });
    });
    found
}

fn rows_of(output: &TaskOutput) -> u64 {
    let collected: usize = output.batches.iter().map(RecordBatch::num_rows).sum();
    collected as u64 + output.files.iter().map(|file| file.rows).sum::<u64>()
}

/// The rows `offset..offset + count` of all outputs in order.
fn cut(outputs: Vec<TaskOutput>, offset: usize, count: usize) -> Result<Vec<TaskOutput>> {
    let (mut skip, mut left) = (offset, count);
    let mut kept = Vec::new();
    for output in outputs {
        let mut batches = Vec::new();
        for batch in &output.batches {
            let start = skip.min(batch.num_rows());
            skip -= start;
            let take = left.min(batch.num_rows() - start);
            left -= take;
            if take > 0 {
                batches.push(batch.slice(start, take));
            }
        }
        kept.push(TaskOutput { batches, ..output });
    }
    Ok(kept)
}
