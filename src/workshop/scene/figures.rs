//! Named figures of a take, all counted in its log, its plans and its output.
//!
//! One table, [`FIGURES`]: name, what it counts, how. Times are virtual seconds, sizes bytes.

use super::formula::Value;
use super::studio::{Take, refused};
use crate::common::Result;
use crate::common::ids::{QueryId, StageId};
use crate::common::text::nearest;
use crate::event::{EventKind, TaskOutcome};
use crate::status::recompute::{Fate, fates};
use crate::status::{Attempt, Query, Stage};

type Count = fn(&Take, &[Value]) -> Result<Value>;

/// Name, meaning, and how it is counted.
pub static FIGURES: &[(&str, &str, Count)] = &[
    ("figure", "a figure of a world, by its own name", super::stage::figure),
    ("nodes", "nodes of the cluster", |t, _| shape(t, |s| s.nodes)),
    ("cores", "cores of each node", |t, _| shape(t, |s| s.cores_per_node)),
    ("slots", "tasks that can run at once", |t, _| shape(t, |s| s.nodes * s.cores_per_node)),
    ("makespan", "virtual seconds from start to end", |t, _| num(t.status.now.as_secs_f64())),
    ("exit", "exit status of the script", |t, _| num(f64::from(t.exit))),
    ("error", "what the script raised, or nothing", |t, _| text(t.failure.as_ref().map_or("", |f| &f.message))),
    ("condition", "Spark's name of that error", |t, _| {
        text(t.failure.as_ref().and_then(|f| f.condition.as_deref()).unwrap_or(""))
    }),
    ("printed", "everything the script printed", |t, _| text(&t.printed)),
    ("line", "a line that the script printed, from 1", printed_line),
    ("value", "the number after a name in what the script printed, as `name 12`", printed_value),
    ("jobs", "jobs", |t, _| count(t.status.jobs.len())),
    ("jobs_at", "jobs started by a line of the script", jobs_at),
    ("queries", "actions of the script", |t, _| count(t.status.queries.len())),
    ("stages", "stages that ran", |t, _| count(ran(t).count())),
    ("stages_skipped", "stages not run, because their output was still there", |t, _| {
        num(t.status.totals.stages_skipped as f64)
    }),
    ("stages_of", "stages that ran for an action", |t, a| {
        let queries: Vec<_> = chosen(t, a)?.into_iter().map(|query| query.query).collect();
        count(ran(t).filter(|stage| stage.definition.query.is_some_and(|query| queries.contains(&query))).count())
    }),
    ("stages_at", "stages that ran for a line of the script", |t, a| {
        let line = line(t, a)?;
        count(ran(t).filter(|stage| stage.definition.line == line).count())
    }),
    ("tasks", "tasks that succeeded", |t, _| num(t.status.totals.tasks_succeeded as f64)),
    ("tasks_of", "tasks of a stage", |t, a| stage(t, a).and_then(|stage| count(stage.tasks().len()))),
    ("starts", "task attempts", |t, _| num(t.status.totals.tasks_started as f64)),
    ("again", "attempts that did work again", |t, _| num(t.status.totals.again as f64)),
    ("again_of", "attempts of a stage that did work again", |t, a| {
        let id = stage(t, a)?.definition.stage;
        count(runs(t).filter(|run| run.stage.stage == id && run.is_again()).count())
    }),
    ("again_before", "the same of all stages before one", |t, a| {
        let id = stage(t, a)?.definition.stage;
        count(runs(t).filter(|run| run.stage.stage < id && run.is_again()).count())
    }),
    ("tasks_at", "tasks that succeeded for a line of the script", |t, a| {
        let line = line(t, a)?;
        count(succeeded(t).filter(|run| line_of(t, run.stage.stage) == line).count())
    }),
    ("seconds_at", "seconds that the actions of a line took", |t, a| {
        let took = |q: &Query| q.ended.unwrap_or(q.started).since(q.started).0 as f64 / 1e9;
        num(chosen(t, a)?.into_iter().map(took).sum())
    }),
    ("again_seconds", "core time of those", |t, _| num(t.status.totals.again_nanos as f64 / 1e9)),
    ("core_seconds", "core time of attempts that succeeded", |t, _| num(t.status.totals.core_nanos as f64 / 1e9)),
    ("failed", "attempts that raised", |t, _| num(t.status.totals.tasks_failed as f64)),
    ("fetch_failures", "attempts that could not read a lost block", |t, _| num(t.status.totals.fetch_failures as f64)),
    ("speculative", "copies of slow tasks", |t, _| num(t.status.totals.speculative as f64)),
    ("deaths", "nodes or executors that died", |t, _| count(t.status.deaths.len())),
    ("alive", "nodes alive at the end", |t, _| count(t.status.alive())),
    ("outputs_lost", "map outputs that died with a node", |t, _| {
        fate(t, |f| f.outputs_again.len() + f.outputs_left.len())
    }),
    ("outputs_again", "of them made again", |t, _| fate(t, |f| f.outputs_again.len())),
    ("outputs_left", "of them not needed any more", |t, _| fate(t, |f| f.outputs_left.len())),
    ("restarted", "interrupted tasks started again", |t, _| fate(t, |f| f.restarted.len())),
    ("kept", "map outputs and cached partitions on living nodes", |t, _| fate(t, |f| f.kept)),
    ("cached_lost", "cached partitions that died with a node", |t, _| fate(t, |f| f.cached_lost)),
    ("cached_again", "of them made again", |t, _| fate(t, |f| f.cached_again)),
    ("death_time", "when the first death happened", |t, _| {
        t.status.deaths.first().map_or_else(|| Err(refused("nobody died".to_owned())), |d| num(d.at.as_secs_f64()))
    }),
    ("given_up_time", "when the driver gave the first node up", given_up),
    ("removed", "why the first executor was given up, or nothing", |t, _| {
        text(t.events.iter().find_map(|event| removal(&event.kind)).unwrap_or(""))
    }),
    ("says", "how many lines of the output hold a text", |t, a| {
        let Some(Value::Text(part)) = a.first() else { return Err(refused("`says` needs a text".to_owned())) };
        count(t.printed.lines().filter(|line| line.contains(part.as_str())).count())
    }),
    ("scans", "stages that read files, themselves or to fill a cache", |t, _| {
        let reads = |stage: &&Stage| {
            let id = stage.definition.stage;
            let made = succeeded(t).any(|run| run.stage.stage == id && run.metrics.cache_misses > 0);
            stage.definition.operators.iter().any(|name| name.starts_with("scan")) || made
        };
        count(ran(t).filter(reads).count())
    }),
    ("exchanges", "exchanges of all final plans, or of one action", |t, a| plans(t, a, |p| words(p, "Exchange "))),
    ("broadcasts", "broadcasts in those plans", |t, a| plans(t, a, |p| words(p, "BroadcastExchange "))),
    ("mentions", "how often the final plans say a text", |t, a| {
        let Some(Value::Text(wanted)) = a.first() else { return Err(refused("`mentions` needs a text".to_owned())) };
        count(t.status.queries.values().map(|query| query.plan.matches(wanted.as_str()).count()).sum())
    }),
    ("join", "the join strategy of an action", join),
    ("replans", "how often adaptive execution planned again", |t, _| {
        num(t.status.queries.values().map(|query| f64::from(query.replanned)).sum())
    }),
    ("rules", "how often an optimizer rule fired, or all of them", rules),
    ("shuffle_records", "rows written for shuffles", |t, _| sum(t, |a| a.metrics.shuffle_write_rows)),
    ("shuffle_bytes", "bytes written for shuffles", |t, _| sum(t, |a| a.metrics.shuffle_write_bytes)),
    ("records_of", "rows that a stage wrote for its shuffle", |t, a| of_stage(t, a, |a| a.metrics.shuffle_write_rows)),
    ("bytes_of", "bytes that a stage wrote for its shuffle", |t, a| of_stage(t, a, |a| a.metrics.shuffle_write_bytes)),
    ("read_of", "rows that a stage read from files or blocks", |t, a| of_stage(t, a, |a| a.metrics.rows_in)),
    ("remote_bytes", "shuffle bytes that crossed the network", |t, _| sum(t, |a| a.metrics.shuffle_read_remote_bytes)),
    ("shuffle_read", "shuffle bytes read", |t, _| sum(t, |a| a.metrics.shuffle_read_bytes)),
    ("input_rows", "rows read from files or caches", |t, _| {
        sum(t, |a| a.metrics.rows_in.saturating_sub(a.metrics.shuffle_read_rows))
    }),
    ("input_bytes", "bytes read from files or caches", |t, _| sum(t, |a| a.metrics.input_bytes)),
    ("input_of", "bytes that an action read", |t, a| {
        let queries: Vec<_> = chosen(t, a)?.into_iter().map(|query| query.query).collect();
        let of = |run: &&Attempt| {
            let query = t.status.stages.get(&run.stage.stage).and_then(|stage| stage.definition.query);
            query.is_some_and(|query| queries.contains(&query))
        };
        num(succeeded(t).filter(of).map(|run| run.metrics.input_bytes as f64).sum())
    }),
    ("spilled", "bytes moved to disk because memory was full", |t, _| sum(t, |a| a.metrics.spilled_bytes)),
    ("cache_hits", "cached partitions read", |t, _| num(t.status.totals.cache_hits as f64)),
    ("cache_misses", "cached partitions made", |t, _| num(t.status.totals.cache_misses as f64)),
    ("cached", "cached partitions there at the end", |t, _| {
        let blocks = t.status.caches.values().filter(|cache| !cache.dropped).flat_map(|cache| cache.blocks.values());
        count(blocks.filter(|block| block.lost.is_none()).count())
    }),
    ("cached_after", "cached partitions there when an action has ended", cached_after),
    ("cached_bytes", "bytes of cached partitions when they were made, copies included", |t, _| {
        let held = |block: &crate::status::CachedBlock| block.bytes * (1 + block.copies.len() as u64);
        let blocks = t.status.caches.values().flat_map(|cache| cache.blocks.values());
        num(blocks.map(|block| held(block) as f64).sum())
    }),
    ("copied_bytes", "bytes of cached partitions that were sent to a second executor", |t, _| {
        let copied = |kind: &EventKind| if let EventKind::BlockReplicated { bytes, .. } = kind { *bytes } else { 0 };
        num(t.events.iter().map(|event| copied(&event.kind) as f64).sum())
    }),
    ("driver_rows", "rows that an action brought to the driver", |t, a| {
        num(chosen(t, a)?.into_iter().map(|query| query.rows as f64).sum())
    }),
    ("executors_at", "executors that are there at a moment, in virtual seconds", |t, a| {
        count(super::executors::at(t, arg(a, 0)?))
    }),
    ("executors_most", "most executors at any moment", |t, _| count(super::executors::most(t))),
    ("executor_seconds", "core seconds for which executors were there, busy or not", |t, _| {
        num(super::executors::core_seconds(t))
    }),
    ("files", "files written", |t, _| num(written(t).map(|o| f64::from(o.files)).sum())),
    ("files_in", "files written to a path that contains a text", |t, a| {
        let Some(Value::Text(part)) = a.first() else { return Err(refused("`files_in` needs a text".to_owned())) };
        num(written(t).filter(|o| o.path.contains(part.as_str())).map(|o| f64::from(o.files)).sum())
    }),
    ("bytes_in", "bytes written to a path that contains a text", |t, a| {
        let Some(Value::Text(part)) = a.first() else { return Err(refused("`bytes_in` needs a text".to_owned())) };
        num(written(t).filter(|o| o.path.contains(part.as_str())).map(|o| o.bytes as f64).sum())
    }),
    ("max_rows", "most rows that a task of a stage read", |t, a| {
        rows(t, a).map(|r| r.last().copied().unwrap_or(0)).map(v)
    }),
    ("median_rows", "rows of the stage's middle task", |t, a| rows(t, a).map(|r| v(middle(&r)))),
    ("sum_rows", "rows of all its tasks", |t, a| rows(t, a).map(|r| v(r.iter().sum()))),
    ("non_empty", "tasks of a stage that had rows", |t, a| {
        rows(t, a).map(|r| v(r.iter().filter(|n| **n > 0).count() as u64))
    }),
    ("longest", "seconds of the longest task of a stage, or of all", |t, a| {
        times(t, a).map(|all| Value::Number(all.last().copied().unwrap_or(0) as f64 / 1e9))
    }),
    ("median", "seconds of the middle task of a stage, or of all", |t, a| {
        times(t, a).map(|all| Value::Number(middle(&all) as f64 / 1e9))
    }),
    ("started", "when a stage's first task started", |t, a| bound(t, a, true)),
    ("ended", "when a stage's last task ended", |t, a| bound(t, a, false)),
    ("local", "share of tasks of a stage, or of all, that ran where their input is", local),
    ("killed", "attempts that were stopped, because another copy was first", |t, _| {
        count(runs(t).filter(|run| matches!(run.outcome, Some(TaskOutcome::Killed { .. }))).count())
    }),
];

/// A figure of a take.
///
/// # Errors
/// When there is none of this name, or its arguments do not fit.
pub fn figure(take: &Take, name: &str, arguments: &[Value]) -> Result<Value> {
    match FIGURES.iter().find(|(known, _, _)| *known == name) {
        Some((_, _, counted)) => counted(take, arguments),
        None => {
            let near = nearest(name, FIGURES.iter().map(|(known, _, _)| *known), 3).join(", ");
            Err(refused(format!("there is no figure {name}; near are: {near}")))
        }
    }
}

fn num(number: f64) -> Result<Value> {
    Ok(Value::Number(number))
}

fn v(number: u64) -> Value {
    Value::Number(number as f64)
}

fn count(number: usize) -> Result<Value> {
    num(number as f64)
}

fn text(text: &str) -> Result<Value> {
    Ok(Value::Text(text.trim_end().to_owned()))
}

fn arg(arguments: &[Value], index: usize) -> Result<f64> {
    arguments
        .get(index)
        .and_then(Value::number)
        .ok_or_else(|| refused("a number is missing in the brackets".to_owned()))
}

/// A line of the script: its number, or a text that it holds.
fn line(take: &Take, arguments: &[Value]) -> Result<u32> {
    match arguments.first() {
        Some(Value::Text(part)) => line_with(take, part),
        _ => arg(arguments, 0).map(|number| number as u32),
    }
}

/// The number of the first line of the script that holds a text.
///
/// # Errors
/// When there is none.
pub fn line_with(take: &Take, part: &str) -> Result<u32> {
    let found = take.source.lines().position(|line| line.contains(part));
    found.map(|index| index as u32 + 1).ok_or_else(|| refused(format!("no line of the script holds `{part}`")))
}

fn shape(take: &Take, of: fn(&crate::event::ClusterShape) -> u32) -> Result<Value> {
    num(take.status.application.as_ref().map_or(0.0, |application| f64::from(of(&application.cluster))))
}

fn runs(take: &Take) -> impl Iterator<Item = &Attempt> {
    take.status.attempts.values().map(AsRef::as_ref)
}

fn succeeded(take: &Take) -> impl Iterator<Item = &Attempt> {
    runs(take).filter(|run| run.succeeded())
}

fn sum(take: &Take, of: fn(&Attempt) -> u64) -> Result<Value> {
    num(succeeded(take).map(|run| of(run) as f64).sum())
}

fn ran(take: &Take) -> impl Iterator<Item = &Stage> {
    take.status.stages.values().map(AsRef::as_ref).filter(|stage| !stage.submissions.is_empty())
}

fn stage<'a>(take: &'a Take, arguments: &[Value]) -> Result<&'a Stage> {
    let number = arg(arguments, 0)? as u32;
    let found = take.status.stages.get(&StageId(number));
    found.map(AsRef::as_ref).ok_or_else(|| refused(format!("there is no stage {number} in this run")))
}

fn of_stage(take: &Take, arguments: &[Value], of: fn(&Attempt) -> u64) -> Result<Value> {
    let id = stage(take, arguments)?.definition.stage;
    num(succeeded(take).filter(|run| run.stage.stage == id).map(|run| of(run) as f64).sum())
}

fn line_of(take: &Take, stage: StageId) -> u32 {
    take.status.stages.get(&stage).map_or(0, |stage| stage.definition.line)
}

fn fate(take: &Take, of: fn(&Fate) -> usize) -> Result<Value> {
    count(fates(&take.status).iter().map(of).sum())
}

fn given_up(take: &Take, _: &[Value]) -> Result<Value> {
    let removed = take.events.iter().find(|event| matches!(event.kind, EventKind::ExecutorRemoved { .. }));
    removed.map_or_else(|| Err(refused("no node was given up".to_owned())), |event| num(event.time.as_secs_f64()))
}

fn cached_after(take: &Take, arguments: &[Value]) -> Result<Value> {
    let Some(last) = chosen(take, arguments)?.last().and_then(|query| query.ended) else { return num(0.0) };
    let made = |block: &&crate::status::CachedBlock| block.made <= last;
    count(take.status.caches.values().flat_map(|cache| cache.blocks.values()).filter(made).count())
}

fn removal(kind: &EventKind) -> Option<&str> {
    if let EventKind::ExecutorRemoved { reason, .. } = kind { Some(reason) } else { None }
}

fn printed_line(take: &Take, arguments: &[Value]) -> Result<Value> {
    let number = arg(arguments, 0)? as usize;
    let line = number.checked_sub(1).and_then(|index| take.printed.lines().nth(index));
    line.map_or_else(|| Err(refused(format!("the script printed no line {number}"))), text)
}

/// `print("late", 12)` gives `value("late")` = 12.
fn printed_value(take: &Take, arguments: &[Value]) -> Result<Value> {
    let Some(Value::Text(name)) = arguments.first() else { return Err(refused("`value` needs a name".to_owned())) };
    let after = take.printed.lines().find_map(|line| line.strip_prefix(name.as_str())?.strip_prefix(' '));
    let number = after.and_then(|rest| rest.trim().parse().ok());
    number.map_or_else(|| Err(refused(format!("the script printed no number named {name}"))), num)
}

/// Jobs submitted while a line was the one that ran.
fn jobs_at(take: &Take, arguments: &[Value]) -> Result<Value> {
    let wanted = line(take, arguments)?;
    let (mut current, mut jobs) = (0, 0);
    for event in &take.events {
        match &event.kind {
            EventKind::StatementStarted { line: here, .. } => current = *here,
            EventKind::JobSubmitted { .. } if current == wanted => jobs += 1,
            _ => {}
        }
    }
    count(jobs)
}

/// Actions by their line, by a text of their line, or by a text of their own name (`write csv out/x`).
fn chosen<'a>(take: &'a Take, arguments: &[Value]) -> Result<Vec<&'a Query>> {
    if arguments.is_empty() {
        return Ok(take.status.queries.values().collect());
    }
    let all = || take.status.queries.values();
    let mut found: Vec<&Query> = match arguments.first() {
        Some(Value::Text(part)) => all().filter(|query| query.action.contains(part.as_str())).collect(),
        _ => Vec::new(),
    };
    if found.is_empty() {
        let line = line(take, arguments)?;
        found = all().filter(|query| query.line == line).collect();
    }
    if found.is_empty() { Err(refused("there is no such action".to_owned())) } else { Ok(found) }
}

/// The first action whose name or line holds a text.
///
/// # Errors
/// When there is none.
pub fn action(take: &Take, part: &str) -> Result<QueryId> {
    let found = chosen(take, &[Value::Text(part.to_owned())])?;
    found.first().map(|query| query.query).ok_or_else(|| refused("there is no such action".to_owned()))
}

fn plans(take: &Take, arguments: &[Value], of: fn(&str) -> usize) -> Result<Value> {
    count(chosen(take, arguments)?.into_iter().map(|query| of(final_plan(&query.plan))).sum())
}

/// An adaptive plan shows the plan that ran first and the one it began with after it.
#[must_use]
pub fn final_plan(plan: &str) -> &str {
    plan.split("== Initial Plan ==").next().unwrap_or(plan)
}

/// Operators of this name: the word must not be the end of a longer one.
fn words(plan: &str, word: &str) -> usize {
    let starts = |at: usize| !plan[..at].ends_with(|c: char| c.is_alphanumeric());
    plan.match_indices(word).filter(|(at, _)| starts(*at)).count()
}

fn join(take: &Take, arguments: &[Value]) -> Result<Value> {
    const NAMES: [(&str, &str); 5] = [
        ("BroadcastHashJoin", "broadcast"),
        ("SortMergeJoin", "sort-merge"),
        ("ShuffledHashJoin", "shuffled hash"),
        ("BroadcastNestedLoopJoin", "nested loop"),
        ("CartesianProduct", "cartesian"),
    ];
    let queries = chosen(take, arguments)?;
    let found = NAMES.iter().find(|(operator, _)| queries.iter().any(|q| words(final_plan(&q.plan), operator) > 0));
    text(found.map_or("none", |(_, name)| name))
}

fn rules(take: &Take, arguments: &[Value]) -> Result<Value> {
    let all = take.explained.iter().flat_map(|query| &query.rules);
    match arguments.first() {
        Some(Value::Text(name)) => count(all.filter(|(rule, _)| rule == name).count()),
        _ => count(all.count()),
    }
}

fn written(take: &Take) -> impl Iterator<Item = &crate::status::Output> {
    take.status.outputs.iter().filter(|output| output.aborted.is_none())
}

/// Rows read by each task of a stage, sorted.
fn rows(take: &Take, arguments: &[Value]) -> Result<Vec<u64>> {
    let id = stage(take, arguments)?.definition.stage;
    let read = |run: &Attempt| run.metrics.rows_in;
    let mut rows: Vec<u64> = succeeded(take).filter(|run| run.stage.stage == id).map(read).collect();
    rows.sort_unstable();
    Ok(rows)
}

/// How long each task took, sorted, in nanoseconds.
fn times(take: &Take, arguments: &[Value]) -> Result<Vec<u64>> {
    let id = if arguments.is_empty() { None } else { Some(stage(take, arguments)?.definition.stage) };
    let of = succeeded(take).filter(|run| id.is_none_or(|id| run.stage.stage == id));
    let mut times: Vec<u64> = of.filter_map(|run| Some(run.ended?.since(run.started).0)).collect();
    times.sort_unstable();
    Ok(times)
}

fn middle(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

fn bound(take: &Take, arguments: &[Value], first: bool) -> Result<Value> {
    let id = stage(take, arguments)?.definition.stage;
    let of = || runs(take).filter(|run| run.stage.stage == id);
    let at = if first { of().map(|run| run.started).min() } else { of().filter_map(|run| run.ended).max() };
    at.map_or_else(|| Err(refused(format!("stage {} did not run", id.0))), |at| num(at.as_secs_f64()))
}

fn local(take: &Take, arguments: &[Value]) -> Result<Value> {
    use crate::event::Locality;
    let id = if arguments.is_empty() { None } else { Some(stage(take, arguments)?.definition.stage) };
    let of = succeeded(take).filter(|run| id.is_none_or(|id| run.stage.stage == id));
    let (mut near, mut all) = (0.0, 0.0);
    for run in of.filter(|run| run.locality != Locality::NoPreference) {
        all += 1.0;
        near += f64::from(u8::from(matches!(run.locality, Locality::Process | Locality::Node)));
    }
    num(if all == 0.0 { 0.0 } else { near / all })
}
