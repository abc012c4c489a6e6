//! The way into the event log. A transfer's arrival is not known when it starts, so the journal holds events back until it is: what stands in
//! the log is then true, and in order.

use crate::common::time::VirtualTime;
use crate::event::log::EventLog;
use crate::event::{Event, EventKind};
use std::collections::VecDeque;
use std::sync::Arc;

/// An event whose `arrives` is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenEvent(u64);

#[derive(Debug)]
struct Held {
    time: VirtualTime,
    kind: EventKind,
    is_open: bool,
}

/// Events on their way into the log.
#[derive(Debug)]
pub struct Journal {
    log: EventLog,
    held: VecDeque<Held>,
    /// Number of the first held event.
    first: u64,
}

impl Journal {
    /// A journal that writes to this log.
    #[must_use]
    pub fn new(log: EventLog) -> Self {
        Journal { log, held: VecDeque::new(), first: 0 }
    }

    /// Tells what happened.
    pub fn push(&mut self, time: VirtualTime, kind: EventKind) {
        if self.held.is_empty() {
            self.log.push(time, kind);
        } else {
            self.held.push_back(Held { time, kind, is_open: false });
        }
    }

    /// Tells of a transfer that is under way.
    pub fn push_open(&mut self, time: VirtualTime, kind: EventKind) -> OpenEvent {
        self.held.push_back(Held { time, kind, is_open: true });
        OpenEvent(self.first + self.held.len() as u64 - 1)
    }

    /// The transfer has ended, well or not.
    pub fn close(&mut self, event: OpenEvent, at: VirtualTime) {
        let index = event.0.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(held) = index.and_then(|index| self.held.get_mut(index)) {
            if let EventKind::ShuffleFetched { arrives, .. } = &mut held.kind {
                *arrives = at;
            }
            held.is_open = false;
        }
        while self.held.front().is_some_and(|held| !held.is_open) {
            if let Some(held) = self.held.pop_front() {
                self.first += 1;
                self.log.push(held.time, held.kind);
            }
        }
    }

    /// The events of the log from position `from` on.
    #[must_use]
    pub fn since(&self, from: usize) -> Vec<Arc<Event>> {
        self.log.since(from)
    }

    /// Events that are still open.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::{NodeId, ShuffleId, TaskId};

    #[test]
    fn what_follows_an_open_transfer_waits_for_its_arrival() {
        let log = EventLog::new();
        let mut journal = Journal::new(log.clone());
        let fetch = EventKind::ShuffleFetched {
            task: TaskId(0),
            shuffle: ShuffleId(0),
            from: NodeId(1),
            blocks: 1,
            bytes: 1,
            arrives: VirtualTime::ZERO,
        };
        let open = journal.push_open(VirtualTime(1), fetch);
        journal.push(VirtualTime(2), EventKind::NodeDied { node: NodeId(1) });
        assert!(log.is_empty());
        journal.close(open, VirtualTime(7));
        let events = log.snapshot();
        assert!(matches!(events[0].kind, EventKind::ShuffleFetched { arrives: VirtualTime(7), .. }));
        assert_eq!(events[1].time, VirtualTime(2));
        assert!(journal.is_settled());
    }
}
