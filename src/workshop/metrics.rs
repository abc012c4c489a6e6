//! The metrics that rules may name, and where their values come from.
//!
//! Everything is read from what the run left behind: its event log ([`Facts`]), its top-level names, its files, its text, and the rows of the
//! data it ran on. Nothing is measured while it runs.

use super::compare::{Aspect, Comparison};
use super::dataset::Dataset;
use super::facts::{Action, Facts};
use super::plan_text;
use super::rows::{self, Cell, Rows};
use super::rule::Kind::{self, Bool, List, Number, Text};
use super::rule::{EvalError, Value, World};
use super::source_text::SourceText;
use crate::common::conf::Conf;
use crate::common::ids::PlanStepId;
use crate::session::{Kept, Uncaught};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

/// How a number is written in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Plain,
    Bytes,
    Seconds,
}

/// A name of the rule language.
#[derive(Debug)]
pub struct Metric {
    pub name: &'static str,
    pub parameters: &'static [(&'static str, Kind)],
    pub kind: Kind,
    pub unit: Unit,
    pub about: &'static str,
}

const fn metric(name: &'static str, kind: Kind, about: &'static str) -> Metric {
    Metric { name, parameters: &[], kind, unit: Unit::Plain, about }
}

const fn of(
    name: &'static str,
    parameters: &'static [(&'static str, Kind)],
    kind: Kind,
    about: &'static str,
) -> Metric {
    Metric { name, parameters, kind, unit: Unit::Plain, about }
}

const fn bytes(name: &'static str, about: &'static str) -> Metric {
    Metric { name, parameters: &[], kind: Number, unit: Unit::Bytes, about }
}

/// Functions that may give a row another value when its task runs again.
const CHANCE: [&str; 6] = ["rand(", "randn(", "random(", "uuid(", "shuffle(", "monotonically_increasing_id("];

const TABLE: &[(&str, Kind)] = &[("table", Text)];
const PATH: &[(&str, Kind)] = &[("path", Text)];
const FRAME: &[(&str, Kind)] = &[("name", Text)];
const COLUMN: &[(&str, Kind)] = &[("name", Text), ("column", Text)];
const CELL: &[(&str, Kind)] = &[("name", Text), ("column", Text), ("value", Text)];
const WORD: &[(&str, Kind)] = &[("word", Text)];
const ACTION: &[(&str, Kind)] = &[("action", Text)];

/// Every metric.
pub static METRICS: &[Metric] = &[
    metric("jobs", Number, "jobs, as Spark counts them"),
    metric("actions", Number, "actions of the script"),
    metric("schema_jobs", Number, "reads of files that only looked for a schema"),
    metric("stages", Number, "stages that ran"),
    metric("tasks", Number, "tasks that succeeded"),
    metric("map_tasks", Number, "partitions of the widest file scan"),
    metric("scan_tasks", Number, "tasks that read files"),
    metric("scans", Number, "how often files were read from end to end"),
    bytes("bytes_read", "bytes read from files and caches"),
    metric("exchanges", Number, "shuffles that were run"),
    metric("exchange_kinds", List, "kinds of exchanges in the plans: hash, range, single, round_robin"),
    metric("shuffle_records", Number, "rows written to shuffles"),
    bytes("shuffle_bytes", "bytes written to shuffles"),
    metric("single_partition_rows", Number, "rows that were gathered in one partition by an exchange"),
    metric("driver_rows", Number, "rows that actions brought to the driver"),
    metric(
        "python_udfs",
        Number,
        "operators that hand rows to functions of Python, and stages that run the steps of an RDD",
    ),
    metric(
        "by_chance",
        Number,
        "operators whose values come from chance or from the place of a row, and may differ when it runs again",
    ),
    metric(
        "join_strategy",
        Text,
        "how the first join was done: broadcast_hash, sort_merge, shuffled_hash, nested_loop, cartesian",
    ),
    metric("join_strategies", List, "how each join was done"),
    metric("outer_joins", Number, "joins that keep rows without a partner: left, right and full ones"),
    metric("broadcast_tables", List, "tables that were copied to every node"),
    metric("task_skew", Number, "rows of the largest reduce task against the average, in the stage that reads most"),
    metric(
        "narrowed",
        Text,
        "a table of several files that `coalesce(1)` lets a single task read; empty when there is none",
    ),
    metric("lineage_depth", Number, "exchanges on the longest way down the last action's plan"),
    metric("cached_partitions", Number, "partitions that were cached at some time"),
    metric("cached_rows", Number, "rows in them"),
    bytes("cached_bytes", "bytes in them"),
    metric("cached_at_end", Number, "partitions still cached when the script ended"),
    metric("cache_hits", Number, "partitions read from a cache"),
    metric("cache_misses", Number, "partitions computed because the cache did not have them"),
    bytes("spill_bytes", "bytes that tasks spilled to disk"),
    metric("recomputed_tasks", Number, "tasks that ran again because something was lost"),
    metric("recomputed_at_last", Number, "tasks that ran again in the last action because something was lost"),
    metric("executors_lost", Number, "executors that were lost"),
    metric("locality_share", Number, "share of file-reading tasks that ran where their block is"),
    metric("straggler_ratio", Number, "longest task against the middle one, in the worst stage"),
    Metric {
        name: "makespan",
        parameters: &[],
        kind: Number,
        unit: Unit::Seconds,
        about: "virtual seconds from start to end",
    },
    metric("slots", Number, "cores of the cluster"),
    metric("nodes", Number, "nodes of the cluster"),
    metric("app_name", Text, "name of the application"),
    metric("exit_code", Number, "exit status of the script"),
    metric("error_class", Text, "Python class of the error that ended it"),
    metric("error_condition", Text, "Spark's condition of that error"),
    metric("error_message", Text, "its message"),
    metric("error_line", Number, "its line"),
    of("jobs_before", WORD, Number, "jobs of actions before the first line that says this"),
    of("actions_named", ACTION, Number, "actions of this name, such as collect"),
    of("action_rows", ACTION, Number, "most rows that one action of this name brought to the driver"),
    of("action_line", ACTION, Number, "line of the first action of this name"),
    of("operators", &[("operator", Text)], Number, "operators in the plans whose text begins so"),
    of("columns_read", TABLE, List, "columns that scans of a table read"),
    of("pushed_filters", TABLE, List, "filters that were pushed into its reader"),
    of("partition_filters", PATH, List, "filters on its folders"),
    of("folders_asked", PATH, List, "columns that filters on its folders ask about"),
    of("raw_joins", TABLE, Number, "joins that rows of a table enter before they are added up"),
    of("plan_scans", TABLE, Number, "actions that read a table from its files"),
    of("is_sorted", COLUMN, Bool, "whether a frame's rows are in ascending order of a column"),
    of(
        "out_of_order",
        COLUMN,
        Text,
        "the first two neighbours of a frame's column that are not in ascending order, as `67 before 31`; empty when all are",
    ),
    of(
        "overlaps",
        &[("name", Text), ("first", Text), ("last", Text)],
        Number,
        "rows whose range begins inside the range before it",
    ),
    of("files_written", PATH, Number, "files of the last write to a path"),
    of("rows_written", PATH, Number, "rows of the last write to a path"),
    of("writes", PATH, Number, "how often the path was written"),
    of("files_in", PATH, Number, "data files below a path when the script had ended"),
    of("formats_in", PATH, List, "how the names of the data files below a path end: parquet, csv"),
    of("folders_in", PATH, Number, "folders below a path that hold data files"),
    of("partitions", FRAME, Number, "partitions of a frame"),
    of("non_empty_partitions", FRAME, Number, "partitions of a frame that hold rows"),
    of("largest_partition", FRAME, Number, "rows of a frame's largest partition against the average"),
    of("rows", FRAME, Number, "rows of a frame, or items of a list"),
    of("wanted_rows", FRAME, Number, "rows that the answer should have"),
    of("missing_rows", FRAME, Number, "rows of the right answer that are not there"),
    of("extra_rows", FRAME, Number, "rows that should not be there"),
    of("right", FRAME, Bool, "whether an answer is right"),
    of("columns_differ", FRAME, Bool, "whether an answer has other columns, or other types, than it should have"),
    of(
        "types_differ",
        FRAME,
        Bool,
        "whether an answer has the right columns, but with other types than it should have",
    ),
    of("order_differs", FRAME, Bool, "whether an answer's rows are right and only their order is not"),
    of("decimals_differ", FRAME, Bool, "whether an answer's rows are right, but not rounded"),
    metric("first_wrong", Text, "the first answer that is wrong; empty when all are right or not there"),
    metric(
        "null_column",
        Text,
        "a column of the first wrong answer with NULLs where none should be; empty when there is none",
    ),
    metric(
        "exchanged",
        Text,
        "two columns of the first wrong answer that have only changed places, as `a and b`; empty when none have",
    ),
    metric(
        "alias_inside",
        Text,
        "a column of the first wrong answer that is called by a whole expression with an AS in it; empty when none is",
    ),
    metric(
        "unnamed",
        Text,
        "what makes a new frame on a line that keeps it nowhere, such as sort; empty when nothing does",
    ),
    metric("untouched", Text, "an answer that no action has computed; empty when there is none"),
    of(
        "made_with",
        &[("step", Text)],
        Text,
        "an answer, or a folder of one, that is made with such a step, such as limit; empty when there is none",
    ),
    metric("unnamed_line", Number, "that line"),
    metric("uncalled", Text, "a method that is named and not called, such as `df.show`; empty when there is none"),
    metric("uncalled_line", Number, "its line"),
    metric(
        "kept_nothing",
        Text,
        "an answer that is None because its line ends with show() or the like; empty when there is none",
    ),
    metric("is_starter", Bool, "whether the script is still the starter"),
    metric("first_todo", Number, "the line of the script's first TODO; 0 when there is none"),
    metric("is_hidden", Bool, "whether these are data that the learner does not see"),
    of("is_set", FRAME, Bool, "whether a name holds something other than None"),
    of("is_frame", FRAME, Bool, "whether a name holds a DataFrame"),
    of("type_of", COLUMN, Text, "type of a frame's column; empty when there is none"),
    of("nullable", COLUMN, Bool, "whether a frame's column may be NULL"),
    of("has_column", COLUMN, Bool, "whether a frame has a column"),
    of("nulls", COLUMN, Number, "NULLs in a frame's column"),
    of("rows_with", CELL, Number, "rows of a frame whose column has this value"),
    of("wanted_with", CELL, Number, "rows of the right answer whose column has this value"),
    of("largest_in", COLUMN, Text, "largest value of a frame's column"),
    of("smallest_in", COLUMN, Text, "smallest value of a frame's column"),
    of("sum_of", COLUMN, Number, "sum of a frame's column"),
    of("wanted_sum", COLUMN, Number, "sum of that column in the right answer"),
    of("distinct_in", COLUMN, Number, "distinct values in a frame's column"),
    of("number", FRAME, Number, "a plain number of the script: also predict.stages"),
    of("text", FRAME, Text, "a plain text of the script"),
    of("setting", &[("key", Text)], Text, "what a setting of the session held when the script had ended"),
    of("uses", WORD, Number, "how often a name stands in the script's code"),
    of("says", WORD, Bool, "whether the script's code says this, spaces aside"),
    of("line_of", WORD, Number, "the first line that says this"),
    of("table_rows", TABLE, Number, "rows of a table of this variant"),
    of("files", TABLE, Number, "files of a table of this variant"),
    of("table_bytes", TABLE, Number, "bytes of a table of this variant"),
    of("distinct", &[("table", Text), ("column", Text)], Number, "distinct values of a table's column, NULL aside"),
    of("largest", &[("table", Text), ("column", Text)], Text, "largest text in a table's column"),
    of("smallest", &[("table", Text), ("column", Text)], Text, "smallest text in a table's column"),
    of(
        "table_rows_with",
        &[("table", Text), ("column", Text), ("value", Text)],
        Number,
        "rows of a table whose cell reads so",
    ),
];

/// Whether a metric looks into the rows that a script left behind, and not only whether there are any.
#[must_use]
pub fn is_about_answers(name: &str) -> bool {
    let of_a_name = |metric: &Metric| metric.parameters.first().is_some_and(|(parameter, _)| *parameter == "name");
    let is_plain =
        matches!(name, "is_set" | "is_frame" | "wanted_rows" | "wanted_sum" | "wanted_with" | "number" | "text");
    let is_of_rows = METRICS.iter().any(|metric| metric.name == name && of_a_name(metric));
    matches!(name, "first_wrong" | "null_column" | "exchanged" | "alias_inside") || is_of_rows && !is_plain
}

/// Everything that a run left behind, for rules to ask about.
pub struct Evidence<'a> {
    pub facts: &'a Facts,
    pub exit: i32,
    pub failure: Option<&'a Uncaught>,
    pub conf: &'a Conf,
    pub kept: &'a BTreeMap<String, Kept>,
    /// The names that hold rows, as rows.
    pub got: &'a BTreeMap<String, Rows>,
    /// Right answers by name.
    pub wanted: &'a BTreeMap<String, Rows>,
    /// Comparisons by name, in the step's order: a wrong number in the first answer is often why the next is wrong.
    pub compared: &'a IndexMap<String, Comparison>,
    pub source: &'a SourceText,
    pub dataset: &'a Dataset,
    /// Whether the learner does not see these data.
    pub is_hidden: bool,
    /// Whether nothing was written yet.
    pub is_starter: bool,
    /// Data files below `out/`: path, relative to the working folder.
    pub files: &'a [String],
}

impl World for Evidence<'_> {
    fn metric(&self, name: &str, arguments: &[Value]) -> Result<Value, EvalError> {
        let words: Vec<&str> = arguments
            .iter()
            .map(|argument| if let Value::Text(text) = argument { text.as_str() } else { "" })
            .collect();
        let found = match words.as_slice() {
            [] => self.of_run(name),
            [one] => self.of_log(name, one).or_else(|| self.of_name(name, one)),
            [frame, column] => self.of_column(name, frame, column),
            [frame, column, value] => self.of_cell(name, frame, column, value),
            _ => None,
        };
        found.ok_or_else(|| EvalError(format!("this run does not tell {name}")))
    }
}

/// Names in the text of an expression.
fn names_in(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_part(c)).filter(|word| word.starts_with(char::is_alphabetic));
    words.map(str::to_owned).collect()
}

fn count(number: usize) -> Value {
    Value::Number(number as f64)
}

fn whole(number: u64) -> Value {
    Value::Number(number as f64)
}

impl Evidence<'_> {
    fn of_run(&self, name: &str) -> Option<Value> {
        let facts = self.facts;
        let failure = |of: fn(&Uncaught) -> String| Value::Text(self.failure.map_or(String::new(), of));
        Some(match name {
            "jobs" => whole(facts.jobs),
            "actions" => count(facts.actions.iter().filter(|action| action.is_real()).count()),
            "schema_jobs" => count(facts.actions.iter().filter(|action| action.is_schema_read()).count()),
            "stages" => count(facts.stages_run().count()),
            "tasks" => count(facts.stages.values().map(|work| work.tasks.len()).sum()),
            "map_tasks" => {
                let widest = facts.stages_run().filter(|work| work.scans()).map(|work| work.definition.tasks).max();
                whole(u64::from(widest.unwrap_or(0)))
            }
            "scan_tasks" => count(facts.stages_run().filter(|work| work.scans()).map(|work| work.tasks.len()).sum()),
            "scans" => Value::Number(facts.scans()),
            "bytes_read" => whole(facts.sum(|metrics| metrics.input_bytes)),
            "exchanges" => count(facts.stages_run().filter(|work| work.definition.writes.is_some()).count()),
            "exchange_kinds" => {
                let kinds = facts.operators(false).filter_map(plan_text::exchange_kind);
                Value::List(kinds.map(str::to_owned).collect())
            }
            "shuffle_records" => whole(facts.sum(|metrics| metrics.shuffle_write_rows)),
            "shuffle_bytes" => whole(facts.sum(|metrics| metrics.shuffle_write_bytes)),
            "single_partition_rows" => {
                let single = facts.shuffle_rows.values().filter(|rows| rows.len() == 1);
                whole(single.map(|rows| rows.iter().sum::<u64>()).sum())
            }
            "driver_rows" => {
                whole(facts.actions.iter().filter(|a| a.is_real() && !a.is_write()).map(|action| action.rows).sum())
            }
            "python_udfs" => {
                let calls: Vec<String> =
                    self.source.functions().chain(["<lambda>"]).map(|name| format!("{name}(")).collect();
                let is_python = |text: &str| calls.iter().any(|call| plan_text::calls(text, call));
                let python = facts.operators(true).filter(|node| plan_text::is_python(node) || is_python(&node.text));
                count(python.count() + facts.stages.values().filter(|stage| stage.runs_rdd_steps()).count())
            }
            "by_chance" => {
                let is_chance = |text: &str| CHANCE.iter().any(|call| plan_text::calls(text, call));
                count(facts.operators(true).filter(|node| is_chance(&node.text)).count())
            }
            "join_strategy" => {
                let first = facts.operators(true).find_map(plan_text::join_strategy);
                Value::Text(first.unwrap_or("none").to_owned())
            }
            "outer_joins" => {
                let joins = facts.operators(true).filter(|node| plan_text::join_strategy(node).is_some());
                let is_outer = |node: &&plan_text::PlanNode| {
                    ["LeftOuter", "RightOuter", "FullOuter"].iter().any(|kind| node.text.contains(kind))
                };
                count(joins.filter(is_outer).count())
            }
            "narrowed" => Value::Text(self.narrowed().unwrap_or_default().to_owned()),
            "join_strategies" => {
                Value::List(facts.operators(true).filter_map(plan_text::join_strategy).map(str::to_owned).collect())
            }
            "broadcast_tables" => Value::List(facts.broadcast_tables()),
            "task_skew" => {
                let rows = facts.heaviest_reads();
                let (largest, sum) = (rows.iter().copied().max().unwrap_or(0), rows.iter().sum::<u64>());
                Value::Number(if sum == 0 { 1.0 } else { largest as f64 * rows.len() as f64 / sum as f64 })
            }
            "lineage_depth" => whole(facts.lineage_depth()),
            "cached_partitions" => count(facts.cached_ever.len()),
            "cached_rows" => whole(facts.cached_rows),
            "cached_bytes" => whole(facts.cached_bytes),
            "cached_at_end" => count(facts.cached.len()),
            "cache_hits" => whole(facts.sum(|metrics| u64::from(metrics.cache_hits))),
            "cache_misses" => whole(facts.sum(|metrics| u64::from(metrics.cache_misses))),
            "spill_bytes" => whole(facts.sum(|metrics| metrics.spilled_bytes)),
            "recomputed_tasks" => whole(facts.recomputed_tasks),
            "recomputed_at_last" => whole(facts.recomputed_at_last),
            "executors_lost" => whole(facts.executors_lost),
            "locality_share" => {
                let all = facts.near_scans + facts.far_scans;
                Value::Number(if all == 0 { 1.0 } else { facts.near_scans as f64 / all as f64 })
            }
            "straggler_ratio" => Value::Number(facts.straggler_ratio()),
            "makespan" => Value::Number(facts.seconds),
            "first_wrong" => Value::Text(self.first_wrong().unwrap_or_default().to_owned()),
            "null_column" => Value::Text(self.null_column().unwrap_or_default()),
            "exchanged" => Value::Text(self.exchanged().unwrap_or_default()),
            "alias_inside" => Value::Text(self.alias_inside().unwrap_or_default()),
            "unnamed" => Value::Text(self.source.unnamed().map_or(String::new(), |(method, _)| method.to_owned())),
            "untouched" => Value::Text(self.untouched().unwrap_or_default().to_owned()),
            "unnamed_line" => whole(self.source.unnamed().map_or(0, |(_, line)| u64::from(line))),
            "uncalled" => Value::Text(self.source.uncalled().map_or(String::new(), |(method, _)| method.to_owned())),
            "uncalled_line" => whole(self.source.uncalled().map_or(0, |(_, line)| u64::from(line))),
            "kept_nothing" => Value::Text(self.kept_nothing().unwrap_or_default()),
            "is_hidden" => Value::Bool(self.is_hidden),
            "is_starter" => Value::Bool(self.is_starter),
            "first_todo" => whole(u64::from(self.source.first_todo())),
            "slots" => whole(u64::from(facts.slots)),
            "nodes" => whole(u64::from(facts.nodes)),
            "app_name" => Value::Text(facts.app_name.clone()),
            "exit_code" => Value::Number(f64::from(self.exit)),
            "error_class" => failure(|failure| failure.class.clone()),
            "error_condition" => failure(|failure| failure.condition.clone().unwrap_or_default()),
            "error_message" => failure(|failure| failure.message.clone()),
            "error_line" => whole(self.failure.and_then(|failure| failure.line).map_or(0, u64::from)),
            _ => return None,
        })
    }

    /// The first answer that is wrong.
    fn first_wrong(&self) -> Option<&str> {
        let wrong = self.compared.iter().find(|(_, comparison)| comparison.difference.is_some());
        wrong.map(|(name, _)| name.as_str())
    }

    /// The last step of an answer's plan: of a frame, or of what was written to its folder.
    fn step_of(&self, answer: &str) -> Option<PlanStepId> {
        match self.kept.get(answer) {
            Some(Kept::Frame(frame)) => frame.step,
            _ => {
                let is_write = |action: &&Action| action.is_write() && action.name.ends_with(&format!(" {answer}"));
                self.facts.actions.iter().rev().find(is_write)?.of
            }
        }
    }

    /// An answer that no action has computed. A frame that was only read or made of rows has nothing to compute; of an action whose plan is not
    /// told nobody knows what it computes.
    fn untouched(&self) -> Option<&str> {
        let actions: Option<Vec<PlanStepId>> =
            self.facts.actions.iter().filter(|action| action.is_real()).map(|action| action.of).collect();
        let computed: BTreeSet<PlanStepId> =
            actions?.into_iter().flat_map(|of| self.facts.lineage(of).into_keys()).collect();
        let is_made = |step: &PlanStepId| self.facts.steps.get(step).is_some_and(|step| !step.inputs.is_empty());
        let is_untouched = |answer: &&String| {
            let step = self.step_of(answer).filter(is_made);
            step.is_some_and(|step| !computed.contains(&step))
        };
        self.compared.keys().find(is_untouched).map(String::as_str)
    }

    /// An answer that is made with such a step.
    fn made_with(&self, does: &str) -> Option<&str> {
        let has = |step| self.facts.lineage(step).values().any(|step| step.does == does);
        let is_made_so = |answer: &&String| self.step_of(answer).is_some_and(has);
        self.compared.keys().find(is_made_so).map(String::as_str)
    }

    /// A table of several files that one task reads because of `coalesce(1)`.
    fn narrowed(&self) -> Option<&str> {
        let mut scans = self.facts.stages.values().flat_map(super::facts::StageWork::narrowed_scans);
        let tables = &self.dataset.tables;
        scans
            .find_map(|scan| tables.iter().find(|table| scan.reads(table) && self.dataset.table(table).files > 1))
            .map(String::as_str)
    }

    fn null_column(&self) -> Option<String> {
        let name = self.first_wrong()?;
        let (got, wanted) = (self.got.get(name)?, self.wanted.get(name)?);
        let nulls = |rows: &Rows, at: usize| rows.rows.iter().filter(|row| row[at] == Cell::Null).count();
        let columns = wanted.columns.iter().enumerate().filter(|(at, _)| nulls(wanted, *at) == 0);
        let mut names = columns.map(|(_, column)| column.name.as_str());
        names.find(|name| got.column(name).is_some_and(|at| nulls(got, at) > 0)).map(str::to_owned)
    }

    fn exchanged(&self) -> Option<String> {
        let (one, other) = self.compared.get(self.first_wrong()?)?.exchanged.as_ref()?;
        Some(format!("{one} and {other}"))
    }

    fn alias_inside(&self) -> Option<String> {
        let got = self.got.get(self.first_wrong()?)?;
        got.columns.iter().map(|column| &column.name).find(|name| name.contains(" AS ")).cloned()
    }

    fn kept_nothing(&self) -> Option<String> {
        let is_none = |name: &&String| self.kept.get(*name) == Some(&Kept::None);
        let is_told = |name: &&String| {
            matches!(self.source.made_by(name), Some("show" | "printSchema" | "parquet" | "csv" | "explain"))
        };
        self.wanted.keys().filter(is_none).find(is_told).cloned()
    }

    fn of_log(&self, name: &str, word: &str) -> Option<Value> {
        let facts = self.facts;
        let named = || facts.actions.iter().filter(|action| action.name == word);
        let written = || facts.writes.iter().rev().find(|(path, ..)| path == word.trim_end_matches('/'));
        let all = |of: fn(plan_text::Scan) -> Vec<String>| {
            let mut found: Vec<String> = facts.scans_of(word).into_iter().flat_map(of).collect();
            found.sort();
            found.dedup();
            Value::List(found)
        };
        let below = || files_below(self.files, word);
        Some(match name {
            "jobs_before" => {
                let line = self.source.line_of(word);
                count(facts.actions.iter().filter(|action| line == 0 || action.line < line).count())
            }
            "made_with" => Value::Text(self.made_with(word).unwrap_or_default().to_owned()),
            "raw_joins" => count(facts.raw_joins(word)),
            "actions_named" => count(named().count()),
            "action_rows" => whole(named().map(|action| action.rows).max().unwrap_or(0)),
            "action_line" => whole(named().next().map_or(0, |action| u64::from(action.line))),
            "operators" => count(facts.operators(false).filter(|node| node.text.starts_with(word)).count()),
            "plan_scans" => {
                let reads = |action: &&super::facts::Action| {
                    let scans = action.plan.iter().filter(|node| !node.is_cached).filter_map(plan_text::scan);
                    scans.filter(|scan| scan.reads(word)).count() > 0
                };
                count(facts.actions.iter().filter(|action| !action.is_schema_read()).filter(reads).count())
            }
            "columns_read" => all(|scan| scan.columns),
            "pushed_filters" => all(|scan| scan.pushed_filters),
            "partition_filters" => all(|scan| scan.partition_filters),
            "folders_asked" => all(|scan| scan.partition_filters.iter().flat_map(|filter| names_in(filter)).collect()),
            "files_written" => whole(written().map_or(0, |(_, files, _)| *files)),
            "rows_written" => whole(written().map_or(0, |(.., rows)| *rows)),
            "writes" => count(facts.writes.iter().filter(|(path, ..)| path == word.trim_end_matches('/')).count()),
            "files_in" => count(below().count()),
            "formats_in" => Value::List(endings(self.files, word).into_iter().collect()),
            "folders_in" => {
                let folders: BTreeSet<&str> = below().filter_map(|file| Some(file.rsplit_once('/')?.0)).collect();
                count(folders.len())
            }
            "setting" => Value::Text(self.conf.get(word).unwrap_or_default().to_ascii_lowercase()),
            "uses" => count(self.source.uses(word)),
            "says" => Value::Bool(self.source.says(word)),
            "line_of" => whole(u64::from(self.source.line_of(word))),
            "table_rows" => count(self.dataset.table(word).rows.len()),
            "files" => whole(self.dataset.table(word).files),
            "table_bytes" => {
                let cells = |row: &Vec<Option<String>>| {
                    row.iter().map(|cell| cell.as_ref().map_or(0, String::len) + 1).sum::<usize>()
                };
                count(self.dataset.table(word).rows.iter().map(cells).sum())
            }
            _ => return None,
        })
    }

    fn of_name(&self, name: &str, word: &str) -> Option<Value> {
        let frame = || match self.kept.get(word) {
            Some(Kept::Frame(frame)) => Some(frame),
            _ => None,
        };
        let sizes = || frame().map_or(&[] as &[u64], |frame| &frame.partition_rows);
        let comparison = self.compared.get(word);
        let wrong_in = |aspects: &[Aspect]| {
            let is_wrong = |comparison: &Comparison| aspects.iter().any(|aspect| comparison.is_wrong_in(*aspect));
            Value::Bool(comparison.is_some_and(is_wrong))
        };
        Some(match name {
            "partitions" => count(sizes().len()),
            "non_empty_partitions" => count(sizes().iter().filter(|rows| **rows > 0).count()),
            "largest_partition" => {
                let (largest, sum) = (sizes().iter().copied().max().unwrap_or(0), sizes().iter().sum::<u64>());
                Value::Number(if sum == 0 { 1.0 } else { largest as f64 * sizes().len() as f64 / sum as f64 })
            }
            "rows" => count(self.got.get(word).map_or(0, |rows| rows.rows.len())),
            "wanted_rows" => count(self.wanted.get(word).map_or(0, |rows| rows.rows.len())),
            "missing_rows" => count(comparison.map_or(0, |comparison| comparison.missing)),
            "extra_rows" => count(comparison.map_or(0, |comparison| comparison.extra)),
            "columns_differ" => wrong_in(&[Aspect::Columns, Aspect::Types]),
            "types_differ" => wrong_in(&[Aspect::Types]),
            "order_differs" => wrong_in(&[Aspect::Order]),
            "decimals_differ" => wrong_in(&[Aspect::Decimals]),
            "right" => Value::Bool(comparison.is_some_and(Comparison::is_right)),
            "is_set" => Value::Bool(self.value(word).is_some_and(|kept| *kept != Kept::None)),
            "is_frame" => Value::Bool(frame().is_some()),
            "number" => Value::Number(self.value(word).map(rows::plain).and_then(|cell| cell.number())?),
            "text" => Value::Text(self.value(word).map_or(String::new(), |kept| rows::plain(kept).to_string())),
            _ => return None,
        })
    }

    /// A top-level name, or one entry of a dict: `predict.stages`.
    fn value(&self, path: &str) -> Option<&Kept> {
        let (name, entry) = path.split_once('.').map_or((path, None), |(name, entry)| (name, Some(entry)));
        match (self.kept.get(name)?, entry) {
            (kept, None) => Some(kept),
            (Kept::Dict(pairs), Some(entry)) => {
                pairs.iter().find(|(key, _)| matches!(key, Kept::Text(text) if text == entry)).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    fn of_column(&self, name: &str, frame: &str, column: &str) -> Option<Value> {
        if matches!(name, "distinct" | "largest" | "smallest") {
            let table = self.dataset.table(frame);
            let at = table.columns.iter().position(|known| *known == column)?;
            let values: BTreeSet<&String> = table.rows.iter().filter_map(|row| row[at].as_ref()).collect();
            let text = |value: Option<&&String>| Value::Text(value.map_or(String::new(), |value| (*value).clone()));
            return Some(match name {
                "largest" => text(values.last()),
                "smallest" => text(values.first()),
                _ => count(values.len()),
            });
        }
        let got = self.got.get(frame);
        let cells = |rows: Option<&Rows>| -> Vec<Cell> {
            let at = rows.and_then(|rows| rows.column(column));
            rows.zip(at).map_or(Vec::new(), |(rows, at)| rows.rows.iter().map(|row| row[at].clone()).collect())
        };
        let described = got.and_then(|rows| Some(&rows.columns[rows.column(column)?]));
        let extreme = |cell: Option<&Cell>| Value::Text(cell.map_or(String::new(), Cell::to_string));
        let sum = |cells: Vec<Cell>| Value::Number(cells.iter().filter_map(Cell::number).sum());
        Some(match name {
            "type_of" => Value::Text(described.map_or(String::new(), |column| column.data_type.clone())),
            "nullable" => Value::Bool(described.is_some_and(|column| column.nullable)),
            "has_column" => Value::Bool(described.is_some()),
            "nulls" => count(cells(got).iter().filter(|cell| **cell == Cell::Null).count()),
            "is_sorted" => Value::Bool(cells(got).windows(2).all(|pair| pair[0].order(&pair[1]).is_le())),
            "out_of_order" => {
                let cells = cells(got);
                let pair = cells.windows(2).find(|pair| pair[0].order(&pair[1]).is_gt());
                Value::Text(pair.map_or(String::new(), |pair| format!("{} before {}", pair[0], pair[1])))
            }
            "largest_in" => extreme(cells(got).iter().max_by(|a, b| a.order(b))),
            "smallest_in" => extreme(cells(got).iter().min_by(|a, b| a.order(b))),
            "sum_of" => sum(cells(got)),
            "wanted_sum" => sum(cells(self.wanted.get(frame))),
            "distinct_in" => {
                let mut found = cells(got);
                found.sort_by(Cell::order);
                found.dedup();
                count(found.len())
            }
            _ => return None,
        })
    }

    fn of_cell(&self, name: &str, frame: &str, column: &str, value: &str) -> Option<Value> {
        if name == "table_rows_with" {
            let table = self.dataset.table(frame);
            let at = table.columns.iter().position(|known| *known == column)?;
            return Some(count(
                table.rows.iter().filter(|row| row[at].as_deref().unwrap_or_default() == value).count(),
            ));
        }
        if name == "overlaps" {
            let rows = self.got.get(frame)?;
            let (first, last) = (rows.column(column)?, rows.column(value)?);
            let mut ranges: Vec<(&Cell, &Cell)> = rows.rows.iter().map(|row| (&row[first], &row[last])).collect();
            ranges.sort_by(|a, b| a.0.order(b.0));
            return Some(count(ranges.windows(2).filter(|pair| pair[1].0.order(pair[0].1).is_le()).count()));
        }
        let rows = match name {
            "rows_with" => self.got.get(frame),
            "wanted_with" => self.wanted.get(frame),
            _ => return None,
        };
        let at = rows.and_then(|rows| rows.column(column));
        let equal = |rows: &Rows, at: usize| rows.rows.iter().filter(|row| row[at].to_string() == value).count();
        Some(count(rows.zip(at).map_or(0, |(rows, at)| equal(rows, at))))
    }
}

fn files_below<'a>(files: &'a [String], path: &str) -> impl Iterator<Item = &'a String> {
    let folder = format!("{}/", path.trim_end_matches('/'));
    files.iter().filter(move |file| file.starts_with(&folder))
}

/// How the names of the data files below a path end.
#[must_use]
pub fn endings(files: &[String], path: &str) -> BTreeSet<String> {
    files_below(files, path).filter_map(|file| Some(file.rsplit_once('.')?.1.to_owned())).collect()
}

/// Fills `{rule}` in a message with what the rule gives in this run.
#[must_use]
pub fn fill(message: &super::step::Message, world: &dyn World) -> String {
    let mut text = String::new();
    for part in &message.0 {
        match part {
            super::step::Part::Text(plain) => text.push_str(plain),
            super::step::Part::Rule(rule) => text.push_str(&shown(rule, world)),
        }
    }
    text
}

/// A rule's value as people read it, with its unit.
#[must_use]
pub fn shown(rule: &super::rule::Rule, world: &dyn World) -> String {
    shown_like(rule, rule, world)
}

/// A rule's value with the unit of what it bounds.
#[must_use]
pub fn shown_like(bounded: &super::rule::Rule, rule: &super::rule::Rule, world: &dyn World) -> String {
    let Ok(value) = super::rule::evaluate(rule, world) else { return "?".to_owned() };
    let unit = match bounded {
        super::rule::Rule::Metric { name, .. } => {
            METRICS.iter().find(|metric| metric.name == name).map(|metric| metric.unit)
        }
        _ => None,
    };
    match (unit, &value) {
        (Some(Unit::Bytes), Value::Number(number)) => crate::common::text::bytes(*number as u64),
        (Some(Unit::Seconds), Value::Number(number)) => format!("{number:.3} s"),
        _ => crate::common::text::visible(&value.to_string()),
    }
}
