//! One question in three execution styles: eager in one process, lazily on the threads of one machine, distributed over several.
//!
//! The question is the same: of all sales read what was kept, and sum it by customer. The rows are really read, chunk by chunk, and really
//! summed; how long that takes and how much memory it needs is counted in simulated bytes.
//!
//! ```text
//!   eager     statement by statement, each result whole in memory ─── more than the memory: it dies
//!   threads   a task for each chunk ► one partial sum for each thread ─── more than the memory: partial sums go to disk
//!   cluster   a task for each chunk ► a partial sum for each reducer ► the network ► a reducer for each share of the customers
//! ```
//!
//! These are models of execution styles, not benchmarks of products.
//!
//! **Invariants.** An answer that is given is the right one; no machine holds more than its memory.
//!
//! **Simplified:** a chunk's rows are added before the disk is asked, so memory is kept between chunks, not within one; chunks are equally large; a machine that dies is known to be dead at once; the driver's memory is not counted.

mod eager;
mod tasks;
#[cfg(test)]
mod tests;

use super::WorldOutcome;
use super::config::within;
use super::outcome::{Journal, Mark};
use crate::common::rng::stream;
use crate::common::{Result, VirtualDuration, VirtualTime};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the question is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    Eager,
    Threads,
    Cluster,
}

/// The settings of this world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StylesConfig {
    pub style: Style,
    /// Rows that are really read.
    pub rows: u32,
    /// Every row counts as so many, for time and memory.
    pub scale: u32,
    /// Parts of the input.
    pub chunks: u32,
    /// Memory of each machine.
    pub memory_mb: u64,
    /// Threads of the one machine.
    pub threads: u32,
    /// Machines of the cluster and cores of each.
    pub nodes: u32,
    pub cores: u32,
    /// A machine dies then; 0: never.
    pub kill_at_ms: u64,
    /// Whether the input can be read again.
    pub rereadable: bool,
}

impl Default for StylesConfig {
    fn default() -> Self {
        StylesConfig {
            style: Style::Eager,
            rows: 10_000,
            scale: 1,
            chunks: 48,
            memory_mb: 1_024,
            threads: 4,
            nodes: 4,
            cores: 3,
            kill_at_ms: 0,
            rereadable: true,
        }
    }
}

impl StylesConfig {
    /// # Errors
    /// For a setting out of its range.
    pub(super) fn check(&self) -> Result<()> {
        within("rows", self.rows.into(), 1, 1_000_000)?;
        within("scale", self.scale.into(), 1, 1_000_000)?;
        within("chunks", self.chunks.into(), 1, 10_000)?;
        // Each slot needs room for the piece that it reads.
        within("memory_mb", self.memory_mb, u64::from(self.threads.max(self.cores)) + 1, 1_000_000)?;
        within("threads", self.threads.into(), 1, 256)?;
        within("nodes", self.nodes.into(), 2, 1_000)?;
        within("cores", self.cores.into(), 1, 128)?;
        within("kill_at_ms", self.kill_at_ms, 0, 86_400_000)
    }

    fn memory(&self) -> u64 {
        self.memory_mb * 1_000_000
    }

    fn killed_at(&self) -> Option<VirtualTime> {
        (self.kill_at_ms > 0).then(|| VirtualTime::ZERO + VirtualDuration::from_millis(self.kill_at_ms))
    }

    /// What so many rows take.
    fn row_bytes(&self, rows: usize) -> u64 {
        rows as u64 * ROW_BYTES * u64::from(self.scale)
    }

    /// What the sums of so many customers take.
    fn sum_bytes(&self, customers: usize) -> u64 {
        customers as u64 * SUM_BYTES * u64::from(self.scale)
    }
}

/// A row as text and in memory, and a customer's sum in memory.
const ROW_BYTES: u64 = 100;
const SUM_BYTES: u64 = 48;
/// Bytes a second: one core parses, one core goes over rows in memory, a disk, a network card.
const PARSE: u64 = 50_000_000;
const PASS: u64 = 500_000_000;
const DISK: u64 = 200_000_000;
const NETWORK: u64 = 100_000_000;

/// Before the first row is read: nothing to start, a pool of threads, machines that must be asked for.
fn start_up(style: Style) -> VirtualDuration {
    VirtualDuration::from_millis(match style {
        Style::Eager => 0,
        Style::Threads => 300,
        Style::Cluster => 2_500,
    })
}

/// How long so many bytes take at a rate.
fn time_for(bytes: u64, per_second: u64) -> VirtualDuration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(per_second);
    VirtualDuration(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// A sale: who bought, for how many cents, and whether the question is about it.
#[derive(Debug, Clone, Copy)]
struct Row {
    customer: u32,
    cents: u64,
    is_wanted: bool,
}

/// Revenue by customer.
type Sums = BTreeMap<u32, u64>;

fn add(sums: &mut Sums, rows: impl IntoIterator<Item = Row>) {
    for row in rows.into_iter().filter(|row| row.is_wanted) {
        *sums.entry(row.customer).or_default() += row.cents;
    }
}

fn merge(sums: &mut Sums, others: &Sums) {
    for (customer, cents) in others {
        *sums.entry(*customer).or_default() += cents;
    }
}

/// The input, in its parts.
fn input(config: &StylesConfig, seed: u64) -> Vec<Vec<Row>> {
    let mut chance = stream(seed, "styles");
    let customers = (config.rows / 10).max(1);
    let mut chunks = vec![Vec::new(); config.chunks as usize];
    for row in 0..config.rows as usize {
        let sale = Row {
            customer: chance.random_range(0..customers),
            cents: chance.random_range(100..100_000),
            is_wanted: chance.random_range(0..4) > 0,
        };
        chunks[row % config.chunks as usize].push(sale);
    }
    chunks
}

/// What a run leaves: the answer, unless it died, and what it took.
#[derive(Debug, Default)]
struct Done {
    answer: Option<Sums>,
    ended: VirtualTime,
    peak_bytes: u64,
    spilled_bytes: u64,
    moved_bytes: u64,
    chunks_read: usize,
    workers: usize,
}

/// Lets it happen.
///
/// # Panics
/// When an answer is wrong: a bug of ours.
#[must_use]
pub fn run(config: &StylesConfig, seed: u64) -> WorldOutcome {
    let chunks = input(config, seed);
    let mut journal = Journal::default();
    let done = match config.style {
        Style::Eager => eager::run(config, &chunks, &mut journal),
        Style::Threads | Style::Cluster => tasks::run(config, &chunks, &mut journal),
    };
    let mut right = Sums::new();
    add(&mut right, chunks.iter().flatten().copied());
    if let Some(answer) = &done.answer {
        assert_eq!(*answer, right, "a style gave another answer");
        journal.tell(
            done.ended,
            "answer",
            Mark::Result,
            format!("{} customers, the same sums in every style", right.len()),
        );
    }
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    journal.count("answers", usize::from(done.answer.is_some()));
    journal.count("customers", done.answer.as_ref().map_or(0, BTreeMap::len));
    journal.figure("ended s", done.ended.as_secs_f64());
    journal.figure("start-up s", start_up(config.style).as_secs_f64());
    journal.figure("memory MB", config.memory_mb as f64);
    journal.figure("peak memory MB", megabytes(done.peak_bytes));
    journal.figure("spilled MB", megabytes(done.spilled_bytes));
    journal.figure("moved MB", megabytes(done.moved_bytes));
    journal.figure("input MB", megabytes(config.row_bytes(config.rows as usize)));
    journal.count("workers", done.workers);
    journal.count("chunks", chunks.len());
    journal.count("chunks read again", done.chunks_read.saturating_sub(chunks.len()));
    journal.close("styles", seed, done.ended)
}
