//! Broken input of every kind: files cut anywhere, scripts with any mistake. Nothing panics, nothing hangs, memory stays bounded.

mod support;

use batchlab::session::{RunRequest, RunSpec};
use batchlab::swarm::Dice;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

/// What a script printed and its exit status; a script that does not end in a minute fails the test.
fn run(folder: &Path, source: &str, steps_max: u64) -> (String, i32) {
    let conf = vec![("spark.sql.shuffle.partitions".to_owned(), "2".to_owned())];
    let request: RunRequest = RunSpec { conf, steps_max, ..support::spec(folder, source, (1, 2)) }.into();
    let (sender, ended) = channel();
    std::thread::spawn(move || drop(sender.send(support::run(request))));
    let ended = ended.recv_timeout(Duration::from_mins(1));
    let (printed, outcome) = ended.unwrap_or_else(|_| panic!("it hangs:\n{source}"));
    assert_ne!(outcome.exit, 70, "{:?}\n{source}", outcome.failure);
    (printed, outcome.exit)
}

/// Pieces of a CSV file: quotes and line ends in all the wrong places too.
fn csv() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just("a".to_owned()), 2 => Just("é1".to_owned()), 3 => Just(",".to_owned()), 3 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()), 1 => Just("\r".to_owned()), 2 => Just("\"".to_owned()),
        1 => Just("\"q, \"".to_owned()), 1 => Just("\"two\nlines\"".to_owned()), 1 => Just("\\\"".to_owned()),
        1 => Just("\\".to_owned()), 1 => Just(" ".to_owned()), 1 => Just("\n\n".to_owned()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_a_csv_file_gives_the_same_rows(
        text in csv(), bytes in 1..24_usize, header in any::<bool>(), multi in any::<bool>(), drops in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // As in Spark, only the file's first piece looks for a header: it must not hide behind empty lines.
        let first = if header { "a,b,c\n" } else { "" };
        std::fs::write(folder.path().join("data.csv"), format!("{first}{text}")).expect("a file");
        let (header, multi) = (["False", "True"][usize::from(header)], ["False", "True"][usize::from(multi)]);
        let mode = ["PERMISSIVE", "DROPMALFORMED"][usize::from(drops)];
        let script = |conf: &str| format!(
            "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n{conf}\n\
             df = spark.read.csv('data.csv', schema='a string, b string, c string', header={header}, \
             multiLine={multi}, mode='{mode}')\nprint(df.collect())\n"
        );
        let whole = run(folder.path(), &script(""), 100_000);
        let split = format!("spark.conf.set('spark.sql.files.maxPartitionBytes', {bytes})\n\
                             spark.conf.set('spark.sql.files.openCostInBytes', 0)");
        prop_assert_eq!(run(folder.path(), &script(&split), 100_000), whole);
    }
}

/// Every script that the project brings.
fn scripts() -> Vec<String> {
    fn gather(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                gather(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "py") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    for folder in ["solutions", "exercises", "tests/conformance/cases"] {
        gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut paths);
    }
    paths.sort();
    // Tables that are missing would be made.
    let text = |path: &PathBuf| std::fs::read_to_string(path).expect("a script").replace("datasets/", "nowhere/");
    paths.iter().map(text).collect()
}

/// Words of a script, and what is between them.
fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        if before.is_some_and(|before| !(is_word(before) && is_word(character))) {
            found.push(&text[start..at]);
            start = at;
        }
        before = Some(character);
    }
    found.push(&text[start..]);
    found
}

fn broken(script: &str, dice: &mut Dice) -> String {
    const SOUP: &[&str] = &[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        ".",
        "=",
        "==",
        "lambda x:",
        "for",
        "in",
        "if",
        "else",
        "def f():",
        "\n",
        "\n    ",
        "\t",
        "None",
        "0",
        "-1",
        "1e999",
        "'",
        "\"\"\"",
        "f'{",
        "*",
        "**",
        "%",
        "//",
        "@",
        "yield",
        "return",
        "import",
        "class C:",
        "try:",
        "except:",
        "with",
        "del",
        "global",
        "not",
        "df",
        "F.col",
        "spark",
        "\u{0}",
        "é",
        "\\",
        "10 ** 10 ** 10",
        "[0] * 10 ** 12",
        "'a' * 10 ** 12",
        "range(10 ** 18)",
        "while True: pass",
        "x = [x]",
        "__class__",
    ];
    let mut tokens: Vec<&str> = words(script);
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(tokens.len());
        match dice.roll(5) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[dice.roll(tokens.len())]),
            2 => tokens[at] = *dice.pick(SOUP),
            3 => tokens.insert(at, *dice.pick(SOUP)),
            _ => {
                let other = dice.roll(tokens.len());
                tokens.swap(at, other);
            }
        }
        if tokens.is_empty() {
            break;
        }
    }
    tokens.concat()
}

#[test]
fn a_broken_script_ends_with_a_message() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (scripts, mut dice) = (scripts(), Dice(7));
    assert!(scripts.len() > 100);
    let mut failed = 0;
    for _ in 0..250 {
        let script: &String = dice.pick(&scripts);
        let script = broken(script, &mut dice);
        failed += usize::from(run(folder.path(), &script, 30_000).1 != 0);
    }
    assert!(failed > 100, "most of them are broken: {failed}");
}

#[test]
fn greedy_scripts_end_in_bounded_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let greedy = [
        "x = 'a' * 10 ** 12",
        "x = [0] * 10 ** 11",
        "x = list(range(10 ** 11))",
        "x = 10 ** 10 ** 9",
        "x = 1 << 10 ** 12",
        "x = 'ab'\nwhile True:\n    x = x + x",
        "x = [1]\nwhile True:\n    x = x + x",
        "x = {}\ni = 0\nwhile True:\n    x[i] = [0] * 1000\n    i += 1",
        "x = []\nwhile True:\n    x.append('a' * 100000)",
        "def f(n):\n    return f(n + 1)\nf(0)",
        "x = 'a'.ljust(10 ** 12)",
        "x = f\"{'a':>1000000000000}\"",
        "x = '%1000000000000d' % 5",
        "x = sum(range(10 ** 15))",
        "x = set(range(10 ** 12))",
        "x = bytes(10 ** 12)",
        "x = ''.join('ab' for i in range(10 ** 12))",
        "x = [[0] * 10 ** 6 for i in range(10 ** 6)]",
        "x = 'a,' * 10 ** 7\nwhile True:\n    x = x.replace('a', 'aaaaaaaaaa')",
        "import math\nx = math.factorial(10 ** 9)",
    ];
    for source in greedy {
        let (_, exit) = run(folder.path(), source, 3_000_000);
        assert_eq!(exit, 1, "{source}");
    }
}
