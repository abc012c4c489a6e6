//! A log with checkpoints: any position in it is a short fold away.

use super::model::Status;
use crate::common::ids::TaskId;
use crate::common::time::VirtualTime;
use crate::event::Event;
use std::sync::Arc;

/// Events between two checkpoints of a short log.
const EVERY: usize = 4096;
/// With this many checkpoints every other one is let go.
const CHECKPOINTS_MAX: usize = 256;

/// Events, checkpoints, and the status at one position.
#[derive(Debug, Clone)]
pub struct History {
    events: Vec<Arc<Event>>,
    /// Events between two checkpoints: it doubles as a log becomes long.
    every: usize,
    /// `checkpoints[i]` is the status after `(i + 1) * every` events.
    checkpoints: Vec<Status>,
    /// Folded over everything known, to make checkpoints as the log grows.
    head: Status,
    current: Status,
}

impl Default for History {
    fn default() -> Self {
        let (head, current) = (Status::default(), Status::default());
        History { events: Vec::new(), every: EVERY, checkpoints: Vec::new(), head, current }
    }
}

impl History {
    /// A history of these events, standing at the start.
    #[must_use]
    pub fn new(events: Vec<Arc<Event>>) -> Self {
        let mut history = Self::default();
        history.extend(events);
        history
    }

    /// Appends events.
    pub fn extend(&mut self, events: impl IntoIterator<Item = Arc<Event>>) {
        for event in events {
            self.push(event);
        }
    }

    /// Makes room for so many events more.
    pub fn reserve(&mut self, count: usize) {
        self.events.reserve(count);
    }

    /// Appends one event.
    pub fn push(&mut self, event: Arc<Event>) {
        self.head.apply(&event);
        self.events.push(event);
        if self.events.len().is_multiple_of(self.every) {
            self.checkpoints.push(self.head.clone());
        }
        if self.checkpoints.len() == CHECKPOINTS_MAX {
            self.thin_out();
        }
    }

    /// Lets the first and then every other checkpoint go.
    fn thin_out(&mut self) {
        self.every *= 2;
        let mut number = 0;
        self.checkpoints.retain(|_| {
            number += 1;
            number % 2 == 0
        });
    }

    /// All events.
    #[must_use]
    pub fn events(&self) -> &[Arc<Event>] {
        &self.events
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The status after everything known.
    #[must_use]
    pub fn head(&self) -> &Status {
        &self.head
    }

    /// The time of the last event.
    #[must_use]
    pub fn end(&self) -> VirtualTime {
        self.events.last().map_or(VirtualTime::ZERO, |event| event.time)
    }

    /// When an attempt ends, if the log already knows.
    #[must_use]
    pub fn end_of(&self, task: TaskId) -> Option<VirtualTime> {
        self.head.attempts.get(&task)?.ended
    }

    /// How many events happened up to and including `time`.
    #[must_use]
    pub fn position_at(&self, time: VirtualTime) -> usize {
        self.events.partition_point(|event| event.time <= time)
    }

    /// The time of the last of the first `position` events.
    #[must_use]
    pub fn time_at(&self, position: usize) -> VirtualTime {
        let before = position.min(self.events.len()).checked_sub(1);
        before.map_or(VirtualTime::ZERO, |at| self.events[at].time)
    }

    /// The status after the first `position` events.
    pub fn seek(&mut self, position: usize) -> &Status {
        let position = position.min(self.events.len());
        let checkpoint = position / self.every;
        if position < self.current.applied || checkpoint * self.every > self.current.applied {
            self.current = match checkpoint {
                0 => Status::default(),
                n => self.checkpoints[n - 1].clone(),
            };
        }
        for event in &self.events[self.current.applied..position] {
            self.current.apply(event);
        }
        &self.current
    }

    /// The status where [`Self::seek`] last went.
    #[must_use]
    pub fn current(&self) -> &Status {
        &self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn a_long_log_has_few_checkpoints_and_the_same_moments() {
        let one = fixture::node_death();
        let long: Vec<Arc<Event>> = one.iter().cycle().take(3000).cloned().collect();
        let mut history = History { every: 4, ..History::default() };
        history.extend(long.clone());
        assert!(history.every > 4 && history.checkpoints.len() < CHECKPOINTS_MAX);
        for (index, checkpoint) in history.checkpoints.iter().enumerate() {
            assert_eq!(checkpoint.applied, (index + 1) * history.every);
        }
        for position in [2999, 0, 1024, 1023, 517, 3000] {
            assert_eq!(history.seek(position), &Status::of(&long[..position]));
        }
    }
}
