//! Floor 6, the proving ground: whole runs drawn from a seed, each tried against its twin in which nothing goes wrong.
//!
//! ```text
//!   four seeds ──▶ case: script, tables, cluster, settings ──▶ twin without faults ──▶ rows, end
//!                                                                  │ its times and tasks
//!                                                                  ▼
//!   each seed ───────────────────────────────────────────▶ faults of a mix ──▶ run; one in seven the same again on other threads
//!                                                                                 │
//!                                                 same rows · or failed at a named limit · or a bug of ours, with its seed
//! ```
//!
//! It drives [`crate::session`] from outside, as the door does, and reads nothing but the log and the output: a floor above the session, beside
//! the classroom. The cluster's own checks run in every step of every run.
//!
//! **Invariants.** A seed says everything: the same case on every machine, in any order, on any number of threads.

pub mod case;
mod dice;
pub mod mix;
pub mod plan;
pub mod synthetic;
pub mod tables;
pub mod trial;

pub use case::Case;
pub use dice::Dice;
pub use mix::Mix;
pub use trial::{Bug, SIBLINGS, Trial, Trials, Verdict};

use crate::common::{ErrorClass, Result, SparkError};
use crate::session::on_deep_stack;
use crate::status::check::limits::Limit;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What to try.
#[derive(Debug, Clone)]
pub struct Options {
    pub seeds: Range<u64>,
    pub mix: Mix,
    /// Seeds that are tried at the same time.
    pub threads: usize,
    /// Where tables and outputs lie; each thread has its own folder in it.
    pub folder: PathBuf,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Summary {
    pub seeds: u64,
    /// Rows as in the twin.
    pub same: u64,
    /// Failed at a limit, by limit.
    pub failed: BTreeMap<Limit, u64>,
    pub faults: u64,
    /// Task attempts that did work again.
    pub again: u64,
    /// Of the runs with faults.
    pub events: u64,
    pub bugs: Vec<Bug>,
}

impl Summary {
    fn add(&mut self, trial: Trial) {
        self.seeds += 1;
        self.faults += trial.faults;
        self.again += trial.again;
        self.events += trial.events;
        match trial.verdict {
            Verdict::Same => self.same += 1,
            Verdict::Failed(limit) => *self.failed.entry(limit).or_default() += 1,
            Verdict::Bug(bug) => self.bugs.push(bug),
        }
    }
}

/// Tries all seeds. `tell` hears of each bug at once and of how many seeds are done.
///
/// # Errors
/// When the folder cannot be used.
pub fn run(options: &Options, cancelled: &AtomicBool, tell: &(dyn Fn(u64, Option<&Bug>) + Sync)) -> Result<Summary> {
    let next = AtomicU64::new(options.seeds.start / SIBLINGS);
    let summary = Mutex::new(Summary::default());
    let failed: Mutex<Option<SparkError>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for thread in 0..options.threads.max(1) {
            let (next, summary, failed) = (&next, &summary, &failed);
            let try_seeds = move || {
                let mut trials = Trials::new(options.mix, options.folder.join(format!("worker-{thread}")));
                // Siblings are tried by one thread: they share their twin.
                let families = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed))
                    .take_while(|family| *family < options.seeds.end.div_ceil(SIBLINGS));
                let seeds = families
                    .flat_map(|family| (0..SIBLINGS).map(move |sibling| family * SIBLINGS + sibling))
                    .filter(|seed| options.seeds.contains(seed));
                for seed in seeds {
                    if cancelled.load(Ordering::Relaxed) {
                        return;
                    }
                    match trials.try_seed(seed) {
                        Ok(trial) => {
                            let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
                            summary.add(trial);
                            let news = summary.bugs.last().filter(|bug| bug.seed == seed);
                            tell(summary.seeds, news);
                        }
                        Err(error) => {
                            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                            return;
                        }
                    }
                }
            };
            scope.spawn(move || {
                if let Err(message) = on_deep_stack(try_seeds) {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(SparkError::internal(message));
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary.bugs.sort_by_key(|bug| bug.seed);
    Ok(summary)
}

fn unwritable(folder: &Path, error: &std::io::Error) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{} cannot be written: {error}", folder.display()))
        .with_help("give a folder that can be written with TMPDIR")
}
