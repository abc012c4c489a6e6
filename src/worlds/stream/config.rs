//! The settings of the stream world.

use super::fault::ClockFault;
use crate::common::{Result, VirtualDuration};
use crate::worlds::config::within;
use serde::{Deserialize, Serialize};

/// How the consumers work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// A job on a schedule takes all that lies in the log.
    Batch,
    /// A small job every few seconds, at most so many events each.
    MicroBatch,
    /// Each event by itself, as it comes.
    Record,
}

/// What happens first, output or commit, and what the sink can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Commit, then output.
    AtMostOnce,
    /// Output, then commit.
    AtLeastOnce,
    /// Output, then commit; a row written again replaces the first.
    IdempotentSink,
    /// Output and offsets become visible together, or not at all.
    #[serde(alias = "exactly-once")]
    Transactional,
}

/// Where the events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The workshop's `viewing_events`.
    Viewing,
    /// Sensors that report ten times a second, day and night.
    Sensors,
    /// Bursts, half of them from one profile.
    Feed,
}

/// The settings of this world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamConfig {
    pub style: Style,
    pub delivery: Delivery,
    pub shape: Shape,
    pub events: u64,
    pub partitions: u64,
    pub consumers: u64,
    /// Between two runs; 0 for an hour between batches, five seconds between micro-batches.
    pub every_s: u64,
    pub batch_start_ms: u64,
    pub micro_batch_start_ms: u64,
    /// What calling the consumer for a single event costs, on top of the work.
    pub record_overhead_us: u64,
    /// The work on one event.
    pub work_us: u64,
    /// Most events of one micro-batch.
    pub micro_batch_events: u64,
    /// Most events that one request brings from the log.
    pub fetch_events: u64,
    /// Record at a time: events answered between two commits.
    pub poll_events: u64,
    pub event_bytes: u64,
    pub latency_ms: u64,
    pub network_bytes_per_sec: u64,
    pub cents_per_core_hour: u64,
    /// What counts as too slow an answer.
    pub deadline_ms: u64,
    pub window_s: u64,
    /// Between two window starts; the same as `window_s` for windows side by side.
    pub slide_s: u64,
    /// How long a window waits for late events; nothing waits for ever, without a watermark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watermark_s: Option<u64>,
    /// Buffers of a profile that make the next error an alert.
    pub alert_buffers: u64,
    /// At which seconds the consumer is killed between output and commit.
    pub crashes_s: Vec<u64>,
    pub restart_s: u64,
    /// A producer whose clock is wrong, such as `edge-eu-2`; empty for none.
    pub skewed_node: String,
    /// By how much; negative for a clock that is behind.
    pub skew_s: i64,
    /// Clocks that go wrong on the way, such as `clock:edge-us-3+900s@7200`.
    pub faults: Vec<ClockFault>,
    /// Events more than this ahead of the log's clock are set aside; absent for no guard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub future_guard_s: Option<u64>,
    /// How long the log keeps events; absent for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_s: Option<u64>,
}

impl Default for StreamConfig {
    fn default() -> Self {
        StreamConfig {
            style: Style::MicroBatch,
            delivery: Delivery::AtLeastOnce,
            shape: Shape::Viewing,
            events: 20_000,
            partitions: 4,
            consumers: 1,
            every_s: 0,
            batch_start_ms: 5_000,
            micro_batch_start_ms: 500,
            record_overhead_us: 1_000,
            work_us: 20,
            micro_batch_events: 1_000,
            fetch_events: 500,
            poll_events: 1,
            event_bytes: 200,
            latency_ms: 1,
            network_bytes_per_sec: 100_000_000,
            cents_per_core_hour: 10,
            deadline_ms: 50,
            window_s: 300,
            slide_s: 300,
            watermark_s: Some(120),
            alert_buffers: 3,
            crashes_s: Vec::new(),
            restart_s: 10,
            skewed_node: String::new(),
            skew_s: 0,
            faults: Vec::new(),
            future_guard_s: None,
            retention_s: None,
        }
    }
}

impl StreamConfig {
    /// Between two runs.
    pub(super) fn every(&self) -> VirtualDuration {
        VirtualDuration::from_secs(match (self.every_s, self.style) {
            (0, Style::Batch) => 3_600,
            (0, Style::MicroBatch | Style::Record) => 5,
            (seconds, _) => seconds,
        })
    }

    /// How far a producer's clock is ahead at a moment of the run, in milliseconds.
    pub(super) fn skew_ms(&self, node: &str, at_ms: i64) -> i64 {
        let own = self.faults.iter().filter(|fault| fault.node == node && fault.at_s as i64 * 1000 <= at_ms);
        let always = if self.skewed_node == node { self.skew_s } else { 0 };
        own.max_by_key(|fault| fault.at_s).map_or(always, |fault| fault.skew_s) * 1000
    }

    /// # Errors
    /// For a setting out of its range.
    pub(in crate::worlds) fn check(&self) -> Result<()> {
        within("events", self.events, 0, 2_000_000)?;
        within("partitions", self.partitions, 1, 1_000)?;
        within("consumers", self.consumers, 1, self.partitions)?;
        within("every_s", self.every_s, 0, 7 * 86_400)?;
        within("micro_batch_events", self.micro_batch_events, 1, u64::MAX)?;
        within("fetch_events", self.fetch_events, 1, u64::MAX)?;
        within("poll_events", self.poll_events, 1, self.fetch_events)?;
        within("event_bytes", self.event_bytes, 1, 1 << 30)?;
        within("network_bytes_per_sec", self.network_bytes_per_sec, 1_000, u64::MAX)?;
        within("batch_start_ms", self.batch_start_ms, 0, 86_400_000)?;
        within("micro_batch_start_ms", self.micro_batch_start_ms, 0, 86_400_000)?;
        within("record_overhead_us", self.record_overhead_us, 0, 60_000_000)?;
        within("work_us", self.work_us, 0, 60_000_000)?;
        within("latency_ms", self.latency_ms, 0, 60_000)?;
        within("deadline_ms", self.deadline_ms, 0, 1 << 40)?;
        within("window_s", self.window_s, 1, 7 * 86_400)?;
        within("slide_s", self.slide_s, self.window_s.div_ceil(1_000), self.window_s)?;
        within("watermark_s", self.watermark_s.unwrap_or(0), 0, 30 * 86_400)?;
        within("alert_buffers", self.alert_buffers, 1, 1_000)?;
        within("restart_s", self.restart_s, 0, 7 * 86_400)?;
        within("skew_s", self.skew_s.unsigned_abs(), 0, 86_400)?;
        within("retention_s", self.retention_s.unwrap_or(1), 1, 1 << 32)?;
        within("future_guard_s", self.future_guard_s.unwrap_or(0), 0, 1 << 32)?;
        within("the number of faults", self.faults.len() as u64, 0, 1_000)?;
        within("the number of crashes_s", self.crashes_s.len() as u64, 0, 1_000)?;
        Ok(())
    }
}
