//! The steps of a query's plan, from the script to its stages, as the log tells them.

use crate::common::diff::patched;
use crate::common::ids::{QueryId, StageId};
use crate::common::text::{bytes, plural, visible};
use crate::event::EventKind;
use crate::report::words;
use crate::session::{is_optional_rule, rule_reason, statement_spans};
use crate::status::{Stage, Status, final_plan_text};
use crate::tui::theatre::recording::Recording;

/// Which part of the way a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Script,
    Logical,
    Optimized,
    Physical,
    Stages,
}

impl Part {
    /// The heading above its steps.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Part::Script => "Script",
            Part::Logical => "Logical",
            Part::Optimized => "Optimized, rule by rule",
            Part::Physical => "Physical",
            Part::Stages => "Stages",
        }
    }

    /// Whether two steps show the same kind of text, so that their lines can be compared.
    #[must_use]
    pub fn is_like(self, other: Part) -> bool {
        let logical = |part| matches!(part, Part::Logical | Part::Optimized);
        self == other || (logical(self) && logical(other))
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub part: Part,
    pub name: String,
    /// It was planned again in the middle of the run.
    pub is_again: bool,
    /// The plan after it, one line for each operator, as Spark writes it.
    pub lines: Vec<String>,
    /// The stage that each line belongs to, where the lines tell of stages.
    pub stages: Vec<StageId>,
    /// What happened and why, in plain words.
    pub words: Vec<String>,
}

impl Step {
    /// Its rule, when runs can go without it.
    #[must_use]
    pub fn switchable_rule(&self) -> Option<&str> {
        (self.part == Part::Optimized && is_optional_rule(&self.name)).then_some(self.name.as_str())
    }
}

/// All steps of a query, as far as the log knows them.
#[must_use]
pub fn of_query(run: &Recording, query: QueryId) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut script = Vec::new();
    for event in run.history.events() {
        match &event.kind {
            EventKind::StatementStarted { line, text } => script.push((*line, text)),
            EventKind::QueryStarted { query: known, line, plan, .. } if *known == query => {
                steps.push(as_written(&run.head().script, &script, *line));
                steps.push(physical("operators, exchanges".to_owned(), plan, Vec::new()));
            }
            EventKind::QueryOptimized { query: known, analyzed, rules, left_out } if *known == query => {
                let before = steps.len() - usize::from(!steps.is_empty());
                let mut found = vec![analyzed_step(analyzed)];
                for change in rules {
                    let last = found.last().map(|step: &Step| step.lines.clone()).unwrap_or_default();
                    found.push(rule_step(&change.rule, patched(&last, &change.changes)));
                }
                if let (Some(last), true) = (found.last_mut(), *left_out > 0) {
                    let more = plural(u64::from(*left_out), "more change");
                    last.words.push(format!("The plan is long: {more} after this one are not in the log."));
                }
                steps.splice(before..before, found);
            }
            EventKind::QueryReplanned { query: known, decisions, plan } if *known == query => {
                let name = format!("again at {}", words::moment(event.time));
                steps.push(physical(name, plan, decisions.clone()));
            }
            EventKind::QueryEnded { query: known, error: None, .. } if *known == query => {
                if let Some(root) = steps.iter_mut().rfind(|step| step.part == Part::Physical) {
                    root.lines.iter_mut().for_each(|line| *line = final_plan_text(line));
                }
            }
            _ => {}
        }
    }
    if !steps.is_empty() {
        steps.push(cut_at_exchanges(run.head(), query));
    }
    steps
}

/// The statements of the script up to the action, the action last, with all their lines.
fn as_written(source: &[String], script: &[(u32, &String)], line: u32) -> Step {
    let ends = statement_spans(&source.join("\n"));
    let mut lines: Vec<String> = Vec::new();
    for (number, text) in script.iter().filter(|(number, _)| *number <= line) {
        let whole = ends.get(number).and_then(|last| source.get(number.checked_sub(1)? as usize..*last as usize));
        let written = match whole.filter(|whole| whole.first().is_some_and(|first| first.trim() == text.trim())) {
            Some(whole) => without_margin(whole),
            None => text.lines().collect(),
        };
        lines.extend(written.into_iter().enumerate().map(|(index, text)| match index {
            0 => format!("{number:>4}  {text}"),
            _ => format!("      {text}"),
        }));
    }
    let words = vec![
        format!(
            "The action is at line {line}. Every line before it only said what should be done; nothing was computed."
        ),
        "At the action the plan is complete, so it can be improved as a whole.".to_owned(),
    ];
    Step { part: Part::Script, name: "as written".to_owned(), is_again: false, lines, stages: Vec::new(), words }
}

/// Lines moved to the left as far as the first one.
fn without_margin(lines: &[String]) -> Vec<&str> {
    let margin = lines.first().map_or(0, |first| first.len() - first.trim_start().len());
    let moved =
        |line: &'_ String| if line.get(..margin).is_some_and(|start| start.trim().is_empty()) { margin } else { 0 };
    lines.iter().map(|line| &line[moved(line)..]).collect()
}

fn analyzed_step(text: &str) -> Step {
    let words = vec![
        "Every name has found its column and every column its type. It still does exactly what the script says, in that order."
            .to_owned(),
        "In PySpark: df.explain(True) prints this as the Analyzed Logical Plan.".to_owned(),
    ];
    Step {
        part: Part::Logical,
        name: "analyzed".to_owned(),
        is_again: false,
        lines: lines_of(text),
        stages: Vec::new(),
        words,
    }
}

fn rule_step(rule: &str, lines: Vec<String>) -> Step {
    let reason = rule_reason(rule).map(|reason| format!("{rule}: {reason}."));
    let words = reason.into_iter().collect();
    Step { part: Part::Optimized, name: rule.to_owned(), is_again: false, lines, stages: Vec::new(), words }
}

fn physical(name: String, text: &str, decisions: Vec<String>) -> Step {
    let lines = lines_of(text.strip_prefix("== Physical Plan ==\n").unwrap_or(text));
    let exchanges = lines.iter().filter(|line| operator(line).starts_with("Exchange")).count();
    let broadcasts = lines.iter().filter(|line| operator(line).starts_with("BroadcastExchange")).count();
    let is_again = !decisions.is_empty();
    let mut words: Vec<String> = decisions.into_iter().map(|decision| format!("{decision}.")).collect();
    if !is_again {
        words.push("The logical plan said what; this says how: which algorithm, and where rows must move.".to_owned());
    }
    let mut moves = Vec::new();
    if exchanges > 0 {
        moves.push(format!(
            "{}: rows move between the nodes, and a stage ends there",
            plural(exchanges as u64, "exchange")
        ));
    }
    if broadcasts > 0 {
        moves.push(format!("{}: a small table goes whole to every executor", plural(broadcasts as u64, "broadcast")));
    }
    words.push(if moves.is_empty() {
        "No exchange: no row leaves its partition.".to_owned()
    } else {
        format!("{}.", moves.join("; "))
    });
    words.push("In PySpark: df.explain() prints this plan. Read it from the bottom up.".to_owned());
    Step { part: Part::Physical, name, is_again, lines, stages: Vec::new(), words }
}

/// The stages of the query, what is computed last on top, cut apart where a shuffle lies between them.
fn cut_at_exchanges(status: &Status, query: QueryId) -> Step {
    let of_query = |stage: &&std::sync::Arc<Stage>| stage.definition.query == Some(query);
    let stages: Vec<&Stage> = status.stages.values().filter(of_query).map(AsRef::as_ref).collect();
    let is_read = |id: StageId| stages.iter().any(|stage| stage.definition.parents.contains(&id));
    let mut lines = Vec::new();
    let mut seen = Vec::new();
    for root in stages.iter().rev().filter(|stage| !is_read(stage.definition.stage)) {
        stage_lines(status, root, 0, &mut lines, &mut seen);
    }
    let (stages_of_lines, lines) = lines.into_iter().unzip();
    let tasks: u64 = stages.iter().map(|stage| stage.asked() as u64).sum();
    let words = if stages.is_empty() {
        vec!["No stage yet, as far as the log goes.".to_owned()]
    } else {
        vec![
            format!(
                "{} with {} in all. Within a stage each task does all its operators on one partition, without waiting for another.",
                plural(stages.len() as u64, "stage"),
                plural(tasks, "task")
            ),
            "At each dashed line every task below must be done before the first above can read.".to_owned(),
        ]
    };
    Step {
        part: Part::Stages,
        name: "cut at the exchanges".to_owned(),
        is_again: false,
        lines,
        stages: stages_of_lines,
        words,
    }
}

fn stage_lines(
    status: &Status,
    stage: &Stage,
    depth: usize,
    lines: &mut Vec<(StageId, String)>,
    seen: &mut Vec<StageId>,
) {
    let definition = &stage.definition;
    let id = definition.stage;
    let indent = "   ".repeat(depth);
    let name = visible(&definition.name);
    if seen.contains(&id) {
        lines.push((id, format!("{indent}{id}  {name}  (the same as above)")));
        return;
    }
    seen.push(id);
    lines.push((id, format!("{indent}{id}  {name}  {}", plural(stage.asked() as u64, "task"))));
    for operator in definition.operators.iter().rev() {
        lines.push((id, format!("{indent}    {}", visible(operator))));
    }
    for (shuffle, parent) in &definition.reads {
        let known = status.shuffles.get(shuffle);
        let size = known.map_or(0, |known| known.made_bytes());
        let reduces = known.map_or(0, |known| u64::from(known.reduces));
        let size = if size > 0 { format!(", {}", bytes(size)) } else { String::new() };
        let cut = format!("{indent}╌╌╌╌ exchange into {}{size} ╌╌╌╌", plural(reduces, "partition"));
        lines.push((id, cut));
        if let Some(parent) = status.stages.get(parent) {
            stage_lines(status, parent, depth + 1, lines, seen);
        }
    }
}

fn lines_of(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// A line of a plan without the tree before it and without the mark of generated code.
#[must_use]
pub fn operator(line: &str) -> &str {
    let text = line.trim_start_matches([' ', ':', '+', '-', '*']);
    match text.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
        Some((number, rest)) if number.chars().all(|c| c.is_ascii_digit()) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_shown_with_all_its_lines() {
        let source = ["def f(df):", "    wide = (", "        df.join(b)", "    )", "    return wide", "f(a).show()"];
        let source = source.map(str::to_owned);
        let (wide, show, gone) = ("wide = (".to_owned(), "f(a).show()".to_owned(), "x = 1".to_owned());
        let written = as_written(&source, &[(2, &wide), (6, &show), (5, &gone)], 6);
        let lines = ["   2  wide = (", "          df.join(b)", "      )", "   6  f(a).show()", "   5  x = 1"];
        assert_eq!(written.lines, lines);
    }

    #[test]
    fn an_operator_is_known_without_its_tree() {
        assert_eq!(operator(":  +- *(2) Filter (a#1 > 0)"), "Filter (a#1 > 0)");
        assert_eq!(operator("AdaptiveSparkPlan isFinalPlan=false"), "AdaptiveSparkPlan isFinalPlan=false");
    }
}
