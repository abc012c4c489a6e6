//! One answer, however a plan is run: random plans over random tables, each in many ways.
//!
//! A plan is a script of random steps; its rows are printed sorted. The ways differ in what must not matter: rules left out, one partition or
//! many, small batches, no room in memory, no adaptive execution, a node that dies. Doubles are quarters, so that sums are exact in any order.
//!
//! `PLANS=5000..6000 cargo test --test differential` tries other plans.

mod support;

use batchlab::cluster::Fault;
use batchlab::event::log::EventLog;
use batchlab::event::{EventKind, TaskCause};
use batchlab::session::{Outcome, RunRequest, RunSpec};
use batchlab::swarm::{plan, tables};
use std::path::Path;

fn make_tables(folder: &Path, seed: u64) {
    tables::make_tables(folder, seed).expect("a folder");
    let outcome = run(folder, &tables::as_parquet(), &Way::plain()).outcome;
    assert_eq!(outcome.exit, 0, "{outcome:?}");
}

struct Way {
    name: &'static str,
    cluster: (u32, u32),
    memory: u64,
    process: u64,
    conf: Vec<(&'static str, String)>,
    faults: Vec<Fault>,
}

impl Way {
    fn plain() -> Way {
        let conf = vec![("spark.sql.shuffle.partitions", "3".to_owned())];
        Way { name: "as it is", cluster: (2, 2), memory: 1 << 30, process: u64::MAX, conf, faults: Vec::new() }
    }

    fn with(name: &'static str, conf: &[(&'static str, &str)]) -> Way {
        let mut way = Way { name, ..Way::plain() };
        way.conf.extend(conf.iter().map(|(key, value)| (*key, (*value).to_owned())));
        way
    }

    fn all(seed: u64) -> Vec<Way> {
        let rules = batchlab::optimizer::optional_rules().join(",");
        let one = [
            ("spark.sql.shuffle.partitions", "1"),
            ("spark.sql.files.openCostInBytes", "0"),
            ("spark.default.parallelism", "1"),
        ];
        let many = [
            ("spark.sql.shuffle.partitions", "13"),
            ("spark.sql.files.maxPartitionBytes", "300"),
            ("spark.sql.files.openCostInBytes", "0"),
            ("spark.sql.adaptive.coalescePartitions.enabled", "false"),
        ];
        let plain = [("spark.sql.adaptive.enabled", "false"), ("spark.sql.autoBroadcastJoinThreshold", "-1")];
        let node = 1 + seed % 2;
        let fault = Fault::parse_kill(&format!("{node}@0.{:03}", seed * 37 % 200)).expect("a fault");
        vec![
            Way::with("without optional rules", &[("spark.sql.optimizer.excludedRules", &rules)]),
            Way { cluster: (1, 1), ..Way::with("one partition", &one) },
            Way::with("many partitions", &many),
            Way::with("small batches", &[("spark.sql.parquet.columnarReaderBatchSize", "3")]),
            Way {
                memory: 24 << 10,
                process: 3000,
                ..Way::with("spilled", &[("spark.sql.autoBroadcastJoinThreshold", "-1")])
            },
            Way::with("not adaptive, no broadcast", &plain),
            Way { faults: vec![fault], ..Way::with("a node dies", &[]) },
        ]
    }
}

/// A run: what it printed, how it ended, what happened.
struct Run {
    printed: String,
    outcome: Outcome,
    log: EventLog,
}

impl Run {
    /// Bytes for which tasks had no room, and tasks that ran again.
    fn troubles(&self) -> (u64, usize) {
        self.log.snapshot().iter().fold((0, 0), |(spilled, again), event| match &event.kind {
            EventKind::TaskEnded { metrics, .. } => (spilled + metrics.spilled_bytes, again),
            EventKind::TaskStarted { cause, .. } if *cause != TaskCause::First => (spilled, again + 1),
            _ => (spilled, again),
        })
    }
}

fn run(folder: &Path, source: &str, way: &Way) -> Run {
    let plain = support::spec(folder, source, way.cluster);
    let spec = RunSpec {
        cluster: plain.cluster.map(|cluster| cluster.with_memory(way.memory)),
        faults: way.faults.clone(),
        conf: way.conf.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        process_memory_bytes: way.process,
        ..plain
    };
    let log = EventLog::new();
    let (printed, outcome) = support::run(RunRequest { log: log.clone(), ..spec.into() });
    Run { printed, outcome, log }
}

/// What a comparison has seen: lines printed, bytes spilled, tasks run again.
#[derive(Debug, Default)]
struct Seen {
    lines: usize,
    spilled: u64,
    again: usize,
}

fn compare(folder: &Path, seed: u64, seen: &mut Seen) -> Result<(), String> {
    let script = plan::script(seed);
    let expected = run(folder, &script, &Way::plain());
    if expected.outcome.exit != 0 {
        return Err(format!("seed {seed}: {:?}\n{script}", expected.outcome));
    }
    let expected = expected.printed;
    seen.lines += expected.lines().count();
    for way in Way::all(seed) {
        let found = run(folder, &script, &way);
        let (spilled, again) = found.troubles();
        seen.spilled += spilled;
        seen.again += again;
        if found.printed != expected {
            let (name, failure, found) = (way.name, found.outcome.failure, found.printed);
            return Err(format!("seed {seed}, {name}: {failure:?}\n{script}\nexpected {expected}\nfound {found}"));
        }
    }
    Ok(())
}

fn check(seeds: std::ops::Range<u64>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    make_tables(folder.path(), seeds.start);
    let mut seen = Seen::default();
    for seed in seeds {
        if let Err(difference) = compare(folder.path(), seed, &mut seen) {
            panic!("{difference}");
        }
    }
    assert!(seen.lines > 100 && seen.spilled > 0 && seen.again > 0, "nothing was compared: {seen:?}");
}

/// The plans to try: those asked for, or these.
fn wanted(usual: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let asked = std::env::var("PLANS").ok();
    let bounds = asked.as_deref().and_then(|text| text.split_once(".."));
    match bounds.map(|(from, to)| (from.parse(), to.parse())) {
        Some((Ok(from), Ok(to))) => from..to,
        _ => usual,
    }
}

#[test]
fn random_plans_give_one_answer() {
    check(wanted(0..40));
}

#[test]
fn more_random_plans_give_one_answer() {
    check(1000..1040);
}
