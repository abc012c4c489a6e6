//! What each partition of a stage reads, as the log tells it: rows, bytes, time, where they came from, and the drawn rows.

use crate::common::ids::{NodeId, ShuffleId, StageId};
use crate::common::time::VirtualDuration;
use crate::event::{RowSample, SampledRow, Slice};
use crate::status::{Attempt, Shuffle, Stage, Status, TaskState};
use std::collections::BTreeMap;

/// One partition: what its task reads.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Part {
    /// Absent: the log does not say, or not yet.
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    /// How long its last attempt took; absent before its end.
    pub time: Option<VirtualDuration>,
    pub node: Option<NodeId>,
    pub state: TaskState,
}

/// What a map task wrote for one partition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    pub writer: StageId,
    pub map: u32,
    pub rows: u64,
    pub bytes: u64,
    pub node: NodeId,
    pub is_lost: bool,
}

/// All partitions of a stage.
#[must_use]
pub fn parts(status: &Status, stage: &Stage) -> Vec<Part> {
    let sums = (!stage.definition.reads.is_empty()).then(|| read_sums(status, stage));
    let task = |partition: usize| {
        let task = &stage.tasks()[partition];
        let last = task.runs.last().and_then(|run| status.attempts.get(run));
        let read = sums.as_ref().and_then(|sums| sums.get(partition).copied());
        let (rows, bytes) = match (read, last.filter(|attempt| attempt.succeeded())) {
            (Some((rows, bytes)), _) => (Some(rows), Some(bytes)),
            (None, Some(attempt)) => (Some(attempt.metrics.rows_in), Some(attempt.metrics.input_bytes)),
            (None, None) => (None, None),
        };
        let time = last.and_then(|attempt| Some(attempt.ended?.since(attempt.started)));
        Part { rows, bytes, time, node: last.map(|attempt: &std::sync::Arc<Attempt>| attempt.node), state: task.state }
    };
    (0..stage.tasks().len()).map(task).collect()
}

/// Rows and bytes of the map outputs that each partition reads, as far as they are made.
fn read_sums(status: &Status, stage: &Stage) -> Vec<(u64, u64)> {
    let totals: BTreeMap<ShuffleId, Vec<(u64, u64)>> = stage
        .definition
        .reads
        .iter()
        .filter_map(|(shuffle, _)| Some((*shuffle, by_reduce(status.shuffles.get(shuffle)?))))
        .collect();
    let sum = |partition: usize| {
        let mut sum = (0, 0);
        for slice in slices(stage, partition) {
            let Some(shuffle) = status.shuffles.get(&slice.shuffle) else { continue };
            let is_whole = slice.maps.0 == 0 && slice.maps.1 as usize >= shuffle.maps().len();
            for reduce in slice.reduces.0..slice.reduces.1 {
                let (rows, bytes) = match totals.get(&slice.shuffle).filter(|_| is_whole) {
                    Some(all) => all.get(reduce as usize).copied().unwrap_or_default(),
                    None => of_maps(shuffle, slice.maps, reduce),
                };
                sum = (sum.0 + rows, sum.1 + bytes);
            }
        }
        sum
    };
    (0..stage.tasks().len()).map(sum).collect()
}

fn by_reduce(shuffle: &Shuffle) -> Vec<(u64, u64)> {
    let mut sums = vec![(0, 0); shuffle.reduces as usize];
    for output in shuffle.maps().iter().flatten() {
        for (sum, (rows, bytes)) in sums.iter_mut().zip(output.rows.iter().zip(output.bytes.iter())) {
            *sum = (sum.0 + rows, sum.1 + bytes);
        }
    }
    sums
}

fn of_maps(shuffle: &Shuffle, maps: (u32, u32), reduce: u32) -> (u64, u64) {
    let maps = shuffle.maps().iter().skip(maps.0 as usize).take(maps.1.saturating_sub(maps.0) as usize);
    maps.flatten().fold((0, 0), |sum, output| {
        let at = |all: &[u64]| all.get(reduce as usize).copied().unwrap_or(0);
        (sum.0 + at(&output.rows), sum.1 + at(&output.bytes))
    })
}

/// What a partition reads of shuffles.
#[must_use]
pub fn slices(stage: &Stage, partition: usize) -> Vec<Slice> {
    let own = partition as u32;
    match &stage.definition.slices {
        Some(slices) => slices.get(partition).cloned().unwrap_or_default(),
        None => {
            let whole = |(shuffle, _): &(ShuffleId, StageId)| Slice {
                shuffle: *shuffle,
                maps: (0, u32::MAX),
                reduces: (own, own + 1),
            };
            stage.definition.reads.iter().map(whole).collect()
        }
    }
}

/// The map tasks that wrote what a partition reads.
#[must_use]
pub fn origins(status: &Status, stage: &Stage, partition: usize) -> Vec<Origin> {
    let mut found = Vec::new();
    for slice in slices(stage, partition) {
        let Some(shuffle) = status.shuffles.get(&slice.shuffle) else { continue };
        for (map, output) in shuffle.maps().iter().enumerate() {
            let map = map as u32;
            let Some(output) = output.as_ref().filter(|_| (slice.maps.0..slice.maps.1).contains(&map)) else {
                continue;
            };
            let sum = |all: &[u64]| -> u64 {
                let wanted = all.iter().skip(slice.reduces.0 as usize);
                wanted.take((slice.reduces.1 - slice.reduces.0) as usize).sum()
            };
            let (rows, bytes) = (sum(&output.rows), sum(&output.bytes));
            found.push(Origin {
                writer: shuffle.writer,
                map,
                rows,
                bytes,
                node: output.node,
                is_lost: output.lost.is_some(),
            });
        }
    }
    found
}

/// A row that was drawn of a shuffle, by its place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowId {
    pub shuffle: ShuffleId,
    pub map: u32,
    /// Its place in the sample of the map output.
    pub index: usize,
}

impl RowId {
    /// The row itself.
    #[must_use]
    pub fn find(self, status: &Status) -> Option<Drawn<'_>> {
        let sample = status.shuffles.get(&self.shuffle)?.samples.get(&self.map)?;
        Some(Drawn { sample, index: self.index, row: sample.rows.get(self.index)? })
    }
}

/// A drawn row with what it was drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Drawn<'a> {
    pub sample: &'a RowSample,
    pub row: &'a SampledRow,
    index: usize,
}

impl<'a> Drawn<'a> {
    /// The rows of a sample.
    pub fn all(sample: &'a RowSample) -> impl Iterator<Item = Drawn<'a>> {
        sample.rows.iter().enumerate().map(move |(index, row)| Drawn { sample, row, index })
    }

    /// Where it stands in the log.
    #[must_use]
    pub fn id(&self) -> RowId {
        RowId { shuffle: self.sample.shuffle, map: self.sample.map, index: self.index }
    }

    /// Its values with the names of their columns, the keys first.
    pub fn values(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let names = self.sample.keys.iter().chain(&self.sample.columns);
        names.map(String::as_str).zip(self.row.cells.iter().map(String::as_str))
    }

    /// Whether a word, in small letters, stands in one of its values.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.row.cells.iter().any(|cell| cell.to_lowercase().contains(word))
    }

    /// What decided its partition: `country = DE, year = 2024`; empty when nothing in the row did.
    #[must_use]
    pub fn key(&self) -> String {
        let keys = self.values().take(self.sample.keys.len());
        keys.map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
    }
}

/// The rows that were drawn of what a partition reads.
#[must_use]
pub fn drawn<'a>(status: &'a Status, stage: &Stage, partition: usize) -> Vec<Drawn<'a>> {
    let mut found = Vec::new();
    for slice in slices(stage, partition) {
        let Some(shuffle) = status.shuffles.get(&slice.shuffle) else { continue };
        for sample in shuffle.samples.range(slice.maps.0..slice.maps.1).map(|(_, sample)| sample.as_ref()) {
            let here = |drawn: &Drawn| (slice.reduces.0..slice.reduces.1).contains(&drawn.row.reduce);
            found.extend(Drawn::all(sample).filter(here));
        }
    }
    found
}

/// The rows that were drawn of what a task wrote.
#[must_use]
pub fn written<'a>(status: &'a Status, stage: &Stage, partition: usize) -> Vec<Drawn<'a>> {
    let shuffle = stage.definition.writes.and_then(|shuffle| status.shuffles.get(&shuffle));
    let sample = shuffle.and_then(|shuffle| shuffle.samples.get(&(partition as u32))).map(AsRef::as_ref);
    sample.into_iter().flat_map(Drawn::all).collect()
}

/// The keys of drawn rows, the most frequent first, with how often each was drawn.
#[must_use]
pub fn top_keys(rows: &[Drawn]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for drawn in rows.iter().filter(|drawn| !drawn.sample.keys.is_empty()) {
        *counts.entry(drawn.key()).or_default() += 1;
    }
    let mut keys: Vec<(String, usize)> = counts.into_iter().collect();
    keys.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    // Where each key stands once, as after an aggregate, none has more than another.
    if keys.first().is_some_and(|(_, count)| *count == 1) { Vec::new() } else { keys }
}
