//! The JSON of Spark's listener events: field names and their order as its parser wants them.

use crate::common::ids::{ExecutorId, NodeId, ShuffleId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::{Locality, TaskMetrics, TaskOutcome};
use serde_json::{Value, json};

/// What virtual time zero is in a log: the first of January 2025, in milliseconds.
const START_MILLIS: u64 = 1_735_689_600_000;

/// A moment as Spark writes it.
pub(super) fn millis(time: VirtualTime) -> u64 {
    START_MILLIS + time.0 / 1_000_000
}

fn millis_of(length: VirtualDuration) -> u64 {
    length.0 / 1_000_000
}

/// The name of a node in a log.
pub(super) fn host(node: NodeId) -> String {
    node.to_string()
}

pub(super) fn block_manager(executor: ExecutorId, node: NodeId) -> Value {
    json!({"Executor ID": executor.0.to_string(), "Host": host(node), "Port": 7000 + node.0})
}

/// Where and when an attempt of a task runs.
pub(super) struct TaskPlace {
    pub(super) id: u64,
    pub(super) index: usize,
    pub(super) attempt: u32,
    pub(super) partition: u32,
    pub(super) launched: VirtualTime,
    pub(super) executor: ExecutorId,
    pub(super) node: NodeId,
    pub(super) locality: Locality,
    pub(super) speculative: bool,
}

/// `Task Info`; `ended` is absent while the attempt runs.
pub(super) fn task_info(
    task: &TaskPlace,
    ended: Option<(VirtualTime, &TaskOutcome)>,
    accumulables: Vec<Value>,
) -> Value {
    let outcome = ended.map(|(_, outcome)| outcome);
    let killed = matches!(outcome, Some(TaskOutcome::Killed { .. }));
    let failed = !killed && outcome.is_some_and(|outcome| *outcome != TaskOutcome::Succeeded);
    json!({
        "Task ID": task.id,
        "Index": task.index,
        "Attempt": task.attempt,
        "Partition ID": task.partition,
        "Launch Time": millis(task.launched),
        "Executor ID": task.executor.0.to_string(),
        "Host": host(task.node),
        "Locality": task.locality.name(),
        "Speculative": task.speculative,
        "Getting Result Time": 0,
        "Finish Time": ended.map_or(0, |(time, _)| millis(time)),
        "Failed": failed,
        "Killed": killed,
        "Accumulables": accumulables,
    })
}

/// `Task End Reason`. `executor` ran the attempt; `source` is the executor that a lost block was on.
pub(super) fn end_reason(
    outcome: &TaskOutcome,
    executor: ExecutorId,
    source: Option<ExecutorId>,
    partition: u32,
    removed: Option<&String>,
) -> Value {
    match outcome {
        TaskOutcome::Succeeded => json!({"Reason": "Success"}),
        TaskOutcome::ExecutorLost { node } => json!({
            "Reason": "ExecutorLostFailure",
            "Executor ID": executor.0.to_string(),
            "Exit Caused By App": false,
            "Loss Reason": removed.map_or_else(|| format!("{node} is gone"), Clone::clone),
        }),
        TaskOutcome::FetchFailed { shuffle: ShuffleId(shuffle), map, node, is_damaged } => json!({
            "Reason": "FetchFailed",
            "Block Manager Address": source.map(|source| block_manager(source, *node)),
            "Shuffle ID": shuffle,
            "Map ID": map,
            "Map Index": map,
            "Reduce ID": partition,
            "Message": if *is_damaged {
                format!("org.apache.spark.shuffle.FetchFailedException: the block of map {map} on {node} does not match its checksum")
            } else {
                format!("org.apache.spark.shuffle.FetchFailedException: the block of map {map} was on {node}, which is gone")
            },
        }),
        TaskOutcome::Failed { error } => json!({
            "Reason": "ExceptionFailure",
            "Class Name": error.split([':', ' ']).next().unwrap_or("Exception"),
            "Description": error,
            "Stack Trace": [],
            "Full Stack Trace": error,
            "Accumulator Updates": [],
        }),
        TaskOutcome::Killed { reason } | TaskOutcome::Ignored { reason } => {
            json!({"Reason": "TaskKilled", "Kill Reason": reason, "Accumulator Updates": []})
        }
    }
}

/// Blocks that an attempt fetched.
#[derive(Default, Clone, Copy)]
pub(super) struct Fetched {
    pub(super) remote_blocks: u64,
    pub(super) local_blocks: u64,
}

/// `Task Metrics`. **Simplified:** sizes of results are not told.
pub(super) fn task_metrics(m: &TaskMetrics, run: VirtualDuration, fetched: Fetched) -> Value {
    // Of bytes that came from elsewhere, those of files count as input.
    let remote = m.shuffle_read_remote_bytes.min(m.shuffle_read_bytes);
    let records = if m.shuffle_write_batches > 0 { m.shuffle_write_batches } else { m.shuffle_write_rows };
    json!({
        "Executor Deserialize Time": 0,
        "Executor Deserialize CPU Time": 0,
        "Executor Run Time": millis_of(run),
        "Executor CPU Time": m.compute_time.0,
        "Peak Execution Memory": m.peak_memory_bytes,
        "Result Size": 0,
        "JVM GC Time": 0,
        "Result Serialization Time": 0,
        "Memory Bytes Spilled": m.spilled_bytes,
        "Disk Bytes Spilled": m.spilled_bytes,
        "Shuffle Read Metrics": {
            "Remote Blocks Fetched": fetched.remote_blocks,
            "Local Blocks Fetched": fetched.local_blocks,
            "Fetch Wait Time": millis_of(m.fetch_time),
            "Remote Bytes Read": remote,
            "Remote Bytes Read To Disk": 0,
            "Local Bytes Read": m.shuffle_read_bytes - remote,
            "Total Records Read": m.shuffle_read_rows,
            "Remote Requests Duration": millis_of(m.fetch_time),
        },
        "Shuffle Write Metrics": {
            "Shuffle Bytes Written": m.shuffle_write_bytes,
            "Shuffle Write Time": m.write_time.0,
            "Shuffle Records Written": records,
        },
        "Input Metrics": {"Bytes Read": m.input_bytes, "Records Read": m.input_rows},
        "Output Metrics": {"Bytes Written": m.output_bytes, "Records Written": m.output_rows},
        "Updated Blocks": [],
    })
}

/// A cached block; without a size it is one that went away.
pub(super) fn block_updated(cache: u32, partition: u32, manager: &Value, kept: Option<(u64, bool)>) -> Value {
    let (bytes, on_disk) = kept.unwrap_or((0, false));
    let in_memory = kept.is_some() && !on_disk;
    json!({
        "Event": "SparkListenerBlockUpdated",
        "Block Updated Info": {
            "Block Manager ID": manager,
            "Block ID": format!("rdd_{cache}_{partition}"),
            "Storage Level": storage_level(in_memory, on_disk),
            "Memory Size": if in_memory { bytes } else { 0 },
            "Disk Size": if on_disk { bytes } else { 0 },
        },
    })
}

pub(super) fn storage_level(memory: bool, disk: bool) -> Value {
    json!({"Use Disk": disk, "Use Memory": memory, "Use Off Heap": false, "Deserialized": memory, "Replication": 1})
}
