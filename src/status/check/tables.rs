//! What the checker remembers: who runs where, what is registered, who waits for what.

use crate::common::ids::{ExecutorId, JobId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Determinism, Slice, StageAttempt, StageDefinition, TaskOutcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Executor {
    pub node: NodeId,
    pub cores: u32,
    /// Tasks on it.
    pub busy: u32,
    pub is_live: bool,
    /// It gets no new tasks.
    pub is_leaving: bool,
}

#[derive(Debug)]
pub(super) struct Running {
    pub stage: StageAttempt,
    pub partition: u32,
    pub executor: ExecutorId,
    pub core: u32,
    pub fetched: Option<Fetched>,
}

/// What was sent to a task at one moment: all of its shuffle input is asked for at once.
#[derive(Debug)]
pub(super) struct Fetched {
    pub at: VirtualTime,
    pub sent: u64,
    /// Bytes that were there for it; absent where the log does not say what it reads (below a cache).
    pub wanted: Option<u64>,
}

/// What became of a task so far.
#[derive(Debug, Default)]
pub(super) struct History {
    pub attempts: u32,
    pub output_lost: BTreeSet<NodeId>,
    pub executor_lost: BTreeSet<NodeId>,
    pub fetch_failed: BTreeSet<NodeId>,
}

#[derive(Debug, Default)]
pub(super) struct Stage {
    pub writes: Option<ShuffleId>,
    pub reads: Vec<ShuffleId>,
    pub slices: Option<Arc<Vec<Vec<Slice>>>>,
    pub has_caches: bool,
    pub determinism: Determinism,
    /// The first attempt that counts: those before it were rolled back.
    pub rolled_back: u32,
    /// The indeterminate stages that it was rolled back for.
    pub rolled_back_by: BTreeSet<StageId>,
    /// Attempts so far.
    pub attempts: u32,
    pub failed_attempts: u32,
    pub is_open: bool,
    /// Partitions that were ever submitted.
    pub wanted: BTreeSet<u32>,
    /// Of a result stage: partitions that count.
    pub done: BTreeSet<u32>,
    /// Of a map stage: tasks that succeeded and whose output is about to be registered.
    pub unregistered: BTreeSet<u32>,
    pub history: BTreeMap<u32, History>,
}

impl Stage {
    pub fn submit(&mut self, attempt: u32, partitions: &[u32]) {
        self.attempts = attempt + 1;
        self.is_open = true;
        self.wanted.extend(partitions);
    }
}

/// What a node holds of a shuffle.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    pub outputs: u32,
    pub bytes: u64,
}

#[derive(Debug, Clone)]
struct Output {
    node: NodeId,
    bytes: Arc<[u64]>,
}

#[derive(Debug, Default)]
pub(super) struct Shuffle {
    writer: StageId,
    outputs: Vec<Option<Output>>,
    registered: usize,
    /// Bytes per reduce partition.
    totals: Vec<u64>,
    pub on_node: BTreeMap<NodeId, Held>,
}

impl Shuffle {
    pub fn clear(&mut self) {
        self.outputs.iter_mut().for_each(|output| *output = None);
        self.registered = 0;
        self.totals.iter_mut().for_each(|total| *total = 0);
        self.on_node.clear();
    }

    fn take(&mut self, map: u32) -> Option<Output> {
        let output = self.outputs.get_mut(map as usize)?.take()?;
        self.registered -= 1;
        for (total, bytes) in self.totals.iter_mut().zip(output.bytes.iter()) {
            *total -= bytes;
        }
        if let Some(held) = self.on_node.get_mut(&output.node) {
            held.outputs -= 1;
            held.bytes -= output.bytes.iter().sum::<u64>();
        }
        Some(output)
    }

    /// Keeps an output; false when there is one already.
    fn put(&mut self, map: u32, output: Output) -> bool {
        let Some(slot) = self.outputs.get_mut(map as usize).filter(|slot| slot.is_none()) else { return false };
        for (total, bytes) in self.totals.iter_mut().zip(output.bytes.iter()) {
            *total += bytes;
        }
        let held = self.on_node.entry(output.node).or_default();
        held.outputs += 1;
        held.bytes += output.bytes.iter().sum::<u64>();
        self.registered += 1;
        *slot = Some(output);
        true
    }

    fn bytes_of(&self, maps: (u32, u32), reduces: (u32, u32)) -> u64 {
        let reduces = reduces.0 as usize..(reduces.1 as usize).min(self.totals.len());
        if maps.0 == 0 && maps.1 as usize >= self.outputs.len() {
            return self.totals[reduces].iter().sum();
        }
        let outputs = &self.outputs[maps.0 as usize..(maps.1 as usize).min(self.outputs.len())];
        outputs.iter().flatten().map(|output| output.bytes[reduces.clone()].iter().sum::<u64>()).sum()
    }
}

/// Everything that the checker remembers.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub executors: BTreeMap<ExecutorId, Executor>,
    /// Cores of each machine.
    pub cores: BTreeMap<NodeId, u32>,
    /// Cores that are taken.
    pub busy: BTreeSet<(ExecutorId, u32)>,
    pub stages: BTreeMap<StageId, Stage>,
    pub shuffles: BTreeMap<ShuffleId, Shuffle>,
    /// Open jobs and their stages, the last one being the job's own.
    pub jobs: BTreeMap<JobId, Vec<StageId>>,
    pub running: BTreeMap<TaskId, Running>,
    /// Running attempts by task.
    runs: BTreeMap<(StageAttempt, u32), u32>,
    /// Machines that something happened to.
    pub blamed: BTreeSet<NodeId>,
    /// Something happened that names no machine.
    all_blamed: bool,
}

impl Tables {
    pub fn blame(&mut self, node: Option<NodeId>) {
        match node {
            Some(node) => drop(self.blamed.insert(node)),
            None => self.all_blamed = true,
        }
    }

    pub fn is_blamed(&self, node: NodeId) -> bool {
        self.all_blamed || self.blamed.contains(&node)
    }

    pub fn define(&mut self, definition: &StageDefinition) {
        if let Some(shuffle) = definition.writes {
            let made = Shuffle {
                writer: definition.stage,
                outputs: vec![None; definition.tasks as usize],
                totals: vec![0; definition.reduce_partitions as usize],
                ..Shuffle::default()
            };
            self.shuffles.insert(shuffle, made);
        }
        let stage = Stage {
            writes: definition.writes,
            reads: definition.reads.iter().map(|(shuffle, _)| *shuffle).collect(),
            slices: definition.slices.clone().map(Arc::new),
            has_caches: !definition.caches.is_empty(),
            determinism: definition.determinism,
            ..Stage::default()
        };
        self.stages.insert(definition.stage, stage);
    }

    pub fn is_complete(&self, shuffle: ShuffleId) -> bool {
        self.shuffles.get(&shuffle).is_some_and(|known| known.registered == known.outputs.len())
    }

    /// Whether the result of a partition exists and the driver knows it.
    pub fn is_there(&self, stage: &Stage, partition: u32) -> bool {
        match stage.writes.and_then(|shuffle| self.shuffles.get(&shuffle)) {
            Some(shuffle) => shuffle.outputs.get(partition as usize).is_some_and(Option::is_some),
            None => stage.done.contains(&partition),
        }
    }

    /// Whether some open job needs a stage. A stage of several jobs runs for the first of them (Spark's `activeJobForStage`), also when only
    /// another one needs it.
    pub fn is_needed(&self, stage: &Stage) -> bool {
        self.jobs.values().any(|stages| self.is_needed_among(stage, stages))
    }

    /// Whether a job's own stage, or one of its stages that reads this one's output, has work left.
    fn is_needed_among(&self, stage: &Stage, stages: &[StageId]) -> bool {
        let Some(shuffle) = stage.writes else { return true };
        let own = stages.last().and_then(|last| self.stages.get(last)).is_some_and(|last| last.writes == Some(shuffle));
        let is_unfinished = |reader: &Stage| match reader.writes {
            Some(shuffle) => !self.is_complete(shuffle),
            None => reader.wanted.is_empty() || reader.wanted.iter().any(|part| !reader.done.contains(part)),
        };
        let mut readers = stages.iter().filter_map(|stage| self.stages.get(stage));
        own || readers.any(|reader| reader.reads.contains(&shuffle) && is_unfinished(reader))
    }

    pub fn copies(&self, stage: StageAttempt, partition: u32) -> u32 {
        self.runs.get(&(stage, partition)).copied().unwrap_or(0)
    }

    pub fn start(&mut self, stage: StageAttempt, partition: u32) {
        *self.runs.entry((stage, partition)).or_default() += 1;
        if let Some(known) = self.stages.get_mut(&stage.stage) {
            known.history.entry(partition).or_default().attempts += 1;
        }
    }

    pub fn end(&mut self, stage: StageAttempt, partition: u32) {
        if let Some(count) = self.runs.get_mut(&(stage, partition)) {
            *count -= 1;
            if *count == 0 {
                self.runs.remove(&(stage, partition));
            }
        }
    }

    pub fn has_running(&self, stage: StageId) -> bool {
        let from = (StageAttempt { stage, attempt: 0 }, 0);
        let to = (StageAttempt { stage, attempt: u32::MAX }, u32::MAX);
        self.runs.range(from..=to).next().is_some()
    }

    /// Whether no open job asks for a stage.
    pub fn is_idle(&self, stage: StageId) -> bool {
        !self.jobs.values().any(|stages| stages.contains(&stage))
    }

    pub fn note_end(&mut self, running: &Running, outcome: &TaskOutcome) {
        let Some(stage) = self.stages.get_mut(&running.stage.stage) else { return };
        let history = stage.history.entry(running.partition).or_default();
        match outcome {
            TaskOutcome::ExecutorLost { node } => drop(history.executor_lost.insert(*node)),
            TaskOutcome::FetchFailed { node, .. } => drop(history.fetch_failed.insert(*node)),
            TaskOutcome::Succeeded
            | TaskOutcome::Failed { .. }
            | TaskOutcome::Killed { .. }
            | TaskOutcome::Ignored { .. } => {}
        }
    }

    pub fn register(
        &mut self,
        shuffle: ShuffleId,
        map: u32,
        node: NodeId,
        executor: ExecutorId,
        bytes: &Arc<[u64]>,
    ) -> Result<(), String> {
        let is_live = self.executors.get(&executor).is_some_and(|known| known.is_live && known.node == node);
        let Some(known) = self.shuffles.get_mut(&shuffle) else { return Err(format!("{shuffle} is not defined")) };
        if !is_live {
            return Err(format!("map {map} of {shuffle} is registered on {executor}, which is not on {node}"));
        }
        let writer = self.stages.get_mut(&known.writer);
        if !writer.is_some_and(|writer| writer.unregistered.remove(&map)) {
            return Err(format!("map {map} of {shuffle} is registered and no attempt made it"));
        }
        if known.put(map, Output { node, bytes: bytes.clone() }) {
            return Ok(());
        }
        Err(format!("map {map} of {shuffle} is registered twice, or there is no such map"))
    }

    pub fn move_output(
        &mut self,
        shuffle: ShuffleId,
        map: u32,
        from: NodeId,
        node: NodeId,
        executor: ExecutorId,
    ) -> Result<(), String> {
        let is_live = self.executors.get(&executor).is_some_and(|known| known.is_live && known.node == node);
        let Some(known) = self.shuffles.get_mut(&shuffle) else { return Err(format!("{shuffle} is not defined")) };
        let output = known.take(map).filter(|output| output.node == from && is_live);
        let Some(output) = output else {
            return Err(format!(
                "map {map} of {shuffle} moves from {from} to {executor}, and one of them is not there"
            ));
        };
        known.put(map, Output { node, ..output });
        Ok(())
    }

    pub fn lose(&mut self, shuffle: ShuffleId, maps: &[u32], node: NodeId) -> Result<(), String> {
        let Some(known) = self.shuffles.get_mut(&shuffle) else { return Err(format!("{shuffle} is not defined")) };
        for map in maps {
            if known.take(*map).is_none_or(|output| output.node != node) {
                return Err(format!("map {map} of {shuffle} is lost with {node} and was not there"));
            }
            if let Some(writer) = self.stages.get_mut(&known.writer) {
                writer.history.entry(*map).or_default().output_lost.insert(node);
            }
        }
        Ok(())
    }

    /// Forgets what a stage made: it stands on rows of an indeterminate stage that are made again.
    pub fn roll_back(&mut self, id: StageId, because: StageId, maps: &[u32]) -> Result<(), String> {
        if self.stages.get(&because).is_none_or(|stage| stage.determinism < Determinism::Compared) {
            return Err(format!("{id} is rolled back because of {because}, which is determinate"));
        }
        if id != because && !self.succeeding(because).contains(&id) {
            return Err(format!("{id} is rolled back because of {because}, and does not stand on it"));
        }
        let Some(stage) = self.stages.get_mut(&id) else { return Err(format!("{id} is rolled back and not defined")) };
        if let Some(done) = stage.done.first() {
            return Err(format!("{id} is rolled back, and its partition {done} has been delivered"));
        }
        stage.rolled_back = stage.attempts;
        stage.rolled_back_by.insert(because);
        let Some(shuffle) = stage.writes.and_then(|shuffle| self.shuffles.get_mut(&shuffle)) else { return Ok(()) };
        let absent = maps.iter().find(|map| shuffle.take(**map).is_none());
        absent.map_or(Ok(()), |map| Err(format!("map {map} of {id} is rolled back and was not there")))
    }

    /// The stages of open jobs that read what a stage makes, directly or by way of others.
    fn succeeding(&self, stage: StageId) -> BTreeSet<StageId> {
        let mut found = BTreeSet::from([stage]);
        let open: BTreeSet<StageId> = self.jobs.values().flatten().copied().collect();
        // Parents are defined before their children.
        for id in open {
            let Some(known) = self.stages.get(&id) else { continue };
            let writers = known.reads.iter().filter_map(|shuffle| self.shuffles.get(shuffle));
            if writers.map(|shuffle| shuffle.writer).any(|writer| found.contains(&writer)) {
                found.insert(id);
            }
        }
        found.remove(&stage);
        found
    }

    /// An indeterminate stage that runs again runs whole, and nothing is left that was made of its old rows.
    pub fn stands_on_one_making(&self, id: StageId, partitions: &[u32]) -> Result<(), String> {
        let Some(stage) = self.stages.get(&id).filter(|stage| stage.attempts > 0) else {
            return Ok(());
        };
        if stage.determinism != Determinism::Indeterminate {
            return Ok(());
        }
        let Some(shuffle) = stage.writes.and_then(|shuffle| self.shuffles.get(&shuffle)) else { return Ok(()) };
        if partitions.len() < shuffle.outputs.len() {
            return Err(format!("{id} is indeterminate and runs again in part"));
        }
        let holds = |reader: &&StageId| {
            self.stages.get(reader).is_some_and(|known| {
                let made = known.writes.and_then(|shuffle| self.shuffles.get(&shuffle));
                made.map_or(!known.done.is_empty(), |made| made.registered > 0)
            })
        };
        let left = self.succeeding(id).into_iter().find(|reader| holds(&reader));
        left.map_or(Ok(()), |left| Err(format!("{id} is made again, and {left} keeps what it made of the old rows")))
    }

    /// Bytes that a task has to read from shuffles, of what is registered now.
    pub fn wanted(&self, stage: &Stage, partition: u32) -> Option<u64> {
        if stage.has_caches {
            return None;
        }
        let Some(slices) = &stage.slices else {
            let own = (partition, partition + 1);
            let of = |shuffle: &ShuffleId| self.shuffles.get(shuffle).map(|known| known.bytes_of((0, u32::MAX), own));
            return stage.reads.iter().map(of).sum();
        };
        let own = slices.get(partition as usize)?;
        let of =
            |slice: &Slice| self.shuffles.get(&slice.shuffle).map(|known| known.bytes_of(slice.maps, slice.reduces));
        own.iter().map(of).sum()
    }
}
