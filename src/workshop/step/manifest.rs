//! Step files as they are written, and how they become [`Step`]s.

use super::{
    Answer, Behaviour, Bound, Message, Mistake, Mutant, Part, Place, Prediction, Seed, Step, Stretch, StretchCheck,
    StretchMutant, Variant, broken,
};
use crate::common::Result;
use crate::workshop::compare::{Precision, Strictness};
use crate::workshop::content;
use crate::workshop::edit::Edit;
use crate::workshop::rule::{self, Kind, Rule};
use serde::Deserialize;
use std::collections::BTreeMap;

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
    example: String,
    #[serde(default)]
    check: Vec<RawStretchCheck>,
    #[serde(default)]
    mutant: Vec<RawStretchMutant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStretchCheck {
    holds: String,
    say: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStretchMutant {
    edit: Vec<(String, String)>,
    caught_by: usize,
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
    columns: BTreeMap<String, Precision>,
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
    /// Of a common one: it stands before the step's own.
    #[serde(default)]
    first: bool,
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

/// What every step has besides its own checks and mistakes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommonFile {
    #[serde(default)]
    behaviour: Vec<RawBehaviour>,
    #[serde(default)]
    mistake: Vec<RawMistake>,
}

/// Reads a step from its manifest and from what all steps share.
///
/// # Errors
/// A text that does not parse, with the place.
pub(super) fn read(name: &str, text: &str, common: &str, starter: String, solution: String) -> Result<Step> {
    let file: RawFile = content::parse(&format!("exercises/{name}.toml"), text)?;
    let common: CommonFile = content::parse("exercises/common.toml", common)?;
    let reader = Reader { name };
    let raw = file.step;
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
        stretch: file.stretch.map(|stretch| reader.stretch(stretch)).transpose()?,
        answers: each(file.answer, |answer| reader.answer(answer))?,
        behaviours: each(file.behaviour, |behaviour| reader.behaviour(behaviour))?,
        predictions: each(file.predict, |prediction| reader.prediction(prediction))?,
        mistakes: each(file.mistake, |mistake| reader.mistake(mistake, false))?,
        variants: standard_variants(raw.hidden_rows),
        mutants: file.mutant.into_iter().map(RawMutant::mutant).collect(),
        starter,
        solution,
        starter_fails: raw.starter_fails,
    };
    step.variants.extend(each(file.variant, |variant| variant.variant(name))?);
    let shared = Reader { name: "common" };
    for behaviour in each(common.behaviour, |behaviour| shared.behaviour(behaviour))? {
        let is_own = step.behaviours.iter().any(|own| own.metric.subject() == behaviour.metric.subject());
        if !is_own {
            step.behaviours.push(behaviour);
        }
    }
    let (first, last) = common.mistake.into_iter().partition::<Vec<_>, _>(|mistake| mistake.first);
    let own = std::mem::replace(&mut step.mistakes, each(first, |mistake| shared.mistake(mistake, true))?);
    step.mistakes.extend(own);
    step.mistakes.extend(each(last, |mistake| shared.mistake(mistake, true))?);
    Ok(step)
}

fn each<R, T>(raws: Vec<R>, read: impl Fn(R) -> Result<T>) -> Result<Vec<T>> {
    raws.into_iter().map(read).collect()
}

/// Compiles the texts of one file; errors name it.
struct Reader<'a> {
    name: &'a str,
}

impl Reader<'_> {
    fn rule(&self, what: &str, text: &str) -> Result<Rule> {
        rule::parse(text).map_err(|error| broken(self.name, format!("{what}: `{text}`: {error}")))
    }

    fn condition(&self, what: &str, text: &str) -> Result<Rule> {
        let rule = self.rule(what, text)?;
        if rule.kind() == Kind::Bool {
            return Ok(rule);
        }
        Err(broken(self.name, format!("{what}: `{text}` is {}, not true or false", rule.kind().name())))
    }

    fn message(&self, what: &str, text: &str) -> Result<Message> {
        message(text).map_err(|why| broken(self.name, format!("{what}: {why}")))
    }

    fn stretch(&self, raw: RawStretch) -> Result<Stretch> {
        let check = |check: RawStretchCheck| {
            let holds = self.condition("stretch", &check.holds)?;
            Ok(StretchCheck { holds, say: self.message("stretch", &check.say)? })
        };
        let mutants = raw.mutant.into_iter();
        let mutant = |mutant: RawStretchMutant| StretchMutant { edits: mutant.edit, caught_by: mutant.caught_by };
        Ok(Stretch {
            text: raw.text,
            example: raw.example,
            checks: each(raw.check, check)?,
            mutants: mutants.map(mutant).collect(),
        })
    }

    fn answer(&self, raw: RawAnswer) -> Result<Answer> {
        let place = match (raw.name, raw.file) {
            (Some(name), None) => Place::Name(name),
            (None, Some(path)) => Place::Files { path, format: raw.format.unwrap_or_else(|| "parquet".to_owned()) },
            _ => return Err(broken(self.name, "an answer needs either `name` or `file`".to_owned())),
        };
        Ok(Answer {
            why: self.message("answer", &raw.why)?,
            next: self.message("answer", &raw.next)?,
            place,
            oracle: raw.oracle,
            strictness: Strictness {
                ordered: raw.order == Order::Exact,
                tolerance: raw.tolerance,
                exact_types: raw.types == Types::Exact,
                nullability: raw.nullability,
                columns: raw.columns,
            },
        })
    }

    fn behaviour(&self, raw: RawBehaviour) -> Result<Behaviour> {
        let metric = self.rule(&raw.id, &raw.metric)?;
        let bounds = [raw.equals, raw.max, raw.min].map(|bound| bound.map(|bound| bound.text()));
        let bound = match (&bounds, raw.contains) {
            ([Some(rule), None, None], None) => Bound::Equals(self.rule(&raw.id, rule)?),
            ([None, Some(rule), None], None) => Bound::AtMost(self.rule(&raw.id, rule)?),
            ([None, None, Some(rule)], None) => Bound::AtLeast(self.rule(&raw.id, rule)?),
            ([None, None, None], Some(text)) => Bound::Contains(Rule::Literal(rule::Value::Text(text))),
            ([None, None, None], None) if metric.kind() == Kind::Bool => Bound::Holds,
            _ => return Err(broken(self.name, format!("{}: give one of equals, max, min, contains", raw.id))),
        };
        if let Bound::Equals(rule) | Bound::AtMost(rule) | Bound::AtLeast(rule) = &bound
            && rule.kind() != metric.kind()
        {
            let (is, wanted) = (rule.kind().name(), metric.kind().name());
            return Err(broken(self.name, format!("{}: the bound is {is}, and `{}` is {wanted}", raw.id, raw.metric)));
        }
        Ok(Behaviour {
            why: self.message(&raw.id, &raw.why)?,
            next: self.message(&raw.id, &raw.next)?,
            id: raw.id,
            metric,
            text: raw.metric,
            label: raw.label,
            bound,
            on: raw.on,
        })
    }

    fn prediction(&self, raw: RawPrediction) -> Result<Prediction> {
        let why = self.message("predict", &raw.why)?;
        Ok(Prediction { metric: self.rule("predict", &raw.metric)?, name: raw.name, why })
    }

    fn mistake(&self, raw: RawMistake, is_common: bool) -> Result<Mistake> {
        let (when, say) = (self.condition(&raw.id, &raw.when)?, self.message(&raw.id, &raw.say)?);
        Ok(Mistake { id: raw.id, when, say, accepted: raw.accepted, is_common })
    }
}

impl RawMutant {
    fn mutant(self) -> Mutant {
        Mutant { name: self.name, edits: self.edit, caught_by: self.caught_by, on: self.on }
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
