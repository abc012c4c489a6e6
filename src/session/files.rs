//! What scripts ask of the file system outside of readers and writers: `open`, `os.path`, `shutil.rmtree`.

use super::Session;
use crate::common::{ErrorClass, Result, SparkError};
use crate::pyspark::host::{PathReply, PathRequest};
use std::path::Path;

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

    pub(super) fn answer_path(&self, request: PathRequest) -> Result<PathReply> {
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
                std::fs::create_dir_all(&place).map_err(|error| missing(&path, &error.to_string()))?;
                PathReply::Done
            }
            PathRequest::RemoveTree(path) => {
                self.remove_tree(&path)?;
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

    fn remove_tree(&self, path: &str) -> Result<()> {
        let place = self.workspace.resolve(path)?;
        let below = |folder: &str| {
            let folder = self.workspace.root().join(folder);
            place.starts_with(&folder)
        };
        if !(below("out") || below("spark-warehouse") || below("checkpoints") || below("tmp")) {
            return Err(SparkError::new(
                ErrorClass::IllegalArgumentException,
                format!("removing {path} is refused: scripts may only remove what lies below out/, tmp/, checkpoints/ or spark-warehouse/"),
            )
            .with_subject(path)
            .with_help("remove it yourself, or write to out/ instead"));
        }
        std::fs::remove_dir_all(&place).map_err(|error| missing(path, &error.to_string()))
    }
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
