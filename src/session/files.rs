//! What scripts ask of the file system outside of readers and writers: `open`, `os.path`, `shutil.rmtree`.

use super::Session;
use crate::common::{ErrorClass, Result, SparkError};
use crate::pyspark::host::{PathReply, PathRequest};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The largest file that `open` reads: scripts read small settings, data goes through `spark.read`.
const SMALL_FILE_BYTES: u64 = 16 << 20;

impl Session {
    pub(super) fn read_small_file(&self, path: &str) -> Result<String> {
        let place = self.workspace.resolve(path)?;
        let size = std::fs::metadata(&place).map_err(|error| missing(path, &error.to_string()))?.len();
        if size > SMALL_FILE_BYTES {
            return Err(SparkError::unsupported(
                format!("open() of a file of {}", crate::common::text::bytes(size)),
                "read it with spark.read.text or spark.read.csv",
            ));
        }
        std::fs::read_to_string(&place).map_err(|error| missing(path, &error.to_string()))
    }

    pub(super) fn answer_path(&mut self, request: PathRequest) -> Result<PathReply> {
        Ok(match request {
            PathRequest::Exists(path) => PathReply::Yes(self.workspace.resolve(&path)?.exists()),
            PathRequest::IsFile(path) => PathReply::Yes(self.workspace.resolve(&path)?.is_file()),
            PathRequest::IsDir(path) => PathReply::Yes(self.workspace.resolve(&path)?.is_dir()),
            PathRequest::List(path) => PathReply::Names(names(&self.workspace.resolve(&path)?, &path)?),
            PathRequest::Size(path) => {
                let place = self.workspace.resolve(&path)?;
                PathReply::Size(std::fs::metadata(&place).map_err(|error| missing(&path, &error.to_string()))?.len())
            }
            PathRequest::CurrentDir => PathReply::Path(self.workspace.root().display().to_string()),
            PathRequest::MakeDirs(path) => {
                let place = self.workspace.resolve(&path)?;
                let first = place.ancestors().take_while(|folder| !folder.exists()).last().map(Path::to_path_buf);
                std::fs::create_dir_all(&place).map_err(|error| missing(&path, &error.to_string()))?;
                self.made.extend(first);
                PathReply::Done
            }
            PathRequest::Write { path, bytes, append } => {
                let place = self.workspace.resolve(&path)?;
                self.note_new(&place);
                let mut options = std::fs::OpenOptions::new();
                let file = options.create(true).append(append).write(true).truncate(!append).open(&place);
                file.and_then(|mut file| file.write_all(&bytes)).map_err(|error| missing(&path, &error.to_string()))?;
                PathReply::Done
            }
            PathRequest::Copy { from, to } => {
                let (source, mut target) = (self.workspace.resolve(&from)?, self.workspace.resolve(&to)?);
                if let (true, Some(name)) = (target.is_dir(), source.file_name()) {
                    target.push(name);
                }
                self.note_new(&target);
                std::fs::copy(&source, &target).map_err(|error| missing(&from, &error.to_string()))?;
                PathReply::Path(target.display().to_string())
            }
            PathRequest::RemoveFile(path) => {
                let place = self.removable(&path)?;
                std::fs::remove_file(&place).map_err(|error| missing(&path, &error.to_string()))?;
                PathReply::Done
            }
            PathRequest::RemoveTree(path) => {
                let place = self.removable(&path)?;
                std::fs::remove_dir_all(&place).map_err(|error| missing(&path, &error.to_string()))?;
                PathReply::Done
            }
            PathRequest::Glob(pattern) => {
                let root = self.workspace.root();
                let found = self.workspace.glob(&pattern)?;
                let shown = found
                    .iter()
                    .filter(|path| path.exists())
                    .map(|path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned());
                PathReply::Names(shown.collect())
            }
        })
    }

    /// Remembers a file that this run makes.
    fn note_new(&mut self, place: &Path) {
        if !place.exists() {
            self.made.insert(place.to_path_buf());
        }
    }

    /// The place behind a path that the script wants to remove, or the refusal.
    fn removable(&self, path: &str) -> Result<PathBuf> {
        let place = self.workspace.resolve(path)?;
        let usual = FOR_OUTPUT.iter().any(|folder| place.starts_with(self.workspace.root().join(folder)));
        let is_made = place.ancestors().any(|folder| self.made.contains(folder));
        if !place.exists() {
            return Err(missing(path, "there is no such file or folder"));
        }
        if usual || is_made || holds_only_output(&place) {
            return Ok(place);
        }
        Err(SparkError::new(
            ErrorClass::IllegalArgumentException,
            format!(
                "removing {path} is refused: scripts may only remove what this run made, what Spark wrote, and what lies below out/, \
                 tmp/, checkpoints/ or spark-warehouse/"
            ),
        )
        .with_subject(path)
        .with_help("remove it yourself, or write to out/ instead"))
    }
}

/// Folders whose content is nobody's source.
const FOR_OUTPUT: [&str; 4] = ["out", "spark-warehouse", "checkpoints", "tmp"];

/// Whether there is nothing below `place` but what Spark writes: part files, `_SUCCESS`, checksums.
fn holds_only_output(place: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(place) else { return false };
    entries.filter_map(std::result::Result::ok).all(|entry| {
        let name = entry.file_name();
        let is_output = name.to_string_lossy().starts_with(['_', '.']) || name.to_string_lossy().starts_with("part-");
        if entry.path().is_dir() { holds_only_output(&entry.path()) } else { is_output }
    })
}

fn names(place: &Path, shown: &str) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(place).map_err(|error| missing(shown, &error.to_string()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

/// `open` and `os` raise it as Python's `FileNotFoundError`.
fn missing(path: &str, reason: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{path}: {reason}"))
        .with_condition("FILE_NOT_FOUND")
        .with_subject(path)
}
