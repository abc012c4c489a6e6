//! Keeps the house: which module may use which, and a few habits that a compiler does not check.
//!
//! The table is exact for what is *allowed*; a new arrow between modules is added here in a commit of its own, with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Module, floor, and the modules it may use. Arrows only point down; neighbours on a floor do not know each other.
const HOUSE: &[(&str, u8, &[&str])] = &[
    ("common", 0, &[]),
    ("logical", 1, &["common"]),
    ("event", 1, &["common"]),
    ("pyspark", 2, &["common", "logical"]),
    ("sql", 2, &["common", "logical"]),
    ("analyzer", 2, &["common", "logical"]),
    ("optimizer", 2, &["common", "logical"]),
    ("physical", 2, &["common", "logical"]),
    ("storage", 2, &["common", "logical"]),
    ("status", 2, &["common", "event"]),
    ("spark_log", 2, &["common", "event"]),
    ("network", 2, &["common"]),
    ("datagen", 2, &["common", "logical"]),
    ("scheduler", 3, &["common", "logical", "event", "physical"]),
    ("exec", 3, &["common", "logical", "physical", "storage"]),
    ("cluster", 4, &["common", "logical", "event", "status", "physical", "storage", "exec", "scheduler", "network"]),
    ("worlds", 4, &["common", "event", "physical", "datagen", "network", "scheduler"]),
    (
        "session",
        5,
        &[
            "common",
            "logical",
            "event",
            "pyspark",
            "sql",
            "analyzer",
            "optimizer",
            "physical",
            "storage",
            "datagen",
            "exec",
            "scheduler",
            "cluster",
        ],
    ),
    ("swarm", 6, &["common", "event", "status", "physical", "session", "cluster"]),
    ("workshop", 6, &["common", "logical", "event", "status", "datagen", "storage", "session", "cluster", "worlds"]),
    ("tui", 7, &["common", "event", "status", "session", "worlds", "workshop", "report"]),
    ("report", 7, &["common", "event", "status", "session", "workshop", "worlds"]),
    (
        "cli",
        8,
        &[
            "common",
            "event",
            "status",
            "spark_log",
            "datagen",
            "storage",
            "pyspark",
            "cluster",
            "session",
            "swarm",
            "workshop",
            "tui",
            "report",
            "logical",
            "worlds",
        ],
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a source folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let relative = path.strip_prefix(&root).expect("below src");
            let module = relative.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("readable source");
            (module.trim_end_matches(".rs").to_owned(), path, text)
        })
        .collect()
}

/// The modules named after `crate::` in code (comments left out), groups in braces included.
fn used_modules(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let group = rest.strip_prefix('{').map(|inner| inner.split('}').next().unwrap_or_default());
        let names: Vec<&str> = group.map_or_else(|| vec![rest], |inner| inner.split(',').collect());
        for name in names {
            let word: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            used.insert(word);
        }
    }
    used
}

#[test]
fn modules_only_use_lower_floors() {
    let house: BTreeMap<&str, (u8, &[&str])> =
        HOUSE.iter().map(|(name, floor, uses)| (*name, (*floor, *uses))).collect();
    let mut broken = Vec::new();
    for (module, path, text) in all_sources() {
        let Some((_, allowed)) = house.get(module.as_str()) else {
            assert!(matches!(module.as_str(), "lib" | "main"), "{} is in no module of the house", path.display());
            continue;
        };
        for used in used_modules(&text) {
            let known = house.contains_key(used.as_str());
            if known && used != module && !allowed.contains(&used.as_str()) {
                broken.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "arrows that the house does not allow:\n{}", broken.join("\n"));
}

#[test]
fn every_allowed_arrow_points_to_a_lower_floor() {
    let floors: BTreeMap<&str, u8> = HOUSE.iter().map(|(name, floor, _)| (*name, *floor)).collect();
    for (name, floor, uses) in HOUSE {
        for used in *uses {
            let below = floors[used] < *floor;
            // The theatre shows the narrator's sentences: the one arrow between the two windows.
            let sentences = *name == "tui" && *used == "report";
            assert!(below || sentences, "{name} may not use {used}");
        }
    }
}

#[test]
fn modules_below_the_windows_do_not_print() {
    let quiet = |module: &str| !matches!(module, "main" | "cli" | "tui" | "report");
    for (module, path, text) in all_sources() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code.lines().map(|line| line.split("//").next().unwrap_or_default()) {
            let prints = ["println!(", "eprintln!(", "eprint!(", "dbg!("].iter().any(|word| line.contains(word));
            assert!(!(quiet(&module) && prints), "{} prints: {}", path.display(), line.trim());
        }
    }
}

#[test]
fn only_the_parser_adapter_names_the_parser() {
    let naming: Vec<String> = all_sources()
        .into_iter()
        .filter(|(_, _, text)| text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("ruff_")))
        .map(|(_, path, _)| path.display().to_string())
        .collect();
    assert!(naming.len() <= 1, "the parser has no API promise and is named in one file only: {naming:?}");
}

#[test]
fn the_words_reader_sees_grouped_imports() {
    let used = used_modules("use crate::{common::Conf, event::Event};\nuse crate::logical::Expr; // crate::tui\n");
    let names: Vec<&str> = used.iter().map(String::as_str).collect();
    assert_eq!(names, ["common", "event", "logical"]);
}
