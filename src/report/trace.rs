//! A run for the trace viewers of browsers (Chrome's `about:tracing`, Perfetto): a process for each node, a thread for each core.
//!
//! The format is Chrome's JSON trace events: `X` a span, `i` a moment, `M` a name. Times are virtual microseconds.

use crate::common::ids::NodeId;
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, TaskOutcome};
use crate::status::Status;
use serde_json::{Value, json};
use std::sync::Arc;

/// The trace of a log, as one JSON document.
#[must_use]
pub fn trace(events: &[Arc<Event>]) -> Value {
    let mut status = Status::default();
    for event in events {
        status.apply(event);
    }
    let mut records = names(&status);
    records.extend(tasks(&status));
    records.extend(events.iter().filter_map(|event| moment(event)));
    json!({ "traceEvents": records, "displayTimeUnit": "ms", "otherData": { "clock": status.time_word() } })
}

fn micros(at: VirtualTime) -> f64 {
    at.0 as f64 / 1000.0
}

fn names(status: &Status) -> Vec<Value> {
    let mut records = Vec::new();
    for node in status.nodes.values() {
        records.push(
            json!({ "ph": "M", "name": "process_name", "pid": node.node.0, "args": { "name": node.node.to_string() } }),
        );
        for core in 0..node.cores {
            let args = json!({ "name": format!("core {core}") });
            records.push(json!({ "ph": "M", "name": "thread_name", "pid": node.node.0, "tid": core, "args": args }));
        }
    }
    records
}

fn tasks(status: &Status) -> Vec<Value> {
    let span = |attempt: &crate::status::Attempt| {
        let end = attempt.ended.unwrap_or(status.now);
        let outcome = match &attempt.outcome {
            None => "running",
            Some(TaskOutcome::Succeeded) => "succeeded",
            Some(TaskOutcome::ExecutorLost { .. }) => "executor lost",
            Some(TaskOutcome::FetchFailed { .. }) => "fetch failed",
            Some(TaskOutcome::Failed { .. }) => "failed",
            Some(TaskOutcome::Killed { .. }) => "killed",
            Some(TaskOutcome::Ignored { .. }) => "ignored",
        };
        let name = status.attempt_name(attempt.task);
        json!({
            "ph": "X",
            "name": name,
            "cat": if attempt.is_again() { "again" } else { "task" },
            "pid": attempt.node.0,
            "tid": attempt.core,
            "ts": micros(attempt.started),
            "dur": end.since(attempt.started).0 as f64 / 1000.0,
            "args": {
                "task": attempt.task.0,
                "attempt": attempt.attempt,
                "outcome": outcome,
                "rows_in": attempt.metrics.rows_in,
                "rows_out": attempt.metrics.rows_out,
                "shuffle_read_bytes": attempt.metrics.shuffle_read_bytes,
                "shuffle_write_bytes": attempt.metrics.shuffle_write_bytes,
                "spilled_bytes": attempt.metrics.spilled_bytes,
            },
        })
    };
    status.attempts.values().map(|attempt| span(attempt)).collect()
}

fn moment(event: &Event) -> Option<Value> {
    let at = |node: Option<NodeId>, name: String| {
        let scope = if node.is_some() { "p" } else { "g" };
        json!({ "ph": "i", "name": name, "s": scope, "pid": node.map_or(0, |node| node.0), "tid": 0, "ts": micros(event.time) })
    };
    match &event.kind {
        EventKind::FaultInjected { fault, node } => Some(at(*node, format!("fault: {fault}"))),
        EventKind::NodeDied { node } => Some(at(Some(*node), format!("{node} died"))),
        EventKind::NodeRestarted { node, .. } => Some(at(Some(*node), format!("{node} is back"))),
        EventKind::ExecutorRemoved { executor, node, .. } => Some(at(Some(*node), format!("{executor} given up"))),
        EventKind::QueryStarted { query, action, .. } => Some(at(None, format!("{query} {action}"))),
        EventKind::StageSubmitted { stage, .. } => {
            Some(at(None, format!("{}.{} submitted", stage.stage, stage.attempt)))
        }
        EventKind::StageCompleted { stage } => Some(at(None, format!("{}.{} completed", stage.stage, stage.attempt))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn every_attempt_is_a_span_on_its_core() {
        let events = fixture::node_death();
        let trace = trace(&events);
        let records = trace["traceEvents"].as_array().expect("a list");
        let spans = records.iter().filter(|record| record["ph"] == "X").count();
        let started = events.iter().filter(|event| matches!(event.kind, EventKind::TaskStarted { .. })).count();
        assert_eq!(spans, started);
        assert!(records.iter().any(|record| record["name"] == "node-3 died"));
        assert!(records.iter().all(|record| record["pid"].is_u64() || record["pid"].is_i64()));
    }
}
