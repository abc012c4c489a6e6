//! Where an operator of a plan comes from and where it went: the lines of the script that ask for it, the stage that computed it, its rows.
//!
//! Which stage computed an operator the log tells. Which line asked for it nobody notes down: the optimizer moves, merges and splits
//! operators. So the lines are named whose calls make operators of this kind and share most words with this one; with none, the planner
//! needs it.

use super::steps::{Part, Step, operator};
use crate::common::ids::{PlanStepId, QueryId, StageId};
use crate::common::text::{self, plural, without_ids};
use crate::report::words;
use crate::status::{BuiltStep, Query, Stage, Status};
use std::collections::BTreeSet;

/// Calls of a script, by their first words in the log, and the operators that they make, logical and physical.
const MAKES: [(&[&str], &[&str]); 12] = [
    (
        &["read", "table", "createDataFrame", "range", "one row"],
        &["FileScan", "Scan", "Relation", "LocalRelation", "Range", "InMemoryTableScan", "InMemoryRelation"],
    ),
    (&["filter"], &["Filter"]),
    (&["select", "withColumn", "withColumnRenamed", "drop"], &["Project"]),
    (
        &["groupBy", "aggregate", "pivot", "distinct", "dropDuplicates", "intersect", "subtract"],
        &["Aggregate", "HashAggregate", "SortAggregate", "ObjectHashAggregate", "Distinct", "Deduplicate"],
    ),
    (
        &["join", "intersect", "subtract"],
        &[
            "Join",
            "BroadcastHashJoin",
            "SortMergeJoin",
            "ShuffledHashJoin",
            "BroadcastNestedLoopJoin",
            "CartesianProduct",
            "BroadcastExchange",
        ],
    ),
    (&["orderBy", "sortWithinPartitions"], &["Sort", "TakeOrderedAndProject"]),
    (
        &["limit", "offset", "tail"],
        &["GlobalLimit", "LocalLimit", "CollectLimit", "CollectTail", "TakeOrderedAndProject"],
    ),
    (&["window", "first of each group", "select", "withColumn"], &["Window", "WindowGroupLimit"]),
    (&["union"], &["Union"]),
    (&["generate", "select", "withColumn"], &["Generate"]),
    (&["expand", "unpivot", "groupBy"], &["Expand"]),
    (
        &[
            "repartition",
            "repartitionByRange",
            "repartitionById",
            "rebalance",
            "coalesce",
            "groupBy",
            "join",
            "orderBy",
        ],
        &["Exchange", "RepartitionByExpression", "Repartition", "Coalesce"],
    ),
];

/// What there is to know about an operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator<'a> {
    /// `HashAggregate`.
    pub name: String,
    /// The calls that most likely ask for it; absent where the log does not tell them, and in a stage.
    pub calls: Option<Vec<&'a BuiltStep>>,
    /// The stages that computed it: two where the same operator stands twice in the plan.
    pub stages: Vec<&'a Stage>,
}

/// The operator at a line of a step; absent where that is none.
#[must_use]
pub fn at<'a>(status: &'a Status, query: &'a Query, steps: &[Step], step: &Step, line: usize) -> Option<Operator<'a>> {
    let text = step.lines.get(line).map(|line| without_ids(operator(line)))?;
    let name: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
    let stages = match step.part {
        Part::Script => return None,
        Part::Stages => step.stages.get(line).and_then(|stage| status.stages.get(stage)).into_iter().collect(),
        Part::Physical => stages(status, query.query, &step.lines, line),
        Part::Logical | Part::Optimized => {
            let physical = steps.iter().rev().find(|step| step.part == Part::Physical)?;
            let twin = twin(&physical.lines, &text);
            twin.map(|line| stages(status, query.query, &physical.lines, line)).unwrap_or_default()
        }
    };
    let root = query.of.filter(|_| step.part != Part::Stages);
    let calls = root.map(|root| calls(status, root, &without_ids(speaking(&step.lines[line..]))));
    (!name.is_empty()).then(|| Operator { name, calls, stages: stages.into_iter().map(AsRef::as_ref).collect() })
}

/// The calls up to this one that most likely ask for an operator.
fn calls<'a>(status: &'a Status, root: PlanStepId, text: &str) -> Vec<&'a BuiltStep> {
    let steps: Vec<&BuiltStep> = status.plan_of(root).into_iter().map(|(built, _)| built).collect();
    let is_kind = |step: &&BuiltStep| makers(text).any(|call| call == step.step.does);
    let of_kind: Vec<&BuiltStep> = steps.iter().copied().filter(is_kind).collect();
    let (candidates, least) = if of_kind.is_empty() { (steps, 1) } else { (of_kind, 0) };
    let operator = words_of(text);
    let shared = |step: &BuiltStep| words_of(&step.step.with).intersection(&operator).count();
    let most = candidates.iter().map(|step| shared(step)).max().unwrap_or(0);
    // Calls may have become one operator: whose words are all in it is a part of it.
    let is_part = |step: &BuiltStep| shared(step) > 0 && shared(step) == words_of(&step.step.with).len();
    let is_chosen = |step: &&BuiltStep| most >= least && (shared(step) == most || is_part(step));
    candidates.into_iter().filter(is_chosen).collect()
}

/// The first of some lines that says what it does: an exchange that has run stands below the stage that it has become.
fn speaking(lines: &[String]) -> &str {
    const STAGES: [&str; 3] = ["AQEShuffleRead", "ShuffleQueryStage", "BroadcastQueryStage"];
    let mut all = lines.iter().map(|line| operator(line));
    all.find(|text| !STAGES.iter().any(|stage| text.starts_with(stage))).unwrap_or_default()
}

/// The calls that make such an operator.
fn makers(text: &str) -> impl Iterator<Item = &'static str> {
    let name = text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned();
    let rows = MAKES.iter().filter(move |(_, operators)| operators.contains(&name.as_str()));
    rows.flat_map(|(calls, _)| calls.iter().copied())
}

/// The names and numbers in a text.
fn words_of(text: &str) -> BTreeSet<&str> {
    text::words(text).collect()
}

/// The line of a physical plan that does what a logical operator says.
fn twin(lines: &[String], text: &str) -> Option<usize> {
    let (wanted, words): (BTreeSet<&str>, BTreeSet<&str>) = (makers(text).collect(), words_of(text));
    let alike = |line: &String| {
        let line = without_ids(operator(line));
        let is_kind = !line.contains("Exchange") && makers(&line).any(|call| wanted.contains(call));
        is_kind.then(|| words_of(&line).intersection(&words).count())
    };
    let found = lines.iter().enumerate().rev().filter_map(|(at, line)| Some((alike(line)?, at)));
    found.max_by_key(|(alike, _)| *alike).map(|(_, at)| at)
}

/// The stages that computed what a line of a physical plan says, or else what stands first below it: an exchange is written by the stage
/// below. What is cached may have been computed by an earlier query.
fn stages<'a>(status: &'a Status, query: QueryId, lines: &[String], line: usize) -> Vec<&'a std::sync::Arc<Stage>> {
    let below = lines.iter().skip(line + 1).take_while(|below| depth(below) > depth(&lines[line]));
    for text in lines.get(line).into_iter().chain(below).map(|line| without_ids(operator(line))) {
        let has = |stage: &&std::sync::Arc<Stage>| stage.definition.plan.iter().any(|own| without_ids(own) == text);
        let all: Vec<_> = status.stages.values().filter(has).collect();
        let own = || all.iter().copied().filter(|stage| stage.definition.query == Some(query));
        if own().next().is_some() {
            return own().collect();
        }
        if let Some(earlier) = all.iter().rev().find(|stage| stage.definition.query < Some(query)) {
            return vec![earlier];
        }
    }
    Vec::new()
}

/// Columns before the operator.
fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', ':', '+', '-']).len()
}

impl Operator<'_> {
    /// In plain words, one for each line of them.
    #[must_use]
    pub fn words(&self, status: &Status, query: &Query) -> Vec<String> {
        let mut lines: Vec<String> = self.asked_for(query).into_iter().collect();
        match self.stages.as_slice() {
            [] => lines.push("No stage has computed it, as far as the log tells.".to_owned()),
            stages => lines.extend(stages.iter().map(|stage| ran(status, stage))),
        }
        if !self.stages.is_empty() {
            lines.push("Enter: its rows by partition; then t: its stage in the theatre.".to_owned());
        }
        lines
    }

    fn asked_for(&self, query: &Query) -> Option<String> {
        let call = |step: &BuiltStep| format!("line {}: {}", step.line, words::line(&words::plan_step(&step.step), 70));
        let calls: Vec<String> = self.calls.as_ref()?.iter().take(3).map(|step| call(step)).collect();
        let name = &self.name;
        Some(match calls.as_slice() {
            [] => format!("{name}: no line asks for it; the action at line {} needs it.", query.line),
            calls => format!("{name} comes from {}.", calls.join("; ")),
        })
    }

    /// The stage to look at.
    #[must_use]
    pub fn stage(&self) -> Option<StageId> {
        self.stages.first().map(|stage| stage.definition.stage)
    }
}

/// What a stage did, with its rows.
fn ran(status: &Status, stage: &Stage) -> String {
    let definition = &stage.definition;
    let (id, name) = (definition.stage, words::line(&definition.name, 24));
    let runs = (0..stage.tasks().len() as u32)
        .filter_map(|partition| status.attempts_of(definition.stage, partition).rfind(|run| run.succeeded()));
    let (rows_in, rows_out) =
        runs.fold((0, 0), |(rows_in, rows_out), run| (rows_in + run.metrics.rows_in, rows_out + run.metrics.rows_out));
    let tasks = plural(stage.asked() as u64, "task");
    let rows = match (rows_in, plural(rows_out, "row")) {
        (0, rows_out) => format!("{rows_out} out"),
        (rows_in, rows_out) => format!("{} in, {rows_out} out", plural(rows_in, "row")),
    };
    format!("{id} ({name}) computes it with {tasks}: {rows}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::PlanStep;
    use crate::status::fixture;
    use std::sync::Arc;

    fn recorded() -> Status {
        fixture::node_death().iter().fold(Status::default(), |mut status, event| {
            status.apply(event);
            status
        })
    }

    /// A query of three calls, each on its own line.
    fn scripted() -> Status {
        let mut status = recorded();
        let calls = [("read", "csv orders"), ("filter", "(amount > 0)"), ("groupBy", "country: count(1)")];
        for (id, (does, with)) in (0..).zip(calls) {
            let inputs = (0..id).rev().take(1).map(PlanStepId).collect();
            let step = PlanStep { id: PlanStepId(id), does: does.to_owned(), with: with.to_owned(), inputs };
            status.plan_steps.insert(step.id, Arc::new(BuiltStep { step, line: id + 1 }));
        }
        status
    }

    fn lines_of_calls(text: &str) -> Vec<u32> {
        calls(&scripted(), PlanStepId(2), text).iter().map(|step| step.line).collect()
    }

    #[test]
    fn an_operator_comes_from_the_calls_that_make_its_kind() {
        assert_eq!(lines_of_calls("Filter (amount > 0.0)"), [2]);
        assert_eq!(lines_of_calls("HashAggregate(keys=[country], functions=[partial_count(1)])"), [3]);
        assert_eq!(lines_of_calls("Exchange hashpartitioning(country, 4), ENSURE_REQUIREMENTS"), [3]);
        assert_eq!(lines_of_calls("Relation [id,amount,country] csv"), [1]);
        // Nobody joins: the only call that speaks of the column.
        assert_eq!(lines_of_calls("SortMergeJoin [amount], [total], Inner"), [2]);
        assert_eq!(lines_of_calls("Project [amount, (amount > 0) AS is_paid, country]"), [2]);
        assert_eq!(lines_of_calls("AdaptiveSparkPlan isFinalPlan=true"), [0; 0]);
    }

    #[test]
    fn an_exchange_is_written_by_the_stage_below_it() {
        let status = recorded();
        let query = status.queries.values().next().expect("a query");
        let plan: Vec<String> = query.plan.lines().map(str::to_owned).collect();
        let stages_at = |text: &str| -> Vec<u32> {
            let line = plan.iter().position(|line| operator(line).starts_with(text)).expect("such a line");
            stages(&status, query.query, &plan, line).iter().map(|stage| stage.definition.stage.0).collect()
        };
        assert_eq!(
            (stages_at("Exchange"), stages_at("FileScan"), stages_at("HashAggregate")),
            (vec![0], vec![0], vec![1])
        );
    }

    #[test]
    fn a_logical_operator_is_found_in_the_physical_plan() {
        let lines = [
            "Sort [a#1 ASC]",
            "+- Exchange rangepartitioning(a#1 ASC, 4)",
            "   +- Filter (a#1 > 3)",
            "      +- FileScan csv [a#1]",
        ];
        let lines = lines.map(str::to_owned);
        assert_eq!(twin(&lines, "Filter (a > 3)"), Some(2));
        assert_eq!(twin(&lines, "Relation [a] csv"), Some(3));
        assert_eq!(twin(&lines, "Union"), None);
    }
}
