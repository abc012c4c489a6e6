//! One answer, however a plan is run: random plans over random tables, each in many ways.
//!
//! A plan is a script of random steps; its rows are printed sorted. The ways differ in what must not matter: rules left out, one partition or
//! many, small batches, no room in memory, no adaptive execution, a node that dies. Doubles are quarters, so that sums are exact in any order.
//!
//! `PLANS=5000..6000 cargo test --test differential` tries other plans.

#[path = "support/dice.rs"]
mod dice;
mod support;

use batchlab::cluster::Fault;
use batchlab::event::log::EventLog;
use batchlab::event::{EventKind, TaskCause};
use batchlab::session::{Outcome, RunRequest};
use dice::Dice;
use std::fmt::Write;
use std::path::Path;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Text,
    Quarters,
    Day,
}

/// A script as it grows, and the columns of its frame.
struct Plan {
    dice: Dice,
    columns: Vec<(String, Kind)>,
    text: String,
    names: usize,
}

impl Plan {
    fn new(seed: u64) -> Plan {
        let mut dice = Dice(seed);
        let mut text = String::from(
            "from pyspark.sql import SparkSession, functions as F\nfrom pyspark.sql.window import Window\n\
             spark = SparkSession.builder.getOrCreate()\n",
        );
        for table in ["a", "b"] {
            let schema = if table == "a" { A } else { B };
            let read = match dice.roll(2) {
                0 => format!("spark.read.csv('{table}.csv', header=True, schema='{schema}')"),
                _ => format!("spark.read.parquet('{table}.parquet')"),
            };
            let _ = writeln!(text, "{table} = {read}");
        }
        text.push_str("df = a\n");
        let columns = [("id", Kind::Int), ("k", Kind::Int), ("s", Kind::Text), ("x", Kind::Quarters), ("d", Kind::Day)];
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
        Plan { dice, columns, text, names: 0 }
    }

    fn step(&mut self, text: &str) {
        let _ = writeln!(self.text, "df = df.{text}");
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    fn column(&mut self) -> (String, Kind) {
        self.dice.pick(&self.columns).clone()
    }

    fn of(&mut self, kind: Kind) -> Option<String> {
        let fitting: Vec<String> =
            self.columns.iter().filter(|(_, own)| *own == kind).map(|(name, _)| name.clone()).collect();
        if fitting.is_empty() { None } else { Some(self.dice.pick(&fitting).clone()) }
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth > 0 && self.dice.roll(3) == 0 {
            let (left, right) = (self.condition(depth - 1), self.condition(depth - 1));
            return match self.dice.roll(3) {
                0 => format!("({left} & {right})"),
                1 => format!("({left} | {right})"),
                _ => format!("(~{left} & {right})"),
            };
        }
        let (name, kind) = self.column();
        let number = self.dice.roll(12);
        match (kind, self.dice.roll(4)) {
            (_, 0) => format!("F.col('{name}').{}()", self.dice.pick(&["isNull", "isNotNull", "isNotNull"])),
            (Kind::Int, 1) => format!("F.col('{name}').isin(1, 3, {number})"),
            (Kind::Int, 2) => format!("(F.col('{name}') % 5 == {})", number % 5),
            (Kind::Int, _) => format!("(F.col('{name}') {} {number})", self.dice.pick(&["<", ">=", "!=", "=="])),
            (Kind::Text, 1) => format!("F.col('{name}').like('%{}%')", self.dice.pick(&["a", "b", "c"])),
            (Kind::Text, 2) => format!("(F.length('{name}') > {})", number % 4),
            (Kind::Text, _) => format!("(F.col('{name}') >= '{}')", self.dice.pick(&["a", "b", "bc"])),
            (Kind::Quarters, _) => format!("(F.col('{name}') > {number}.25)"),
            (Kind::Day, 1) => format!("(F.month('{name}') < {})", 1 + number),
            (Kind::Day, _) => format!("(F.col('{name}') < F.lit('2024-0{}-15').cast('date'))", 1 + number % 9),
        }
    }

    fn derived(&mut self) -> (String, Kind) {
        let (name, kind) = self.column();
        match (kind, self.dice.roll(3)) {
            (_, 0) => {
                let condition = self.condition(1);
                (format!("F.when({condition}, 1).otherwise(0)"), Kind::Int)
            }
            (Kind::Int, 1) => (format!("F.coalesce(F.col('{name}'), F.lit(7)) % 6 + 1 * 2"), Kind::Int),
            (Kind::Int, _) => (format!("F.concat(F.lit('n'), F.col('{name}'))"), Kind::Text),
            (Kind::Text, 1) => (format!("F.upper(F.col('{name}'))"), Kind::Text),
            (Kind::Text, _) => (format!("F.length(F.coalesce('{name}', F.lit('')))"), Kind::Int),
            (Kind::Quarters, 1) => (format!("F.col('{name}') * 2"), Kind::Quarters),
            (Kind::Quarters, _) => (format!("F.round(F.col('{name}')).cast('int')"), Kind::Int),
            (Kind::Day, 1) => (format!("F.year('{name}')"), Kind::Int),
            (Kind::Day, _) => (format!("F.date_add('{name}', 3)"), Kind::Day),
        }
    }

    fn quoted(&self) -> String {
        self.columns.iter().map(|(name, _)| format!("'{name}'")).collect::<Vec<_>>().join(", ")
    }

    fn join(&mut self) {
        let how = *self.dice.pick(&["inner", "left", "right", "full", "left_semi", "left_anti", "cross"]);
        let Some(key) = self.of(Kind::Int) else { return };
        let (other, name, y) = (self.fresh("k_"), self.fresh("name"), self.fresh("y"));
        let hint = if self.dice.roll(3) == 0 { ".hint('merge')" } else { "" };
        let right = format!(
            "b.select(F.col('k').alias('{other}'), F.col('name').alias('{name}'), F.col('y').alias('{y}')){hint}"
        );
        if how == "cross" {
            let condition = self.condition(0);
            self.step(&format!("filter({condition}).crossJoin({right}.filter('{other} = 3'))"));
        } else {
            let more = if self.dice.roll(3) == 0 { format!(" & (F.col('{y}') > 2)") } else { String::new() };
            self.step(&format!("join({right}, (F.col('{key}') == F.col('{other}')){more}, '{how}')"));
        }
        if !how.starts_with("left_") {
            self.columns.extend([(other, Kind::Int), (name, Kind::Text), (y, Kind::Int)]);
        }
    }

    fn group(&mut self) {
        let mut keys = vec![self.column()];
        let second = self.column();
        if second != keys[0] && self.dice.roll(2) == 0 {
            keys.push(second);
        }
        let mut made: Vec<(String, Kind)> = Vec::new();
        let mut calls = Vec::new();
        for _ in 0..=self.dice.roll(3) {
            let (name, kind) = self.column();
            let (call, kind) = match (kind, self.dice.roll(5)) {
                (_, 0) => ("F.count('*')".to_owned(), Kind::Int),
                (_, 1) => (format!("F.countDistinct('{name}')"), Kind::Int),
                (_, 2) => (format!("F.max('{name}')"), kind),
                (_, 3) => (format!("F.min('{name}')"), kind),
                (Kind::Int, _) => (format!("F.avg('{name}').cast('int')"), Kind::Int),
                (Kind::Quarters, _) => (format!("F.sum('{name}')"), Kind::Quarters),
                (..) => (format!("F.count('{name}')"), Kind::Int),
            };
            let fresh = self.fresh("g");
            calls.push(format!("{call}.alias('{fresh}')"));
            made.push((fresh, kind));
        }
        let by = *self.dice.pick(&["groupBy", "groupBy", "groupBy", "rollup", "cube"]);
        let names: Vec<String> = keys.iter().map(|(name, _)| format!("'{name}'")).collect();
        self.step(&format!("{by}({}).agg({})", names.join(", "), calls.join(", ")));
        keys.extend(made);
        self.columns = keys;
    }

    fn window(&mut self) {
        let (by, all, fresh) = (self.column().0, self.quoted(), self.fresh("w"));
        let window = format!("Window.partitionBy('{by}').orderBy({all})");
        let call = match self.dice.roll(5) {
            0 => "F.rank()".to_owned(),
            1 => "F.dense_rank()".to_owned(),
            2 => "F.count('*')".to_owned(),
            _ => "F.row_number()".to_owned(),
        };
        self.step(&format!("withColumn('{fresh}', {call}.over({window}))"));
        if self.dice.roll(2) == 0 {
            let most = 1 + self.dice.roll(3);
            self.step(&format!("filter(F.col('{fresh}') <= {most})"));
        }
        self.columns.push((fresh, Kind::Int));
    }

    fn any_step(&mut self) {
        match self.dice.roll(14) {
            0 | 1 => {
                let condition = self.condition(2);
                self.step(&format!("filter({condition})"));
            }
            2 | 3 => {
                let ((expr, kind), name) = (self.derived(), self.fresh("c"));
                self.step(&format!("withColumn('{name}', {expr})"));
                self.columns.push((name, kind));
            }
            4 | 5 => self.join(),
            6 => self.group(),
            7 => self.window(),
            8 => self.step("distinct()"),
            9 => {
                let (condition, word) =
                    (self.condition(1), *self.dice.pick(&["union", "exceptAll", "intersect", "subtract"]));
                self.step(&format!("{word}(df.filter({condition}))"));
            }
            10 => {
                let (all, rows) = (self.quoted(), 5 + self.dice.roll(60));
                self.step(&format!("orderBy({all}).limit({rows})"));
            }
            11 => {
                let (column, parts) = (self.column().0, 1 + self.dice.roll(5));
                let way = match self.dice.roll(3) {
                    0 => format!("repartition({parts})"),
                    1 => format!("repartition({parts}, '{column}')"),
                    _ => format!("coalesce({parts})"),
                };
                self.step(&way);
            }
            12 => {
                self.step("cache()");
                self.text.push_str("df.count()\n");
            }
            _ if self.columns.len() > 2 => {
                let gone = self.dice.roll(self.columns.len());
                let (name, _) = self.columns.remove(gone);
                self.step(&format!("drop('{name}')"));
            }
            _ => {}
        }
    }

    fn script(seed: u64) -> String {
        let mut plan = Plan::new(seed);
        for _ in 0..3 + plan.dice.roll(5) {
            plan.any_step();
        }
        plan.text
            + "rows = sorted(str(tuple(row)) for row in df.collect())\nprint(len(rows))\nprint('\\n'.join(rows))\n"
    }
}

const A: &str = "id int, k int, s string, x double, d date";
const B: &str = "k int, name string, y int";

/// Two tables, in several files each, as CSV and as Parquet.
fn make_tables(folder: &Path, seed: u64) {
    let mut dice = Dice(seed);
    let write = |name: &str, header: &str, parts: Vec<String>| {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        for (i, part) in parts.iter().enumerate() {
            std::fs::write(folder.join(format!("part-{i}.csv")), format!("{header}\n{part}")).expect("a file");
        }
    };
    let mut rows_of_a = |from: usize, to: usize| {
        (from..to).fold(String::new(), |mut text, id| {
            let maybe = |empty: bool, value: String| if empty { String::new() } else { value };
            let key = maybe(dice.roll(9) == 0, dice.roll(12).to_string());
            let word = maybe(dice.roll(9) == 0, ["a", "ab", "bc", "\"c, d\"", "cab"][dice.roll(5)].to_owned());
            let quarters =
                maybe(dice.roll(9) == 0, format!("{}.{}", dice.roll(20), ["0", "25", "5", "75"][dice.roll(4)]));
            let day = maybe(dice.roll(9) == 0, format!("2024-{:02}-{:02}", 1 + dice.roll(12), 1 + dice.roll(28)));
            let _ = writeln!(text, "{id},{key},{word},{quarters},{day}");
            text
        })
    };
    write("a.csv", "id,k,s,x,d", vec![rows_of_a(0, 70), rows_of_a(70, 75), rows_of_a(75, 160)]);
    let mut rows_of_b = |rows: usize| {
        (0..rows).fold(String::new(), |mut text, _| {
            let _ = writeln!(text, "{},n{},{}", dice.roll(14), dice.roll(6), dice.roll(9));
            text
        })
    };
    write("b.csv", "k,name,y", vec![rows_of_b(9), rows_of_b(6)]);
    let text = format!(
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n\
         spark.read.csv('a.csv', header=True, schema='{A}').repartition(3).write.parquet('a.parquet')\n\
         spark.read.csv('b.csv', header=True, schema='{B}').write.parquet('b.parquet')\n"
    );
    let outcome = run(folder, &text, &Way::plain()).outcome;
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
    let (mut request, log) = (support::request(folder, source, way.cluster), EventLog::new());
    if let Some(cluster) = request.cluster.take() {
        request.cluster = Some(cluster.with_memory(way.memory));
    }
    let (printed, outcome) = support::run(RunRequest {
        faults: way.faults.clone(),
        conf: way.conf.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        process_memory_bytes: way.process,
        log: log.clone(),
        ..request
    });
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
    let script = Plan::script(seed);
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
