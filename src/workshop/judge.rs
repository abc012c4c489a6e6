//! Turns what a run left behind into a verdict: answers, behaviours, predictions, and the known mistake behind what is wrong.
//!
//! Nothing runs here. Each failure also gets the moment of the run that decided it ([`super::deciding`]), where a screen can go.

use super::compare::Aspect;
use super::deciding;
use super::metrics::{self, Evidence, fill, shown};
use super::rows;
use super::rule::{self, Value, World};
use super::step::{Answer, Behaviour, Bound, Mistake, Place, Prediction, Seed, Step, Stretch, StretchCheck, Variant};
use super::stretch::{NAME as STRETCH, Parts};
use super::verdict::{Checked, Failure, Figures, Remark, StretchVerdict, VariantVerdict};
use crate::common::text;
use crate::event::Event;
use crate::session::{Kept, Uncaught};
use std::sync::Arc;

/// The verdict on one run.
#[must_use]
pub fn verdict(step: &Step, variant: &Variant, evidence: &Evidence<'_>, events: &[Arc<Event>]) -> VariantVerdict {
    let mut sheet = Sheet { events, checks: Vec::new(), failures: Vec::new() };
    let ended = raised(step, variant, evidence);
    // A script that stops itself has come as far as its author meant: what it has until then are answers.
    let stopped_itself = ended.is_some() && own_end(evidence).is_some();
    if let Some(failure) = ended {
        sheet.note("the script runs to its end", None, Some(failure));
        if stopped_itself {
            let made = |answer: &&Answer| evidence.compared.contains_key(answer.place.name());
            step.answers.iter().filter(made).for_each(|answer| note_answer(answer, evidence, &mut sheet));
        }
    } else {
        every_check(step, variant, evidence, &mut sheet);
    }
    let Sheet { checks, mut failures, .. } = sheet;
    if evidence.is_starter && evidence.source.first_todo() > 0 {
        for failure in &mut failures {
            failure.next = first_step(evidence);
        }
    }
    let holds = |rule| rule::evaluate(rule, evidence) == Ok(Value::Bool(true));
    let said = |mistake: &Mistake| Remark { id: mistake.id.clone(), text: fill(&mistake.say, evidence) };
    let passed = failures.is_empty();
    // What a script that was stopped left behind is no answer yet.
    let stopped = !stopped_itself && failures.iter().any(|failure| failure.check == "raised");
    let may_be = |mistake: &&Mistake| {
        let is_early = stopped && is_about_answers(&mistake.when);
        !mistake.accepted && !is_early && may_explain_starter(step, mistake, evidence)
    };
    let mistake = step.mistakes.iter().filter(may_be).find(|mistake| !passed && holds(&mistake.when)).map(said);
    let remarks = step.mistakes.iter().filter(|mistake| passed && mistake.accepted && holds(&mistake.when)).map(said);
    VariantVerdict {
        name: variant.name.clone(),
        seed: 0,
        rows: 0,
        cluster: variant.cluster.clone(),
        passed,
        checks,
        failures,
        mistake,
        remarks: remarks.collect(),
        figures: figures(evidence),
        events: Vec::new(),
    }
}

/// What is said of the stretch goal, from a run of the whole script.
#[must_use]
pub fn stretch(stretch: &Stretch, parts: &Parts, evidence: &Evidence<'_>) -> StretchVerdict {
    let ended = evidence.failure.map(|failure| {
        let line = failure.line.map_or(String::new(), |line| format!("{}: ", place_of(line, evidence)));
        let said = first_line(failure).trim_end_matches('.').to_owned();
        let help = failure.help.first().filter(|_| !said.contains("did you mean"));
        let help = help.map_or(String::new(), |help| format!("; {help}"));
        format!("{line}{}: {said}{help}", failure.class)
    });
    let nothing = || {
        match evidence.kept.get(STRETCH) {
        Some(Kept::None) => Some(
            "`stretch` holds nothing: `show()`, `printSchema()` and a write give None. Keep the value, and show it on a line of its own"
                .to_owned(),
        ),
        Some(Kept::Failed(error)) => Some(format!("`stretch` cannot be computed: {}", error.message())),
        _ => None,
    }
    };
    let fails = |check: &&StretchCheck| rule::evaluate(&check.holds, evidence) != Ok(Value::Bool(true));
    let wrong = || stretch.checks.iter().find(fails).map(|check| fill(&check.say, evidence));
    let why = ended.or_else(nothing).or_else(wrong);
    StretchVerdict { reached: why.is_none(), place: parts.place(), why: why.unwrap_or_default() }
}

/// Where an untouched starter is to be begun; what a check would say next is not a learner's turn yet.
fn first_step(evidence: &Evidence<'_>) -> String {
    format!("begin with the TODO on line {}: what comes after it needs what it makes", evidence.source.first_todo())
}

/// Whether a mistake may be told: of an untouched starter only the one that it was made with is worth a word.
fn may_explain_starter(step: &Step, mistake: &Mistake, evidence: &Evidence<'_>) -> bool {
    !evidence.is_starter || mistake.is_common || mistake.id == step.starter_fails
}

/// Whether a rule looks at answers, and not at how the script ended.
fn is_about_answers(rule: &rule::Rule) -> bool {
    let (mut answers, mut end) = (false, false);
    rule.visit_metrics(&mut |name| {
        answers |= metrics::is_about_answers(name);
        end |= name.starts_with("error_") || name == "exit_code";
    });
    answers && !end
}

/// What was checked so far.
struct Sheet<'a> {
    events: &'a [Arc<Event>],
    checks: Vec<Checked>,
    failures: Vec<Failure>,
}

impl Sheet<'_> {
    /// Notes a check in words; `metric` is what it asked of the run.
    fn note(&mut self, words: &str, metric: Option<&rule::Rule>, failure: Option<Failure>) {
        self.checks.push(Checked { text: words.to_owned(), failure: failure.as_ref().map(|_| self.failures.len()) });
        if let Some(failure) = failure {
            let moment = deciding::moment(metric, &failure.check, self.events);
            self.failures.push(Failure { moment, ..failure });
        }
    }
}

fn every_check(step: &Step, variant: &Variant, evidence: &Evidence<'_>, sheet: &mut Sheet<'_>) {
    step.answers.iter().for_each(|answer| note_answer(answer, evidence, sheet));
    let here = |behaviour: &&Behaviour| match &behaviour.on {
        Some(name) => *name == variant.name,
        None => variant.raises.is_none() && variant.kill.is_none(),
    };
    for wanted in step.behaviours.iter().filter(here) {
        sheet.note(&in_words(wanted, evidence), Some(&wanted.metric), behaviour_failure(wanted, evidence));
    }
    // What a run that is wrong does is not what was to be predicted.
    if variant.seed == Seed::Visible && variant.kill.is_none() && sheet.failures.is_empty() {
        for prediction in &step.predictions {
            let words = format!("your prediction of `{}`", prediction.name);
            sheet.note(&words, Some(&prediction.metric), prediction_failure(prediction, evidence));
        }
    }
}

fn note_answer(answer: &Answer, evidence: &Evidence<'_>, sheet: &mut Sheet<'_>) {
    let name = answer.place.name();
    let rows = evidence.wanted.get(name).map_or(0, |rows| rows.rows.len());
    let words = format!("`{name}` is right: {}", text::plural(rows as u64, "row"));
    sheet.note(&words, None, answer_failure(answer, evidence));
}

/// `rows written to shuffles: at most 104`.
fn in_words(wanted: &Behaviour, evidence: &Evidence<'_>) -> String {
    if let Some(label) = &wanted.label {
        return label.clone();
    }
    let what = subject(wanted);
    let bound = |bound| metrics::shown_like(&wanted.metric, bound, evidence);
    match &wanted.bound {
        Bound::Holds => what,
        Bound::Contains(part) => format!("{what}: with {}", bound(part)),
        Bound::Equals(number) => format!("{what}: {}", bound(number)),
        Bound::AtMost(number) => format!("{what}: at most {}", bound(number)),
        Bound::AtLeast(number) => format!("{what}: at least {}", bound(number)),
    }
}

/// What a behaviour looks at, in words.
fn subject(wanted: &Behaviour) -> String {
    if let Some(label) = &wanted.label {
        return label.clone();
    }
    // What stands after a colon lists the values.
    let short = |about: &'static str| about.split(':').next().unwrap_or(about);
    match wanted.metric.about() {
        Some((about, "")) => short(about).to_owned(),
        Some((about, of)) => format!("{} ({of})", short(about)),
        None => wanted.text.clone(),
    }
}

/// What is wrong with the script's end: it should be without an error, or with the one that the variant wants.
fn raised(step: &Step, variant: &Variant, evidence: &Evidence<'_>) -> Option<Failure> {
    let raised = evidence.failure.map(|failure| failure.class.as_str());
    let wanted = variant.raises.as_deref();
    if wanted.is_none() && raised.is_none() && evidence.exit == 0 || wanted.is_some() && wanted == raised {
        return None;
    }
    let got = evidence.failure.map_or_else(
        || {
            if evidence.exit == 0 {
                "the script ended without an error".to_owned()
            } else {
                format!("exit status {}", evidence.exit)
            }
        },
        |failure| format!("{}: {}", failure.class, first_line(failure)),
    );
    let own = own_end(evidence);
    let why = match wanted {
        Some(class) => {
            format!("on these data the script must stop with {class}, so that nothing behind it runs on bad rows")
        }
        None if own.is_some() => "the script stopped itself, and on these data it should not".to_owned(),
        None => "an error ended the script, so there is no answer to look at".to_owned(),
    };
    let itself = own.map(|line| match wanted {
        Some(class) => format!("write `raise {class}(…)` on line {line}"),
        None => {
            format!("print what line {line} asks about just above it: one of these numbers is wrong, or the limit is")
        }
    });
    let help = itself.or_else(|| evidence.failure.and_then(|failure| failure.help.first().cloned()));
    let line = evidence.failure.and_then(|failure| failure.line);
    Some(Failure {
        check: "raised".to_owned(),
        got,
        wanted: wanted.map_or_else(|| "a script that runs to its end".to_owned(), |class| format!("{class} raised")),
        place: line.map_or_else(|| "the whole script".to_owned(), |line| place_of(line, evidence)),
        why,
        next: help.unwrap_or_else(|| match line {
            Some(line) => {
                format!(
                    "look at line {line}: `batchlab run exercises/{}.py` shows the place, `batchlab api WORD` what a call takes",
                    step.name
                )
            }
            None => match wanted {
                Some(class) => format!("`raise {class}(…)` where the script's own rule says that it must stop"),
                None => format!("run `batchlab run exercises/{}.py` and read the message", step.name),
            },
        }),
        line,
        moment: 0,
    })
}

/// The line of the `raise` or `assert` with which the script ended itself.
fn own_end(evidence: &Evidence<'_>) -> Option<u32> {
    let line = evidence.failure?.line?;
    let first = evidence.source.written(line).split(|c: char| !c.is_alphanumeric()).next()?;
    matches!(first, "raise" | "assert").then_some(line)
}

/// So many things that a rule asked for are told at most.
const TOLD_MAX: usize = 3;

/// So much of a line of the script fits beside its number in a terminal of 80 columns.
const CODE_WIDTH: usize = 58;

/// `line 7: people.filter("age" > 30)`: of a long line what is around the guilty part.
fn place_of(line: u32, evidence: &Evidence<'_>) -> String {
    let written = text::visible(evidence.source.written(line));
    if written.is_empty() {
        return format!("line {line}");
    }
    let indent = evidence.source.indented(line).chars().count() - evidence.source.written(line).chars().count();
    let (from, to) = evidence.failure.and_then(|failure| failure.columns).unwrap_or((0, 0));
    let part = ((from as usize).saturating_sub(indent), (to as usize).saturating_sub(indent));
    format!("line {line}: {}", text::around(&written, part, CODE_WIDTH))
}

/// What an error says in one line: of a function in a worker, its own error, which stands at the end.
fn first_line(failure: &Uncaught) -> String {
    let in_worker = failure.class == "PythonException";
    let line = if in_worker { failure.message.lines().last() } else { failure.message.lines().next() };
    let line = line.unwrap_or_default().trim();
    let condition = failure.condition.as_ref().map_or(String::new(), |condition| format!("[{condition}] "));
    text::visible(&format!("{condition}{line}"))
}

fn or_default(text: String, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text }
}

fn answer_failure(answer: &Answer, evidence: &Evidence<'_>) -> Option<Failure> {
    let name = answer.place.name();
    let failure = |got: String, wanted: String, place: String| Failure {
        check: format!("answer:{name}"),
        got,
        wanted,
        place,
        why: or_default(
            fill(&answer.why, evidence),
            "the answer must be the same as the one computed from the data itself",
        ),
        next: or_default(fill(&answer.next, evidence), "read the task again, then look at this row with show()"),
        line: match &answer.place {
            Place::Name(name) => Some(evidence.source.line_of(name)).filter(|line| *line > 0),
            Place::Files { .. } => None,
        },
        moment: 0,
    };
    let columns = || {
        let wanted = evidence.wanted.get(name).map(|rows| rows.columns.iter().map(|column| column.name.clone()));
        wanted.map_or(String::new(), |names| names.collect::<Vec<_>>().join(", "))
    };
    match (&answer.place, evidence.compared.get(name)) {
        (_, Some(comparison)) => {
            let difference = comparison.difference.clone()?;
            let mut failure = failure(difference.got, difference.wanted, difference.place);
            if let Some(kept) = evidence.kept.get(name).filter(|_| plain_instead(name, evidence).is_some()) {
                failure.got = rows::kind_name(kept);
            }
            Some(match advice(difference.aspect, answer, evidence) {
                Some((why, next)) => Failure { why: why.to_owned(), next, ..failure },
                None => failure,
            })
        }
        (Place::Name(_), None) => {
            let got = evidence.kept.get(name).map_or_else(|| "the name is not set".to_owned(), rows::kind_name);
            let wanted = format!("a value for `{name}` with {}", columns());
            let others = evidence.kept.keys().map(|known| &**known).filter(|known| *known != name);
            let next = match text::nearest(name, others, 1).first().filter(|_| !evidence.kept.contains_key(name)) {
                Some(near) => format!("the script sets `{near}`: is it meant to be `{name}`?"),
                None => match evidence.source.set_inside(name).filter(|_| !evidence.kept.contains_key(name)) {
                    Some(function) => format!(
                        "`{name}` is set inside `{function}`, where nobody else sees it: give it back with `return {name}`, and write `{name} = {function}()` at the left edge"
                    ),
                    None => {
                        format!("give `{name}` its value: the TODO lines of the script and the task say what it holds")
                    }
                },
            };
            Some(Failure { next, ..failure(got, wanted, format!("the name `{name}`")) })
        }
        (Place::Files { path, format }, None) => {
            let found: Vec<String> = metrics::endings(evidence.files, path).into_iter().collect();
            let (got, next) = if found.is_empty() {
                (
                    "nothing was written there in this run".to_owned(),
                    format!("write the rows to `{path}`, as the task says"),
                )
            } else if found.contains(format) {
                (
                    format!("a {format} file that Spark has not written"),
                    format!(
                        "let the cluster write it: `df.write.mode(\"overwrite\").{format}(\"{path}\")`; Python's own `open` has only what came to the driver"
                    ),
                )
            } else {
                (format!("{} files", found.join(" and ")), format!("write `{path}` as {format}"))
            };
            let wanted = format!("{format} files with {}", columns());
            Some(Failure { next, ..failure(got, wanted, path.clone()) })
        }
    }
}

/// Why an answer must not be wrong in this way and what to do next; nothing where the step itself knows better.
fn advice(aspect: Aspect, answer: &Answer, evidence: &Evidence<'_>) -> Option<(&'static str, String)> {
    let name = answer.place.name();
    let same_columns = "rows are compared by the names and types of their columns";
    Some(match aspect {
        Aspect::Columns | Aspect::Types if is_frame_for_a_value(name, evidence) => (
            "a DataFrame is a plan; the task asks for a plain value of Python",
            format!("end `{name} = …` with what gives the value: `.count()`, or `.first()[0]`"),
        ),
        Aspect::Columns | Aspect::Types if let Some(next) = plain_instead(name, evidence) => {
            ("an answer is looked at in the form that the task names", next)
        }
        Aspect::Columns => (
            same_columns,
            match &answer.place {
                Place::Name(_) => {
                    format!("look at `{name}.printSchema()`, and give it the columns that the task names")
                }
                Place::Files { path, format } if format == "csv" => {
                    format!("open a file in `{path}`: it needs a header, and the columns that the task names")
                }
                Place::Files { path, format } => format!(
                    "look at `spark.read.{format}(\"{path}\").printSchema()`: it needs the columns that the task names"
                ),
            },
        ),
        Aspect::Types => (
            same_columns,
            match &answer.place {
                Place::Name(_) => format!("look at `{name}.printSchema()`, and at what gives this column its type"),
                Place::Files { path, .. } => {
                    format!("look at what gives this column its type before `{path}` is written")
                }
            },
        ),
        Aspect::Decimals => (
            "whoever reads the numbers expects as many decimals as were agreed",
            "round at the very end: `F.round(…, decimals)`, or Python's `round` where it is a plain number".to_owned(),
        ),
        Aspect::Order => (
            "whoever reads the first lines takes them for the first",
            match &answer.place {
                // A list can mean its order in a way of its own.
                Place::Name(_) if !matches!(evidence.kept.get(name), Some(Kept::Frame(_))) => return None,
                Place::Name(_) => {
                    "put the rows into the order that the task names, as the last step: `orderBy(…)`".to_owned()
                }
                Place::Files { path, .. } => match evidence.metric("files_in", &[Value::Text(path.clone())]) {
                    Ok(Value::Number(files)) if files > 1.0 => format!(
                        "the rows lie in {files} files, and nobody says which is read first: one file, with `coalesce(1)` behind the sort"
                    ),
                    _ => "sort as the last step before the write; `repartition` behind it mixes the rows again"
                        .to_owned(),
                },
            },
        ),
        Aspect::Rows => return None,
    })
}

/// Whether a name should hold a plain value and holds a DataFrame.
fn is_frame_for_a_value(name: &str, evidence: &Evidence<'_>) -> bool {
    let is_value =
        evidence.wanted.get(name).is_some_and(|rows| rows.columns.len() == 1 && rows.columns[0].name == "value");
    is_value && matches!(evidence.kept.get(name), Some(Kept::Frame(_)))
}

/// What to do where a list or another plain value of Python stands for a DataFrame, or for a dict.
fn plain_instead(name: &str, evidence: &Evidence<'_>) -> Option<String> {
    let kept = evidence.kept.get(name).filter(|kept| !matches!(kept, Kept::Frame(_) | Kept::Failed(_)))?;
    let kind = rows::kind_name(kept);
    let wanted = evidence.wanted.get(name)?;
    let columns: Vec<&str> = wanted.columns.iter().map(|column| column.name.as_str()).collect();
    Some(match columns.as_slice() {
        ["key", "value"] => format!("`{name}` is {kind}; it should be a dict, with an entry for each key"),
        ["value"] => return None,
        _ => {
            format!("`{name}` is {kind} of Python; keep the DataFrame under this name, and `collect()` nothing into it")
        }
    })
}

fn behaviour_failure(wanted: &Behaviour, evidence: &Evidence<'_>) -> Option<Failure> {
    let got = rule::evaluate(&wanted.metric, evidence);
    let shown = |rule| metrics::shown_like(&wanted.metric, rule, evidence);
    let (holds, bound) = match &wanted.bound {
        Bound::Holds => (got == Ok(Value::Bool(true)), subject(wanted)),
        Bound::Contains(bound) => (contains(got.as_ref().ok(), bound), format!("one that contains {}", shown(bound))),
        Bound::Equals(bound) => (got.is_ok() && got == rule::evaluate(bound, evidence), shown(bound)),
        Bound::AtMost(bound) => (
            ordered(got.as_ref().ok(), bound, evidence, |got, bound| got <= bound),
            format!("at most {}", shown(bound)),
        ),
        Bound::AtLeast(bound) => (
            ordered(got.as_ref().ok(), bound, evidence, |got, bound| got >= bound),
            format!("at least {}", shown(bound)),
        ),
    };
    if holds {
        return None;
    }
    let got = match wanted.bound {
        Bound::Holds => what_it_saw(&wanted.metric, evidence),
        _ if got.is_err() => no_number(&wanted.metric, evidence).unwrap_or_else(|| shown(&wanted.metric)),
        _ => shown(&wanted.metric),
    };
    Some(Failure {
        check: wanted.id.clone(),
        got,
        wanted: bound,
        place: subject(wanted),
        why: fill(&wanted.why, evidence),
        next: fill(&wanted.next, evidence),
        line: None,
        moment: 0,
    })
}

/// What a rule that does not hold asked for, with what this run gives: `filters that were pushed into its reader (people.parquet): none`.
fn what_it_saw(rule: &rule::Rule, evidence: &Evidence<'_>) -> String {
    let told = rule.metrics().into_iter().filter_map(|metric| {
        let (name, argument) = metric.subject()?;
        let value = shown(&metric, evidence);
        if matches!(name, "says" | "uses") {
            let is_there = !matches!(value.as_str(), "false" | "0");
            return Some(format!("`{argument}` {} in the script", if is_there { "stands" } else { "does not stand" }));
        }
        let (about, _) = metric.about()?;
        let about = about.split([':', ';']).next().unwrap_or(about);
        let of = if argument.is_empty() { String::new() } else { format!(" ({argument})") };
        Some(format!("{about}{of}: {}", or_default(value, "nothing")))
    });
    let mut told: Vec<String> = told.collect();
    told.dedup();
    told.truncate(TOLD_MAX);
    or_default(told.join("; "), "that is not so in this run")
}

/// What a name holds of which a number was asked.
fn no_number(metric: &rule::Rule, evidence: &Evidence<'_>) -> Option<String> {
    let rule::Rule::Metric { name, arguments, .. } = metric else { return None };
    match arguments.as_slice() {
        [rule::Rule::Literal(Value::Text(word))] if name == "number" => {
            Some(evidence.kept.get(word.as_str()).map_or_else(
                || format!("`{word}` is not set"),
                |kept| format!("`{word}` is {}, not a number", rows::kind_name(kept)),
            ))
        }
        _ => None,
    }
}

fn contains(got: Option<&Value>, part: &rule::Rule) -> bool {
    let rule::Rule::Literal(Value::Text(part)) = part else { return false };
    match got {
        Some(Value::List(items)) => items.contains(part),
        Some(Value::Text(text)) => text.contains(part.as_str()),
        _ => false,
    }
}

fn ordered(got: Option<&Value>, bound: &rule::Rule, world: &dyn World, holds: fn(f64, f64) -> bool) -> bool {
    match (got, rule::evaluate(bound, world)) {
        (Some(Value::Number(got)), Ok(Value::Number(bound))) => holds(*got, bound),
        _ => false,
    }
}

fn prediction_failure(prediction: &Prediction, evidence: &Evidence<'_>) -> Option<Failure> {
    let said = evidence.metric("number", &[Value::Text(format!("predict.{}", prediction.name))]);
    let measured = rule::evaluate(&prediction.metric, evidence);
    if measured.is_ok() && said == measured {
        return None;
    }
    let written = match evidence.metric("text", &[Value::Text(format!("predict.{}", prediction.name))]) {
        Ok(Value::Text(text)) if said.is_err() && !text.is_empty() && text != "NULL" => {
            Some(format!("the text \"{text}\""))
        }
        _ => None,
    };
    let next = match (&said, &written) {
        (Err(_), Some(_)) => "write the number without quotes",
        (Err(_), None) => "write the number that you expect into `predict`; the run answers afterwards",
        (Ok(_), _) => "change the prediction, and say to yourself why it is that number",
    };
    // Who has not guessed yet is not told.
    let is_open = said.is_err();
    Some(Failure {
        check: format!("predict:{}", prediction.name),
        got: said.map_or_else(|_| written.unwrap_or_else(|| "no prediction yet".to_owned()), |said| said.to_string()),
        wanted: if is_open { "your guess, a number".to_owned() } else { shown(&prediction.metric, evidence) },
        place: format!("predict[\"{}\"]", prediction.name),
        why: if is_open {
            "a guess that was made before shows what the run has to teach; a wrong one most of all".to_owned()
        } else {
            fill(&prediction.why, evidence)
        },
        next: next.to_owned(),
        line: Some(evidence.source.line_of("predict")).filter(|line| *line > 0),
        moment: 0,
    })
}

fn figures(evidence: &Evidence<'_>) -> Figures {
    let number = |name: &str| match evidence.metric(name, &[]) {
        Ok(Value::Number(number)) => number,
        _ => 0.0,
    };
    Figures {
        stages: number("stages") as u64,
        tasks: number("tasks") as u64,
        exchanges: number("exchanges") as u64,
        shuffle_records: number("shuffle_records") as u64,
        shuffle_bytes: number("shuffle_bytes") as u64,
        bytes_read: number("bytes_read") as u64,
        makespan_seconds: number("makespan"),
    }
}
