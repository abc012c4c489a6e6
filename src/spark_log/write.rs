//! Our events as Spark's.
//!
//! As Spark counts (design S14): a job has stages of its own, so that a shuffle read again is a new stage id that is listed and never
//! submitted (the pages show it as skipped), and a shuffle made again is a new attempt, or a stage of the later job.
//!
//! The log is folded once for what a later event tells about an earlier one (the definitions of a job's stages, a query's shuffles), then
//! written event by event. Lines are compact and begin with `"Event"`: the History Server looks at their first letters.

use super::plan_graph::{self, accumulable, exchange_accumulator, exchange_metric, scan_accumulator};
use super::shapes::{self, Fetched, TaskPlace, block_manager, host, millis};
use crate::common::ids::{CacheId, ExecutorId, JobId, NodeId, QueryId, ShuffleId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Application, Event, EventKind, StageAttempt, StageDefinition, TaskCause, TaskMetrics, TaskOutcome};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// The version of Spark whose fields are written.
const SPARK_VERSION: &str = "4.3.0";

/// The application's id, which is also its log's file name: the same for the same script and seed.
#[must_use]
pub fn application_id(events: &[Arc<Event>]) -> String {
    let (script, seed) = events
        .iter()
        .find_map(|event| match &event.kind {
            EventKind::ApplicationStarted(application) => Some((application.script.as_str(), application.seed)),
            _ => None,
        })
        .unwrap_or(("", 0));
    let file = script.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem: String =
        file.trim_end_matches(".py").chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    format!("batchlab-{seed:04}-{}", if stem.is_empty() { "script" } else { &stem })
}

/// Writes a log that Spark's History Server opens.
///
/// # Errors
/// What the writer reports.
pub fn write(events: &[Arc<Event>], out: &mut impl Write) -> io::Result<()> {
    let mut writer = Writer { known: Known::of(events), id: application_id(events), ..Writer::default() };
    let mut lines = Vec::new();
    for event in events {
        writer.event(event, &mut lines);
        lines.drain(..).try_for_each(|line| put(&line, out))?;
    }
    writer.untold.iter().try_for_each(|(_, line)| put(line, out))?;
    out.flush()
}

fn put(line: &Value, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// What the whole log says about things that are named before they are told.
#[derive(Default)]
struct Known {
    stages: BTreeMap<StageId, Arc<StageDefinition>>,
    /// The shuffles of each query, in the order in which they were planned.
    shuffles: BTreeMap<QueryId, Vec<ShuffleId>>,
    script: String,
}

impl Known {
    fn of(events: &[Arc<Event>]) -> Known {
        let mut known = Known::default();
        for event in events {
            match &event.kind {
                EventKind::ApplicationStarted(application) => known.script.clone_from(&application.script),
                EventKind::StageDefined(definition) => {
                    if let (Some(query), Some(shuffle)) = (definition.query, definition.writes) {
                        known.shuffles.entry(query).or_default().push(shuffle);
                    }
                    known.stages.insert(definition.stage, Arc::clone(definition));
                }
                _ => {}
            }
        }
        known
    }

    fn shuffles_of(&self, query: QueryId) -> &[ShuffleId] {
        self.shuffles.get(&query).map_or(&[], Vec::as_slice)
    }
}

/// A stage attempt as Spark numbers it.
struct Submitted {
    stage: u32,
    attempt: u32,
    partitions: Vec<u32>,
    since: VirtualTime,
    /// Neither completed nor failed.
    is_open: bool,
    /// What is done of it, by partition.
    done: BTreeMap<u32, Done>,
}

/// A task that succeeded.
struct Done {
    place: TaskPlace,
    ended: VirtualTime,
    /// The executor that keeps its output.
    on: ExecutorId,
}

struct Running {
    place: TaskPlace,
    stage: StageAttempt,
    fetched: Fetched,
    read: BTreeMap<ShuffleId, u64>,
}

#[derive(Default)]
struct Writer {
    id: String,
    known: Known,
    /// Spark's id of a stage in a job.
    stage_ids: BTreeMap<(JobId, StageId), u32>,
    next_stage: u32,
    attempts: BTreeMap<u32, u32>,
    submitted: BTreeMap<StageAttempt, Submitted>,
    running: BTreeMap<TaskId, Running>,
    executors: BTreeMap<ExecutorId, NodeId>,
    /// The executor that each map output is on.
    outputs: BTreeMap<(ShuffleId, u32), ExecutorId>,
    /// Shuffle files outlive executors: an executor's end alone loses none.
    has_shuffle_service: bool,
    removed: BTreeMap<ExecutorId, String>,
    /// Attempts that failed by themselves on an executor.
    failures: BTreeMap<(ExecutorId, StageAttempt), u32>,
    /// Executors that are gone and are not yet told of: Spark first tells how each of their tasks ended.
    untold: Vec<(ExecutorId, Value)>,
}

impl Writer {
    fn event(&mut self, event: &Event, lines: &mut Vec<Value>) {
        let time = event.time;
        match &event.kind {
            EventKind::ApplicationStarted(application) => self.start(time, application, lines),
            EventKind::ApplicationEnded { exit } => lines.push(json!({
                "Event": "SparkListenerApplicationEnd", "Timestamp": millis(time), "ExitCode": exit,
            })),
            EventKind::ExecutorAdded { executor, node, cores, .. } => {
                self.executor_added(time, *executor, *node, *cores, lines);
            }
            EventKind::ExecutorRemoved { executor, reason, .. } => {
                self.removed.insert(*executor, reason.clone());
                if !self.has_shuffle_service {
                    lines.extend(self.resubmitted(|_, _| true));
                }
                let line = json!({
                    "Event": "SparkListenerExecutorRemoved", "Timestamp": millis(time),
                    "Executor ID": executor.0.to_string(), "Removed Reason": reason,
                });
                self.untold.push((*executor, line));
            }
            EventKind::QueryStarted { query, action, line, plan, .. } => lines.push(json!({
                "Event": "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart",
                "executionId": query.0, "rootExecutionId": query.0,
                "description": format!("{action} at {}:{line}", self.known.script),
                "details": "", "physicalPlanDescription": plan,
                "sparkPlanInfo": plan_graph::of(plan, *query, self.known.shuffles_of(*query)),
                "time": millis(time), "modifiedConfigs": {}, "jobTags": [],
            })),
            EventKind::QueryReplanned { query, plan, .. } => lines.push(json!({
                "Event": "org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate",
                "executionId": query.0, "physicalPlanDescription": plan,
                "sparkPlanInfo": plan_graph::of(plan, *query, self.known.shuffles_of(*query)),
            })),
            EventKind::QueryEnded { query, error, .. } => lines.push(json!({
                "Event": "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd",
                "executionId": query.0, "time": millis(time), "errorMessage": error.as_deref().unwrap_or_default(),
            })),
            EventKind::JobSubmitted { job, query, stages, description } => {
                lines.push(self.job(time, *job, *query, stages, description));
            }
            EventKind::JobEnded { job, error } => {
                let result = match error {
                    None => json!({"Result": "JobSucceeded"}),
                    Some(message) => {
                        json!({"Result": "JobFailed", "Exception": {"Message": message, "Stack Trace": []}})
                    }
                };
                lines.push(json!({
                    "Event": "SparkListenerJobEnd", "Job ID": job.0, "Completion Time": millis(time), "Job Result": result,
                }));
            }
            EventKind::StageSubmitted { stage, job, partitions, .. } => {
                lines.push(self.stage_submitted(time, *stage, *job, partitions));
            }
            EventKind::StageCompleted { stage } => lines.extend(self.stage_ended(time, *stage, None)),
            EventKind::StageFailed { stage, reason } => lines.extend(self.stage_ended(time, *stage, Some(reason))),
            EventKind::MapOutputMoved { shuffle, map, executor, .. } => self.moved(*shuffle, *map, *executor),
            EventKind::ExecutorExcluded { executor, stage, .. } => {
                let count = self.failures_on(*stage, |on| on == *executor).values().sum();
                lines.push(self.excluded(
                    time,
                    ("Executor", "executorId", executor.0.to_string()),
                    ("taskFailures", count),
                    *stage,
                ));
            }
            EventKind::NodeExcluded { node, stage } => {
                let count = self.failures_on(*stage, |on| self.executors.get(&on) == Some(node)).len() as u32;
                lines.push(self.excluded(
                    time,
                    ("Node", "hostId", node.to_string()),
                    ("executorFailures", count),
                    *stage,
                ));
            }
            EventKind::MapOutputsLost { shuffle, maps, .. } if self.has_shuffle_service => {
                lines.extend(self.resubmitted(|of, map| of == *shuffle && maps.contains(&map)));
            }
            EventKind::TaskStarted { task, stage, partition, attempt, executor, node, locality, cause, .. } => {
                let index = self.index_of(*stage, *partition);
                let place = TaskPlace {
                    id: task.0,
                    index,
                    attempt: *attempt,
                    partition: *partition,
                    launched: time,
                    executor: *executor,
                    node: *node,
                    locality: *locality,
                    speculative: *cause == TaskCause::Speculative,
                };
                lines.extend(self.task_started(*task, *stage, place));
            }
            EventKind::ShuffleFetched { task, shuffle, from, blocks, bytes, .. } => {
                if let Some(running) = self.running.get_mut(task) {
                    let local = running.place.node == *from;
                    let count =
                        if local { &mut running.fetched.local_blocks } else { &mut running.fetched.remote_blocks };
                    *count += u64::from(*blocks);
                    *running.read.entry(*shuffle).or_default() += bytes;
                }
            }
            EventKind::TaskEnded { task, outcome, metrics } => {
                lines.extend(self.task_ended(time, *task, outcome, metrics));
            }
            EventKind::MapOutputRegistered { shuffle, map, executor, .. } => {
                self.outputs.insert((*shuffle, *map), *executor);
            }
            EventKind::BlockCached { cache, partition, node, bytes, on_disk, .. } => {
                let manager = self.manager_on(*node);
                lines.push(shapes::block_updated(cache.0, *partition, &manager, Some((*bytes, *on_disk))));
            }
            EventKind::CachedBlocksLost { cache, partitions, node, .. } => {
                let manager = self.manager_on(*node);
                lines.extend(partitions.iter().map(|one| shapes::block_updated(cache.0, *one, &manager, None)));
            }
            EventKind::CacheDropped { cache } => {
                lines.push(json!({"Event": "SparkListenerUnpersistRDD", "RDD ID": cache.0}));
            }
            EventKind::NodeAdded { .. }
            | EventKind::FaultInjected { .. }
            | EventKind::FaultMissed { .. }
            | EventKind::NodeDied { .. }
            | EventKind::NodeCutOff { .. }
            | EventKind::NodeReconnected { .. }
            | EventKind::NodeLeaving { .. }
            | EventKind::ExecutorDecommissioned { .. }
            | EventKind::NodeRestarted { .. }
            | EventKind::ExecutorsRequested { .. }
            | EventKind::BlockReplicated { .. }
            | EventKind::ShuffleDropped { .. }
            | EventKind::StageRolledBack { .. }
            | EventKind::QueryOptimized { .. }
            | EventKind::RowsSampled(_)
            | EventKind::ScriptRead { .. }
            | EventKind::StatementStarted { .. }
            | EventKind::PlanBuilt { .. }
            | EventKind::Printed { .. }
            | EventKind::ErrorPrinted { .. }
            | EventKind::StageDefined(_)
            | EventKind::StageSkipped { .. }
            | EventKind::MapOutputsLost { .. }
            | EventKind::BroadcastCreated { .. }
            | EventKind::InputBlockPlaced { .. }
            | EventKind::InputRead { .. }
            | EventKind::InputCopiesLost { .. }
            | EventKind::MemoryExhausted { .. }
            | EventKind::OutputCommitted { .. }
            | EventKind::OutputAborted { .. } => {}
        }
        let is_idle = |executor: &ExecutorId| self.running.values().all(|running| running.place.executor != *executor);
        lines.extend(self.untold.extract_if(.., |(executor, _)| is_idle(executor)).map(|(_, line)| line));
    }

    fn start(&mut self, time: VirtualTime, application: &Application, lines: &mut Vec<Value>) {
        let Application { name, conf, cluster, .. } = application;
        self.has_shuffle_service = application.setting("spark.shuffle.service.enabled") == Some("true");
        let mut properties: serde_json::Map<String, Value> =
            conf.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        for (key, value) in [("spark.app.id", self.id.as_str()), ("spark.app.name", name.as_str())] {
            properties.insert(key.to_owned(), json!(value));
        }
        properties.entry("spark.master").or_insert_with(|| json!(format!("batchlab:{}", cluster.name)));
        lines.push(json!({"Event": "SparkListenerLogStart", "Spark Version": SPARK_VERSION}));
        lines.push(json!({
            "Event": "SparkListenerEnvironmentUpdate",
            "JVM Information": {}, "Spark Properties": properties, "Hadoop Properties": {}, "System Properties": {},
            "Metrics Properties": {}, "Classpath Entries": {},
        }));
        lines.push(json!({
            "Event": "SparkListenerApplicationStart", "App Name": name, "App ID": self.id,
            "Timestamp": millis(time), "User": "batchlab",
        }));
    }

    fn executor_added(
        &mut self,
        time: VirtualTime,
        executor: ExecutorId,
        node: NodeId,
        cores: u32,
        lines: &mut Vec<Value>,
    ) {
        self.executors.insert(executor, node);
        lines.push(json!({
            "Event": "SparkListenerExecutorAdded", "Timestamp": millis(time), "Executor ID": executor.0.to_string(),
            "Executor Info": {"Host": host(node), "Total Cores": cores, "Log Urls": {}, "Attributes": {}, "Resources": {},
                "Resource Profile Id": 0},
        }));
        lines.push(json!({
            "Event": "SparkListenerBlockManagerAdded", "Block Manager ID": block_manager(executor, node),
            "Maximum Memory": 0, "Timestamp": millis(time),
        }));
    }

    /// The newest executor of a node.
    fn manager_on(&self, node: NodeId) -> Value {
        let executor = self.executors.iter().rev().find(|(_, at)| **at == node).map_or(ExecutorId(0), |(id, _)| *id);
        block_manager(executor, node)
    }

    fn job(
        &mut self,
        time: VirtualTime,
        job: JobId,
        query: Option<QueryId>,
        stages: &[StageId],
        description: &str,
    ) -> Value {
        for stage in stages {
            self.stage_ids.insert((job, *stage), self.next_stage);
            self.next_stage += 1;
        }
        let ids: Vec<u32> = stages.iter().map(|stage| self.stage_ids[&(job, *stage)]).collect();
        let infos: Vec<Value> = stages.iter().map(|stage| self.stage_info(job, *stage, 0, None, None)).collect();
        let mut properties = serde_json::Map::new();
        properties.insert("spark.job.description".to_owned(), json!(description));
        if let Some(query) = query {
            properties.insert("spark.sql.execution.id".to_owned(), json!(query.0.to_string()));
        }
        json!({
            "Event": "SparkListenerJobStart", "Job ID": job.0, "Submission Time": millis(time),
            "Stage Infos": infos, "Stage IDs": ids, "Properties": properties,
        })
    }

    /// `Stage Info` of one attempt; `tasks` are those of the attempt, all when absent.
    fn stage_info(
        &self,
        job: JobId,
        stage: StageId,
        attempt: u32,
        tasks: Option<usize>,
        times: Option<(VirtualTime, Option<VirtualTime>)>,
    ) -> Value {
        let definition = self.known.stages.get(&stage);
        let name = definition.map_or_else(
            || stage.to_string(),
            |stage| format!("{} at {}:{}", stage.name, self.known.script, stage.line),
        );
        let parents = definition.map_or(&[][..], |stage| stage.parents.as_slice());
        let parents: Vec<u32> =
            parents.iter().filter_map(|parent| self.stage_ids.get(&(job, *parent)).copied()).collect();
        let caches = definition.map_or(&[][..], |stage| stage.caches.as_slice());
        let all = definition.map_or(0, |stage| stage.tasks);
        let mut info = json!({
            "Stage ID": self.stage_ids.get(&(job, stage)).copied().unwrap_or(stage.0),
            "Stage Attempt ID": attempt,
            "Stage Name": name,
            "Number of Tasks": tasks.map_or(u64::from(all), |count| count as u64),
            "RDD Info": caches.iter().map(|cache| rdd_info(*cache, all)).collect::<Vec<_>>(),
            "Parent IDs": parents,
            "Details": definition.map_or_else(String::new, |stage| stage.operators.join(", ")),
        });
        if let Some((submitted, completed)) = times {
            info["Submission Time"] = json!(millis(submitted));
            if let Some(completed) = completed {
                info["Completion Time"] = json!(millis(completed));
            }
        }
        info["Accumulables"] = json!([]);
        info["Resource Profile Id"] = json!(0);
        info
    }

    fn stage_submitted(&mut self, time: VirtualTime, stage: StageAttempt, job: JobId, partitions: &[u32]) -> Value {
        let id = self.stage_ids.get(&(job, stage.stage)).copied().unwrap_or(stage.stage.0);
        let next = self.attempts.entry(id).or_default();
        let attempt = *next;
        *next += 1;
        let (partitions, is_open) = (partitions.to_vec(), true);
        let info = self.stage_info(job, stage.stage, attempt, Some(partitions.len()), Some((time, None)));
        let submitted = Submitted { stage: id, attempt, partitions, since: time, is_open, done: BTreeMap::new() };
        self.submitted.insert(stage, submitted);
        json!({"Event": "SparkListenerStageSubmitted", "Stage Info": info, "Properties": {}})
    }

    fn stage_ended(&mut self, time: VirtualTime, stage: StageAttempt, failure: Option<&String>) -> Option<Value> {
        self.submitted.get_mut(&stage)?.is_open = false;
        let submitted = self.submitted.get(&stage)?;
        let job = self.stage_ids.iter().find(|((_, own), id)| *own == stage.stage && **id == submitted.stage)?.0.0;
        let times = Some((submitted.since, Some(time)));
        let tasks = Some(submitted.partitions.len());
        let mut info = self.stage_info(job, stage.stage, submitted.attempt, tasks, times);
        if let Some(reason) = failure {
            info["Failure Reason"] = json!(reason);
        }
        Some(json!({"Event": "SparkListenerStageCompleted", "Stage Info": info}))
    }

    /// The place of a partition in its task set.
    fn index_of(&self, stage: StageAttempt, partition: u32) -> usize {
        let partitions = self.submitted.get(&stage).map(|submitted| submitted.partitions.as_slice());
        partitions.and_then(|all| all.iter().position(|one| *one == partition)).unwrap_or(partition as usize)
    }

    fn task_started(&mut self, task: TaskId, stage: StageAttempt, place: TaskPlace) -> Option<Value> {
        let submitted = self.submitted.get(&stage)?;
        let line = json!({
            "Event": "SparkListenerTaskStart", "Stage ID": submitted.stage, "Stage Attempt ID": submitted.attempt,
            "Task Info": shapes::task_info(&place, None, Vec::new()),
        });
        self.running.insert(task, Running { place, stage, fetched: Fetched::default(), read: BTreeMap::new() });
        Some(line)
    }

    fn task_ended(
        &mut self,
        time: VirtualTime,
        task: TaskId,
        outcome: &TaskOutcome,
        metrics: &TaskMetrics,
    ) -> Option<Value> {
        let running = self.running.remove(&task)?;
        let submitted = self.submitted.get(&running.stage)?;
        let definition = self.known.stages.get(&running.stage.stage);
        let source = match outcome {
            TaskOutcome::FetchFailed { shuffle, map, node, .. } => self
                .outputs
                .get(&(*shuffle, *map))
                .copied()
                .or_else(|| self.executors.iter().find(|(_, at)| *at == node).map(|(executor, _)| *executor)),
            _ => None,
        };
        let is_map = definition.is_some_and(|stage| stage.writes.is_some());
        let counted = match (outcome, definition) {
            (TaskOutcome::Succeeded, Some(definition)) => accumulables(definition, &running, metrics),
            _ => Vec::new(),
        };
        let run = time.since(running.place.launched);
        let removed = self.removed.get(&running.place.executor);
        let line = json!({
            "Event": "SparkListenerTaskEnd", "Stage ID": submitted.stage, "Stage Attempt ID": submitted.attempt,
            "Task Type": if is_map { "ShuffleMapTask" } else { "ResultTask" },
            "Task End Reason": shapes::end_reason(outcome, running.place.executor, source, running.place.partition, removed),
            "Task Info": shapes::task_info(&running.place, Some((time, outcome)), counted),
            "Task Executor Metrics": {},
            "Task Metrics": shapes::task_metrics(metrics, run, running.fetched),
        });
        if matches!(outcome, TaskOutcome::Failed { .. }) {
            *self.failures.entry((running.place.executor, running.stage)).or_default() += 1;
        }
        if *outcome == TaskOutcome::Succeeded {
            let Running { place, stage, .. } = running;
            let done = Done { on: place.executor, ended: time, place };
            self.submitted.get_mut(&stage)?.done.insert(done.place.partition, done);
        }
        Some(line)
    }

    /// Failures by executor, of a stage or of all.
    fn failures_on(
        &self,
        stage: Option<StageAttempt>,
        is_meant: impl Fn(ExecutorId) -> bool,
    ) -> BTreeMap<ExecutorId, u32> {
        let mut found = BTreeMap::new();
        for ((executor, of), count) in &self.failures {
            if is_meant(*executor) && stage.is_none_or(|stage| stage == *of) {
                *found.entry(*executor).or_default() += count;
            }
        }
        found
    }

    /// What gets no more tasks of a stage, or of any: who, by which key, and how often it failed.
    fn excluded(
        &self,
        time: VirtualTime,
        (kind, key, id): (&str, &str, String),
        (counted, count): (&str, u32),
        stage: Option<StageAttempt>,
    ) -> Value {
        let of_stage = stage.and_then(|stage| self.submitted.get(&stage));
        let suffix = if stage.is_some() { "ForStage" } else { "" };
        let mut line = json!({
            "Event": format!("org.apache.spark.scheduler.SparkListener{kind}Excluded{suffix}"),
            "time": millis(time), key: id, counted: count,
        });
        if let Some(submitted) = of_stage {
            line["stageId"] = json!(submitted.stage);
            line["stageAttemptId"] = json!(submitted.attempt);
        }
        line
    }

    /// A map output lies on another executor now.
    fn moved(&mut self, shuffle: ShuffleId, map: u32, to: ExecutorId) {
        let writes = |stage: StageId| self.known.stages.get(&stage).and_then(|stage| stage.writes);
        for (_, submitted) in self.submitted.iter_mut().filter(|(stage, _)| writes(stage.stage) == Some(shuffle)) {
            if let Some(done) = submitted.done.get_mut(&map) {
                done.on = to;
            }
        }
    }

    /// Finished map tasks whose outputs are lost with their executor while their stage still runs: Spark tells of each a second time, as
    /// `Resubmitted` (`TaskSetManager.executorLost`).
    fn resubmitted(&mut self, is_lost: impl Fn(ShuffleId, u32) -> bool) -> Vec<Value> {
        let mut lines = Vec::new();
        let open = |submitted: &Submitted| submitted.is_open && submitted.done.len() < submitted.partitions.len();
        for (stage, submitted) in self.submitted.iter_mut().filter(|(_, submitted)| open(submitted)) {
            let Some(shuffle) = self.known.stages.get(&stage.stage).and_then(|stage| stage.writes) else { continue };
            let (id, attempt) = (submitted.stage, submitted.attempt);
            let is_gone = |map: &u32, done: &mut Done| self.removed.contains_key(&done.on) && is_lost(shuffle, *map);
            for (_, done) in submitted.done.extract_if(.., is_gone) {
                lines.push(json!({
                    "Event": "SparkListenerTaskEnd", "Stage ID": id, "Stage Attempt ID": attempt,
                    "Task Type": "ShuffleMapTask", "Task End Reason": {"Reason": "Resubmitted"},
                    "Task Info": shapes::task_info(&done.place, Some((done.ended, &TaskOutcome::Succeeded)), Vec::new()),
                    "Task Executor Metrics": {},
                }));
            }
        }
        lines
    }
}

/// What an attempt adds to the numbers in its query's plan.
fn accumulables(definition: &StageDefinition, running: &Running, metrics: &TaskMetrics) -> Vec<Value> {
    let mut counted = Vec::new();
    let mut count = |shuffle: ShuffleId, metric: usize, update: u64| {
        counted.push(accumulable(exchange_accumulator(shuffle, metric), exchange_metric(metric), update));
    };
    if let Some(shuffle) = definition.writes {
        count(shuffle, 0, metrics.shuffle_write_bytes);
        let batches = metrics.shuffle_write_batches;
        count(shuffle, 1, if batches > 0 { batches } else { metrics.shuffle_write_rows });
    }
    for (shuffle, bytes) in &running.read {
        count(*shuffle, 2, *bytes);
    }
    if let [(shuffle, _)] = definition.reads.as_slice() {
        count(*shuffle, 3, metrics.shuffle_read_rows);
    }
    let scans = definition.operators.iter().filter(|operator| operator.starts_with("scan ")).count();
    if let (1, Some(query)) = (scans, definition.query) {
        let id = scan_accumulator(query, definition.writes);
        counted.push(accumulable(id, "number of output rows", metrics.input_rows));
    }
    counted
}

fn rdd_info(cache: CacheId, partitions: u32) -> Value {
    json!({
        "RDD ID": cache.0, "Name": format!("cache {}", cache.0), "Callsite": "", "Parent IDs": [],
        "Storage Level": shapes::storage_level(true, true), "Barrier": false, "DeterministicLevel": "DETERMINATE",
        "Number of Partitions": partitions, "Number of Cached Partitions": 0, "Memory Size": 0, "Disk Size": 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::log::EventLog;
    use crate::event::{ClusterShape, Determinism, Locality, SubmitReason};

    fn stage(stage: u32, writes: Option<u32>, reads: &[(u32, u32)]) -> EventKind {
        EventKind::StageDefined(Arc::new(StageDefinition {
            stage: StageId(stage),
            name: "orders".to_owned(),
            operators: vec!["scan csv".to_owned()],
            plan: Vec::new(),
            tasks: 2,
            parents: reads.iter().map(|(_, parent)| StageId(*parent)).collect(),
            writes: writes.map(ShuffleId),
            reduce_partitions: 2,
            reads: reads.iter().map(|(shuffle, parent)| (ShuffleId(*shuffle), StageId(*parent))).collect(),
            slices: None,
            caches: Vec::new(),
            broadcasts: Vec::new(),
            determinism: Determinism::Determinate,
            query: Some(QueryId(0)),
            line: 3,
        }))
    }

    fn job(job: u32, stages: &[u32]) -> EventKind {
        let stages = stages.iter().map(|stage| StageId(*stage)).collect();
        EventKind::JobSubmitted { job: JobId(job), query: Some(QueryId(0)), stages, description: "show".to_owned() }
    }

    fn submitted(stage: u32, attempt: u32, job: u32, partitions: &[u32]) -> EventKind {
        let stage = StageAttempt { stage: StageId(stage), attempt };
        let (partitions, reason) = (partitions.into(), SubmitReason::Needed);
        EventKind::StageSubmitted { stage, job: JobId(job), partitions, reason }
    }

    fn lines(kinds: Vec<EventKind>) -> Vec<String> {
        let log = EventLog::new();
        let cluster = ClusterShape {
            name: "3x2".to_owned(),
            nodes: 3,
            cores_per_node: 2,
            memory_per_node_bytes: 1 << 30,
            is_real: false,
        };
        let (name, script) = ("app".to_owned(), "dir/my script.py".to_owned());
        let application = Application { name, script, seed: 7, cluster, conf: Vec::new() };
        log.push(VirtualTime(0), EventKind::ApplicationStarted(Arc::new(application)));
        for kind in kinds {
            log.push(VirtualTime(5_000_000), kind);
        }
        let mut bytes = Vec::new();
        write(&log.snapshot(), &mut bytes).expect("memory takes everything");
        assert_eq!(application_id(&log.snapshot()), "batchlab-0007-myscript");
        String::from_utf8(bytes).expect("text").lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_line_is_compact_and_begins_with_its_event() {
        let lines = lines(vec![EventKind::ApplicationEnded { exit: 0 }]);
        assert!(lines.iter().all(|line| line.starts_with("{\"Event\":\"SparkListener")), "{lines:#?}");
        assert!(lines.last().is_some_and(|line| line.contains("\"Timestamp\":1735689600005")), "{lines:#?}");
    }

    #[test]
    fn outputs_lost_while_their_stage_runs_are_resubmitted() {
        let on = |task: u64, partition: u32, executor: u32| EventKind::TaskStarted {
            task: TaskId(task),
            stage: StageAttempt { stage: StageId(0), attempt: 0 },
            partition,
            attempt: 0,
            executor: ExecutorId(executor),
            node: NodeId(executor),
            core: 0,
            locality: Locality::Node,
            cause: TaskCause::First,
        };
        let done = |task: u64| EventKind::TaskEnded {
            task: TaskId(task),
            outcome: TaskOutcome::Succeeded,
            metrics: Arc::default(),
        };
        let removed = |executor: u32| {
            let (executor, node) = (ExecutorId(executor), NodeId(executor));
            EventKind::ExecutorRemoved { executor, node, reason: "gone".to_owned() }
        };
        let first = [stage(0, Some(0), &[]), job(0, &[0]), submitted(0, 0, 0, &[0, 1]), on(5, 0, 1), done(5)];
        let ends = |more: Vec<EventKind>| -> Vec<(u64, String)> {
            let ends = lines(first.iter().cloned().chain(more).collect()).into_iter().filter_map(|line| {
                let line: Value = serde_json::from_str(&line).expect("JSON");
                let reason = line["Task End Reason"]["Reason"].as_str()?.to_owned();
                Some((line["Task Info"]["Task ID"].as_u64()?, reason))
            });
            ends.collect()
        };
        let (success, again) = ((5, "Success".to_owned()), (5, "Resubmitted".to_owned()));
        let last = (6, "Success".to_owned());
        assert_eq!(ends(vec![removed(1), removed(1)]), [success.clone(), again]);
        assert_eq!(ends(vec![on(6, 1, 2), done(6), removed(1)]), [success.clone(), last], "the stage has all it needs");
        assert_eq!(ends(vec![removed(2)]), [success], "it was elsewhere");
        let lost = EventKind::TaskEnded {
            task: TaskId(6),
            outcome: TaskOutcome::ExecutorLost { node: NodeId(1) },
            metrics: Arc::default(),
        };
        let told = lines(first.iter().cloned().chain([on(6, 1, 1), removed(1), lost]).collect());
        let at = |word: &str| told.iter().position(|line| line.contains(word));
        let (again, lost, removed) = (at("Resubmitted"), at("ExecutorLostFailure"), at("SparkListenerExecutorRemoved"));
        assert!(again.is_some() && again < lost && lost < removed, "{told:#?}");
    }

    #[test]
    fn a_stage_read_again_has_a_new_id_and_a_stage_made_again_a_new_attempt() {
        let place = |task: u64, attempt: u32| EventKind::TaskStarted {
            task: TaskId(task),
            stage: StageAttempt { stage: StageId(0), attempt },
            partition: 1,
            attempt: 0,
            executor: ExecutorId(2),
            node: NodeId(2),
            core: 0,
            locality: Locality::Node,
            cause: TaskCause::First,
        };
        let lines = lines(vec![
            stage(0, Some(0), &[]),
            stage(1, None, &[(0, 0)]),
            job(0, &[0]),
            submitted(0, 0, 0, &[0, 1]),
            job(1, &[0, 1]),
            submitted(0, 1, 1, &[1]),
            place(9, 1),
            submitted(1, 0, 1, &[0, 1]),
        ]);
        let seen: Vec<(u64, u64, u64)> = lines
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .filter(|line| line["Event"] == "SparkListenerStageSubmitted")
            .map(|line| {
                let number = |name: &str| line["Stage Info"][name].as_u64().unwrap_or(u64::MAX);
                (number("Stage ID"), number("Stage Attempt ID"), number("Number of Tasks"))
            })
            .collect();
        assert_eq!(seen, [(0, 0, 2), (1, 0, 1), (2, 0, 2)]);
        let start = lines.iter().find(|line| line.contains("SparkListenerTaskStart")).expect("the task");
        assert!(start.contains("\"Stage ID\":1") && start.contains("\"Index\":0"), "{start}");
    }
}
