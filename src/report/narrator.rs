//! The narrator: what happened, in plain sentences, for someone who never saw Spark.
//!
//! One event makes no, one or a few sentences. `narrate` is pure: it takes the event and the status just after it. Everything it says can be
//! counted again in the log.

use super::{recovery, words};
use crate::common::ids::{NodeId, QueryId, StageId, TaskId};
use crate::common::text::{bytes, count, plural, visible};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, SubmitReason, TaskCause, TaskMetrics, TaskOutcome};
use crate::status::need::Need;
use crate::status::recompute::{caused_by, fate};
use crate::status::{Attempt, Death, Status, Victim};
use std::fmt::Write as _;
use std::sync::Arc;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Depth {
    /// Actions, faults, results.
    Brief,
    /// And stages, losses, tasks that run again.
    #[default]
    Normal,
    /// And every task.
    Full,
}

/// How a sentence is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Text,
    JsonLines,
}

/// What a sentence is about, for colour and for filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Plain,
    /// Finished well.
    Good,
    /// Broke, or was lost.
    Bad,
    /// Is made again.
    Again,
    /// Is not affected, or not made again.
    Kept,
}

/// One fact in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    pub at: VirtualTime,
    pub depth: Depth,
    pub weight: Weight,
    /// The template: `node_died`, `task_again`, …
    pub kind: &'static str,
    pub text: String,
}

impl Sentence {
    /// The line to write, without a line end.
    #[must_use]
    pub fn line(&self, format: Format) -> String {
        match format {
            Format::Text => wrapped(&format!("t={:<8.3} {}", self.at.as_secs_f64(), self.text)),
            Format::JsonLines => {
                let time = self.at.0;
                serde_json::json!({ "t_nanos": time, "kind": self.kind, "text": self.text }).to_string()
            }
        }
    }
}

/// The widest line.
const WIDTH: usize = 120;

/// Breaks a line between words; what follows stands below the text, not below the time.
fn wrapped(line: &str) -> String {
    let mut lines = vec![String::new()];
    for word in words::pieces(line) {
        let last = lines.last().map_or(0, String::len);
        if last > 0 && last + 1 + word.len() > WIDTH {
            lines.push(" ".repeat(11) + &word);
        } else if let Some(current) = lines.last_mut() {
            if last > 0 {
                current.push(' ');
            }
            current.push_str(&word);
        }
    }
    lines.join("\n")
}

/// Tells a run up to a depth.
#[derive(Debug, Clone, Copy, Default)]
pub struct Narrator {
    depth: Depth,
    format: Format,
    by_line: bool,
}

/// Collects the sentences of one event.
struct Told<'a> {
    at: VirtualTime,
    status: &'a Status,
    sentences: Vec<Sentence>,
}

impl Narrator {
    /// A narrator of this depth; `format` is what [`Self::line`] writes.
    #[must_use]
    pub fn new(depth: Depth, format: Format) -> Self {
        Narrator { depth, format, by_line: false }
    }

    /// The same, who also tells each line of the script and how the plan grows by it.
    #[must_use]
    pub fn line_by_line(self) -> Self {
        Narrator { by_line: true, ..self }
    }

    /// What there is to say about an event; `status` is the fold up to and including it.
    #[must_use]
    pub fn narrate(&self, event: &Event, status: &Status) -> Vec<Sentence> {
        let mut told = Told { at: event.time, status, sentences: Vec::new() };
        told.event(&event.kind);
        let is_of_a_line = |sentence: &Sentence| matches!(sentence.kind, "statement" | "plan_built");
        told.sentences.retain(|sentence| sentence.depth <= self.depth || self.by_line && is_of_a_line(sentence));
        told.sentences
    }

    /// The line to write for a sentence.
    #[must_use]
    pub fn line(&self, sentence: &Sentence) -> String {
        sentence.line(self.format)
    }
}

impl Told<'_> {
    fn say(&mut self, depth: Depth, weight: Weight, kind: &'static str, text: String) {
        self.sentences.push(Sentence { at: self.at, depth, weight, kind, text });
    }

    fn event(&mut self, kind: &EventKind) {
        match kind {
            EventKind::ApplicationStarted { .. }
            | EventKind::ApplicationEnded { .. }
            | EventKind::ScriptRead { .. }
            | EventKind::StatementStarted { .. }
            | EventKind::PlanBuilt { .. }
            | EventKind::Printed { .. }
            | EventKind::QueryStarted { .. }
            | EventKind::QueryOptimized { .. }
            | EventKind::QueryReplanned { .. }
            | EventKind::QueryEnded { .. }
            | EventKind::JobSubmitted { .. }
            | EventKind::JobEnded { .. } => self.script(kind),
            EventKind::NodeAdded { .. }
            | EventKind::ExecutorAdded { .. }
            | EventKind::FaultInjected { .. }
            | EventKind::NodeDied { .. }
            | EventKind::ExecutorRemoved { .. }
            | EventKind::NodeCutOff { .. }
            | EventKind::NodeReconnected { .. }
            | EventKind::NodeLeaving { .. }
            | EventKind::ExecutorDecommissioned { .. }
            | EventKind::ExecutorsRequested { .. }
            | EventKind::ExecutorExcluded { .. }
            | EventKind::NodeRestarted { .. } => self.machine(kind),
            EventKind::StageDefined(_)
            | EventKind::StageSkipped { .. }
            | EventKind::StageSubmitted { .. }
            | EventKind::StageCompleted { .. }
            | EventKind::StageFailed { .. } => self.stage(kind),
            EventKind::TaskStarted { task, .. } => self.task_started(*task),
            EventKind::ShuffleFetched { task, from, blocks, bytes: size, .. } => {
                let name = self.status.attempt_name(*task);
                let blocks = plural(u64::from(*blocks), "block");
                let text = format!("{name} asks {from} for {blocks} ({})", bytes(*size));
                self.say(Depth::Full, Weight::Plain, "shuffle_fetched", text);
            }
            EventKind::TaskEnded { task, outcome, metrics } => self.task_ended(*task, outcome, metrics),
            EventKind::MapOutputRegistered { .. }
            | EventKind::RowsSampled(_)
            | EventKind::MapOutputMoved { .. }
            | EventKind::MapOutputsLost { .. }
            | EventKind::BlockCached { .. }
            | EventKind::BlockReplicated { .. }
            | EventKind::CachedBlocksLost { .. }
            | EventKind::CacheDropped { .. }
            | EventKind::ShuffleDropped { .. }
            | EventKind::BroadcastCreated { .. }
            | EventKind::OutputCommitted { .. }
            | EventKind::OutputAborted { .. } => self.data(kind),
        }
    }

    fn script(&mut self, kind: &EventKind) {
        match kind {
            EventKind::ApplicationStarted { name, seed, cluster, .. } => {
                let cores = plural(u64::from(cluster.cores_per_node), "core");
                let nodes = plural(u64::from(cluster.nodes), "node");
                let name = words::line(name, 40);
                let text = if cluster.is_real {
                    format!("run {name}: a real Spark with {nodes} of {cores} each")
                } else {
                    format!("run {name}: simulated cluster of {nodes} with {cores} each, seed {seed}")
                };
                self.say(Depth::Brief, Weight::Plain, "run_started", text);
            }
            EventKind::ApplicationEnded { exit } => {
                let weight = if *exit == 0 { Weight::Good } else { Weight::Bad };
                let text = match exit {
                    0 => "the script has ended".to_owned(),
                    exit => format!("the script has ended with exit status {exit}"),
                };
                self.say(Depth::Brief, weight, "run_ended", text);
            }
            EventKind::StatementStarted { line, text } => {
                let text = format!("line {line}: {}", words::line(text, 80));
                self.say(Depth::Full, Weight::Plain, "statement", text);
            }
            EventKind::PlanBuilt { steps, .. } => {
                let steps: Vec<String> = steps.iter().map(words::plan_step).collect();
                let text = format!("the plan grows by {}; nothing runs", steps.join(", "));
                self.say(Depth::Full, Weight::Plain, "plan_built", text);
            }
            EventKind::Printed { text } => {
                let text = format!("the script prints {}", plural(text.lines().count() as u64, "line"));
                self.say(Depth::Full, Weight::Plain, "printed", text);
            }
            EventKind::QueryStarted { query, action, line, .. } => {
                // Real Spark mostly knows the line of its own code only.
                let place = if *line > 0 { format!(" at line {line} of the script") } else { String::new() };
                let text = format!("{query} starts: {}{place}", words::action(action));
                self.say(Depth::Brief, Weight::Plain, "query_started", text);
            }
            EventKind::QueryOptimized { query, rules, .. } if !rules.is_empty() => {
                let mut names: Vec<String> = Vec::new();
                for change in rules {
                    if !names.contains(&change.rule) {
                        names.push(words::line(&change.rule, 40));
                    }
                }
                let text = format!("the plan of {query} is improved by {}", words::list(&names));
                self.say(Depth::Full, Weight::Plain, "query_optimized", text);
            }
            EventKind::QueryReplanned { query, decisions, .. } => {
                for decision in decisions {
                    let text =
                        format!("{query} is planned again with what was measured: {}", words::line(decision, 200));
                    self.say(Depth::Normal, Weight::Plain, "query_replanned", text);
                }
            }
            EventKind::QueryEnded { query, rows, error } => self.query_ended(*query, *rows, error.as_deref()),
            EventKind::JobSubmitted { job, stages, description, .. } => {
                let stages = plural(stages.len() as u64, "stage");
                let text = format!("job {job} with {stages}: {}", words::line(description, 60));
                self.say(Depth::Full, Weight::Plain, "job_submitted", text);
            }
            EventKind::JobEnded { job, error: None } => {
                self.say(Depth::Full, Weight::Good, "job_ended", format!("job {job} is done"));
            }
            EventKind::JobEnded { job, error: Some(error) } => {
                let text = format!("job {job} is given up: {}", words::line(error, 160));
                self.say(Depth::Brief, Weight::Bad, "job_failed", text);
            }
            _ => {}
        }
    }

    fn query_ended(&mut self, query: QueryId, rows: Option<u64>, error: Option<&str>) {
        if let Some(error) = error {
            let text = format!("{query} failed: {}", words::line(error, 160));
            self.say(Depth::Brief, Weight::Bad, "query_failed", text);
            return;
        }
        let known = self.status.queries.get(&query);
        let is_in_time =
            |death: &&Arc<Death>| death.victim == Victim::Node && known.is_some_and(|query| death.at >= query.started);
        let deaths = self.status.deaths.iter().filter(is_in_time).count();
        let rows = rows.map_or_else(String::new, |rows| format!(": {}", plural(rows, "row")));
        let mut text = format!("{query} is done{rows}");
        if let Some(known) = known {
            let took = self.at.since(known.started);
            // Times of a real cluster are not pretended.
            let kind = if rows.is_empty() { "" } else { " of virtual time" };
            text = format!("{text}, {}{kind}", words::length(took));
        }
        if deaths > 0 {
            let _ = write!(text, ", in spite of {}", plural(deaths as u64, "dead node"));
        }
        self.say(Depth::Brief, Weight::Good, "query_ended", text);
    }

    fn machine(&mut self, kind: &EventKind) {
        match kind {
            EventKind::FaultInjected { fault, .. } => {
                let text = format!("FAULT injected: {}", words::line(fault, 80));
                self.say(Depth::Brief, Weight::Bad, "fault", text);
            }
            EventKind::NodeDied { node } => self.death_of(*node),
            EventKind::ExecutorRemoved { node, reason, .. } => {
                let text = format!("the driver gives the executor on {node} up: {}", words::line(reason, 120));
                self.say(Depth::Normal, Weight::Bad, "executor_removed", text);
                match self.status.nodes.get(node) {
                    Some(known) if known.is_alive() => self.death_of(*node),
                    _ => self.late_starts(*node),
                }
            }
            EventKind::NodeRestarted { node } => {
                let text = format!("{node} is back with its disks; what its executor held is not there any more");
                self.say(Depth::Brief, Weight::Good, "node_restarted", text);
            }
            EventKind::ExecutorsRequested { total, before } if total > before => {
                let text = format!("tasks wait: {} are wanted, {before} were", plural(u64::from(*total), "executor"));
                self.say(Depth::Normal, Weight::Plain, "executors_requested", text);
            }
            EventKind::ExecutorsRequested { total, .. } => {
                let text = format!("less is to do: {} are enough", plural(u64::from(*total), "executor"));
                self.say(Depth::Full, Weight::Plain, "executors_requested", text);
            }
            EventKind::ExecutorExcluded { executor, node, stage } => {
                let text =
                    format!("{} keeps failing on {executor} ({node}): it gets no more of its tasks", stage.stage);
                self.say(Depth::Brief, Weight::Bad, "executor_excluded", text);
            }
            EventKind::NodeCutOff { node } => {
                let text = format!("{node} is cut off: it works on, and nobody hears it");
                self.say(Depth::Brief, Weight::Bad, "node_cut_off", text);
            }
            EventKind::NodeReconnected { node } => {
                let text = format!("{node} is connected again; what waited goes on");
                self.say(Depth::Brief, Weight::Good, "node_reconnected", text);
            }
            EventKind::NodeLeaving { node, at } => {
                let text = format!("{node} will be taken away at {at}");
                self.say(Depth::Brief, Weight::Bad, "node_leaving", text);
            }
            EventKind::ExecutorDecommissioned { node, .. } => {
                let text =
                    format!("the executor on {node} is decommissioned: no new tasks; it leaves when it has finished");
                self.say(Depth::Brief, Weight::Plain, "executor_decommissioned", text);
            }
            EventKind::NodeAdded { node, cores, memory_bytes, rack, is_spot } => {
                let cores = plural(u64::from(*cores), "core");
                let place = if *rack > 0 { format!(", in rack {}", rack + 1) } else { String::new() };
                let kind = if *is_spot { ", a spot machine" } else { "" };
                let text = format!("{node} joins: {cores}, {} of memory{place}{kind}", bytes(*memory_bytes));
                self.say(Depth::Full, Weight::Plain, "node_added", text);
            }
            _ => {}
        }
    }

    fn death_of(&mut self, node: NodeId) {
        if let Some(death) = self.status.deaths.iter().rev().find(|death| death.node == node) {
            let death = death.clone();
            self.node_died(&death);
        }
    }

    /// What the driver sent to a silent machine before it gave it up.
    fn late_starts(&mut self, node: NodeId) {
        let Some(death) = self.status.deaths.iter().rev().find(|death| death.node == node) else { return };
        let is_late = |task: &&TaskId| self.status.attempts.get(task).is_some_and(|known| known.started > death.at);
        let names: Vec<String> =
            death.running.iter().filter(is_late).map(|task| self.status.attempt_name(*task)).collect();
        if !names.is_empty() {
            let names = words::short_list(&names);
            let text =
                format!("lost as well, sent to {node} while it was silent: {names}; to be run again on another node");
            self.say(Depth::Brief, Weight::Again, "lost_running", text);
        }
    }

    /// The inventory, then what is needed of it and what is not, each with its reason.
    fn node_died(&mut self, death: &Death) {
        let status = self.status;
        let held = words::inventory(death.outputs.len(), death.running.len(), death.cached.len());
        let (text, kind) = match death.victim {
            Victim::Node => (format!("{} stops. On it: {held}", death.node), "node_died"),
            Victim::Executor => {
                (format!("with the executor on {} goes what it held: {held}", death.node), "executor_died")
            }
        };
        self.say(Depth::Brief, Weight::Bad, kind, text);
        if !death.running.is_empty() {
            let names: Vec<String> = death.running.iter().map(|task| status.attempt_name(*task)).collect();
            let text = format!("lost while running: {}; to be run again on another node", words::short_list(&names));
            self.say(Depth::Brief, Weight::Again, "lost_running", text);
        }
        for (need, members) in words::by_need(&death.outputs, |lost| &lost.need) {
            let names: Vec<(StageId, u32)> = members.iter().map(|lost| (lost.stage, lost.map)).collect();
            let what = format!("the output of {}", words::stage_tasks(status, &names));
            self.lost(&what, need, 1);
        }
        self.lost_cached(death);
        self.kept(death);
    }

    fn lost(&mut self, what: &str, need: &Need, number: usize) {
        let it = if number == 1 { "it" } else { "them" };
        match need {
            Need::Now(by) => {
                let single = by.iter().map(|(_, partitions)| partitions.len()).sum::<usize>() == 1;
                let by = words::needed_by(self.status, by);
                let verb = if single { "needs" } else { "need" };
                let text = format!("lost and needed: {what}; made again, because {by} still {verb} {it}");
                self.say(Depth::Brief, Weight::Again, "lost_needed", text);
            }
            Need::OwnStage(stage) => {
                let stage = words::stage(self.status, *stage);
                let text =
                    format!("lost and needed: {what}; made again, because stage {stage} is not complete without");
                self.say(Depth::Brief, Weight::Again, "lost_needed", text);
            }
            Need::Later => {
                let text =
                    format!("lost: {what}; nothing waits for {it} now, so made again only if a later step reads {it}");
                self.say(Depth::Brief, Weight::Kept, "lost_maybe_later", text);
            }
            Need::No => {
                let text = format!("lost, not needed: {what}; everything that reads {it} is done, so not made again");
                self.say(Depth::Brief, Weight::Kept, "lost_not_needed", text);
            }
        }
    }

    /// Cached partitions, all that are needed now in one sentence.
    fn lost_cached(&mut self, death: &Death) {
        let mut now: Vec<(StageId, Vec<u32>)> = Vec::new();
        let mut needed = 0;
        for lost in &death.cached {
            if let Need::Now(by) = &lost.need {
                needed += 1;
                now.extend(by.clone());
            }
        }
        if needed > 0 {
            self.lost(&plural(needed, "cached partition"), &Need::Now(now), needed as usize);
        }
        for (need, members) in words::by_need(&death.cached, |lost| &lost.need) {
            if !need.is_now() {
                self.lost(&plural(members.len() as u64, "cached partition"), need, members.len());
            }
        }
    }

    fn kept(&mut self, death: &Death) {
        let nodes = self.status.nodes.values().filter(|node| node.is_alive() && node.node != death.node);
        let survivors: Vec<NodeId> = nodes.map(|node| node.node).collect();
        let held = words::inventory(death.outputs_kept, 0, death.cached_kept);
        if held != "nothing" {
            let place = match survivors.len() {
                0..=7 => words::nodes(&survivors),
                many => format!("the {many} other nodes"),
            };
            let text = format!("not affected: {held} on {place}");
            self.say(Depth::Brief, Weight::Kept, "not_affected", text);
        }
    }

    fn stage(&mut self, kind: &EventKind) {
        match kind {
            EventKind::StageDefined(definition) => {
                let operators = visible(&definition.operators.join(", "));
                let text = format!("{} is planned: {operators}", definition.stage);
                self.say(Depth::Full, Weight::Plain, "stage_defined", text);
            }
            EventKind::StageSkipped { job, stage } => {
                let text = format!("stage {} is skipped: its output is still there", words::stage(self.status, *stage));
                // Within one query each exchange is a job, and every job skips what those before it made: no news.
                let maker = self.status.stages.get(stage).and_then(|stage| stage.definition.query);
                let asker = self.status.jobs.get(job).and_then(|job| job.query);
                let depth = if maker == asker && maker.is_some() { Depth::Full } else { Depth::Normal };
                self.say(depth, Weight::Good, "stage_skipped", text);
            }
            EventKind::StageSubmitted { stage, partitions, reason, .. } => {
                self.stage_submitted(stage.stage, partitions, reason);
            }
            EventKind::StageCompleted { stage } => {
                let text = format!("stage {} is done", words::stage(self.status, stage.stage));
                self.say(Depth::Normal, Weight::Good, "stage_completed", text);
            }
            EventKind::StageFailed { stage, reason } => {
                let missing = self.status.attempts.values().any(|attempt| {
                    let fetching = matches!(attempt.outcome, Some(TaskOutcome::FetchFailed { .. }));
                    attempt.stage == *stage && attempt.ended == Some(self.at) && fetching
                });
                let why = if missing {
                    "its input is missing; the driver gathers more such reports for a moment, then has the lost \
                     outputs made again"
                        .to_owned()
                } else {
                    words::line(reason, 160)
                };
                let text = format!("stage {} stops: {why}", words::stage(self.status, stage.stage));
                self.say(Depth::Normal, Weight::Bad, "stage_failed", text);
            }
            _ => {}
        }
    }

    fn stage_submitted(&mut self, stage: StageId, partitions: &[u32], reason: &SubmitReason) {
        let name = words::stage(self.status, stage);
        let known = self.status.stages.get(&stage);
        let total = known.map_or(0, |known| known.tasks.len());
        match reason {
            SubmitReason::Needed => {
                let tasks = plural(partitions.len() as u64, "task");
                let source = known.map(|known| self.source(&known.definition.parents)).unwrap_or_default();
                let text = format!("stage {name} starts: {tasks}{source}");
                self.say(Depth::Normal, Weight::Plain, "stage_submitted", text);
            }
            SubmitReason::OutputsLost { .. } => {
                let tasks = words::tasks(self.status, stage, partitions);
                let text = format!("stage {name} runs again for {tasks} only: {} of {total} tasks", partitions.len());
                self.say(Depth::Brief, Weight::Again, "stage_again", text);
            }
            SubmitReason::FetchFailed { .. } => {
                let tasks = words::tasks(self.status, stage, partitions);
                let text = format!("stage {name} goes on with {tasks}: its lost input was made again");
                self.say(Depth::Brief, Weight::Again, "stage_goes_on", text);
            }
        }
    }

    fn source(&self, parents: &[StageId]) -> String {
        if parents.is_empty() {
            return String::new();
        }
        let parents: Vec<String> = parents.iter().map(|parent| words::stage(self.status, *parent)).collect();
        format!(", reads what {} left", words::list(&parents))
    }

    fn task_started(&mut self, task: TaskId) {
        let Some(attempt) = self.status.attempts.get(&task) else { return };
        let name = self.status.attempt_name(task);
        let node = attempt.node;
        let again = |why: String| format!("{name} runs again on {node}: {why}");
        let (depth, weight, kind, text) = match &attempt.cause {
            TaskCause::First => (Depth::Full, Weight::Plain, "task_started", format!("{name} starts on {node}")),
            TaskCause::OutputLost { node: dead } => {
                (Depth::Normal, Weight::Again, "task_again", again(format!("its output was lost with {dead}")))
            }
            TaskCause::ExecutorLost { node: dead } => {
                (Depth::Normal, Weight::Again, "task_again", again(format!("it was running on {dead}")))
            }
            TaskCause::FetchFailed { node: dead } => {
                (Depth::Normal, Weight::Again, "task_again", again(format!("it could not read a block from {dead}")))
            }
            TaskCause::Retry { reason } => {
                let reason = words::line(reason, 100);
                (Depth::Normal, Weight::Again, "task_retried", again(format!("it failed before ({reason})")))
            }
            TaskCause::Speculative => {
                let text = format!("a second copy of the slow {name} starts on {node}");
                (Depth::Normal, Weight::Again, "task_speculative", text)
            }
        };
        self.say(depth, weight, kind, text);
    }

    fn task_ended(&mut self, task: TaskId, outcome: &TaskOutcome, metrics: &TaskMetrics) {
        let Some(attempt) = self.status.attempts.get(&task).cloned() else { return };
        let name = self.status.attempt_name(task);
        match outcome {
            TaskOutcome::Succeeded => self.task_done(&name, &attempt, metrics),
            TaskOutcome::ExecutorLost { node } => {
                let text = format!("{name} is gone with {node}");
                self.say(Depth::Full, Weight::Bad, "task_lost", text);
            }
            TaskOutcome::FetchFailed { shuffle, map, node } => {
                let block = self.status.shuffles.get(shuffle).map(|known| self.status.task_name(known.writer, *map));
                let block = block.unwrap_or_else(|| format!("{shuffle} map {map}"));
                let text = format!("{name} stops: it needs the output of {block}, which was on {node}");
                self.say(Depth::Normal, Weight::Bad, "fetch_failed", text);
            }
            TaskOutcome::Failed { error } => {
                let text = format!("{name} failed on {}: {}", attempt.node, words::line(error, 140));
                self.say(Depth::Brief, Weight::Bad, "task_failed", text);
            }
            TaskOutcome::Killed { reason } => {
                let text = format!("{name} is stopped: {}", words::line(reason, 100));
                self.say(Depth::Full, Weight::Plain, "task_killed", text);
            }
            TaskOutcome::Ignored { reason } => {
                let text = format!("{name} finished too late, its result is not used: {}", words::line(reason, 100));
                self.say(Depth::Normal, Weight::Plain, "task_ignored", text);
            }
        }
        if metrics.spilled_bytes > 0 {
            let text =
                format!("{name} wrote {} to disk for a while: its memory was full", bytes(metrics.spilled_bytes));
            self.say(Depth::Normal, Weight::Plain, "task_spilled", text);
        }
    }

    fn task_done(&mut self, name: &str, attempt: &Attempt, metrics: &TaskMetrics) {
        let rows = plural(metrics.rows_out, "row");
        let wrote = match metrics.shuffle_write_bytes {
            0 => String::new(),
            size => format!(", {} for the shuffle", bytes(size)),
        };
        let depth = if attempt.is_again() { Depth::Normal } else { Depth::Full };
        let again = if attempt.is_again() { " again" } else { "" };
        let text = format!("{name} is done{again} on {}: {rows}{wrote}", attempt.node);
        self.say(depth, Weight::Good, "task_done", text);
        self.recovered(attempt);
    }

    /// Says so when this was the last thing that a dead node's work still waited for.
    fn recovered(&mut self, attempt: &Attempt) {
        let Some(node) = caused_by(attempt) else { return };
        let before = |death: &&Arc<Death>| death.node == node && death.at <= attempt.started;
        let Some(death) = self.status.deaths.iter().rev().find(before) else { return };
        if let Some(text) = recovery::over(&fate(self.status, death)) {
            self.say(Depth::Brief, Weight::Good, "recovered", text);
        }
    }

    fn data(&mut self, kind: &EventKind) {
        match kind {
            EventKind::MapOutputsLost { shuffle, maps, node, reason } => {
                // What died with a node was told at its death; this is a loss that the driver notices in another way.
                let died = self.status.deaths.iter().any(|death| death.node == *node);
                if !died {
                    let stage = self.status.shuffles.get(shuffle).map(|known| known.writer).unwrap_or_default();
                    let tasks = words::tasks(self.status, stage, maps);
                    let text = format!("lost: the output of {tasks} on {node}: {}", words::line(reason, 100));
                    self.say(Depth::Brief, Weight::Bad, "outputs_lost", text);
                }
            }
            EventKind::BlockReplicated { cache, partition, from, node, bytes: size, .. } => {
                let text =
                    format!("{node} gets a copy of partition {partition} of {cache} from {from} ({})", bytes(*size));
                self.say(Depth::Full, Weight::Plain, "block_replicated", text);
            }
            EventKind::BlockCached { cache, partition, node, bytes: size, on_disk, .. } => {
                let place = if *on_disk { "on the disk of" } else { "in the memory of" };
                let text = format!("partition {partition} of {cache} is kept {place} {node} ({})", bytes(*size));
                self.say(Depth::Full, Weight::Good, "block_cached", text);
            }
            EventKind::CacheDropped { cache } => {
                self.say(Depth::Normal, Weight::Plain, "cache_dropped", format!("{cache} is dropped (unpersist)"));
            }
            EventKind::BroadcastCreated { broadcast, bytes: size, rows } => {
                let text = format!("{broadcast}: {} ({}) go to every node whole", plural(*rows, "row"), bytes(*size));
                self.say(Depth::Normal, Weight::Plain, "broadcast_created", text);
            }
            EventKind::OutputCommitted { path, files, rows, .. } => {
                let (files, rows) = (plural(u64::from(*files), "file"), count(*rows));
                let text = format!("written: {} ({files}, {rows} rows)", words::line(path, 70));
                self.say(Depth::Brief, Weight::Good, "output_committed", text);
            }
            EventKind::OutputAborted { path, reason } => {
                let text = format!("not written: {}: {}", words::line(path, 60), words::line(reason, 100));
                self.say(Depth::Brief, Weight::Bad, "output_aborted", text);
            }
            _ => {}
        }
    }
}
