//! The workshop folder as commands see it: which step is meant, where its script is, what is remembered.

use crate::common::text::nearest;
use crate::common::{ErrorClass, Result, SparkError};
use crate::workshop::check::{CheckRequest, Which};
use crate::workshop::progress::{self, FolderSettings, Progress};
use crate::workshop::step::{self, Library, Step};
use crate::workshop::verdict::Verdict;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A folder with `exercises/` and `datasets/`, or any other: then the scripts are the starters in the binary.
pub(crate) struct Folder {
    pub root: PathBuf,
    settings: FolderSettings,
}

/// A step with the script to check.
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
        Ok(Folder { root, settings })
    }

    /// Seed and size of the data that the learner sees.
    pub(crate) fn visible(&self) -> (u64, u64) {
        (self.settings.seed, self.settings.rows)
    }

    pub(crate) fn salt(&self) -> String {
        self.settings.salt.clone()
    }

    pub(crate) fn library(&self) -> Library<'_> {
        Library { root: Some(&self.root) }
    }

    /// Where the learner's script of a step is.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.root.join("exercises").join(format!("{name}.py"))
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
                let near = nearest(word, ids.iter().map(String::as_str), 3).join(", ");
                let help = if near.is_empty() {
                    "`batchlab list` shows the steps".to_owned()
                } else {
                    format!("did you mean {near}?")
                };
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

    /// The first step that is not passed.
    pub(crate) fn next_step(&self) -> Result<Option<String>> {
        let progress = Progress::read(&self.root)?;
        let names = step::names(self.library());
        Ok(names.into_iter().find(|name| id_of(name).is_some_and(|id| !progress.is_passed(&id))))
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

impl Folder {
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
