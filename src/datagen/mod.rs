//! Floor 2: the workshop's data, defined by code.
//!
//! Every value is a pure function of (seed, stream name, row number), so that any range of rows can be made on any thread, and a table has
//! the same bytes everywhere. [`Table`] gives rows; [`make`] writes files, a part at a time on each thread.
//!
//! **Invariants.** A table appears whole or not at all: it is written beside its place and renamed. Memory does not grow with the rows,
//! except for the order of the rows of `sales_dirty` (a few bytes per row).

mod cell;
mod chance;
mod clean;
mod dirty;
mod table;
#[cfg(test)]
mod tests;
mod viewing;
mod write;

pub use cell::Cell;
pub use dirty::Truth;
pub use table::{NAMES, Table};
pub use viewing::ViewingEvent;

use crate::common::text::nearest;
use crate::common::{ErrorClass, Result, SparkError};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The seed of the tables that everybody has.
pub const DEFAULT_SEED: u64 = 42;
/// The size of the sales tables that everybody has.
pub const DEFAULT_ROWS: u64 = 10_000;
/// What each table holds.
pub static DESCRIPTIONS: [(&str, &str); 12] = [
    ("people", "who they are: id, name, age, department, email"),
    ("people_dirty", "the same with ages that are no numbers, noisy departments, gaps and duplicates"),
    ("employees", "who works where, for how much; some in no department, some in one that does not exist"),
    ("departments", "eight departments in three divisions"),
    ("products", "eight products with cost and list price"),
    ("customers", "companies with region, industry and revenue"),
    ("sales", "what was sold to whom in 2023 and 2024, in 12 files"),
    ("sales_skew", "the same with most sales in one region and many to one customer"),
    ("sales_small_files", "the same sales in 500 small files"),
    ("sales_dirty", "the same sales with nineteen kinds of defects"),
    ("viewing_events", "one evening of a video service: plays, pauses, buffering, late arrivals"),
    ("people.parquet", "people as Parquet with several row groups"),
];
/// The people table once more, in Parquet.
const PEOPLE_PARQUET: &str = "people.parquet";

/// What to make.
#[derive(Debug, Clone)]
pub struct MakeRequest {
    /// The workshop folder; tables go below `datasets/`.
    pub root: PathBuf,
    pub seed: u64,
    /// Rows of the sales tables; the others follow from it.
    pub rows: u64,
    /// Whether defect counts differ too, as in hidden variants.
    pub vary: bool,
    pub format: TableFormat,
    /// Table names; empty for all.
    pub tables: Vec<String>,
    pub threads: usize,
}

/// The form of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    Csv,
    Json,
    Parquet,
}

/// How far a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub table: String,
    pub rows_done: u64,
    pub rows_total: u64,
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Table, rows, bytes.
    pub tables: Vec<(String, u64, u64)>,
}

/// Makes tables. A table appears whole or not at all.
///
/// # Errors
/// An unknown table name, or a folder that cannot be written.
pub fn make(request: &MakeRequest, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report> {
    let datasets = request.root.join("datasets");
    std::fs::create_dir_all(&datasets).map_err(|error| write::failed(&datasets, &error))?;
    let names: Vec<String> = if request.tables.is_empty() {
        let parquet = (request.format == TableFormat::Csv).then_some(PEOPLE_PARQUET);
        NAMES.iter().copied().chain(parquet).map(str::to_owned).collect()
    } else {
        request.tables.clone()
    };
    let mut report = Report::default();
    for name in &names {
        let (table_name, format) = match name.strip_suffix(".parquet") {
            Some(plain) => (plain, TableFormat::Parquet),
            None => (name.as_str(), request.format),
        };
        let table = Table::new(table_name, request.seed, request.rows, request.vary)
            .ok_or_else(|| unknown_table(table_name))?;
        let folder = match format {
            TableFormat::Csv => table_name.to_owned(),
            TableFormat::Json => format!("{table_name}.json"),
            TableFormat::Parquet => format!("{table_name}.parquet"),
        };
        let bytes = make_table(&table, &datasets, &folder, format, request.threads, progress)?;
        report.tables.push((folder, table.rows(), bytes));
    }
    if request.tables.is_empty() {
        let path = datasets.join("truth.json");
        std::fs::write(&path, truth(request.seed, request.rows, request.vary))
            .map_err(|error| write::failed(&path, &error))?;
    }
    Ok(report)
}

/// There is no table of this name; the nearest one, and all of them.
#[must_use]
pub fn unknown_table(name: &str) -> SparkError {
    let mut error =
        SparkError::new(ErrorClass::IllegalArgumentException, format!("there is no table `{name}` to make"));
    if let Some(near) = nearest(name, NAMES.iter().copied(), 1).first() {
        error = error.with_help(format!("did you mean `{near}`?"));
    }
    error.with_help(format!("the tables are: {}", NAMES.join(", ")))
}

/// The tables below `datasets/` that a script's text names.
#[must_use]
pub fn named_in(source: &str) -> Vec<&'static str> {
    let is_named = |name: &&&str| {
        source.match_indices(&format!("datasets/{name}")).any(|(at, text)| {
            let after = source[at + text.len()..].chars().next();
            !after.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.')
        })
    };
    let parquet = source.contains("datasets/people.parquet").then_some("people.parquet");
    NAMES.iter().filter(is_named).copied().chain(parquet).collect()
}

/// Makes the default table `name` (seed 42, 10,000 rows) below `datasets` when it is one that we know and it is missing.
///
/// # Errors
/// A folder that cannot be written.
pub fn ensure_table(datasets: &Path, name: &str) -> Result<bool> {
    // Two checks of one script may want it at once: the second waits and finds it.
    static MAKING: Mutex<()> = Mutex::new(());
    let plain = name.strip_suffix(".parquet");
    let format = if plain.is_some() { TableFormat::Parquet } else { TableFormat::Csv };
    let _turn = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if datasets.join(name).exists() {
        return Ok(false);
    }
    let Some(table) = Table::new(plain.unwrap_or(name), DEFAULT_SEED, DEFAULT_ROWS, false) else { return Ok(false) };
    std::fs::create_dir_all(datasets).map_err(|error| write::failed(datasets, &error))?;
    make_table(&table, datasets, name, format, 1, &|_| {})?;
    Ok(true)
}

/// Writes all parts of a table on several threads; gives its bytes.
fn make_table(
    table: &Table,
    datasets: &Path,
    folder: &str,
    format: TableFormat,
    threads: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<u64> {
    let target = datasets.join(folder);
    let staging = datasets.join(format!(".{folder}.making"));
    let io = |path: &Path, result: std::io::Result<()>| result.map_err(|error| write::failed(path, &error));
    if staging.exists() {
        io(&staging, std::fs::remove_dir_all(&staging))?;
    }
    io(&staging, std::fs::create_dir_all(&staging))?;
    let written = write_parts(table, &staging, format, threads.max(1), progress);
    let bytes = match written {
        Ok(bytes) => bytes,
        Err(error) => {
            // What was half written is of no use to anybody; the first error is the one to tell.
            let _ = std::fs::remove_dir_all(&staging);
            return Err(error);
        }
    };
    if target.is_dir() {
        io(&target, std::fs::remove_dir_all(&target))?;
    } else if target.exists() {
        io(&target, std::fs::remove_file(&target))?;
    }
    io(&target, std::fs::rename(&staging, &target))?;
    Ok(bytes)
}

fn write_parts(
    table: &Table,
    folder: &Path,
    format: TableFormat,
    threads: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<u64> {
    let (rows, parts) = (table.rows(), table.parts());
    let (next, bytes, done) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let failure: Mutex<Option<(u64, SparkError)>> = Mutex::new(None);
    let report = |more: u64| {
        let rows_done = done.fetch_add(more, Ordering::Relaxed) + more;
        progress(Progress { table: table.name().to_owned(), rows_done, rows_total: rows });
    };
    let work = || {
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed) as u64;
            if part >= parts || failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                return;
            }
            let range = part * rows / parts..(part + 1) * rows / parts;
            let written = match format {
                TableFormat::Csv => {
                    write::text_part(table, range, &folder.join(format!("part-{part:05}.csv")), false, &report)
                }
                TableFormat::Json => {
                    write::text_part(table, range, &folder.join(format!("part-{part:05}.json")), true, &report)
                }
                TableFormat::Parquet => {
                    write::parquet_part(table, range, &folder.join(format!("part-{part:05}.parquet")), &report)
                }
            };
            match written {
                Ok(more) => {
                    bytes.fetch_add(more, Ordering::Relaxed);
                }
                Err(error) => {
                    let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                    if first.as_ref().is_none_or(|(earlier, _)| part < *earlier) {
                        *first = Some((part, error));
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(parts as usize) {
            scope.spawn(work);
        }
        work();
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(bytes.into_inner()),
    }
}

/// The counts of the injected defects, by table, as JSON.
#[must_use]
pub fn truth(seed: u64, rows: u64, vary: bool) -> String {
    let truths: Vec<(&'static str, Truth)> = NAMES
        .iter()
        .filter(|name| name.ends_with("_dirty"))
        .filter_map(|name| Table::new(name, seed, rows, vary))
        .filter_map(|table| Some((table.name(), table.truth()?.clone())))
        .collect();
    truth_json(&truths)
}

fn truth_json(truths: &[(&'static str, Truth)]) -> String {
    let mut text = String::from("{");
    for (i, (table, counts)) in truths.iter().enumerate() {
        let _ = write!(text, "{}\n \"{table}\": {{", if i > 0 { "," } else { "" });
        for (j, (name, count)) in counts.iter().enumerate() {
            let _ = write!(text, "{}\n  \"{name}\": {count}", if j > 0 { "," } else { "" });
        }
        text.push_str("\n }");
    }
    text.push_str("\n}");
    text
}
