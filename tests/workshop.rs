//! Every step holds: starters fail for the reason they name, solutions pass on all variants, mutants are caught by the check meant for them.

use batchlab::workshop::dev::{Bench, prove};
use batchlab::workshop::oracle;
use batchlab::workshop::step::{self, Library};
use std::sync::Arc;

#[track_caller]
fn check(folder: &str) {
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Library { root: Some(project) };
    let names: Vec<String> = step::names(library).into_iter().filter(|name| name.starts_with(folder)).collect();
    assert!(!names.is_empty());
    let root = tempfile::tempdir().expect("a temporary folder");
    let bench = Bench { root: root.path(), threads: 1, cancelled: Arc::default() };
    let mut problems = Vec::new();
    for name in &names {
        let step = step::load(library, name).expect("a step file");
        problems.extend(prove(&step, &bench).expect("a run"));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn exercise_1_holds() {
    check("01_");
}

#[test]
fn exercise_2_holds() {
    check("02_");
}

#[test]
fn exercise_3_holds() {
    check("03_");
}

#[test]
fn exercise_4_holds() {
    check("04_");
}

#[test]
fn the_case_holds() {
    check("05_");
}

#[test]
fn every_starter_has_a_step_file_and_a_solution() {
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let steps = step::all(Library { root: Some(project) }).expect("step files");
    let starters = std::fs::read_dir(project.join("exercises"))
        .expect("a folder")
        .flatten()
        .filter_map(|entry| std::fs::read_dir(entry.path()).ok())
        .flat_map(Iterator::flatten)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "py"))
        .count();
    assert_eq!((steps.len(), starters), (37, 37));
    let own = steps.iter().flat_map(|step| &step.answers).filter(|answer| answer.oracle == oracle::SOLUTION);
    assert_eq!(own.count(), 0, "an engine cannot judge itself");
    assert_eq!(steps.iter().map(|step| step.minutes).sum::<u32>(), 410);
    for step in steps {
        assert!(!step.solution.contains("TODO"), "{}: the solution has a TODO", step.id);
    }
}
