//! `batchlab solution`.

use crate::cli::workshop::{Chosen, Folder};
use crate::cli::{launch, output};
use crate::common::Result;
use crate::workshop::check::{CheckRequest, Which, check};
use crate::workshop::progress::Progress;
use crate::workshop::verdict::Figures;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

/// One way to do a step; once you have passed it, with what both scripts did in the cluster
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The step, such as E2.3; the first that is not passed when none is named
    step: Option<String>,
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
    for chosen in folder.choose(args.step.as_slice())?.into_iter().take(1) {
        let id = &chosen.step.id;
        if !Progress::read(&folder.root)?.is_passed(id) && !args.yes && !confirmed(id) {
            output::err("Nothing is shown. `batchlab hint` gives the next hint.\n");
            return Ok(1);
        }
        output::out(&reveal(&folder, &chosen)?);
    }
    Ok(0)
}

/// The solution of a step, where it is passed with what both scripts did in the cluster; notes that it was seen.
pub(crate) fn reveal(folder: &Folder, chosen: &Chosen) -> Result<String> {
    let step = &chosen.step;
    let is_passed = Progress::read(&folder.root)?.is_passed(&step.id);
    let said = serde_json::json!({"event": "solution", "passed": is_passed});
    folder.note(&step.id, said, |entry| entry.revealed |= !is_passed)?;
    if !is_passed {
        return Ok(step.solution.clone());
    }
    let figures = |source: &str| -> Result<Figures> {
        let request = folder.request(chosen, Which::Visible, &Arc::default());
        let verdict = check(&CheckRequest { source, ..request })?;
        Ok(verdict.variants.first().map(|variant| variant.figures.clone()).unwrap_or_default())
    };
    let both = side_by_side(&figures(&chosen.source)?, &figures(&step.solution)?);
    Ok(format!("{}{both}", step.solution))
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
