//! What a log says, before it is put in order: one fact for each line, and what later lines tell about earlier ones.

use super::fields::{EndReason, Environment, JobEnd, JobStart, SqlEvent, StageInfo};
use super::outputs::Output;
use super::parse::Said;
use crate::event::{Locality, TaskMetrics};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Stages and partitions beyond this are taken for garbage.
pub(super) const TASKS_MAX: u64 = 4_000_000;
/// Bytes, rows and nanoseconds of one task beyond this are taken for garbage: what is below can be summed up.
pub(super) const FIGURE_MAX: u64 = 1 << 54;

/// One line. Small, as there may be millions.
#[derive(Debug, Clone)]
pub(super) enum Fact {
    ExecutorAdded { executor: Arc<str>, cores: u32 },
    ExecutorRemoved { executor: Arc<str>, reason: String },
    QueryStarted { query: u32, description: String, plan: Box<str> },
    QueryReplanned { query: u32, plan: String },
    QueryEnded { query: u32, error: Option<String> },
    JobStarted(Box<StartedJob>),
    JobEnded { job: u32, error: Option<String> },
    StageSubmitted { stage: u32, attempt: u32 },
    StageEnded { stage: u32, attempt: u32, failure: Option<String> },
    TaskStarted(StartedTask),
    TaskEnded(EndedTask),
    Unpersisted { cache: u32 },
}

#[derive(Debug, Clone)]
pub(super) struct StartedJob {
    pub(super) job: u32,
    pub(super) query: Option<u32>,
    pub(super) stages: Vec<StageInfo>,
    pub(super) description: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct StartedTask {
    pub(super) id: u64,
    pub(super) executor: Arc<str>,
    pub(super) stage: u32,
    pub(super) stage_attempt: u32,
    pub(super) partition: u32,
    /// Attempts of this task before this one.
    pub(super) attempt: u32,
    pub(super) locality: Locality,
    pub(super) speculative: bool,
}

#[derive(Debug, Clone)]
pub(super) struct EndedTask {
    pub(super) id: u64,
    /// Absent: it succeeded.
    pub(super) failure: Option<Box<EndReason>>,
    pub(super) metrics: Arc<TaskMetrics>,
}

/// All of them.
#[derive(Clone, Default)]
pub(super) struct Facts {
    /// Milliseconds since 1970, and the fact.
    pub(super) list: Vec<(u64, Fact)>,
    pub(super) name: String,
    pub(super) conf: Vec<(String, String)>,
    /// The command line of the driver.
    pub(super) command: String,
    /// The folder that the driver was started in.
    pub(super) home: String,
    /// What the driver counted, by accumulator.
    pub(super) counts: BTreeMap<u64, u64>,
    /// What queries write.
    pub(super) outputs: BTreeMap<u32, Output>,
    pub(super) started: Option<u64>,
    pub(super) memory: BTreeMap<String, u64>,
    /// Stage attempts that went to their end.
    pub(super) completed: BTreeSet<(u32, u32)>,
    /// Stages that ran.
    pub(super) submitted: BTreeSet<u32>,
    /// Stages whose tasks write shuffles.
    pub(super) writers: BTreeSet<u32>,
    /// The partitions of each stage attempt.
    pub(super) partitions: BTreeMap<(u32, u32), BTreeSet<u32>>,
    /// When the application ended, and its exit status.
    pub(super) ended: Option<(u64, i32)>,
    /// Events understood.
    pub(super) known: u64,
    pub(super) skipped: BTreeMap<String, u64>,
    /// The time of the newest line that has one.
    pub(super) latest: u64,
}

impl Facts {
    /// Takes in what a line says.
    pub(super) fn take(&mut self, said: Said) {
        self.known += u64::from(!matches!(said, Said::Unknown(_)));
        match said {
            Said::TaskStarted { time, task } => {
                self.partitions.entry((task.stage, task.stage_attempt)).or_default().insert(task.partition);
                self.push(time, Fact::TaskStarted(task));
            }
            Said::TaskEnded { time, stage, writes, task } => {
                if writes {
                    self.writers.insert(stage);
                }
                self.push(time, Fact::TaskEnded(task));
            }
            Said::JobStarted(event) => self.job_started(*event),
            Said::JobEnded(event) => self.job_ended(*event),
            Said::StageSubmitted(event) => self.stage_submitted(&event.info),
            Said::StageCompleted(event) => self.stage_ended(event.info),
            Said::ExecutorAdded(event) => {
                let (executor, cores) = (event.executor.into(), event.info.cores);
                self.push(event.time, Fact::ExecutorAdded { executor, cores });
            }
            Said::ExecutorRemoved(event) => {
                let (executor, reason) = (event.executor.into(), event.reason);
                self.push(event.time, Fact::ExecutorRemoved { executor, reason });
            }
            Said::Memory { executor, bytes } => drop(self.memory.insert(executor, bytes.min(FIGURE_MAX))),
            Said::ApplicationStarted(event) => {
                self.name = event.name;
                self.started = Some(event.time);
            }
            Said::ApplicationEnded(event) => self.ended = Some((event.time, event.exit.unwrap_or(0))),
            Said::Environment(event) => self.environment(*event),
            Said::QueryStarted(event) => {
                self.output(&event);
                let (query, description, plan) = (event.query, event.description, event.plan.into_boxed_str());
                self.push(event.time, Fact::QueryStarted { query, description, plan });
            }
            Said::QueryReplanned(event) => {
                self.output(&event);
                self.push(event.time, Fact::QueryReplanned { query: event.query, plan: event.plan });
            }
            Said::QueryEnded(event) => {
                self.output(&event);
                let error = event.error.filter(|text| !text.is_empty());
                self.push(event.time, Fact::QueryEnded { query: event.query, error });
            }
            Said::DriverCounts(event) => {
                let known = event.updates.into_iter().filter_map(|(id, value)| Some((id, u64::try_from(value).ok()?)));
                let known = known.filter(|(_, value)| *value <= FIGURE_MAX);
                self.counts.extend(known);
            }
            Said::Unpersisted(event) => self.push(0, Fact::Unpersisted { cache: event.rdd }),
            Said::Hello => {}
            Said::Unknown(name) => *self.skipped.entry(name).or_default() += 1,
        }
    }

    fn push(&mut self, time: u64, fact: Fact) {
        let time = if time == 0 { self.latest } else { time };
        self.latest = time;
        self.list.push((time, fact));
    }

    fn job_started(&mut self, event: JobStart) {
        let properties = event.properties.unwrap_or_default();
        let query = properties.query.and_then(|id| id.parse().ok());
        self.writers.extend(event.stages.iter().flat_map(|stage| stage.parents.iter().copied()));
        let (job, stages, description) = (event.job, event.stages, properties.description);
        self.push(event.time, Fact::JobStarted(Box::new(StartedJob { job, query, stages, description })));
    }

    fn job_ended(&mut self, event: JobEnd) {
        let message = event.result.exception.and_then(|exception| exception.message);
        let failed = event.result.result != "JobSucceeded";
        let error = failed.then(|| message.unwrap_or_else(|| "the job failed".to_owned()));
        self.push(event.time, Fact::JobEnded { job: event.job, error });
    }

    /// Spark writes down what the stage is by then: a short one, told late, has an end here already.
    fn stage_submitted(&mut self, info: &StageInfo) {
        self.submitted.insert(info.stage);
        self.push(info.submitted, Fact::StageSubmitted { stage: info.stage, attempt: info.attempt });
    }

    fn stage_ended(&mut self, info: StageInfo) {
        let StageInfo { stage, attempt, failure, completed, .. } = info;
        if failure.is_none() {
            self.completed.insert((stage, attempt));
        }
        self.push(completed, Fact::StageEnded { stage, attempt, failure });
    }

    fn environment(&mut self, event: Environment) {
        self.conf = event.spark.into_iter().collect();
        let system = |key: &str| event.system.get(key).cloned().unwrap_or_default();
        self.command = system("sun.java.command");
        self.home = system("user.dir");
    }

    fn output(&mut self, event: &SqlEvent) {
        self.outputs.extend(Output::of(&event.root, &self.home).map(|output| (event.query, output)));
    }
}
