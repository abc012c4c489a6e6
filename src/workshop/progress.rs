//! A learner's progress: `.batchlab/progress.json`, one entry for each step, and `.batchlab/log.jsonl`, which is only appended to.
//!
//! Entries are keyed by the step's id, so an updated course keeps them, and two files can be merged: the better state of each step wins.

use super::step::Step;
use super::verdict::{Figures, Verdict};
use crate::common::{ErrorClass, Result, SparkError, digest};
use crate::storage::write_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The format of the file.
const VERSION: u32 = 1;

/// The file of the settings of a workshop folder.
pub const SETTINGS: &str = "folder.json";

/// All steps that were tried.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progress {
    pub version: u32,
    pub steps: BTreeMap<String, Entry>,
    /// The quiz, by question.
    #[serde(default)]
    pub quiz: BTreeMap<String, Guess>,
}

/// How a question of the quiz was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guess {
    Open,
    /// Right after the run had shown that the first answer was not.
    Corrected,
    First,
}

impl Default for Progress {
    fn default() -> Self {
        Progress { version: VERSION, steps: BTreeMap::new(), quiz: BTreeMap::new() }
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Started,
    Passed,
}

/// One step.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Entry {
    pub state: State,
    /// When it was first tried and first passed, as given by the clock of the machine.
    pub first_tried: Option<String>,
    pub first_passed: Option<String>,
    /// When it was last checked.
    #[serde(default)]
    pub last_tried: Option<String>,
    pub attempts: u32,
    /// Hints that were read.
    pub hints: u32,
    /// The solution was looked at before the step was passed.
    pub revealed: bool,
    /// How often each known mistake was made.
    #[serde(default)]
    pub mistakes: BTreeMap<String, u32>,
    /// What the script that passed did on the visible data.
    pub figures: Option<Figures>,
    /// SHA-256 of the script that passed.
    pub script: Option<String>,
    #[serde(default)]
    pub stretch: bool,
}

impl Entry {
    fn is_better_than(&self, other: &Entry) -> bool {
        (self.state, self.figures.is_some()) > (other.state, other.figures.is_some())
    }

    /// Takes in what another machine remembers of the same step: the earliest and the latest moment, and of everything counted the most,
    /// since the same checks may stand in both.
    fn add(&mut self, other: &Entry) {
        let earliest = |ours: &Option<String>, theirs: &Option<String>| ours.iter().chain(theirs).min().cloned();
        self.first_tried = earliest(&self.first_tried, &other.first_tried);
        self.first_passed = earliest(&self.first_passed, &other.first_passed);
        self.last_tried = self.last_tried.clone().max(other.last_tried.clone());
        self.attempts = self.attempts.max(other.attempts);
        self.hints = self.hints.max(other.hints);
        self.revealed |= other.revealed;
        self.stretch |= other.stretch;
        for (id, count) in &other.mistakes {
            let known = self.mistakes.entry(id.clone()).or_default();
            *known = (*known).max(*count);
        }
    }
}

/// Seed, size and salt of a workshop folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderSettings {
    pub seed: u64,
    pub rows: u64,
    /// Hidden seeds are derived from it, so that neighbours have different ones.
    pub salt: String,
    /// The way through the course that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<String>,
}

impl Default for FolderSettings {
    fn default() -> Self {
        FolderSettings {
            seed: crate::datagen::DEFAULT_SEED,
            rows: crate::datagen::DEFAULT_ROWS,
            salt: "batchlab".to_owned(),
            track: None,
        }
    }
}

fn failed(path: &Path, what: &str, error: &dyn std::fmt::Display, help: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{} {what}: {error}", path.display())).with_help(help)
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> SparkError {
    failed(path, "cannot be read", error, "check who may read the file")
}

fn damaged(path: &Path, error: &dyn std::fmt::Display) -> SparkError {
    let help = "the file is plain JSON: mend it, or move it away to begin anew (log.jsonl beside it still tells what was done)";
    failed(path, "is damaged", error, help)
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> SparkError {
    failed(path, "cannot be written", error, "check that the folder may be written and that the disk is not full")
}

/// The folder for what a learner did.
#[must_use]
pub fn folder(root: &Path) -> PathBuf {
    root.join(".batchlab")
}

/// Reads the settings of a workshop folder; the defaults where it has none.
///
/// # Errors
/// A file that cannot be read.
pub fn settings(root: &Path) -> Result<FolderSettings> {
    let path = folder(root).join(SETTINGS);
    if !path.is_file() {
        return Ok(FolderSettings::default());
    }
    let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
    serde_json::from_str(&text).map_err(|error| damaged(&path, &error))
}

/// Writes the settings of a workshop folder.
///
/// # Errors
/// A folder that cannot be written.
pub fn write_settings(root: &Path, settings: &FolderSettings) -> Result<()> {
    let text = serde_json::to_string_pretty(settings).map_err(|error| SparkError::internal(error.to_string()))?;
    write_file(&folder(root).join(SETTINGS), text + "\n")
}

/// Writes a file whole or not at all.
///
/// # Errors
/// A folder that cannot be written.
pub fn write_file(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    let parent = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written = parent.and_then(|()| write_whole(path, |out| out.write_all(text.as_ref())));
    written.map_err(|error| unwritable(path, &error))
}

impl Progress {
    /// Reads the progress of a folder; nothing yet is empty.
    ///
    /// # Errors
    /// A damaged file: it is never overwritten.
    pub fn read(root: &Path) -> Result<Progress> {
        Self::read_file(&folder(root).join("progress.json"))
    }

    /// Reads one file.
    ///
    /// # Errors
    /// A damaged file.
    pub fn read_file(path: &Path) -> Result<Progress> {
        if !path.is_file() {
            return Ok(Progress::default());
        }
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        serde_json::from_str(&text).map_err(|error| damaged(path, &error))
    }

    /// Writes it.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, root: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|error| SparkError::internal(error.to_string()))?;
        write_file(&folder(root).join("progress.json"), &(text + "\n"))
    }

    /// Whether a step is passed.
    #[must_use]
    pub fn is_passed(&self, id: &str) -> bool {
        self.steps.get(id).is_some_and(|entry| entry.state == State::Passed)
    }

    /// Notes a verdict. `whole` says that all variants ran: only then a step can be passed.
    pub fn note(&mut self, step: &Step, source: &str, verdict: &Verdict, whole: bool, now: &str) {
        let entry = self.steps.entry(step.id.clone()).or_default();
        entry.attempts += 1;
        entry.first_tried.get_or_insert_with(|| now.to_owned());
        entry.last_tried = Some(now.to_owned());
        for id in verdict.mistake_ids() {
            *entry.mistakes.entry(id).or_default() += 1;
        }
        if !(verdict.passed && whole) {
            return;
        }
        entry.state = State::Passed;
        entry.first_passed.get_or_insert_with(|| now.to_owned());
        entry.figures = verdict.variants.first().map(|variant| variant.figures.clone());
        entry.script = Some(fingerprint(source));
        entry.stretch |= verdict.is_stretched();
    }

    /// Notes the first answer to a question; a later one may say more, never less.
    pub fn note_guess(&mut self, question: &str, guess: Guess) {
        let known = self.quiz.entry(question.to_owned()).or_insert(guess);
        *known = (*known).max(guess.min(Guess::Corrected));
    }

    /// Takes over what another file knows better; gives the steps whose state it knew better.
    pub fn merge(&mut self, other: Progress) -> Vec<String> {
        let mut taken = Vec::new();
        for (question, guess) in other.quiz {
            let known = self.quiz.entry(question).or_insert(guess);
            *known = (*known).max(guess);
        }
        for (id, theirs) in other.steps {
            match self.steps.get_mut(&id) {
                Some(ours) if !theirs.is_better_than(ours) => ours.add(&theirs),
                Some(ours) => {
                    let before = std::mem::replace(ours, theirs);
                    ours.add(&before);
                    taken.push(id);
                }
                None => {
                    self.steps.insert(id.clone(), theirs);
                    taken.push(id);
                }
            }
        }
        taken
    }

    /// A digest over what is passed and the scripts that passed.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut text = String::new();
        for (id, entry) in self.steps.iter().filter(|(_, entry)| entry.state == State::Passed) {
            text.push_str(&format!("{id} {}\n", entry.script.as_deref().unwrap_or_default()));
        }
        sha256_hex(text.as_bytes())
    }
}

/// What tells one script from another: SHA-256 of its text.
#[must_use]
pub fn fingerprint(script: &str) -> String {
    sha256_hex(script.as_bytes())
}

fn sha256_hex(message: &[u8]) -> String {
    let bytes = digest::sha2(message, 256).unwrap_or_default();
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Appends one line to the folder's log.
///
/// # Errors
/// A folder that cannot be written.
pub fn log(root: &Path, line: &serde_json::Value) -> Result<()> {
    use std::io::Write as _;
    let path = folder(root).join("log.jsonl");
    let parent = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let open = || std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let written = parent.and_then(|()| open()).and_then(|mut file| writeln!(file, "{line}"));
    written.map_err(|error| unwritable(&path, &error))
}

/// Keeps a text in the attic, where nothing is ever lost; gives its place.
///
/// # Errors
/// A folder that cannot be written.
pub fn keep(root: &Path, step: &Step, text: &[u8]) -> Result<PathBuf> {
    let attic = folder(root).join("attic");
    let stem = step.name.replace('/', "-");
    let place = (1..1_000_000).map(|number| attic.join(format!("{stem}-{number:03}.py"))).find(|path| !path.exists());
    let place = place.ok_or_else(|| SparkError::internal("the attic has no end"))?;
    write_file(&place, text)?;
    Ok(place)
}

/// What the attic holds, by name.
#[must_use]
pub fn attic(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder(root).join("attic")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(script: &str) -> Entry {
        Entry { state: State::Passed, script: Some(script.to_owned()), attempts: 2, ..Entry::default() }
    }

    #[test]
    fn merging_keeps_the_better_state() {
        let mut ours = Progress::default();
        ours.steps.insert("E1.1".to_owned(), Entry { attempts: 5, hints: 1, ..Entry::default() });
        ours.steps.insert("E1.2".to_owned(), passed("b"));
        let mut theirs = Progress::default();
        theirs.steps.insert("E1.1".to_owned(), passed("a"));
        theirs.steps.insert("E1.2".to_owned(), Entry::default());
        theirs.steps.insert("E1.3".to_owned(), Entry::default());
        assert_eq!(ours.merge(theirs.clone()), ["E1.1", "E1.3"]);
        assert!(ours.is_passed("E1.1") && ours.is_passed("E1.2"));
        assert_eq!((ours.steps["E1.1"].attempts, ours.steps["E1.1"].hints), (5, 1));
        let once = serde_json::to_string(&ours).expect("JSON");
        assert!(ours.merge(theirs).is_empty());
        assert_eq!(serde_json::to_string(&ours).expect("JSON"), once, "a second merge changes nothing");
    }

    #[test]
    fn merging_keeps_the_first_moment_and_every_slip() {
        let entry = |at: &str, slip: &str| Entry {
            first_tried: Some(at.to_owned()),
            last_tried: Some(at.to_owned()),
            stretch: slip == "E1.1-m2",
            mistakes: BTreeMap::from([(slip.to_owned(), 2)]),
            ..passed("a")
        };
        let both = |first: Entry, second: Entry| {
            let mut ours = Progress { steps: BTreeMap::from([("E1.1".to_owned(), first)]), ..Progress::default() };
            ours.merge(Progress { steps: BTreeMap::from([("E1.1".to_owned(), second)]), ..Progress::default() });
            serde_json::to_value(&ours.steps["E1.1"]).expect("JSON")
        };
        let (early, late) = (entry("2025-01-01", "E1.1-m1"), entry("2025-02-01", "E1.1-m2"));
        let merged = both(early.clone(), late.clone());
        assert_eq!(merged, both(late, early), "whichever machine it is done on");
        assert_eq!((&merged["first_tried"], &merged["last_tried"]), (&"2025-01-01".into(), &"2025-02-01".into()));
        assert_eq!(
            (merged["mistakes"].as_object().map_or(0, serde_json::Map::len), &merged["stretch"]),
            (2, &true.into())
        );
    }

    #[test]
    fn progress_reads_back_and_damage_is_said() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut progress = Progress::default();
        progress.steps.insert("E1.1".to_owned(), passed("a"));
        progress.write(folder.path()).expect("a folder of our own");
        let back = Progress::read(folder.path()).expect("what was written");
        assert_eq!(back.digest(), progress.digest());
        std::fs::write(super::folder(folder.path()).join("progress.json"), "{").expect("a folder of our own");
        assert!(Progress::read(folder.path()).is_err());
    }
}
