use super::*;
use std::path::Path;

/// Seed, rows, vary, table, bytes, FNV-1a of all its files in order: what the reference generator makes.
static DIGESTS: &str = include_str!("digests.txt");

fn request(root: &Path, seed: u64, rows: u64, vary: bool) -> MakeRequest {
    MakeRequest { root: root.to_owned(), seed, rows, vary, format: TableFormat::Csv, tables: Vec::new(), threads: 2 }
}

fn bytes_of(path: &Path) -> Vec<u8> {
    if path.is_file() {
        return std::fs::read(path).unwrap();
    }
    let mut files: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
}

fn digest(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3));
    format!("{hash:016x}")
}

#[test]
fn every_table_has_the_bytes_of_the_reference() {
    let root = tempfile::tempdir().unwrap();
    let mut made = String::new();
    for line in DIGESTS.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [seed, rows, vary, table, size, hash] = words.as_slice() else { panic!("a bad line: {line}") };
        let key = words[..3].join(" ");
        if key != made {
            let vary = *vary == "true";
            make(&request(root.path(), seed.parse().unwrap(), rows.parse().unwrap(), vary), &|_| {}).unwrap();
            made = key;
        }
        let bytes = bytes_of(&root.path().join("datasets").join(table));
        assert_eq!((bytes.len().to_string().as_str(), digest(&bytes).as_str()), (*size, *hash), "{line}");
    }
}

#[test]
fn the_default_tables_are_those_in_the_repository() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets");
    let root = tempfile::tempdir().unwrap();
    for name in ["people", "employees", "sales", "sales_dirty"] {
        assert!(ensure_table(root.path(), name).unwrap());
        assert_eq!(bytes_of(&root.path().join(name)), bytes_of(&committed.join(name)), "{name}");
    }
    assert!(!ensure_table(root.path(), "people").unwrap(), "what is there stays");
    assert!(!ensure_table(root.path(), "my_own").unwrap(), "unknown tables are not ours to make");
}

#[test]
fn other_forms_hold_the_same_rows() {
    let root = tempfile::tempdir().unwrap();
    let mut wanted = request(root.path(), 42, 300, false);
    wanted.tables = vec!["employees".to_owned()];
    wanted.format = TableFormat::Json;
    let report = make(&wanted, &|_| {}).unwrap();
    assert_eq!(report.tables[0].1, 60);
    let lines = bytes_of(&root.path().join("datasets/employees.json"));
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 60);
    assert!(lines.starts_with("{\"emp_id\":1,\"name\":\""), "{lines}");
    wanted.format = TableFormat::Parquet;
    make(&wanted, &|_| {}).unwrap();
    assert!(root.path().join("datasets/employees.parquet/part-00005.parquet").is_file());
}

#[test]
fn an_unknown_table_gets_a_suggestion() {
    let root = tempfile::tempdir().unwrap();
    let mut wanted = request(root.path(), 42, 300, false);
    wanted.tables = vec!["sale".to_owned()];
    let error = make(&wanted, &|_| {}).unwrap_err();
    assert!(error.help()[0].contains("`sales`"), "{error:?}");
}

#[test]
fn a_table_that_two_want_at_once_is_made_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = || super::ensure_table(folder.path(), "people").expect("a table");
    let made = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|made| *made).count()
    });
    assert_eq!(made, 1);
}
