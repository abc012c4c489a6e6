//! The end of a run in a few lines, every number counted in the log.

use super::words;
use crate::common::ids::StageId;
use crate::common::text::{bytes, count, plural};
use crate::common::time::VirtualDuration;
use crate::event::Event;
use crate::status::recompute::{Fate, fates};
use crate::status::{Status, Totals};
use std::fmt::Write as _;
use std::sync::Arc;

/// A few lines, each ending with a line end. Real time is the caller's to add: it is not in the log.
#[must_use]
pub fn summary(events: &[Arc<Event>]) -> String {
    of(&Status::of(events))
}

/// The same, from a status that is already folded.
#[must_use]
pub fn of(status: &Status) -> String {
    let mut lines = vec![work(status), tasks(&status.totals)];
    for fate in fates(status) {
        lines.extend(death(status, &fate));
    }
    lines.push(traffic(&status.totals));
    let written = status.outputs.iter().filter(|output| output.aborted.is_none()).count();
    if written > 0 {
        lines.push(format!("{} written", plural(written as u64, "output folder")));
    }
    lines.push(match status.time_word() {
        "real" => format!("{} of real time (a log of real Spark)", words::moment(status.now)),
        _ => format!("{} of virtual time (simulated)", words::moment(status.now)),
    });
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "summary: {line}");
        text
    })
}

fn work(status: &Status) -> String {
    let failed = status.queries.values().filter(|query| query.error.is_some()).count();
    let failed = if failed == 0 { String::new() } else { format!(" ({failed} failed)") };
    let skipped = match status.totals.stages_skipped {
        0 => String::new(),
        skipped => format!(", {skipped} skipped (output still there)"),
    };
    let queries = match status.queries.len() {
        1 => "1 query".to_owned(),
        n => format!("{n} queries"),
    };
    let jobs = plural(status.jobs.len() as u64, "job");
    format!("{queries}{failed}, {jobs}, {} run{skipped}", plural(status.totals.stages_run, "stage"))
}

fn tasks(totals: &Totals) -> String {
    let mut text = format!("{} succeeded", plural(totals.tasks_succeeded, "task"));
    if totals.again > 0 {
        let share = totals.again as f64 * 100.0 / totals.tasks_started.max(1) as f64;
        let cost = words::length(VirtualDuration(totals.again_nanos));
        let _ = write!(text, ", {} started again ({share:.0} % of all starts, {cost} of core time)", totals.again);
    } else {
        text.push_str(", none ran again");
    }
    for (number, what) in [(totals.tasks_failed, "failed"), (totals.fetch_failures, "could not read a lost block")] {
        if number > 0 {
            let _ = write!(text, ", {number} {what}");
        }
    }
    text
}

fn death(status: &Status, fate: &Fate) -> Vec<String> {
    let outputs = fate.outputs_again.len() + fate.outputs_left.len();
    let running = fate.restarted.len() + fate.not_restarted.len();
    let held = words::inventory(outputs, running, fate.cached_lost);
    let mut lines = vec![format!(
        "{} {} at {}: {held} lost, {} kept elsewhere",
        fate.who,
        fate.verb,
        words::moment(fate.at),
        fate.kept
    )];
    let name = |tasks: &[(StageId, u32)]| words::stage_tasks(status, tasks);
    let again: Vec<(StageId, u32)> = fate.outputs_again.iter().map(|(stage, map, _)| (*stage, *map)).collect();
    if outputs > 0 {
        lines.push(format!("  outputs made again: {} of {outputs} ({})", again.len(), name(&again)));
    }
    if !fate.outputs_left.is_empty() {
        let (number, names) = (fate.outputs_left.len(), name(&fate.outputs_left));
        let is_given_up = fate.outputs_left.iter().any(|(stage, _)| query_failed(status, *stage));
        let why = if is_given_up { "their query failed" } else { "nobody needed them" };
        lines.push(format!("  outputs not made again, {why}: {number} ({names})"));
    }
    let restarted: Vec<(StageId, u32)> = fate.restarted.iter().map(|(stage, part, _)| (*stage, *part)).collect();
    if running > 0 {
        lines.push(format!("  running tasks started again: {} of {running} ({})", restarted.len(), name(&restarted)));
    }
    if !fate.starved.is_empty() {
        let (number, names) = (fate.starved.len(), name(&fate.starved));
        lines.push(format!("  tasks elsewhere that could not read their input: {number} ({names})"));
    }
    if fate.cached_lost > 0 {
        lines.push(format!("  cached partitions made again: {} of {}", fate.cached_again, fate.cached_lost));
    }
    let starts = plural(fate.attempts.len() as u64, "task start");
    let core = words::length(VirtualDuration(fate.again_nanos));
    let took = fate
        .over
        .map_or(String::new(), |over| format!(", all was there again {} later", words::length(over.since(fate.at))));
    lines.push(format!("  cost: {starts}, {core} of core time{took}"));
    lines
}

fn query_failed(status: &Status, stage: StageId) -> bool {
    let query = status.stages.get(&stage).and_then(|stage| stage.definition.query);
    query.and_then(|query| status.queries.get(&query)).is_some_and(|query| query.error.is_some())
}

fn traffic(totals: &Totals) -> String {
    let written = bytes(totals.shuffle_write_bytes);
    let (read, remote) = (bytes(totals.shuffle_read_bytes), bytes(totals.shuffle_read_remote_bytes));
    let mut text = format!("shuffles: {written} written, {read} read, {remote} of it over the network");
    if totals.spilled_bytes > 0 {
        let _ = write!(text, "; {} spilled to disk", bytes(totals.spilled_bytes));
    }
    if totals.cache_hits + totals.cache_misses > 0 {
        let _ = write!(text, "; cache: {} hits, {} misses", count(totals.cache_hits), count(totals.cache_misses));
    }
    text
}
