//! Tasks that are not computed: jobs of any size for the scheduler, the network and the faults, without rows.
//!
//! Every task reads and writes the same counts; map outputs are blocks without rows, all alike. Everything else is as ever: the same scheduler,
//! the same clock, the same losses.

use super::block_store::MapOutput;
use super::simulation::Cluster;
use crate::common::ids::StageId;
use crate::exec::task::{OperatorRows, TaskCounts, TaskOutput};
use crate::scheduler::outbox::Sizes;
use std::sync::Arc;

/// What every task does.
#[derive(Debug, Clone)]
pub struct Pretend {
    pub rows_per_task: u64,
    /// What a map task writes for each reduce partition.
    pub bytes_per_block: u64,
    sizes: Option<Sizes>,
    blocks: MapOutput,
}

impl Pretend {
    /// Tasks of so many rows.
    #[must_use]
    pub fn new(rows_per_task: u64, bytes_per_block: u64) -> Self {
        Pretend { rows_per_task, bytes_per_block, sizes: None, blocks: Arc::default() }
    }
}

impl Cluster {
    /// From now on tasks are not computed.
    pub fn pretend(&mut self, pretend: Pretend) {
        self.pretend = Some(pretend);
    }

    /// What a task of this stage would have made, if tasks are not computed.
    pub(super) fn pretended(&self, stage: StageId) -> Option<TaskOutput> {
        let pretend = self.pretend.as_ref()?;
        let stage = self.scheduler.stages().get(stage)?;
        let reduces = stage.writes.map_or(0, |(_, reduces)| u64::from(reduces));
        let operators = vec![OperatorRows { name: "Range", given: pretend.rows_per_task, ..OperatorRows::default() }];
        let mut counts = TaskCounts { operators, ..TaskCounts::default() };
        if stage.inputs.is_empty() {
            counts.input_rows = pretend.rows_per_task;
        }
        if reduces > 0 {
            counts.shuffle_write_rows = pretend.rows_per_task;
            counts.shuffle_write_bytes = pretend.bytes_per_block * reduces;
        }
        Some(TaskOutput { counts, ..TaskOutput::default() })
    }

    /// The sizes and blocks of a pretended map output.
    pub(super) fn pretended_map_output(&mut self, stage: StageId) -> Option<(Sizes, MapOutput)> {
        let (_, reduces) = self.scheduler.stages().get(stage)?.writes?;
        let pretend = self.pretend.as_mut()?;
        let sizes = pretend.sizes.take().filter(|sizes| sizes.bytes.len() == reduces as usize).unwrap_or_else(|| {
            let rows = pretend.rows_per_task / u64::from(reduces.max(1));
            let all = |value: u64| std::iter::repeat_n(value, reduces as usize).collect::<Arc<[u64]>>();
            let data_bytes = pretend.bytes_per_block * u64::from(reduces);
            Sizes { bytes: all(pretend.bytes_per_block), rows: all(rows), data_bytes }
        });
        pretend.sizes = Some(sizes.clone());
        Some((sizes, pretend.blocks.clone()))
    }
}
