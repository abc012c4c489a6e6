//! `batchlab reset`.

use crate::cli::workshop::{Chosen, Folder};
use crate::cli::{launch, output};
use crate::common::Result;
use crate::workshop::progress;
use std::path::PathBuf;

/// Put the starter of a step back; your text is kept in .batchlab/attic/
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The steps, such as E2.3; the first that is not passed when none is named
    steps: Vec<String>,
    /// What the attic holds
    #[arg(long)]
    list: bool,
    /// The workshop folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn try_run(args: &Args) -> Result<()> {
    let folder = Folder::open(&args.dir)?;
    if args.list {
        for name in progress::attic(&folder.root) {
            output::out(&format!(".batchlab/attic/{name}\n"));
        }
        return Ok(());
    }
    for Chosen { step, .. } in folder.choose(&args.steps)? {
        match folder.put_starter_back(&step)? {
            Some(place) => output::out(&format!("{}: the starter is back; your text is kept in {place}\n", step.id)),
            None => output::out(&format!("{}: exercises/{}.py is the starter.\n", step.id, step.name)),
        }
    }
    Ok(())
}
