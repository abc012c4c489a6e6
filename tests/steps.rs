//! The steps' solutions leave behind what real Spark's did.
//!
//! Each solution of `solutions/` runs unmodified, with a few plain PySpark lines appended that print the rows of its frames and its plain
//! values; their digests were recorded from real Spark 4.3 on twelve slots (`tests/steps/seed42_10000.json`).

#[path = "support/project.rs"]
mod project;

use project::{copy, project};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const MARK: &str = "@@";

/// The frames whose rows are compared; `result` where nothing else is said.
fn frames(step: &str) -> &'static [&'static str] {
    match step {
        "02_joins/s2_join_types" => &["orphans", "empty", "result"],
        // Its ranges follow a random sample.
        "03_files/s7_range_custom" => &[],
        _ => &["result"],
    }
}

fn values(step: &str) -> &'static [&'static str] {
    match step {
        "01_basics/s3_schema" => &["partitions"],
        "03_files/s3_cache" => &["answer"],
        "03_files/s6_hash" => &["total", "non_empty"],
        "03_files/s7_range_custom" => &["custom"],
        "04_quality/s7_gate" => &["overall", "alerts"],
        "05_case/s2_quality_windows" => &["too_late"],
        _ => &[],
    }
}

fn script(step: &str) -> String {
    let path = project().join("solutions").join(format!("{step}.py"));
    let mut code = std::fs::read_to_string(path).expect("a solution");
    for name in frames(step) {
        let _ = write!(
            code,
            "\nfor _row in sorted([str(tuple(_r)) for _r in {name}.collect()]):\n    print(\"{MARK}\", \"{name}\", _row)\n\
             print(\"{MARK}\", \"{name}:schema\", {name}.schema.simpleString())\n"
        );
    }
    for name in values(step) {
        let _ = writeln!(
            code,
            "print(\"{MARK}\", \"{name}\", sorted({name}.items()) if isinstance({name}, dict) else {name})"
        );
    }
    code
}

fn answers(step: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&project().join("datasets"), &folder.path().join("datasets"));
    let file: PathBuf = folder.path().join("script.py");
    std::fs::write(&file, script(step)).expect("a script");
    let output = Command::new(env!("CARGO_BIN_EXE_batchlab"))
        .args(["run", "script.py", "--quiet", "--cluster", "W4"])
        .current_dir(folder.path())
        .env_remove("PYSPARK_SUBMIT_ARGS")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some((name, text)) = line.strip_prefix("@@ ").and_then(|rest| rest.split_once(' ')) {
            seen.entry(name.to_owned()).or_default().push(text.to_owned());
        }
    }
    Ok(seen)
}

#[test]
fn every_step_answers_as_real_spark_did() {
    let text = std::fs::read_to_string(project().join("tests/steps/seed42_10000.json")).expect("the recorded answers");
    let golden: Value = serde_json::from_str(&text).expect("JSON");
    let mut wrong = Vec::new();
    for (step, wanted) in golden["steps"].as_object().expect("steps") {
        let got = match answers(step) {
            Ok(got) => got,
            Err(error) => {
                wrong.push(format!("{step} failed: {error}"));
                continue;
            }
        };
        for (name, wanted) in wanted.as_object().expect("names").iter().filter(|(name, _)| *name != "files") {
            let lines = got.get(name).cloned().unwrap_or_default();
            let digest = Sha256::digest(lines.join("\n").as_bytes());
            let digest = digest.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            if wanted["sha256"].as_str() != Some(&digest) {
                let first: Vec<&String> = lines.iter().take(3).collect();
                wrong.push(format!("{step} {name}: Spark {} here {} lines {first:?}", wanted["lines"], lines.len()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
