//! Steps of the exercises: `exercises/NN_name/sK_name.toml` beside the starter.
//!
//! A manifest is data: texts, checks, variants, mistakes. Its rules are read and typed when it is loaded, so that a step that loads can be
//! checked. A workshop folder's own file wins over the one that the binary carries.

use super::dataset::Edit;
use super::rule::{self, Kind, Rule};
use crate::common::{ErrorClass, Result, SparkError};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
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
    /// Holds when it was done.
    pub rule: Option<Rule>,
    /// Lines that, added to the solution, do it.
    pub example: Option<String>,
}

/// An answer to compare.
#[derive(Debug, Clone)]
pub struct Answer {
    /// A top-level name of the script, or a folder that it writes.
    pub place: Place,
    pub oracle: String,
    pub ordered: bool,
    pub tolerance: f64,
    pub exact_types: bool,
    pub nullability: bool,
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
    /// Every rule of the step, those in messages too.
    pub fn rules(&self) -> Vec<&Rule> {
        let mut rules: Vec<&Rule> = self.predictions.iter().map(|prediction| &prediction.metric).collect();
        let mut messages: Vec<&Message> = Vec::new();
        for behaviour in &self.behaviours {
            rules.push(&behaviour.metric);
            match &behaviour.bound {
                Bound::Equals(rule) | Bound::AtMost(rule) | Bound::AtLeast(rule) | Bound::Contains(rule) => {
                    rules.push(rule);
                }
                Bound::Holds => {}
            }
            messages.extend([&behaviour.why, &behaviour.next]);
        }
        for mistake in &self.mistakes {
            rules.push(&mistake.when);
            messages.push(&mistake.say);
        }
        messages.extend(self.answers.iter().flat_map(|answer| [&answer.why, &answer.next]));
        rules.extend(self.stretch.iter().filter_map(|stretch| stretch.rule.as_ref()));
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
    let raw: RawFile = toml::from_str(&text).map_err(|error| broken(name, error.to_string()))?;
    let starter = embedded_starter(name).map(str::to_owned);
    let starter = starter.or_else(|| text_of(library, &EXERCISES, "exercises", &format!("{name}.py")));
    let solution = text_of(library, &SOLUTIONS, "solutions", &format!("{name}.py"));
    raw.step(name, starter.unwrap_or_default(), solution.unwrap_or_default())
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
        .with_help("exercises/README.md says what a step file holds; `batchlab dev check` checks it")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    step: RawStep,
    #[serde(default)]
    answer: Vec<RawAnswer>,
    #[serde(default)]
    behaviour: Vec<RawBehaviour>,
    #[serde(default)]
    predict: Vec<RawPrediction>,
    #[serde(default)]
    mistake: Vec<RawMistake>,
    #[serde(default)]
    variant: Vec<RawVariant>,
    #[serde(default)]
    mutant: Vec<RawMutant>,
    stretch: Option<RawStretch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    id: String,
    title: String,
    minutes: u32,
    /// Concepts that it teaches, shows and checks; the map of concepts reads them.
    #[serde(default)]
    #[expect(dead_code, reason = "read by workshop::concept from the same file")]
    concepts: Vec<u32>,
    #[serde(default = "w4")]
    cluster: String,
    data: Vec<String>,
    task: String,
    theory: String,
    hints: Vec<String>,
    /// What the starter runs into.
    starter_fails: String,
    /// Rows of the two hidden variants that every step has.
    #[serde(default = "hidden_rows")]
    hidden_rows: [u64; 2],
}

fn hidden_rows() -> [u64; 2] {
    [6_000, 3_400]
}

fn w4() -> String {
    "W4".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStretch {
    text: String,
    rule: Option<String>,
    example: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    name: Option<String>,
    file: Option<String>,
    format: Option<String>,
    oracle: String,
    #[serde(default)]
    order: Order,
    #[serde(default)]
    tolerance: f64,
    #[serde(default)]
    types: Types,
    #[serde(default)]
    nullability: bool,
    #[serde(default)]
    why: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    Any,
    Exact,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Types {
    #[default]
    Family,
    Exact,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBehaviour {
    id: String,
    metric: String,
    label: Option<String>,
    equals: Option<Bounding>,
    max: Option<Bounding>,
    min: Option<Bounding>,
    contains: Option<String>,
    why: String,
    next: String,
    on: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Bounding {
    Bool(bool),
    Number(f64),
    Rule(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrediction {
    name: String,
    metric: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMistake {
    id: String,
    when: String,
    say: String,
    #[serde(default)]
    accepted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVariant {
    name: String,
    seed: Option<RawSeed>,
    rows: Option<u64>,
    cluster: Option<String>,
    vary: Option<bool>,
    #[serde(default)]
    edit: Edit,
    raises: Option<String>,
    runs: Option<u32>,
    kill: Option<String>,
    #[serde(default)]
    conf: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawSeed {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMutant {
    name: String,
    edit: Vec<(String, String)>,
    caught_by: String,
    on: Option<String>,
}

impl RawFile {
    fn step(self, name: &str, starter: String, solution: String) -> Result<Step> {
        let compile = |what: &str, text: &str| {
            rule::parse(text).map_err(|error| broken(name, format!("{what}: `{text}`: {error}")))
        };
        let condition = |what: &str, text: &str| {
            let rule = compile(what, text)?;
            if rule.kind() == Kind::Bool {
                Ok(rule)
            } else {
                Err(broken(name, format!("{what}: `{text}` is {}, not true or false", rule.kind().name())))
            }
        };
        let message = |what: &str, text: &str| message(text).map_err(|why| broken(name, format!("{what}: {why}")));
        let raw = self.step;
        let mut step = Step {
            id: raw.id,
            name: name.to_owned(),
            title: raw.title,
            minutes: raw.minutes,
            cluster: raw.cluster,
            data: raw.data,
            task: raw.task.trim().to_owned(),
            theory: raw.theory.trim().to_owned(),
            hints: raw.hints,
            stretch: None,
            answers: Vec::new(),
            behaviours: Vec::new(),
            predictions: Vec::new(),
            mistakes: Vec::new(),
            variants: standard_variants(raw.hidden_rows),
            mutants: Vec::new(),
            starter,
            solution,
            starter_fails: raw.starter_fails,
        };
        if let Some(stretch) = self.stretch {
            let rule = stretch.rule.as_deref().map(|rule| condition("stretch", rule)).transpose()?;
            step.stretch = Some(Stretch { text: stretch.text, rule, example: stretch.example });
        }
        for answer in self.answer {
            let place = match (answer.name, answer.file) {
                (Some(name), None) => Place::Name(name),
                (None, Some(path)) => {
                    Place::Files { path, format: answer.format.unwrap_or_else(|| "parquet".to_owned()) }
                }
                _ => return Err(broken(name, "an answer needs either `name` or `file`".to_owned())),
            };
            step.answers.push(Answer {
                why: message("answer", &answer.why)?,
                next: message("answer", &answer.next)?,
                place,
                oracle: answer.oracle,
                ordered: answer.order == Order::Exact,
                tolerance: answer.tolerance,
                exact_types: answer.types == Types::Exact,
                nullability: answer.nullability,
            });
        }
        for raw in self.behaviour {
            let metric = compile(&raw.id, &raw.metric)?;
            let bounds = [raw.equals, raw.max, raw.min].map(|bound| bound.map(|bound| bound.text()));
            let bound = match (&bounds, raw.contains) {
                ([Some(rule), None, None], None) => Bound::Equals(compile(&raw.id, rule)?),
                ([None, Some(rule), None], None) => Bound::AtMost(compile(&raw.id, rule)?),
                ([None, None, Some(rule)], None) => Bound::AtLeast(compile(&raw.id, rule)?),
                ([None, None, None], Some(text)) => Bound::Contains(Rule::Literal(rule::Value::Text(text))),
                ([None, None, None], None) if metric.kind() == Kind::Bool => Bound::Holds,
                _ => return Err(broken(name, format!("{}: give one of equals, max, min, contains", raw.id))),
            };
            step.behaviours.push(Behaviour {
                why: message(&raw.id, &raw.why)?,
                next: message(&raw.id, &raw.next)?,
                id: raw.id,
                metric,
                text: raw.metric,
                label: raw.label,
                bound,
                on: raw.on,
            });
        }
        for raw in self.predict {
            let why = message("predict", &raw.why)?;
            step.predictions.push(Prediction { metric: compile("predict", &raw.metric)?, name: raw.name, why });
        }
        for raw in self.mistake {
            let (when, say) = (condition(&raw.id, &raw.when)?, message(&raw.id, &raw.say)?);
            step.mistakes.push(Mistake { id: raw.id, when, say, accepted: raw.accepted });
        }
        for raw in self.variant {
            step.variants.push(raw.variant(name)?);
        }
        for raw in self.mutant {
            let RawMutant { name, edit, caught_by, on } = raw;
            step.mutants.push(Mutant { name, edits: edit, caught_by, on });
        }
        Ok(step)
    }
}

/// Every step runs on these: the learner's own data, and two sets of others on other clusters.
fn standard_variants([fewer, other]: [u64; 2]) -> Vec<Variant> {
    let plain = |name: &str, seed, rows, cluster: &str, vary| Variant {
        name: name.to_owned(),
        seed,
        rows,
        cluster: cluster.to_owned(),
        vary,
        edit: Edit::None,
        raises: None,
        runs: 1,
        kill: None,
        conf: Vec::new(),
    };
    vec![
        plain("visible", Seed::Visible, crate::datagen::DEFAULT_ROWS, "W4", false),
        plain("fewer rows, 2x2", Seed::Derived(1), fewer, "2x2", true),
        plain("other rows, 6x2", Seed::Derived(2), other, "6x2", true),
    ]
}

impl RawVariant {
    fn variant(self, step: &str) -> Result<Variant> {
        let seed = match &self.seed {
            None => Seed::Derived(3),
            Some(RawSeed::Number(seed)) => Seed::Fixed(*seed),
            Some(RawSeed::Text(text)) => match text.strip_prefix("derived:").map(str::parse) {
                Some(Ok(number)) => Seed::Derived(number),
                _ if text == "visible" => Seed::Visible,
                _ => return Err(broken(step, format!("{text} is no seed: write a number, visible or derived:N"))),
            },
        };
        let conf = self.conf.iter().filter_map(|setting| setting.split_once('='));
        Ok(Variant {
            seed,
            rows: self.rows.unwrap_or(2_000),
            cluster: self.cluster.unwrap_or_else(w4),
            vary: self.vary.unwrap_or(true),
            edit: self.edit,
            raises: self.raises,
            runs: self.runs.unwrap_or(1),
            kill: self.kill,
            conf: conf.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect(),
            name: self.name,
        })
    }
}

impl Bounding {
    fn text(&self) -> String {
        match self {
            Bounding::Bool(value) => value.to_string(),
            Bounding::Number(number) => number.to_string(),
            Bounding::Rule(rule) => rule.clone(),
        }
    }
}

/// Reads a message with `{rule}` in it; `{{` and `}}` are braces.
fn message(text: &str) -> std::result::Result<Message, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            plain.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(format!("a `}}` without `{{` in \"{text}\""));
        }
        let end = rest.find('}').ok_or_else(|| format!("a `{{` without `}}` in \"{text}\""))?;
        let rule = rule::parse(&rest[..end]).map_err(|error| format!("{{{}}}: {error}", &rest[..end]))?;
        parts.push(Part::Text(std::mem::take(&mut plain)));
        parts.push(Part::Rule(rule));
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    parts.push(Part::Text(plain));
    Ok(Message(parts))
}
