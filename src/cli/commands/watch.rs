//! `batchlab watch`.

use crate::cli::saves::{self, Saves, Stamp};
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
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

/// Check a script on every save: the verdict on the visible data at once, then on the hidden variants
///
/// In a terminal it is a screen: the task, every check, why it fails, the run at the moment that decided it; `?` shows the keys. Without one,
/// or with --no-tui, it is plain text. It also works where the system does not tell of saves, as on network drives, and it never moves on by itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Steps: E2.3, an exercise such as E2, a file, or all; everything when none is named
    what: Vec<String>,
    /// Check once what is there now, and end
    #[arg(long)]
    once: bool,
    /// The screen without the picture of the run: task, checks and verdict
    #[arg(long, conflicts_with = "no_tui")]
    no_theatre: bool,
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
        return desk::work(&folder, &first, !args.no_theatre, args.screen);
    }
    let cancelled = interrupt::flag();
    if let Some(name) = &current {
        begin(&folder, name, &cancelled)?;
    }
    if args.once {
        return Ok(0);
    }
    let scripts: Vec<(String, PathBuf)> = names.into_iter().map(|name| (name.clone(), folder.script(&name))).collect();
    let mut seen: BTreeMap<&String, Option<Stamp>> =
        scripts.iter().map(|(name, path)| (name, saves::stamp(path))).collect();
    let (sender, heard) = channel();
    let paths: Vec<PathBuf> = scripts.iter().map(|(_, path)| path.clone()).collect();
    let _saves = Saves::watch(&paths, move || {
        // Nobody listens when the command ends.
        let _ = sender.send(());
    });
    output::out(&format!("\nWatching {} scripts. Save one to have it checked; Ctrl-C ends.\n", scripts.len()));
    while !cancelled.load(Ordering::Relaxed) {
        // Told or not: whoever saves also sees this where the system tells nothing.
        if heard.recv_timeout(saves::LOOK).is_err_and(|why| why == RecvTimeoutError::Disconnected) {
            std::thread::sleep(saves::LOOK);
        }
        while heard.try_recv().is_ok() {}
        for (name, path) in &scripts {
            let now = saves::stamp(path);
            if now.is_some() && seen.insert(name, now) != Some(now) {
                judge(&folder, name, &cancelled)?;
            }
        }
    }
    Ok(130)
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
