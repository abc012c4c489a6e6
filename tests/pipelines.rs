//! The four pipelines: real Spark's answers, and the same answers when a node dies at any moment.

#[path = "support/project.rs"]
mod project;

use project::{copy, project};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PIPELINES: [&str; 4] = ["01_basics", "02_joins", "03_files", "04_quality"];

struct Run {
    folder: tempfile::TempDir,
    stdout: String,
    stderr: String,
}

fn run(name: &str, options: &[&str]) -> Run {
    run_in(tempfile::tempdir().expect("a temporary folder"), name, options)
}

/// The same folder again, as new: logs and plans name it.
fn run_again(run: Run, name: &str, options: &[&str]) -> Run {
    std::fs::remove_dir_all(run.folder.path().join("out")).expect("the run wrote something");
    run_in(run.folder, name, options)
}

fn run_in(folder: tempfile::TempDir, name: &str, options: &[&str]) -> Run {
    let datasets = folder.path().join("datasets");
    if !datasets.exists() {
        copy(&project().join("datasets"), &datasets);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_batchlab"))
        .arg("run")
        .arg(project().join("solutions").join(name).join("pipeline.py"))
        .args(["--no-tui", "--now", "2025-01-01T00:00:00", "--events", "run.jsonl"])
        .args(options)
        .current_dir(folder.path())
        .env_remove("PYSPARK_SUBMIT_ARGS")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let run = Run { folder, stdout: text(&output.stdout), stderr: text(&output.stderr) };
    assert!(output.status.success(), "{name} {options:?} failed:\n{}", run.stderr);
    run
}

/// Plans carry ids and paths; everything else that a script prints is the same on every engine.
fn without_plans(text: &str) -> String {
    let (mut kept, mut inside) = (String::new(), false);
    for line in text.lines() {
        if line == "== Physical Plan ==" {
            inside = true;
        } else if inside && line.trim().is_empty() {
            inside = false;
        } else if !inside && !line.trim().is_empty() {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Every file below `out/`, by a name without the job's unique part, with its rows in any order for text and its bytes for Parquet.
fn outputs(run: &Run) -> Vec<(String, Vec<u8>)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let root = run.folder.path().join("out");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    let mut files: Vec<(String, Vec<u8>)> = paths
        .into_iter()
        .map(|path| {
            let relative = path.strip_prefix(&root).expect("below out").to_string_lossy().into_owned();
            assert!(!relative.contains("_temporary"), "a leftover: {relative}");
            (relative, std::fs::read(&path).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn pipelines_print_what_real_spark_printed() {
    for name in PIPELINES {
        let golden = std::fs::read_to_string(project().join("tests/pipelines").join(format!("{name}.out")))
            .expect("a golden file");
        let run = run(name, &["--cluster", "1x2"]);
        assert_eq!(without_plans(&run.stdout), golden, "{name}");
    }
}

#[test]
fn a_node_death_changes_neither_tables_nor_files() {
    let shape = ["--nodes", "4", "--cores", "2"];
    let mut run = run("03_files", &shape);
    let (printed, files) = (run.stdout.clone(), outputs(&run));
    for kill in ["1@0.1", "2@0.4", "3@0.7", "4@1.1", "2@1.25", "2@1000"] {
        run = run_again(run, "03_files", &[&shape[..], &["--kill", kill]].concat());
        assert_eq!(run.stdout, printed, "killing {kill}");
        assert_eq!(outputs(&run), files, "killing {kill}");
    }
}

#[test]
fn machines_that_come_back_bring_their_input_with_them() {
    let shape = ["--nodes", "4", "--cores", "2"];
    let run = run("01_basics", &shape);
    let (printed, files) = (run.stdout.clone(), outputs(&run));
    let nodes = ["1", "2", "3", "4"];
    let faults: Vec<String> = nodes
        .iter()
        .flat_map(|node| {
            ["--fault".to_owned(), format!("kill:{node}@0.09"), "--fault".to_owned(), format!("restart:{node}@0.5")]
        })
        .collect();
    let options: Vec<&str> = shape.into_iter().chain(faults.iter().map(String::as_str)).collect();
    let run = run_again(run, "01_basics", &options);
    assert_eq!(run.stdout, printed);
    assert_eq!(outputs(&run), files);
}

#[test]
fn an_executor_that_ends_is_told_with_what_it_held() {
    let options = ["--nodes", "4", "--cores", "2", "--fault", "kill-executor:2@0.7"];
    let run = run("03_files", &options);
    assert!(run.stderr.contains("with the executor on node-2 goes what it held: "), "{}", run.stderr);
    assert!(run.stderr.contains("summary: the executor on node-2 died at 0.700 s: "), "{}", run.stderr);
}

#[test]
fn the_same_command_gives_the_same_log() {
    let log = |run: &Run| std::fs::read(run.folder.path().join("run.jsonl")).expect("a log");
    let options = ["--nodes", "4", "--cores", "2", "--kill", "2@0.7"];
    let first = run("03_files", &options);
    let before = log(&first);
    let second = run_again(first, "03_files", &options);
    assert!(log(&second) == before, "two runs of the same command differ in their logs");
}

#[test]
fn another_seed_gives_the_same_tables() {
    let first = run("02_joins", &["--seed", "1"]);
    let second = run("02_joins", &["--seed", "2"]);
    assert_eq!(without_plans(&first.stdout), without_plans(&second.stdout));
}

/// What a person without a terminal gets from the plain command: all four exercises, one of them with a node death.
#[test]
fn the_main_job_tells_a_node_death_and_prints_what_real_spark_printed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&project().join("datasets"), &folder.path().join("datasets"));
    let output = Command::new(env!("CARGO_BIN_EXE_batchlab"))
        .current_dir(folder.path())
        .env_remove("PYSPARK_SUBMIT_ARGS")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for name in PIPELINES {
        let golden = std::fs::read_to_string(project().join("tests/pipelines").join(format!("{name}.out")))
            .expect("a golden file");
        // How many partitions there are follows from the cluster, which is a larger one here.
        for line in golden.lines().filter(|line| !line.starts_with("partitions as read")) {
            assert!(told.lines().any(|told| told == line), "{name}: not printed: {line}");
        }
    }
    let summary: Vec<&str> = told.lines().filter(|line| line.starts_with("summary: ")).collect();
    let told_of = |text: &str| summary.iter().any(|line| line.contains(text));
    assert!(told_of("node-2 died") && told_of("outputs made again: 3 of 6"), "{}", summary.join("\n"));
    assert!(told_of("cached partitions made again: 3 of 3"), "{}", summary.join("\n"));
    for made in ["basics", "joins", "files/lake", "quality/scores"] {
        assert!(folder.path().join("out").join(made).exists(), "{made} was not written");
    }
}
