//! One line of a log: which event it is, and what it says. It knows nothing of other lines, so that blocks of lines are read side by side.

use super::facts::{EndedTask, StartedTask, TASKS_MAX};
use super::fields::{
    Application, BlockManagerAdded, DriverCounts, Environment, ExecutorEvent, JobEnd, JobStart, SqlEvent, StageEvent,
    TaskEvent, Unpersist,
};
use crate::event::TaskMetrics;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

const SQL: &str = "org.apache.spark.sql.execution.ui.";

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(rename = "Event", borrow)]
    event: Cow<'a, str>,
}

/// The event's name: at the start of the line where Spark writes it, else wherever it stands.
pub(super) fn name_of(line: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(rest) = line.strip_prefix(b"{\"Event\":\"")
        && let Some(end) = rest.iter().position(|byte| *byte == b'"')
    {
        return std::str::from_utf8(&rest[..end]).ok().map(Cow::Borrowed);
    }
    parse::<Named<'_>>(line).map(|named| named.event)
}

pub(super) fn parse<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}

/// What one line says.
#[derive(Debug)]
pub(super) enum Said {
    TaskStarted {
        time: u64,
        task: StartedTask,
    },
    TaskEnded {
        time: u64,
        stage: u32,
        writes: bool,
        task: EndedTask,
    },
    JobStarted(Box<JobStart>),
    JobEnded(Box<JobEnd>),
    StageSubmitted(Box<StageEvent>),
    StageCompleted(Box<StageEvent>),
    ExecutorAdded(Box<ExecutorEvent>),
    ExecutorRemoved(Box<ExecutorEvent>),
    Memory {
        executor: String,
        bytes: u64,
    },
    ApplicationStarted(Box<Application>),
    ApplicationEnded(Box<Application>),
    Environment(Box<Environment>),
    QueryStarted(Box<SqlEvent>),
    QueryReplanned(Box<SqlEvent>),
    QueryEnded(Box<SqlEvent>),
    DriverCounts(DriverCounts),
    Unpersisted(Unpersist),
    /// Nothing but that it is a log.
    Hello,
    /// An event of this name, of which nothing is shown.
    Unknown(String),
}

/// A block of lines.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) said: Vec<Said>,
    /// Lines that are no events.
    pub(super) unreadable: u64,
    /// The last line is cut off.
    pub(super) torn: bool,
}

/// Reads lines. Of names that come again and again it makes one copy.
#[derive(Default)]
pub(super) struct Parser {
    executors: BTreeSet<Arc<str>>,
}

impl Parser {
    /// Whole lines; only the last may lack its end.
    pub(super) fn block(&mut self, block: &[u8]) -> Parsed {
        let mut parsed = Parsed::default();
        for line in block.split_inclusive(|byte| *byte == b'\n') {
            let text = line.trim_ascii();
            match self.line(text) {
                Some(said) => parsed.said.push(said),
                None if text.is_empty() => {}
                None if line.ends_with(b"\n") => parsed.unreadable += 1,
                None => parsed.torn = true,
            }
        }
        parsed
    }

    /// Nothing, when it is no event.
    fn line(&mut self, line: &[u8]) -> Option<Said> {
        let name = name_of(line)?;
        Some(match name.strip_prefix(SQL).unwrap_or(&name) {
            "SparkListenerTaskStart" => self.task_started(parse(line)?)?,
            "SparkListenerTaskEnd" => task_ended(parse(line)?)?,
            "SparkListenerJobStart" => {
                let job: Box<JobStart> = parse(line)?;
                let is_sane = job.stages.iter().all(|stage| stage.tasks <= TASKS_MAX);
                is_sane.then_some(Said::JobStarted(job))?
            }
            "SparkListenerJobEnd" => Said::JobEnded(parse(line)?),
            "SparkListenerStageSubmitted" => Said::StageSubmitted(parse(line)?),
            "SparkListenerStageCompleted" => Said::StageCompleted(parse(line)?),
            "SparkListenerExecutorAdded" => Said::ExecutorAdded(parse(line)?),
            "SparkListenerExecutorRemoved" => Said::ExecutorRemoved(parse(line)?),
            "SparkListenerBlockManagerAdded" => {
                let event: BlockManagerAdded = parse(line)?;
                Said::Memory { executor: event.manager.executor?, bytes: event.memory }
            }
            "SparkListenerApplicationStart" => Said::ApplicationStarted(parse(line)?),
            "SparkListenerApplicationEnd" => Said::ApplicationEnded(parse(line)?),
            "SparkListenerEnvironmentUpdate" => Said::Environment(parse(line)?),
            "SparkListenerSQLExecutionStart" => Said::QueryStarted(parse(line)?),
            "SparkListenerSQLAdaptiveExecutionUpdate" => Said::QueryReplanned(parse(line)?),
            "SparkListenerSQLExecutionEnd" => Said::QueryEnded(parse(line)?),
            "SparkListenerDriverAccumUpdates" => Said::DriverCounts(parse(line)?),
            "SparkListenerUnpersistRDD" => Said::Unpersisted(parse(line)?),
            "SparkListenerLogStart" => Said::Hello,
            other => {
                // An unknown event must still be one.
                parse::<IgnoredAny>(line)?;
                Said::Unknown(other.to_owned())
            }
        })
    }

    fn task_started(&mut self, event: TaskEvent<'_>) -> Option<Said> {
        let info = &event.info;
        let task = StartedTask {
            id: info.id,
            executor: self.executor(&info.executor),
            stage: event.stage,
            stage_attempt: event.attempt,
            partition: sane(info.partition())?,
            attempt: info.attempt,
            locality: info.locality(),
            speculative: info.speculative,
        };
        Some(Said::TaskStarted { time: info.launched, task })
    }

    fn executor(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.executors.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.executors.insert(Arc::clone(&name));
        name
    }
}

fn task_ended(event: TaskEvent<'_>) -> Option<Said> {
    sane(event.info.partition())?;
    let (time, stage, writes) = (event.info.finished, event.stage, event.kind == "ShuffleMapTask");
    let metrics = event.metrics.as_ref().map(TaskMetrics::from).unwrap_or_default();
    let failure = (event.reason.reason != "Success").then(|| Box::new(event.reason));
    let task = EndedTask { id: event.info.id, failure, metrics: Arc::new(metrics) };
    Some(Said::TaskEnded { time, stage, writes, task })
}

/// A partition that can be.
fn sane(partition: u32) -> Option<u32> {
    (u64::from(partition) < TASKS_MAX).then_some(partition)
}
