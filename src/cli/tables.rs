//! What two runs wrote, read back and compared row by row.

use super::cluster_args::ClusterArgs;
use super::launch;
use crate::common::Result;
use crate::report::compare::Table;
use crate::session::{Kept, Script};
use crate::workshop::compare::{Strictness, compare};
use crate::workshop::rows;
use std::path::Path;

/// Floating sums depend on the order in which tasks end.
const TOLERANCE: f64 = 1e-6;

/// Compares the table at `path` below two working folders.
pub(crate) fn table(path: &str, a: &Path, b: &Path, cluster: &ClusterArgs) -> Result<Table> {
    let table =
        |rows: usize, difference: Option<String>| Table { path: path.to_owned(), rows: rows as u64, difference };
    let Some(format) = format_of(&a.join(path)).or_else(|| format_of(&b.join(path))) else {
        return Ok(table(0, None));
    };
    let mut sides = Vec::new();
    for (name, root) in [("A", a), ("B", b)] {
        match read(&root.join(path), format, cluster)? {
            Kept::Failed(error) => return Ok(table(0, Some(format!("{name}'s cannot be read: {}", error.message())))),
            kept => sides.push(rows::of_value(&kept)),
        }
    }
    let how = Strictness { tolerance: TOLERANCE, exact_types: true, ..Strictness::default() };
    let found = compare(&sides[1], &sides[0], &how);
    let difference = found.difference.map(|difference| {
        format!(
            "{} rows only in A, {} only in B; {}: A {}, B {}",
            found.missing, found.extra, difference.place, difference.wanted, difference.got
        )
    });
    Ok(table(sides[0].rows.len(), difference))
}

/// All rows of a folder. Text of CSV stays text: what was written is compared, not what it may mean.
fn read(folder: &Path, format: &str, cluster: &ClusterArgs) -> Result<Kept> {
    let path = folder.display().to_string();
    let source = format!(
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n\
         table = spark.read.format({format:?}).option(\"header\", True).load({path:?})\n"
    );
    let mut spec = launch::spec(Script { source, file: "compare.py".to_owned() }, Vec::new(), cluster)?;
    spec.allow.push(folder.to_owned());
    spec.faults.clear();
    let (outcome, kept) = launch::keep(&spec, &["table".to_owned()]);
    let kept = kept.into_iter().next().map(|(_, kept)| kept);
    match (outcome.failure, kept) {
        (Some(failure), _) => Ok(Kept::Failed(crate::common::SparkError::internal(failure.message))),
        (None, kept) => Ok(kept.unwrap_or(Kept::None)),
    }
}

/// The format of a folder's files, by their names.
fn format_of(folder: &Path) -> Option<&'static str> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(['.', '_']) {
            continue;
        }
        let path = entry.path();
        let inner = if path.is_dir() { format_of(&path) } else { None };
        let own = [".parquet", ".csv", ".json", ".txt"].into_iter().find(|end| name.contains(end));
        let own = own.map(|end| if end == ".txt" { "text" } else { &end[1..] });
        if let Some(format) = inner.or(own) {
            return Some(format);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(rows: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("out/t")).expect("a folder");
        std::fs::write(folder.path().join("out/t/part-00000.csv"), rows).expect("space");
        folder
    }

    #[test]
    fn tables_are_the_same_in_any_order_and_a_row_that_differs_is_named() {
        let compared = |a: &str, b: &str| {
            let (a, b) = (folder(a), folder(b));
            table("out/t", a.path(), b.path(), &ClusterArgs::workshop()).expect("both can be read")
        };
        let same = compared("k,v\na,1\nb,2\n", "k,v\nb,2\na,1\n");
        assert_eq!((same.rows, same.difference), (2, None));
        let differs = compared("k,v\na,1\nb,2\n", "k,v\na,1\nb,3\n").difference.expect("3 is not 2");
        assert!(differs.starts_with("1 rows only in A, 1 only in B"), "{differs}");
        assert!(differs.contains('3') && differs.contains('2'), "{differs}");
    }
}
