//! Checks a script against its step.
//!
//! ```text
//!   visible data ──▶ run ──▶ log, names, files ──▶ answers against the oracle
//!   hidden variants ─▶ run ──▶ …                     behaviours against their bounds
//!                                                     predictions · mistakes that explain what is wrong
//! ```
//!
//! The script runs unchanged each time. On the visible data it runs in the learner's folder, on the others in a folder of their own.

use super::compare::{self, Comparison};
use super::dataset::Dataset;
use super::deciding;
use super::edit::Edit;
use super::facts::{self, Facts};
use super::judge;
use super::metrics::{self, Evidence};
use super::oracle;
use super::rows::{self, Rows};
use super::scratch::Scratch;
use super::source_text::SourceText;
use super::step::{Answer, Place, Seed, Step, Variant};
use super::stretch::{self, NAME as STRETCH, Parts};
use super::verdict::{StretchVerdict, VISIBLE, VariantVerdict, Verdict};
use crate::cluster::{ClusterConfig, Fault};
use crate::common::{ErrorClass, Result, SparkError, rng};
use crate::datagen;
use crate::event::Event;
use crate::event::log::EventLog;
use crate::session::{Kept, Outcome, RunRequest, RunSpec, Script, run_and_keep};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// Interpreter steps of a checked script.
pub const STEPS_MAX: u64 = 20_000_000;
/// 2025-01-01: every checked script starts at this moment.
pub const NOW_MICROS: i64 = 1_735_689_600_000_000;

/// What to check, and where.
#[derive(Debug, Clone)]
pub struct CheckRequest<'a> {
    pub step: &'a Step,
    pub source: &'a str,
    /// The script's name for messages.
    pub file: &'a str,
    /// The learner's folder.
    pub root: &'a Path,
    /// Seed and size of the data in that folder.
    pub visible: (u64, u64),
    /// What hidden seeds are derived from.
    pub salt: &'a str,
    /// Size of hidden data, instead of the variant's own.
    pub rows: Option<u64>,
    pub which: Which,
    pub threads: usize,
    pub cancelled: Arc<AtomicBool>,
}

/// The variants to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Visible,
    /// One, counted from 1.
    Only(usize),
    Named(String),
    /// All; the hidden ones only when the visible one is right.
    All,
}

/// Runs the script and judges it.
///
/// # Errors
/// When a run cannot even begin: no such variant, a folder that cannot be written.
pub fn check(request: &CheckRequest<'_>) -> Result<Verdict> {
    check_telling(request, &mut |_| {})
}

/// The same; each variant is told as soon as it is judged, the visible data first.
///
/// # Errors
/// See [`check`].
pub fn check_telling(request: &CheckRequest<'_>, tell: &mut dyn FnMut(&VariantVerdict)) -> Result<Verdict> {
    let step = request.step;
    let wanted = |at: usize, variant: &Variant| match &request.which {
        Which::Visible => at == 0,
        Which::Only(number) => at + 1 == *number,
        Which::Named(name) => variant.name == *name,
        Which::All => true,
    };
    let mut verdict =
        Verdict { step: step.id.clone(), title: step.title.clone(), passed: true, variants: Vec::new(), stretch: None };
    let parts = stretch::parts(step, request.source);
    for (_, variant) in step.variants.iter().enumerate().filter(|(at, variant)| wanted(*at, variant)) {
        let (judged, stretch) = run_variant(request, variant, parts.as_ref())?;
        verdict.passed &= judged.passed;
        verdict.stretch = verdict.stretch.or(stretch);
        if request.cancelled.load(Ordering::Relaxed) {
            break;
        }
        tell(&judged);
        let stop = !judged.passed && request.which == Which::All;
        verdict.variants.push(judged);
        if stop {
            break;
        }
    }
    if verdict.variants.is_empty() && !request.cancelled.load(Ordering::Relaxed) {
        return Err(SparkError::new(ErrorClass::IllegalArgumentException, format!("{} has no such variant", step.id))
            .with_help(format!("it has {}, counted from 1; the first is the visible data", step.variants.len())));
    }
    Ok(verdict)
}

/// What one run left behind.
struct Ran {
    outcome: Outcome,
    events: Vec<Arc<Event>>,
    facts: Facts,
    kept: BTreeMap<String, Kept>,
    got: BTreeMap<String, Rows>,
    files: Vec<String>,
}

/// One variant: the script without the lines of the stretch goal is run and judged; on the visible data then the goal.
fn run_variant(
    request: &CheckRequest<'_>,
    variant: &Variant,
    parts: Option<&Parts>,
) -> Result<(VariantVerdict, Option<StretchVerdict>)> {
    let step = request.step;
    let is_visible = variant.seed == Seed::Visible && variant.edit == Edit::None && variant.kill.is_none();
    let (seed, size) = match variant.seed {
        Seed::Visible => request.visible,
        Seed::Derived(number) => {
            let key = format!("{}/{}/{number}", request.salt, step.id);
            (rng::fnv1a(&key) % 1_000_000, request.rows.unwrap_or(variant.rows))
        }
        Seed::Fixed(seed) => (seed, request.rows.unwrap_or(variant.rows)),
    };
    let dataset = Dataset::new(seed, size, variant.vary, variant.edit, &step.data).with_conf(&variant.conf);
    let scratch = if is_visible { None } else { Some(Scratch::new("check")?) };
    let root = scratch.as_ref().map_or(request.root, Scratch::path);
    if is_visible {
        for table in &step.data {
            datagen::ensure_table(&root.join("datasets"), table)?;
        }
    } else {
        dataset.write(root)?;
    }
    let bench = Bench { request, variant, dataset: &dataset, root };
    let own = parts.map_or(request.source, |parts| &parts.step);
    let mut ran = bench.run(own, Vec::new())?;
    for _ in 1..variant.runs {
        ran = bench.run(own, Vec::new())?;
    }
    if let Some(node) = &variant.kill {
        let fault = Fault::parse_kill(&format!("{node}@{:.9}", ran.facts.last_action_at as f64 / 1e9))?;
        clear_output(root);
        ran = bench.run(own, vec![fault])?;
    }
    let seen = bench.look(ran, own, bench.wanted()?)?;
    let mut verdict = judge::verdict(step, variant, &seen.evidence(), &seen.ran.events);
    verdict.events = seen.ran.events;
    let parts = parts.filter(|_| variant.name == VISIBLE);
    let stretch = parts.map(|parts| bench.stretch(parts, &mut verdict, seen.wanted)).transpose()?;
    (verdict.seed, verdict.rows) = (seed, size);
    Ok((verdict, stretch))
}

/// Between two runs in a scratch folder.
fn clear_output(root: &Path) {
    // The second run overwrites what could not be removed.
    let _ = std::fs::remove_dir_all(root.join("out"));
}

/// One variant, ready to run scripts on.
struct Bench<'a> {
    request: &'a CheckRequest<'a>,
    variant: &'a Variant,
    dataset: &'a Dataset,
    root: &'a Path,
}

/// What a run left behind, beside what it should have.
struct Seen<'a> {
    ran: Ran,
    wanted: BTreeMap<String, Rows>,
    compared: IndexMap<String, Comparison>,
    source: SourceText,
    dataset: &'a Dataset,
    is_hidden: bool,
    is_starter: bool,
}

impl Seen<'_> {
    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            facts: &self.ran.facts,
            exit: self.ran.outcome.exit,
            failure: self.ran.outcome.failure.as_ref(),
            conf: &self.ran.outcome.conf,
            kept: &self.ran.kept,
            got: &self.ran.got,
            wanted: &self.wanted,
            compared: &self.compared,
            source: &self.source,
            dataset: self.dataset,
            is_hidden: self.is_hidden,
            is_starter: self.is_starter,
            files: &self.ran.files,
        }
    }
}

impl<'a> Bench<'a> {
    fn run(&self, source: &str, faults: Vec<Fault>) -> Result<Ran> {
        let log = EventLog::new();
        let before = data_files(self.root);
        let run = run_request(self.request, self.variant, self.root, source.to_owned(), &log, faults)?;
        let (outcome, kept) = run_and_keep(run, &names(self.request.step));
        let kept: BTreeMap<String, Kept> = kept.into_iter().collect();
        let got = kept.iter().map(|(name, kept)| (name.clone(), rows::of_value(kept))).collect();
        // What an earlier run left behind is not this run's.
        let written = data_files(self.root).into_iter().filter(|(path, stamp)| before.get(path) != Some(stamp));
        let files = written.map(|(path, _)| path).collect();
        let events = deciding::own_run(&log.snapshot());
        Ok(Ran { outcome, facts: facts::facts(&events), events, kept, got, files })
    }

    /// The right answers, by name.
    fn wanted(&self) -> Result<BTreeMap<String, Rows>> {
        let mut wanted = solved(self.request, self.variant, self.dataset)?;
        for answer in self.request.step.answers.iter().filter(|answer| answer.oracle != oracle::SOLUTION) {
            let right = oracle::answer(&answer.oracle, self.dataset).ok_or_else(|| no_oracle(&answer.oracle))?;
            wanted.insert(answer.place.name().to_owned(), right);
        }
        Ok(wanted)
    }

    /// Puts the answers of a run beside the right ones.
    fn look(&self, mut ran: Ran, source: &str, wanted: BTreeMap<String, Rows>) -> Result<Seen<'a>> {
        let (request, step) = (self.request, self.request.step);
        let mut compared = IndexMap::new();
        for answer in &step.answers {
            let name = answer.place.name().to_owned();
            if let Place::Files { path, format } = &answer.place
                && ran.facts.writes.iter().any(|(written, ..)| written == path)
                && metrics::endings(&ran.files, path).contains(format)
            {
                let rows = read_back(request, self.variant, self.root, path, format)?;
                ran.got.insert(name.clone(), rows);
            }
            if let Some(got) = ran.got.get(&name).filter(|_| !is_unset(&ran.kept, answer))
                && let Some(right) = wanted.get(&name)
            {
                compared.insert(name, compare::compare(got, right, &answer.strictness));
            }
        }
        Ok(Seen {
            ran,
            wanted,
            compared,
            source: SourceText::new(source),
            dataset: self.dataset,
            is_hidden: self.variant.seed != Seed::Visible,
            is_starter: source.trim() == step.starter.trim(),
        })
    }

    /// What is said of the stretch goal. It is looked at when the step is right; its run is then the one to see.
    fn stretch(
        &self,
        parts: &Parts,
        verdict: &mut VariantVerdict,
        wanted: BTreeMap<String, Rows>,
    ) -> Result<StretchVerdict> {
        let Some(goal) = self.request.step.stretch.as_ref().filter(|_| verdict.passed) else {
            let why = "it is looked at when the step is right; the checks leave these lines out".to_owned();
            return Ok(StretchVerdict { reached: false, place: parts.place(), why });
        };
        let seen = self.look(self.run(self.request.source, Vec::new())?, self.request.source, wanted)?;
        let told = judge::stretch(goal, parts, &seen.evidence());
        verdict.events = seen.ran.events;
        Ok(told)
    }
}

fn no_oracle(name: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("there is no oracle `{name}`"))
        .with_help("`solution` compares with what the solution gives; src/workshop/oracle has the others")
}

fn run_request(
    request: &CheckRequest<'_>,
    variant: &Variant,
    root: &Path,
    source: String,
    log: &EventLog,
    faults: Vec<Fault>,
) -> Result<RunRequest> {
    let script = Script { source, file: request.file.to_owned() };
    let spec = RunSpec {
        faults,
        conf: variant.conf.clone(),
        now_micros: NOW_MICROS,
        steps_max: STEPS_MAX,
        threads: request.threads,
        ..RunSpec::new(script, root, ClusterConfig::parse(&variant.cluster)?)
    };
    Ok(RunRequest { log: log.clone(), cancelled: request.cancelled.clone(), ..spec.into() })
}

/// The top-level names whose values are looked at.
fn names(step: &Step) -> Vec<String> {
    let mut names = step.names();
    names.insert(STRETCH.to_owned());
    names.into_iter().collect()
}

/// When a file was written, and how long it is.
type Stamp = (Option<SystemTime>, u64);

/// The data files below `out/`.
fn data_files(root: &Path) -> BTreeMap<String, Stamp> {
    let mut found = BTreeMap::new();
    list_files(&root.join("out"), "out", &mut found);
    found
}

fn list_files(folder: &Path, shown: &str, found: &mut BTreeMap<String, Stamp>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(['.', '_']) {
            continue;
        }
        let path = format!("{shown}/{name}");
        if entry.path().is_dir() {
            list_files(&entry.path(), &path, found);
        } else if entry.path().extension().is_none_or(|extension| extension != "crc") {
            let stamp = entry.metadata().map(|meta| (meta.modified().ok(), meta.len())).unwrap_or_default();
            found.insert(path, stamp);
        }
    }
}

/// A name that holds None, or nothing, has no rows to compare.
fn is_unset(kept: &BTreeMap<String, Kept>, answer: &Answer) -> bool {
    match &answer.place {
        Place::Name(name) => matches!(kept.get(name), None | Some(Kept::None | Kept::Failed(_))),
        Place::Files { .. } => false,
    }
}

/// The answers for which the step has no oracle but its solution, as that gives them on the same data.
fn solved(request: &CheckRequest<'_>, variant: &Variant, dataset: &Dataset) -> Result<BTreeMap<String, Rows>> {
    let step = request.step;
    let mut found = BTreeMap::new();
    if step.answers.iter().all(|answer| answer.oracle != oracle::SOLUTION) {
        return Ok(found);
    }
    let scratch = Scratch::new("check")?;
    dataset.write(scratch.path())?;
    let log = EventLog::new();
    let run = run_request(request, variant, scratch.path(), step.solution.clone(), &log, Vec::new())?;
    let (_, kept) = run_and_keep(run, &names(step));
    let kept: BTreeMap<String, Kept> = kept.into_iter().collect();
    for answer in step.answers.iter().filter(|answer| answer.oracle == oracle::SOLUTION) {
        let rows = match &answer.place {
            Place::Name(name) => kept.get(name).map(rows::of_value).unwrap_or_default(),
            Place::Files { path, format } => read_back(request, variant, scratch.path(), path, format)?,
        };
        found.insert(answer.place.name().to_owned(), rows);
    }
    Ok(found)
}

/// Reads what the script wrote, with a script of our own.
fn read_back(request: &CheckRequest<'_>, variant: &Variant, root: &Path, path: &str, format: &str) -> Result<Rows> {
    let read = match format {
        "csv" => format!("spark.read.csv({path:?}, header=True, inferSchema=True)"),
        _ => format!("spark.read.format({format:?}).load({path:?})"),
    };
    let source =
        format!("from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\nresult = {read}\n");
    let log = EventLog::new();
    let run = run_request(request, variant, root, source, &log, Vec::new())?;
    let (_, kept) = run_and_keep(run, &["result".to_owned()]);
    Ok(kept.first().map(|(_, kept)| rows::of_value(kept)).unwrap_or_default())
}
