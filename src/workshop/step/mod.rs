//! Steps of the exercises: `exercises/NN_name/sK_name.toml` beside the starter.
//!
//! A manifest is data: texts, checks, variants, mistakes. Its rules are read and typed when it is loaded, so that a step that loads can be
//! checked. A workshop folder's own file wins over the one that the binary carries. `exercises/common.toml` holds what every step has besides.

mod manifest;

use super::compare::Strictness;
use super::edit::Edit;
use super::rule::Rule;
use crate::common::{ErrorClass, Result, SparkError};
use include_dir::{Dir, include_dir};
use std::collections::BTreeSet;
use std::path::Path;

static EXERCISES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/exercises");
static SOLUTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/solutions");

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// `E2.3`.
    pub id: String,
    /// `02_joins/s3_broadcast`.
    pub name: String,
    pub title: String,
    pub minutes: u32,
    pub cluster: String,
    pub data: Vec<String>,
    pub task: String,
    pub theory: String,
    pub hints: Vec<String>,
    pub stretch: Option<Stretch>,
    pub answers: Vec<Answer>,
    pub behaviours: Vec<Behaviour>,
    pub predictions: Vec<Prediction>,
    pub mistakes: Vec<Mistake>,
    pub variants: Vec<Variant>,
    pub mutants: Vec<Mutant>,
    pub starter: String,
    pub solution: String,
    /// The check or mistake that the starter runs into.
    pub starter_fails: String,
}

/// More for those who are done.
#[derive(Debug, Clone)]
pub struct Stretch {
    pub text: String,
    /// What must hold when it is done; the first that does not says what is wrong.
    pub checks: Vec<StretchCheck>,
    /// Lines that, added to the solution, do it.
    pub example: String,
    /// Changes of those lines, and the check that must catch each.
    pub mutants: Vec<StretchMutant>,
}

/// A check of a stretch goal.
#[derive(Debug, Clone)]
pub struct StretchCheck {
    pub holds: Rule,
    pub say: Message,
}

/// Lines for a stretch goal that are wrong.
#[derive(Debug, Clone)]
pub struct StretchMutant {
    pub edits: Vec<(String, String)>,
    /// The check that speaks, from 1.
    pub caught_by: usize,
}

/// An answer to compare.
#[derive(Debug, Clone)]
pub struct Answer {
    /// A top-level name of the script, or a folder that it writes.
    pub place: Place,
    pub oracle: String,
    pub strictness: Strictness,
    pub why: Message,
    pub next: Message,
}

/// Where an answer is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Name(String),
    Files { path: String, format: String },
}

impl Place {
    /// Its name in rules and messages.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Place::Name(name) => name,
            Place::Files { path, .. } => path,
        }
    }
}

/// What the cluster must have done.
#[derive(Debug, Clone)]
pub struct Behaviour {
    pub id: String,
    pub metric: Rule,
    /// The metric as written.
    pub text: String,
    /// What is checked, in words; absent: the metric's meaning says it.
    pub label: Option<String>,
    pub bound: Bound,
    pub why: Message,
    pub next: Message,
    /// Only on this variant.
    pub on: Option<String>,
}

/// How a metric is bounded.
#[derive(Debug, Clone)]
pub enum Bound {
    Equals(Rule),
    AtMost(Rule),
    AtLeast(Rule),
    Contains(Rule),
    /// The metric itself is true.
    Holds,
}

impl Bound {
    fn rule(&self) -> Option<&Rule> {
        match self {
            Bound::Equals(rule) | Bound::AtMost(rule) | Bound::AtLeast(rule) | Bound::Contains(rule) => Some(rule),
            Bound::Holds => None,
        }
    }
}

/// A number to say before the run.
#[derive(Debug, Clone)]
pub struct Prediction {
    pub name: String,
    pub metric: Rule,
    pub why: Message,
}

/// A slip that is recognised.
#[derive(Debug, Clone)]
pub struct Mistake {
    /// `m1`.
    pub id: String,
    pub when: Rule,
    pub say: Message,
    /// Not wrong, only worth a remark.
    pub accepted: bool,
    /// Every step has it; no step proves it with a mutant of its own.
    pub is_common: bool,
}

/// Data and cluster of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub name: String,
    pub seed: Seed,
    pub rows: u64,
    pub cluster: String,
    pub vary: bool,
    pub edit: Edit,
    /// The Python class that must end the script.
    pub raises: Option<String>,
    /// How often the script runs; the last run is checked.
    pub runs: u32,
    /// A node that dies just before the script's last action.
    pub kill: Option<String>,
    pub conf: Vec<(String, String)>,
}

/// The seed of a variant's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// The seed of the workshop folder.
    Visible,
    /// Derived from the folder's salt, the step and this number.
    Derived(u64),
    Fixed(u64),
}

/// A broken solution and what must catch it.
#[derive(Debug, Clone)]
pub struct Mutant {
    pub name: String,
    /// Texts of the solution and what stands there instead.
    pub edits: Vec<(String, String)>,
    /// A mistake's or check's id.
    pub caught_by: String,
    /// The variant on which it shows; the visible one unless given.
    pub on: Option<String>,
}

/// A text with rules in it.
#[derive(Debug, Clone, Default)]
pub struct Message(pub Vec<Part>);

/// A part of a message.
#[derive(Debug, Clone)]
pub enum Part {
    Text(String),
    Rule(Rule),
}

impl Step {
    /// The top-level names that the rules and answers read.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = ["result".to_owned(), "predict".to_owned()].into();
        names.extend(self.answers.iter().filter_map(|answer| match &answer.place {
            Place::Name(name) => Some(name.clone()),
            Place::Files { .. } => None,
        }));
        for rule in self.rules() {
            rule.visit_names(&mut |name| {
                names.insert(name.split('.').next().unwrap_or_default().to_owned());
            });
        }
        names
    }

    /// The rules that the step itself is judged by.
    #[must_use]
    pub fn rules_of_checks(&self) -> Vec<&Rule> {
        let mut rules: Vec<&Rule> = self.predictions.iter().map(|prediction| &prediction.metric).collect();
        for behaviour in &self.behaviours {
            rules.push(&behaviour.metric);
            rules.extend(behaviour.bound.rule());
        }
        rules
    }

    /// Every rule of the step, those in messages and of the stretch goal too.
    #[must_use]
    pub fn rules(&self) -> Vec<&Rule> {
        let mut rules = self.rules_of_checks();
        let mut messages: Vec<&Message> = Vec::new();
        for behaviour in &self.behaviours {
            messages.extend([&behaviour.why, &behaviour.next]);
        }
        for mistake in &self.mistakes {
            rules.push(&mistake.when);
            messages.push(&mistake.say);
        }
        messages.extend(self.answers.iter().flat_map(|answer| [&answer.why, &answer.next]));
        for check in self.stretch.iter().flat_map(|stretch| &stretch.checks) {
            rules.push(&check.holds);
            messages.push(&check.say);
        }
        rules.extend(messages.into_iter().flat_map(|message| &message.0).filter_map(|part| match part {
            Part::Rule(rule) => Some(rule),
            Part::Text(_) => None,
        }));
        rules
    }
}

/// Where a step's own files may be, besides those in the binary.
#[derive(Debug, Clone, Copy, Default)]
pub struct Library<'a> {
    /// A workshop folder with `exercises/`.
    pub root: Option<&'a Path>,
}

/// Names of all steps that have a manifest, in order.
#[must_use]
pub fn names(library: Library<'_>) -> Vec<String> {
    let mut names: Vec<String> = EXERCISES
        .dirs()
        .flat_map(Dir::files)
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "toml"))
        .map(|file| file.path().with_extension("").to_string_lossy().replace('\\', "/"))
        .collect();
    if let Some(folder) = library.root.map(|root| root.join("exercises")) {
        names.extend(own_names(&folder));
    }
    names.sort();
    names.dedup();
    names
}

fn own_names(folder: &Path) -> Vec<String> {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let manifests = entries(folder).filter(|path| path.is_dir()).flat_map(|path| entries(&path).collect::<Vec<_>>());
    manifests
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter_map(|path| {
            Some(path.strip_prefix(folder).ok()?.with_extension("").to_string_lossy().replace('\\', "/"))
        })
        .collect()
}

fn text_of(library: Library<'_>, embedded: &Dir<'static>, folder: &str, file: &str) -> Option<String> {
    let own = library.root.map(|root| root.join(folder).join(file)).filter(|path| path.is_file());
    match own {
        Some(path) => std::fs::read_to_string(path).ok(),
        None => Some(embedded.get_file(file)?.contents_utf8()?.to_owned()),
    }
}

/// The starter that the binary carries; a workshop folder's script is the learner's own.
#[must_use]
pub fn embedded_starter(name: &str) -> Option<&'static str> {
    EXERCISES.get_file(format!("{name}.py"))?.contents_utf8()
}

/// Reads a step.
///
/// # Errors
/// A manifest that does not parse, with the place.
pub fn load(library: Library<'_>, name: &str) -> Result<Step> {
    let manifest = format!("{name}.toml");
    let text = text_of(library, &EXERCISES, "exercises", &manifest)
        .ok_or_else(|| broken(name, "there is no such manifest".to_owned()))?;
    let common = text_of(library, &EXERCISES, "exercises", "common.toml").unwrap_or_default();
    let starter = embedded_starter(name).map(str::to_owned);
    let starter = starter.or_else(|| text_of(library, &EXERCISES, "exercises", &format!("{name}.py")));
    let solution = text_of(library, &SOLUTIONS, "solutions", &format!("{name}.py"));
    manifest::read(name, &text, &common, starter.unwrap_or_default(), solution.unwrap_or_default())
}

/// Reads every step.
///
/// # Errors
/// The first manifest that does not parse.
pub fn all(library: Library<'_>) -> Result<Vec<Step>> {
    names(library).iter().map(|name| load(library, name)).collect()
}

fn broken(name: &str, why: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("the step file exercises/{name}.toml: {why}"))
        .with_help("exercises/README.md says what a step file holds (`batchlab dev new` brings it along); `batchlab dev check` checks it")
}
