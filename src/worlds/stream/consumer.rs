//! One consumer: what it has fetched, committed and learned.

use super::config::StreamConfig;
use super::rule::Rule;
use super::windows::Windows;
use crate::common::{VirtualDuration, VirtualTime};
use std::collections::{BTreeMap, VecDeque};

/// What a consumer is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    /// A request to the log is on its way back.
    Fetching,
    Working {
        batch: Vec<u32>,
    },
    /// Killed, and not yet back.
    Down,
}

/// What a checkpoint holds, beside the offsets.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub rule: Rule,
    pub windows: Windows,
}

/// A consumer of some partitions.
#[derive(Debug)]
pub(super) struct Consumer {
    pub name: String,
    /// The next offset to read after a restart, for each of its partitions.
    pub committed: BTreeMap<usize, usize>,
    /// The next offset to ask the log for.
    pub fetched: BTreeMap<usize, usize>,
    /// Fetched and not yet worked on.
    pub buffer: VecDeque<u32>,
    pub phase: Phase,
    pub state: State,
    /// Times from which on the next gap between output and commit kills it.
    pub dooms: VecDeque<VirtualTime>,
    /// A run is due.
    pub is_due: bool,
    pub busy: VirtualDuration,
    pub runs: usize,
    pub crashes: usize,
}

impl Consumer {
    pub(super) fn new(config: &StreamConfig, number: u64, with_crashes: bool) -> Self {
        let offsets: BTreeMap<usize, usize> = (number..config.partitions)
            .step_by(config.consumers as usize)
            .map(|partition| (partition as usize, 0))
            .collect();
        // The first consumer is the one that is killed.
        let mut dooms: Vec<VirtualTime> = if with_crashes && number == 0 {
            config.crashes_s.iter().map(|s| VirtualTime::ZERO + VirtualDuration::from_secs(*s)).collect()
        } else {
            Vec::new()
        };
        dooms.sort_unstable();
        Consumer {
            name: format!("consumer {}", number + 1),
            committed: offsets.clone(),
            fetched: offsets,
            buffer: VecDeque::new(),
            phase: Phase::Idle,
            state: State { rule: Rule::default(), windows: Windows::new(config) },
            dooms: dooms.into(),
            is_due: false,
            busy: VirtualDuration::default(),
            runs: 0,
            crashes: 0,
        }
    }

    /// Offsets only move on, and what is committed was fetched.
    pub(super) fn commit(&mut self, partition: usize, offset: usize) {
        let committed = self.committed.entry(partition).or_default();
        assert!(offset >= *committed, "the committed offset of partition {partition} goes back to {offset}");
        *committed = offset;
        let fetched = self.fetched.get(&partition).copied().unwrap_or_default();
        assert!(offset <= fetched, "partition {partition} is committed to {offset}, fetched to {fetched} only");
    }

    /// Forgets what is not committed.
    pub(super) fn rewind(&mut self) {
        self.buffer.clear();
        self.fetched.clone_from(&self.committed);
    }
}
