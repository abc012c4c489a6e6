//! What will happen, in order: by time, then by who was first to say so.

use crate::common::VirtualTime;
use std::collections::BTreeMap;

/// Things that are due.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    due: BTreeMap<(VirtualTime, u64), E>,
    next: u64,
    now: VirtualTime,
}

impl<E> Agenda<E> {
    pub(super) fn new() -> Self {
        Agenda { due: BTreeMap::new(), next: 0, now: VirtualTime::ZERO }
    }

    /// Adds something; what lies in the past is due now.
    pub(super) fn add(&mut self, at: VirtualTime, what: E) {
        self.due.insert((at.max(self.now), self.next), what);
        self.next += 1;
    }

    /// When the first thing is due.
    pub(super) fn next_at(&self) -> Option<VirtualTime> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// The first thing that is due, and moves time on to it.
    pub(super) fn take(&mut self) -> Option<(VirtualTime, E)> {
        let ((at, _), what) = self.due.pop_first()?;
        assert!(at >= self.now, "virtual time goes back from {} to {at}", self.now);
        self.now = at;
        Some((at, what))
    }

    /// Moves time on without taking anything.
    pub(super) fn pass(&mut self, now: VirtualTime) {
        assert!(now >= self.now, "virtual time goes back from {} to {now}", self.now);
        self.now = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_who_spoke_first() {
        let mut agenda = Agenda::new();
        agenda.add(VirtualTime(5), "b");
        agenda.add(VirtualTime(3), "a");
        agenda.add(VirtualTime(5), "c");
        let order: Vec<&str> = std::iter::from_fn(|| agenda.take().map(|(_, what)| what)).collect();
        assert_eq!(order, ["a", "b", "c"]);
    }
}
