//! What a log says, before it is put in order: one fact for each line, and what later lines tell about earlier ones.

use super::fields::{StageInfo, TaskEvent};
use super::outputs::Output;
use std::collections::{BTreeMap, BTreeSet};

/// Stages and partitions beyond this are taken for garbage.
pub(super) const TASKS_MAX: u64 = 4_000_000;

/// One line.
#[derive(Debug)]
pub(super) enum Fact {
    ExecutorAdded { executor: String, cores: u32 },
    ExecutorRemoved { executor: String, reason: String },
    QueryStarted { query: u32, description: String, plan: String },
    QueryReplanned { query: u32, plan: String },
    QueryEnded { query: u32, error: Option<String> },
    JobStarted { job: u32, query: Option<u32>, stages: Vec<StageInfo>, description: Option<String> },
    JobEnded { job: u32, error: Option<String> },
    StageSubmitted { stage: u32, attempt: u32 },
    StageEnded { stage: u32, attempt: u32, failure: Option<String> },
    TaskStarted(Box<TaskEvent>),
    TaskEnded(Box<TaskEvent>),
    Unpersisted { cache: u32 },
}

/// All of them.
#[derive(Default)]
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
    pub(super) unreadable: u64,
    /// The time of the newest line that has one.
    pub(super) latest: u64,
}

impl Facts {
    pub(super) fn push(&mut self, time: u64, fact: Fact) {
        let time = if time == 0 { self.latest } else { time };
        self.latest = time;
        self.list.push((time, fact));
    }
}
