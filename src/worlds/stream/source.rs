//! Events as they reach the log: out of order by a bounded delay, each in the partition of its profile.

use super::config::{Shape, StreamConfig};
use crate::common::rng::{fnv1a, stream};
use crate::common::{VirtualDuration, VirtualTime};
use crate::datagen::ViewingEvent;
use rand::RngExt;
use std::collections::BTreeMap;

/// What an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Buffer,
    Error,
    Other,
}

/// One message of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// By the producer's clock.
    pub event_ms: i64,
    /// By the log's clock.
    pub arrival_ms: i64,
    pub profile: u64,
    pub node: usize,
    pub kind: Kind,
    pub partition: usize,
    /// Its place in the partition.
    pub offset: usize,
}

impl Record {
    /// An event that has no place in the log yet.
    pub(super) fn new(event_ms: i64, arrival_ms: i64, profile: u64, node: usize, kind: Kind) -> Self {
        Record { event_ms, arrival_ms, profile, node, kind, partition: 0, offset: 0 }
    }

    /// How long after it happened it arrived, by the two clocks.
    pub(super) fn delay_ms(&self) -> i64 {
        self.arrival_ms - self.event_ms
    }
}

/// The names of all producers.
#[must_use]
pub fn producers() -> Vec<String> {
    ["eu", "us", "ap"].iter().flat_map(|region| (1..=3).map(move |i| format!("edge-{region}-{i}"))).collect()
}

/// The durable log: records in the order of arrival, and which of them each partition holds.
#[derive(Debug)]
pub(super) struct Source {
    /// By arrival; a record's place is its number.
    pub records: Vec<Record>,
    /// Record numbers by offset.
    pub partitions: Vec<Vec<u32>>,
    /// Names of the producers.
    pub nodes: Vec<String>,
    next_of_profile: BTreeMap<u32, u32>,
}

impl Source {
    /// The events of this configuration.
    pub(super) fn of(config: &StreamConfig, seed: u64) -> Source {
        let nodes = producers();
        let mut records = match config.shape {
            Shape::Viewing => viewing(config.events, seed, &nodes),
            Shape::Sensors => sensors(config.events, seed),
            Shape::Feed => feed(config.events, seed),
        };
        for record in &mut records {
            record.event_ms += nodes.get(record.node).map_or(0, |node| config.skew_ms(node, record.event_ms));
        }
        // Stable: events that arrive together stay in the order in which they were made.
        records.sort_by_key(|record| record.arrival_ms);
        let mut partitions = vec![Vec::new(); config.partitions as usize];
        let mut next_of_profile = BTreeMap::new();
        let mut last_of_profile: BTreeMap<u64, u32> = BTreeMap::new();
        for (number, record) in records.iter_mut().enumerate() {
            let number = number as u32;
            record.partition = (fnv1a(&record.profile.to_string()) % config.partitions) as usize;
            let partition: &mut Vec<u32> = &mut partitions[record.partition];
            record.offset = partition.len();
            partition.push(number);
            if let Some(before) = last_of_profile.insert(record.profile, number) {
                next_of_profile.insert(before, number);
            }
        }
        Source { records, partitions, nodes, next_of_profile }
    }

    /// The next record of the same profile.
    pub(super) fn next_of_profile(&self, record: u32) -> Option<u32> {
        self.next_of_profile.get(&record).copied()
    }

    /// When a record arrived.
    pub(super) fn arrival(&self, record: u32) -> VirtualTime {
        let ms = self.records[record as usize].arrival_ms.max(0) as u64;
        VirtualTime::ZERO + VirtualDuration::from_millis(ms)
    }
}

fn viewing(events: u64, seed: u64, nodes: &[String]) -> Vec<Record> {
    (0..events)
        .map(|i| {
            let event = ViewingEvent::at(seed, i, events);
            let name = event.edge_node();
            let kind = match event.kind {
                "buffer" => Kind::Buffer,
                "error" => Kind::Error,
                _ => Kind::Other,
            };
            let node = nodes.iter().position(|node| *node == name).unwrap_or(0);
            Record::new(event.event_ms as i64, event.arrival_ms as i64, event.profile, node, kind)
        })
        .collect()
}

/// Ten events a second, at most two seconds out of order.
fn sensors(events: u64, seed: u64) -> Vec<Record> {
    let mut chance = stream(seed, "stream.sensors");
    (0..events as i64)
        .map(|i| {
            let delay = chance.random_range(0..2_000);
            let node = (i % 9) as usize;
            let kind = kind_by_chance(chance.random_range(0..100));
            Record::new(i * 100, i * 100 + delay, node as u64, node, kind)
        })
        .collect()
}

/// Bursts of a hundred events within a second every minute; half of them by one profile; one in fifty is minutes late.
fn feed(events: u64, seed: u64) -> Vec<Record> {
    let mut chance = stream(seed, "stream.feed");
    (0..events as i64)
        .map(|i| {
            let event_ms = i / 100 * 60_000 + chance.random_range(0..1_000_i64);
            let is_late = chance.random_range(0..50) == 0;
            let delay: i64 = if is_late { chance.random_range(60_000..900_000) } else { chance.random_range(0..2_000) };
            let is_hot: bool = chance.random();
            let profile = if is_hot { 0 } else { chance.random_range(1..1_000_u64) };
            let node = chance.random_range(0..9_usize);
            let kind = kind_by_chance(chance.random_range(0..100));
            Record::new(event_ms, event_ms + delay, profile, node, kind)
        })
        .collect()
}

fn kind_by_chance(percent: u32) -> Kind {
    match percent {
        0..12 => Kind::Buffer,
        12..15 => Kind::Error,
        _ => Kind::Other,
    }
}
