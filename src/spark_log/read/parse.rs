//! One line of a log: which event it is, and what it says. It knows nothing of other lines, so that blocks of lines are read side by side.

use super::facts::{EndedTask, FIGURE_MAX, StartedTask, TASKS_MAX};
use super::fields::{
    Application, BlockManagerAdded, DriverCounts, Environment, ExecutorEvent, JobEnd, JobStart, SqlEvent, StageEvent,
    TaskEvent, Unpersist,
};
use super::unreadable::Unreadable;
use crate::event::TaskMetrics;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;
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
fn name_of(line: &str) -> Result<Cow<'_, str>, Fault> {
    if let Some(rest) = line.strip_prefix("{\"Event\":\"")
        && let Some(end) = rest.find('"')
    {
        return Ok(Cow::Borrowed(&rest[..end]));
    }
    serde_json::from_str::<Named<'_>>(line).map(|named| named.event).map_err(|error| match error.classify() {
        Category::Data => Fault::Nameless,
        _ => Fault::Syntax(error),
    })
}

/// Why a line is no event.
#[derive(Debug)]
enum Fault {
    /// Bytes from this one on are no UTF-8.
    Bytes(usize),
    Syntax(serde_json::Error),
    Nameless,
    /// A field is not there, or holds what it cannot.
    Field(serde_json::Error),
    /// More tasks than any stage has.
    Tasks,
    /// More bytes, rows or time than any task has.
    Figure,
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Fault {
        if error.classify() == Category::Data { Fault::Field(error) } else { Fault::Syntax(error) }
    }
}

impl Fault {
    fn words(&self, line: &[u8]) -> String {
        let detail = |error: &serde_json::Error| {
            let text = error.to_string();
            let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
            format!("{what}, column {}", error.column())
        };
        match self {
            Fault::Bytes(at) => format!("no text from column {} on", at + 1),
            Fault::Syntax(error) => format!("no JSON: {}", detail(error)),
            Fault::Nameless => "it names no event".to_owned(),
            Fault::Field(error) => format!("{}: {}", own_name(line), detail(error)),
            Fault::Figure => format!("{}: a metric that cannot be", own_name(line)),
            Fault::Tasks => format!("{}: a number of tasks that cannot be", own_name(line)),
        }
    }
}

/// The event that a line says it is, without Spark's first word.
fn own_name(line: &[u8]) -> String {
    let name = std::str::from_utf8(line).ok().and_then(|line| name_of(line).ok()).unwrap_or_default();
    let name = name.strip_prefix(SQL).unwrap_or(&name);
    name.strip_prefix("SparkListener").unwrap_or(name).chars().take(60).collect()
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
    /// Lines, empty ones too.
    pub(super) lines: u64,
    /// Lines that are no events, by their number in the block.
    pub(super) unreadable: Unreadable,
    /// Why the last line is no event, if it lacks its end.
    pub(super) torn: Option<String>,
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
            parsed.lines += 1;
            match self.line(text) {
                Ok(said) => parsed.said.push(said),
                Err(_) if text.is_empty() => {}
                Err(fault) if line.ends_with(b"\n") => parsed.unreadable.push(parsed.lines, || fault.words(text)),
                Err(fault) => parsed.torn = Some(fault.words(text)),
            }
        }
        parsed
    }

    fn line(&mut self, line: &[u8]) -> Result<Said, Fault> {
        let line = std::str::from_utf8(line).map_err(|error| Fault::Bytes(error.valid_up_to()))?;
        let name = name_of(line)?;
        Ok(match name.strip_prefix(SQL).unwrap_or(&name) {
            "SparkListenerTaskStart" => self.task_started(serde_json::from_str(line)?)?,
            "SparkListenerTaskEnd" => task_ended(serde_json::from_str(line)?)?,
            "SparkListenerJobStart" => {
                let job: Box<JobStart> = serde_json::from_str(line)?;
                let is_sane = job.stages.iter().all(|stage| stage.tasks <= TASKS_MAX);
                is_sane.then_some(Said::JobStarted(job)).ok_or(Fault::Tasks)?
            }
            "SparkListenerJobEnd" => Said::JobEnded(serde_json::from_str(line)?),
            "SparkListenerStageSubmitted" => Said::StageSubmitted(serde_json::from_str(line)?),
            "SparkListenerStageCompleted" => Said::StageCompleted(serde_json::from_str(line)?),
            "SparkListenerExecutorAdded" => Said::ExecutorAdded(serde_json::from_str(line)?),
            "SparkListenerExecutorRemoved" => Said::ExecutorRemoved(serde_json::from_str(line)?),
            "SparkListenerBlockManagerAdded" => {
                let event: BlockManagerAdded = serde_json::from_str(line)?;
                match event.manager.executor {
                    Some(executor) => Said::Memory { executor, bytes: event.memory },
                    None => Said::Hello,
                }
            }
            "SparkListenerApplicationStart" => Said::ApplicationStarted(serde_json::from_str(line)?),
            "SparkListenerApplicationEnd" => Said::ApplicationEnded(serde_json::from_str(line)?),
            "SparkListenerEnvironmentUpdate" => Said::Environment(serde_json::from_str(line)?),
            "SparkListenerSQLExecutionStart" => Said::QueryStarted(serde_json::from_str(line)?),
            "SparkListenerSQLAdaptiveExecutionUpdate" => Said::QueryReplanned(serde_json::from_str(line)?),
            "SparkListenerSQLExecutionEnd" => Said::QueryEnded(serde_json::from_str(line)?),
            "SparkListenerDriverAccumUpdates" => Said::DriverCounts(serde_json::from_str(line)?),
            "SparkListenerUnpersistRDD" => Said::Unpersisted(serde_json::from_str(line)?),
            "SparkListenerLogStart" => {
                serde_json::from_str::<IgnoredAny>(line)?;
                Said::Hello
            }
            other => {
                // An unknown event must still be one.
                serde_json::from_str::<IgnoredAny>(line)?;
                Said::Unknown(other.to_owned())
            }
        })
    }

    fn task_started(&mut self, event: TaskEvent<'_>) -> Result<Said, Fault> {
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
        Ok(Said::TaskStarted { time: info.launched, task })
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

fn task_ended(event: TaskEvent<'_>) -> Result<Said, Fault> {
    sane(event.info.partition())?;
    let (time, stage, writes) = (event.info.finished, event.stage, event.kind == "ShuffleMapTask");
    if event.metrics.as_ref().is_some_and(|metrics| metrics.largest() > FIGURE_MAX) {
        return Err(Fault::Figure);
    }
    let metrics = event.metrics.as_ref().map(TaskMetrics::from).unwrap_or_default();
    let failure = (event.reason.reason != "Success").then(|| Box::new(event.reason));
    let task = EndedTask { id: event.info.id, failure, metrics: Arc::new(metrics) };
    Ok(Said::TaskEnded { time, stage, writes, task })
}

/// A partition that can be.
fn sane(partition: u32) -> Result<u32, Fault> {
    if u64::from(partition) < TASKS_MAX { Ok(partition) } else { Err(Fault::Tasks) }
}
