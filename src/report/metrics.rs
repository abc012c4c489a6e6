//! The numbers of a run as a table, JSON, CSV or Prometheus text.

use crate::common::text::plural;
use crate::status::metrics::{ExecutorRow, Metrics, StageRow, TaskRow, Work};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::io::{self, Write};

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Stage,
    Task,
    Executor,
}

/// The rows of one kind: names and values, the same names in every row.
fn rows<'a>(metrics: &'a Metrics<'_>, by: By) -> Box<dyn Iterator<Item = Map<String, Value>> + 'a> {
    match by {
        By::Stage => Box::new(metrics.stages.iter().map(flat)),
        By::Task => Box::new(metrics.tasks().map(|row| flat(&row))),
        By::Executor => Box::new(metrics.executors.iter().map(flat)),
    }
}

/// Names and values of one row.
fn flat(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(row)) => row,
        _ => Map::new(),
    }
}

/// Everything, row by row: a run may have a million tasks.
struct Everything<'a>(&'a Metrics<'a>);

impl Serialize for Everything<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_map(None)?;
        all.serialize_entry("summary", &self.0.summary)?;
        all.serialize_entry("stages", &self.0.stages)?;
        all.serialize_entry("tasks", &Tasks(self.0))?;
        all.serialize_entry("executors", &self.0.executors)?;
        all.end()
    }
}

struct Tasks<'a>(&'a Metrics<'a>);

impl Serialize for Tasks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.tasks())
    }
}

/// Everything as JSON; the summary comes first.
///
/// # Errors
/// What the writer reports.
pub fn json(metrics: &Metrics<'_>, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Everything(metrics))?;
    out.write_all(b"\n")
}

/// One kind of rows as CSV, names first.
///
/// # Errors
/// What the writer reports.
pub fn csv(metrics: &Metrics<'_>, by: By, out: &mut impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let mut is_first = true;
    for row in rows(metrics, by) {
        if std::mem::take(&mut is_first) {
            writer.write_record(row.keys())?;
        }
        writer.write_record(row.values().map(plain))?;
    }
    writer.flush()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Everything as Prometheus text: counters of the whole run and, with labels, of stages and executors.
///
/// # Errors
/// What the writer reports.
pub fn prometheus(metrics: &Metrics<'_>, out: &mut impl Write) -> io::Result<()> {
    for (name, value) in &flat(&metrics.summary) {
        write!(out, "# TYPE batchlab_{name} gauge\nbatchlab_{name} {value}\n")?;
    }
    let stages = metrics
        .stages
        .iter()
        .map(|row: &StageRow| (format!("stage=\"{}\",name=\"{}\"", row.stage, escaped(&row.name)), &row.work));
    series(out, "stage", &stages.collect::<Vec<_>>())?;
    let executors = metrics
        .executors
        .iter()
        .map(|row: &ExecutorRow| (format!("executor=\"{}\",node=\"{}\"", row.executor, row.node), &row.work));
    series(out, "executor", &executors.collect::<Vec<_>>())
}

fn series(out: &mut impl Write, kind: &str, rows: &[(String, &Work)]) -> io::Result<()> {
    let rows: Vec<(&str, Map<String, Value>)> =
        rows.iter().map(|(labels, work)| (labels.as_str(), flat(work))).collect();
    for name in flat(&Work::default()).keys() {
        writeln!(out, "# TYPE batchlab_{kind}_{name} gauge")?;
        for (labels, work) in &rows {
            writeln!(out, "batchlab_{kind}_{name}{{{labels}}} {}", work.get(name).unwrap_or(&Value::Null))?;
        }
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The summary, then tables of stages and executors, and of tasks when asked for.
///
/// # Errors
/// What the writer reports.
pub fn table(metrics: &Metrics<'_>, with_tasks: bool, out: &mut impl Write) -> io::Result<()> {
    let s = &metrics.summary;
    writeln!(
        out,
        "{}, {} ({} skipped), {} ({} failed, {} again), {} shuffle records, {} shuffle bytes, {:.3} s of {} time",
        plural(s.jobs, "job"),
        plural(s.stages, "stage"),
        s.stages_skipped,
        plural(s.tasks, "task"),
        s.tasks_failed,
        s.tasks_again,
        s.shuffle_records,
        s.shuffle_bytes,
        s.virtual_seconds,
        metrics.time_word(),
    )?;
    let stage = |row: &StageRow| {
        let start = vec![row.stage.clone(), row.name.clone(), row.attempts.to_string(), row.partitions.to_string()];
        cells(start, &row.work)
    };
    grid(out, &["stage", "name", "attempts", "partitions"], || metrics.stages.iter().map(stage))?;
    let executor = |row: &ExecutorRow| {
        let state = if row.is_live { "up" } else { "gone" };
        cells(vec![row.executor.to_string(), row.node.clone(), row.cores.to_string(), state.to_owned()], &row.work)
    };
    grid(out, &["executor", "node", "cores", "state"], || metrics.executors.iter().map(executor))?;
    if with_tasks {
        let task = |row: TaskRow| {
            let place = format!("{} c{}", row.node, row.core);
            cells(vec![row.task, place, row.locality.to_owned(), row.outcome.to_owned()], &row.work)
        };
        grid(out, &["task", "place", "locality", "outcome"], || metrics.tasks().map(task))?;
    }
    Ok(())
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

/// Columns as wide as their widest cell; numbers to the right. The rows are made twice and never held.
fn grid<R: Iterator<Item = Vec<String>>>(out: &mut impl Write, names: &[&str], rows: impl Fn() -> R) -> io::Result<()> {
    let head: Vec<String> = names.iter().chain(&WORK).map(|name| (*name).to_owned()).collect();
    let mut widths = vec![0; head.len()];
    for row in std::iter::once(head.clone()).chain(rows()) {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = cell.chars().count().max(*width);
        }
    }
    out.write_all(b"\n")?;
    for row in std::iter::once(head).chain(rows()) {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &wide))| {
            if column < names.len() { format!("{cell:<wide$}  ") } else { format!("{cell:>wide$}  ") }
        });
        writeln!(out, "{}", cells.collect::<String>().trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{Status, fixture};

    /// What is written of a run in which a node died, and how many stages and tasks it had.
    fn written(write: impl Fn(&Metrics<'_>, &mut Vec<u8>) -> io::Result<()>) -> (String, usize, usize) {
        let status = Status::of(&fixture::node_death());
        let (numbers, mut text) = (Metrics::of(&status), Vec::new());
        write(&numbers, &mut text).expect("memory takes everything");
        (String::from_utf8(text).expect("text"), numbers.stages.len(), numbers.tasks().count())
    }

    #[test]
    fn json_begins_with_the_summary() {
        let (text, ..) = written(json);
        assert!(text.starts_with("{\n  \"summary\": {\n    \"jobs\": 1,\n    \"stages\": 4,"), "{text}");
        let back: Value = serde_json::from_str(&text).expect("JSON");
        let tasks = back["tasks"].as_array().map_or(0, Vec::len);
        assert_eq!(back["summary"]["tasks"].as_u64(), Some(tasks as u64));
    }

    #[test]
    fn every_form_has_a_row_for_each_stage_and_executor() {
        let (text, stages, _) = written(|numbers, out| csv(numbers, By::Stage, out));
        assert_eq!(text.lines().count(), 1 + stages);
        let (text, _, tasks) = written(|numbers, out| csv(numbers, By::Task, out));
        assert_eq!(text.lines().count(), 1 + tasks);
        assert!(written(prometheus).0.contains("batchlab_stage_tasks{stage=\"S0\",name="));
        assert!(written(|numbers, out| table(numbers, true, out)).0.contains("node-3"));
    }
}
