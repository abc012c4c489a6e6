//! The fields of Spark's events that are read; all others are passed over.

use crate::common::time::VirtualDuration;
use crate::event::{Locality, TaskMetrics};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `SparkListenerTaskStart` and `SparkListenerTaskEnd`. Nearly all lines are these: what they say is looked at where it stands.
#[derive(Debug, Deserialize)]
pub(super) struct TaskEvent<'a> {
    #[serde(rename = "Stage ID")]
    pub(super) stage: u32,
    #[serde(rename = "Stage Attempt ID", default)]
    pub(super) attempt: u32,
    #[serde(rename = "Task Type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(rename = "Task Info", borrow)]
    pub(super) info: TaskInfo<'a>,
    #[serde(rename = "Task End Reason", default)]
    pub(super) reason: EndReason,
    #[serde(rename = "Task Metrics", default)]
    pub(super) metrics: Option<Metrics>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TaskInfo<'a> {
    #[serde(rename = "Task ID")]
    pub(super) id: u64,
    #[serde(rename = "Index", default)]
    pub(super) index: u32,
    #[serde(rename = "Attempt", default)]
    pub(super) attempt: u32,
    #[serde(rename = "Partition ID", default)]
    pub(super) partition: Option<i64>,
    #[serde(rename = "Launch Time")]
    pub(super) launched: u64,
    #[serde(rename = "Executor ID", borrow)]
    pub(super) executor: Cow<'a, str>,
    #[serde(rename = "Locality", borrow, default)]
    pub(super) locality: Cow<'a, str>,
    #[serde(rename = "Speculative", default)]
    pub(super) speculative: bool,
    #[serde(rename = "Finish Time", default)]
    pub(super) finished: u64,
}

impl TaskInfo<'_> {
    /// How near the task ran to its input.
    pub(super) fn locality(&self) -> Locality {
        match &*self.locality {
            "PROCESS_LOCAL" => Locality::Process,
            "NODE_LOCAL" => Locality::Node,
            "NO_PREF" => Locality::NoPreference,
            "RACK_LOCAL" => Locality::Rack,
            _ => Locality::Any,
        }
    }

    /// The partition; logs before Spark 3.3 only have the place in the task set.
    pub(super) fn partition(&self) -> u32 {
        self.partition.and_then(|number| u32::try_from(number).ok()).unwrap_or(self.index)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct EndReason {
    #[serde(rename = "Reason", default)]
    pub(super) reason: String,
    #[serde(rename = "Block Manager Address", default)]
    pub(super) address: Option<BlockManager>,
    #[serde(rename = "Map Index", default)]
    pub(super) map: Option<i64>,
    #[serde(rename = "Class Name", default)]
    pub(super) class: String,
    #[serde(rename = "Description", default)]
    pub(super) description: String,
    #[serde(rename = "Kill Reason", default)]
    pub(super) killed: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct BlockManager {
    #[serde(rename = "Executor ID", default)]
    pub(super) executor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metrics {
    #[serde(rename = "Executor Run Time")]
    pub(super) run_millis: u64,
    #[serde(rename = "Peak Execution Memory")]
    pub(super) peak: u64,
    #[serde(rename = "Memory Bytes Spilled")]
    pub(super) spilled: u64,
    #[serde(rename = "Shuffle Read Metrics")]
    pub(super) read: ShuffleRead,
    #[serde(rename = "Shuffle Write Metrics")]
    pub(super) write: ShuffleWrite,
    #[serde(rename = "Input Metrics")]
    pub(super) input: Input,
    #[serde(rename = "Output Metrics")]
    pub(super) output: Output,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShuffleRead {
    #[serde(rename = "Fetch Wait Time")]
    pub(super) wait_millis: u64,
    #[serde(rename = "Remote Bytes Read")]
    pub(super) remote: u64,
    #[serde(rename = "Local Bytes Read")]
    pub(super) local: u64,
    #[serde(rename = "Total Records Read")]
    pub(super) records: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShuffleWrite {
    #[serde(rename = "Shuffle Bytes Written")]
    pub(super) bytes: u64,
    #[serde(rename = "Shuffle Write Time")]
    pub(super) nanos: u64,
    #[serde(rename = "Shuffle Records Written")]
    pub(super) records: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    #[serde(rename = "Bytes Read")]
    pub(super) bytes: u64,
    #[serde(rename = "Records Read")]
    pub(super) records: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Output {
    #[serde(rename = "Bytes Written")]
    pub(super) bytes: u64,
    #[serde(rename = "Records Written")]
    pub(super) records: u64,
}

impl Metrics {
    /// The largest number that is shown of it.
    pub(super) fn largest(&self) -> u64 {
        let run_nanos = self.run_millis.saturating_mul(1_000_000);
        let wait_nanos = self.read.wait_millis.saturating_mul(1_000_000);
        let times = [run_nanos, wait_nanos, self.write.nanos];
        let memory = [self.peak, self.spilled];
        let read = [self.read.remote, self.read.local, self.read.records, self.input.bytes, self.input.records];
        let written = [self.write.bytes, self.write.records, self.output.bytes, self.output.records];
        times.into_iter().chain(memory).chain(read).chain(written).max().unwrap_or(0)
    }
}

impl From<&Metrics> for TaskMetrics {
    fn from(m: &Metrics) -> TaskMetrics {
        let fetch_time = VirtualDuration(m.read.wait_millis.saturating_mul(1_000_000));
        let write_time = VirtualDuration(m.write.nanos);
        let run = m.run_millis.saturating_mul(1_000_000);
        TaskMetrics {
            rows_in: m.input.records.saturating_add(m.read.records),
            rows_out: m.write.records.saturating_add(m.output.records),
            input_bytes: m.input.bytes,
            input_rows: m.input.records,
            shuffle_read_bytes: m.read.local.saturating_add(m.read.remote),
            shuffle_read_rows: m.read.records,
            shuffle_read_remote_bytes: m.read.remote,
            shuffle_write_bytes: m.write.bytes,
            shuffle_write_rows: m.write.records,
            output_bytes: m.output.bytes,
            output_rows: m.output.records,
            spilled_bytes: m.spilled,
            peak_memory_bytes: m.peak,
            fetch_time,
            compute_time: VirtualDuration(run.saturating_sub(fetch_time.0).saturating_sub(write_time.0)),
            write_time,
            ..TaskMetrics::default()
        }
    }
}

/// `SparkListenerJobStart`.
#[derive(Debug, Deserialize)]
pub(super) struct JobStart {
    #[serde(rename = "Job ID")]
    pub(super) job: u32,
    #[serde(rename = "Submission Time", default)]
    pub(super) time: u64,
    #[serde(rename = "Stage Infos", default)]
    pub(super) stages: Vec<StageInfo>,
    #[serde(rename = "Properties", default)]
    pub(super) properties: Option<Properties>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Properties {
    #[serde(rename = "spark.sql.execution.id")]
    pub(super) query: Option<String>,
    #[serde(rename = "spark.job.description")]
    pub(super) description: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StageEvent {
    #[serde(rename = "Stage Info")]
    pub(super) info: StageInfo,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct StageInfo {
    #[serde(rename = "Stage ID")]
    pub(super) stage: u32,
    #[serde(rename = "Stage Attempt ID", default)]
    pub(super) attempt: u32,
    #[serde(rename = "Stage Name", default)]
    pub(super) name: String,
    #[serde(rename = "Number of Tasks", default)]
    pub(super) tasks: u64,
    #[serde(rename = "RDD Info", default)]
    pub(super) rdds: Vec<RddInfo>,
    #[serde(rename = "Parent IDs", default)]
    pub(super) parents: Vec<u32>,
    #[serde(rename = "Submission Time", default)]
    pub(super) submitted: u64,
    #[serde(rename = "Completion Time", default)]
    pub(super) completed: u64,
    #[serde(rename = "Failure Reason", default)]
    pub(super) failure: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RddInfo {
    #[serde(rename = "RDD ID", default)]
    pub(super) id: u32,
    #[serde(rename = "Name", default)]
    pub(super) name: String,
    #[serde(rename = "Scope", default)]
    pub(super) scope: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct JobEnd {
    #[serde(rename = "Job ID")]
    pub(super) job: u32,
    #[serde(rename = "Completion Time", default)]
    pub(super) time: u64,
    #[serde(rename = "Job Result", default)]
    pub(super) result: JobResult,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JobResult {
    #[serde(rename = "Result")]
    pub(super) result: String,
    #[serde(rename = "Exception")]
    pub(super) exception: Option<JobException>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JobException {
    #[serde(rename = "Message")]
    pub(super) message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExecutorEvent {
    #[serde(rename = "Timestamp", default)]
    pub(super) time: u64,
    #[serde(rename = "Executor ID")]
    pub(super) executor: String,
    #[serde(rename = "Executor Info", default)]
    pub(super) info: ExecutorInfo,
    #[serde(rename = "Removed Reason", default)]
    pub(super) reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExecutorInfo {
    #[serde(rename = "Total Cores")]
    pub(super) cores: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct BlockManagerAdded {
    #[serde(rename = "Block Manager ID", default)]
    pub(super) manager: BlockManager,
    #[serde(rename = "Maximum Memory", default)]
    pub(super) memory: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Application {
    #[serde(rename = "App Name", default)]
    pub(super) name: String,
    #[serde(rename = "Timestamp", default)]
    pub(super) time: u64,
    #[serde(rename = "ExitCode", default)]
    pub(super) exit: Option<i32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Environment {
    #[serde(rename = "Spark Properties")]
    pub(super) spark: BTreeMap<String, String>,
    #[serde(rename = "System Properties")]
    pub(super) system: BTreeMap<String, String>,
}

/// The events of the SQL page.
#[derive(Debug, Deserialize)]
pub(super) struct SqlEvent {
    #[serde(rename = "executionId")]
    pub(super) query: u32,
    #[serde(default)]
    pub(super) description: String,
    #[serde(rename = "physicalPlanDescription", default)]
    pub(super) plan: String,
    #[serde(rename = "sparkPlanInfo", default)]
    pub(super) root: PlanTop,
    #[serde(default)]
    pub(super) time: u64,
    #[serde(rename = "errorMessage", default)]
    pub(super) error: Option<String>,
}

/// The topmost nodes of a plan. What is below may be deeper than a parser goes.
pub(super) type PlanTop = PlanNode<PlanNode<PlanNode<IgnoredAny>>>;

/// A node of a plan, and what stands one level below it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PlanNode<Below> {
    #[serde(rename = "simpleString", default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) metrics: Vec<PlanMetric>,
    #[serde(default)]
    pub(super) children: Vec<Below>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PlanMetric {
    pub(super) name: String,
    #[serde(rename = "accumulatorId")]
    pub(super) accumulator: u64,
}

/// `SparkListenerUnpersistRDD`.
#[derive(Debug, Deserialize)]
pub(super) struct Unpersist {
    #[serde(rename = "RDD ID")]
    pub(super) rdd: u32,
}

/// `SparkListenerDriverAccumUpdates`: what the driver itself counted for a query.
#[derive(Debug, Deserialize)]
pub(super) struct DriverCounts {
    #[serde(rename = "accumUpdates", default)]
    pub(super) updates: Vec<(u64, i64)>,
}
