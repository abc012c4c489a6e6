//! One copy of the store: values with versions, and what happens when two copies are merged.

use super::history::WriteId;
use std::collections::BTreeMap;

/// Orders the versions of a key: by count, then by who made it. Under AP the count is the time of the write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub count: u64,
    pub maker: u32,
}

/// A value: who wrote it, and what that writer's replica had seen of each replica's writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub version: Version,
    /// The write; nothing for a key that was never written.
    pub write: Option<WriteId>,
    /// Version vector: writes of this key by each replica that this value builds on.
    pub seen: BTreeMap<u32, u64>,
}

impl Value {
    /// Whether the writer of this value knew everything that the writer of `other` knew.
    fn covers(&self, other: &Value) -> bool {
        other.seen.iter().all(|(replica, count)| self.seen.get(replica).is_some_and(|mine| mine >= count))
    }
}

/// A merge in which neither side knew of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    pub key: u64,
    pub kept: WriteId,
    pub dropped: WriteId,
}

/// One copy.
#[derive(Debug, Default)]
pub(super) struct Replica {
    pub values: BTreeMap<u64, Value>,
}

impl Replica {
    pub(super) fn get(&self, key: u64) -> Value {
        self.values.get(&key).cloned().unwrap_or_default()
    }

    /// Keeps the newer version.
    pub(super) fn store(&mut self, key: u64, value: Value) {
        if value.version > self.get(key).version {
            self.values.insert(key, value);
        }
    }

    /// A write that this replica accepts alone.
    pub(super) fn accept(&mut self, id: u32, key: u64, write: WriteId, time_ns: u64) -> Value {
        let mut value = self.get(key);
        // The time of a write is never before that of the value it replaces.
        value.version = Version { count: time_ns.max(value.version.count + 1), maker: id };
        value.write = Some(write);
        *value.seen.entry(id).or_default() += 1;
        self.values.insert(key, value.clone());
        value
    }

    /// Takes over what another replica has of a key: the newer one when one builds on the other, else the last writer's.
    pub(super) fn merge(&mut self, key: u64, theirs: Value) -> Option<Conflict> {
        let mine = self.get(key);
        if mine.covers(&theirs) {
            return None;
        }
        if theirs.covers(&mine) {
            self.values.insert(key, theirs);
            return None;
        }
        let (winner, loser) = if theirs.version > mine.version { (theirs, mine) } else { (mine, theirs) };
        let mut merged = winner.clone();
        for (replica, count) in &loser.seen {
            let seen = merged.seen.entry(*replica).or_default();
            *seen = (*seen).max(*count);
        }
        self.values.insert(key, merged);
        let (kept, dropped) = (winner.write?, loser.write?);
        (kept != dropped).then_some(Conflict { key, kept, dropped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_builds_on_another_replaces_it_without_conflict() {
        let (mut a, mut b) = (Replica::default(), Replica::default());
        let first = a.accept(1, 7, WriteId(1), 10);
        assert_eq!(b.merge(7, first), None);
        let second = b.accept(2, 7, WriteId(2), 5);
        assert_eq!(a.merge(7, second), None);
        assert_eq!(a.get(7), b.get(7));
        assert_eq!(a.get(7).write, Some(WriteId(2)));
    }

    #[test]
    fn of_two_that_did_not_know_of_each_other_the_last_wins() {
        let (mut a, mut b) = (Replica::default(), Replica::default());
        let left = a.accept(1, 7, WriteId(1), 10);
        let right = b.accept(2, 7, WriteId(2), 20);
        assert_eq!(b.merge(7, left), Some(Conflict { key: 7, kept: WriteId(2), dropped: WriteId(1) }));
        assert!(a.merge(7, right).is_some());
        assert_eq!(a.get(7), b.get(7));
        assert_eq!(a.merge(7, b.get(7)), None);
    }
}
