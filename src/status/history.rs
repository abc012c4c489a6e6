//! A log with checkpoints: any position in it is a short fold away.

use super::model::Status;
use crate::common::ids::TaskId;
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Events between two checkpoints.
const EVERY: usize = 4096;

/// Events, checkpoints, and the status at one position.
#[derive(Debug, Clone, Default)]
pub struct History {
    events: Vec<Arc<Event>>,
    /// `checkpoints[i]` is the status after `(i + 1) * EVERY` events.
    checkpoints: Vec<Status>,
    /// Folded over everything known, to make checkpoints as the log grows.
    head: Status,
    current: Status,
    ends: BTreeMap<TaskId, VirtualTime>,
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

    /// Appends one event.
    pub fn push(&mut self, event: Arc<Event>) {
        if let EventKind::TaskEnded { task, .. } = &event.kind {
            self.ends.insert(*task, event.time);
        }
        self.head.apply(&event);
        self.events.push(event);
        if self.events.len().is_multiple_of(EVERY) {
            self.checkpoints.push(self.head.clone());
        }
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
        self.ends.get(&task).copied()
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
        let checkpoint = position / EVERY;
        if position < self.current.applied || checkpoint * EVERY > self.current.applied {
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
