//! The numbers of a run as a table, JSON, CSV or Prometheus text.

use crate::status::metrics::{ExecutorRow, Metrics, StageRow, Summary, TaskRow, Work};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Write;

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Stage,
    Task,
    Executor,
}

/// The rows of one kind: names and values, the same names in every row.
fn rows(metrics: &Metrics, by: By) -> Vec<Map<String, Value>> {
    match by {
        By::Stage => metrics.stages.iter().map(flat).collect(),
        By::Task => metrics.tasks.iter().map(flat).collect(),
        By::Executor => metrics.executors.iter().map(flat).collect(),
    }
}

/// A row with what it did beside its names instead of inside.
fn flat(row: &impl Serialize) -> Map<String, Value> {
    let mut flat = Map::new();
    let Ok(Value::Object(row)) = serde_json::to_value(row) else { return flat };
    for (name, value) in row {
        match value {
            Value::Object(inner) => flat.extend(inner),
            other => drop(flat.insert(name, other)),
        }
    }
    flat
}

/// Everything as JSON; the summary comes first.
#[must_use]
pub fn json(metrics: &Metrics) -> String {
    let mut all = Map::new();
    all.insert("summary".to_owned(), serde_json::to_value(&metrics.summary).unwrap_or(Value::Null));
    for (name, by) in [("stages", By::Stage), ("tasks", By::Task), ("executors", By::Executor)] {
        all.insert(name.to_owned(), rows(metrics, by).into_iter().map(Value::Object).collect());
    }
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

/// One kind of rows as CSV, names first.
#[must_use]
pub fn csv(metrics: &Metrics, by: By) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut is_first = true;
    for row in rows(metrics, by) {
        // Writing into memory cannot fail.
        if std::mem::take(&mut is_first) {
            let _ = writer.write_record(row.keys());
        }
        let _ = writer.write_record(row.values().map(plain));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Everything as Prometheus text: counters of the whole run and, with labels, of stages and executors.
#[must_use]
pub fn prometheus(metrics: &Metrics) -> String {
    let mut text = String::new();
    let Ok(Value::Object(summary)) = serde_json::to_value::<&Summary>(&metrics.summary) else { return text };
    for (name, value) in &summary {
        let _ = write!(text, "# TYPE batchlab_{name} gauge\nbatchlab_{name} {value}\n");
    }
    let stages = metrics
        .stages
        .iter()
        .map(|row: &StageRow| (format!("stage=\"{}\",name=\"{}\"", row.stage, escaped(&row.name)), &row.work));
    series(&mut text, "stage", &stages.collect::<Vec<_>>());
    let executors = metrics
        .executors
        .iter()
        .map(|row: &ExecutorRow| (format!("executor=\"{}\",node=\"{}\"", row.executor, row.node), &row.work));
    series(&mut text, "executor", &executors.collect::<Vec<_>>());
    text
}

fn series(text: &mut String, kind: &str, rows: &[(String, &Work)]) {
    let names: Vec<String> = flat(&Work::default()).keys().cloned().collect();
    for name in names {
        let _ = writeln!(text, "# TYPE batchlab_{kind}_{name} gauge");
        for (labels, work) in rows {
            let value = flat(work).get(&name).cloned().unwrap_or(Value::Null);
            let _ = writeln!(text, "batchlab_{kind}_{name}{{{labels}}} {value}");
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The summary, then tables of stages and executors, and of tasks when asked for.
#[must_use]
pub fn table(metrics: &Metrics, with_tasks: bool) -> String {
    let s = &metrics.summary;
    let mut text = format!(
        "{} jobs, {} stages ({} skipped), {} tasks ({} failed, {} again), {} shuffle records, {} shuffle bytes, {:.3} s of virtual time\n",
        s.jobs,
        s.stages,
        s.stages_skipped,
        s.tasks,
        s.tasks_failed,
        s.tasks_again,
        s.shuffle_records,
        s.shuffle_bytes,
        s.virtual_seconds
    );
    let stage = |row: &StageRow| {
        let start = vec![row.stage.clone(), row.name.clone(), row.attempts.to_string(), row.partitions.to_string()];
        cells(start, &row.work)
    };
    grid(&mut text, &["stage", "name", "attempts", "partitions"], metrics.stages.iter().map(stage).collect());
    let executor = |row: &ExecutorRow| {
        let state = if row.is_live { "up" } else { "gone" };
        cells(vec![row.executor.to_string(), row.node.clone(), row.cores.to_string(), state.to_owned()], &row.work)
    };
    grid(&mut text, &["executor", "node", "cores", "state"], metrics.executors.iter().map(executor).collect());
    if with_tasks {
        let task = |row: &TaskRow| {
            let place = format!("{} c{}", row.node, row.core);
            cells(vec![row.task.clone(), place, row.locality.to_owned(), row.outcome.to_owned()], &row.work)
        };
        grid(&mut text, &["task", "place", "locality", "outcome"], metrics.tasks.iter().map(task).collect());
    }
    text
}

const WORK: [&str; 9] =
    ["tasks", "failed", "again", "records in", "records out", "read B", "written B", "spilled B", "core s"];

fn cells(mut start: Vec<String>, work: &Work) -> Vec<String> {
    let records_in = work.input_records + work.shuffle_read_records;
    let records_out = work.shuffle_write_records + work.output_records;
    let read = work.input_bytes + work.shuffle_read_bytes;
    let written = work.shuffle_write_bytes + work.output_bytes;
    let numbers = [work.tasks, work.failed, work.again, records_in, records_out, read, written, work.spilled_bytes];
    start.extend(numbers.map(|number| number.to_string()));
    start.push(format!("{:.3}", work.core_seconds));
    start
}

/// Columns as wide as their widest cell; numbers to the right.
fn grid(text: &mut String, names: &[&str], rows: Vec<Vec<String>>) {
    let head: Vec<String> = names.iter().chain(&WORK).map(|name| (*name).to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&head).chain(&rows).collect();
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    text.push('\n');
    for row in all {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let wide = widths[column];
            let _ =
                if column < names.len() { write!(line, "{cell:<wide$}  ") } else { write!(line, "{cell:>wide$}  ") };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{Status, fixture};

    fn numbers() -> Metrics {
        Metrics::of(&Status::of(&fixture::node_death()))
    }

    #[test]
    fn json_begins_with_the_summary() {
        let text = json(&numbers());
        assert!(text.starts_with("{\n  \"summary\": {\n    \"jobs\": 1,\n    \"stages\": 4,"), "{text}");
        let back: Value = serde_json::from_str(&text).expect("JSON");
        let tasks = back["tasks"].as_array().map_or(0, Vec::len);
        assert_eq!(back["summary"]["tasks"].as_u64(), Some(tasks as u64));
    }

    #[test]
    fn every_form_has_a_row_for_each_stage_and_executor() {
        let numbers = numbers();
        assert_eq!(csv(&numbers, By::Stage).lines().count(), 1 + numbers.stages.len());
        assert_eq!(csv(&numbers, By::Task).lines().count(), 1 + numbers.tasks.len());
        assert!(prometheus(&numbers).contains("batchlab_stage_tasks{stage=\"S0\",name="));
        assert!(table(&numbers, true).contains("node-3"));
    }
}
