//! A source that answers page by page, and no more than so many pages a second: several readers, each with its slice of the rows.
//!
//! ```text
//!   reader ── page after this row? ──▶ gate ── a place is free ──▶ source ── rows, next cursor ──▶ reader works, asks on
//!     ▲                                 └── none: come back then ──┐
//!     └────────────────────────────────────────────────────────────┘
//! ```
//!
//! The `Gate` lets requests pass at a steady rate with a small reserve; whoever is refused is told when to come back. Only the page before
//! tells where the next one begins, so a slice is read in order, by one reader.
//!
//! **Invariants.** Every row is read once; in no second pass more requests than the rate and the reserve allow.
//!
//! **Simplified:** a refusal costs the source nothing, and no page fails otherwise.

use super::WorldOutcome;
use super::agenda::Agenda;
use super::config::within;
use super::outcome::{Journal, Mark};
use crate::common::{Result, VirtualDuration, VirtualTime};
use serde::{Deserialize, Serialize};

/// The settings of this world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PagesConfig {
    pub rows: u64,
    pub page_rows: u64,
    /// Readers that ask at once; each has a slice of the rows, as each task of a stage has.
    pub readers: u64,
    /// Requests that the source lets pass in a second.
    pub per_second: u64,
    /// Requests that may pass at once after a pause.
    pub reserve: u64,
    /// How long the source takes for a page.
    pub answer_ms: u64,
    /// How long a reader works on a page before it asks for the next.
    pub work_ms: u64,
    /// Whether a refused reader waits as long as it was told; else it asks again after 10 ms.
    pub waits: bool,
}

impl Default for PagesConfig {
    fn default() -> Self {
        PagesConfig {
            rows: 20_000,
            page_rows: 100,
            readers: 4,
            per_second: 10,
            reserve: 1,
            answer_ms: 150,
            work_ms: 50,
            waits: true,
        }
    }
}

impl PagesConfig {
    /// # Errors
    /// For a setting out of its range.
    pub(super) fn check(&self) -> Result<()> {
        within("rows", self.rows, 0, 10_000_000)?;
        within("page_rows", self.page_rows, 1, 1_000_000)?;
        within("readers", self.readers, 1, 1_000)?;
        within("per_second", self.per_second, 1, 100_000)?;
        within("reserve", self.reserve, 1, 1_000)?;
        within("answer_ms", self.answer_ms, 0, 60_000)?;
        within("work_ms", self.work_ms, 0, 60_000)
    }
}

/// Lets it happen.
#[must_use]
pub fn run(config: &PagesConfig, seed: u64) -> WorldOutcome {
    let mut line = Line::new(config);
    while let Some((now, due)) = line.agenda.take() {
        match due {
            Due::Ask(reader) => line.ask(now, reader),
            Due::Page(reader) => line.take_page(now, reader),
        }
    }
    line.conclude(seed)
}

/// How soon a reader that does not wait asks again.
const IMPATIENT: VirtualDuration = VirtualDuration::from_millis(10);

/// Lets requests pass at a steady rate: each moves the moment at which the next one is due; the reserve is how far that may lie ahead.
#[derive(Debug)]
struct Gate {
    interval: VirtualDuration,
    ahead: VirtualDuration,
    due: VirtualTime,
}

impl Gate {
    fn new(per_second: u64, reserve: u64) -> Gate {
        let interval = VirtualDuration(1_000_000_000 / per_second);
        Gate { interval, ahead: VirtualDuration(interval.0 * (reserve - 1)), due: VirtualTime::ZERO }
    }

    /// Lets a request pass, or says when to come back.
    fn pass(&mut self, now: VirtualTime) -> std::result::Result<(), VirtualTime> {
        let free_at = VirtualTime(self.due.0.saturating_sub(self.ahead.0));
        if now < free_at {
            return Err(free_at);
        }
        self.due = self.due.max(now) + self.interval;
        Ok(())
    }
}

#[derive(Debug)]
enum Due {
    Ask(usize),
    Page(usize),
}

/// A reader: what of its slice it has, and where that ends.
#[derive(Debug)]
struct Reader {
    next: u64,
    end: u64,
    name: String,
}

#[derive(Debug)]
struct Line<'a> {
    config: &'a PagesConfig,
    gate: Gate,
    readers: Vec<Reader>,
    agenda: Agenda<Due>,
    journal: Journal,
    ended: VirtualTime,
    rows: u64,
    pages: u64,
    refused: u64,
}

impl<'a> Line<'a> {
    fn new(config: &'a PagesConfig) -> Self {
        let border = |number: u64| number * config.rows / config.readers;
        let reader =
            |number| Reader { next: border(number), end: border(number + 1), name: format!("reader {}", number + 1) };
        let readers: Vec<Reader> = (0..config.readers).map(reader).collect();
        let mut line = Line {
            config,
            gate: Gate::new(config.per_second, config.reserve),
            readers,
            agenda: Agenda::new(),
            journal: Journal::default(),
            ended: VirtualTime::ZERO,
            rows: 0,
            pages: 0,
            refused: 0,
        };
        for (number, reader) in line.readers.iter().enumerate().filter(|(_, reader)| reader.next < reader.end) {
            let text = format!("asks for the rows {} to {}", reader.next + 1, reader.end);
            line.journal.tell_some("a slice", VirtualTime::ZERO, &reader.name, Mark::Step, || text);
            line.agenda.add(VirtualTime::ZERO, Due::Ask(number));
        }
        line
    }

    fn ask(&mut self, now: VirtualTime, number: usize) {
        match self.gate.pass(now) {
            Ok(()) => {
                self.pages += 1;
                let most = now.0 / self.gate.interval.0 + self.config.reserve;
                assert!(self.pages <= most, "{} pages until {now}, where {most} may pass", self.pages);
                self.agenda.add(now + VirtualDuration::from_millis(self.config.answer_ms), Due::Page(number));
            }
            Err(free_at) => {
                self.refused += 1;
                let text = || format!("was refused: too many requests, come back in {}", free_at.since(now));
                self.journal.tell_some("a refusal", now, &self.readers[number].name, Mark::Refusal, text);
                let again = if self.config.waits { free_at } else { now + IMPATIENT };
                self.agenda.add(again, Due::Ask(number));
            }
        }
    }

    fn take_page(&mut self, now: VirtualTime, number: usize) {
        let reader = &mut self.readers[number];
        let end = (reader.next + self.config.page_rows).min(reader.end);
        let rows = end - reader.next;
        reader.next = end;
        self.rows += rows;
        let text = || format!("got a page of {rows} rows; the next begins after row {end}");
        self.journal.tell_some("a page", now, &reader.name, Mark::Step, text);
        let done = now + VirtualDuration::from_millis(self.config.work_ms);
        if reader.next < reader.end {
            self.agenda.add(done, Due::Ask(number));
        } else {
            self.journal.tell(done, &reader.name, Mark::Result, "has read its slice");
            self.ended = self.ended.max(done);
        }
    }

    fn conclude(mut self, seed: u64) -> WorldOutcome {
        assert_eq!(self.rows, self.config.rows, "every row is read once");
        let seconds = self.ended.as_secs_f64();
        let rate = if seconds > 0.0 { self.rows as f64 / seconds } else { 0.0 };
        for (name, value) in [
            ("rows read", self.rows as f64),
            ("pages", self.pages as f64),
            ("requests refused", self.refused as f64),
            ("seconds", seconds),
            ("rows per s", rate.round()),
            ("limit rows per s", (self.config.per_second * self.config.page_rows) as f64),
        ] {
            self.journal.figure(name, value);
        }
        self.journal.close("pages", seed, self.ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(config: &PagesConfig) -> f64 {
        run(config, 1).figures["seconds"]
    }

    #[test]
    fn more_readers_help_until_the_source_is_the_limit() {
        let of = |readers| seconds(&PagesConfig { readers, ..PagesConfig::default() });
        assert_eq!(of(1), 40.0, "200 pages, one after the other");
        assert!(of(4) < 21.0 && (of(12) - of(4)).abs() < 1.0, "10 pages a second, whoever asks: {} {}", of(4), of(12));
    }

    #[test]
    fn larger_pages_help_where_more_readers_do_not() {
        let large = PagesConfig { page_rows: 500, ..PagesConfig::default() };
        assert!(seconds(&large) * 4.0 < seconds(&PagesConfig::default()));
    }

    #[test]
    fn asking_again_at_once_is_refused_more_often_and_no_faster() {
        let polite = run(&PagesConfig::default(), 1).figures;
        let hasty = run(&PagesConfig { waits: false, ..PagesConfig::default() }, 1).figures;
        assert!(hasty["requests refused"] > polite["requests refused"]);
        assert!(hasty["seconds"] + 0.5 > polite["seconds"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn every_row_is_read_and_the_rate_is_kept(
            rows in 0_u64..3_000, page_rows in 1_u64..400, readers in 1_u64..9, per_second in 1_u64..200,
            reserve in 1_u64..9, answer_ms in 0_u64..300, work_ms in 0_u64..300, waits in any::<bool>(),
        ) {
            let config = PagesConfig { rows, page_rows, readers, per_second, reserve, answer_ms, work_ms, waits };
            let outcome = run(&config, 1);
            prop_assert_eq!(outcome.figures["rows read"], rows as f64);
            prop_assert_eq!(&run(&config, 1), &outcome);
        }
    }
}
