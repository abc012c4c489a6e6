//! `batchlab reset`.

use crate::cli::workshop::Folder;
use crate::cli::{launch, output};
use crate::common::Result;
use crate::workshop::progress;
use std::path::PathBuf;

/// Put the starter of a step back; your text is kept in .batchlab/attic/
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The steps, such as E2.3
    #[arg(required_unless_present = "list")]
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
    for chosen in folder.choose(&args.steps)? {
        let (step, path) = (&chosen.step, folder.script(&chosen.step.name));
        if chosen.source == step.starter && path.is_file() {
            output::out(&format!("{} is the starter already.\n", step.id));
            continue;
        }
        if path.is_file() {
            let kept = progress::keep(&folder.root, step, &chosen.source)?;
            let shown = kept.strip_prefix(&folder.root).unwrap_or(&kept).display().to_string();
            output::out(&format!("{}: your text is kept in {shown}\n", step.id));
        }
        progress::write_file(&path, &step.starter)?;
        let line = serde_json::json!({"time": crate::cli::workshop::now(), "step": step.id, "event": "reset"});
        progress::log(&folder.root, &line)?;
        output::out(&format!("{}: exercises/{}.py is the starter again.\n", step.id, step.name));
    }
    Ok(())
}
