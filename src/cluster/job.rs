//! What a session asks of the cluster, and what it gets.

use crate::common::ids::{BroadcastId, JobId, QueryId, ShuffleId};
use crate::exec::task::{ResolvedPartitioning, TaskOutput};
use crate::logical::expr::SortOrder;
use crate::physical::PhysicalPlan;
use std::sync::Arc;

/// One job: what an action, or one exchange of an adaptive query, submits.
#[derive(Debug, Clone)]
pub struct JobSpec {
    pub query: Option<QueryId>,
    /// May hold exchanges that have not run: they become stages of this job.
    pub plan: Arc<PhysicalPlan>,
    pub work: JobWork,
    /// The partitions to compute; absent: all.
    pub partitions: Option<Vec<u32>>,
    pub description: String,
    /// The script's line, 1-based; 0 when there is none.
    pub line: u32,
    /// What `current_timestamp()` gives: microseconds since the epoch.
    pub now_micros: i64,
}

/// What becomes of the rows.
#[derive(Debug, Clone)]
pub enum JobWork {
    /// Runs one exchange: `plan` is what stands below it.
    MapStage {
        shuffle: ShuffleId,
        partitioning: ResolvedPartitioning,
    },
    Collect,
    /// At most so many rows of each partition.
    CollectFirst(usize),
    /// Keys for the bounds of a range exchange, from each partition.
    SampleKeys {
        order: Vec<SortOrder>,
        size: usize,
        seed: u64,
    },
    /// Collects `plan` and hands it to all executors as this broadcast.
    Broadcast {
        broadcast: BroadcastId,
    },
    /// `plan` ends in `WriteFiles`; the outputs name the staged files of the attempts that count.
    Write,
    /// Computes all rows and keeps none.
    Drop,
}

/// A job that succeeded.
#[derive(Debug, Clone)]
pub struct JobResult {
    pub job: JobId,
    /// For each computed partition, in order, what its task made (nothing for a map stage).
    pub outputs: Vec<(u32, TaskOutput)>,
    /// They would be no more rows with more data.
    pub is_bounded: bool,
}

/// One cached relation as it stands now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// All partitions; 0 while nobody has asked for any.
    pub partitions: u32,
    /// How many are kept somewhere.
    pub cached: u32,
    pub rows: u64,
    pub bytes: u64,
}

impl CacheStats {
    /// Whether every partition is kept somewhere.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.partitions > 0 && self.cached == self.partitions
    }
}
