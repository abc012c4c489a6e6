//! `batchlab list`.

use crate::cli::workshop::Folder;
use crate::cli::{launch, output};
use crate::common::Result;
use crate::common::text::plural;
use crate::workshop::progress::{Progress, State};
use crate::workshop::step;
use crate::workshop::track::Track;
use std::path::PathBuf;

/// The steps of the exercises, and how you stand
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only what is not passed yet
    #[arg(long)]
    todo: bool,
    /// All steps, also those beyond the folder's track
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// The workshop folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn try_run(args: &Args) -> Result<()> {
    let folder = Folder::open(&args.dir)?;
    let progress = Progress::read(&folder.root)?;
    let (mut listed, mut text, mut exercise) = (Vec::new(), String::new(), String::new());
    for name in if args.all { step::names(folder.library()) } else { folder.course() } {
        let step = step::load(folder.library(), &name)?;
        let entry = progress.steps.get(&step.id);
        let state = entry.map_or("open", |entry| if entry.state == State::Passed { "passed" } else { "started" });
        if args.todo && state == "passed" {
            continue;
        }
        let chapter = step.id.split('.').next().unwrap_or_default().to_owned();
        if chapter != exercise {
            text.push_str(if exercise.is_empty() { "" } else { "\n" });
            exercise = chapter;
        }
        let notes = entry.map_or(String::new(), |entry| {
            let mut notes = vec![plural(u64::from(entry.attempts), "check")];
            notes.extend((entry.hints > 0).then(|| plural(u64::from(entry.hints), "hint")));
            notes.extend(entry.revealed.then(|| "solution seen".to_owned()));
            notes.join(", ")
        });
        text.push_str(&format!("{:<6}{:<9}{:<38}{:>3} min  {notes}\n", step.id, state, step.title, step.minutes));
        listed.push(serde_json::json!({
            "id": step.id, "title": step.title, "minutes": step.minutes, "state": state,
            "file": format!("exercises/{}.py", step.name),
        }));
    }
    if args.json {
        output::out(&format!("{}\n", serde_json::to_string_pretty(&listed).unwrap_or_default()));
        return Ok(());
    }
    if let Some(track) = folder.track().filter(|_| !args.all) {
        output::out(&format!("{}\n\n", described(track)));
    }
    for line in text.lines() {
        output::out(&format!("{}\n", line.trim_end()));
    }
    match folder.next_step()? {
        Some(name) => {
            let step = step::load(folder.library(), &name)?;
            output::out(&format!(
                "\nNext: {} in exercises/{name}.py, then `batchlab check {}`.\n",
                step.title, step.id
            ));
        }
        None => output::out("\nAll steps are passed. `batchlab report --verify` checks them on fresh data.\n"),
    }
    Ok(())
}

/// The track with what goes with its steps.
fn described(track: &Track) -> String {
    let named = |what: &str, ids: &[String]| {
        if ids.is_empty() { String::new() } else { format!("\n  {what}: {}", ids.join(", ")) }
    };
    format!(
        "Track {}: {}. `--all` shows every step.{}{}",
        track.name,
        track.about,
        named("lessons (`batchlab learn L1`)", &track.lessons),
        named("demos (`batchlab demo D01`)", &track.demos)
    )
}
