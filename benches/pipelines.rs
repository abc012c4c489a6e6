//! Whole runs of the program on generated sales: the four kinds of pipelines, and single heavy operations, from CSV and from Parquet.
//!
//! `cargo bench --bench pipelines` prints the median of the real seconds from process start to process end. `BATCHLAB_BENCH_ROWS` (one
//! million) and `BATCHLAB_BENCH_RUNS` (five) say how much and how often; words behind `--` choose pipelines by their name. Runs are taken
//! in turn, so that a noisy minute spoils no single line. Under `cargo test` it does nothing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START: &str = r#"
from pyspark.sql import SparkSession, functions as F
from pyspark.sql.window import Window
spark = SparkSession.builder.appName("bench").config("spark.sql.shuffle.partitions", "4").getOrCreate()
SCHEMA = ("transaction_id string, transaction_date string, product string, region string, sales_rep string, "
          "quantity int, unit_price double, total_amount double, customer_segment string, customer_id string")
"#;

const PIPELINES: [(&str, &str); 12] = [
    (
        "clean_and_write",
        r#"
(sales.filter((F.col("total_amount") > 500) & F.col("region").isNotNull())
    .withColumn("rep_no", F.regexp_extract("sales_rep", "Rep_(\\d+)", 1).cast("int"))
    .withColumn("size", F.when(F.col("total_amount") < 2000, "Medium").otherwise("Large"))
    .withColumn("product", F.upper("product")).drop("customer_segment")
    .write.mode("overwrite").parquet("out/clean"))
print(spark.read.parquet("out/clean").count())
"#,
    ),
    (
        "join_and_rank",
        r#"
products = spark.read.csv("datasets/products", header=True, inferSchema=True)
totals = (sales.join(products, "product").groupBy("region", "category", "sales_rep")
    .agg(F.sum("total_amount").alias("revenue"), F.avg(F.col("quantity") * F.col("cost")).alias("cost"), F.count("*").alias("n")))
best = Window.partitionBy("region", "category").orderBy(F.desc("revenue"))
print(len(totals.withColumn("rank", F.row_number().over(best)).filter("rank <= 3").orderBy("region", "category", "rank").collect()))
"#,
    ),
    (
        "partitioned_write",
        r#"
dated = sales.withColumn("day", F.to_date("transaction_date")).withColumn("year", F.year("day")).withColumn("month", F.month("day"))
dated.drop("day").write.mode("overwrite").partitionBy("year", "region").parquet("out/parts")
print(len(spark.read.parquet("out/parts").groupBy("year", "month", "region").agg(F.sum("total_amount")).collect()))
"#,
    ),
    (
        "quality_scan",
        r#"
nulls = [F.sum(F.col(c).isNull().cast("int")).alias(c) for c in sales.columns]
print(sales.agg(F.count("*"), *nulls, F.percentile_approx("total_amount", [0.25, 0.75]), F.stddev("total_amount")).collect()[0][0])
print(sales.groupBy("transaction_id").count().filter("count > 1").count())
"#,
    ),
    (
        "scan",
        "print(sales.agg(F.max('total_amount'), F.max('transaction_id'), F.max('customer_id')).collect()[0][0])\n",
    ),
    ("regexp", "print(sales.filter(F.col('transaction_id').rlike('7[0-3]+9$')).count())\n"),
    (
        "filter",
        "print(sales.filter((F.col('quantity') > 3) & (F.col('region') == 'North') & (F.col('total_amount') < 900)).count())\n",
    ),
    (
        "few_groups",
        "print(len(sales.groupBy('region', 'product').agg(F.sum('total_amount'), F.avg('quantity'), F.max('unit_price')).collect()))\n",
    ),
    (
        "shuffle_split",
        "print(sales.repartition(16, 'customer_id').agg(F.max('total_amount'), F.max('transaction_id'), F.max('region')).collect()[0][0])\n",
    ),
    ("many_groups", "print(sales.groupBy('customer_id', 'transaction_date').agg(F.sum('total_amount')).count())\n"),
    ("sort", "sales.orderBy('total_amount', 'transaction_id').write.mode('overwrite').parquet('out/sorted')\n"),
    (
        "big_join",
        "spark.conf.set('spark.sql.autoBroadcastJoinThreshold', '-1')\nother = sales.select('transaction_id', 'quantity')\n\
         print(sales.join(other, 'transaction_id').count())\n",
    ),
];

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Runs the program in `folder` and gives its seconds.
fn run(folder: &Path, arguments: &[&str]) -> f64 {
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_batchlab"))
        .args(arguments)
        .current_dir(folder)
        .env("PYSPARK_SUBMIT_ARGS", "--master local[2] pyspark-shell")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let seconds = started.elapsed().as_secs_f64();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    seconds
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let (rows, runs) = (number("BATCHLAB_BENCH_ROWS", 1_000_000), number("BATCHLAB_BENCH_RUNS", 5).max(1));
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &["data", "make", "sales", "products", "--rows", &rows.to_string()]);
    let sources = [
        ("csv", "sales = spark.read.csv('datasets/sales', header=True, schema=SCHEMA)\n"),
        ("parquet", "sales = spark.read.parquet('sales.parquet')\n"),
    ];
    let convert = format!("{START}{}sales.write.parquet('sales.parquet')\n", sources[0].1);
    std::fs::write(folder.path().join("convert.py"), convert).expect("a script");
    run(folder.path(), &["run", "convert.py", "--quiet"]);
    let mut lines = Vec::new();
    for (name, body) in PIPELINES {
        for (form, source) in sources {
            if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
                let script = format!("{name}_{form}.py");
                std::fs::write(folder.path().join(&script), format!("{START}{source}{body}")).expect("a script");
                lines.push((name, form, script, Vec::new()));
            }
        }
    }
    for _ in 0..runs {
        for (_, _, script, seconds) in &mut lines {
            seconds.push(run(folder.path(), &["run", script, "--quiet"]));
        }
    }
    println!("{rows} rows, median of {runs} runs, seconds");
    for (name, form, _, seconds) in lines {
        println!("{name:<20} {form:<8} {:>8.3}", median(seconds));
    }
}
