//! What the script does: its lines, its queries, its jobs.

use super::{Depth, Told, Weight};
use crate::common::ids::QueryId;
use crate::common::text::plural;
use crate::event::EventKind;
use crate::report::words;
use crate::status::{Death, Victim};
use std::fmt::Write as _;
use std::sync::Arc;

impl Told<'_> {
    pub(super) fn script(&mut self, kind: &EventKind) {
        match kind {
            EventKind::ApplicationStarted(application) => {
                let cluster = &application.cluster;
                let cores = plural(u64::from(cluster.cores_per_node), "core");
                let nodes = plural(u64::from(cluster.nodes), "node");
                let name = words::line(&application.name, 40);
                let text = if cluster.is_real {
                    format!("run {name}: a real Spark with {nodes} of {cores} each")
                } else {
                    format!("run {name}: simulated cluster of {nodes} with {cores} each, seed {}", application.seed)
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
            EventKind::ErrorPrinted { text } => {
                let text = format!("the script writes to standard error: {}", words::line(text, 100));
                self.say(Depth::Normal, Weight::Plain, "error_printed", text);
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
}
