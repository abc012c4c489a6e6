//! Executors and nodes that tasks keep failing on get no more of them (Spark's `TaskSetExcludelist`).
//!
//! With `spark.excludeOnFailure.enabled`, a task does not go again to an executor where it failed once, nor to a node where it failed on two
//! executors; a stage avoids an executor where two of its tasks failed, and a node with two such executors.
//!
//! **Simplified:** what holds for a whole application (`spark.excludeOnFailure.application.*`) is not there; each stage learns anew.

use crate::common::Conf;
use crate::common::ids::{ExecutorId, NodeId};
use std::collections::{BTreeMap, BTreeSet};

/// The limits of one configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExclusionRules {
    task_per_executor: usize,
    task_per_node: usize,
    stage_per_executor: usize,
    stage_per_node: usize,
}

impl ExclusionRules {
    /// The limits, where exclusion is on.
    #[must_use]
    pub fn of(conf: &Conf) -> Option<Self> {
        let is_on = conf.flag("spark.excludeOnFailure.enabled") || conf.flag("spark.blacklist.enabled");
        let limit = |name: &str, otherwise: i64| {
            usize::try_from(conf.number(&format!("spark.excludeOnFailure.{name}"), otherwise)).unwrap_or(1).max(1)
        };
        is_on.then(|| ExclusionRules {
            task_per_executor: limit("task.maxTaskAttemptsPerExecutor", 1),
            task_per_node: limit("task.maxTaskAttemptsPerNode", 2),
            stage_per_executor: limit("stage.maxFailedTasksPerExecutor", 2),
            stage_per_node: limit("stage.maxFailedExecutorsPerNode", 2),
        })
    }
}

/// Where the tasks of one set failed.
#[derive(Debug, Default)]
pub struct Exclusion {
    rules: Option<ExclusionRules>,
    /// For each executor its node, and how often which task failed.
    failures: BTreeMap<ExecutorId, (NodeId, BTreeMap<usize, usize>)>,
}

impl Exclusion {
    /// Nothing has failed yet.
    #[must_use]
    pub fn new(rules: Option<ExclusionRules>) -> Self {
        Exclusion { rules, failures: BTreeMap::new() }
    }

    /// A task failed. True when the stage avoids this executor from now on.
    pub fn failed(&mut self, index: usize, executor: ExecutorId, node: NodeId) -> bool {
        if self.rules.is_none() {
            return false;
        }
        let was_avoided = self.avoids(executor, node);
        *self.failures.entry(executor).or_insert((node, BTreeMap::new())).1.entry(index).or_default() += 1;
        !was_avoided && self.avoids(executor, node)
    }

    /// Whether anything failed that matters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// Whether no task of the set may start there.
    #[must_use]
    pub fn avoids(&self, executor: ExecutorId, node: NodeId) -> bool {
        let Some(rules) = self.rules else { return false };
        let is_bad = |(_, tasks): &(NodeId, BTreeMap<usize, usize>)| tasks.len() >= rules.stage_per_executor;
        let bad_here = self.failures.values().filter(|one| one.0 == node && is_bad(one)).count();
        self.failures.get(&executor).is_some_and(is_bad) || bad_here >= rules.stage_per_node
    }

    /// Whether this task may not start there.
    #[must_use]
    pub fn forbids(&self, index: usize, executor: ExecutorId, node: NodeId) -> bool {
        let Some(rules) = self.rules else { return false };
        let times = |(_, tasks): &(NodeId, BTreeMap<usize, usize>)| tasks.get(&index).copied().unwrap_or(0);
        let on_node: BTreeSet<ExecutorId> = self
            .failures
            .iter()
            .filter(|(_, one)| one.0 == node && times(one) > 0)
            .map(|(executor, _)| *executor)
            .collect();
        self.failures.get(&executor).is_some_and(|one| times(one) >= rules.task_per_executor)
            || on_node.len() >= rules.task_per_node
            || self.avoids(executor, node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_go_elsewhere_and_stages_learn() {
        let mut conf = Conf::new();
        conf.set("spark.excludeOnFailure.enabled", "true");
        let mut exclusion = Exclusion::new(ExclusionRules::of(&conf));
        let (bad, other, node) = (ExecutorId(1), ExecutorId(2), NodeId(1));
        assert!(!exclusion.failed(0, bad, node));
        assert!(exclusion.forbids(0, bad, node) && !exclusion.forbids(1, bad, node));
        assert!(!exclusion.forbids(0, other, node));
        assert!(exclusion.failed(1, bad, node), "two tasks failed here: the stage avoids it");
        assert!(exclusion.forbids(7, bad, node));
        exclusion.failed(0, other, node);
        assert!(exclusion.forbids(0, ExecutorId(3), node), "it failed on two executors of the node");
        assert!(!exclusion.forbids(0, ExecutorId(4), NodeId(2)));
    }

    #[test]
    fn nothing_is_excluded_by_default() {
        let mut exclusion = Exclusion::new(ExclusionRules::of(&Conf::new()));
        assert!(!exclusion.failed(0, ExecutorId(1), NodeId(1)) && !exclusion.forbids(0, ExecutorId(1), NodeId(1)));
    }
}
