//! `batchlab class report`, `batchlab class recheck`.

use crate::cli::workshop::Folder;
use crate::cli::{interrupt, launch, output};
use crate::common::{Result, SparkError};
use crate::report::cohort as told;
use crate::workshop::cohort::{Cohort, Learner};
use crate::workshop::handed_in::HandedIn;
use crate::workshop::progress;
use crate::workshop::step::{self, Library};
use clap::Subcommand;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// For instructors: what a class has done, from the files that learners hand in; nothing goes over a network
///
/// What is handed in is a workshop folder, that folder as .zip, .tar or .tar.gz, or its .batchlab/progress.json. The name of the folder or file
/// is the learner's name.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab class report handed-in/*
  batchlab class report handed-in/* --anonymous --html class.html
  batchlab class recheck handed-in/* --seed 2024")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Who has passed what, the most frequent mistakes, steps over their time, who needs help, equal scripts
    Report(Report),
    /// Run the scripts of all passed steps again, on data made from your own seed
    Recheck(Recheck),
}

#[derive(Debug, clap::Args)]
struct Report {
    /// Workshop folders, archives of them, or progress.json files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Animals instead of names
    #[arg(long)]
    anonymous: bool,
    /// Write one self-contained HTML page as well
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write one line for each learner and step as well
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Recheck {
    /// Workshop folders or archives of them
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// What the hidden data are derived from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(args: &Args) -> u8 {
    let done = match &args.what {
        What::Report(report) => tell(report),
        What::Recheck(recheck) => check_again(recheck),
    };
    launch::status(done)
}

fn tell(args: &Report) -> Result<u8> {
    let steps = step::all(Library::default())?;
    let learner = |path: &PathBuf| HandedIn::progress(path).map(|(name, progress)| Learner { name, progress });
    let (learners, unreadable): (Vec<_>, Vec<_>) = args.files.iter().map(learner).partition(Result::is_ok);
    let learners: Vec<Learner> = learners.into_iter().flatten().collect();
    let mut unreadable: Vec<SparkError> = unreadable.into_iter().filter_map(Result::err).collect();
    if learners.is_empty() && !unreadable.is_empty() {
        return Err(unreadable.swap_remove(0));
    }
    let mut cohort = Cohort { learners, steps: &steps };
    if args.anonymous {
        cohort.make_anonymous();
    }
    output::out(&told::text(&cohort));
    for (path, content) in [(&args.html, told::html(&cohort)), (&args.csv, told::csv(&cohort))] {
        if let Some(path) = path {
            progress::write_file(path, content)?;
            output::err(&format!("{} is written.\n", path.display()));
        }
    }
    for error in &unreadable {
        output::err(&format!("Left out: {}.\n", error.message()));
    }
    Ok(u8::from(!unreadable.is_empty()))
}

fn check_again(args: &Recheck) -> Result<u8> {
    let cancelled = interrupt::flag();
    let mut is_fine = true;
    for path in &args.folders {
        let handed_in = HandedIn::open(path)?;
        let folder = Folder::open(&handed_in.root)?.with_our_steps();
        output::out(&format!("{}\n", handed_in.name));
        let rechecked = folder.recheck(&format!("class {}", args.seed), &cancelled)?;
        if cancelled.load(Ordering::Relaxed) {
            return Ok(130);
        }
        for one in &rechecked {
            output::out(&format!("  {}", one.line()));
        }
        if rechecked.is_empty() {
            output::out("  nothing to check again: no step is passed\n");
        }
        is_fine &= rechecked.iter().all(|one| one.verdict.passed);
    }
    Ok(u8::from(!is_fine))
}
