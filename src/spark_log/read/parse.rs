//! One line of a log: which event it is, and what it says.

use super::facts::{Fact, Facts, TASKS_MAX};
use super::fields::{
    Application, BlockManagerAdded, DriverCounts, Environment, ExecutorEvent, JobEnd, JobStart, SqlEvent, StageEvent,
    TaskEvent,
};
use super::outputs::Output;
use serde::Deserialize;
use serde::de::DeserializeOwned;

const SQL: &str = "org.apache.spark.sql.execution.ui.";

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "Event")]
    event: String,
}

/// The event's name: at the start of the line where Spark writes it, else wherever it stands.
pub(super) fn name_of(line: &[u8]) -> Option<String> {
    if let Some(rest) = line.strip_prefix(b"{\"Event\":\"")
        && let Some(end) = rest.iter().position(|byte| *byte == b'"')
    {
        return std::str::from_utf8(&rest[..end]).ok().map(str::to_owned);
    }
    serde_json::from_slice::<Named>(line).ok().map(|named| named.event)
}

pub(super) fn parse<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}

impl Facts {
    /// Takes a line in; whether it is an event, known or not.
    pub(super) fn line(&mut self, line: &[u8]) -> bool {
        let Some(name) = name_of(line) else { return false };
        let short = name.strip_prefix(SQL).unwrap_or(&name);
        let taken = match short {
            "SparkListenerTaskStart" | "SparkListenerTaskEnd" => self.task(line, short.ends_with("End")),
            "SparkListenerJobStart" => self.job_started(line),
            "SparkListenerJobEnd" => self.job_ended(line),
            "SparkListenerStageSubmitted" | "SparkListenerStageCompleted" => self.stage(line),
            "SparkListenerExecutorAdded" | "SparkListenerExecutorRemoved" => self.executor(line, short),
            "SparkListenerBlockManagerAdded" => self.memory(line),
            "SparkListenerApplicationStart" | "SparkListenerApplicationEnd" => self.application(line, short),
            "SparkListenerEnvironmentUpdate" => self.environment(line),
            "SparkListenerSQLExecutionStart"
            | "SparkListenerSQLAdaptiveExecutionUpdate"
            | "SparkListenerSQLExecutionEnd" => self.query(line, short),
            "SparkListenerDriverAccumUpdates" => self.driver_counts(line),
            "SparkListenerUnpersistRDD" => self.unpersisted(line),
            "SparkListenerLogStart" => Some(()),
            _ => {
                // An unknown event must still be one.
                if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err() {
                    return false;
                }
                *self.skipped.entry(short.to_owned()).or_default() += 1;
                return true;
            }
        };
        self.known += u64::from(taken.is_some());
        taken.is_some()
    }

    fn task(&mut self, line: &[u8], ended: bool) -> Option<()> {
        let event: TaskEvent = parse(line)?;
        let partition = event.info.partition();
        if u64::from(partition) >= TASKS_MAX {
            return None;
        }
        if ended {
            if event.kind == "ShuffleMapTask" {
                self.writers.insert(event.stage);
            }
            self.push(event.info.finished, Fact::TaskEnded(Box::new(event)));
        } else {
            self.partitions.entry((event.stage, event.attempt)).or_default().insert(partition);
            self.push(event.info.launched, Fact::TaskStarted(Box::new(event)));
        }
        Some(())
    }

    fn job_started(&mut self, line: &[u8]) -> Option<()> {
        let event: JobStart = parse(line)?;
        if event.stages.iter().any(|stage| stage.tasks > TASKS_MAX) {
            return None;
        }
        let properties = event.properties.unwrap_or_default();
        let query = properties.query.and_then(|id| id.parse().ok());
        self.writers.extend(event.stages.iter().flat_map(|stage| stage.parents.iter().copied()));
        let (job, stages, description) = (event.job, event.stages, properties.description);
        self.push(event.time, Fact::JobStarted { job, query, stages, description });
        Some(())
    }

    fn job_ended(&mut self, line: &[u8]) -> Option<()> {
        let event: JobEnd = parse(line)?;
        let message = event.result.exception.and_then(|exception| exception.message);
        let failed = event.result.result != "JobSucceeded";
        let error = failed.then(|| message.unwrap_or_else(|| "the job failed".to_owned()));
        self.push(event.time, Fact::JobEnded { job: event.job, error });
        Some(())
    }

    fn stage(&mut self, line: &[u8]) -> Option<()> {
        let event: StageEvent = parse(line)?;
        let info = event.info;
        if info.completed > 0 {
            let (stage, attempt, failure) = (info.stage, info.attempt, info.failure);
            if failure.is_none() {
                self.completed.insert((stage, attempt));
            }
            self.push(info.completed, Fact::StageEnded { stage, attempt, failure });
        } else {
            self.submitted.insert(info.stage);
            self.push(info.submitted, Fact::StageSubmitted { stage: info.stage, attempt: info.attempt });
        }
        Some(())
    }

    fn executor(&mut self, line: &[u8], name: &str) -> Option<()> {
        let event: ExecutorEvent = parse(line)?;
        let executor = event.executor;
        let fact = if name.ends_with("Added") {
            Fact::ExecutorAdded { executor, cores: event.info.cores }
        } else {
            Fact::ExecutorRemoved { executor, reason: event.reason }
        };
        self.push(event.time, fact);
        Some(())
    }

    fn memory(&mut self, line: &[u8]) -> Option<()> {
        let event: BlockManagerAdded = parse(line)?;
        self.memory.insert(event.manager.executor?, event.memory);
        Some(())
    }

    fn application(&mut self, line: &[u8], name: &str) -> Option<()> {
        let event: Application = parse(line)?;
        if name.ends_with("End") {
            self.ended = Some((event.time, event.exit.unwrap_or(0)));
        } else {
            self.name = event.name;
            self.started = Some(event.time);
        }
        Some(())
    }

    fn environment(&mut self, line: &[u8]) -> Option<()> {
        let event: Environment = parse(line)?;
        self.conf = event.spark.into_iter().collect();
        let system = |key: &str| event.system.get(key).cloned().unwrap_or_default();
        self.command = system("sun.java.command");
        self.home = system("user.dir");
        Some(())
    }

    fn query(&mut self, line: &[u8], name: &str) -> Option<()> {
        let event: SqlEvent = parse(line)?;
        let query = event.query;
        self.outputs.extend(Output::of(&event.root, &self.home).map(|output| (query, output)));
        let fact = match name {
            "SparkListenerSQLExecutionStart" => {
                Fact::QueryStarted { query, description: event.description, plan: event.plan }
            }
            "SparkListenerSQLAdaptiveExecutionUpdate" => Fact::QueryReplanned { query, plan: event.plan },
            _ => Fact::QueryEnded { query, error: event.error.filter(|text| !text.is_empty()) },
        };
        self.push(event.time, fact);
        Some(())
    }

    fn driver_counts(&mut self, line: &[u8]) -> Option<()> {
        let event: DriverCounts = parse(line)?;
        let known = event.updates.into_iter().filter_map(|(id, value)| Some((id, u64::try_from(value).ok()?)));
        self.counts.extend(known);
        Some(())
    }

    fn unpersisted(&mut self, line: &[u8]) -> Option<()> {
        #[derive(Deserialize)]
        struct Unpersist {
            #[serde(rename = "RDD ID")]
            rdd: u32,
        }
        let event: Unpersist = parse(line)?;
        self.push(0, Fact::Unpersisted { cache: event.rdd });
        Some(())
    }
}
