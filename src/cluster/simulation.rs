//! The one loop: virtual time, pretend executors, real rows.

use super::config::ClusterConfig;
use super::fault::Fault;
use super::job::{CacheStats, JobResult, JobSpec, ShuffleStats};
use crate::common::ids::{BroadcastId, CacheId, JobId, QueryId, ShuffleId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::common::{Conf, Result, SparkError};
use crate::event::log::EventLog;
use crate::exec::task::BroadcastRelation;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A pretend cluster that really computes.
pub struct Cluster {
    config: ClusterConfig,
    now: VirtualTime,
    shuffles: u32,
    broadcasts: u32,
    caches: u32,
}

impl Cluster {
    /// Starts the machines and one executor on each. The log should already hold `ApplicationStarted`.
    ///
    /// # Errors
    /// When a fault names a node that the cluster does not have.
    pub fn new(
        config: ClusterConfig,
        faults: Vec<Fault>,
        seed: u64,
        conf: Arc<Conf>,
        log: EventLog,
        threads: usize,
        cancelled: Arc<AtomicBool>,
    ) -> Result<Cluster> {
        let _ = (faults, seed, conf, log, threads, cancelled);
        Ok(Cluster { config, now: VirtualTime::ZERO, shuffles: 0, broadcasts: 0, caches: 0 })
    }

    /// The clock.
    #[must_use]
    pub fn now(&self) -> VirtualTime {
        self.now
    }

    /// The shape it was made with.
    #[must_use]
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// Lets time pass on the driver (a sleep, planning); what is due on the cluster meanwhile happens.
    pub fn advance(&mut self, length: VirtualDuration) {
        self.now = self.now + length;
    }

    /// From now on tasks see this configuration.
    pub fn set_conf(&mut self, conf: Arc<Conf>) {
        let _ = conf;
    }

    pub fn new_shuffle(&mut self) -> ShuffleId {
        self.shuffles += 1;
        ShuffleId(self.shuffles - 1)
    }

    pub fn new_broadcast(&mut self) -> BroadcastId {
        self.broadcasts += 1;
        BroadcastId(self.broadcasts - 1)
    }

    pub fn new_cache(&mut self) -> CacheId {
        self.caches += 1;
        CacheId(self.caches - 1)
    }

    /// Hands a job to the scheduler. Exchanges in the plan that need a job of their own first (broadcasts, samples for ranges) run now.
    ///
    /// # Errors
    /// When such a job fails.
    pub fn submit(&mut self, job: JobSpec) -> Result<JobId> {
        let _ = job;
        Err(SparkError::internal("the cluster does not run jobs yet"))
    }

    /// Runs the clock until one of `jobs` has ended, and gives that job's result.
    ///
    /// # Errors
    /// What aborted the job: a task's own error, or a `SparkException` with Spark's reason. The other jobs go on; see [`Cluster::cancel`].
    pub fn run_until_done(&mut self, jobs: &[JobId]) -> Result<JobResult> {
        let _ = jobs;
        Err(SparkError::internal("the cluster does not run jobs yet"))
    }

    /// Gives jobs up that nobody waits for any more; their running tasks are killed.
    pub fn cancel(&mut self, jobs: &[JobId], reason: &str) {
        let _ = (jobs, reason);
    }

    /// Sizes of a shuffle whose map stage has run.
    #[must_use]
    pub fn shuffle_stats(&self, shuffle: ShuffleId) -> ShuffleStats {
        let _ = shuffle;
        ShuffleStats::default()
    }

    /// The rows of a broadcast that has run.
    #[must_use]
    pub fn broadcast(&self, broadcast: BroadcastId) -> Option<Arc<BroadcastRelation>> {
        let _ = broadcast;
        None
    }

    /// How much of a cache is filled.
    #[must_use]
    pub fn cache_stats(&self, cache: CacheId) -> CacheStats {
        let _ = cache;
        CacheStats::default()
    }

    /// `unpersist`: the blocks are dropped on all nodes.
    pub fn drop_cache(&mut self, cache: CacheId) {
        let _ = cache;
    }

    /// The query has ended: its shuffles and broadcasts are dropped, except those below a cache that still stands.
    pub fn end_query(&mut self, query: QueryId) {
        let _ = query;
    }

    /// The script has ended. Faults that had not struck never do.
    pub fn finish(&mut self, exit: i32) {
        let _ = exit;
    }
}
