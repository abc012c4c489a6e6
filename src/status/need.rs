//! Is a lost thing still needed? The four questions, answered from the status alone.
//!
//! 1. Is there another copy? 2. Does unfinished work still read it? 3. Can its own inputs be read? 4. If not: one step back, and ask again.
//!
//! "Unfinished" is decided per partition: a reduce task that is done, or that has already fetched its blocks from the node in question, needs
//! nothing more from there. A reader that is complete itself, but whose own output is lost and needed, reads its inputs again: so the walk
//! goes on from there (a step back along the lineage).

use super::model::{Stage, Status, TaskState};
use crate::common::ids::{CacheId, ShuffleId, StageId};
use std::collections::BTreeMap;

/// Whether something must be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Unfinished tasks read it: by stage, their partitions.
    Now(Vec<(StageId, Vec<u32>)>),
    /// The stage that makes it is still running: it ends only when all its outputs are there.
    OwnStage(StageId),
    /// Nothing that is running or waiting reads it; its query or cache is still open, so a later job may ask for it.
    Later,
    /// Everything that read it is done.
    No,
}

impl Need {
    /// Whether it must be made again now.
    #[must_use]
    pub fn is_now(&self) -> bool {
        matches!(self, Need::Now(_) | Need::OwnStage(_))
    }
}

/// Whether map output `map` of a shuffle is still needed.
#[must_use]
pub fn map_output(status: &Status, shuffle: ShuffleId, map: u32) -> Need {
    Walk { status, seen: BTreeMap::new() }.map_output(shuffle, map)
}

/// Whether a cached partition is still needed.
#[must_use]
pub fn cached_block(status: &Status, cache: CacheId, partition: u32) -> Need {
    let mut by = Vec::new();
    let mut walk = Walk { status, seen: BTreeMap::new() };
    for stage in status.stages.values().filter(|stage| stage.definition.caches.contains(&cache)) {
        if walk.unfinished(stage).contains(&partition) {
            by.push((stage.definition.stage, vec![partition]));
        }
    }
    let dropped = status.caches.get(&cache).is_none_or(|cache| cache.dropped);
    match (by.is_empty(), dropped || status.exit.is_some()) {
        (false, _) => Need::Now(by),
        (true, true) => Need::No,
        (true, false) => Need::Later,
    }
}

struct Walk<'a> {
    status: &'a Status,
    seen: BTreeMap<StageId, Vec<u32>>,
}

impl Walk<'_> {
    fn map_output(&mut self, shuffle: ShuffleId, map: u32) -> Need {
        let Some(known) = self.status.shuffles.get(&shuffle) else { return Need::No };
        let from = known.maps().get(map as usize).and_then(Option::as_ref).map(|output| output.node);
        let mut by = Vec::new();
        for reader in &known.readers {
            let Some(stage) = self.status.stages.get(reader) else { continue };
            let mut partitions = self.unfinished(stage);
            if let Some(from) = from {
                partitions.retain(|partition| !self.has_fetched(stage, *partition, shuffle, from));
            }
            if !partitions.is_empty() {
                by.push((*reader, partitions));
            }
        }
        if !by.is_empty() {
            return Need::Now(by);
        }
        if known.released {
            return Need::No;
        }
        if self.status.stages.get(&known.writer).is_some_and(|stage| stage.open_submission().is_some()) {
            return Need::OwnStage(known.writer);
        }
        let query = self.status.stages.get(&known.writer).and_then(|stage| stage.definition.query);
        let open = query.and_then(|query| self.status.queries.get(&query)).is_some_and(|query| query.ended.is_none());
        let all_read = !known.readers.is_empty() && known.readers.iter().all(|reader| self.is_complete(*reader));
        if open && !all_read { Need::Later } else { Need::No }
    }

    /// The partitions of a stage that must still run: not done ones of an open job, and lost ones that something needs.
    fn unfinished(&mut self, stage: &Stage) -> Vec<u32> {
        let id = stage.definition.stage;
        if let Some(known) = self.seen.get(&id) {
            return known.clone();
        }
        self.seen.insert(id, Vec::new());
        let open = self.status.in_open_job(id);
        let started = !stage.submissions.is_empty();
        let mut partitions = Vec::new();
        for (partition, task) in stage.tasks().iter().enumerate() {
            let partition = partition as u32;
            let unfinished = match task.state {
                TaskState::Done => false,
                TaskState::Lost => self.lost_is_needed(stage, partition, open),
                TaskState::Pending | TaskState::Running | TaskState::Recomputing | TaskState::Failed => open,
            };
            if unfinished && (started || open) {
                partitions.push(partition);
            }
        }
        self.seen.insert(id, partitions.clone());
        partitions
    }

    fn lost_is_needed(&mut self, stage: &Stage, partition: u32, open: bool) -> bool {
        match stage.definition.writes {
            Some(_) if stage.open_submission().is_some() => open,
            Some(shuffle) => self.map_output(shuffle, partition).is_now(),
            None => open,
        }
    }

    fn has_fetched(&self, stage: &Stage, partition: u32, shuffle: ShuffleId, from: crate::common::ids::NodeId) -> bool {
        let runs = stage.tasks().get(partition as usize).map(|task| &task.runs);
        let last = runs.and_then(|runs| runs.last()).and_then(|task| self.status.attempts.get(task));
        last.is_some_and(|attempt| {
            let alive = self.status.nodes.get(&attempt.node).is_some_and(super::Node::is_alive);
            let mut fetches =
                attempt.fetches.iter().filter(|fetch| fetch.shuffle == shuffle && fetch.from == from).peekable();
            let asked = fetches.peek().is_some();
            alive && attempt.ended.is_none() && asked && fetches.all(|fetch| fetch.arrives <= self.status.now)
        })
    }

    fn is_complete(&self, stage: StageId) -> bool {
        self.status.stages.get(&stage).is_some_and(|stage| stage.done() == stage.tasks().len())
    }
}
