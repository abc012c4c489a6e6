//! Proves that a step holds: its starter fails for the reason it names, its solution passes everywhere, every mutant is caught by the check
//! that is meant for it.

use super::check::{CheckRequest, Which, check};
use super::oracle;
use super::step::{Mutant, Part, Place, Step, Stretch, StretchMutant};
use super::stretch;
use super::verdict::Verdict;
use crate::common::text::{suggestion, words};
use crate::common::{ErrorClass, Result, SparkError};
use crate::session::{Use, uses};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Mutants that a step of ours has at least.
const MUTANTS_MIN: usize = 5;
/// Characters of a message that fit beside a picture.
const MESSAGE_MAX: usize = 400;
/// Characters of a title that fit into the list of steps.
const TITLE_MAX: usize = 38;
/// Words that promise more than a step can hold.
const BANNED: [&str; 9] =
    ["blazing", "supercharge", "effortless", "simply ", "obviously", "trivial", "10x", "game-chang", "magic "];

/// Where and how to prove.
#[derive(Debug, Clone)]
pub struct Bench<'a> {
    /// A folder to run in; what is in its `out/` is lost.
    pub root: &'a Path,
    pub threads: usize,
    pub cancelled: Arc<AtomicBool>,
}

/// What does not hold, in sentences; empty when everything does.
///
/// # Errors
/// When a run cannot even begin.
pub fn prove(step: &Step, bench: &Bench<'_>) -> Result<Vec<String>> {
    let mut problems = form(step);
    problems.extend(prove_starter(step, bench)?);
    problems.extend(prove_solution(step, bench)?);
    problems.extend(prove_stretch(step, bench)?);
    for mutant in &step.mutants {
        problems.extend(prove_mutant(step, mutant, bench)?);
    }
    Ok(problems.into_iter().map(|problem| format!("{}: {problem}", step.id)).collect())
}

/// What can be said without running anything.
fn form(step: &Step) -> Vec<String> {
    let mut problems = Vec::new();
    let mut wants = |holds: bool, problem: String| {
        if !holds {
            problems.push(problem);
        }
    };
    let title = step.title.chars().count();
    wants(title <= TITLE_MAX, format!("the title has {title} characters, {TITLE_MAX} fit into the list of steps"));
    wants(step.hints.len() == 3, format!("{} hints, not 3", step.hints.len()));
    wants(step.variants.len() >= 4, format!("{} variants, not at least 4", step.variants.len()));
    wants(step.mutants.len() >= MUTANTS_MIN, format!("{} mutants, not at least {MUTANTS_MIN}", step.mutants.len()));
    wants(step.stretch.is_some(), "no stretch goal".to_owned());
    wants(!step.starter.is_empty() && !step.solution.is_empty(), "no starter or no solution".to_owned());
    wants(step.starter.contains("TODO"), "the starter has no TODO".to_owned());
    let writes = step.answers.iter().any(|answer| matches!(answer.place, Place::Files { .. }));
    let runs_twice = step.variants.iter().any(|variant| variant.runs > 1);
    wants(!writes || runs_twice, "it writes files, and no variant runs it a second time (`runs = 2`)".to_owned());
    for answer in &step.answers {
        let is_known =
            answer.oracle == oracle::SOLUTION || oracle::ORACLES.iter().any(|(name, _)| *name == answer.oracle);
        wants(is_known, format!("there is no oracle `{}`", answer.oracle));
    }
    for mistake in step.mistakes.iter().filter(|mistake| !mistake.is_common) {
        let has_mutant = step.mutants.iter().any(|mutant| mutant.caught_by == mistake.id);
        wants(has_mutant, format!("mistake {} has no mutant", mistake.id));
    }
    problems.extend(names(step));
    let goal = step.stretch.as_ref().map(|stretch| stretch.text.as_str());
    let texts = [step.task.as_str(), step.theory.as_str()].into_iter().chain(step.hints.iter().map(String::as_str));
    for text in texts.chain(goal) {
        let lower = text.to_lowercase();
        for word in BANNED.iter().filter(|word| lower.contains(**word)) {
            problems.push(format!("the word `{}` promises too much: {text}", word.trim()));
        }
    }
    problems
}

/// For each step, the calls of its solution that nothing has named when they are needed: neither the step's own task, theory, starter and first two hints, nor a
/// step before it.
#[must_use]
pub fn unnamed_calls(steps: &[Step]) -> BTreeMap<String, Vec<String>> {
    let mut met: BTreeSet<String> = BTreeSet::new();
    let mut problems: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for step in steps {
        let hints = step.hints.iter().take(2).map(String::as_str);
        let texts = [step.task.as_str(), step.theory.as_str(), step.starter.as_str()].into_iter().chain(hints);
        met.extend(texts.flat_map(words).map(str::to_owned));
        let calls = uses(&step.solution, &step.name).unwrap_or_default().into_keys().filter_map(|used| match used {
            Use::Member { name, .. } | Use::Attribute(name) => Some(name),
            Use::Module(_) | Use::Taken { .. } => None,
        });
        for call in calls.filter(|call| !met.contains(call)) {
            problems.entry(step.id.clone()).or_default().push(format!(
                "the solution calls `{call}`, and no text has named it by then: name it in the task, the theory or one of the first two hints"
            ));
        }
        met.extend(words(&step.solution).map(str::to_owned));
        met.extend(step.hints.iter().flat_map(|hint| words(hint)).map(str::to_owned));
    }
    problems
}

/// Names of checks and variants that the step does not have.
fn names(step: &Step) -> Vec<String> {
    let behaviours = step.behaviours.iter().map(|one| one.id.clone());
    let checks: Vec<String> = behaviours
        .chain(step.mistakes.iter().map(|one| one.id.clone()))
        .chain(step.answers.iter().map(|one| format!("answer:{}", one.place.name())))
        .chain(step.predictions.iter().map(|one| format!("predict:{}", one.name)))
        .chain(["raised".to_owned()])
        .collect();
    let mut problems = Vec::new();
    let mut known = |what: &str, name: &str, all: &[String]| {
        if !all.iter().any(|one| one == name) {
            let has = format!("it has {}", all.join(", "));
            let near = suggestion(name, all.iter().map(String::as_str), &has);
            problems.push(format!("{what} names `{name}`, which this step does not have; {near}"));
        }
    };
    known("`starter_fails`", &step.starter_fails, &checks);
    let variants: Vec<String> = step.variants.iter().map(|variant| variant.name.clone()).collect();
    for mutant in &step.mutants {
        known(&format!("mutant `{}`", mutant.name), &mutant.caught_by, &checks);
        mutant.on.iter().for_each(|on| known(&format!("mutant `{}`", mutant.name), on, &variants));
    }
    for behaviour in &step.behaviours {
        behaviour.on.iter().for_each(|on| known(&behaviour.id, on, &variants));
    }
    problems
}

/// The first thing that is wrong, in a line.
fn first_wrong(verdict: &Verdict) -> Option<String> {
    let failed = verdict.first_failure()?;
    let what = failed.failures.first().map_or(String::new(), |failure| {
        format!(": {} ({}), got {}, wanted {}", failure.check, failure.place, failure.got, failure.wanted)
    });
    Some(format!("{} (seed {}, {} rows){what}", failed.name, failed.seed, failed.rows))
}

fn run(step: &Step, source: &str, which: Which, bench: &Bench<'_>) -> Result<Verdict> {
    let out = bench.root.join("out");
    if out.exists() {
        std::fs::remove_dir_all(&out).map_err(|error| {
            SparkError::new(ErrorClass::SparkException, format!("{} cannot be emptied: {error}", out.display()))
        })?;
    }
    let file = format!("exercises/{}.py", step.name);
    check(&CheckRequest {
        step,
        source,
        file: &file,
        root: bench.root,
        visible: (crate::datagen::DEFAULT_SEED, crate::datagen::DEFAULT_ROWS),
        salt: "dev check",
        rows: None,
        which,
        threads: bench.threads,
        cancelled: bench.cancelled.clone(),
    })
}

/// Ids of everything that a verdict says.
fn said(verdict: &Verdict) -> Vec<String> {
    let mut ids = Vec::new();
    for variant in &verdict.variants {
        ids.extend(variant.mistake.iter().map(|mistake| mistake.id.clone()));
        ids.extend(variant.failures.iter().map(|failure| failure.check.clone()));
        ids.extend(variant.remarks.iter().map(|remark| remark.id.clone()));
    }
    ids
}

fn prove_starter(step: &Step, bench: &Bench<'_>) -> Result<Vec<String>> {
    let verdict = run(step, &step.starter, Which::Visible, bench)?;
    let mut problems = Vec::new();
    if verdict.passed {
        problems.push("the starter passes".to_owned());
    }
    let ids = said(&verdict);
    if !verdict.passed && !ids.contains(&step.starter_fails) {
        problems.push(format!("the starter should fail {}, it fails {}", step.starter_fails, ids.join(", ")));
    }
    Ok(problems)
}

fn prove_solution(step: &Step, bench: &Bench<'_>) -> Result<Vec<String>> {
    let verdict = run(step, &step.solution, Which::All, bench)?;
    let mut problems = Vec::new();
    problems.extend(first_wrong(&verdict).map(|wrong| format!("the solution fails on {wrong}")));
    if verdict.stretch.is_some() {
        problems.push("lines of the solution are taken for the stretch goal".to_owned());
    }
    Ok(problems)
}

/// The goal's lines do it and leave the step as it was, found by what they name or by the line above them; lines that are wrong are told why.
fn prove_stretch(step: &Step, bench: &Bench<'_>) -> Result<Vec<String>> {
    let Some(goal) = &step.stretch else { return Ok(Vec::new()) };
    let mut problems = Vec::new();
    if goal.checks.is_empty() {
        problems.push("the stretch goal has no check".to_owned());
    }
    let with = |lines: &str| format!("{}\n{}\n", step.solution.trim_end(), lines.trim());
    for source in [with(&goal.example), with(&format!("# stretch\n{}", goal.example))] {
        let parts = stretch::parts(step, &source);
        let left = parts.map(|parts| parts.step.trim_end().to_owned());
        if left.as_deref() != Some(step.solution.trim_end()) {
            let found = left.map_or("none of them".to_owned(), |left| left.lines().count().to_string() + " lines stay");
            problems.push(format!("the lines of the example are not told from the step's: {found}"));
        }
    }
    let verdict = run(step, &with(&goal.example), Which::Visible, bench)?;
    problems.extend(first_wrong(&verdict).map(|wrong| format!("with the example the step fails on {wrong}")));
    if !verdict.is_stretched() {
        let why = verdict.stretch.map_or("its lines were not found".to_owned(), |told| told.why);
        problems.push(format!("the example does not reach the stretch goal: {why}"));
    }
    for number in 1..=goal.checks.len() {
        if goal.mutants.iter().all(|mutant| mutant.caught_by != number) {
            problems.push(format!("check {number} of the stretch goal has no mutant"));
        }
    }
    for mutant in &goal.mutants {
        problems.extend(prove_stretch_mutant(step, goal, mutant, bench)?);
    }
    Ok(problems)
}

fn prove_stretch_mutant(step: &Step, goal: &Stretch, mutant: &StretchMutant, bench: &Bench<'_>) -> Result<Vec<String>> {
    let mut lines = goal.example.clone();
    for (old, new) in &mutant.edits {
        if !lines.contains(old) {
            return Ok(vec![format!("a mutant of the stretch goal: the example has no `{old}`")]);
        }
        lines = lines.replacen(old, new, 1);
    }
    let name = format!("the mutant `{}` of the stretch goal", mutant.edits.first().map_or("", |(_, new)| new));
    let source = format!("{}\n# stretch\n{}\n", step.solution.trim_end(), lines.trim());
    let verdict = run(step, &source, Which::Visible, bench)?;
    let mut problems = Vec::new();
    problems.extend(first_wrong(&verdict).map(|wrong| format!("{name} makes the step fail on {wrong}")));
    let Some(check) = mutant.caught_by.checked_sub(1).and_then(|at| goal.checks.get(at)) else {
        return Ok(vec![format!("{name} names check {}, which is not there", mutant.caught_by)]);
    };
    // Of a message with figures the words before the first tell which it is.
    let begins = check.say.0.iter().find_map(|part| match part {
        Part::Text(text) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    });
    let why = verdict.stretch.map_or(String::new(), |told| told.why);
    if !begins.is_some_and(|begins| why.contains(begins)) {
        problems.push(format!("{name} should be caught by check {}, not: {why}", mutant.caught_by));
    }
    if why.contains('{') || why.len() > MESSAGE_MAX {
        problems.push(format!("{name}: the message is not fit to be read: {why}"));
    }
    Ok(problems)
}

fn prove_mutant(step: &Step, mutant: &Mutant, bench: &Bench<'_>) -> Result<Vec<String>> {
    let mut source = step.solution.clone();
    for (old, new) in &mutant.edits {
        if !source.contains(old) {
            return Ok(vec![format!("mutant `{}`: the solution has no `{old}`", mutant.name)]);
        }
        source = source.replacen(old, new, 1);
    }
    if mutant.on.as_ref().is_some_and(|on| step.variants.iter().all(|variant| variant.name != *on)) {
        return Ok(Vec::new());
    }
    let which = mutant.on.clone().map_or(Which::Visible, Which::Named);
    let verdict = run(step, &source, which, bench)?;
    let mut problems = Vec::new();
    let ids = said(&verdict);
    let is_accepted = step.mistakes.iter().any(|mistake| mistake.id == mutant.caught_by && mistake.accepted);
    if verdict.passed != is_accepted {
        let word = if verdict.passed { "passes" } else { "fails" };
        problems.push(format!("mutant `{}` {word}; it should be caught by {}", mutant.name, mutant.caught_by));
    } else if !ids.contains(&mutant.caught_by) {
        problems.push(format!(
            "mutant `{}` should be caught by {}, not {}",
            mutant.name,
            mutant.caught_by,
            ids.join(", ")
        ));
    }
    let spoken = verdict.variants.iter().flat_map(|variant| variant.mistake.iter().chain(&variant.remarks));
    for remark in spoken {
        if remark.text.contains('{') || remark.text.len() > MESSAGE_MAX {
            problems.push(format!("mutant `{}`: the message is not fit to be read: {}", mutant.name, remark.text));
        }
    }
    let mistake = verdict.variants.iter().find_map(|variant| variant.mistake.as_ref());
    if let Some(mistake) = mistake.filter(|mistake| mutant.caught_by.starts_with('m') && mistake.id != mutant.caught_by)
    {
        problems.push(format!("mutant `{}` is taken for {}: {}", mutant.name, mistake.id, mistake.text));
    }
    Ok(problems)
}
