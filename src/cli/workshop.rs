//! The workshop folder as commands see it: which step is meant, where its script is, what is remembered.

use crate::common::text::suggestion;
use crate::common::{ErrorClass, Result, SparkError};
use crate::workshop::check::{CheckRequest, Which, check};
use crate::workshop::content::Content;
use crate::workshop::progress::{self, FolderSettings, Progress};
use crate::workshop::step::{self, Library, Step};
use crate::workshop::track::{self, Track};
use crate::workshop::verdict::Verdict;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A folder with `exercises/` and `datasets/`, or any other: then the scripts are the starters in the binary.
#[derive(Clone)]
pub(crate) struct Folder {
    pub root: PathBuf,
    settings: FolderSettings,
    track: Option<Track>,
    /// Whether the folder's own step files win over the binary's.
    has_own_steps: bool,
}

/// A step with the script to check.
#[derive(Clone)]
pub(crate) struct Chosen {
    pub step: Step,
    pub source: String,
    pub file: String,
}

/// Threads for the runs of checks.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// The time of the machine, for the learner's own log.
pub(crate) fn now() -> String {
    let micros = crate::cli::launch::wall_micros();
    chrono::DateTime::from_timestamp_micros(micros)
        .map_or(String::new(), |now| now.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn refused(message: String, help: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message).with_help(help)
}

impl Folder {
    /// Opens a folder.
    pub(crate) fn open(dir: &Path) -> Result<Folder> {
        let root = dir.canonicalize().map_err(|error| {
            refused(format!("the folder {} cannot be opened: {error}", dir.display()), "give a folder that exists")
        })?;
        let settings = progress::settings(&root)?;
        let track = settings.track.as_deref().map(|name| track::named(&Content::embedded(), name)).transpose()?;
        Ok(Folder { root, settings, track, has_own_steps: true })
    }

    /// The same scripts, judged by the step files of the binary: who hands in scripts does not hand in what they are judged by.
    pub(crate) fn with_our_steps(self) -> Folder {
        Folder { has_own_steps: false, ..self }
    }

    /// Refuses a folder without exercises: a check there would judge starters that nobody has opened.
    pub(crate) fn needs_exercises(&self) -> Result<()> {
        if self.root.join("exercises").is_dir() {
            return Ok(());
        }
        let help =
            "`batchlab init` makes a workshop here, `batchlab init DIR` in another folder; go there and check again";
        Err(refused(format!("there is no workshop in {}", self.root.display()), help))
    }

    /// Refuses a step whose script is gone: who saves elsewhere would read the verdict on the starter for ever.
    pub(crate) fn needs_script(&self, chosen: &Chosen) -> Result<()> {
        if self.script(&chosen.step.name).is_file() {
            return Ok(());
        }
        let help = format!(
            "`batchlab reset {}` puts the starter there; if you saved under another name, give that one",
            chosen.step.id
        );
        Err(refused(format!("{} is not there", chosen.file), &help))
    }

    /// Seed and size of the data that the learner sees.
    pub(crate) fn visible(&self) -> (u64, u64) {
        (self.settings.seed, self.settings.rows)
    }

    pub(crate) fn salt(&self) -> String {
        self.settings.salt.clone()
    }

    /// The way through the course that it follows.
    pub(crate) fn track(&self) -> Option<&Track> {
        self.track.as_ref()
    }

    /// The names of the steps of its track, in the track's order; of all steps where it follows none.
    pub(crate) fn course(&self) -> Vec<String> {
        let names = step::names(self.library());
        let Some(track) = &self.track else { return names };
        let named = |id: &String| names.iter().find(|name| id_of(name).as_ref() == Some(id)).cloned();
        track.steps.iter().filter_map(named).collect()
    }

    pub(crate) fn library(&self) -> Library<'_> {
        Library { root: self.has_own_steps.then_some(self.root.as_path()) }
    }

    /// Where the learner's script of a step is.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.root.join("exercises").join(format!("{name}.py"))
    }

    /// A step by the name of its file, with the learner's script or else the starter.
    pub(crate) fn named(&self, name: &str) -> Result<Chosen> {
        self.chosen(name, None)
    }

    fn chosen(&self, name: &str, path: Option<&Path>) -> Result<Chosen> {
        let step = step::load(self.library(), name)?;
        let own = self.script(name);
        let path = path.unwrap_or(&own);
        let source = if path.is_file() {
            std::fs::read_to_string(path).map_err(|error| {
                refused(format!("{} cannot be read: {error}", path.display()), "save it as UTF-8 text")
            })?
        } else {
            step.starter.clone()
        };
        Ok(Chosen { step, source, file: format!("exercises/{name}.py") })
    }

    /// The steps that words mean.
    pub(crate) fn choose(&self, words: &[String]) -> Result<Vec<Chosen>> {
        let names = step::names(self.library());
        if words.is_empty() {
            let name = self.next_step()?.unwrap_or_else(|| names.last().cloned().unwrap_or_default());
            return Ok(vec![self.chosen(&name, None)?]);
        }
        let mut chosen = Vec::new();
        for word in words {
            let path = Path::new(word);
            if path.extension().is_some_and(|extension| extension == "py") {
                let name = names.iter().find(|name| path.with_extension("").ends_with(name));
                let name = name.ok_or_else(|| {
                    refused(
                        format!("{word} is no script of a step"),
                        "name the step as well: exercises/NN_name/sK_name.py",
                    )
                })?;
                if !path.is_file() {
                    return Err(refused(
                        format!("there is no file {word}"),
                        "give the path of a script of the exercises",
                    ));
                }
                chosen.push(self.chosen(name, Some(path))?);
                continue;
            }
            let found = meant(word, &names);
            if found.is_empty() {
                let ids: Vec<String> = names.iter().filter_map(|name| id_of(name)).collect();
                let help = suggestion(word, ids.iter().map(String::as_str), "`batchlab list` shows the steps");
                return Err(refused(format!("there is no step {word}"), &help));
            }
            for name in found {
                chosen.push(self.chosen(name, None)?);
            }
        }
        Ok(chosen)
    }

    /// Asks for a check of a script of this folder, on the variants' own data.
    pub(crate) fn request<'a>(
        &'a self,
        chosen: &'a Chosen,
        which: Which,
        cancelled: &Arc<AtomicBool>,
    ) -> CheckRequest<'a> {
        CheckRequest {
            step: &chosen.step,
            source: &chosen.source,
            file: &chosen.file,
            root: &self.root,
            visible: self.visible(),
            salt: &self.settings.salt,
            rows: None,
            which,
            threads: threads(),
            cancelled: cancelled.clone(),
        }
    }

    /// The first step that is not passed: of its track, then of all.
    pub(crate) fn next_step(&self) -> Result<Option<String>> {
        Ok(self.first_open(&Progress::read(&self.root)?))
    }

    /// The same for progress that was read already.
    pub(crate) fn first_open(&self, progress: &Progress) -> Option<String> {
        let mut names = self.course().into_iter().chain(step::names(self.library()));
        names.find(|name| id_of(name).is_some_and(|id| !progress.is_passed(&id)))
    }

    /// Notes a verdict in the folder's progress and log.
    pub(crate) fn remember(&self, step: &Step, source: &str, verdict: &Verdict, whole: bool) -> Result<()> {
        let mut progress = Progress::read(&self.root)?;
        let now = now();
        progress.note(step, source, verdict, whole, &now);
        progress.write(&self.root)?;
        let failures: Vec<&str> = verdict
            .first_failure()
            .map(|variant| variant.failures.iter().map(|failure| failure.check.as_str()).collect())
            .unwrap_or_default();
        let line = serde_json::json!({
            "time": now, "step": step.id, "event": "checked", "passed": verdict.passed, "whole": whole,
            "failures": failures, "mistakes": verdict.mistake_ids(),
        });
        progress::log(&self.root, &line)
    }
}

/// A step that was checked again.
pub(crate) struct Rechecked {
    pub id: String,
    pub verdict: Verdict,
}

impl Rechecked {
    /// `E2.3  holds`, or on which data it does not.
    pub(crate) fn line(&self) -> String {
        let failed = self
            .verdict
            .first_failure()
            .map_or(String::new(), |variant| format!(" on {} (seed {})", variant.data(), variant.seed));
        let word = if self.verdict.passed { "holds" } else { "does not hold" };
        format!("{:<6}{word}{failed}\n", self.id)
    }
}

impl Folder {
    /// Runs the scripts of all passed steps again, the hidden data made from another salt.
    pub(crate) fn recheck(&self, salt: &str, cancelled: &Arc<AtomicBool>) -> Result<Vec<Rechecked>> {
        let progress = Progress::read(&self.root)?;
        let mut rechecked = Vec::new();
        for name in step::names(self.library()) {
            if !id_of(&name).is_some_and(|id| progress.is_passed(&id)) || cancelled.load(Ordering::Relaxed) {
                continue;
            }
            let chosen = self.named(&name)?;
            let verdict = check(&CheckRequest { salt, ..self.request(&chosen, Which::All, cancelled) })?;
            rechecked.push(Rechecked { id: chosen.step.id, verdict });
        }
        Ok(rechecked)
    }

    /// The passed steps whose script is another text than the one that passed.
    pub(crate) fn changed_since_passed(&self, progress: &Progress) -> Result<Vec<String>> {
        let mut changed = Vec::new();
        for name in step::names(self.library()) {
            let passed = id_of(&name).and_then(|id| Some((progress.steps.get(&id)?.script.clone()?, id)));
            if let Some((script, id)) = passed
                && script != progress::fingerprint(&self.named(&name)?.source)
            {
                changed.push(id);
            }
        }
        Ok(changed)
    }

    /// Changes what is remembered of a step, and says so in the folder's log.
    pub(crate) fn note(
        &self,
        id: &str,
        mut said: serde_json::Value,
        change: impl FnOnce(&mut progress::Entry),
    ) -> Result<()> {
        let mut progress = Progress::read(&self.root)?;
        change(progress.steps.entry(id.to_owned()).or_default());
        progress.write(&self.root)?;
        said["time"] = now().into();
        said["step"] = id.into();
        progress::log(&self.root, &said)
    }

    /// Notes that hints were read, up to this one.
    pub(crate) fn note_hint(&self, id: &str, number: usize) -> Result<()> {
        let read = u32::try_from(number).unwrap_or(u32::MAX);
        let said = serde_json::json!({"event": "hint", "number": number});
        self.note(id, said, |entry| entry.hints = entry.hints.max(read))
    }

    /// Puts the starter back; gives the place in the attic where the learner's text is kept, if it was another.
    pub(crate) fn put_starter_back(&self, step: &Step) -> Result<Option<String>> {
        let path = self.script(&step.name);
        let mut kept = None;
        if path.is_file() {
            let text = std::fs::read(&path).map_err(|error| {
                refused(format!("{} cannot be read: {error}", path.display()), "check who may read it")
            })?;
            if text == step.starter.as_bytes() {
                return Ok(None);
            }
            let place = progress::keep(&self.root, step, &text)?;
            kept = Some(place.strip_prefix(&self.root).unwrap_or(&place).display().to_string());
        }
        progress::write_file(&path, &step.starter)?;
        progress::log(&self.root, &serde_json::json!({"time": now(), "step": step.id, "event": "reset"}))?;
        Ok(kept)
    }

    /// Whether the last checks of a step ran into the same slips at least twice.
    pub(crate) fn repeats(&self, id: &str, slips: &[String]) -> Result<bool> {
        let progress = Progress::read(&self.root)?;
        let count = |slip: &String| progress.steps.get(id).and_then(|entry| entry.mistakes.get(slip)).copied();
        Ok(slips.iter().any(|slip| count(slip).is_some_and(|count| count > 1)))
    }
}

/// `02_joins/s3_broadcast` is `E2.3`.
pub(crate) fn id_of(name: &str) -> Option<String> {
    let (folder, script) = name.split_once('/')?;
    let exercise: u32 = folder.split('_').next()?.parse().ok()?;
    let step: u32 = script.split('_').next()?.strip_prefix('s')?.parse().ok()?;
    Some(format!("E{exercise}.{step}"))
}

/// The steps that a word means: `E2.3`, `E2`, `all`.
fn meant<'a>(word: &str, names: &'a [String]) -> Vec<&'a String> {
    let word = word.to_ascii_uppercase();
    let fits = |name: &&String| {
        let Some(id) = id_of(name) else { return false };
        word == "ALL" || id == word || id.split('.').next() == Some(&word)
    };
    names.iter().filter(fits).collect()
}
