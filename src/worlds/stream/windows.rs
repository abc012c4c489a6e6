//! Windows by event time: open until the watermark passes their end, then closed and forgotten.

use super::config::StreamConfig;
use super::source::{Kind, Record};
use std::collections::BTreeMap;

/// A window with at least so many events and this share of buffers is bad.
const BAD_EVENTS: u64 = 20;
const BAD_PERCENT: u64 = 30;

/// What the windows came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct WindowTotals {
    pub closed: usize,
    pub open: usize,
    pub bad: usize,
    /// Most rows in the state at once.
    pub most: usize,
    /// Events that came after one of their windows was closed, once for each.
    pub dropped: usize,
    /// Events older than the watermark, whether their window was still open or not.
    pub behind: usize,
    pub future: usize,
}

/// A closed window in which too many viewers waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadWindow {
    pub start_ms: i64,
    pub node: usize,
    pub events: u64,
    pub permille: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    events: u64,
    buffers: u64,
}

/// The state of the windows of one consumer.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    window_ms: i64,
    slide_ms: i64,
    delay_ms: Option<i64>,
    guard_ms: Option<i64>,
    open: BTreeMap<(i64, usize), Counts>,
    newest_ms: Option<i64>,
    watermark_ms: Option<i64>,
    totals: WindowTotals,
}

impl Windows {
    pub(super) fn new(config: &StreamConfig) -> Self {
        let ms = |seconds: u64| seconds as i64 * 1000;
        Windows {
            window_ms: ms(config.window_s),
            slide_ms: ms(config.slide_s),
            delay_ms: config.watermark_s.map(ms),
            guard_ms: config.future_guard_s.map(ms),
            open: BTreeMap::new(),
            newest_ms: None,
            watermark_ms: None,
            totals: WindowTotals::default(),
        }
    }

    /// Takes in one event; gives how many of its windows were closed already.
    pub(super) fn take(&mut self, record: &Record) -> usize {
        if self.guard_ms.is_some_and(|guard| -record.delay_ms() > guard) {
            self.totals.future += 1;
            return 0;
        }
        self.totals.behind += usize::from(self.watermark_ms.is_some_and(|watermark| record.event_ms < watermark));
        self.newest_ms = self.newest_ms.max(Some(record.event_ms));
        let mut closed = 0;
        let mut start = record.event_ms.div_euclid(self.slide_ms) * self.slide_ms;
        while start > record.event_ms - self.window_ms {
            if self.is_closed(start) {
                closed += 1;
            } else {
                let counts = self.open.entry((start, record.node)).or_default();
                counts.events += 1;
                counts.buffers += u64::from(record.kind == Kind::Buffer);
            }
            start -= self.slide_ms;
        }
        self.totals.dropped += closed;
        self.totals.most = self.totals.most.max(self.open.len());
        closed
    }

    fn is_closed(&self, start_ms: i64) -> bool {
        self.watermark_ms.is_some_and(|watermark| start_ms + self.window_ms <= watermark)
    }

    /// Moves the watermark to what was seen, as between two batches; gives the bad ones of the windows that it closes.
    pub(super) fn advance(&mut self) -> Vec<BadWindow> {
        let Some((delay, newest)) = self.delay_ms.zip(self.newest_ms) else { return Vec::new() };
        let before = self.watermark_ms;
        self.watermark_ms = before.max(Some(newest - delay));
        if self.watermark_ms == before {
            return Vec::new();
        }
        let bad = self.close(Self::is_closed);
        assert!(self.open.keys().all(|(start, _)| !self.is_closed(*start)), "a closed window is still in the state");
        bad
    }

    /// The source has ended: everything closes.
    pub(super) fn finish(&mut self) -> Vec<BadWindow> {
        self.totals.open = self.open.len();
        self.close(|_, _| true)
    }

    /// Closes the oldest windows as long as `may` says so.
    fn close(&mut self, may: impl Fn(&Self, i64) -> bool) -> Vec<BadWindow> {
        let mut bad = Vec::new();
        while let Some(((start_ms, node), counts)) = self.open.first_key_value().map(|(key, counts)| (*key, *counts)) {
            if !may(self, start_ms) {
                break;
            }
            self.open.pop_first();
            self.totals.closed += 1;
            if counts.events >= BAD_EVENTS && counts.buffers * 100 >= counts.events * BAD_PERCENT {
                self.totals.bad += 1;
                let permille = counts.buffers * 1000 / counts.events;
                bad.push(BadWindow { start_ms, node, events: counts.events, permille });
            }
        }
        bad
    }

    pub(super) fn totals(&self) -> WindowTotals {
        self.totals
    }
}
