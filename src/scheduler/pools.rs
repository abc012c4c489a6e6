//! Who is served first when several jobs want cores (Spark's `Pool`, `FIFOSchedulingAlgorithm`, `FairSchedulingAlgorithm`).
//!
//! Under FIFO the oldest job takes all it can. Under FAIR (`spark.scheduler.mode`) the pools share: first a pool that has less than its
//! minimum share, the neediest by ratio; then the one with the fewest running tasks for its weight; then by name. Inside a pool the
//! oldest job is first, unless the pool itself is fair.
//!
//! **Simplified:** pools are told by whoever submits a job, not read from an allocation file; pools do not contain pools.

use crate::common::ids::JobId;
use crate::event::StageAttempt;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Spark's name of the pool of jobs that name none.
pub const DEFAULT_POOL: &str = "default";

/// What a pool is entitled to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRules {
    /// Its share beside pools of other weights; at least 1.
    pub weight: u32,
    /// Cores that it gets before others get more than theirs.
    pub min_share: u32,
    /// Its jobs share instead of queueing.
    pub is_fair: bool,
}

impl Default for PoolRules {
    fn default() -> Self {
        PoolRules { weight: 1, min_share: 0, is_fair: false }
    }
}

/// The pools and which job is in which.
#[derive(Debug, Default)]
pub struct Pools {
    /// `spark.scheduler.mode=FAIR`.
    pub is_fair: bool,
    rules: BTreeMap<String, PoolRules>,
    of_job: BTreeMap<JobId, String>,
}

/// The place of a task set in its job's queue.
pub type SetKey = (JobId, StageAttempt);

impl Pools {
    /// Puts a job in a pool; the rules of a pool are those told last.
    pub fn assign(&mut self, job: JobId, pool: String, rules: PoolRules) {
        self.rules.insert(pool.clone(), rules);
        self.of_job.insert(job, pool);
    }

    fn pool_of(&self, job: JobId) -> &str {
        self.of_job.get(&job).map_or(DEFAULT_POOL, String::as_str)
    }

    /// Sorts task sets, given in the order of their jobs; `running` says how many tasks of a set run.
    pub fn sort(&self, sets: &mut [SetKey], running: impl Fn(&SetKey) -> u32, all: &[SetKey]) {
        if !self.is_fair {
            return;
        }
        let mut of_pool: BTreeMap<&str, u32> = BTreeMap::new();
        for key in all {
            *of_pool.entry(self.pool_of(key.0)).or_default() += running(key);
        }
        let plain = PoolRules::default();
        sets.sort_by(|left, right| {
            let (left_pool, right_pool) = (self.pool_of(left.0), self.pool_of(right.0));
            if left_pool != right_pool {
                let share = |pool: &str| {
                    let rules = self.rules.get(pool).unwrap_or(&plain);
                    (of_pool.get(pool).copied().unwrap_or(0), rules.min_share, rules.weight)
                };
                return fairer(share(left_pool), share(right_pool)).then_with(|| left_pool.cmp(right_pool));
            }
            if self.rules.get(left_pool).is_some_and(|rules| rules.is_fair) {
                return fairer((running(left), 0, 1), (running(right), 0, 1)).then(left.cmp(right));
            }
            left.cmp(right)
        });
    }
}

/// Spark's comparison of two (running tasks, minimum share, weight).
fn fairer(left: (u32, u32, u32), right: (u32, u32, u32)) -> Ordering {
    let is_needy = |(running, least, _): (u32, u32, u32)| running < least;
    // Ratios as cross products, so that they are exact.
    let ratio = |a: u32, b: u32, c: u32, d: u32| (u64::from(a) * u64::from(d)).cmp(&(u64::from(c) * u64::from(b)));
    match (is_needy(left), is_needy(right)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (true, true) => ratio(left.0, left.1.max(1), right.0, right.1.max(1)),
        (false, false) => ratio(left.0, left.2.max(1), right.0, right.2.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::StageId;

    fn order(fair: bool, pools: &[(&str, u32, u32)], running: &[u32]) -> Vec<u32> {
        let mut all = Pools { is_fair: fair, ..Pools::default() };
        let key = |job: u32| (JobId(job), StageAttempt { stage: StageId(job), attempt: 0 });
        for (job, (pool, weight, min_share)) in pools.iter().enumerate() {
            let rules = PoolRules { weight: *weight, min_share: *min_share, is_fair: false };
            all.assign(JobId(job as u32), (*pool).to_owned(), rules);
        }
        let keys: Vec<SetKey> = (0..pools.len() as u32).map(key).collect();
        let mut sorted = keys.clone();
        all.sort(&mut sorted, |key| running[key.0.0 as usize], &keys);
        sorted.iter().map(|key| key.0.0).collect()
    }

    #[test]
    fn without_fair_mode_the_oldest_job_is_first() {
        assert_eq!(order(false, &[("a", 1, 0), ("b", 9, 9)], &[8, 0]), [0, 1]);
    }

    #[test]
    fn a_pool_below_its_minimum_share_goes_first_then_by_running_tasks_for_weight() {
        assert_eq!(order(true, &[("a", 1, 0), ("b", 1, 0)], &[8, 0]), [1, 0]);
        assert_eq!(order(true, &[("a", 1, 0), ("b", 1, 3)], &[0, 2]), [1, 0]);
        assert_eq!(order(true, &[("a", 1, 0), ("b", 2, 3)], &[2, 3]), [1, 0]);
        assert_eq!(order(true, &[("b", 1, 0), ("a", 1, 0)], &[1, 1]), [1, 0]);
    }

    #[test]
    fn inside_a_pool_the_oldest_job_is_first() {
        assert_eq!(order(true, &[("a", 1, 0), ("a", 1, 0)], &[8, 0]), [0, 1]);
    }
}
