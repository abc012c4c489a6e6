//! Logs of real Spark say here what they say there.
//!
//! `tests/data/spark_logs/steps` holds Spark 4.3's own logs of all step solutions on twelve slots, shortened where a log repeats itself; what
//! Spark did is in `tests/steps/behaviour42_10000.json`. `tests/compare_behaviour_with_spark.py --keep DIR` records such logs, and
//! `tests/compare_with_history_server.py --logs DIR` asks the History Server about them.

use batchlab::event::EventKind;
use batchlab::spark_log::read;
use batchlab::status::Status;
use batchlab::status::costs::{costs, total};
use batchlab::status::metrics::Metrics;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn logs() -> Vec<(String, PathBuf)> {
    let folder = std::fs::read_dir(project().join("tests/data/spark_logs/steps")).expect("logs");
    let mut logs: Vec<(String, PathBuf)> = folder
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let step = path.file_name()?.to_str()?.strip_suffix(".json.gz")?.replacen('-', "/", 1);
            Some((step, path))
        })
        .collect();
    logs.sort();
    logs
}

#[test]
fn every_step_s_log_counts_as_spark_did() {
    let text = std::fs::read_to_string(project().join("tests/steps/behaviour42_10000.json")).expect("what Spark did");
    let golden: Value = serde_json::from_str(&text).expect("JSON");
    let logs = logs();
    assert_eq!(logs.len(), 37);
    let mut wrong = Vec::new();
    for (step, path) in logs {
        let log = read::open(&path).expect("a log of Spark");
        assert!(log.torn.is_none() && !log.unfinished && log.unreadable.lines == 0 && log.missing.is_empty(), "{step}");
        let status = Status::of(&log.events);
        let here = serde_json::to_value(Metrics::of(&status).summary).expect("numbers");
        let spark = &golden["steps"][&step];
        for name in ["jobs", "stages", "tasks", "shuffle_records", "shuffle_bytes", "input_bytes"] {
            if here[name] != spark[name] {
                wrong.push(format!("{step} {name}: Spark {} here {}", spark[name], here[name]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_steps_wrote_is_told_with_its_rows() {
    let (_, path) = logs().into_iter().find(|(step, _)| step == "01_basics/s7_write").expect("a step that writes");
    let log = read::open(&path).expect("a log of Spark");
    let written: Vec<(&str, u64)> = log
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::OutputCommitted { path, rows, .. } => Some((path.as_str(), *rows)),
            _ => None,
        })
        .collect();
    assert!(written.iter().any(|(path, rows)| path.starts_with("out/") && *rows > 0), "{written:?}");
}

#[test]
fn every_log_names_what_it_cost() {
    for (step, path) in logs() {
        let status = Status::of(&read::open(&path).expect("a log of Spark").events);
        let costs = costs(&status);
        assert!(!costs.is_empty(), "{step}");
        assert!(costs.iter().all(|cost| cost.core_seconds <= total(&status) * 1.000_001), "{step}: {costs:?}");
    }
}
