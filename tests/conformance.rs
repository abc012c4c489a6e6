//! Every case of `tests/conformance/cases` prints exactly what real Spark 4.3 printed.
//!
//! A case runs as a process of its own, in a copy of `tests/conformance/data`, on two slots. Cases that do not pass yet are named in
//! `tests/conformance/open.txt`; a case that is named there and passes fails the test, so that the list only shrinks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder of cases").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries
}

fn cases() -> Vec<String> {
    let mut found = Vec::new();
    for group in sorted(&root().join("cases")) {
        for path in sorted(&group) {
            if path.extension().is_some_and(|extension| extension == "py") {
                let group = group.file_name().expect("a name").to_string_lossy().into_owned();
                found.push(format!("{group}/{}", path.file_stem().expect("a name").to_string_lossy()));
            }
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for path in sorted(from) {
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copied file");
        }
    }
}

/// What is wrong with a case, if anything.
fn failure(case: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&root().join("data"), &folder.path().join("data"));
    let script = root().join("cases").join(format!("{case}.py"));
    let golden = std::fs::read(script.with_extension("out")).expect("a golden file");
    let output = Command::new(env!("CARGO_BIN_EXE_batchlab"))
        .arg("run")
        .arg(&script)
        .args(["--quiet", "--steps", "20000000"])
        .current_dir(folder.path())
        .env("TZ", "UTC")
        .env("PYSPARK_SUBMIT_ARGS", "--master local[2] --conf spark.ui.enabled=false pyspark-shell")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    if output.stdout == golden && output.status.success() {
        return None;
    }
    let (got, want) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&golden));
    let differing = want.lines().zip(got.lines().chain(std::iter::repeat("(nothing)"))).find(|(want, got)| want != got);
    let place = differing.map_or_else(String::new, |(want, got)| format!("\n  Spark: {want}\n  here:  {got}"));
    let errors = String::from_utf8_lossy(&output.stderr).lines().take(3).collect::<Vec<_>>().join(" | ");
    Some(format!("{case}: exit {:?}{place}\n  {errors}", output.status.code()))
}

#[test]
fn every_case_prints_what_spark_prints() {
    let open: BTreeSet<String> = std::fs::read_to_string(root().join("open.txt"))
        .unwrap_or_default()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let (cases, next) = (cases(), AtomicUsize::new(0));
    let wrong = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let failed = failure(case);
                    let message = match (open.contains(case), failed) {
                        (false, Some(failure)) => failure,
                        (true, None) => format!("{case}: passes now; take it out of tests/conformance/open.txt"),
                        (false, None) | (true, Some(_)) => continue,
                    };
                    wrong.lock().expect("no test thread panics").push(message);
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("no test thread panics");
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn the_open_list_names_real_cases() {
    let cases: BTreeSet<String> = cases().into_iter().collect();
    let open = std::fs::read_to_string(root().join("open.txt")).unwrap_or_default();
    for line in open.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        assert!(cases.contains(line), "{line} is no case");
    }
}
