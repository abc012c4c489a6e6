//! What every core did, one bar after the other, so that a frame looks at no more of them than it has cells.
//!
//! ```text
//!   all      ████▓▓▓▓██▓█▓█▓█▓█▓█▓█▓█▓▓▓▓▓     of those that end in one cell, the first and the last are drawn
//!   marked           ↻↻         !             drawn over them: what ran again, failed, was lost, spilled
//! ```

use crate::common::ids::{NodeId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, TaskCause, TaskOutcome};
use crate::status::Status;
use std::collections::BTreeMap;
use std::ops::Bound;

/// A core of a machine.
pub type Place = (NodeId, u32);

/// An attempt on a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    pub task: TaskId,
    pub started: VirtualTime,
    /// With the attempt or with its machine; the end of time while the log knows of neither.
    ended: VirtualTime,
}

impl Bar {
    /// Where it ends at a moment: there, if it still runs.
    #[must_use]
    pub fn ends(&self, now: VirtualTime) -> VirtualTime {
        self.ended.min(now)
    }
}

/// The attempts on one core, in order of their start; a core runs one after the other, so that their ends are in order too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lane {
    all: Vec<Bar>,
    /// Those that must be seen among many.
    marked: Vec<Bar>,
}

impl Lane {
    fn start(&mut self, task: TaskId, at: VirtualTime, is_marked: bool) {
        let bar = Bar { task, started: at, ended: VirtualTime(u64::MAX) };
        self.all.push(bar);
        if is_marked {
            self.marked.push(bar);
        }
    }

    fn end(&mut self, task: TaskId, at: VirtualTime, is_marked: bool) {
        let open = |bar: &&mut Bar| bar.task == task;
        let Some(bar) = self.all.iter_mut().rev().find(open) else { return };
        bar.ended = bar.ended.min(at);
        let bar = *bar;
        match self.marked.iter_mut().rev().find(open) {
            Some(known) => *known = bar,
            None if is_marked => self.marked.push(bar),
            None => {}
        }
    }

    /// Which bar of the lane it is, from 0.
    #[must_use]
    pub fn number(&self, bar: &Bar) -> usize {
        let first = self.all.partition_point(|known| known.started < bar.started);
        first + self.all[first..].iter().position(|known| known.task == bar.task).unwrap_or(0)
    }

    /// The attempts that the status knows, of all and of those that must be seen.
    #[must_use]
    pub fn known(&self, status: &Status, now: VirtualTime) -> [&[Bar]; 2] {
        let is_known = |bar: &Bar| bar.started < now || (bar.started == now && status.attempts.contains_key(&bar.task));
        [&self.all, &self.marked].map(|bars| &bars[..bars.partition_point(is_known)])
    }
}

/// The lanes of all cores.
#[derive(Debug, Clone, Default)]
pub struct Lanes(BTreeMap<Place, Lane>);

impl Lanes {
    /// Takes in an event; `head` is the status after it.
    pub fn take(&mut self, event: &Event, head: &Status) {
        match &event.kind {
            EventKind::NodeAdded { node, cores, .. } => {
                for core in 0..*cores {
                    self.0.entry((*node, core)).or_default();
                }
            }
            EventKind::TaskStarted { task, node, core, cause, .. } => {
                let is_marked = *cause != TaskCause::First;
                self.0.entry((*node, *core)).or_default().start(*task, event.time, is_marked);
            }
            EventKind::TaskEnded { task, outcome, metrics } => {
                let is_marked = *outcome != TaskOutcome::Succeeded || metrics.spilled_bytes > 0;
                self.end(head, *task, event.time, is_marked);
            }
            EventKind::NodeDied { node } | EventKind::ExecutorRemoved { node, .. } => {
                let death = head.deaths.iter().rev().find(|death| death.node == *node);
                for task in death.iter().flat_map(|death| &death.running) {
                    self.end(head, *task, event.time, true);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, head: &Status, task: TaskId, at: VirtualTime, is_marked: bool) {
        let Some(attempt) = head.attempts.get(&task) else { return };
        if let Some(lane) = self.0.get_mut(&(attempt.node, attempt.core)) {
            lane.end(task, at, is_marked);
        }
    }

    /// How many cores there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no core.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by machine and core.
    pub fn iter(&self) -> impl Iterator<Item = (&Place, &Lane)> {
        self.0.iter()
    }

    /// Those of one machine.
    pub fn of(&self, node: NodeId) -> impl Iterator<Item = &Lane> {
        self.0.range((node, 0)..=(node, u32::MAX)).map(|(_, lane)| lane)
    }

    /// The lane of one core.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<&Lane> {
        self.0.get(&place)
    }

    /// Those above a core, the nearest first.
    pub fn above(&self, place: Place) -> impl Iterator<Item = &Lane> {
        self.0.range(..place).rev().map(|(_, lane)| lane)
    }

    /// Those below a core, the nearest first.
    pub fn below(&self, place: Place) -> impl Iterator<Item = &Lane> {
        self.0.range((Bound::Excluded(place), Bound::Unbounded)).map(|(_, lane)| lane)
    }
}

/// The bars that show where time has only so many cells: those that end before the first cell do not, and of those that lie in one cell
/// behind another the last covers the rest.
pub fn showing(bars: &[Bar], from: VirtualTime, cell_of_end: impl Fn(&Bar) -> i32) -> impl Iterator<Item = &Bar> {
    let mut next = bars.partition_point(|bar| bar.ended < from);
    let mut cell = -1;
    std::iter::from_fn(move || {
        let left = bars.get(next..)?;
        let bar = left.first()?;
        let hidden = if cell_of_end(bar) == cell { left.partition_point(|bar| cell_of_end(bar) <= cell) } else { 1 };
        let shown = next + hidden.max(1) - 1;
        next = shown + 1;
        cell = cell_of_end(&bars[shown]);
        bars.get(shown)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn bars(count: u64) -> Vec<Bar> {
        let bar = |n: u64| Bar { task: TaskId(n), started: VirtualTime(n * 10), ended: VirtualTime(n * 10 + 10) };
        (0..count).map(bar).collect()
    }

    #[test]
    fn of_many_bars_those_are_looked_at_that_show() {
        for count in [1_000, 1_000_000] {
            let (bars, asked) = (bars(count), Cell::new(0_u64));
            let cell = |bar: &Bar| {
                asked.set(asked.get() + 1);
                (bar.ended.0 * 100 / (count * 10)) as i32
            };
            let shown: Vec<usize> = showing(&bars, VirtualTime(0), cell).map(|bar| bar.task.0 as usize).collect();
            assert!(shown.len() <= 202 && shown.is_sorted() && shown.last() == Some(&(bars.len() - 1)));
            assert!(asked.get() < 10_000, "{} of {count}", asked.get());
            // Where one ends and the next begins, nothing is left out: each cell has the bars that end in it.
            for cell in 0..100 {
                assert!(shown.iter().any(|index| bars[*index].ended.0 * 100 / (count * 10) == cell), "{cell}");
            }
        }
    }

    #[test]
    fn few_bars_all_show_and_what_ended_before_does_not() {
        let bars = bars(10);
        let cell = |bar: &Bar| bar.ended.0 as i32;
        assert!(showing(&bars, VirtualTime(0), cell).eq(&bars));
        assert!(showing(&bars, VirtualTime(45), cell).eq(&bars[4..]));
    }
}
