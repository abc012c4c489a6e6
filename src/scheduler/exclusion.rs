//! Executors and nodes that tasks keep failing on get no more of them (Spark's `TaskSetExcludelist` and `HealthTracker`).
//!
//! With `spark.excludeOnFailure.enabled`, a task does not go again to an executor where it failed once, nor to a node where it failed on two
//! executors; a stage avoids an executor where two of its tasks failed, and a node with two such executors. When a stage has succeeded in
//! spite of its failures, the application learns from them: it avoids an executor with two failed tasks, and a node with two such
//! executors, for `spark.excludeOnFailure.timeout`.
//!
//! **Simplified:** excluded executors are not killed, and a job whose task can start nowhere ends at once instead of after two minutes.

use crate::common::Conf;
use crate::common::ids::{ExecutorId, NodeId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::{EventKind, StageAttempt};
use std::collections::{BTreeMap, BTreeSet};

/// What gets no more tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Avoided {
    Executor(ExecutorId, NodeId),
    Node(NodeId),
}

impl Avoided {
    /// What the log says of it: by a stage, or by the application where none is named.
    #[must_use]
    pub fn event(self, stage: Option<StageAttempt>) -> EventKind {
        match self {
            Avoided::Executor(executor, node) => EventKind::ExecutorExcluded { executor, node, stage },
            Avoided::Node(node) => EventKind::NodeExcluded { node, stage },
        }
    }
}

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
        is_on(conf, "taskAndStage").then(|| ExclusionRules {
            task_per_executor: limit(conf, "task.maxTaskAttemptsPerExecutor", 1),
            task_per_node: limit(conf, "task.maxTaskAttemptsPerNode", 2),
            stage_per_executor: limit(conf, "stage.maxFailedTasksPerExecutor", 2),
            stage_per_node: limit(conf, "stage.maxFailedExecutorsPerNode", 2),
        })
    }
}

/// Whether exclusion is on: for this part of it, or where nothing is said of the part, at all.
fn is_on(conf: &Conf, part: &str) -> bool {
    let part = format!("spark.excludeOnFailure.{part}.enabled");
    if conf.get(&part).is_some() {
        return conf.flag(&part);
    }
    conf.flag("spark.excludeOnFailure.enabled") || conf.flag("spark.blacklist.enabled")
}

fn limit(conf: &Conf, name: &str, otherwise: i64) -> usize {
    usize::try_from(conf.number(&format!("spark.excludeOnFailure.{name}"), otherwise)).unwrap_or(1).max(1)
}

/// The limits of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthRules {
    per_executor: usize,
    per_node: usize,
    timeout: VirtualDuration,
}

impl HealthRules {
    /// The limits, where exclusion is on.
    #[must_use]
    pub fn of(conf: &Conf) -> Option<Self> {
        is_on(conf, "application").then(|| HealthRules {
            per_executor: limit(conf, "application.maxFailedTasksPerExecutor", 2),
            per_node: limit(conf, "application.maxFailedExecutorsPerNode", 2),
            timeout: VirtualDuration::from_millis(conf.millis("spark.excludeOnFailure.timeout", 3_600_000)),
        })
    }
}

/// What the application has learned about its executors from stages that succeeded.
#[derive(Debug, Default)]
pub struct Health {
    rules: Option<HealthRules>,
    /// When the failures of each executor are forgotten.
    failures: BTreeMap<ExecutorId, Vec<VirtualTime>>,
    /// Until when executors are avoided, and where they are or were.
    executors: BTreeMap<ExecutorId, (NodeId, VirtualTime)>,
    /// Until when nodes are avoided.
    nodes: BTreeMap<NodeId, VirtualTime>,
}

impl Health {
    /// Takes the limits of a configuration over; what was learned stays.
    pub fn set_rules(&mut self, rules: Option<HealthRules>) {
        self.rules = rules;
    }

    /// A stage succeeded in spite of these failures. Gives what is avoided from now on.
    pub fn learn(&mut self, stage: &Exclusion, now: VirtualTime) -> Vec<Avoided> {
        let Some(rules) = self.rules else { return Vec::new() };
        let until = now + rules.timeout;
        let mut found = Vec::new();
        for (executor, (node, tasks)) in &stage.failures {
            let failures = self.failures.entry(*executor).or_default();
            failures.retain(|forgotten| *forgotten > now);
            failures.extend(tasks.keys().map(|_| until));
            if failures.len() >= rules.per_executor && !self.executors.contains_key(executor) {
                self.executors.insert(*executor, (*node, until));
                found.push(Avoided::Executor(*executor, *node));
            }
            let avoided_here = self.executors.values().filter(|(on, _)| on == node).count();
            if avoided_here >= rules.per_node && !self.nodes.contains_key(node) {
                self.nodes.insert(*node, until);
                found.push(Avoided::Node(*node));
            }
        }
        found
    }

    /// Forgets what is long ago. True when somebody is avoided no longer.
    pub fn forget(&mut self, now: VirtualTime) -> bool {
        let avoided = self.executors.len() + self.nodes.len();
        self.executors.retain(|_, (_, until)| *until > now);
        self.nodes.retain(|_, until| *until > now);
        self.executors.len() + self.nodes.len() < avoided
    }

    /// Forgets all that was learned.
    pub fn clear(&mut self) {
        *self = Health { rules: self.rules, ..Health::default() };
    }

    /// Whether nobody is avoided.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.executors.is_empty() && self.nodes.is_empty()
    }

    /// Whether no task may start there.
    #[must_use]
    pub fn avoids(&self, executor: ExecutorId, node: NodeId) -> bool {
        self.executors.contains_key(&executor) || self.nodes.contains_key(&node)
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

    /// A task failed. Gives what the stage avoids from now on.
    pub fn failed(&mut self, index: usize, executor: ExecutorId, node: NodeId) -> Vec<Avoided> {
        let Some(rules) = self.rules else { return Vec::new() };
        let avoided = |now: &Self| (now.avoids_executor(rules, executor), now.avoids_node(rules, node));
        let before = avoided(self);
        *self.failures.entry(executor).or_insert((node, BTreeMap::new())).1.entry(index).or_default() += 1;
        let after = avoided(self);
        let new_executor = (after.0 && !before.0).then_some(Avoided::Executor(executor, node));
        let new_node = (after.1 && !before.1).then_some(Avoided::Node(node));
        new_executor.into_iter().chain(new_node).collect()
    }

    /// Whether anything failed that matters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// The tasks that failed.
    #[must_use]
    pub fn failed_tasks(&self) -> BTreeSet<usize> {
        self.failures.values().flat_map(|(_, tasks)| tasks.keys().copied()).collect()
    }

    /// Whether no task of the set may start there.
    #[must_use]
    pub fn avoids(&self, executor: ExecutorId, node: NodeId) -> bool {
        self.rules.is_some_and(|rules| self.avoids_executor(rules, executor) || self.avoids_node(rules, node))
    }

    fn avoids_executor(&self, rules: ExclusionRules, executor: ExecutorId) -> bool {
        self.failures.get(&executor).is_some_and(|(_, tasks)| tasks.len() >= rules.stage_per_executor)
    }

    fn avoids_node(&self, rules: ExclusionRules, node: NodeId) -> bool {
        let here = self.failures.iter().filter(|(_, (on, _))| *on == node);
        here.filter(|(executor, _)| self.avoids_executor(rules, **executor)).count() >= rules.stage_per_node
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
        assert_eq!(exclusion.failed(0, bad, node), []);
        assert!(exclusion.forbids(0, bad, node) && !exclusion.forbids(1, bad, node));
        assert!(!exclusion.forbids(0, other, node));
        assert_eq!(exclusion.failed(1, bad, node), [Avoided::Executor(bad, node)], "two tasks failed here");
        assert!(exclusion.forbids(7, bad, node));
        exclusion.failed(0, other, node);
        assert!(exclusion.forbids(0, ExecutorId(3), node), "it failed on two executors of the node");
        assert!(!exclusion.forbids(0, ExecutorId(4), NodeId(2)));
        let second = exclusion.failed(1, other, node);
        assert_eq!(second, [Avoided::Executor(other, node), Avoided::Node(node)], "two executors of it are avoided");
        assert!(exclusion.avoids(ExecutorId(3), node) && exclusion.failed(2, ExecutorId(3), node).is_empty());
    }

    #[test]
    fn the_application_learns_from_stages_and_forgets() {
        let mut conf = Conf::new();
        conf.set("spark.excludeOnFailure.enabled", "true");
        conf.set("spark.excludeOnFailure.timeout", "10s");
        let second = |count: u64| VirtualTime(count * 1_000_000_000);
        let mut health = Health::default();
        health.set_rules(HealthRules::of(&conf));
        let (bad, node) = (ExecutorId(1), NodeId(1));
        let failed_once = |executor| {
            let mut stage = Exclusion::new(ExclusionRules::of(&conf));
            stage.failed(0, executor, node);
            stage
        };
        assert!(health.learn(&failed_once(bad), second(0)).is_empty(), "one failure is no pattern");
        assert_eq!(health.learn(&failed_once(bad), second(5)), [Avoided::Executor(bad, node)]);
        assert!(health.avoids(bad, node) && !health.avoids(ExecutorId(2), node));
        health.learn(&failed_once(ExecutorId(2)), second(6));
        let second_one = health.learn(&failed_once(ExecutorId(2)), second(7));
        assert_eq!(second_one, [Avoided::Executor(ExecutorId(2), node), Avoided::Node(node)]);
        assert!(health.avoids(ExecutorId(3), node), "two executors of the node are avoided");
        health.forget(second(17));
        assert!(health.is_clean());
    }

    #[test]
    fn a_part_of_exclusion_can_be_switched_alone() {
        let mut conf = Conf::new();
        conf.set("spark.excludeOnFailure.application.enabled", "true");
        assert!(HealthRules::of(&conf).is_some() && ExclusionRules::of(&conf).is_none());
        conf.set("spark.excludeOnFailure.enabled", "true");
        conf.set("spark.excludeOnFailure.application.enabled", "false");
        assert!(HealthRules::of(&conf).is_none() && ExclusionRules::of(&conf).is_some());
    }

    #[test]
    fn nothing_is_excluded_by_default() {
        let mut exclusion = Exclusion::new(ExclusionRules::of(&Conf::new()));
        assert!(
            exclusion.failed(0, ExecutorId(1), NodeId(1)).is_empty() && !exclusion.forbids(0, ExecutorId(1), NodeId(1))
        );
    }
}
