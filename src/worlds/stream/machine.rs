//! The loop: events reach the log, consumers fetch, work, write and commit, and are killed in between.

use super::config::{Delivery, StreamConfig, Style};
use super::consumer::{Consumer, Phase};
use super::sink::Sink;
use super::source::Source;
use super::windows::{BadWindow, WindowTotals};
use crate::common::ids::NodeId;
use crate::common::text::count;
use crate::common::{VirtualDuration, VirtualTime};
use crate::worlds::agenda::Agenda;
use crate::worlds::outcome::{Journal, Mark};
use crate::worlds::wire::Wire;
use std::collections::BTreeMap;

/// The machine that holds the log; consumers have the numbers after it.
const LOG: NodeId = NodeId(0);

#[derive(Debug)]
enum Due {
    Arrive(u32),
    /// Runs of batches and micro-batches are due.
    Trigger,
    Worked(usize),
    Restart(usize),
    /// A producer's clock goes wrong, or right.
    Clock(usize),
}

/// Records on their way to a consumer.
#[derive(Debug)]
struct Fetched {
    consumer: usize,
    records: Vec<u32>,
}

/// The log, its consumers and the sink, at one moment.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    config: &'a StreamConfig,
    source: &'a Source,
    /// All events lie in the log from the start.
    is_backlog: bool,
    /// How many records have arrived.
    arrived: usize,
    /// How many records each partition holds.
    ends: Vec<usize>,
    agenda: Agenda<Due>,
    wire: Wire<Fetched>,
    consumers: Vec<Consumer>,
    pub(super) sink: Sink,
    pub(super) journal: Journal,
    pub(super) now: VirtualTime,
    /// When each record was first answered.
    answered: Vec<Option<VirtualTime>>,
    alerts: BTreeMap<u32, VirtualTime>,
    pub(super) expired_unread: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(config: &'a StreamConfig, source: &'a Source, is_backlog: bool, journal: Journal) -> Self {
        let events = source.records.len();
        let mut machine = Machine {
            config,
            source,
            is_backlog,
            arrived: 0,
            ends: vec![0; source.partitions.len()],
            agenda: Agenda::new(),
            wire: Wire::new(config.network_bytes_per_sec, VirtualDuration::from_millis(config.latency_ms)),
            consumers: (0..config.consumers).map(|number| Consumer::new(config, number, !is_backlog)).collect(),
            sink: Sink::new(config.delivery, events),
            journal,
            now: VirtualTime::ZERO,
            answered: vec![None; events],
            alerts: BTreeMap::new(),
            expired_unread: 0,
        };
        if is_backlog {
            machine.arrived = events;
            machine.ends = source.partitions.iter().map(Vec::len).collect();
            machine.agenda.add(VirtualTime::ZERO, Due::Trigger);
        } else {
            if events > 0 {
                machine.agenda.add(source.arrival(0), Due::Arrive(0));
            }
            machine.agenda.add(VirtualTime::ZERO + config.every(), Due::Trigger);
            let last = events.checked_sub(1).map(|last| source.arrival(last as u32));
            for (number, fault) in config.faults.iter().enumerate() {
                let at = VirtualTime::ZERO + VirtualDuration::from_secs(fault.at_s);
                if Some(at) <= last {
                    machine.agenda.add(at, Due::Clock(number));
                }
            }
        }
        machine
    }

    /// Runs until everything is answered.
    pub(super) fn run(&mut self) {
        loop {
            let (due, wire) = (self.agenda.next_at(), self.wire.next_at());
            match (due, wire) {
                (Some(due), wire) if wire.is_none_or(|wire| due <= wire) => {
                    if let Some((at, what)) = self.agenda.take() {
                        self.happen(at, what);
                    }
                }
                (_, Some(wire)) => {
                    self.now = wire;
                    self.agenda.pass(wire);
                    for letter in self.wire.arrived(wire) {
                        let Fetched { consumer, records } = letter.body;
                        self.consumers[consumer].buffer.extend(records);
                        self.consumers[consumer].phase = Phase::Idle;
                        self.advance(consumer);
                    }
                }
                _ => break,
            }
        }
        self.finish();
    }

    fn happen(&mut self, at: VirtualTime, what: Due) {
        match what {
            // The last trigger finds nothing left to do and is no part of the run.
            Due::Trigger if self.is_finished() => {}
            Due::Trigger => {
                self.now = at;
                self.trigger();
            }
            Due::Arrive(record) => {
                self.now = at;
                self.arrive(record);
            }
            Due::Worked(consumer) => {
                self.now = at;
                self.worked(consumer);
            }
            Due::Restart(consumer) => {
                self.now = at;
                self.restart(consumer);
            }
            Due::Clock(number) => {
                self.now = at;
                let fault = &self.config.faults[number];
                self.journal.tell(self.now, &fault.node, Mark::Fault, fault.words());
            }
        }
    }

    fn is_finished(&self) -> bool {
        let idle = |consumer: &Consumer| consumer.phase == Phase::Idle && consumer.buffer.is_empty();
        self.arrived == self.source.records.len()
            && (0..self.consumers.len()).all(|number| idle(&self.consumers[number]) && self.available(number) == 0)
    }

    fn arrive(&mut self, record: u32) {
        let partition = self.source.records[record as usize].partition;
        self.ends[partition] += 1;
        self.arrived += 1;
        if self.arrived < self.source.records.len() {
            self.agenda.add(self.source.arrival(record + 1), Due::Arrive(record + 1));
            self.advance(partition % self.consumers.len());
        } else {
            // Nothing more will come: who waits for a full poll need not wait any longer.
            (0..self.consumers.len()).for_each(|consumer| self.advance(consumer));
        }
    }

    fn trigger(&mut self) {
        for number in 0..self.consumers.len() {
            self.consumers[number].is_due = true;
            self.advance(number);
        }
        if !self.is_backlog && self.config.style != Style::Record {
            self.agenda.add(self.now + self.config.every(), Due::Trigger);
        }
    }

    /// Records in the log that a consumer has not asked for.
    fn available(&self, number: usize) -> usize {
        self.consumers[number].fetched.iter().map(|(partition, offset)| self.ends[*partition] - offset).sum()
    }

    /// Lets an idle consumer do what it can.
    fn advance(&mut self, number: usize) {
        let consumer = &self.consumers[number];
        if consumer.phase != Phase::Idle {
            return;
        }
        let (buffered, available) = (consumer.buffer.len(), self.available(number));
        match self.config.style {
            Style::Record => {
                let poll = self.config.poll_events as usize;
                let is_last = available == 0 && self.arrived == self.source.records.len();
                if buffered >= poll || (is_last && buffered > 0) {
                    self.begin(number, poll.min(buffered));
                } else if available > 0 {
                    self.fetch(number, self.config.fetch_events as usize);
                }
            }
            Style::Batch | Style::MicroBatch if buffered > 0 => self.begin(number, buffered),
            Style::Batch | Style::MicroBatch if !consumer.is_due => {}
            Style::Batch => {
                self.consumers[number].is_due = false;
                self.fetch(number, usize::MAX);
            }
            Style::MicroBatch => {
                let most = self.config.micro_batch_events as usize;
                // Who cannot keep up goes on at once.
                self.consumers[number].is_due = available > most;
                self.fetch(number, most);
            }
        }
    }

    /// Asks the log for at most `most` records, oldest first.
    fn fetch(&mut self, number: usize, most: usize) {
        self.expire(number);
        let mut records = Vec::new();
        while records.len() < most {
            let consumer = &mut self.consumers[number];
            let next = consumer
                .fetched
                .iter()
                .filter(|(partition, offset)| **offset < self.ends[**partition])
                .map(|(partition, offset)| (self.source.partitions[*partition][*offset], *partition))
                .min();
            let Some((record, partition)) = next else { break };
            *consumer.fetched.entry(partition).or_default() += 1;
            records.push(record);
        }
        if records.is_empty() {
            return;
        }
        self.consumers[number].phase = Phase::Fetching;
        let bytes = records.len() as u64 * self.config.event_bytes;
        let to = NodeId(number as u32 + 1);
        self.wire.send(self.now, LOG, to, bytes, Fetched { consumer: number, records });
    }

    /// Skips what the log has dropped since.
    fn expire(&mut self, number: usize) {
        let Some(oldest) = self.oldest_kept() else { return };
        let (source, consumer) = (self.source, &mut self.consumers[number]);
        for (partition, offset) in &mut consumer.fetched {
            let records = &source.partitions[*partition];
            while *offset < self.ends[*partition] && source.arrival(records[*offset]) < oldest {
                *offset += 1;
                self.expired_unread += 1;
            }
        }
    }

    fn oldest_kept(&self) -> Option<VirtualTime> {
        let retention = VirtualDuration::from_secs(self.config.retention_s?);
        (!self.is_backlog).then(|| VirtualTime(self.now.since(VirtualTime::ZERO + retention).0))
    }

    fn begin(&mut self, number: usize, events: usize) {
        let config = self.config;
        let (start, each_us) = match config.style {
            Style::Batch => (config.batch_start_ms, config.work_us),
            Style::MicroBatch => (config.micro_batch_start_ms, config.work_us),
            Style::Record => (0, config.work_us + config.record_overhead_us),
        };
        let length = VirtualDuration::from_millis(start) + VirtualDuration(events as u64 * each_us * 1_000);
        let consumer = &mut self.consumers[number];
        let batch: Vec<u32> = consumer.buffer.drain(..events).collect();
        consumer.phase = Phase::Working { batch };
        consumer.busy += length;
        consumer.runs += 1;
        self.agenda.add(self.now + length, Due::Worked(number));
    }

    /// The work is done: output and commit, in the order that the guarantee asks for, with a crash in between if one is due.
    fn worked(&mut self, number: usize) {
        let consumer = &mut self.consumers[number];
        let Phase::Working { batch } = std::mem::replace(&mut consumer.phase, Phase::Idle) else { return };
        let is_doomed = consumer.dooms.front().is_some_and(|doom| *doom <= self.now);
        let commits_first = self.config.delivery == Delivery::AtMostOnce;
        if is_doomed {
            consumer.dooms.pop_front();
            if commits_first {
                self.commit(number, &batch);
            } else {
                let checkpoint = self.consumers[number].state.clone();
                self.output(number, &batch, false);
                self.consumers[number].state = checkpoint;
            }
            self.crash(number, batch.len());
            return;
        }
        self.output(number, &batch, true);
        self.commit(number, &batch);
        self.tell_run(number, batch.len());
        if self.is_backlog && self.available(number) > 0 {
            self.consumers[number].is_due = true;
        }
        self.advance(number);
    }

    fn commit(&mut self, number: usize, batch: &[u32]) {
        for record in batch {
            let record = &self.source.records[*record as usize];
            self.consumers[number].commit(record.partition, record.offset + 1);
        }
    }

    /// Updates the state, writes the rows, tells alerts.
    fn output(&mut self, number: usize, batch: &[u32], commits: bool) {
        let is_visible = commits || self.config.delivery != Delivery::Transactional;
        for number_of_record in batch {
            let record = &self.source.records[*number_of_record as usize];
            let state = &mut self.consumers[number].state;
            let alerts = state.rule.take(*number_of_record, record, self.config.alert_buffers as usize);
            let dropped = state.windows.take(record);
            if dropped > 0 && is_visible {
                let node = &self.source.nodes[record.node];
                self.journal.tell_some("an event was dropped as too late", self.now, node, Mark::Loss, || {
                    format!("an event of {} arrived after its window was closed", clock(record.event_ms))
                });
            }
            for alert in alerts.iter().filter(|_| is_visible) {
                self.alerts.entry(*alert).or_insert(self.now);
                let event = &self.source.records[*alert as usize];
                self.journal.tell_some("an alert was raised", self.now, "sink", Mark::Result, || {
                    let wait = self.now.since(self.source.arrival(*alert));
                    format!("alert: an error of profile {} after many buffers, {wait} after it arrived", event.profile)
                });
            }
            if is_visible {
                self.answered[*number_of_record as usize].get_or_insert(self.now);
            }
        }
        self.sink.write(batch, commits);
        let bad = self.consumers[number].state.windows.advance();
        self.tell_windows(bad);
    }

    fn crash(&mut self, number: usize, events: usize) {
        let consumer = &mut self.consumers[number];
        consumer.rewind();
        consumer.phase = Phase::Down;
        consumer.crashes += 1;
        let between = match self.config.delivery {
            Delivery::AtMostOnce => "between commit and output",
            Delivery::AtLeastOnce | Delivery::IdempotentSink | Delivery::Transactional => "between output and commit",
        };
        let text = format!("was killed {between} of {}", plural(events));
        self.journal.tell(self.now, &consumer.name, Mark::Fault, text);
        let back = self.now + VirtualDuration::from_secs(self.config.restart_s);
        self.agenda.add(back, Due::Restart(number));
    }

    fn restart(&mut self, number: usize) {
        let waiting = self.available(number);
        let consumer = &mut self.consumers[number];
        consumer.phase = Phase::Idle;
        consumer.is_due = true;
        let text = format!("restarted from its committed offsets; {} wait", plural(waiting));
        self.journal.tell(self.now, &consumer.name, Mark::Recovery, text);
        self.advance(number);
    }

    fn tell_run(&mut self, number: usize, events: usize) {
        let name = self.consumers[number].name.clone();
        let kind = match self.config.style {
            Style::Batch => "a batch ended",
            Style::MicroBatch => "a micro-batch ended",
            Style::Record => return,
        };
        self.journal.tell_some(kind, self.now, &name, Mark::Step, || format!("{kind}: {}", plural(events)));
    }

    fn tell_windows(&mut self, bad: Vec<BadWindow>) {
        for window in bad {
            let node = &self.source.nodes[window.node];
            let text = format!(
                "window from {}: {} events, {}.{} % buffering",
                clock(window.start_ms),
                window.events,
                window.permille / 10,
                window.permille % 10
            );
            self.journal.tell_some("a bad window closed", self.now, node, Mark::Result, || text);
        }
    }

    fn finish(&mut self) {
        for number in 0..self.consumers.len() {
            let bad = self.consumers[number].state.windows.finish();
            self.tell_windows(bad);
        }
        assert!(self.is_finished(), "the source has ended and records are left");
    }

    /// From arrival to answer, of every record that was answered.
    pub(super) fn waits(&self) -> Vec<u64> {
        let answered = self.answered.iter().zip(0_u32..);
        answered.filter_map(|(at, record)| Some((*at)?.since(self.source.arrival(record)).0)).collect()
    }

    pub(super) fn alerts(&self) -> &BTreeMap<u32, VirtualTime> {
        &self.alerts
    }

    pub(super) fn busy(&self) -> VirtualDuration {
        self.consumers.iter().fold(VirtualDuration::default(), |sum, consumer| sum + consumer.busy)
    }

    pub(super) fn runs(&self) -> usize {
        self.consumers.iter().map(|consumer| consumer.runs).sum()
    }

    pub(super) fn crashes(&self) -> usize {
        self.consumers.iter().map(|consumer| consumer.crashes).sum()
    }

    pub(super) fn profiles_kept(&self) -> usize {
        self.consumers.iter().map(|consumer| consumer.state.rule.len()).sum()
    }

    /// What a new consumer could still read from the start of the log.
    pub(super) fn replayable(&self) -> usize {
        let oldest = self.oldest_kept().unwrap_or_default();
        (0..self.arrived as u32).filter(|record| self.source.arrival(*record) >= oldest).count()
    }

    pub(super) fn window_totals(&self) -> WindowTotals {
        self.consumers.iter().map(|consumer| consumer.state.windows.totals()).fold(
            WindowTotals::default(),
            |sum, one| WindowTotals {
                closed: sum.closed + one.closed,
                open: sum.open + one.open,
                bad: sum.bad + one.bad,
                most: sum.most + one.most,
                dropped: sum.dropped + one.dropped,
                behind: sum.behind + one.behind,
                future: sum.future + one.future,
            },
        )
    }
}

fn plural(events: usize) -> String {
    format!("{} event{}", count(events as u64), if events == 1 { "" } else { "s" })
}

/// Time of day, as events say it.
fn clock(ms: i64) -> String {
    let seconds = ms.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
