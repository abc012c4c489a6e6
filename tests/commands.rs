//! Whole conversations: what a person types, what comes back, and the exit status.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn batchlab(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batchlab"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("PYSPARK_SUBMIT_ARGS")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

struct Said {
    exit: i32,
    stdout: String,
    stderr: String,
    folder: tempfile::TempDir,
}

/// Runs a script in a folder that holds a small table.
fn run(script: &str, options: &[&str]) -> Said {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    std::fs::write(folder.path().join("data/people.csv"), "name,age\nAda,36\nBob,n/a\n").expect("a table");
    let start = "from pyspark.sql import SparkSession, functions as F\nspark = SparkSession.builder.getOrCreate()\n";
    std::fs::write(folder.path().join("script.py"), format!("{start}{script}")).expect("a script");
    let mut arguments = vec!["run", "script.py", "--quiet"];
    arguments.extend(options);
    let output = batchlab(folder.path(), &arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        exit: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        folder,
    }
}

/// A folder with a script, and a stand-in for Spark that does what `body` says; `$log` is the folder for the event log.
#[cfg(unix)]
fn stand_in(body: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let submit = folder.path().join("spark/bin/spark-submit");
    std::fs::create_dir_all(folder.path().join("spark/bin")).expect("a folder");
    let find_log = "for word; do case $word in spark.eventLog.dir=*) log=${word#*=};; esac; done";
    std::fs::write(&submit, format!("#!/bin/sh\n{find_log}\n{body}\n")).expect("space");
    std::fs::set_permissions(&submit, std::fs::Permissions::from_mode(0o755)).expect("our own file");
    std::fs::write(folder.path().join("script.py"), "print('never run here')\n").expect("space");
    folder
}

#[cfg(unix)]
fn on_spark(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batchlab"));
    command.args(arguments).current_dir(folder).env("SPARK_HOME", folder.join("spark")).stdin(Stdio::null());
    command
}

#[cfg(unix)]
#[test]
fn a_script_on_real_spark_prints_as_it_does_and_its_log_is_told() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/spark_logs/join.json");
    let folder =
        stand_in(&format!("echo \"$1 $2\"; cp {} \"$log/app-1\"; echo 26/01/31 12:00:00 WARN x >&2", log.display()));
    let run = ["run", "script.py", "--on", "spark", "--master", "local[4]", "--spark-events", "kept"];
    let said = on_spark(folder.path(), &run).output().expect("the program starts");
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!((said.status.code(), &*said.stdout), (Some(0), &b"--master local[4]\n"[..]), "{told}");
    assert!(told.contains("summary: 8 tasks succeeded"), "{told}");
    assert!(folder.path().join("kept/app-1").is_file(), "{told}");
    let wrong = on_spark(folder.path(), &["run", "script.py", "--on", "spark", "--kill", "2@1"]).output();
    let wrong = wrong.expect("the program starts");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--kill describes the simulated cluster"));
}

#[cfg(unix)]
#[test]
fn a_script_that_fails_on_real_spark_shows_pythons_words() {
    let folder = stand_in("echo 'Traceback (most recent call last):' >&2; echo 'ValueError: no' >&2; exit 1");
    let said = on_spark(folder.path(), &["run", "script.py", "--on", "spark"]).output().expect("the program starts");
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(1), "{told}");
    assert!(told.contains("  ValueError: no\n") && told.contains("started no Spark session"), "{told}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_on_real_spark_leaves_no_process_behind() {
    let folder = stand_in("sleep 600 & echo $! > child; wait");
    let mut run = on_spark(folder.path(), &["run", "script.py", "--on", "spark"]);
    let mut running = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let child = folder.path().join("child");
    let is_written = || std::fs::read_to_string(&child).is_ok_and(|text| text.ends_with('\n'));
    while !is_written() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let ask = Command::new("kill").arg("-TERM").arg(running.id().to_string()).status().expect("there is a kill");
    assert!(ask.success());
    assert_eq!(running.wait().expect("it ends").code(), Some(130));
    let child = std::fs::read_to_string(&child).expect("a number");
    let state = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
}

const READ: &str = "people = spark.read.csv('data/people.csv', header=True)\n";

#[test]
fn a_script_prints_exactly_what_python_would() {
    let said = run(&format!("{READ}print(people.count())\nprint('a', 1.5, [1, 'x'], sep='|')\n"), &[]);
    assert_eq!((said.exit, said.stdout.as_str(), said.stderr.as_str()), (0, "2\na|1.5|[1, 'x']\n", ""));
}

#[test]
fn a_typo_in_a_column_is_underlined_and_the_right_name_offered() {
    let said = run(&format!("{READ}people.select('nmae').show()\n"), &[]);
    assert_eq!(said.exit, 1);
    assert!(
        said.stderr.contains("AnalysisException  [UNRESOLVED_COLUMN.WITH_SUGGESTION]   script.py, line 4"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("people.select('nmae').show()"), "{}", said.stderr);
    assert!(said.stderr.contains("^^^^"), "{}", said.stderr);
    assert!(said.stderr.contains("name"), "{}", said.stderr);
}

#[test]
fn a_missing_file_names_the_path_and_its_neighbour() {
    let said = run("spark.read.csv('data/peopel.csv').show()\n", &[]);
    assert_eq!(said.exit, 1);
    assert!(said.stderr.contains("PATH_NOT_FOUND"), "{}", said.stderr);
    assert!(said.stderr.contains("data/people.csv"), "{}", said.stderr);
}

#[test]
fn a_dirty_row_under_failfast_stops_the_job_and_leaves_no_output() {
    let script = "people = spark.read.csv('data/people.csv', header=True, schema='name STRING, age INT', mode='FAILFAST')\n\
                  people.write.csv('out/people')\n";
    let said = run(script, &[]);
    assert_eq!(said.exit, 1, "{}", said.stderr);
    assert!(said.stderr.contains("line 4"), "{}", said.stderr);
    assert!(!said.folder.path().join("out/people").exists());
}

#[test]
fn an_endless_loop_is_stopped_and_named() {
    let said = run("while True:\n    pass\n", &["--steps", "100000"]);
    assert_eq!(said.exit, 1, "{}", said.stderr);
    assert!(said.stderr.contains("ScriptStopped") && said.stderr.contains("line 3"), "{}", said.stderr);
}

#[test]
fn a_folder_that_exists_is_not_overwritten() {
    let script = format!("{READ}people.write.csv('out/people')\npeople.write.csv('out/people')\n");
    let said = run(&script, &[]);
    assert_eq!(said.exit, 1, "{}", said.stderr);
    assert!(said.stderr.contains("PATH_ALREADY_EXISTS"), "{}", said.stderr);
    assert!(said.stderr.contains("line 5"), "{}", said.stderr);
    assert!(said.folder.path().join("out/people/_SUCCESS").exists(), "the first write is untouched");
}

#[test]
fn what_is_not_supported_is_named_and_has_its_own_exit_status() {
    let said = run(&format!("{READ}people.toPandas()\n"), &[]);
    assert_eq!(said.exit, 3, "{}", said.stderr);
    assert!(said.stderr.contains("toPandas"), "{}", said.stderr);
    assert!(said.stderr.contains("line 4"), "{}", said.stderr);
}

#[test]
fn an_unknown_method_gets_the_nearest_name() {
    let said = run(&format!("{READ}people.gruopBy('name').count().show()\n"), &[]);
    assert_ne!(said.exit, 0);
    assert!(said.stderr.contains("gruopBy"), "{}", said.stderr);
    assert!(said.stderr.contains("groupBy"), "{}", said.stderr);
}

#[test]
fn a_path_outside_the_folder_is_refused() {
    let said = run("spark.read.text('/etc/hostname').show()\n", &[]);
    assert_eq!(said.exit, 1, "{}", said.stderr);
    assert!(said.stderr.contains("--allow-path"), "{}", said.stderr);
}

#[test]
fn a_raised_exception_is_the_scripts_own() {
    let said = run("raise ValueError('too few rows')\n", &[]);
    assert_eq!(said.exit, 1);
    assert!(said.stderr.contains("ValueError"), "{}", said.stderr);
    assert!(said.stderr.contains("too few rows"), "{}", said.stderr);
}

#[test]
fn sys_exit_gives_the_scripts_status() {
    assert_eq!(run("import sys\nsys.exit(7)\n", &[]).exit, 7);
}

#[test]
fn wrong_use_is_exit_status_two() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(batchlab(folder.path(), &["run"]).status.code(), Some(2));
    assert_eq!(batchlab(folder.path(), &["run", "missing.py"]).status.code(), Some(2));
    assert_eq!(batchlab(folder.path(), &["dance"]).status.code(), Some(2));
}

#[test]
fn a_saved_run_is_told_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("s.py"),
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\nprint(spark.range(10).count())\n",
    )
    .expect("a script");
    let ran = batchlab(folder.path(), &["run", "s.py", "--events", "run.jsonl"]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "10\n");
    let replayed = batchlab(folder.path(), &["replay", "run.jsonl", "--no-tui"]);
    assert!(replayed.status.success());
    assert!(!replayed.stdout.is_empty());
    let logs = batchlab(folder.path(), &["logs", "run.jsonl"]);
    assert!(logs.status.success());
    assert!(!logs.stdout.is_empty());
}

#[test]
fn completions_name_the_commands() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = batchlab(folder.path(), &["completions", "bash"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("replay"));
}

#[test]
fn a_world_tells_what_happened_and_compares_settings() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = |arguments: &[&str]| {
        let output = batchlab(folder.path(), arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (exit, stdout, _) = said(&["world", "store", "--vary", "mode=cp,ap"]);
    assert_eq!(exit, Some(0));
    assert!(stdout.contains("writes refused                  6        0"), "{stdout}");
    let (_, first, _) = said(&["world", "edge", "--set", "events=500", "--json"]);
    let (_, second, _) = said(&["world", "edge", "--set", "events=500", "--json"]);
    assert_eq!(first, second);
    let (exit, _, stderr) = said(&["world", "stream", "--set", "stile=record"]);
    assert_eq!(exit, Some(2), "{stderr}");
    assert!(stderr.contains("stile") && stderr.contains("style"), "{stderr}");
}

#[test]
fn a_learner_makes_a_folder_fails_and_passes_a_step_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = batchlab(folder.path(), &["init", "w", "--rows", "2000"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let root = folder.path().join("w");
    assert_eq!(batchlab(&root, &["init", "inner"]).status.code(), Some(2));
    assert_eq!(batchlab(&root, &["check", "E1.2", "--json"]).status.code(), Some(1));
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("exercises/01_basics/s2_lazy.py");
    std::fs::copy(project.join("solutions/01_basics/s2_lazy.py"), &script).expect("a copy");
    let passed = batchlab(&root, &["check", "E1.2"]);
    assert_eq!(passed.status.code(), Some(0), "{}", String::from_utf8_lossy(&passed.stdout));
    assert_eq!(batchlab(&root, &["reset", "E1.2"]).status.code(), Some(0));
    assert!(std::fs::read_to_string(&script).expect("the starter").contains("TODO"));
    assert!(root.join(".batchlab/attic/01_basics-s2_lazy-001.py").is_file());
    let listed = batchlab(&root, &["list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("E1.2  passed"), "{listed:?}");
}

/// The same with lines on standard input.
fn told(folder: &Path, arguments: &[&str], input: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_batchlab"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("PYSPARK_SUBMIT_ARGS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        exit: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        folder: tempfile::tempdir().expect("a temporary folder"),
    }
}

#[test]
fn lines_from_a_pipe_run_as_at_a_prompt() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = "x = 20\nx + 1\nNone\ndf = spark.range(x)\ndf\n1 / 0\n\ndef twice(n):\n    return (n +\n        n)\n\n\
                 for i in range(2):\n    twice(i)\n_\ndf.filter('id > 4').count()\nundefined\n";
    let said = told(folder.path(), &["shell", "--nodes", "1", "--cores", "2"], input);
    assert_eq!(said.stdout, "21\nDataFrame[id: bigint]\n0\n2\n2\n15\n");
    assert!(said.stderr.contains("ZeroDivisionError   <stdin>, line 6"), "{}", said.stderr);
    assert!(said.stderr.contains("NameError   <stdin>, line 16"), "{}", said.stderr);
    assert_eq!(said.exit, 1, "an entry failed");
}

#[test]
fn a_line_of_a_shell_can_end_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = told(folder.path(), &["shell"], "'a'\nexit(4)\n'never'\n");
    assert_eq!((said.exit, said.stdout.as_str(), said.stderr.as_str()), (4, "'a'\n", ""));
    let said = told(folder.path(), &["shell", "--events", "log.jsonl"], "spark.range(3).count()");
    assert_eq!((said.exit, said.stdout.as_str()), (0, "3\n"));
    let log = std::fs::read_to_string(folder.path().join("log.jsonl")).expect("a log");
    assert!(log.contains("ScriptRead") && log.contains("PlanBuilt") && log.ends_with("\"exit\":0}\n"), "{log}");
}

#[test]
fn a_second_window_follows_a_shell() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let start = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_batchlab"));
        command.args(arguments).current_dir(folder.path()).env_remove("PYSPARK_SUBMIT_ARGS");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts")
    };
    // It may be opened before there is anything to follow.
    let mut second = start(&["replay", "log.jsonl", "--follow", "--no-tui"]);
    let mut told = std::io::BufReader::new(second.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut shell = start(&["shell", "--no-tui", "--events", "log.jsonl"]);
    let mut typing = shell.stdin.take().expect("a pipe");
    for (rows, done) in [(3, "Q0 is done"), (30, "Q1 is done")] {
        writeln!(typing, "spark.range({rows}).count()").expect("it listens");
        assert!(told.any(|line| line.contains(done)), "{done} is told while the shell goes on");
    }
    assert!(!folder.path().join("log.jsonl").exists(), "what is not whole has another name");
    drop(typing);
    assert!(shell.wait().expect("it ends").success());
    assert!(told.any(|line| line.starts_with("summary: ")), "then comes the summary");
    assert!(second.wait().expect("it ends").success());
    assert!(folder.path().join("log.jsonl").exists());
}

const STEPS: &str =
    "rows = spark.range(100).repartition(4)\nbig = rows.filter('id > 9')\nprint(big.count())\nprint('after')\n";

#[test]
fn a_script_stops_before_a_line_and_each_line_before_is_told() {
    let said = run(STEPS, &["--until", "line:4"]);
    assert_eq!((said.exit, said.stdout.as_str(), said.stderr.as_str()), (0, "", ""), "--quiet tells nothing");
    let output = batchlab(said.folder.path(), &["run", "script.py", "--until", "line:6"]);
    let (out, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(out, "90\n");
    let at = |text: &str| told.find(text).unwrap_or_else(|| panic!("{text} in {told}"));
    assert!(at("line 4: big = rows.filter") < at("the plan grows by filter (id > 9); nothing runs"), "{told}");
    assert!(at("the plan grows by filter") < at("Q0 starts: count"), "{told}");
    at("Stopped before line 6");
    let refused = batchlab(said.folder.path(), &["run", "script.py", "--until", "line:99"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn calls_of_rdds_are_steps_that_an_action_lights() {
    const WORDS: &str = "words = spark.sparkContext.parallelize(['a b', 'b'], 2)
pairs = words.flatMap(str.split).map(lambda word: (word, 1))
counts = pairs.reduceByKey(lambda a, b: a + b)
print(sorted(counts.collect()))
";
    let said = run(WORDS, &[]);
    assert_eq!(said.stdout, "[('a', 1), ('b', 2)]\n");
    let output = batchlab(said.folder.path(), &["run", "script.py", "--narrate", "full", "--until", "line:6"]);
    let told = String::from_utf8_lossy(&output.stderr);
    let order = [
        "the plan grows by parallelize 2 partitions; nothing runs",
        "line 4: pairs",
        "the plan grows by flatMap; nothing runs",
        "the plan grows by map; nothing runs",
        "line 5: counts",
        "the plan grows by reduceByKey; nothing runs",
    ];
    let places: Vec<Option<usize>> = order.iter().map(|words| told.find(words)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{places:?} in\n{told}");
    assert!(!told.contains("job J0"), "{told}");
}

#[test]
fn ready_scenarios_have_names() {
    let said = run(STEPS, &[]);
    let output = batchlab(said.folder.path(), &["run", "script.py", "--nodes", "4", "--faults", "one-dead"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("FAULT injected: kill node-2"), "{told}");
    let refused = batchlab(said.folder.path(), &["run", "script.py", "--faults", "no-such"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("one of: one-dead, flaky-network"));
}

#[test]
fn a_prediction_is_asked_for_and_answered() {
    let script = run(STEPS, &[]);
    let said = told(script.folder.path(), &["run", "script.py", "--ask", "--nodes", "2"], "what?\nb\n");
    assert_eq!((said.exit, said.stdout.as_str()), (0, "90\nafter\n"), "{}", said.stderr);
    let at = |text: &str| said.stderr.find(text).unwrap_or_else(|| panic!("{text} in {}", said.stderr));
    assert!(at("How many stages will run for it?") < at("Type the letter of an option"), "{}", said.stderr);
    assert!(at("Type the letter of an option") < at("stage S0"), "predict, then look: {}", said.stderr);
    assert!(at("Q0 is done") < at("The run says: "), "{}", said.stderr);
    let silent = told(script.folder.path(), &["run", "script.py", "--ask", "--nodes", "2"], "");
    assert_eq!((silent.exit, silent.stdout.as_str()), (0, "90\nafter\n"));
    assert!(silent.stderr.contains("the rest is told without questions"), "{}", silent.stderr);
}

#[test]
fn what_a_script_writes_to_standard_error_gets_there() {
    let script =
        "import logging, sys\nlogging.warning('careful')\nprint('to the side', file=sys.stderr)\nprint('done')\n";
    let said = run(script, &[]);
    assert_eq!((said.exit, said.stdout.as_str()), (0, "done\n"));
    assert_eq!(said.stderr, "WARNING:root:careful\nto the side\n");
}

/// What pytest would run is only read; what it lends to plain code works as pytest's own.
#[test]
fn a_file_of_tests_is_read_and_its_functions_can_be_called() {
    let said = run(
        r#"
import threading
import pytest


@pytest.fixture(scope="session")
def frame():
    return spark.range(3)


@pytest.mark.parametrize("limit,rows", [(1, 1), pytest.param(2, 2, id="two")])
def test_limit(frame, limit, rows):
    assert frame.limit(limit).count() == rows


@pytest.mark.slow
def test_mean(frame):
    assert frame.agg(F.avg("id")).first()[0] == pytest.approx(1.0000001)


test_limit(frame(), 2, 2)
test_mean(frame())
with pytest.raises(ValueError, match="inv.lid") as caught:
    int("x")
print(caught.type.__name__, 1.1 == pytest.approx(1))
try:
    with pytest.raises(ValueError):
        pass
except AssertionError as error:
    print(error)
thread = threading.Thread(target=print, args=("in a thread",))
thread.start()
thread.join()
import zipfile
"#,
        &[],
    );
    assert_eq!(said.stdout, "ValueError False\nDID NOT RAISE <class 'ValueError'>\nin a thread\n", "{}", said.stderr);
    assert!(said.stderr.starts_with("note: threads run one after the other here"), "{}", said.stderr);
    assert!(said.stderr.contains("the module `zipfile` is not supported here"), "{}", said.stderr);
}

/// A project as people keep them: the script in a folder of its own, helpers in packages, a shared module at another place.
#[test]
fn a_project_of_several_files_finds_its_modules_and_its_logger() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = [
        ("jobs/helper.py", "def double(x):\n    return x * 2\n"),
        ("jobs/pkg/__init__.py", "from .inner import LIMIT\nfrom . import other\n"),
        ("jobs/pkg/inner.py", "LIMIT = 3\n"),
        ("jobs/pkg/other.py", "from .inner import LIMIT as again\n"),
        ("shared/names.py", "NAME = 'shared'\n"),
        (
            "log.conf",
            "[loggers]\nkeys=root,etl\n[handlers]\nkeys=out\n[formatters]\nkeys=short\n[logger_root]\nlevel=WARNING\n\
             handlers=out\n[logger_etl]\nlevel=INFO\nhandlers=out\nqualname=etl\npropagate=0\n[handler_out]\n\
             class=StreamHandler\nargs=(sys.stdout,)\nformatter=short\n[formatter_short]\nformat=%(levelname)s %(name)s %(message)s\n",
        ),
        (
            "jobs/main.py",
            "import importlib.util, logging, logging.config, os, sys\n\
             from pyspark import SparkFiles\n\
             from pyspark.sql import SparkSession, functions as F\n\
             import helper, pkg\n\
             here = os.path.dirname(os.path.abspath(__file__))\n\
             sys.path.append(os.path.join(here, '..', 'shared'))\n\
             import names\n\
             print(pkg.LIMIT, pkg.other.again, names.NAME, names.__name__, os.path.isabs(__file__), os.path.basename(sys.path[0]))\n\
             spec = importlib.util.spec_from_file_location('own', os.path.join(here, 'helper.py'))\n\
             module = importlib.util.module_from_spec(spec)\n\
             spec.loader.exec_module(module)\n\
             print(module.double(4), module.__name__, importlib.util.find_spec('nothere'))\n\
             spark = SparkSession.builder.appName('Wild').getOrCreate()\n\
             double = F.udf(helper.double, 'int')\n\
             df = spark.range(2).select(double(F.col('id').cast('int')).alias('d'))\n\
             print([row.d for row in df.collect()])\n\
             spark.sparkContext.addFile('log.conf')\n\
             logging.config.fileConfig(SparkFiles.get('log.conf'))\n\
             logging.getLogger('etl').info('%d rows', 2)\n\
             logging.getLogger('other').info('not told')\n\
             logging.config.dictConfig({'version': 1, 'formatters': {'f': {'format': '%(message)s!'}}, 'handlers': {'h':\n\
             \x20   {'class': 'logging.StreamHandler', 'stream': 'ext://sys.stdout', 'formatter': 'f'}},\n\
             \x20   'root': {'level': 'INFO', 'handlers': ['h']}})\n\
             logging.info('again')\n\
             log4j = spark._jvm.org.apache.log4j\n\
             logger = log4j.LogManager.getLogger('etl.Wild')\n\
             logger.info('below the level')\n\
             logger.warn('from log4j')\n\
             plan = df._jdf.queryExecution().executedPlan().toString()\n\
             print('EvalPython' in plan, plan.startswith('=='))\n\
             try:\n    from . import helper\nexcept ImportError as e:\n    print(e)\n\
             try:\n    import pkg.nothere\nexcept ModuleNotFoundError as e:\n    print(e)\n",
        ),
    ];
    for (path, text) in files {
        let place = folder.path().join(path);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        std::fs::write(place, text).expect("a file");
    }
    let said = batchlab(folder.path(), &["run", "jobs/main.py", "--quiet"]);
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(
        String::from_utf8_lossy(&said.stdout),
        "3 3 shared names True jobs\n8 own None\n[0, 2]\nINFO etl 2 rows\nagain!\nTrue False\n\
         attempted relative import with no known parent package\nNo module named 'pkg.nothere'\n",
        "{told}"
    );
    assert!(told.contains(" WARN Wild: from log4j\n") && !told.contains("below the level"), "{told}");
}
