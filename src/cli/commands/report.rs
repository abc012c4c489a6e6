//! `batchlab report`.

use crate::cli::workshop::{Chosen, Folder};
use crate::cli::{classroom, interrupt, launch, output};
use crate::common::Result;
use crate::report::progress::{Exhibit, Extras, Form, Outcome, summary};
use crate::tui::{Depth, ScreenOptions, Theme, export};
use crate::workshop::check::{CheckRequest, Which, check};
use crate::workshop::concept::{self, Role};
use crate::workshop::deciding;
use crate::workshop::handed_in::HandedIn;
use crate::workshop::progress::{self, Progress};
use crate::workshop::step::{self, Step};
use crate::workshop::verdict::{Figures, VariantVerdict};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

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
    /// Take over what was done on another machine: its progress.json, workshop folder or archive; may be given several times
    #[arg(long, value_name = "FILE")]
    merge: Vec<PathBuf>,
    /// The progress as JSON
    #[arg(long)]
    json: bool,
    /// The workshop folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

/// Steps whose runs are worth a picture: the first shuffle, the shuffle diet, the lake, the node that dies.
const EXHIBITS: [&str; 4] = ["E1.8", "E2.9", "E3.8", "E4.8"];

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let folder = Folder::open(&args.dir)?;
    let mut progress = Progress::read(&folder.root)?;
    for other in &args.merge {
        merge(&folder, &mut progress, other)?;
    }
    let steps = step::all(folder.library())?;
    for (path, form) in [(&args.markdown, Form::Markdown), (&args.html, Form::Html)] {
        if let Some(path) = path {
            let extras = Extras {
                starters: starters(&folder, &progress, &steps)?,
                outcomes: outcomes()?,
                exhibits: if form == Form::Html { exhibits(&folder, &progress)? } else { Vec::new() },
            };
            progress::write_file(path, summary(&progress, &steps, &extras, form))?;
            output::err(&format!("{} is written.\n", path.display()));
        }
    }
    if args.json {
        output::out(&format!("{}\n", serde_json::to_string_pretty(&progress).unwrap_or_default()));
    } else if args.markdown.is_none() && args.html.is_none() && !args.verify {
        let extras = Extras { outcomes: outcomes()?, ..Extras::default() };
        output::out(&summary(&progress, &steps, &extras, Form::Text));
    }
    if args.verify { verify(&folder, &progress) } else { Ok(0) }
}

/// Takes over what another file knows better, and says which steps that are.
fn merge(folder: &Folder, progress: &mut Progress, other: &Path) -> Result<()> {
    let taken = progress.merge(HandedIn::progress(other)?.1);
    progress.write(&folder.root)?;
    let words = if taken.is_empty() { "nothing that is better".to_owned() } else { taken.join(", ") };
    output::err(&format!("Taken over from {}: {words}.\n", other.display()));
    Ok(())
}

/// Runs the scripts of all passed steps on fresh seeds.
fn verify(folder: &Folder, progress: &Progress) -> Result<u8> {
    let salt = format!("verify {} {}", folder.salt(), launch::wall_micros());
    let cancelled = interrupt::flag();
    let rechecked = folder.recheck(&salt, &cancelled)?;
    if cancelled.load(Ordering::Relaxed) {
        return Ok(130);
    }
    for one in &rechecked {
        output::out(&one.line());
    }
    let changed = folder.changed_since_passed(progress)?;
    if !changed.is_empty() {
        output::out(&format!("Not the script that passed, but what is there now: {}.\n", changed.join(", ")));
    }
    let held = rechecked.iter().filter(|one| one.verdict.passed).count();
    output::out(&format!("{held} of {} passed steps hold on fresh data.\n", rechecked.len()));
    Ok(u8::from(held < rechecked.len()))
}

/// One run of a script of a step on the visible data.
fn visible_run(folder: &Folder, chosen: &Chosen, source: &str) -> Result<Option<VariantVerdict>> {
    let request = folder.request(chosen, Which::Visible, &Arc::default());
    let verdict = check(&CheckRequest { source, ..request })?;
    Ok(verdict.variants.into_iter().next())
}

/// What the starters of the passed steps shuffle, where they run.
fn starters(folder: &Folder, progress: &Progress, steps: &[Step]) -> Result<BTreeMap<String, Figures>> {
    let mut figures = BTreeMap::new();
    for step in steps.iter().filter(|step| progress.is_passed(&step.id)) {
        let run = visible_run(folder, &folder.named(&step.name)?, &step.starter)?;
        figures.extend(run.map(|run| (step.id.clone(), run.figures)));
    }
    Ok(figures)
}

/// The aims of the course: concepts of its last section, and the steps that check them.
fn outcomes() -> Result<Vec<Outcome>> {
    let map = concept::map(&classroom::content())?;
    let aims = map.rows().filter(|row| row.concept.text.starts_with("Skill:"));
    let outcome = |row: &concept::Row| Outcome {
        text: row.concept.text.trim_start_matches("Skill:").trim().to_owned(),
        steps: row.places[&Role::Checks].iter().filter(|place| place.starts_with('E')).cloned().collect(),
    };
    Ok(aims.map(outcome).filter(|outcome| !outcome.steps.is_empty()).collect())
}

/// The learner's own runs of a few steps, each at the moment when most rows had moved.
fn exhibits(folder: &Folder, progress: &Progress) -> Result<Vec<Exhibit>> {
    let mut exhibits = Vec::new();
    for id in EXHIBITS.iter().filter(|id| progress.is_passed(id)) {
        for chosen in folder.choose(&[(*id).to_owned()])? {
            let Some(run) = visible_run(folder, &chosen, &chosen.source)? else { continue };
            let moment = deciding::largest_shuffle(&run.events).unwrap_or(run.events.len());
            let at = run.events[..moment].last().map(|event| event.time).unwrap_or_default();
            let options = ScreenOptions { theme: Theme::Light, depth: Depth::Rgb, ..ScreenOptions::default() };
            let title = format!("{id}  {}: your script, when most of its rows had moved", chosen.step.title);
            exhibits.push(Exhibit { svg: export::svg(&chosen.file, &run.events, at, options), title });
        }
    }
    Ok(exhibits)
}
