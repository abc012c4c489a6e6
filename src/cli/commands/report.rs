//! `batchlab report`.

use crate::cli::workshop::Folder;
use crate::cli::{interrupt, launch, output};
use crate::common::Result;
use crate::report::progress::{Form, summary};
use crate::workshop::check::{CheckRequest, Which, check};
use crate::workshop::progress::{self, Progress};
use crate::workshop::step;
use std::path::PathBuf;

/// A summary of what you have done: in the terminal, as Markdown, or as one HTML page
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write it as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write it as one self-contained HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Check every passed step again, on data that nobody has seen
    #[arg(long)]
    verify: bool,
    /// Take over what another progress.json knows better
    #[arg(long, value_name = "FILE")]
    merge: Option<PathBuf>,
    /// The progress as JSON
    #[arg(long)]
    json: bool,
    /// The workshop folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let folder = Folder::open(&args.dir)?;
    let mut progress = Progress::read(&folder.root)?;
    if let Some(other) = &args.merge {
        progress.merge(Progress::read_file(other)?);
        progress.write(&folder.root)?;
    }
    let steps = step::all(folder.library())?;
    for (path, form) in [(&args.markdown, Form::Markdown), (&args.html, Form::Html)] {
        if let Some(path) = path {
            progress::write_file(path, &summary(&progress, &steps, form))?;
            output::err(&format!("{} is written.\n", path.display()));
        }
    }
    if args.json {
        output::out(&format!("{}\n", serde_json::to_string_pretty(&progress).unwrap_or_default()));
    } else if args.markdown.is_none() && args.html.is_none() && !args.verify {
        output::out(&summary(&progress, &steps, Form::Text));
    }
    if args.verify { verify(&folder, &progress) } else { Ok(0) }
}

/// Runs the scripts of all passed steps on fresh seeds.
fn verify(folder: &Folder, progress: &Progress) -> Result<u8> {
    let salt = format!("verify {} {}", folder.salt(), launch::wall_micros());
    let cancelled = interrupt::flag();
    let ids: Vec<String> = progress.steps.keys().filter(|id| progress.is_passed(id)).cloned().collect();
    let (mut held, total) = (0, ids.len());
    for id in ids {
        for chosen in folder.choose(&[id])? {
            let verdict = check(&CheckRequest { salt: &salt, ..folder.request(&chosen, Which::All, &cancelled) })?;
            held += usize::from(verdict.passed);
            let failed = verdict
                .first_failure()
                .map_or(String::new(), |variant| format!(" on {} (seed {})", variant.name, variant.seed));
            let word = if verdict.passed { "holds" } else { "does not hold" };
            output::out(&format!("{:<6}{word}{failed}\n", chosen.step.id));
        }
    }
    output::out(&format!("{held} of {total} passed steps hold on fresh data.\n"));
    Ok(u8::from(held < total))
}
