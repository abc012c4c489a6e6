//! Where rows end: one for each event, counted by the guarantee that the sink gives.

use super::config::Delivery;

/// What came of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub rows: usize,
    pub lost: usize,
    pub doubled: usize,
    pub overwritten: usize,
    pub rolled_back: usize,
}

/// The rows that a reader sees.
#[derive(Debug)]
pub(super) struct Sink {
    delivery: Delivery,
    /// Rows of each event.
    visible: Vec<u32>,
    overwritten: usize,
    rolled_back: usize,
}

impl Sink {
    pub(super) fn new(delivery: Delivery, events: usize) -> Self {
        Sink { delivery, visible: vec![0; events], overwritten: 0, rolled_back: 0 }
    }

    /// Writes the rows of these events. `commits` says whether the offsets are committed with them.
    pub(super) fn write(&mut self, events: &[u32], commits: bool) {
        for event in events {
            let rows = &mut self.visible[*event as usize];
            match self.delivery {
                Delivery::AtMostOnce | Delivery::AtLeastOnce => *rows += 1,
                Delivery::IdempotentSink => {
                    self.overwritten += usize::from(*rows > 0);
                    *rows = 1;
                }
                Delivery::Transactional if commits => *rows += 1,
                Delivery::Transactional => self.rolled_back += 1,
            }
        }
    }

    pub(super) fn tally(&self, events: usize) -> Tally {
        let rows = self.visible.iter().map(|rows| *rows as usize).sum();
        let lost = self.visible.iter().filter(|rows| **rows == 0).count();
        Tally {
            rows,
            lost,
            doubled: rows + lost - events,
            overwritten: self.overwritten,
            rolled_back: self.rolled_back,
        }
    }
}
