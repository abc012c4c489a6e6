//! The tasks that the rest of their stage waited for.
//!
//! ```text
//!   c0  ▓S2.p0▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓     more than three times the median of its stage
//!   c1  ▓S2.p1▓░waits for p0░░░░     from the moment at which that shows, what is idle beside it is hatched
//! ```

use crate::common::ids::{StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, TaskOutcome};
use crate::status::costs::TINY;
use crate::status::spread::{SKEW, Spread};
use crate::status::{Status, TaskName};
use std::collections::BTreeMap;

/// The slowest task of a stage, when it took far longer than the middle one, and not next to nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Straggler {
    /// Without its stage: `p0`.
    pub name: String,
    pub to_median: f64,
    pub started: VirtualTime,
    pub ended: VirtualTime,
    /// When it had run so long that it stood out.
    shows: VirtualTime,
}

impl Straggler {
    /// Whether it stands out at a moment.
    #[must_use]
    pub fn is_seen(&self, now: VirtualTime) -> bool {
        self.shows <= now
    }
}

/// The stragglers of a run; a stage is judged once, when all its tasks are done for the first time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stragglers {
    /// The attempts of stages that are not judged yet.
    open: BTreeMap<StageId, Vec<TaskId>>,
    judged: BTreeMap<StageId, Option<Straggler>>,
}

impl Stragglers {
    /// Takes in an event; `head` is the status after it.
    pub fn take(&mut self, event: &Event, head: &Status) {
        let EventKind::TaskEnded { task, outcome: TaskOutcome::Succeeded, .. } = &event.kind else { return };
        let Some(stage) = head.attempts.get(task).map(|attempt| attempt.stage.stage) else { return };
        if self.judged.contains_key(&stage) {
            return;
        }
        self.open.entry(stage).or_default().push(*task);
        if head.stages.get(&stage).is_some_and(|known| known.done() >= known.asked()) {
            let tasks = self.open.remove(&stage).unwrap_or_default();
            self.judged.insert(stage, slowest(head, &tasks));
        }
    }

    /// The straggler of a stage.
    #[must_use]
    pub fn of(&self, stage: StageId) -> Option<&Straggler> {
        self.judged.get(&stage)?.as_ref()
    }

    /// All that ran in some span of time, and stand out at a moment.
    pub fn within(&self, from: VirtualTime, now: VirtualTime) -> impl Iterator<Item = &Straggler> {
        self.judged.values().flatten().filter(move |late| late.ended > from && late.is_seen(now))
    }
}

fn slowest(status: &Status, tasks: &[TaskId]) -> Option<Straggler> {
    let ended = tasks.iter().filter_map(|task| {
        let attempt = status.attempts.get(task)?;
        Some((attempt.ended?.since(attempt.started).0, attempt))
    });
    let lengths: Vec<_> = ended.collect();
    let spread = Spread::of(lengths.iter().map(|(length, _)| *length).collect())?;
    if !spread.is_skewed() || spread.most < TINY.0 {
        return None;
    }
    let (length, attempt) =
        lengths.into_iter().max_by_key(|(length, attempt)| (*length, std::cmp::Reverse(attempt.task)))?;
    let stage = status.stages.get(&attempt.stage.stage)?;
    let name = format!("{:#}", TaskName { stage, partition: attempt.partition });
    let shows = VirtualTime(attempt.started.0 + (spread.median as f64 * SKEW) as u64);
    let ended = VirtualTime(attempt.started.0 + length);
    Some(Straggler { name, to_median: spread.to_median, started: attempt.started, ended, shows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;
    use std::sync::Arc;

    /// The tasks of the first stage, each with the length that is given; the last takes what is left.
    fn lengths(millis: &[u64]) -> Option<Straggler> {
        let mut status = Status::of(&fixture::node_death());
        let all: Vec<TaskId> =
            status.attempts.values().filter(|one| one.stage.stage.0 == 0).map(|one| one.task).collect();
        let tasks = &all[..millis.len()];
        for (task, millis) in tasks.iter().zip(millis) {
            let attempt = Arc::make_mut(status.attempts.get_mut(task).expect("an attempt"));
            attempt.started = VirtualTime(0);
            attempt.ended = Some(VirtualTime(millis * 1_000_000));
        }
        slowest(&status, tasks)
    }

    #[test]
    fn a_task_of_more_than_three_medians_stands_out_once_it_has_run_so_long() {
        let late = lengths(&[20, 20, 90, 24]).expect("one is late");
        assert_eq!((late.name.as_str(), late.ended), ("m2", VirtualTime(90_000_000)));
        assert!((late.to_median - 3.75).abs() < 1e-9, "{late:?}");
        assert!(!late.is_seen(VirtualTime(71_000_000)) && late.is_seen(VirtualTime(72_000_000)));
    }

    #[test]
    fn even_tasks_wait_for_nobody() {
        assert_eq!(lengths(&[100, 110, 300, 120]), None);
        assert_eq!(lengths(&[1, 1, 40, 1]), None, "too short to matter");
        assert_eq!(lengths(&[10]), None);
    }
}
