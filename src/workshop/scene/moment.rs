//! Moments of a run, as texts name them.

use super::figures::line_with;
use super::studio::{Take, refused};
use crate::common::{Result, VirtualTime};
use crate::event::{Event, EventKind, TaskOutcome};
use crate::status::Status;

/// A position in the log of a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Events that have happened.
    pub position: usize,
}

impl Moment {
    /// How things stood then.
    #[must_use]
    pub fn status(&self, take: &Take) -> Status {
        Status::of(&take.events[..self.position.min(take.events.len())])
    }
}

const MOMENTS: &str = "moments are: start, end, death, given up, replan, commit, S1 starts, S1 ends, S1 again, Q2 starts, Q2 ends, line 12, \
                       line report.write, S1.p0, S1, 2.5 s";

/// Finds a moment: `start`, `end`, `death`, `given up`, `replan`, `commit`, `S1 starts`, `S1 ends`, `S1 again`, `Q2 starts`, `Q2 ends`, `line 12`, `line report.write`,
/// `S1.p0` (that task has ended), `S1` (its first task has ended), `2.5 s`.
///
/// # Errors
/// When the words mean no moment, or it never came in this run.
pub fn moment(take: &Take, text: &str) -> Result<Moment> {
    let text = text.trim();
    if let Some(world) = &take.world {
        return super::stage::moment(world, text);
    }
    let position = match text {
        "start" => Some(0),
        "end" => Some(take.events.len()),
        _ => {
            let happens =
                matcher(take, text).ok_or_else(|| refused(format!("`{text}` names no moment")).with_help(MOMENTS))?;
            take.events.iter().position(|event| happens(event)).map(|index| index + 1)
        }
    };
    let position = position.ok_or_else(|| refused(format!("the moment `{text}` never comes in this run")))?;
    Ok(Moment { position })
}

type Matcher<'a> = Box<dyn Fn(&Event) -> bool + 'a>;

fn matcher<'a>(take: &'a Take, text: &str) -> Option<Matcher<'a>> {
    let kind = |test: fn(&EventKind) -> bool| -> Option<Matcher<'a>> { Some(Box::new(move |event| test(&event.kind))) };
    match text {
        "death" => return kind(|kind| matches!(kind, EventKind::NodeDied { .. })),
        "given up" => return kind(|kind| matches!(kind, EventKind::ExecutorRemoved { .. })),
        "replan" => return kind(|kind| matches!(kind, EventKind::QueryReplanned { .. })),
        "commit" => return kind(|kind| matches!(kind, EventKind::OutputCommitted { .. })),
        _ => {}
    }
    if let Some(line) = text.strip_prefix("line ") {
        let wanted: u32 = line.trim().parse().ok().or_else(|| line_with(take, line.trim()).ok())?;
        let starts =
            move |event: &Event| matches!(event.kind, EventKind::StatementStarted { line, .. } if line == wanted);
        return Some(Box::new(starts));
    }
    match text.split_once(' ') {
        Some((what, "starts" | "ends" | "again")) => span(what, text),
        _ => at_fault_time(take, text),
    }
}

/// `S1 starts`, `Q2 ends`.
fn span<'a>(what: &str, text: &str) -> Option<Matcher<'a>> {
    let starts = text.ends_with("starts");
    let again = text.ends_with("again");
    let number: u32 = what.get(1..)?.parse().ok()?;
    if what.starts_with('Q') {
        return Some(Box::new(move |event| match &event.kind {
            EventKind::QueryStarted { query, .. } => starts && query.0 == number,
            EventKind::QueryEnded { query, .. } => !starts && query.0 == number,
            _ => false,
        }));
    }
    what.starts_with('S').then(|| -> Matcher<'a> {
        Box::new(move |event| match &event.kind {
            EventKind::StageSubmitted { stage, .. } => {
                stage.stage.0 == number && (if again { stage.attempt > 0 } else { starts })
            }
            EventKind::StageCompleted { stage } => !starts && !again && stage.stage.0 == number,
            _ => false,
        })
    })
}

/// `2.5 s`, `S1.p0`, `S1`.
fn at_fault_time<'a>(take: &'a Take, text: &str) -> Option<Matcher<'a>> {
    if let Some(task) = text.strip_prefix('S') {
        let (stage, partition) = task.split_once(".p").map_or((task, None), |(stage, part)| (stage, Some(part)));
        let (stage, partition): (u32, Option<u32>) = (stage.parse().ok()?, partition.map(str::parse).transpose().ok()?);
        return Some(Box::new(move |event| {
            let EventKind::TaskEnded { task, outcome: TaskOutcome::Succeeded, .. } = &event.kind else { return false };
            take.status.attempts.get(task).is_some_and(|attempt| {
                attempt.stage.stage.0 == stage && partition.is_none_or(|wanted| wanted == attempt.partition)
            })
        }));
    }
    let seconds: f64 = text.strip_suffix('s').unwrap_or(text).trim().parse().ok()?;
    let at = VirtualTime::from_secs_f64(seconds);
    let last = take.events.iter().rposition(|event| event.time <= at)?;
    Some(Box::new(move |event| event.seq as usize == last))
}
