//! A day of events in a durable, partitioned log, and consumers that answer them in batches, in micro-batches or one by one.
//!
//! ```text
//!  producers ──(out of order)──► source log ──fetch──► consumer ──rows──► sink
//!                                partitions,            state: rule, windows
//!                                offsets                commit of offsets
//! ```
//!
//! All three styles run the same rule (an error after three or more buffers of the same profile) and the same windows by event time. A
//! consumer can be killed between its output and its commit. Every run also drains the same events as a backlog, for the throughput.
//!
//! **Invariants.** Offsets never go back but to what was committed; with exactly-once delivery each event has one row in the sink; a window
//! that is closed is never opened again.
//!
//! **Simplified:** the watermark belongs to a consumer, not to the whole query; the log does not lose messages but by retention.

mod config;
mod consumer;
mod fault;
mod machine;
mod rule;
mod sink;
mod source;
#[cfg(test)]
mod tests;
mod windows;

pub use config::{Delivery, Shape, StreamConfig, Style};
pub use fault::ClockFault;
pub use source::producers;

use super::WorldOutcome;
use super::outcome::{Journal, Mark, percent, percentile};
use crate::common::VirtualTime;
use machine::Machine;
use source::Source;

/// Lets it happen.
#[must_use]
pub fn run(config: &StreamConfig, seed: u64) -> WorldOutcome {
    let source = Source::of(config, seed);
    let mut journal = Journal::default();
    let begin = format!("{} events wait to happen on {} partitions", source.records.len(), config.partitions);
    journal.tell(VirtualTime::ZERO, "source", Mark::Step, begin);
    let mut live = Machine::new(config, &source, false, journal);
    live.run();
    let mut drain = Machine::new(config, &source, true, Journal::default());
    drain.run();
    conclude(config, &source, live, &drain).close_with(seed)
}

/// A finished journal and when it ended.
struct Finished(Journal, VirtualTime);

impl Finished {
    fn close_with(self, seed: u64) -> WorldOutcome {
        self.0.close("stream", seed, self.1)
    }
}

fn conclude(config: &StreamConfig, source: &Source, mut live: Machine<'_>, drain: &Machine<'_>) -> Finished {
    let ended = live.now;
    let events = source.records.len();
    let mut journal = std::mem::take(&mut live.journal);
    journal.count("events", events);
    latencies(config, &live, &mut journal);
    let drained = drain.now.as_secs_f64();
    journal.figure("throughput per s", if drained > 0.0 { (events as f64 / drained).round() } else { 0.0 });
    // A batch pays for its runs; who listens all the time pays all the time.
    let paid_s = match config.style {
        Style::Batch => live.busy().as_secs_f64(),
        Style::MicroBatch | Style::Record => ended.as_secs_f64() * config.consumers as f64,
    };
    let cents = paid_s / 3600.0 * config.cents_per_core_hour as f64;
    journal.figure("core seconds paid", paid_s);
    journal.figure("cents per 1000 events", if events == 0 { 0.0 } else { cents * 1000.0 / events as f64 });
    journal.figure("busy seconds", live.busy().as_secs_f64());
    journal.count("runs", live.runs());
    alerts(source, &live, &mut journal);
    windows(config, &live, source, &mut journal);
    delivery(config, &live, source, &mut journal);
    Finished(journal, ended)
}

fn latencies(config: &StreamConfig, live: &Machine<'_>, journal: &mut Journal) {
    let mut waits: Vec<u64> = live.waits();
    waits.sort_unstable();
    for (name, permille) in [("latency p50 s", 500), ("latency p99 s", 990), ("latency max s", 1000)] {
        journal.figure(name, percentile(&waits, permille) as f64 / 1e9);
    }
    let deadline = config.deadline_ms * 1_000_000;
    let missed = waits.iter().filter(|wait| **wait > deadline).count();
    journal.figure("deadline missed %", percent(missed, waits.len()));
}

fn alerts(source: &Source, live: &Machine<'_>, journal: &mut Journal) {
    let alerts = live.alerts();
    journal.count("alerts", alerts.len());
    // An alert is in time when its profile has done nothing since.
    let in_time = alerts
        .iter()
        .filter(|(record, at)| source.next_of_profile(**record).is_none_or(|next| source.arrival(next) > **at))
        .count();
    journal.count("alerts in time", in_time);
    let print = alerts.keys().fold(0_u32, |print, record| print.rotate_left(5) ^ record.wrapping_mul(0x9E37_79B9));
    journal.figure("alerts fingerprint", f64::from(print));
}

fn windows(config: &StreamConfig, live: &Machine<'_>, source: &Source, journal: &mut Journal) {
    let totals = live.window_totals();
    journal.count("windows closed", totals.closed);
    journal.count("windows open at the end", totals.open);
    journal.count("bad windows", totals.bad);
    journal.count("window rows kept at most", totals.most);
    journal.count("dropped as too late", totals.dropped);
    journal.count("behind the watermark", totals.behind);
    journal.count("set aside from the future", totals.future);
    if let Some(watermark) = config.watermark_s {
        let later = source.records.iter().filter(|record| record.delay_ms() > watermark as i64 * 1000).count();
        journal.count("later than the watermark allows", later);
    }
    journal.count("profiles kept", live.profiles_kept());
}

fn delivery(config: &StreamConfig, live: &Machine<'_>, source: &Source, journal: &mut Journal) {
    let tally = live.sink.tally(source.records.len());
    journal.count("rows delivered", tally.rows);
    journal.count("rows lost", tally.lost - live.expired_unread);
    journal.count("rows doubled", tally.doubled);
    journal.count("rows overwritten", tally.overwritten);
    journal.count("rows rolled back", tally.rolled_back);
    journal.count("crashes", live.crashes());
    journal.count("expired unread", live.expired_unread);
    journal.count("replayable at the end", live.replayable());
    let exactly = matches!(config.delivery, Delivery::IdempotentSink | Delivery::Transactional);
    let whole = tally.lost == live.expired_unread && tally.doubled == 0;
    assert!(!exactly || whole, "exactly-once delivery lost or doubled rows: {tally:?}");
}
