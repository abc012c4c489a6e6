//! `batchlab dev check`.

use crate::cli::workshop::{self, Folder};
use crate::cli::{interrupt, launch, output};
use crate::common::Result;
use crate::workshop::dev::{Bench, prove};
use clap::Subcommand;
use std::path::PathBuf;

/// For those who write steps: prove that they hold
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Prove that starters fail for the right reason, solutions pass on all variants, and every mutant is caught by its check
    Check(Check),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// Steps: E2.3, an exercise such as E2, or all
    what: Vec<String>,
    /// The workshop folder whose step files are checked
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    let What::Check(check) = &args.what;
    launch::status(try_check(check))
}

fn try_check(args: &Check) -> Result<u8> {
    let folder = Folder::open(&args.dir)?;
    let words = if args.what.is_empty() { vec!["all".to_owned()] } else { args.what.clone() };
    let root = std::env::temp_dir().join(format!("batchlab-dev-{}", std::process::id()));
    std::fs::create_dir_all(&root).map_err(|error| crate::common::SparkError::internal(error.to_string()))?;
    let bench = Bench { root: &root, threads: workshop::threads(), cancelled: interrupt::flag() };
    let (mut wrong, mut steps) = (0, 0);
    for chosen in folder.choose(&words)? {
        steps += 1;
        let problems = prove(&chosen.step, &bench);
        let problems = problems.inspect_err(|_| drop(std::fs::remove_dir_all(&root)))?;
        wrong += problems.len();
        if problems.is_empty() {
            output::out(&format!(
                "{}  {} holds: {} mutants caught\n",
                chosen.step.id,
                chosen.step.title,
                chosen.step.mutants.len()
            ));
        }
        for problem in &problems {
            output::out(&format!("{problem}\n"));
        }
    }
    // A folder that stays behind is the system's to clean.
    let _ = std::fs::remove_dir_all(&root);
    output::out(&format!("{steps} steps, {wrong} problems\n"));
    Ok(u8::from(wrong > 0))
}
