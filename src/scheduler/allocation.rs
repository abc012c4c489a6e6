//! How many executors there should be (Spark's `ExecutorAllocationManager`).
//!
//! ```text
//!   tasks wait for 1 s ──▶ ask for 1, then each second 2, 4, 8 … more      never more than the tasks at hand need
//!   an executor idle for 60 s ──▶ give it back                             never below the minimum
//! ```
//!
//! Keys, with Spark's defaults: `spark.dynamicAllocation.enabled` (false), `.minExecutors` (0), `.maxExecutors` (no limit),
//! `.initialExecutors`, `.schedulerBacklogTimeout` (1 s), `.sustainedSchedulerBacklogTimeout` (1 s), `.executorIdleTimeout` (60 s),
//! `.cachedExecutorIdleTimeout` (for ever), `.shuffleTracking.enabled` (true). An executor that holds shuffle files that a job may still
//! read is kept, unless a shuffle service serves them.
//!
//! **Simplified:** Spark looks every 100 ms; we look when something changes and when a patience ends.

use super::outbox::{Command, Outbox, Timer};
use crate::common::ids::ExecutorId;
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::event::EventKind;
use std::collections::{BTreeMap, BTreeSet};

/// The rules of one configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllocationRules {
    pub min: u32,
    pub max: u32,
    pub initial: u32,
    backlog: VirtualDuration,
    sustained: VirtualDuration,
    idle: VirtualDuration,
    /// Absent: executors that hold cached blocks stay.
    cached_idle: Option<VirtualDuration>,
    /// Executors that hold shuffle files stay.
    tracks_shuffles: bool,
}

impl AllocationRules {
    /// The rules, where dynamic allocation is on.
    #[must_use]
    pub fn of(conf: &Conf) -> Option<Self> {
        let key = |name: &str| format!("spark.dynamicAllocation.{name}");
        if !conf.flag(&key("enabled")) {
            return None;
        }
        let count =
            |name: &str, otherwise: i64| u32::try_from(conf.number(&key(name), otherwise).max(0)).unwrap_or(u32::MAX);
        let min = count("minExecutors", 0);
        let max = count("maxExecutors", i64::from(u32::MAX)).max(min).max(1);
        let length = |name: &str, otherwise: u64| VirtualDuration::from_millis(conf.millis(&key(name), otherwise));
        let backlog = length("schedulerBacklogTimeout", 1000);
        let cached = key("cachedExecutorIdleTimeout");
        Some(AllocationRules {
            min,
            max,
            initial: count("initialExecutors", i64::from(min)).clamp(min, max),
            backlog,
            sustained: length("sustainedSchedulerBacklogTimeout", backlog.0 / 1_000_000),
            idle: length("executorIdleTimeout", 60_000),
            cached_idle: conf.get(&cached).map(|_| length("cachedExecutorIdleTimeout", 0)),
            tracks_shuffles: !conf.flag("spark.shuffle.service.enabled")
                && conf.get(&key("shuffleTracking.enabled")).is_none_or(|text| text.trim() != "false"),
        })
    }
}

/// Refuses what Spark's `ExecutorAllocationManager` refuses when the application starts.
///
/// # Errors
/// When there is no way to keep shuffle files of executors that are given back, or the least number of executors is above the most.
pub fn check(conf: &Conf) -> Result<()> {
    let Some(rules) = AllocationRules::of(conf) else { return Ok(()) };
    let refusal = |text: &str| SparkError::new(ErrorClass::Py4JJavaError, text);
    let most = conf.number("spark.dynamicAllocation.maxExecutors", i64::from(u32::MAX));
    if most <= 0 {
        return Err(refusal("spark.dynamicAllocation.maxExecutors must be positive!"));
    }
    if i64::from(rules.min) > most {
        return Err(refusal(&format!(
            "spark.dynamicAllocation.minExecutors ({}) must be less than or equal to spark.dynamicAllocation.maxExecutors ({most})!",
            rules.min
        )));
    }
    let moves_shuffles = ["spark.decommission.enabled", "spark.storage.decommission.shuffleBlocks.enabled"]
        .iter()
        .all(|key| conf.flag(key));
    if rules.tracks_shuffles || conf.flag("spark.shuffle.service.enabled") || moves_shuffles {
        return Ok(());
    }
    let untracked = refusal(
        "Dynamic allocation of executors requires one of the following conditions: 1) enabling external shuffle service through \
         spark.shuffle.service.enabled. 2) enabling shuffle tracking through spark.dynamicAllocation.shuffleTracking.enabled. 3) enabling \
         shuffle blocks decommission through spark.decommission.enabled and spark.storage.decommission.shuffleBlocks.enabled.",
    );
    Err(untracked.with_help("leave spark.dynamicAllocation.shuffleTracking.enabled at its default, true"))
}

/// What the manager sees of the work.
#[derive(Debug, Default)]
pub struct Load {
    pub pending: usize,
    pub running: usize,
    /// Cores of each live executor that gets tasks.
    pub cores: BTreeMap<ExecutorId, u32>,
    pub busy: BTreeSet<ExecutorId>,
    pub holds_shuffles: BTreeSet<ExecutorId>,
    pub holds_cached: BTreeSet<ExecutorId>,
}

/// Its memory.
#[derive(Debug, Default)]
pub struct ExecutorAllocation {
    rules: Option<AllocationRules>,
    target: u32,
    /// Until the first work comes or an executor goes, the initial number stands.
    is_initializing: bool,
    to_add: u32,
    add_at: Option<VirtualTime>,
    idle_since: BTreeMap<ExecutorId, VirtualTime>,
    timer_at: Option<VirtualTime>,
}

impl ExecutorAllocation {
    /// Takes the rules over. The target begins at the initial number.
    pub fn set_rules(&mut self, rules: Option<AllocationRules>) {
        if self.rules != rules {
            self.target = rules.map_or(0, |rules| rules.initial);
            self.is_initializing = true;
            self.to_add = 1;
            self.rules = rules;
        }
    }

    /// A new driver knows nothing of what the old one asked for.
    pub fn begin_anew(&mut self) {
        let rules = std::mem::take(self).rules;
        self.set_rules(rules);
    }

    /// Whether it decides anything.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.rules.is_some()
    }

    /// A timer of it fired: the one it waits for, or one that an earlier one has replaced.
    pub fn timer_fired(&mut self, now: VirtualTime) {
        self.timer_at = self.timer_at.filter(|at| *at > now);
    }

    /// Looks at the work and asks for executors, or gives some back.
    pub fn look(&mut self, now: VirtualTime, load: &Load, out: &mut Outbox) {
        let Some(rules) = self.rules else { return };
        let per_executor = load.cores.values().copied().max().unwrap_or(1).max(1) as usize;
        let needed = u32::try_from((load.pending + load.running).div_ceil(per_executor)).unwrap_or(u32::MAX);
        self.note_idle(now, load);
        self.is_initializing &= needed == 0 && self.due(now, &rules, load).is_empty();
        if !self.is_initializing {
            self.adjust_target(now, &rules, needed, load.pending > 0, out);
        }
        self.release_idle(now, &rules, load, out);
        self.set_timer(now, &rules, load, out);
    }

    fn adjust_target(&mut self, now: VirtualTime, rules: &AllocationRules, needed: u32, waits: bool, out: &mut Outbox) {
        let before = self.target;
        if needed < self.target {
            self.target = needed.max(rules.min);
            self.to_add = 1;
        }
        if !waits {
            self.add_at = None;
            self.to_add = 1;
        } else if self.add_at.is_none() {
            self.add_at = Some(now + rules.backlog);
        }
        if self.add_at.is_some_and(|at| now >= at) {
            let wanted = self.target.saturating_add(self.to_add);
            let most = needed.min(rules.max).max(rules.min);
            let got = wanted.min(most);
            self.to_add = if got == wanted { self.to_add.saturating_mul(2) } else { 1 };
            self.target = got;
            self.add_at = Some(now + rules.sustained);
        }
        if self.target != before {
            out.emit(EventKind::ExecutorsRequested { total: self.target, before });
            out.push(Command::RequestExecutors { total: self.target });
        }
    }

    fn note_idle(&mut self, now: VirtualTime, load: &Load) {
        self.idle_since.retain(|executor, _| load.cores.contains_key(executor) && !load.busy.contains(executor));
        for executor in load.cores.keys().filter(|executor| !load.busy.contains(executor)) {
            self.idle_since.entry(*executor).or_insert(now);
        }
    }

    /// Executors whose patience has ended, and since when they have been idle.
    fn due(&self, now: VirtualTime, rules: &AllocationRules, load: &Load) -> Vec<(ExecutorId, VirtualTime)> {
        let is_due = |executor, since: VirtualTime| {
            Self::patience(rules, load, executor).is_some_and(|patience| since + patience <= now)
        };
        self.idle_since.iter().map(|(id, since)| (*id, *since)).filter(|(id, since)| is_due(*id, *since)).collect()
    }

    fn release_idle(&mut self, now: VirtualTime, rules: &AllocationRules, load: &Load, out: &mut Outbox) {
        let mut left = load.cores.len() as u32;
        for (executor, since) in self.due(now, rules, load) {
            if left > rules.min && left > self.target {
                left -= 1;
                self.idle_since.remove(&executor);
                out.push(Command::ReleaseExecutor { executor, idle: now.since(since) });
            }
        }
    }

    /// How long this executor may be idle; absent: for ever.
    fn patience(rules: &AllocationRules, load: &Load, executor: ExecutorId) -> Option<VirtualDuration> {
        if rules.tracks_shuffles && load.holds_shuffles.contains(&executor) {
            return None;
        }
        if load.holds_cached.contains(&executor) { rules.cached_idle } else { Some(rules.idle) }
    }

    fn set_timer(&mut self, now: VirtualTime, rules: &AllocationRules, load: &Load, out: &mut Outbox) {
        let surplus = self.is_initializing || load.cores.len() as u32 > rules.min.max(self.target);
        let ends = self
            .idle_since
            .iter()
            .filter_map(|(executor, since)| Some(*since + Self::patience(rules, load, *executor)?));
        let next = ends.filter(|_| surplus).chain(self.add_at).filter(|at| *at > now).min();
        if let Some(at) = next.filter(|at| self.timer_at.is_none_or(|set| *at < set)) {
            self.timer_at = Some(at);
            out.push(Command::SetTimer { at, timer: Timer::Allocation });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(settings: &[(&str, &str)]) -> Option<AllocationRules> {
        let mut conf = Conf::new();
        conf.set("spark.dynamicAllocation.enabled", "true");
        for (key, value) in settings {
            conf.set(format!("spark.dynamicAllocation.{key}"), *value);
        }
        AllocationRules::of(&conf)
    }

    fn load(pending: usize, running: usize, executors: u32, busy: u32) -> Load {
        Load {
            pending,
            running,
            cores: (1..=executors).map(|id| (ExecutorId(id), 2)).collect(),
            busy: (1..=busy).map(ExecutorId).collect(),
            ..Load::default()
        }
    }

    fn look(manager: &mut ExecutorAllocation, secs: u64, load: &Load) -> Vec<String> {
        let mut out = Outbox::default();
        manager.look(VirtualTime(secs * 1_000_000_000), load, &mut out);
        let told = out.drain().into_iter().filter_map(|command| match command {
            Command::RequestExecutors { total } => Some(format!("ask for {total}")),
            Command::ReleaseExecutor { executor, .. } => Some(format!("release {executor}")),
            _ => None,
        });
        told.collect()
    }

    #[test]
    fn requests_double_each_second_up_to_what_the_tasks_need() {
        let mut manager = ExecutorAllocation::default();
        manager.set_rules(rules(&[("minExecutors", "1")]));
        let told: Vec<Vec<String>> = (0..6).map(|secs| look(&mut manager, secs, &load(30, 2, 1, 1))).collect();
        assert_eq!(told.concat(), ["ask for 2", "ask for 4", "ask for 8", "ask for 16"]);
        assert_eq!(look(&mut manager, 6, &load(0, 2, 8, 1)), ["ask for 1"]);
    }

    #[test]
    fn idle_executors_go_after_a_minute_but_not_with_what_others_need() {
        let mut manager = ExecutorAllocation::default();
        manager.set_rules(rules(&[("minExecutors", "1")]));
        let mut idle = load(0, 0, 4, 0);
        idle.holds_shuffles.insert(ExecutorId(1));
        idle.holds_cached.insert(ExecutorId(2));
        assert!(look(&mut manager, 10, &idle).is_empty());
        assert!(look(&mut manager, 69, &idle).is_empty());
        assert_eq!(look(&mut manager, 70, &idle), ["release exec 3", "release exec 4"]);
    }

    #[test]
    fn the_initial_number_stands_until_work_comes_or_an_executor_was_idle_for_long() {
        let initial = rules(&[("initialExecutors", "4")]);
        let mut manager = ExecutorAllocation::default();
        manager.set_rules(initial);
        assert!(look(&mut manager, 0, &load(0, 0, 4, 0)).is_empty());
        assert_eq!(look(&mut manager, 1, &load(0, 2, 4, 1)), ["ask for 1"]);

        let mut manager = ExecutorAllocation::default();
        manager.set_rules(initial);
        assert!(look(&mut manager, 0, &load(0, 0, 4, 0)).is_empty());
        assert!(look(&mut manager, 59, &load(0, 0, 4, 0)).is_empty());
        assert_eq!(
            look(&mut manager, 60, &load(0, 0, 4, 0)),
            ["ask for 0", "release exec 1", "release exec 2", "release exec 3", "release exec 4"]
        );
    }

    #[test]
    fn settings_that_lose_shuffle_files_or_contradict_each_other_are_refused() {
        let refusal = |settings: &[(&str, &str)]| {
            let mut conf = Conf::new();
            conf.set("spark.dynamicAllocation.enabled", "true");
            for (key, value) in settings {
                conf.set(format!("spark.{key}"), *value);
            }
            check(&conf).err().map(|error| error.message().to_owned())
        };
        let untracked = ("dynamicAllocation.shuffleTracking.enabled", "false");
        assert_eq!(refusal(&[]), None);
        assert!(refusal(&[untracked]).is_some_and(|text| text.contains("one of the following conditions")));
        assert_eq!(refusal(&[untracked, ("shuffle.service.enabled", "true")]), None);
        let moved = [("decommission.enabled", "true"), ("storage.decommission.shuffleBlocks.enabled", "true")];
        assert_eq!(refusal(&[untracked, moved[0], moved[1]]), None);
        let crossed = [("dynamicAllocation.minExecutors", "5"), ("dynamicAllocation.maxExecutors", "2")];
        assert!(refusal(&crossed).is_some_and(|text| text.contains("minExecutors (5) must be less than")));
        assert!(refusal(&[("dynamicAllocation.maxExecutors", "0")]).is_some_and(|text| text.contains("positive")));
    }

    #[test]
    fn it_is_off_unless_asked_for() {
        assert_eq!(AllocationRules::of(&Conf::new()), None);
    }
}
