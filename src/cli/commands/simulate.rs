//! `batchlab simulate`.

use crate::cli::{interrupt, launch, output};
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::{Event, log};
use crate::storage::write_whole;
use crate::swarm::synthetic::Synthetic;
use crate::swarm::{self, Case, Mix, Options, SIBLINGS, Trials, Verdict};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Try random plans, clusters and faults from seeds: the same rows, or a failure at a named limit
///
/// A script, its data, a cluster and settings are drawn, and for each of four seeds in a row other faults. The run with faults must give the rows
/// of the run without, or fail at a limit that the log bears out; one run in seven is repeated on two threads and must write the same log. A
/// seed that shows a bug is printed with the command that replays it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab simulate --seeds 1000
  batchlab simulate --seeds 1000 --mix storm --from 70000
  batchlab simulate --from 4711 --seeds 1 --events run.jsonl
  batchlab simulate --synthetic 1000x16 --tasks 100000 --faults 50")]
pub(crate) struct Args {
    /// How many seeds
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Which faults: any, crashes, network, stragglers, storage, spot, tasks, driver, storm or none
    #[arg(long, default_value = "any")]
    mix: Mix,
    /// Seeds tried at the same time; as many as the machine has cores unless given
    #[arg(long)]
    threads: Option<usize>,
    /// Instead of seeds: one job without rows on so many machines times cores
    #[arg(long, value_name = "NxC", conflicts_with = "seeds")]
    synthetic: Option<String>,
    /// With --synthetic: its tasks
    #[arg(long, default_value_t = 100_000, requires = "synthetic")]
    tasks: u32,
    /// With --synthetic: faults at random moments
    #[arg(long, default_value_t = 0, requires = "synthetic")]
    faults: u32,
    /// With one seed or one job: save the log of its run
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    if let Some(shape) = &args.synthetic {
        return synthetic(args, shape);
    }
    let folder = scratch_base().join(format!("batchlab-simulate-{}", std::process::id()));
    let done = if args.seeds == 1 { one(args, &folder) } else { many(args, &folder) };
    // What cannot be removed is the system's to clear.
    let _ = std::fs::remove_dir_all(&folder);
    done
}

/// Thousands of small files are quicker in memory, where the system offers a folder for that.
fn scratch_base() -> PathBuf {
    let in_memory = Path::new("/dev/shm");
    if in_memory.is_dir() { in_memory.to_owned() } else { std::env::temp_dir() }
}

/// One job without rows.
fn synthetic(args: &Args, shape: &str) -> Result<u8> {
    let size = shape.split_once(['x', 'X']).and_then(|(nodes, cores)| Some((nodes.parse().ok()?, cores.parse().ok()?)));
    let Some((nodes, cores)) = size else {
        return Ok(output::usage(&format!("{shape} is not machines times cores"), "write --synthetic 1000x16"));
    };
    let job =
        Synthetic { faults: args.faults, seed: args.from.wrapping_add(42), ..Synthetic::new(nodes, cores, args.tasks) };
    let started = Instant::now();
    let outcome = job.run()?;
    let took = started.elapsed().as_secs_f64();
    save(args.events.as_deref(), &outcome.log.snapshot())?;
    output::out(&format!(
        "{nodes} machines of {cores} cores, {} tasks: {} attempts ({} again), {} faults struck, {:.3} s of virtual time, {} events{}\n",
        job.tasks,
        outcome.attempts,
        outcome.again,
        outcome.faults,
        outcome.virtual_time.as_secs_f64(),
        outcome.events,
        outcome.error.map_or_else(String::new, |error| format!("; failed: {error}")),
    ));
    let peak = peak_memory_bytes().map_or_else(String::new, |bytes| format!(", {} MiB at most", bytes >> 20));
    let each = took * 1e6 / outcome.attempts.max(1) as f64;
    output::err(&format!("Real time on this machine: {took:.2} s, {each:.1} µs for each attempt{peak}.\n"));
    Ok(0)
}

/// The most memory that this process ever had, where the system tells.
fn peak_memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

fn save(path: Option<&Path>, events: &[Arc<Event>]) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    write_whole(path, |out| log::write(events, out)).map_err(|error| {
        SparkError::new(ErrorClass::IllegalArgumentException, format!("{} cannot be written: {error}", path.display()))
    })
}

/// One seed, with everything that it draws.
fn one(args: &Args, folder: &Path) -> Result<u8> {
    output::out(&format!("{}\n", Case::new(args.from / SIBLINGS)?));
    let trial = Trials::new(args.mix, folder.to_owned()).try_seed(args.from)?;
    save(args.events.as_deref(), &trial.log)?;
    Ok(match &trial.verdict {
        Verdict::Same => {
            output::out(&format!("the same rows; {} faults, {} attempts again\n", trial.faults, trial.again));
            0
        }
        Verdict::Failed(limit) => {
            output::out(&format!("failed at a limit: {limit:?}; {} faults\n", trial.faults));
            0
        }
        Verdict::Bug(bug) => {
            for event in trial.log.iter().rev().take(40).rev() {
                output::out(&format!("{:>12.6} {:?}\n", event.time.as_secs_f64(), event.kind));
            }
            output::err(&format!("batchlab: a bug of ours: {}\n  faults: {}\n", bug.what, bug.faults));
            crate::cli::EXIT_BUG
        }
    })
}

fn many(args: &Args, folder: &Path) -> Result<u8> {
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from));
    let options = Options {
        seeds: args.from..args.from.saturating_add(args.seeds),
        mix: args.mix,
        threads,
        folder: folder.to_owned(),
    };
    let started = Instant::now();
    let summary = swarm::run(&options, &interrupt::flag(), &|_, bug| {
        if let Some(bug) = bug {
            output::err(&format!(
                "seed {}: {}\n  faults: {}\n  replay: batchlab simulate --from {} --seeds 1 --mix {}\n",
                bug.seed, bug.what, bug.faults, bug.seed, bug.mix
            ));
        }
    })?;
    let failed: Vec<String> = summary.failed.iter().map(|(limit, count)| format!("{count} {limit:?}")).collect();
    let failed = if failed.is_empty() { "none".to_owned() } else { failed.join(", ") };
    let bugs = summary.bugs.len();
    output::out(&format!(
        "{} seeds: {} with the same rows, failed at a limit: {failed}; {} faults, {} attempts again, {} events; {bugs} bugs\n",
        summary.seeds, summary.same, summary.faults, summary.again, summary.events
    ));
    output::err(&format!("Real time on this machine: {:.2} s.\n", started.elapsed().as_secs_f64()));
    Ok(if bugs == 0 { 0 } else { crate::cli::EXIT_BUG })
}
