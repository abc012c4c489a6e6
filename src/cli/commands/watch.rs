//! `batchlab watch`.

use crate::cli::stage::ScreenArgs;
use crate::cli::workshop::{self, Chosen, Folder};
use crate::cli::{desk, interrupt, launch, output};
use crate::common::Result;
use crate::report;
use crate::workshop::check::{Which, check_telling};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// How often the files are looked at. A look is one question to the file system for each script.
const LOOK: Duration = Duration::from_millis(60);

/// Check a script on every save: the verdict on the visible data at once, then on the hidden variants
///
/// In a terminal it is a screen: the task, every check, why it fails, the run at the moment that decided it; `?` shows the keys. Without one,
/// or with --no-tui, it is plain text. It looks at the file itself, so it also works on network drives, and it never moves on by itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Steps: E2.3, an exercise such as E2, a file, or all; everything when none is named
    what: Vec<String>,
    /// Check once what is there now, and end
    #[arg(long)]
    once: bool,
    /// Plain text instead of the screen
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    screen: ScreenArgs,
    /// The workshop folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let folder = Folder::open(&args.dir)?;
    let words = if args.what.is_empty() { vec!["all".to_owned()] } else { args.what.clone() };
    let names: Vec<String> = folder.choose(&words)?.into_iter().map(|chosen| chosen.step.name).collect();
    let current = match (names.as_slice(), folder.next_step()?) {
        ([only], _) => Some(only.clone()),
        (_, next) => next.filter(|name| names.contains(name)),
    };
    let is_screen = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if is_screen && !args.no_tui && !args.once {
        let first = current.or_else(|| names.first().cloned()).unwrap_or_default();
        return desk::work(&folder, &first, args.screen);
    }
    let cancelled = interrupt::flag();
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

/// Says what the step asks for, and checks what is there.
fn begin(folder: &Folder, name: &str, cancelled: &Arc<AtomicBool>) -> Result<()> {
    let Chosen { step, .. } = folder.named(name)?;
    output::out(&format!("{}  {}  (exercises/{name}.py)\n\n{}\n\n", step.id, step.title, step.task));
    judge(folder, name, cancelled)
}

fn judge(folder: &Folder, name: &str, cancelled: &Arc<AtomicBool>) -> Result<()> {
    let chosen = folder.named(name)?;
    let Chosen { step, source, .. } = &chosen;
    let started = Instant::now();
    let mut first = None;
    let verdict = check_telling(&folder.request(&chosen, Which::All, cancelled), &mut |variant| {
        if first.is_none() && variant.passed {
            let millis = started.elapsed().as_millis();
            output::out(&format!("{}: right on the visible data ({millis} ms); now the hidden variants …\n", step.id));
        }
        first.get_or_insert_with(|| started.elapsed().as_millis());
    })?;
    if cancelled.load(Ordering::Relaxed) {
        return Ok(());
    }
    folder.remember(step, source, &verdict, true)?;
    let millis = first.unwrap_or_default();
    output::out(&format!(
        "{}  (first verdict after {millis} ms on this machine)\n",
        report::verdict::of(&verdict).trim_end()
    ));
    let same = verdict.mistake_ids();
    if !same.is_empty() && folder.repeats(&step.id, &same)? {
        output::out(&format!("  The same slip again: `batchlab hint {}` has a hint.\n", step.id));
    }
    if verdict.passed {
        let next = folder.next_step()?.and_then(|name| workshop::id_of(&name));
        output::out(&next.map_or_else(
            || "All steps are passed: `batchlab report`.\n".to_owned(),
            |id| format!("Next: `batchlab watch {id}`, or `batchlab solution {}` to compare.\n", step.id),
        ));
    }
    Ok(())
}
