//! Conversations of a workshop folder: tracks, the last run, progress of two machines, demos that are turned, settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What came back.
struct Said {
    exit: i32,
    stdout: String,
    stderr: String,
}

fn batchlab(folder: &Path, words: &str) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_batchlab"))
        .args(words.split_whitespace())
        .current_dir(folder)
        .env_remove("PYSPARK_SUBMIT_ARGS")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { exit: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// The same, which must go well; gives standard output.
fn fine(folder: &Path, words: &str) -> String {
    let said = batchlab(folder, words);
    assert_eq!(said.exit, 0, "{words}: {}{}", said.stdout, said.stderr);
    said.stdout
}

/// The same, which must be refused; gives standard error.
fn refused(folder: &Path, words: &str, exit: i32) -> String {
    let said = batchlab(folder, words);
    assert_eq!(said.exit, exit, "{words}: {}{}", said.stdout, said.stderr);
    said.stderr
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A workshop folder; it goes with the first value.
fn workshop(options: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fine(folder.path(), &format!("init w --rows 2000 {options}"));
    let root = folder.path().join("w");
    (folder, root)
}

/// Puts our way to do a step where the learner's script is.
fn solve(root: &Path, name: &str) {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("solutions").join(format!("{name}.py"));
    std::fs::copy(ours, root.join("exercises").join(format!("{name}.py"))).expect("a copy");
}

#[test]
fn a_track_puts_its_steps_first_and_locks_nothing() {
    let (folder, root) = workshop("--track express");
    let listed = fine(&root, "list");
    assert!(listed.starts_with("Track express") && listed.contains("E4.8") && !listed.contains("E1.1"), "{listed}");
    assert!(fine(&root, "list --all").contains("E1.1"));
    assert!(fine(&root, "hint --task").starts_with("E1.2"), "the first of the track");
    assert!(fine(&root, "hint E3.4").starts_with("E3.4"), "nothing is locked");
    fine(&root, "init . --track analyst");
    assert!(fine(&root, "hint --task").starts_with("E1.1"));
    fine(&root, "init . --track all");
    assert_eq!(json(&fine(&root, "list --json")).as_array().map(Vec::len), Some(37));
    assert!(refused(folder.path(), "init x --track expres", 2).contains("did you mean express?"));
    assert!(!folder.path().join("x").exists(), "nothing is made for a track that is not there");
}

#[test]
fn a_workshop_folder_remembers_its_last_run() {
    let (folder, root) = workshop("");
    assert!(refused(&root, "why", 2).contains("this folder remembers no run"));
    fine(&root, "run E1.8 --no-tui --quiet");
    let before = json(&fine(&root, "metrics --json"));
    solve(&root, "01_basics/s8_first_shuffle");
    fine(&root, "check E1.8");
    let after = json(&fine(&root, "metrics --json"));
    assert_ne!(before["summary"], after["summary"]);
    let why = fine(&root, "why");
    assert!(why.contains("What cost most of them:\n\n1. ") && why.contains("Nothing did work again."), "{why}");
    assert!(!fine(&root, "why --costs").contains("work again."));
    assert!(fine(&root, "replay --no-tui").contains("stage S0"));
    for line in fine(&root, "logs --json --level debug").lines() {
        assert!(json(line)["text"].is_string(), "{line}");
    }
    assert!(refused(folder.path(), "logs", 2).contains("no log is named"));
}

#[test]
fn the_numbers_of_one_stage_are_its_own() {
    let (_folder, root) = workshop("");
    solve(&root, "01_basics/s8_first_shuffle");
    fine(&root, "run E1.8 --no-tui --quiet");
    let all = json(&fine(&root, "metrics --json"));
    let stages = all["stages"].as_array().expect("rows");
    let mut tasks = 0;
    for stage in stages {
        let name = stage["stage"].as_str().expect("a name");
        let one = json(&fine(&root, &format!("metrics --stage {name} --json")));
        assert_eq!(one["stages"], serde_json::json!([stage]));
        assert_eq!(one["summary"]["tasks"], stage["tasks"], "{one}");
        tasks += one["tasks"].as_array().map_or(0, Vec::len);
    }
    assert_eq!(Some(tasks), all["tasks"].as_array().map(Vec::len));
    assert!(refused(&root, "metrics --stage S99", 2).contains("these did: S0"));
    refused(&root, "metrics --stage x", 2);
}

#[test]
fn two_runs_are_compared_by_their_numbers_alone() {
    let (_folder, root) = workshop("");
    let numbers = json(&fine(&root, "compare E1.2 E1.8 --metrics --json"));
    assert!(numbers["jobs"]["a"].is_number() && numbers.get("prints_same").is_none(), "{numbers}");
    let table = fine(&root, "compare E1.2 E1.8 --metrics");
    assert!(table.contains("shuffle records") && !table.contains("First difference"), "{table}");
}

#[test]
fn progress_of_two_machines_is_joined_and_proved_again() {
    let (folder, laptop) = workshop("");
    fine(folder.path(), "init pc --rows 2000");
    let pc = folder.path().join("pc");
    solve(&laptop, "01_basics/s2_lazy");
    fine(&laptop, "check E1.2");
    let said = batchlab(&pc, "report --merge ../w --json");
    assert_eq!((said.exit, said.stderr.as_str()), (0, "Taken over from ../w: E1.2.\n"));
    assert_eq!(json(&said.stdout)["steps"]["E1.2"]["state"], "passed");
    assert!(batchlab(&pc, "report --merge ../w/.batchlab/progress.json").stderr.contains("nothing that is better"));
    assert!(refused(&pc, "report --merge nobody.json", 2).contains("nobody.json"));
    let proved = batchlab(&pc, "report --verify");
    assert_eq!(proved.exit, 1, "the script stayed on the other machine: {}", proved.stdout);
    assert!(proved.stdout.contains("Not the script that passed, but what is there now: E1.2."), "{}", proved.stdout);
    solve(&pc, "01_basics/s2_lazy");
    assert!(fine(&pc, "report --verify").ends_with("1 of 1 passed steps hold on fresh data.\n"));
}

#[test]
fn the_report_fits_a_terminal() {
    let (_folder, root) = workshop("");
    solve(&root, "01_basics/s8_first_shuffle");
    fine(&root, "check E1.8");
    let report = fine(&root, "report");
    let rows: Vec<&str> = report.lines().filter(|line| line.starts_with('E')).collect();
    assert_eq!(rows.len(), 37);
    assert!(rows.iter().all(|line| line.chars().count() <= 80), "{report}");
    assert!(rows[7].contains(" B") || rows[7].contains("iB"), "what it shuffled: {}", rows[7]);
}

#[test]
fn what_a_script_needs_is_found_without_running_it() {
    let (_folder, root) = workshop("");
    let script = "import numpy\nimport beside\nfrom pyspark.sql import SparkSession\nx.toPandas()\n";
    std::fs::write(root.join("a.py"), script).expect("a script");
    std::fs::write(root.join("beside.py"), "").expect("a module");
    let said = batchlab(&root, "api --missing a.py --json");
    assert_eq!(said.exit, 3, "{}", said.stderr);
    let found = json(&said.stdout);
    assert_eq!((&found[0]["line"], &found[1]["name"]), (&1.into(), &"DataFrame.toPandas".into()));
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    assert!(fine(&root, "api --missing E2.3").starts_with("Every name is supported."));
    std::fs::write(root.join("a.py"), "x = (").expect("a script");
    assert!(refused(&root, "api --missing a.py", 2).contains("does not parse, line 1"));
}

#[test]
fn steps_can_be_run_and_explained_by_their_names() {
    let (folder, root) = workshop("");
    assert!(fine(&root, "explain e1.2 --mode cost").contains("Statistics(sizeInBytes="));
    assert!(refused(&root, "explain E1.2 --mode codegen", 3).contains("not supported here"));
    assert!(refused(&root, "run E1.99 --no-tui", 2).contains("did you mean E1.1"));
    fine(folder.path(), "run E1.1 --no-tui --quiet");
}

#[test]
fn what_is_not_known_is_answered_with_what_is_near() {
    let (_folder, root) = workshop("");
    for (words, near) in [
        ("demo D5", "D05"),
        ("learn L99", "L9"),
        ("learn linage", "lineage"),
        ("quiz Q1.9", "Q1."),
        ("check E9.9", "E2.9"),
        ("api gropBy", "groupby"),
    ] {
        let said = batchlab(&root, words);
        assert!(
            said.exit > 0 && said.stderr.contains("did you mean ") && said.stderr.contains(near),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn a_demo_takes_another_cluster_and_its_own_knobs() {
    let (_folder, root) = workshop("");
    let told = fine(&root, "demo D08 --nodes 2 --cores 2 --no-tui");
    assert!(told.contains("--cluster 2x2") && told.contains("simulated, 2x2]"), "{told}");
    assert!(!told.contains("DOES NOT HOLD"), "with other options nothing is asserted");
    let sensors = fine(&root, "demo D14 --set shape=sensors --no-tui");
    assert!(sensors.contains("does not hold with your options"), "{sensors}");
    assert!(fine(&root, "demo D13 --notes").contains("Knobs, each with --set KEY=VALUE"));
    assert!(refused(&root, "demo D13 --set no_such=1", 2).contains("has no knob no_such"));
    assert!(refused(&root, "demo D08 --nodes 2 --verify", 2).contains("asserted of a demo as it is"));
    let both = fine(&root, "demo D00 D15 --no-tui");
    assert!(both.contains("D00  ") && both.contains("D15  "));
}

#[test]
fn settings_of_the_folder_hold_where_the_command_line_is_silent() {
    let (_folder, root) = workshop("");
    let shape = |options: &str| {
        fine(&root, &format!("run E1.8 --no-tui --quiet {options}"));
        let summary = json(&fine(&root, "metrics --json"));
        summary["summary"]["cores"].as_u64().expect("a number")
    };
    std::fs::write(root.join("batchlab.toml"), "cluster = \"mine\"\n[clusters.mine]\nnodes = 5\ncores = 7\n")
        .expect("space");
    assert_eq!((shape(""), shape("--cluster mine --nodes 2"), shape("--cluster 2x2")), (35, 14, 4));
    std::fs::write(root.join("batchlab.toml"), "[screen]\ntheme = \"pink\"\n").expect("space");
    let said = refused(&root, "list", 2);
    assert!(said.contains("batchlab.toml of this folder cannot be used") && said.contains("pink"), "{said}");
}

#[test]
fn authors_get_the_guide_with_their_first_step() {
    let (_folder, root) = workshop("");
    assert!(!root.join("exercises/README.md").exists(), "a learner needs none");
    assert!(fine(&root, "dev new E6.1").starts_with("exercises/README.md"));
    std::fs::write(root.join("exercises/README.md"), "mine").expect("space");
    fine(&root, "dev new E6.2");
    assert_eq!(std::fs::read_to_string(root.join("exercises/README.md")).expect("it is there"), "mine");
}
