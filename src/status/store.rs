//! The fold: one event after the other.

use super::model::{
    Application, Attempt, CachedBlock, Death, Fault, Fetch, Job, LostBlock, LostOutput, MapOutput, Node, Output, Query,
    Shuffle, Stage, Status, Submission, Task, TaskState, Victim,
};
use super::need;
use crate::common::ids::{ExecutorId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, StageDefinition, TaskCause, TaskMetrics, TaskOutcome};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Status {
    /// The status at a moment: all events up to and including `until`.
    #[must_use]
    pub fn fold(events: &[Arc<Event>], until: VirtualTime) -> Status {
        let mut status = Status::default();
        for event in events.iter().take_while(|event| event.time <= until) {
            status.apply(event);
        }
        status.now = status.now.max(until);
        status
    }

    /// The status after all events.
    #[must_use]
    pub fn of(events: &[Arc<Event>]) -> Status {
        let mut status = Status::default();
        for event in events {
            status.apply(event);
        }
        status
    }

    /// Adds the next event.
    pub fn apply(&mut self, event: &Event) {
        self.now = event.time;
        self.applied += 1;
        self.apply_kind(event.time, &event.kind);
    }

    fn apply_kind(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::ApplicationStarted { name, script, seed, cluster, conf } => {
                let application = Application {
                    name: name.clone(),
                    script: script.clone(),
                    seed: *seed,
                    cluster: cluster.clone(),
                    conf: conf.clone(),
                };
                let setting = |key: &str| conf.iter().rfind(|(known, _)| known == key).map(|(_, value)| value.as_str());
                self.has_shuffle_service = setting("spark.shuffle.service.enabled") == Some("true");
                self.application = Some(Arc::new(application));
            }
            EventKind::ApplicationEnded { exit } => self.exit = Some(*exit),
            EventKind::ScriptRead { .. }
            | EventKind::StatementStarted { .. }
            | EventKind::PlanBuilt { .. }
            | EventKind::Printed { .. } => self.apply_script(kind),
            EventKind::NodeAdded { .. }
            | EventKind::ExecutorAdded { .. }
            | EventKind::FaultInjected { .. }
            | EventKind::NodeDied { .. }
            | EventKind::ExecutorRemoved { .. }
            | EventKind::NodeCutOff { .. }
            | EventKind::NodeReconnected { .. }
            | EventKind::NodeLeaving { .. }
            | EventKind::ExecutorDecommissioned { .. }
            | EventKind::ExecutorsRequested { .. }
            | EventKind::ExecutorExcluded { .. }
            | EventKind::NodeRestarted { .. } => self.apply_machine(at, kind),
            EventKind::QueryStarted { .. }
            | EventKind::QueryOptimized { .. }
            | EventKind::QueryReplanned { .. }
            | EventKind::QueryEnded { .. }
            | EventKind::JobSubmitted { .. }
            | EventKind::JobEnded { .. } => self.apply_work(at, kind),
            EventKind::StageDefined(_)
            | EventKind::StageSkipped { .. }
            | EventKind::StageSubmitted { .. }
            | EventKind::StageCompleted { .. }
            | EventKind::StageFailed { .. } => self.apply_stage(at, kind),
            EventKind::TaskStarted { .. } | EventKind::ShuffleFetched { .. } | EventKind::TaskEnded { .. } => {
                self.apply_task(at, kind);
            }
            EventKind::MapOutputRegistered { .. }
            | EventKind::RowsSampled(_)
            | EventKind::MapOutputMoved { .. }
            | EventKind::MapOutputsLost { .. }
            | EventKind::BlockCached { .. }
            | EventKind::BlockReplicated { .. }
            | EventKind::CachedBlocksLost { .. }
            | EventKind::CacheDropped { .. }
            | EventKind::ShuffleDropped { .. }
            | EventKind::BroadcastCreated { .. }
            | EventKind::OutputCommitted { .. }
            | EventKind::OutputAborted { .. } => self.apply_data(at, kind),
        }
    }

    fn apply_machine(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::NodeAdded { node, cores, memory_bytes, rack, is_spot } => {
                let added = Node {
                    node: *node,
                    cores: *cores,
                    memory_bytes: *memory_bytes,
                    rack: *rack,
                    is_spot: *is_spot,
                    cut: None,
                    leaving: None,
                    died: None,
                    given_up: None,
                    deaths: 0,
                    running: vec![None; *cores as usize],
                };
                self.nodes.insert(*node, added);
            }
            EventKind::ExecutorAdded { executor, node, cores } => {
                self.executors.insert(*executor, *node);
                if let Some(known) = self.nodes.get_mut(node) {
                    known.given_up = None;
                    let most = (*cores).max(known.cores) as usize;
                    known.running.resize(most.max(known.running.len()), None);
                }
            }
            EventKind::FaultInjected { fault, node } => {
                self.faults.push(Fault { at, fault: fault.clone(), node: *node });
            }
            EventKind::NodeDied { node } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.died = Some(at);
                    known.deaths += 1;
                }
                self.write_down_death(at, *node, None);
            }
            EventKind::ExecutorRemoved { executor, node, .. } => {
                self.gone.insert(*executor);
                let mut here = self.executors.iter().filter(|(_, on)| *on == node);
                let is_last = here.all(|(executor, _)| self.gone.contains(executor));
                let Some(known) = self.nodes.get_mut(node) else { return };
                if is_last {
                    known.given_up = Some(at);
                }
                if known.is_alive() {
                    self.write_down_death(at, *node, Some(*executor));
                } else {
                    self.add_late_starts(*node);
                }
            }
            EventKind::ExecutorDecommissioned { executor, .. } => drop(self.leaving.insert(*executor)),
            EventKind::NodeCutOff { node } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.cut = Some(at);
                }
            }
            EventKind::NodeReconnected { node } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.cut = None;
                }
            }
            EventKind::NodeLeaving { node, at } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.leaving = Some(*at);
                }
            }
            EventKind::NodeRestarted { node } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.died = None;
                    known.given_up = None;
                    known.cut = None;
                    known.leaving = None;
                    known.running.iter_mut().for_each(|core| *core = None);
                }
            }
            _ => {}
        }
    }

    /// Writes down what was there, asks what of it is needed, and marks it as lost. Without an executor the whole machine died.
    fn write_down_death(&mut self, at: VirtualTime, node: NodeId, executor: Option<ExecutorId>) {
        let mut death = Death {
            node,
            victim: executor.map_or(Victim::Node, |_| Victim::Executor),
            at,
            position: self.applied,
            running: self.running_on(node, executor),
            outputs: Vec::new(),
            cached: Vec::new(),
            outputs_kept: 0,
            cached_kept: 0,
        };
        self.lose_data_on(at, node, executor, &mut death);
        let has_left_as_planned = executor.is_some_and(|executor| self.leaving.contains(&executor));
        if has_left_as_planned && death.running.is_empty() && death.outputs.is_empty() && death.cached.is_empty() {
            return;
        }
        for task in &death.running {
            self.orphan(*task);
        }
        for lost in &mut death.outputs {
            lost.need = need::map_output(self, lost.shuffle, lost.map);
        }
        for lost in &mut death.cached {
            lost.need = need::cached_block(self, lost.cache, lost.partition);
        }
        self.deaths.push(Arc::new(death));
    }

    /// What the driver sent to a machine that had been silent for a while is lost with it.
    fn add_late_starts(&mut self, node: NodeId) {
        let running = self.running_on(node, None);
        let Some(death) = self.deaths.iter_mut().rev().find(|death| death.node == node) else { return };
        let late: Vec<TaskId> = running.into_iter().filter(|task| !death.running.contains(task)).collect();
        if !late.is_empty() {
            Arc::make_mut(death).running.extend(&late);
        }
        for task in late {
            self.orphan(task);
        }
    }

    fn running_on(&self, node: NodeId, executor: Option<ExecutorId>) -> Vec<TaskId> {
        let Some(known) = self.nodes.get(&node) else { return Vec::new() };
        let is_meant = |task: &TaskId| {
            let attempt = self.attempts.get(task).filter(|attempt| attempt.ended.is_none());
            attempt.is_some_and(|attempt| executor.is_none_or(|executor| attempt.executor == executor))
        };
        known.running.iter().flatten().copied().filter(is_meant).collect()
    }

    fn lose_data_on(&mut self, at: VirtualTime, node: NodeId, executor: Option<ExecutorId>, death: &mut Death) {
        let is_served_elsewhere = executor.is_some() && self.has_shuffle_service;
        let is_of = |on: NodeId, by: ExecutorId| on == node && executor.is_none_or(|executor| executor == by);
        let mut lost_tasks: Vec<(StageId, u32)> = Vec::new();
        for shuffle in self.shuffles.values_mut().filter(|shuffle| !shuffle.released) {
            let here = |output: &MapOutput| {
                output.lost.is_none() && !is_served_elsewhere && is_of(output.node, output.executor)
            };
            death.outputs_kept +=
                shuffle.maps.iter().flatten().filter(|output| output.lost.is_none() && !here(output)).count();
            if !shuffle.maps.iter().flatten().any(here) {
                continue;
            }
            let (id, stage) = (shuffle.shuffle, shuffle.writer);
            for (map, slot) in Arc::make_mut(shuffle).maps.iter_mut().enumerate() {
                if let Some(output) = slot.as_mut().filter(|output| here(output)) {
                    output.lost = Some(at);
                    lost_tasks.push((stage, map as u32));
                    let bytes = output.total_bytes();
                    death.outputs.push(LostOutput { shuffle: id, stage, map: map as u32, bytes, need: need::Need::No });
                }
            }
        }
        for (stage, map) in lost_tasks {
            self.set_task(stage, map, TaskState::Lost);
        }
        for (id, cache) in self.caches.iter_mut().filter(|(_, cache)| !cache.dropped) {
            for (partition, block) in cache.blocks.iter_mut().filter(|(_, block)| block.lost.is_none()) {
                if block.lose_copy(is_of) {
                    block.lost = Some(at);
                    let lost =
                        LostBlock { cache: *id, partition: *partition, bytes: block.bytes, need: need::Need::No };
                    death.cached.push(lost);
                } else {
                    death.cached_kept += 1;
                }
            }
        }
    }

    fn orphan(&mut self, task: TaskId) {
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        Arc::make_mut(attempt).orphaned = true;
        let (stage, partition) = (attempt.stage.stage, attempt.partition);
        if !self.has_other_run(stage, partition, task) {
            self.set_task(stage, partition, TaskState::Lost);
        }
    }

    /// Whether another attempt of the same partition runs or is done.
    fn has_other_run(&self, stage: StageId, partition: u32, task: TaskId) -> bool {
        let Some(known) = self.stages.get(&stage).and_then(|stage| stage.tasks.get(partition as usize)) else {
            return false;
        };
        if known.state == TaskState::Done {
            return true;
        }
        let mut others = known.runs.iter().filter(|run| **run != task).filter_map(|run| self.attempts.get(run));
        others.any(|attempt| attempt.ended.is_none() && !attempt.orphaned)
    }

    fn apply_work(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::QueryStarted { query, action, line, plan, of } => {
                let started = Query {
                    query: *query,
                    action: action.clone(),
                    line: *line,
                    plan: plan.as_str().into(),
                    of: *of,
                    started: at,
                    ended: None,
                    rows: 0,
                    error: None,
                    replanned: 0,
                };
                self.queries.insert(*query, started);
            }
            EventKind::QueryReplanned { query, plan, .. } => {
                if let Some(known) = self.queries.get_mut(query) {
                    known.replanned += 1;
                    known.plan = plan.as_str().into();
                }
            }
            EventKind::QueryEnded { query, rows, error } => {
                if let Some(known) = self.queries.get_mut(query) {
                    known.ended = Some(at);
                    known.rows = rows.unwrap_or(0);
                    known.error.clone_from(error);
                }
            }
            EventKind::JobSubmitted { job, query, stages, description } => {
                let submitted = Job {
                    job: *job,
                    query: *query,
                    stages: stages.clone(),
                    description: description.clone(),
                    submitted: at,
                    ended: None,
                    error: None,
                };
                self.jobs.insert(*job, submitted);
            }
            EventKind::JobEnded { job, error } => {
                if let Some(known) = self.jobs.get_mut(job) {
                    known.ended = Some(at);
                    known.error.clone_from(error);
                }
            }
            _ => {}
        }
    }

    fn apply_stage(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::StageDefined(definition) => self.define_stage(at, definition),
            EventKind::StageSkipped { job, stage } => {
                self.totals.stages_skipped += 1;
                if let Some(known) = self.stages.get_mut(stage) {
                    Arc::make_mut(known).skipped_by.push(*job);
                }
            }
            EventKind::StageSubmitted { stage, job, partitions, reason } => {
                self.totals.stages_run += u64::from(stage.attempt == 0);
                if let Some(known) = self.stages.get_mut(&stage.stage) {
                    let submission = Submission {
                        attempt: stage.attempt,
                        job: *job,
                        at,
                        partitions: partitions.clone(),
                        reason: reason.clone(),
                        ended: None,
                        failure: None,
                    };
                    Arc::make_mut(known).submissions.push(submission);
                }
            }
            EventKind::StageCompleted { stage } => self.end_submission(stage.stage, stage.attempt, at, None),
            EventKind::StageFailed { stage, reason } => {
                self.end_submission(stage.stage, stage.attempt, at, Some(reason.clone()));
            }
            _ => {}
        }
    }

    fn define_stage(&mut self, at: VirtualTime, definition: &StageDefinition) {
        let id = definition.stage;
        if let Some(writes) = definition.writes {
            let readers = self.shuffles.get(&writes).map(|known| known.readers.clone()).unwrap_or_default();
            let shuffle = Shuffle {
                shuffle: writes,
                writer: id,
                reduces: definition.reduce_partitions,
                maps: vec![None; definition.tasks as usize],
                readers,
                released: false,
                samples: BTreeMap::new(),
            };
            self.shuffles.insert(writes, Arc::new(shuffle));
        }
        for (shuffle, _) in &definition.reads {
            if let Some(known) = self.shuffles.get_mut(shuffle).filter(|known| !known.readers.contains(&id)) {
                Arc::make_mut(known).readers.push(id);
            }
        }
        let stage = Stage {
            definition: Arc::new(definition.clone()),
            defined: at,
            submissions: Vec::new(),
            skipped_by: Vec::new(),
            tasks: vec![Task::default(); definition.tasks as usize],
        };
        self.stages.insert(id, Arc::new(stage));
    }

    fn end_submission(&mut self, stage: StageId, attempt: u32, at: VirtualTime, failure: Option<String>) {
        let Some(known) = self.stages.get_mut(&stage) else { return };
        let known = Arc::make_mut(known);
        if let Some(submission) = known.submissions.iter_mut().rev().find(|submission| submission.attempt == attempt) {
            submission.ended = Some(at);
            submission.failure = failure;
        }
    }

    fn apply_task(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::TaskStarted { task, stage, partition, attempt, executor, node, core, locality, cause } => {
                let started = Attempt {
                    task: *task,
                    stage: *stage,
                    partition: *partition,
                    attempt: *attempt,
                    executor: *executor,
                    node: *node,
                    core: *core,
                    locality: *locality,
                    cause: cause.clone(),
                    started: at,
                    ended: None,
                    outcome: None,
                    metrics: TaskMetrics::default(),
                    fetches: Vec::new(),
                    orphaned: false,
                };
                self.start_task(started);
            }
            EventKind::ShuffleFetched { task, shuffle, from, blocks, bytes, arrives } => {
                let fetch = Fetch {
                    shuffle: *shuffle,
                    from: *from,
                    blocks: *blocks,
                    bytes: *bytes,
                    sent: at,
                    arrives: *arrives,
                };
                if let Some(attempt) = self.attempts.get_mut(task) {
                    Arc::make_mut(attempt).fetches.push(fetch);
                }
            }
            EventKind::TaskEnded { task, outcome, metrics } => self.end_task(at, *task, outcome, metrics),
            _ => {}
        }
    }

    fn start_task(&mut self, attempt: Attempt) {
        self.totals.tasks_started += 1;
        self.totals.again += u64::from(attempt.is_again());
        self.totals.speculative += u64::from(attempt.cause == TaskCause::Speculative);
        let (stage, partition, task) = (attempt.stage.stage, attempt.partition, attempt.task);
        if let Some(node) = self.nodes.get_mut(&attempt.node) {
            let core = attempt.core as usize;
            if core >= node.running.len() {
                node.running.resize(core + 1, None);
            }
            node.running[core] = Some(task);
        }
        let again = attempt.is_again();
        self.attempts.insert(task, Arc::new(attempt));
        let known = self.stages.get_mut(&stage).map(Arc::make_mut);
        if let Some(slot) = known.and_then(|known| known.tasks.get_mut(partition as usize)) {
            slot.runs.push(task);
            if slot.state != TaskState::Done {
                let redo = again || slot.state == TaskState::Recomputing;
                slot.state = if redo { TaskState::Recomputing } else { TaskState::Running };
            }
        }
    }

    fn end_task(&mut self, at: VirtualTime, task: TaskId, outcome: &TaskOutcome, metrics: &TaskMetrics) {
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        let attempt = Arc::make_mut(attempt);
        attempt.ended = Some(at);
        attempt.outcome = Some(outcome.clone());
        attempt.metrics = metrics.clone();
        let attempt = attempt.clone();
        if let Some(node) = self.nodes.get_mut(&attempt.node).filter(|node| node.is_alive()) {
            let core = node.running.get_mut(attempt.core as usize);
            if let Some(slot) = core.filter(|slot| **slot == Some(task)) {
                *slot = None;
            }
        }
        self.count_end(&attempt, outcome, metrics);
        let (stage, partition) = (attempt.stage.stage, attempt.partition);
        let next = match outcome {
            TaskOutcome::Succeeded => TaskState::Done,
            TaskOutcome::ExecutorLost { .. } => TaskState::Lost,
            TaskOutcome::FetchFailed { .. } | TaskOutcome::Failed { .. } => TaskState::Failed,
            TaskOutcome::Killed { .. } | TaskOutcome::Ignored { .. } => TaskState::Pending,
        };
        if next == TaskState::Done || !self.has_other_run(stage, partition, task) {
            self.set_task(stage, partition, next);
        }
    }

    fn count_end(&mut self, attempt: &Attempt, outcome: &TaskOutcome, metrics: &TaskMetrics) {
        let nanos = self.now.since(attempt.started).0;
        let totals = &mut self.totals;
        match outcome {
            TaskOutcome::Succeeded => {
                totals.tasks_succeeded += 1;
                totals.core_nanos += nanos;
                totals.shuffle_write_bytes += metrics.shuffle_write_bytes;
                totals.shuffle_read_bytes += metrics.shuffle_read_bytes;
                totals.shuffle_read_remote_bytes += metrics.shuffle_read_remote_bytes;
                totals.spilled_bytes += metrics.spilled_bytes;
                totals.input_rows += metrics.input_rows;
                totals.cache_hits += u64::from(metrics.cache_hits);
                totals.cache_misses += u64::from(metrics.cache_misses);
            }
            TaskOutcome::ExecutorLost { .. } => totals.tasks_lost += 1,
            TaskOutcome::FetchFailed { .. } => totals.fetch_failures += 1,
            TaskOutcome::Failed { .. } => totals.tasks_failed += 1,
            TaskOutcome::Killed { .. } | TaskOutcome::Ignored { .. } => {}
        }
        if attempt.is_again() {
            totals.again_nanos += nanos;
        }
    }

    fn set_task(&mut self, stage: StageId, partition: u32, state: TaskState) {
        let known = self.stages.get_mut(&stage).map(Arc::make_mut);
        if let Some(task) = known.and_then(|known| known.tasks.get_mut(partition as usize)) {
            task.state = state;
        }
    }

    fn apply_data(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::MapOutputRegistered { shuffle, map, node, executor, bytes, rows } => {
                let output = MapOutput {
                    node: *node,
                    executor: *executor,
                    bytes: bytes.clone(),
                    rows: rows.clone(),
                    made: at,
                    lost: None,
                };
                self.register_output(*shuffle, *map, output);
            }
            EventKind::RowsSampled(sample) => {
                if let Some(known) = self.shuffles.get_mut(&sample.shuffle) {
                    Arc::make_mut(known).samples.insert(sample.map, Arc::clone(sample));
                }
            }
            EventKind::MapOutputMoved { shuffle, map, node, executor, .. } => {
                let known = self.shuffles.get_mut(shuffle).map(Arc::make_mut);
                if let Some(Some(output)) = known.and_then(|known| known.maps.get_mut(*map as usize)) {
                    output.node = *node;
                    output.executor = *executor;
                }
            }
            EventKind::MapOutputsLost { shuffle, maps, node, .. } => self.lose_outputs(at, *shuffle, maps, *node),
            EventKind::BlockCached { cache, partition, node, executor, bytes, rows, on_disk } => {
                let (executor, bytes, rows, on_disk) = (*executor, *bytes, *rows, *on_disk);
                let known = self.caches.get(cache).and_then(|cache| cache.blocks.get(partition));
                let copies = known.filter(|known| known.lost.is_none()).map(|known| known.copies.clone());
                let copies = copies.unwrap_or_default();
                let block = CachedBlock { node: *node, executor, copies, bytes, rows, on_disk, made: at, lost: None };
                self.caches.entry(*cache).or_default().blocks.insert(*partition, block);
            }
            EventKind::BlockReplicated { cache, partition, node, executor, .. } => {
                let blocks = self.caches.get_mut(cache).map(|cache| &mut cache.blocks);
                if let Some(block) = blocks.and_then(|blocks| blocks.get_mut(partition)) {
                    block.copies.push((*node, *executor));
                }
            }
            EventKind::CachedBlocksLost { cache, partitions, node, .. } => {
                let blocks = self.caches.get_mut(cache).map(|cache| &mut cache.blocks);
                for block in blocks.into_iter().flat_map(|blocks| blocks.iter_mut()) {
                    if partitions.contains(block.0) && block.1.lost.is_none() && block.1.lose_copy(|on, _| on == *node)
                    {
                        block.1.lost = Some(at);
                    }
                }
            }
            EventKind::ShuffleDropped { shuffle } => {
                if let Some(known) = self.shuffles.get_mut(shuffle) {
                    Arc::make_mut(known).released = true;
                }
            }
            EventKind::CacheDropped { cache } => self.caches.entry(*cache).or_default().dropped = true,
            EventKind::OutputCommitted { path, files, rows, bytes } => {
                let (files, rows, bytes) = (*files, *rows, *bytes);
                self.outputs.push(Output { at, path: path.clone(), files, rows, bytes, aborted: None });
            }
            EventKind::OutputAborted { path, reason } => {
                let aborted = Some(reason.clone());
                self.outputs.push(Output { at, path: path.clone(), files: 0, rows: 0, bytes: 0, aborted });
            }
            _ => {}
        }
    }

    fn register_output(&mut self, shuffle: ShuffleId, map: u32, output: MapOutput) {
        let Some(known) = self.shuffles.get_mut(&shuffle) else { return };
        let writer = known.writer;
        let known = Arc::make_mut(known);
        if std::mem::take(&mut known.released) {
            // Asked for again by a cache that stands on it: it is made from nothing.
            known.maps.iter_mut().for_each(|slot| *slot = None);
        }
        if let Some(slot) = known.maps.get_mut(map as usize) {
            *slot = Some(output);
        }
        self.set_task(writer, map, TaskState::Done);
    }

    fn lose_outputs(&mut self, at: VirtualTime, shuffle: ShuffleId, maps: &[u32], node: NodeId) {
        let Some(known) = self.shuffles.get_mut(&shuffle) else { return };
        let writer = known.writer;
        let known = Arc::make_mut(known);
        let mut lost = Vec::new();
        for map in maps {
            let slot = known.maps.get_mut(*map as usize).and_then(Option::as_mut);
            if let Some(output) = slot.filter(|output| output.lost.is_none() && output.node == node) {
                output.lost = Some(at);
                lost.push(*map);
            }
        }
        for map in lost {
            self.set_task(writer, map, TaskState::Lost);
        }
    }
}
