//! `batchlab check [E2.3 | E2 | FILE | all]`.

use crate::cli::stage::{self, ScreenArgs};
use crate::cli::workshop::{Chosen, Folder};
use crate::cli::{interrupt, last_run, launch, output};
use crate::common::Result;
use crate::report;
use crate::workshop::check::{CheckRequest, Which, check};
use crate::workshop::step::{self, Step};
use crate::workshop::verdict::{VariantVerdict, Verdict};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Check your script: answers, what the cluster did, and other data that you do not see
///
/// The visible data come first; when they are right, the same script runs on hidden variants with another seed, size and cluster. Exit
/// status: 0 all right, 1 something is wrong, 2 wrong use, 3 the script needs what is not supported here.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab check E2.3
  batchlab check exercises/02_joins/s3_broadcast.py --variant 2
  batchlab check E2.3 --theatre
  batchlab check all --json")]
pub(crate) struct Args {
    /// Steps: E2.3, an exercise such as E2, a file, or all; the first step that is not passed when none is named
    what: Vec<String>,
    /// Only this variant; 1 is the visible data
    #[arg(long, value_name = "N")]
    variant: Option<usize>,
    /// Rows of the sales tables in hidden variants
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
    /// When a check fails, open the theatre at the moment of the run that decided it
    #[arg(long, conflicts_with = "json")]
    theatre: bool,
    #[command(flatten)]
    screen: ScreenArgs,
    /// Verdicts as one JSON document
    #[arg(long)]
    json: bool,
    /// The workshop folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let folder = Folder::open(&args.dir)?;
    let cancelled = interrupt::flag();
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut unkept = Ok(());
    let chosen = folder.choose(&args.what)?;
    if !args.what.iter().any(|what| Path::new(what).is_file()) {
        folder.needs_exercises()?;
        if let [one] = chosen.as_slice() {
            folder.needs_script(one)?;
        }
    }
    for one in &chosen {
        let which = args.variant.map_or(Which::All, Which::Only);
        let verdict = check(&CheckRequest { rows: args.rows, ..folder.request(one, which, &cancelled) })?;
        if cancelled.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(130);
        }
        if !args.json {
            output::out(&report::verdict::of(&verdict));
        }
        // What cannot be kept is told behind the verdict: it is no reason to leave somebody without one.
        let kept = remember(&folder, one, &verdict, args.variant.is_none());
        let is_kept = kept.is_ok();
        unkept = unkept.and(kept);
        if !args.json && chosen.len() > 1 {
            output::out("\n");
        } else if !args.json && is_kept && verdict.passed && args.variant.is_none() {
            output::out(&what_comes_next(&folder, &one.step, &verdict)?);
        }
        verdicts.push(verdict);
    }
    if args.json {
        output::out(&format!("{}\n", serde_json::to_string_pretty(&verdicts).unwrap_or_default()));
    } else if chosen.len() > 1 {
        let passed = verdicts.iter().filter(|verdict| verdict.passed).count();
        output::out(&format!("{passed} of {} steps are right.\n", verdicts.len()));
    }
    if args.theatre && verdicts.iter().find_map(Verdict::first_failure).is_some_and(|failed| show(failed, args) == 130)
    {
        return Ok(130);
    }
    unkept.map(|()| status(&verdicts))
}

/// Keeps what a check came to, and the run that it is about.
fn remember(folder: &Folder, one: &Chosen, verdict: &Verdict, whole: bool) -> Result<()> {
    folder.remember(&one.step, &one.source, verdict, whole)?;
    match verdict.first_failure().or_else(|| verdict.variants.first()) {
        Some(shown) => last_run::keep(&folder.root, &shown.events),
        None => Ok(()),
    }
}

/// What is left to do when a step is right: its stretch goal, the next step.
fn what_comes_next(folder: &Folder, step: &Step, verdict: &Verdict) -> Result<String> {
    let mut text = String::new();
    if let Some(goal) = step.stretch.as_ref().filter(|_| verdict.stretch.is_none()) {
        text = format!("  Stretch goal, if you like: {}\n", goal.text.trim());
    }
    if let Some(name) = folder.next_step()? {
        let next = step::load(folder.library(), &name)?;
        let _ = writeln!(text, "  Next: {}, {}, in exercises/{name}.py.", next.id, next.title);
    }
    Ok(text)
}

/// The run of a variant that failed, at the moment that decided its first failure.
fn show(failed: &VariantVerdict, args: &Args) -> u8 {
    let moment = failed.failures.first().map_or(0, |failure| failure.moment);
    stage::review(None, failed.events.clone(), failed.data(), (moment, failed.moments()), None, args.screen)
}

/// 0 all right; 3 when nothing is wrong but what batchlab does not support; 1 otherwise.
fn status(verdicts: &[Verdict]) -> u8 {
    let failed: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.passed).collect();
    let unsupported = |verdict: &&Verdict| {
        let failures = verdict.first_failure().map_or(&[] as &[_], |variant| &variant.failures);
        failures.iter().any(|failure| failure.check == "raised" && failure.got.starts_with("NotSupportedHere"))
    };
    match failed.as_slice() {
        [] => 0,
        some if some.iter().all(unsupported) => 3,
        _ => 1,
    }
}
