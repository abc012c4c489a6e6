//! `batchlab watch`.

use crate::cli::workshop::{self, Chosen, Folder};
use crate::cli::{interrupt, launch, output};
use crate::common::Result;
use crate::report;
use crate::workshop::check::{Which, check};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// How often the files are looked at. A look is one question to the file system for each script.
const LOOK: Duration = Duration::from_millis(60);

/// Check a script on every save: the verdict on the visible data at once, then on the hidden variants
///
/// It looks at the files themselves, so it also works on network drives. It never moves on by itself; Ctrl-C ends it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Steps: E2.3, an exercise such as E2, a file, or all; everything when none is named
    what: Vec<String>,
    /// Check once what is there now, and end
    #[arg(long)]
    once: bool,
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
    let words = if args.what.is_empty() { vec!["all".to_owned()] } else { args.what.clone() };
    let names: Vec<String> = folder.choose(&words)?.into_iter().map(|chosen| chosen.step.name).collect();
    let current = match (names.as_slice(), folder.next_step()?) {
        ([only], _) => Some(only.clone()),
        (_, next) => next.filter(|name| names.contains(name)),
    };
    if let Some(name) = &current {
        begin(&folder, name, &cancelled)?;
    }
    if args.once {
        return Ok(0);
    }
    let mut seen: BTreeMap<&String, Option<SystemTime>> =
        names.iter().map(|name| (name, modified(&folder.script(name)))).collect();
    output::out(&format!("\nWatching {} scripts. Save one to have it checked; Ctrl-C ends.\n", names.len()));
    while !cancelled.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK);
        for name in &names {
            let now = modified(&folder.script(name));
            if now.is_some() && seen.insert(name, now) != Some(now) {
                judge(&folder, name, &cancelled)?;
            }
        }
    }
    Ok(130)
}

fn modified(path: &std::path::Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

fn chosen(folder: &Folder, name: &str) -> Result<Option<Chosen>> {
    let id = workshop::id_of(name).unwrap_or_default();
    Ok(folder.choose(&[id])?.into_iter().next())
}

/// Says what the step asks for, and checks what is there.
fn begin(folder: &Folder, name: &str, cancelled: &Arc<AtomicBool>) -> Result<()> {
    if let Some(Chosen { step, .. }) = chosen(folder, name)? {
        output::out(&format!("{}  {}  (exercises/{name}.py)\n\n{}\n\n", step.id, step.title, step.task));
    }
    judge(folder, name, cancelled)
}

fn judge(folder: &Folder, name: &str, cancelled: &Arc<AtomicBool>) -> Result<()> {
    let Some(chosen) = chosen(folder, name)? else { return Ok(()) };
    let checked = |which: Which| check(&folder.request(&chosen, which, cancelled));
    let Chosen { step, source, .. } = &chosen;
    let started = Instant::now();
    let first = checked(Which::Visible)?;
    let millis = started.elapsed().as_millis();
    if !first.passed {
        output::out(&format!("{}  ({millis} ms on this machine)\n", report::verdict::of(&first).trim_end()));
        let same = first.mistake_ids();
        folder.remember(step, source, &first, false)?;
        if !same.is_empty() && folder.repeats(&step.id, &same)? {
            output::out(&format!("  The same slip again: `batchlab hint {}` has a hint.\n", step.id));
        }
        return Ok(());
    }
    output::out(&format!("{}: right on the visible data ({millis} ms); now the hidden variants …\n", step.id));
    let whole = checked(Which::All)?;
    folder.remember(step, source, &whole, true)?;
    output::out(&report::verdict::of(&whole));
    if whole.passed {
        let next = folder.next_step()?.and_then(|name| workshop::id_of(&name));
        output::out(&next.map_or_else(
            || "All steps are passed: `batchlab report`.\n".to_owned(),
            |id| format!("Next: `batchlab watch {id}`, or `batchlab solution {}` to compare.\n", step.id),
        ));
    }
    Ok(())
}
