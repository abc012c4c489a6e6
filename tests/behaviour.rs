//! The steps' solutions make as many jobs, stages, tasks, shuffle records and records read as real Spark did, and shuffle files of the same
//! size.
//!
//! Recorded from real Spark 4.3 on twelve slots (`tests/steps/behaviour42_10000.json`, `tests/data/spark_logs/steps`); here on one node with twelve cores.
//! `tests/compare_behaviour_with_spark.py` repeats the comparison where PySpark is installed. `SOLUTIONS=DIR` reads the scripts from elsewhere.

#[path = "support/project.rs"]
mod project;
mod support;

use batchlab::event::log::EventLog;
use batchlab::session::RunRequest;
use batchlab::spark_log::read;
use batchlab::status::Status;
use batchlab::status::metrics::{Metrics, Summary};
use project::{copy, project};
use serde_json::Value;

/// Differences that remain, with their reason.
const KNOWN: &[(&str, &str)] = &[(
    "04_quality/s3_consistency input_records",
    "a malformed value passes the filters of Spark's CSV reader; here it is NULL",
)];

/// How far shuffle bytes may lie from Spark's: the two implementations of lz4 find different matches.
const PACKING: f64 = 0.01;

/// Where Spark writes other bytes, how far that is, and why.
const PACKED_OTHERWISE: &[(&str, f64, &str)] = &[
    ("03_files/s7_range_custom", 0.02, "rows that Python placed travel pickled"),
    ("04_quality/s5_outliers", 0.15, "the summary of percentile_approx is serialized otherwise"),
];

fn solution(step: &str) -> Option<String> {
    let other = std::env::var("SOLUTIONS").ok().map(std::path::PathBuf::from);
    let folder = other.unwrap_or_else(|| project().join("solutions"));
    std::fs::read_to_string(folder.join(format!("{step}.py"))).ok()
}

fn summary(source: &str) -> Result<Summary, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&project().join("datasets"), &folder.path().join("datasets"));
    let log = EventLog::new();
    let request = RunRequest { log: log.clone(), ..support::spec(folder.path(), source, (1, 12)).into() };
    let (_, outcome) = support::run(request);
    if outcome.exit != 0 {
        return Err(format!("{:?}", outcome.failure));
    }
    Ok(Metrics::of(&Status::of(&log.snapshot())).summary)
}

/// Records that Spark read, by its own log.
fn records_read(step: &str) -> Value {
    let log = project().join(format!("tests/data/spark_logs/steps/{}.json.gz", step.replace('/', "-")));
    let events = read::open(&log).expect("a log of Spark").events;
    Metrics::of(&Status::of(&events)).summary.input_records.into()
}

#[test]
fn every_step_behaves_as_it_did_on_real_spark() {
    let text = std::fs::read_to_string(project().join("tests/steps/behaviour42_10000.json")).expect("what Spark did");
    let golden: Value = serde_json::from_str(&text).expect("JSON");
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (step, spark) in golden["steps"].as_object().expect("steps") {
        let Some(source) = solution(step) else { continue };
        compared += 1;
        let here = match summary(&source) {
            Ok(here) => serde_json::to_value(here).expect("numbers"),
            Err(error) => {
                wrong.push(format!("{step} failed: {error}"));
                continue;
            }
        };
        for name in ["jobs", "stages", "tasks", "shuffle_records", "input_records"] {
            let is_known = KNOWN.iter().any(|(known, _)| *known == format!("{step} {name}"));
            let there = if name == "input_records" { records_read(step) } else { spark[name].clone() };
            if (here[name] == there) == is_known {
                wrong.push(format!("{step} {name}: Spark {there} here {}", here[name]));
            }
        }
        let [there, here] = [spark, &here].map(|summary| summary["shuffle_bytes"].as_f64().expect("a number"));
        let otherwise = PACKED_OTHERWISE.iter().find(|(known, ..)| known == step);
        if (here - there).abs() > there * otherwise.map_or(PACKING, |(_, far, _)| *far) {
            wrong.push(format!("{step} shuffle_bytes: Spark {there} here {here}"));
        }
    }
    assert!(compared >= 35, "only {compared} steps have a solution");
    assert!(wrong.is_empty(), "{} of {compared} steps:\n{}", wrong.len(), wrong.join("\n"));
}
