//! Every step holds: starters fail for the reason they name, solutions pass on all variants, mutants are caught by the check meant for them.

use batchlab::workshop::check::{self, CheckRequest, Which};
use batchlab::workshop::dev::{Bench, prove, unnamed_calls};
use batchlab::workshop::oracle;
use batchlab::workshop::step::{self, Library};
use batchlab::workshop::verdict::Verdict;
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

#[test]
fn every_call_of_a_solution_has_been_named_when_it_is_needed() {
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let problems = unnamed_calls(&step::all(Library { root: Some(project) }).expect("step files"));
    assert!(problems.is_empty(), "{problems:#?}");
}

/// The verdict on a script, on all data.
fn verdict(name: &str, write: impl FnOnce(&str) -> String) -> Verdict {
    let library = Library { root: Some(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))) };
    let step = step::load(library, name).expect("a step file");
    let source = write(&step.solution);
    let root = tempfile::tempdir().expect("a temporary folder");
    let verdict = check::check(&CheckRequest {
        step: &step,
        source: &source,
        file: "x.py",
        root: root.path(),
        visible: (42, 10_000),
        salt: "slips",
        rows: None,
        which: Which::All,
        threads: 1,
        cancelled: Arc::default(),
    });
    verdict.expect("runs")
}

/// What is said of a slip that no step names: the solution with one edit, on the visible data or on another variant.
#[track_caller]
fn slip(name: &str, edit: (&str, &str), expected: &str) {
    let verdict = verdict(name, |solution| {
        assert!(solution.contains(edit.0), "the solution of {name} has no {:?}", edit.0);
        solution.replacen(edit.0, edit.1, 1)
    });
    assert_eq!(
        verdict.mistake_ids(),
        [format!("{}-{expected}", verdict.step)],
        "{:?}",
        verdict.first_failure().map(|failed| &failed.failures)
    );
}

/// What is said of lines for a stretch goal that a learner adds to a right script, with or without the line `# stretch`.
#[track_caller]
fn stretch(name: &str, lines: &str, place: &str, why: &str) {
    let verdict = verdict(name, |solution| format!("{solution}\n{lines}\n"));
    assert!(verdict.passed, "{:?}", verdict.first_failure().map(|failed| &failed.failures));
    let told = verdict.stretch.expect("a word on the stretch goal");
    assert!(told.place.starts_with(place) && told.reached == why.is_empty() && told.why.contains(why), "{told:?}");
}

#[test]
fn a_stretch_goal_never_touches_its_step() {
    let gap = "stretch = staff.withColumn('gap', F.lag('salary').over(unique_pay) - F.col('salary'))";
    stretch("02_joins/s6_windows", &format!("{gap}\nstretch.show()"), "lines", "");
    stretch("02_joins/s6_windows", &format!("{gap}.drop('gap')\nprint(stretch.count())"), "lines", "no column `gap`");
    stretch("01_basics/s4_columns", "# Stretch goal\nx = people.collect()\n1 / 0", "lines", "ZeroDivisionError");
    stretch("01_basics/s8_first_shuffle", "stretch = result.show()", "line", "`stretch` holds nothing");
    stretch("01_basics/s3_schema", "stretch = spark.read.csv('datasets/people', inferSchema=True)", "line", "");
    let wrong =
        verdict("01_basics/s2_lazy", |ours| format!("{}\nstretch = people.count()\n", ours.replace("> 30", ">= 30")));
    assert!(
        !wrong.passed && wrong.stretch.is_some_and(|told| !told.reached && told.why.contains("when the step is right"))
    );
}

#[test]
fn slips_that_no_step_names_are_explained() {
    slip("01_basics/s4_columns", ("result.show(5, truncate=False)", "rows = result.collect()"), "c1");
    slip("05_case/s2_quality_windows", ("print(too_late)", "print(too_late, len(ev.collect()))"), "c1");
    slip("01_basics/s4_columns", ("people.filter(F.col(\"age\") > 30)", "people"), "c3");
    slip("02_joins/s2_join_types", ("\"dept_id\", \"left\")", "\"dept_id\", \"inner\")"), "c4");
    slip("02_joins/s4_aggregate", ("F.round(F.avg(\"salary\"), 2)", "F.round(F.avg(\"salary\"))"), "c5");
    slip("01_basics/s2_lazy", ("result.show(5)", ""), "c0");
    slip("01_basics/s2_lazy", ("result = over_30.select(", "result = over_30\nover_30.select("), "c18");
    slip("01_basics/s4_columns", (".otherwise(\"senior\")", ""), "c19");
    slip("01_basics/s2_lazy", (".select(\"name\", \"age\", ", ".select(\"name\", "), "c6");
    let dates = ("F.count(\"_bad\")", "F.count_if(F.col(\"transaction_date\").isNull())");
    slip("03_files/s1_ingest", dates, "c7");
    slip("01_basics/s8_first_shuffle", ("F.round(F.avg(\"age\"), 2)", "F.avg(\"age\")"), "c8");
    let orphans = "emp.join(dept, \"dept_id\", \"left_anti\").select(\"emp_id\"";
    slip("02_joins/s2_join_types", (orphans, "emp.filter(\"dept_id = 3\").select(\"emp_id\""), "c10");
    let empty = "empty = dept.join(emp, \"dept_id\", \"left_anti\").select(\"dept_name\")";
    slip("02_joins/s2_join_types", (empty, "empty = dept.filter(\"dept_name = 'Legal'\").select(\"dept_name\")"), "c2");
}
