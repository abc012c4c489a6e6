//! What each client asked and saw, and what is wrong with it.

use crate::common::VirtualTime;
use std::collections::{BTreeMap, BTreeSet};

/// One write, numbered as the clients sent them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WriteId(pub u64);

/// The two clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Write(WriteId),
    Read,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Acknowledged,
    /// The value read; nothing for a key that was never written.
    Value(Option<WriteId>),
    /// Nothing was stored anywhere.
    Refused,
    /// No answer in time, and some replica may have stored it.
    Unknown,
}

/// A request and its answer.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub client: Side,
    pub key: u64,
    pub request: Request,
    pub began: VirtualTime,
    pub ended: VirtualTime,
    pub answer: Answer,
}

/// What a checker finds in a history.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    pub writes_acknowledged: usize,
    pub writes_refused: usize,
    pub writes_unknown: usize,
    pub reads_answered: usize,
    pub reads_refused: usize,
    /// Indices of reads that gave an older value than one acknowledged before they began.
    pub stale_reads: Vec<usize>,
}

/// Reads the history; `order` gives the place of each write in its key's final order.
pub(super) fn check(history: &[Operation], order: impl Fn(WriteId) -> u64) -> Findings {
    let mut findings = Findings::default();
    for (at, operation) in history.iter().enumerate() {
        match (operation.request, operation.answer) {
            (Request::Write(_), Answer::Refused) => findings.writes_refused += 1,
            (Request::Write(_), Answer::Unknown) => findings.writes_unknown += 1,
            (Request::Write(_), _) => findings.writes_acknowledged += 1,
            (Request::Read, Answer::Value(seen)) => {
                findings.reads_answered += 1;
                if is_stale(history, operation, seen.map_or(0, &order), &order) {
                    findings.stale_reads.push(at);
                }
            }
            (Request::Read, _) => findings.reads_refused += 1,
        }
    }
    findings
}

/// Whether a newer value had been acknowledged, or read by anybody, before this read began.
fn is_stale(history: &[Operation], read: &Operation, seen: u64, order: impl Fn(WriteId) -> u64) -> bool {
    history.iter().filter(|other| other.key == read.key && other.ended <= read.began).any(|other| {
        let known = match (other.request, other.answer) {
            (Request::Write(write), Answer::Acknowledged) => Some(write),
            (Request::Read, Answer::Value(value)) => value,
            _ => None,
        };
        known.is_some_and(|write| order(write) > seen)
    })
}

/// Acknowledged writes that were dropped by a merge and that no write which knew of them replaced.
pub(super) fn lost_writes(
    history: &[Operation],
    dropped: &BTreeSet<WriteId>,
    last: &BTreeMap<u64, WriteId>,
) -> Vec<WriteId> {
    let acknowledged = |operation: &&Operation| operation.answer == Answer::Acknowledged;
    history
        .iter()
        .filter(acknowledged)
        .filter_map(|operation| match operation.request {
            Request::Write(write) if dropped.contains(&write) && last.get(&operation.key) != Some(&write) => {
                Some(write)
            }
            Request::Write(_) | Request::Read => None,
        })
        .collect()
}
