//! `batchlab solution`.

use crate::cli::workshop::{self, Folder};
use crate::cli::{interrupt, launch, output};
use crate::common::Result;
use crate::workshop::check::{CheckRequest, Which, check};
use crate::workshop::progress::{self, Progress};
use crate::workshop::verdict::Figures;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

/// One way to do a step; once you have passed it, with what both scripts did in the cluster
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The step, such as E2.3
    step: String,
    /// Do not ask, though the step is not passed yet
    #[arg(long)]
    yes: bool,
    /// The workshop folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let folder = Folder::open(&args.dir)?;
    for chosen in folder.choose(std::slice::from_ref(&args.step))?.into_iter().take(1) {
        let step = &chosen.step;
        let mut progress = Progress::read(&folder.root)?;
        let passed = progress.is_passed(&step.id);
        if !passed && !args.yes && !confirmed(&step.id) {
            output::err("Nothing is shown. `batchlab hint` gives the next hint.\n");
            return Ok(1);
        }
        let entry = progress.steps.entry(step.id.clone()).or_default();
        entry.revealed |= !passed;
        progress.write(&folder.root)?;
        let line = serde_json::json!({"time": workshop::now(), "step": step.id, "event": "solution", "passed": passed});
        progress::log(&folder.root, &line)?;
        output::out(&step.solution);
        if passed {
            let figures = |source: &str| -> Result<Figures> {
                let request = folder.request(&chosen, Which::Visible, &interrupt::flag());
                let verdict = check(&CheckRequest { source, ..request })?;
                Ok(verdict.variants.first().map(|variant| variant.figures.clone()).unwrap_or_default())
            };
            output::out(&side_by_side(&figures(&chosen.source)?, &figures(&step.solution)?));
        }
    }
    Ok(0)
}

fn confirmed(id: &str) -> bool {
    if !std::io::stdin().is_terminal() {
        output::err(&format!("{id} is not passed yet; say --yes to see the solution all the same.\n"));
        return false;
    }
    output::err(&format!("{id} is not passed yet. Show the solution all the same? The report will say so. [y/N] "));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// What both scripts did on the visible data; also where the learner's is better.
fn side_by_side(yours: &Figures, ours: &Figures) -> String {
    let mut text = format!("\n# In the cluster      {:>12} {:>12}\n", "yours", "this one");
    for (name, yours, ours) in [
        ("stages", yours.stages, ours.stages),
        ("tasks", yours.tasks, ours.tasks),
        ("exchanges", yours.exchanges, ours.exchanges),
        ("shuffled rows", yours.shuffle_records, ours.shuffle_records),
        ("shuffled bytes", yours.shuffle_bytes, ours.shuffle_bytes),
        ("bytes read", yours.bytes_read, ours.bytes_read),
    ] {
        text.push_str(&format!("# {name:<20}{yours:>12} {ours:>12}\n"));
    }
    text
}
