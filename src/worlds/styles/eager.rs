//! One process that carries out each statement when it comes to it, and keeps every result whole.

use super::{Done, PARSE, PASS, Row, StylesConfig, Sums, add, time_for};
use crate::common::{VirtualDuration, VirtualTime};
use crate::worlds::outcome::{Journal, Mark};

const LANE: &str = "process";

pub(super) fn run(config: &StylesConfig, chunks: &[Vec<Row>], journal: &mut Journal) -> Done {
    let mut process = Process { config, journal, now: VirtualTime::ZERO, held: 0, peak: 0, chunks_read: 0 };
    let answer = process.statements(chunks);
    let Process { now, peak, chunks_read, .. } = process;
    Done { answer, ended: now, peak_bytes: peak, chunks_read, workers: 1, ..Done::default() }
}

struct Process<'a> {
    config: &'a StylesConfig,
    journal: &'a mut Journal,
    now: VirtualTime,
    held: u64,
    peak: u64,
    chunks_read: usize,
}

impl Process<'_> {
    /// Read, keep, sum; nothing when the process dies on the way.
    fn statements(&mut self, chunks: &[Vec<Row>]) -> Option<Sums> {
        self.say("`rows = read(…)` is carried out at once");
        for rows in chunks {
            let bytes = self.config.row_bytes(rows.len());
            self.spend(time_for(bytes, PARSE))?;
            self.hold(bytes)?;
            self.chunks_read += 1;
        }
        let wanted: Vec<Row> = chunks.iter().flatten().filter(|row| row.is_wanted).copied().collect();
        self.say("`kept = rows[…]` makes a second table beside the first");
        let (all, kept) = (self.held, self.config.row_bytes(wanted.len()));
        self.spend(time_for(all, PASS))?;
        self.hold(kept)?;
        self.say("`kept.sum_by(customer)` sums it");
        self.spend(time_for(kept, PASS))?;
        let mut sums = Sums::new();
        add(&mut sums, wanted);
        self.hold(self.config.sum_bytes(sums.len()))?;
        Some(sums)
    }

    fn say(&mut self, text: &str) {
        self.journal.tell(self.now, LANE, Mark::Step, text);
    }

    /// Time passes, unless the machine dies before.
    fn spend(&mut self, time: VirtualDuration) -> Option<()> {
        let end = self.now + time;
        if let Some(death) = self.config.killed_at().filter(|death| *death < end) {
            self.now = death.max(self.now);
            let text = "the machine dies, and the process with everything it had computed; nobody starts it again";
            self.journal.tell(self.now, LANE, Mark::Loss, text);
            return None;
        }
        self.now = end;
        Some(())
    }

    /// More memory, unless there is no more.
    fn hold(&mut self, bytes: u64) -> Option<()> {
        let wanted = self.held + bytes;
        if wanted > self.config.memory() {
            let text = format!(
                "out of memory: {} MB are held, {} MB are all there is",
                self.held / 1_000_000,
                self.config.memory_mb
            );
            self.journal.tell(self.now, LANE, Mark::Loss, text);
            return None;
        }
        self.held = wanted;
        self.peak = self.peak.max(wanted);
        Some(())
    }
}
