//! Facts in order of time, as our events.

use super::facts::{EndedTask, Fact, Facts, StartedJob, StartedTask};
use super::fields::{EndReason, StageInfo};
use super::missing::{Missing, Thing};
use crate::common::ids::{CacheId, ExecutorId, JobId, NodeId, QueryId, ShuffleId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::log::EventLog;
use crate::event::{
    Application, ClusterShape, Determinism, Event, EventKind, StageAttempt, StageDefinition, SubmitReason, TaskCause,
    TaskOutcome,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A log as our events.
pub(super) struct Translated {
    /// The moment of the first, in milliseconds since 1970.
    pub(super) zero_unix_millis: u64,
    pub(super) events: Vec<Arc<Event>>,
    /// What other lines speak of and no line tells, in words.
    pub(super) missing: Vec<String>,
}

/// Puts facts in order and tells them.
pub(super) fn translate(mut facts: Facts) -> Translated {
    let mut list = std::mem::take(&mut facts.list);
    // Stable: of facts of one millisecond, the one that stands first came first.
    list.sort_by_key(|(time, _)| *time);
    let start = facts.started.filter(|time| *time > 0).or(list.first().map(|(time, _)| *time)).unwrap_or(0);
    let first = list.first().map_or(start, |(time, _)| (*time).min(start));
    let mut translator = Translator { facts, log: EventLog::new(), ..Translator::default() };
    translator.begin(&list);
    let moment = |time: u64| VirtualTime(time.saturating_sub(first).saturating_mul(1_000_000));
    for (time, fact) in list {
        translator.now = moment(time);
        translator.fact(fact);
    }
    if let Some((time, exit)) = translator.facts.ended {
        // Spark tells what was cancelled with the application after its end.
        translator.now = moment(time);
        translator.push(EventKind::ApplicationEnded { exit });
    }
    Translated { zero_unix_millis: first, events: translator.log.snapshot(), missing: translator.missing.words() }
}

#[derive(Default)]
struct Translator {
    facts: Facts,
    log: EventLog,
    now: VirtualTime,
    executors: BTreeMap<Arc<str>, Place>,
    /// A stage that reads a shuffle again is the stage that wrote it.
    same_as: BTreeMap<u32, u32>,
    by_rdd: BTreeMap<(u32, u64), u32>,
    defined: BTreeMap<u32, Vec<u32>>,
    /// The partitions of each stage.
    tasks: BTreeMap<u32, u32>,
    jobs: BTreeMap<u32, JobId>,
    /// The stages of each job that were neither submitted nor skipped so far, with their parents.
    waiting: BTreeMap<JobId, BTreeMap<u32, Vec<u32>>>,
    /// What became of the last attempt of each partition.
    last: BTreeMap<(u32, u32), Last>,
    running: BTreeMap<u64, Running>,
    /// The action of each query and its line.
    queries: BTreeMap<u32, (String, u32)>,
    missing: Missing,
}

struct Place {
    executor: ExecutorId,
    node: NodeId,
    /// The task on each core.
    cores: Vec<Option<u64>>,
}

struct Last {
    node: NodeId,
    /// Absent: it succeeded, as nearly all do.
    failure: Option<Box<TaskOutcome>>,
}

struct Running {
    stage: u32,
    partition: u32,
    executor: Arc<str>,
}

impl Translator {
    fn push(&self, kind: EventKind) {
        self.log.push(self.now, kind);
    }

    /// The application and what is known of its cluster.
    fn begin(&mut self, list: &[(u64, Fact)]) {
        let added = list.iter().filter_map(|(_, fact)| match fact {
            Fact::ExecutorAdded { executor, cores } => Some((executor, *cores)),
            _ => None,
        });
        let known: BTreeMap<&Arc<str>, u32> = added.collect();
        let script =
            self.facts.command.split_whitespace().find(|word| word.strip_suffix(".py").is_some()).unwrap_or_default();
        let conf = |key: &str| self.facts.conf.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        let cluster = ClusterShape {
            name: conf("spark.master").unwrap_or_else(|| "a Spark cluster".to_owned()),
            nodes: known.len() as u32,
            cores_per_node: known.values().copied().max().unwrap_or(0),
            memory_per_node_bytes: self.facts.memory.values().copied().max().unwrap_or(0),
            is_real: true,
        };
        let (name, script, conf) = (self.facts.name.clone(), script.to_owned(), self.facts.conf.clone());
        self.push(EventKind::ApplicationStarted(Arc::new(Application { name, script, seed: 0, cluster, conf })));
    }

    fn fact(&mut self, fact: Fact) {
        match fact {
            Fact::ExecutorAdded { executor, cores } => self.add_executor(&executor, cores),
            Fact::ExecutorRemoved { executor, reason } => self.remove_executor(&executor, reason),
            Fact::QueryStarted { query, description, plan } => {
                let (action, line) = call_site(&description);
                self.queries.insert(query, (action.clone(), line));
                let plan = plan.into();
                self.push(EventKind::QueryStarted { query: QueryId(query), action, line, plan, of: None });
            }
            Fact::QueryReplanned { query, plan } => {
                self.push(EventKind::QueryReplanned { query: QueryId(query), decisions: Vec::new(), plan });
            }
            Fact::QueryEnded { query, error } => {
                if !self.queries.contains_key(&query) {
                    self.missing.note(Thing::QueryStart, || query.to_string());
                }
                if let Some(output) = self.facts.outputs.remove(&query) {
                    self.push(match &error {
                        None => output.committed(&self.facts.counts),
                        Some(reason) => output.aborted(first_line(reason)),
                    });
                }
                self.push(EventKind::QueryEnded { query: QueryId(query), rows: None, error });
            }
            Fact::JobStarted(job) => self.job(*job),
            Fact::JobEnded { job, error } => self.end_job(JobId(job), error),
            Fact::StageSubmitted { stage, attempt } => self.submit(stage, attempt),
            Fact::StageEnded { stage, attempt, failure } => {
                let stage = StageAttempt { stage: StageId(self.own(stage)), attempt };
                self.push(match failure {
                    None => EventKind::StageCompleted { stage },
                    Some(reason) => EventKind::StageFailed { stage, reason: first_line(&reason) },
                });
            }
            Fact::TaskStarted(task) => self.start_task(task),
            Fact::TaskEnded(task) => self.end_task(task),
            Fact::Unpersisted { cache } => self.push(EventKind::CacheDropped { cache: CacheId(cache) }),
        }
    }

    fn own(&self, stage: u32) -> u32 {
        self.same_as.get(&stage).copied().unwrap_or(stage)
    }

    fn add_executor(&mut self, name: &Arc<str>, cores: u32) {
        let node = NodeId(self.executors.len() as u32 + 1);
        let taken = |id: u32| self.executors.values().any(|place| place.executor == ExecutorId(id));
        let id = name.parse().ok().filter(|id| !taken(*id)).unwrap_or(node.0 + 1_000_000);
        let executor = ExecutorId(if &**name == "driver" && !taken(0) { 0 } else { id });
        let cores = cores.min(65_536);
        let memory_bytes = self.facts.memory.get(&**name).copied().unwrap_or(0);
        self.push(EventKind::NodeAdded { node, cores, memory_bytes, rack: 0, is_spot: false });
        self.push(EventKind::ExecutorAdded { executor, node, cores, first_core: 0 });
        self.executors.insert(Arc::clone(name), Place { executor, node, cores: Vec::new() });
    }

    fn remove_executor(&mut self, name: &str, reason: String) {
        let Some(place) = self.executors.get(name) else {
            self.missing.note(Thing::ExecutorStart, || name.to_owned());
            return;
        };
        let (executor, node) = (place.executor, place.node);
        self.push(EventKind::NodeDied { node });
        self.push(EventKind::ExecutorRemoved { executor, node, reason: first_line(&reason) });
    }

    fn job(&mut self, started: StartedJob) {
        let StartedJob { job, query, stages, description } = started;
        let mut order: Vec<&StageInfo> = stages.iter().collect();
        order.sort_by_key(|stage| stage.stage);
        for stage in &order {
            self.define(stage, query);
        }
        let mut ids: Vec<StageId> = Vec::new();
        for stage in &order {
            let own = StageId(self.own(stage.stage));
            if !ids.contains(&own) {
                ids.push(own);
            }
            self.jobs.entry(stage.stage).or_insert(JobId(job));
        }
        let description = description.or_else(|| order.last().map(|stage| stage.name.clone())).unwrap_or_default();
        let (job, query, description) = (JobId(job), query.map(QueryId), first_line(&description));
        self.push(EventKind::JobSubmitted { job, query, stages: ids, description });
        let parents = order.iter().map(|stage| (stage.stage, stage.parents.clone()));
        self.waiting.insert(job, parents.collect());
    }

    /// The stages before one that is submitted, as far as they never run, are skipped: their output is there.
    fn skip_before(&mut self, job: JobId, stage: u32) {
        let Some(waiting) = self.waiting.get_mut(&job) else { return };
        let mut open = waiting.remove(&stage).unwrap_or_default();
        let mut skipped = BTreeSet::new();
        while let Some(parent) = open.pop() {
            if !self.facts.submitted.contains(&parent)
                && let Some(before) = waiting.remove(&parent)
            {
                open.extend(before);
                skipped.insert(parent);
            }
        }
        self.skip(job, skipped);
    }

    fn end_job(&mut self, job: JobId, error: Option<String>) {
        let waiting = self.waiting.remove(&job);
        if waiting.is_none() {
            self.missing.note(Thing::JobStart, || job.0.to_string());
        }
        let left = waiting.unwrap_or_default().into_keys();
        let skipped = left.filter(|stage| !self.facts.submitted.contains(stage)).collect();
        self.skip(job, skipped);
        self.push(EventKind::JobEnded { job, error });
    }

    fn skip(&self, job: JobId, stages: BTreeSet<u32>) {
        for stage in stages {
            self.push(EventKind::StageSkipped { job, stage: StageId(self.own(stage)) });
        }
    }

    fn define(&mut self, stage: &StageInfo, query: Option<u32>) {
        let id = stage.stage;
        if self.defined.contains_key(&id) || self.same_as.contains_key(&id) {
            return;
        }
        let last_rdd = stage.rdds.iter().map(|rdd| rdd.id).max();
        let writes = self.facts.writers.contains(&id);
        if let (Some(rdd), true) = (last_rdd, writes) {
            let key = (rdd, stage.tasks);
            if let Some(first) = self.by_rdd.get(&key).copied() {
                if !self.facts.submitted.contains(&id) {
                    self.same_as.insert(id, first);
                    return;
                }
            } else {
                self.by_rdd.insert(key, id);
            }
        }
        let parents: BTreeSet<u32> = stage.parents.iter().map(|parent| self.own(*parent)).collect();
        let parents: Vec<u32> = parents.into_iter().filter(|parent| *parent != id).collect();
        let operators = operators_of(stage);
        let (_, line) = call_site(&stage.name);
        let seen =
            self.facts.partitions.range((id, 0)..=(id, u32::MAX)).filter_map(|(_, all)| all.last().copied()).max();
        let tasks = u32::try_from(stage.tasks).unwrap_or(0).max(seen.map_or(0, |last| last + 1));
        self.tasks.insert(id, tasks);
        self.push(EventKind::StageDefined(Arc::new(StageDefinition {
            stage: StageId(id),
            name: self.stage_name(stage, &operators, query),
            operators,
            plan: Vec::new(),
            tasks,
            parents: parents.iter().map(|parent| StageId(*parent)).collect(),
            writes: writes.then_some(ShuffleId(id)),
            reduce_partitions: u32::from(writes),
            reads: parents.iter().map(|parent| (ShuffleId(*parent), StageId(*parent))).collect(),
            slices: None,
            caches: Vec::new(),
            broadcasts: Vec::new(),
            determinism: Determinism::Determinate,
            query: query.map(QueryId),
            line: query.and_then(|query| self.queries.get(&query)).map_or(line, |(_, line)| *line),
        })));
        self.defined.insert(id, parents);
    }

    /// What a stage is called: by what it scans, else by the script's call, else by its query where the call is one of Spark's own.
    fn stage_name(&self, stage: &StageInfo, operators: &[String], query: Option<u32>) -> String {
        let scan = operators.iter().find(|name| name.starts_with("Scan"));
        let action = query.and_then(|query| self.queries.get(&query)).map(|(action, _)| action);
        let is_own = [".java:", ".scala:", "<unknown>"].iter().any(|place| stage.name.contains(place));
        let action = action.filter(|_| is_own || stage.name.is_empty());
        scan.or(action).unwrap_or(&stage.name).clone()
    }

    fn submit(&mut self, stage: u32, attempt: u32) {
        let own = self.own(stage);
        let partitions = self.partitions(stage, attempt);
        let reads = self.defined.get(&own).cloned().unwrap_or_default();
        let failed = |partition: &u32| {
            let failure = self.last.get(&(own, *partition)).and_then(|last| last.failure.as_deref());
            matches!(failure, Some(TaskOutcome::FetchFailed { .. }))
        };
        let reason = if attempt == 0 {
            SubmitReason::Needed
        } else if let (true, Some(parent)) = (partitions.iter().any(failed), reads.first()) {
            SubmitReason::FetchFailed { shuffle: ShuffleId(*parent) }
        } else if self.facts.writers.contains(&own) {
            SubmitReason::OutputsLost { shuffle: ShuffleId(own), maps: partitions.clone() }
        } else {
            SubmitReason::Needed
        };
        if !self.jobs.contains_key(&stage) {
            self.missing.note(Thing::StageJob, || stage.to_string());
        }
        let job = self.jobs.get(&stage).copied().unwrap_or_default();
        self.skip_before(job, stage);
        let stage = StageAttempt { stage: StageId(own), attempt };
        self.push(EventKind::StageSubmitted { stage, job, partitions: partitions.into(), reason });
    }

    /// What an attempt is to compute. A first attempt that did not go to its end may not have begun all of it.
    fn partitions(&self, stage: u32, attempt: u32) -> Vec<u32> {
        if attempt == 0 && !self.facts.completed.contains(&(stage, attempt)) {
            return (0..self.tasks.get(&stage).copied().unwrap_or(0)).collect();
        }
        let seen = self.facts.partitions.get(&(stage, attempt));
        seen.map(|all| all.iter().copied().collect()).unwrap_or_default()
    }

    fn start_task(&mut self, started: StartedTask) {
        if self.running.contains_key(&started.id) {
            // The line stands there twice.
            self.missing.note(Thing::TaskEnd, || started.id.to_string());
            return;
        }
        if !self.executors.contains_key(&started.executor) {
            self.missing.note(Thing::ExecutorStart, || started.executor.to_string());
            self.add_executor(&started.executor, 1);
        }
        let (task, stage, partition) = (started.id, self.own(started.stage), started.partition);
        let cause = self.cause(stage, partition, started.speculative);
        let Some(place) = self.executors.get_mut(&started.executor) else { return };
        let core = place.cores.iter().position(Option::is_none).unwrap_or_else(|| {
            place.cores.push(None);
            place.cores.len() - 1
        });
        place.cores[core] = Some(task);
        let (executor, node) = (place.executor, place.node);
        self.running.insert(task, Running { stage, partition, executor: started.executor });
        self.push(EventKind::TaskStarted {
            task: TaskId(task),
            stage: StageAttempt { stage: StageId(stage), attempt: started.stage_attempt },
            partition,
            attempt: started.attempt,
            executor,
            node,
            core: core as u32,
            locality: started.locality,
            cause,
        });
    }

    /// Why a partition runs, from what became of it before.
    fn cause(&self, stage: u32, partition: u32, speculative: bool) -> TaskCause {
        if speculative {
            return TaskCause::Speculative;
        }
        match self.last.get(&(stage, partition)) {
            None => TaskCause::First,
            Some(Last { node, failure }) => match failure.as_deref() {
                None | Some(TaskOutcome::Succeeded) => TaskCause::OutputLost { node: *node },
                Some(TaskOutcome::ExecutorLost { node }) => TaskCause::ExecutorLost { node: *node },
                Some(TaskOutcome::FetchFailed { node, .. }) => TaskCause::FetchFailed { node: *node },
                Some(TaskOutcome::Failed { error }) => TaskCause::Retry { reason: error.clone() },
                Some(TaskOutcome::Killed { reason } | TaskOutcome::Ignored { reason }) => {
                    TaskCause::Retry { reason: reason.clone() }
                }
            },
        }
    }

    fn end_task(&mut self, ended: EndedTask) {
        let Some(running) = self.running.remove(&ended.id) else {
            // A task that is told to have been resubmitted had ended before.
            if ended.failure.is_none_or(|reason| reason.reason != "Resubmitted") {
                self.missing.note(Thing::TaskStart, || ended.id.to_string());
            }
            return;
        };
        let Some(place) = self.executors.get_mut(&running.executor) else { return };
        place.cores.iter_mut().filter(|core| **core == Some(ended.id)).for_each(|core| *core = None);
        let (executor, node) = (place.executor, place.node);
        let failure = ended.failure.map(|reason| self.failure(&reason, running.stage, node));
        let outcome = failure.clone().unwrap_or(TaskOutcome::Succeeded);
        let succeeded = failure.is_none();
        let last = Last { node, failure: failure.map(Box::new) };
        self.last.insert((running.stage, running.partition), last);
        let (bytes, rows) = (ended.metrics.shuffle_write_bytes, ended.metrics.shuffle_write_rows);
        self.push(EventKind::TaskEnded { task: TaskId(ended.id), outcome, metrics: ended.metrics });
        if succeeded && self.facts.writers.contains(&running.stage) {
            self.push(EventKind::MapOutputRegistered {
                shuffle: ShuffleId(running.stage),
                map: running.partition,
                node,
                executor,
                bytes: [bytes].into(),
                rows: [rows].into(),
            });
        }
    }

    /// Why a task did not succeed.
    fn failure(&self, reason: &EndReason, stage: u32, node: NodeId) -> TaskOutcome {
        match reason.reason.as_str() {
            "ExecutorLostFailure" => TaskOutcome::ExecutorLost { node },
            "FetchFailed" => {
                let source = reason.address.as_ref().and_then(|address| address.executor.as_ref());
                let parent = self.defined.get(&stage).and_then(|parents| parents.first().copied());
                match (source.and_then(|name| self.executors.get(name.as_str())), parent) {
                    (Some(source), Some(parent)) => TaskOutcome::FetchFailed {
                        shuffle: ShuffleId(parent),
                        map: reason.map.and_then(|map| u32::try_from(map).ok()).unwrap_or(0),
                        node: source.node,
                        is_damaged: false,
                    },
                    _ => TaskOutcome::Failed {
                        error: "a block could not be fetched; the log does not say from where".into(),
                    },
                }
            }
            "TaskKilled" => TaskOutcome::Killed { reason: first_line(&reason.killed) },
            "TaskCommitDenied" => TaskOutcome::Ignored { reason: "another attempt had committed its output".into() },
            "ExceptionFailure" => {
                let class = reason.class.rsplit('.').next().unwrap_or_default();
                TaskOutcome::Failed { error: format!("{class}: {}", first_line(&reason.description)) }
            }
            other => TaskOutcome::Failed { error: if other.is_empty() { "unknown".into() } else { other.to_owned() } },
        }
    }
}

/// `collect at job.py:11`, taken apart; line 0 is unknown.
fn call_site(text: &str) -> (String, u32) {
    let text = first_line(text);
    let (action, place) = text.split_once(" at ").unwrap_or((&text, ""));
    let line = place.rsplit(':').next().and_then(|line| line.trim().parse().ok()).unwrap_or(0);
    (action.to_owned(), line)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The operators of a stage in the order rows pass them, from the scopes of its RDDs.
fn operators_of(stage: &StageInfo) -> Vec<String> {
    let mut rdds: Vec<_> = stage.rdds.iter().collect();
    rdds.sort_by_key(|rdd| rdd.id);
    let mut names: Vec<String> = Vec::new();
    for rdd in rdds {
        let scope: Option<serde_json::Value> = rdd.scope.as_deref().and_then(|scope| serde_json::from_str(scope).ok());
        let name = scope.as_ref().and_then(|scope| scope.get("name")?.as_str()).unwrap_or(&rdd.name);
        if names.last().is_none_or(|last| last != name.trim()) && names.len() < 64 {
            names.push(name.trim().to_owned());
        }
    }
    names
}
