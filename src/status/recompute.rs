//! What was lost, what was made again, what was kept: counts that agree with the log, because they are read from it.

use super::model::{Death, Status};
use crate::common::ids::{StageId, TaskId};
use crate::common::time::VirtualTime;

/// The fate of everything that one death took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate {
    /// `node-2`, or `the executor on node-2`.
    pub who: String,
    pub at: VirtualTime,
    /// Lost map outputs that an attempt made again, with the attempt.
    pub outputs_again: Vec<(StageId, u32, TaskId)>,
    /// Lost map outputs that no attempt has made again.
    pub outputs_left: Vec<(StageId, u32)>,
    /// Attempts that were running there and were started again, with the new attempt.
    pub restarted: Vec<(StageId, u32, TaskId)>,
    /// Attempts that were running there and were not started again.
    pub not_restarted: Vec<(StageId, u32)>,
    pub cached_lost: usize,
    pub cached_again: usize,
    /// Map outputs and cached partitions on other nodes.
    pub kept: usize,
}

impl Fate {
    /// Tasks that ran again because of this death.
    #[must_use]
    pub fn again(&self) -> usize {
        self.outputs_again.len() + self.restarted.len()
    }
}

/// The fate of each death, in order.
#[must_use]
pub fn fates(status: &Status) -> Vec<Fate> {
    status.deaths.iter().map(|death| fate(status, death)).collect()
}

fn fate(status: &Status, death: &Death) -> Fate {
    let mut fate =
        Fate { who: death.who(), at: death.at, kept: death.outputs_kept + death.cached_kept, ..Fate::default() };
    for lost in &death.outputs {
        match run_after(status, lost.stage, lost.map, death.at) {
            Some(task) => fate.outputs_again.push((lost.stage, lost.map, task)),
            None => fate.outputs_left.push((lost.stage, lost.map)),
        }
    }
    for task in &death.running {
        let Some(attempt) = status.attempts.get(task) else { continue };
        let (stage, partition) = (attempt.stage.stage, attempt.partition);
        match run_after(status, stage, partition, death.at) {
            Some(next) => fate.restarted.push((stage, partition, next)),
            None => fate.not_restarted.push((stage, partition)),
        }
    }
    fate.cached_lost = death.cached.len();
    let again = death.cached.iter().filter(|lost| {
        let block = status.caches.get(&lost.cache).and_then(|cache| cache.blocks.get(&lost.partition));
        block.is_some_and(|block| block.lost.is_none() && block.made > death.at)
    });
    fate.cached_again = again.count();
    fate
}

fn run_after(status: &Status, stage: StageId, partition: u32, after: VirtualTime) -> Option<TaskId> {
    let runs = &status.stages.get(&stage)?.tasks.get(partition as usize)?.runs;
    runs.iter()
        .copied()
        .find(|task| status.attempts.get(task).is_some_and(|attempt| attempt.started >= after && !attempt.orphaned))
}
