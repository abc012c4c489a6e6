//! Several jobs at once on one cluster: long ones and a short one, served by the real [`crate::scheduler`] under FIFO or in FAIR pools.
//!
//! Tasks are only lengths here: each runs for its time on the core that the scheduler gave it.
//!
//! **Invariants.** No core runs two tasks at once; every job ends; every core second is a task's.
//!
//! **Simplified:** tasks start without delay, all of a job take equally long, nothing fails.

use super::WorldOutcome;
use super::agenda::Agenda;
use super::config::within;
use super::outcome::{Journal, Mark};
use crate::common::ids::{ExecutorId, JobId, NodeId, StageId, TaskId};
use crate::common::{Conf, Result, VirtualDuration, VirtualTime};
use crate::event::{Determinism, EventKind};
use crate::physical::PhysicalPlan;
use crate::scheduler::{Command, Input, Job, Outbox, PoolRules, Scheduler, Stage, TaskEnd, Timer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// `spark.scheduler.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Fifo,
    Fair,
}

/// The settings of this world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolsConfig {
    pub mode: Mode,
    pub nodes: u32,
    pub cores: u32,
    /// Long jobs, all submitted at the start.
    pub long_jobs: u32,
    pub long_tasks: u32,
    pub long_task_ms: u64,
    pub short_at_ms: u64,
    pub short_tasks: u32,
    pub short_task_ms: u64,
    /// Of the short job's pool.
    pub min_share: u32,
    pub weight: u32,
}

impl Default for PoolsConfig {
    fn default() -> Self {
        PoolsConfig {
            mode: Mode::Fifo,
            nodes: 4,
            cores: 3,
            long_jobs: 1,
            long_tasks: 48,
            long_task_ms: 4_000,
            short_at_ms: 2_000,
            short_tasks: 4,
            short_task_ms: 1_000,
            min_share: 0,
            weight: 1,
        }
    }
}

impl PoolsConfig {
    /// # Errors
    /// For a setting out of its range.
    pub(super) fn check(&self) -> Result<()> {
        within("nodes", self.nodes.into(), 1, 1_000)?;
        within("cores", self.cores.into(), 1, 128)?;
        within("long_jobs", self.long_jobs.into(), 0, 100)?;
        within("long_tasks", self.long_tasks.into(), 1, 100_000)?;
        within("short_tasks", self.short_tasks.into(), 1, 100_000)?;
        within("long_task_ms", self.long_task_ms, 1, 86_400_000)?;
        within("short_task_ms", self.short_task_ms, 1, 86_400_000)?;
        within("short_at_ms", self.short_at_ms, 0, 86_400_000)?;
        within("weight", self.weight.into(), 1, 1_000)
    }
}

/// Lets it happen.
#[must_use]
pub fn run(config: &PoolsConfig, seed: u64) -> WorldOutcome {
    let mut yard = Yard::new(config);
    yard.run();
    yard.conclude(seed)
}

#[derive(Debug)]
enum Due {
    Submit(u32),
    Ended(TaskId),
    Timer(Timer),
}

#[derive(Debug, Default)]
struct JobTimes {
    name: String,
    submitted: VirtualTime,
    first_task: Option<VirtualTime>,
    ended: Option<VirtualTime>,
}

#[derive(Debug)]
struct Yard<'a> {
    config: &'a PoolsConfig,
    scheduler: Scheduler,
    agenda: Agenda<Due>,
    journal: Journal,
    now: VirtualTime,
    jobs: BTreeMap<JobId, JobTimes>,
    /// What runs on each core of each node.
    cores: BTreeMap<TaskId, (NodeId, u32)>,
    taken: BTreeSet<(NodeId, u32)>,
    busy: VirtualDuration,
}

impl<'a> Yard<'a> {
    fn new(config: &'a PoolsConfig) -> Self {
        let mut conf = Conf::new();
        conf.set("spark.locality.wait", "0s");
        conf.set("spark.scheduler.mode", if config.mode == Mode::Fair { "FAIR" } else { "FIFO" });
        let mut yard = Yard {
            config,
            scheduler: Scheduler::new(&conf),
            agenda: Agenda::new(),
            journal: Journal::default(),
            now: VirtualTime::ZERO,
            jobs: BTreeMap::new(),
            cores: BTreeMap::new(),
            taken: BTreeSet::new(),
            busy: VirtualDuration::default(),
        };
        for id in 1..=config.nodes {
            let input = Input::ExecutorAdded {
                executor: ExecutorId(id),
                node: NodeId(id),
                cores: config.cores,
                first_core: 0,
                rack: 0,
            };
            yard.tell(input);
        }
        (0..config.long_jobs).for_each(|job| yard.agenda.add(VirtualTime::ZERO, Due::Submit(job)));
        let at = VirtualTime::ZERO + VirtualDuration::from_millis(config.short_at_ms);
        yard.agenda.add(at, Due::Submit(config.long_jobs));
        yard
    }

    fn run(&mut self) {
        while let Some((at, what)) = self.agenda.take() {
            match what {
                // A timer that finds nothing to do is no part of the run.
                Due::Timer(_) if self.is_over() => continue,
                _ => self.now = at,
            }
            match what {
                Due::Submit(job) => self.submit(job),
                Due::Ended(task) => self.ended(task),
                Due::Timer(timer) => self.tell(Input::TimerFired(timer)),
            }
        }
        assert!(self.is_over(), "a job never ended");
    }

    fn is_over(&self) -> bool {
        self.jobs.len() == self.config.long_jobs as usize + 1 && self.jobs.values().all(|job| job.ended.is_some())
    }

    fn is_short(&self, job: u32) -> bool {
        job == self.config.long_jobs
    }

    fn submit(&mut self, number: u32) {
        let config = self.config;
        let is_short = self.is_short(number);
        let tasks = if is_short { config.short_tasks } else { config.long_tasks };
        let name = if is_short { "short job".to_owned() } else { format!("long job {}", number + 1) };
        let text = format!("was submitted: {tasks} tasks");
        self.journal.tell(self.now, &name, Mark::Step, text);
        let job = JobId(number);
        self.jobs.insert(job, JobTimes { name, submitted: self.now, ..JobTimes::default() });
        let stage = Stage {
            id: StageId(number),
            writes: None,
            inputs: Vec::new(),
            partitions: vec![Vec::new(); tasks as usize],
            determinism: Determinism::Determinate,
            plan: Arc::new(PhysicalPlan::OneRow),
        };
        let (pool, rules) = if is_short {
            ("short", PoolRules { weight: config.weight, min_share: config.min_share, is_fair: false })
        } else {
            ("long", PoolRules::default())
        };
        self.tell(Input::StageDefined { stage, query: None, line: 0 });
        self.tell(Input::PoolAssigned { job, pool: pool.to_owned(), rules });
        self.tell(Input::JobSubmitted(Job {
            job,
            query: None,
            stage: StageId(number),
            partitions: (0..tasks).collect(),
            description: pool.to_owned(),
        }));
    }

    fn ended(&mut self, task: TaskId) {
        if let Some(core) = self.cores.remove(&task) {
            self.taken.remove(&core);
        }
        let end = TaskEnd::Succeeded { output: None, cached: Vec::new() };
        self.tell(Input::TaskEnded { task, end, metrics: Arc::default() });
    }

    fn tell(&mut self, input: Input) {
        let mut out = Outbox::default();
        self.scheduler.step(self.now, input, &mut out);
        for command in out.drain() {
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Launch(launch) => {
                let short = self.is_short(launch.stage.stage.0);
                let ms = if short { self.config.short_task_ms } else { self.config.long_task_ms };
                let length = VirtualDuration::from_millis(ms);
                self.busy += length;
                self.agenda.add(self.now + length, Due::Ended(launch.task));
            }
            Command::Emit(EventKind::TaskStarted { task, stage, node, core, .. }) => {
                assert!(self.taken.insert((node, core)), "core {core} of {node} runs two tasks at once");
                self.cores.insert(task, (node, core));
                self.first_task(JobId(stage.stage.0));
            }
            Command::SetTimer { at, timer } => self.agenda.add(at, Due::Timer(timer)),
            Command::JobSucceeded { job } => self.job_ended(job),
            Command::JobFailed { job, reason, .. } => assert!(reason.is_empty(), "{job} failed: {reason}"),
            Command::Emit(_)
            | Command::Prepare { .. }
            | Command::Accept { .. }
            | Command::Discard { .. }
            | Command::Kill { .. }
            | Command::DropOutputs { .. }
            | Command::RequestExecutors { .. }
            | Command::ReleaseExecutor { .. } => {}
        }
    }

    fn first_task(&mut self, job: JobId) {
        let now = self.now;
        let Some(times) = self.jobs.get_mut(&job).filter(|times| times.first_task.is_none()) else { return };
        times.first_task = Some(now);
        let waited = now.since(times.submitted);
        let mark = if waited.0 > 0 { Mark::Refusal } else { Mark::Step };
        self.journal.tell(now, &times.name, mark, format!("got its first cores after waiting {waited}"));
    }

    fn job_ended(&mut self, job: JobId) {
        let now = self.now;
        let Some(times) = self.jobs.get_mut(&job) else { return };
        times.ended = Some(now);
        self.journal.tell(
            now,
            &times.name,
            Mark::Result,
            format!("ended, {} after it was submitted", now.since(times.submitted)),
        );
    }

    fn conclude(mut self, seed: u64) -> WorldOutcome {
        for times in self.jobs.values() {
            let name = &times.name;
            let wait = times.first_task.map_or(0.0, |at| at.since(times.submitted).as_secs_f64());
            self.journal.figure(format!("{name} waits s"), wait);
            self.journal.figure(format!("{name} ends at s"), times.ended.map_or(0.0, VirtualTime::as_secs_f64));
        }
        // Counted in whole nanoseconds: a share of all that there was is never more than all.
        let all = u128::from(self.now.since(VirtualTime::ZERO).0) * u128::from(self.config.nodes * self.config.cores);
        let busy = (u128::from(self.busy.0) * 10_000).checked_div(all).unwrap_or(0);
        self.journal.figure("cores busy %", busy as f64 / 100.0);
        self.journal.close("pools", seed, self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figures(config: &PoolsConfig) -> BTreeMap<String, f64> {
        run(config, 42).figures
    }

    #[test]
    fn a_short_job_waits_for_the_last_wave_under_fifo_and_for_the_next_cores_in_pools() {
        let fifo = figures(&PoolsConfig::default());
        let fair = figures(&PoolsConfig { mode: Mode::Fair, ..PoolsConfig::default() });
        assert_eq!((fifo["short job waits s"], fifo["long job 1 ends at s"]), (14.0, 16.0), "{fifo:?}");
        assert_eq!((fair["short job waits s"], fair["long job 1 ends at s"]), (2.0, 17.0), "{fair:?}");
        assert_eq!(fair["short job ends at s"], 5.0);
    }

    #[test]
    fn a_minimum_share_protects_the_short_pool_from_two_long_jobs() {
        let crowd = PoolsConfig { mode: Mode::Fair, long_jobs: 2, min_share: 3, weight: 2, ..PoolsConfig::default() };
        let fair = figures(&crowd);
        let fifo = figures(&PoolsConfig { mode: Mode::Fifo, ..crowd });
        assert_eq!(fair["short job waits s"], 2.0);
        assert_eq!(fifo["short job waits s"], 30.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn every_job_ends_and_no_core_is_given_twice(
            fair in any::<bool>(), nodes in 1_u32..5, cores in 1_u32..4, long_jobs in 0_u32..4, long_tasks in 1_u32..30,
            long_task_ms in 1_u64..5_000, short_at_ms in 0_u64..9_000, short_tasks in 1_u32..9, min_share in 0_u32..5, weight in 1_u32..4,
        ) {
            let mode = if fair { Mode::Fair } else { Mode::Fifo };
            let config = PoolsConfig { mode, nodes, cores, long_jobs, long_tasks, long_task_ms, short_at_ms, short_tasks, min_share, weight, ..PoolsConfig::default() };
            let outcome = run(&config, 1);
            prop_assert!(outcome.figures["cores busy %"] <= 100.0);
            prop_assert_eq!(&run(&config, 1), &outcome);
        }
    }
}
