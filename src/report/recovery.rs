//! A death from its first moment to the end of its recovery, in lines: what it means, how far the recovery is, what it cost.
//!
//! Every number is counted in the log by [`crate::status::recompute`].

use super::why::{Explanation, Line, Mark};
use super::words;
use crate::common::ids::{NodeId, StageId, TaskId};
use crate::common::text::plural;
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::status::recompute::{Fate, fate};
use crate::status::{Death, Status, TaskState, Victim};

fn line(mark: Mark, text: String) -> Line {
    Line { indent: 0, mark, text }
}

/// What it means that a machine stops, for someone who never saw it.
#[must_use]
pub fn what_a_death_is(status: &Status, death: &Death) -> Vec<Line> {
    if death.victim == Victim::Leaver {
        return vec![
            line(Mark::Skip, format!("{} is given back at {}.", death.who(), words::moment(death.at))),
            line(Mark::Lost, "What it held goes with it, and is made again only if something needs it.".to_owned()),
        ];
    }
    if death.victim == Victim::Executor {
        return vec![
            line(Mark::Lost, format!("{} stops at {}.", death.who(), words::moment(death.at))),
            line(Mark::Lost, "Its memory, its shuffle files and the tasks on its cores are gone.".to_owned()),
            line(Mark::Wall, format!("{} itself goes on and gets a new executor.", death.node)),
        ];
    }
    let others: Vec<NodeId> =
        status.nodes.values().filter(|node| node.is_alive() && node.node != death.node).map(|node| node.node).collect();
    let go_on = match others.len() {
        0 => "No other node is left.".to_owned(),
        1 => format!("{} goes on with its own work.", words::nodes(&others)),
        _ => format!("{} go on with their own work.", words::nodes(&others)),
    };
    vec![
        line(Mark::Lost, format!("{} stops at {}.", death.node, words::moment(death.at))),
        line(Mark::Lost, "Its memory, its disk and the tasks on its cores are gone.".to_owned()),
        line(Mark::Wall, go_on),
    ]
}

/// How far the recovery from the last death is at a moment, while it is under way.
#[must_use]
pub fn under_way(status: &Status, now: VirtualTime) -> Option<Explanation> {
    let death = status.deaths.last()?;
    let fate = fate(status, death);
    if fate.open.is_empty() {
        return None;
    }
    let mut lines = Vec::new();
    let needed: Vec<(StageId, u32)> =
        death.outputs.iter().filter(|lost| lost.need.is_now()).map(|lost| (lost.stage, lost.map)).collect();
    progress(status, "Lost outputs made again", &needed, &fate, &mut lines);
    let interrupted: Vec<(StageId, u32)> = death.running.iter().filter_map(|task| place(status, *task)).collect();
    progress(status, "Interrupted tasks done elsewhere", &interrupted, &fate, &mut lines);
    progress(status, "Tasks that missed their input done", &fate.starved, &fate, &mut lines);
    lines.push(line(Mark::None, happening(status, &fate)));
    lines.push(line(Mark::Again, so_far(status, &fate, now)));
    Some(Explanation { title: format!("Recovery from the loss of {}", death.node), lines })
}

fn place(status: &Status, task: TaskId) -> Option<(StageId, u32)> {
    status.attempts.get(&task).map(|attempt| (attempt.stage.stage, attempt.partition))
}

/// `Lost outputs made again: 1 of 2, S0.m5 is missing.`
fn progress(status: &Status, what: &str, tasks: &[(StageId, u32)], fate: &Fate, lines: &mut Vec<Line>) {
    if tasks.is_empty() {
        return;
    }
    let open: Vec<(StageId, u32)> = tasks.iter().copied().filter(|task| fate.open.contains(task)).collect();
    let done = tasks.len() - open.len();
    let counted = format!("{what}: {done} of {}", tasks.len());
    if open.is_empty() {
        lines.push(line(Mark::Wall, format!("{counted}.")));
    } else {
        lines.push(line(Mark::Again, format!("{counted}; still open: {}.", words::stage_tasks(status, &open))));
    }
}

fn happening(status: &Status, fate: &Fate) -> String {
    let running: Vec<(StageId, u32)> = fate
        .attempts
        .iter()
        .filter(|task| status.attempts.get(task).is_some_and(|attempt| attempt.ended.is_none()))
        .filter_map(|task| place(status, *task))
        .collect();
    if !running.is_empty() {
        let verb = if running.len() == 1 { "runs" } else { "run" };
        return format!("Now {} {verb} again.", words::stage_tasks(status, &running));
    }
    let missing = |(stage, _): &(StageId, u32)| {
        status
            .stages
            .get(stage)
            .is_some_and(|stage| stage.definition.parents.iter().any(|parent| broken(status, *parent)))
    };
    if !fate.open.iter().any(missing) {
        return "Their input is there. They start on the next free core near their data; any core will do after a \
                while (spark.locality.wait)."
            .to_owned();
    }
    if status.running().next().is_some() {
        return "Other tasks run on. The driver gathers reports of lost blocks for a moment, then starts what is missing."
            .to_owned();
    }
    "Now nothing runs: the driver gathers reports of lost blocks for a moment, then starts what is missing.".to_owned()
}

/// Whether a stage has lost an output.
fn broken(status: &Status, stage: StageId) -> bool {
    status.stages.get(&stage).is_some_and(|stage| stage.count(TaskState::Lost) > 0)
}

fn so_far(status: &Status, fate: &Fate, now: VirtualTime) -> String {
    let starts = plural(fate.attempts.len() as u64, "task start");
    let open =
        fate.attempts.iter().filter_map(|task| status.attempts.get(task)).filter(|attempt| attempt.ended.is_none());
    let running: u64 = open.map(|attempt| now.since(attempt.started).0).sum();
    let core = words::length(VirtualDuration(fate.again_nanos + running));
    format!("So far {starts} because of it, {core} of core time.")
}

/// What a death cost, when its recovery is over.
#[must_use]
pub fn cost(status: &Status, fate: &Fate) -> Vec<Line> {
    let starts = plural(fate.attempts.len() as u64, "task start");
    let core = words::length(VirtualDuration(fate.again_nanos));
    let mut lines = vec![line(Mark::Again, format!("{starts} because of it, {core} of core time."))];
    if let Some(over) = fate.over {
        let took = words::length(over.since(fate.at));
        lines.push(line(Mark::Wall, format!("All is there again {took} after the death.")));
    }
    let outputs = fate.outputs_again.len() + fate.outputs_left.len();
    if outputs > 0 {
        let text =
            format!("Made again: {} of {}.", fate.outputs_again.len(), plural(outputs as u64, "lost map output"));
        lines.push(line(Mark::Again, text));
    }
    if !fate.outputs_left.is_empty() {
        let left = words::stage_tasks(status, &fate.outputs_left);
        lines.push(line(Mark::Skip, format!("Not made again, nobody needed them: {left}.")));
    }
    let running = fate.restarted.len() + fate.not_restarted.len();
    if running > 0 {
        let text =
            format!("Begun again elsewhere: {} of {}.", fate.restarted.len(), plural(running as u64, "running task"));
        lines.push(line(Mark::Again, text));
    }
    if !fate.starved.is_empty() {
        let text = format!("Begun again for want of input: {}.", plural(fate.starved.len() as u64, "task"));
        lines.push(line(Mark::Again, text));
    }
    if fate.cached_lost > 0 {
        let text = format!("Cached partitions made again: {} of {}.", fate.cached_again, fate.cached_lost);
        lines.push(line(Mark::Again, text));
    }
    if fate.kept > 0 {
        let kept = plural(fate.kept as u64, "stored block");
        lines.push(line(Mark::Wall, format!("Kept and used as they were: {kept}.")));
    }
    lines
}

/// One sentence for the moment at which everything needed is there again.
#[must_use]
pub fn over(fate: &Fate) -> Option<String> {
    let over = fate.over?;
    let starts = plural(fate.attempts.len() as u64, "task start");
    let core = words::length(VirtualDuration(fate.again_nanos));
    let (took, kept) = (words::length(over.since(fate.at)), plural(fate.kept as u64, "stored block"));
    Some(format!(
        "recovered: all that was needed of {} is there again, {took} after it stopped; cost: {starts}, {core} of core \
         time; {kept} kept as they were",
        fate.who
    ))
}
