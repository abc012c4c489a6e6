//! Where in a run a check was decided: the moment that a screen shows when somebody asks "why is this wrong?".
//!
//! ```text
//!   what was asked            the moment
//!   rows and exchanges        the last map output of the shuffle that moved most
//!   plans, joins, filters     the start of the last action, when its plan was fixed
//!   files                     the commit of the path
//!   caches, scans             the end of the last stage that read files although it had done so before
//!   losses                    the first loss
//!   everything else           the end of the last action
//! ```

use super::rule::Rule;
use crate::common::ids::{ShuffleId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, TaskOutcome};
use crate::session::KEEP_ACTION;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What decides a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decider {
    LargestShuffle,
    Plan,
    Commit,
    LastScan,
    FirstLoss,
    LongestTask,
    LargestResult,
    End,
}

fn decider(metric: &str) -> Decider {
    match metric {
        "exchanges"
        | "exchange_kinds"
        | "shuffle_records"
        | "shuffle_bytes"
        | "single_partition_rows"
        | "stages"
        | "task_skew" => Decider::LargestShuffle,
        "join_strategy" | "join_strategies" | "broadcast_tables" | "operators" | "columns_read" | "pushed_filters"
        | "partition_filters" | "plan_scans" | "raw_joins" | "python_udfs" | "by_chance" | "lineage_depth" => {
            Decider::Plan
        }
        "files_written" | "rows_written" | "writes" | "files_in" | "folders_in" => Decider::Commit,
        "scans" | "scan_tasks" | "bytes_read" | "cache_hits" | "cache_misses" | "cached_partitions" | "cached_rows"
        | "schema_jobs" => Decider::LastScan,
        "recomputed_tasks" | "recomputed_at_last" | "executors_lost" => Decider::FirstLoss,
        "straggler_ratio" | "spill_bytes" => Decider::LongestTask,
        "driver_rows" | "actions" | "actions_named" | "action_rows" | "jobs" => Decider::LargestResult,
        _ => Decider::End,
    }
}

/// Events of the run up to the one that decided a check; `metric` is what the check asked, absent for answers and errors.
#[must_use]
pub fn moment(metric: Option<&Rule>, check: &str, events: &[Arc<Event>]) -> usize {
    if check == "raised" {
        return events.len();
    }
    let own = own_part(events);
    let (name, argument) = metric.and_then(Rule::subject).unwrap_or_default();
    let found = match decider(name) {
        Decider::LargestShuffle => largest_shuffle(own),
        Decider::Plan => last(own, |kind| matches!(kind, EventKind::QueryStarted { .. })),
        Decider::Commit => last(own, |kind| is_commit(kind, argument)),
        Decider::LastScan => last_scan(own),
        Decider::FirstLoss => first_loss(own),
        Decider::LongestTask => longest_task(own),
        Decider::LargestResult => largest_result(own),
        Decider::End => None,
    };
    found.or_else(|| last(own, |kind| matches!(kind, EventKind::QueryEnded { .. }))).unwrap_or(own.len())
}

/// The log without what was computed only to look at the answer.
#[must_use]
pub fn own_part(events: &[Arc<Event>]) -> &[Arc<Event>] {
    let kept =
        |event: &Arc<Event>| matches!(&event.kind, EventKind::QueryStarted { action, .. } if action == KEEP_ACTION);
    &events[..events.iter().position(kept).unwrap_or(events.len())]
}

/// The same as a log of its own, which ends as the run ended.
#[must_use]
pub fn own_run(events: &[Arc<Event>]) -> Vec<Arc<Event>> {
    let mut own = own_part(events).to_vec();
    let end = events[own.len()..].iter().rfind(|event| matches!(event.kind, EventKind::ApplicationEnded { .. }));
    if let (Some(last), Some(end)) = (own.last(), end) {
        let end = Event { seq: last.seq + 1, time: last.time, kind: end.kind.clone() };
        own.push(Arc::new(end));
    }
    own
}

fn last(events: &[Arc<Event>], of: impl Fn(&EventKind) -> bool) -> Option<usize> {
    events.iter().rposition(|event| of(&event.kind)).map(|at| at + 1)
}

fn is_commit(kind: &EventKind, wanted: &str) -> bool {
    matches!(kind, EventKind::OutputCommitted { path, .. } if path.trim_end_matches('/') == wanted.trim_end_matches('/'))
}

/// Events up to the last map output of the shuffle with the most rows.
#[must_use]
pub fn largest_shuffle(events: &[Arc<Event>]) -> Option<usize> {
    let mut moved: BTreeMap<ShuffleId, (u64, usize)> = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        if let EventKind::MapOutputRegistered { shuffle, rows, .. } = &event.kind {
            let (sum, position) = moved.entry(*shuffle).or_default();
            *sum += rows.iter().sum::<u64>();
            *position = at + 1;
        }
    }
    moved.into_values().max().map(|(_, position)| position)
}

/// The end of the last stage that reads files.
fn last_scan(events: &[Arc<Event>]) -> Option<usize> {
    let scans = |kind: &EventKind| match kind {
        EventKind::StageDefined(definition) if definition.operators.iter().any(|name| name.starts_with("scan ")) => {
            Some(definition.stage)
        }
        _ => None,
    };
    let stages: Vec<_> = events.iter().filter_map(|event| scans(&event.kind)).collect();
    last(events, |kind| matches!(kind, EventKind::StageCompleted { stage } if stages.contains(&stage.stage)))
}

fn first_loss(events: &[Arc<Event>]) -> Option<usize> {
    let lost = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::MapOutputsLost { .. } | EventKind::CachedBlocksLost { .. } | EventKind::NodeDied { .. }
        )
    };
    events.iter().position(|event| lost(&event.kind)).map(|at| at + 1)
}

fn longest_task(events: &[Arc<Event>]) -> Option<usize> {
    let mut started: BTreeMap<TaskId, VirtualTime> = BTreeMap::new();
    let mut longest = None;
    for (at, event) in events.iter().enumerate() {
        match &event.kind {
            EventKind::TaskStarted { task, .. } => {
                started.insert(*task, event.time);
            }
            EventKind::TaskEnded { task, outcome: TaskOutcome::Succeeded, .. } => {
                let took = started.remove(task).map(|start| event.time.since(start));
                longest = longest.max(took.map(|took| (took, at + 1)));
            }
            _ => {}
        }
    }
    longest.map(|(_, position)| position)
}

/// The end of the action that brought most rows to the driver.
fn largest_result(events: &[Arc<Event>]) -> Option<usize> {
    let ends = events.iter().enumerate().filter_map(|(at, event)| match &event.kind {
        EventKind::QueryEnded { rows: Some(rows), .. } => Some((*rows, at + 1)),
        _ => None,
    });
    ends.max().map(|(_, position)| position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::{ExecutorId, NodeId, QueryId};
    use crate::event::log::EventLog;
    use crate::workshop::rule::parse;

    fn run() -> Vec<Arc<Event>> {
        let log = EventLog::new();
        let output = |shuffle: u32, rows: u64| EventKind::MapOutputRegistered {
            shuffle: ShuffleId(shuffle),
            map: 0,
            node: NodeId(1),
            executor: ExecutorId(1),
            bytes: Arc::new([rows]),
            rows: Arc::new([rows]),
        };
        let start = |query: u32, action: &str| EventKind::QueryStarted {
            query: QueryId(query),
            action: action.to_owned(),
            line: 1,
            plan: "".into(),
            of: None,
        };
        for kind in [
            start(1, "show"),
            output(1, 500),
            output(2, 7),
            EventKind::QueryEnded { query: QueryId(1), rows: Some(3), error: None },
            start(2, KEEP_ACTION),
            output(3, 9000),
        ] {
            log.push(VirtualTime::ZERO, kind);
        }
        log.snapshot()
    }

    fn at(rule: &str) -> usize {
        moment(Some(&parse(rule).expect("a rule")), "b1", &run())
    }

    #[test]
    fn a_run_of_its_own_ends_as_the_run_ended() {
        let mut events = run();
        assert_eq!(own_run(&events).len(), own_part(&events).len(), "this one never ended");
        let ended = EventKind::ApplicationEnded { exit: 3 };
        let seq = events.len() as u64;
        events.push(Arc::new(Event { seq, time: VirtualTime(1 << 40), kind: ended.clone() }));
        let own = own_run(&events);
        let (end, before) = (&own[own.len() - 1], &own[own.len() - 2]);
        assert_eq!((own.len(), &end.kind), (own_part(&events).len() + 1, &ended));
        assert_eq!((end.seq, end.time), (before.seq + 1, before.time), "it follows the script's own work");
    }

    #[test]
    fn rows_are_decided_by_the_largest_shuffle_of_the_script_itself() {
        assert_eq!(at("shuffle_records"), 2);
    }

    #[test]
    fn plans_are_decided_when_the_last_action_starts_and_answers_when_it_ends() {
        assert_eq!(at("join_strategy == \"sort_merge\""), 1);
        assert_eq!(moment(None, "answer:result", &run()), 4);
    }

    #[test]
    fn an_error_is_decided_at_the_end() {
        assert_eq!(moment(None, "raised", &run()), run().len());
    }
}
