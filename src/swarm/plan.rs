//! Random PySpark scripts over two tables: scans, filters, joins, groups, windows, set operations, caches.
//!
//! A plan is a script of random steps; its rows are printed sorted. Doubles are quarters, so that sums are exact in any order.

use super::dice::Dice;
use super::tables::{A, B};
use std::fmt::Write;

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
}

/// The script of a seed. Its rows are printed, one a line.
#[must_use]
pub fn script(seed: u64) -> String {
    steps(seed) + ROWS
}

/// The same, but the rows go through files: written below `out/`, read back and printed.
#[must_use]
pub fn writing_script(seed: u64) -> String {
    let format = *Dice(seed ^ 0x5EED).pick(&["parquet", "csv", "json"]);
    let write = match format {
        "csv" => "write.mode('overwrite').csv('out/rows', header=True)".to_owned(),
        other => format!("write.mode('overwrite').{other}('out/rows')"),
    };
    let read = match format {
        "csv" => "spark.read.csv('out/rows', header=True, schema=df.schema)".to_owned(),
        "json" => "spark.read.schema(df.schema).json('out/rows')".to_owned(),
        other => format!("spark.read.{other}('out/rows')"),
    };
    format!("{}df.{write}\ndf = {read}\n{ROWS}", steps(seed))
}

/// The rows once more, from what the first time left, and as an RDD.
pub const ROWS_AGAIN: &str = "print(sorted(str(tuple(row)) for row in df.collect()) == rows)\n\
     print(df.rdd.map(lambda row: (str(tuple(row)), 1)).reduceByKey(lambda a, b: a + b).map(lambda pair: pair[1]).sum())\n";

/// Rows of an RDD spread over what a shuffle left, which is indeterminate, and more stages upon that.
pub const ROWS_SPREAD: &str = "spread = df.rdd.map(lambda row: (str(tuple(row)), 1)).reduceByKey(lambda a, b: a + b).repartition(4)\n\
     print(sorted(spread.map(lambda pair: (pair[1] % 3, 1)).reduceByKey(lambda a, b: a + b, 2).collect()))\n";

/// The same, delivered as it is.
pub const ROWS_COUNTED: &str = "spread = df.rdd.map(lambda row: (str(tuple(row)), 1)).reduceByKey(lambda a, b: a + b).repartition(5)\n\
     print(sorted(spread.collect()))\n";

/// The rows from a local checkpoint, which may go with its executor.
pub const ROWS_KEPT: &str = "kept = df.localCheckpoint()\nprint(kept.count())\nprint(sorted(str(tuple(row)) for row in kept.collect()) == rows)\n";

const ROWS: &str =
    "rows = sorted(str(tuple(row)) for row in df.collect())\nprint(len(rows))\nprint('\\n'.join(rows))\n";

fn steps(seed: u64) -> String {
    let mut plan = Plan::new(seed);
    for _ in 0..3 + plan.dice.roll(5) {
        plan.any_step();
    }
    plan.text
}
