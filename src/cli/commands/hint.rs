//! `batchlab hint`.

use crate::cli::workshop::Folder;
use crate::cli::{classroom, launch, output};
use crate::common::Result;
use crate::workshop::lesson;
use crate::workshop::progress::Progress;
use crate::workshop::stretch;
use std::path::PathBuf;

/// The next hint of a step
///
/// There are three: a question, the tool, the way. They cost nothing; the report says how many were read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The step, such as E2.3; the first that is not passed when none is named
    step: Option<String>,
    /// The task and its theory first
    #[arg(long)]
    task: bool,
    /// The workshop folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn try_run(args: &Args) -> Result<()> {
    let folder = Folder::open(&args.dir)?;
    for chosen in folder.choose(args.step.as_slice())?.into_iter().take(1) {
        let step = &chosen.step;
        output::out(&format!("{}  {}  (exercises/{}.py)\n", step.id, step.title, step.name));
        if args.task {
            output::out(&format!("\n{}\n\n{}\n", step.task, step.theory));
            if let Some(stretch) = &step.stretch {
                output::out(&format!("\nWhen it is right, a stretch goal: {}\n{}\n", stretch.text, stretch::PLACE));
            }
            beside(&step.id)?;
            return Ok(());
        }
        let progress = Progress::read(&folder.root)?;
        let read = progress.steps.get(&step.id).map_or(0, |entry| entry.hints as usize);
        let shown = (read + 1).min(step.hints.len());
        for (number, hint) in step.hints.iter().take(shown).enumerate() {
            output::out(&format!("  {}. {hint}\n", number + 1));
        }
        if read == step.hints.len() {
            output::out(&format!("  That is all. `batchlab solution {}` shows one way to do it.\n", step.id));
        } else {
            folder.note_hint(&step.id, shown)?;
        }
    }
    Ok(())
}

/// The lessons that a step goes with.
fn beside(id: &str) -> Result<()> {
    for lesson in lesson::lessons(&classroom::content())? {
        if lesson.head.goes_with.iter().any(|other| other == id) {
            output::out(&format!("\nGoes with {}: `batchlab learn {}`\n", lesson.head.title, lesson.head.id));
        }
    }
    Ok(())
}
