//! How written files become visible: all of them, or none.
//!
//! Task attempts write below `<target>/_temporary/<run>/`. When the job has succeeded, the driver moves the files of the attempts that count
//! to their places and writes `_SUCCESS`, as Spark's `FileOutputCommitter` (algorithm 1) does. A reader never looks below `_temporary`.
//!
//! **Differs from Spark on purpose:** with `overwrite`, the old files are removed at commit and not before the job, so that a failing job
//! loses nothing.

use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::plan::SaveMode;
use std::io;
use std::path::{Path, PathBuf};

const TEMPORARY: &str = "_temporary";

/// A write that has begun and is neither committed nor given up.
#[derive(Debug)]
pub struct PendingWrite {
    target: PathBuf,
    staging: PathBuf,
    overwrite: Overwrite,
    existed: bool,
    finished: bool,
}

/// What a commit removes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overwrite {
    Nothing,
    All,
    /// Only the partition folders that new files go to (`partitionOverwriteMode=dynamic`).
    Partitions,
    /// Only these folders, whether or not new files go there (`INSERT OVERWRITE … PARTITION (p = value)`).
    Folders(Vec<PathBuf>),
}

/// What to do about a write whose target may exist.
#[derive(Debug)]
pub enum Begin {
    /// Run the job, then commit.
    Write(PendingWrite),
    /// `ignore`, and it exists: nothing to do.
    Skip,
}

/// Starts a write to `target`; an overwrite removes everything, or what `partitions` says.
///
/// # Errors
/// `PATH_ALREADY_EXISTS`; a folder that cannot be made.
pub fn begin(target: &Path, shown: &str, mode: SaveMode, partitions: Option<Overwrite>, run: &str) -> Result<Begin> {
    let existed = target.exists();
    let overwrite = match mode {
        SaveMode::ErrorIfExists if existed => return Err(already_exists(target, shown)),
        SaveMode::Ignore if existed => return Ok(Begin::Skip),
        SaveMode::Overwrite => partitions.unwrap_or(Overwrite::All),
        SaveMode::ErrorIfExists | SaveMode::Ignore | SaveMode::Append => Overwrite::Nothing,
    };
    if target.is_file() && overwrite == Overwrite::All {
        std::fs::remove_file(target).map_err(|error| io_error("remove the old file", target, &error))?;
    }
    let staging = target.join(TEMPORARY).join(run);
    std::fs::create_dir_all(&staging).map_err(|error| io_error("make the folder", &staging, &error))?;
    Ok(Begin::Write(PendingWrite { target: target.to_owned(), staging, overwrite, existed, finished: false }))
}

fn already_exists(target: &Path, shown: &str) -> SparkError {
    SparkError::analysis(
        "PATH_ALREADY_EXISTS",
        format!(
            "Path file:{} already exists. Set mode as \"overwrite\" to overwrite the existing path.",
            target.display()
        ),
    )
    .with_parameters([("outputPath", format!("file:{}", target.display()))])
    .with_subject(shown)
    .with_help("write.mode(\"overwrite\") replaces it, write.mode(\"append\") adds to it")
}

fn io_error(what: &str, path: &Path, error: &io::Error) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("could not {what} {}: {error}", path.display()))
        .with_condition("TASK_WRITE_FAILED")
        .with_help("check the free space and the permissions of the folder; nothing half-written was left visible")
}

impl PendingWrite {
    /// The folder below which task attempts write.
    #[must_use]
    pub fn staging(&self) -> &Path {
        &self.staging
    }

    /// Makes the files visible: `(staged, relative)` paths. Old files go first where the mode says so.
    ///
    /// # Errors
    /// When a file cannot be moved; what was moved stays, `_SUCCESS` is then missing.
    pub fn commit(mut self, files: &[(PathBuf, PathBuf)]) -> Result<()> {
        match &self.overwrite {
            Overwrite::Nothing => {}
            Overwrite::All => self.clear(&self.target)?,
            Overwrite::Partitions => {
                let mut folders: Vec<PathBuf> =
                    files.iter().filter_map(|(_, relative)| Some(self.target.join(relative.parent()?))).collect();
                folders.sort();
                folders.dedup();
                self.clear_all(&folders)?;
            }
            Overwrite::Folders(folders) => self.clear_all(folders)?,
        }
        for (staged, relative) in files {
            let place = free_place(self.target.join(relative));
            if let Some(parent) = place.parent() {
                std::fs::create_dir_all(parent).map_err(|error| io_error("make the folder", parent, &error))?;
            }
            std::fs::rename(staged, &place).map_err(|error| io_error("move a finished file to", &place, &error))?;
        }
        self.remove_temporary();
        let marker = self.target.join("_SUCCESS");
        std::fs::write(&marker, b"").map_err(|error| io_error("write", &marker, &error))?;
        self.finished = true;
        Ok(())
    }

    fn clear_all(&self, folders: &[PathBuf]) -> Result<()> {
        folders.iter().filter(|folder| folder.exists()).try_for_each(|folder| self.clear(folder))
    }

    fn clear(&self, folder: &Path) -> Result<()> {
        let entries = std::fs::read_dir(folder).map_err(|error| io_error("list", folder, &error))?;
        for entry in entries.filter_map(std::result::Result::ok) {
            let path = entry.path();
            if entry.file_name() == TEMPORARY {
                continue;
            }
            let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.map_err(|error| io_error("remove the old", &path, &error))?;
        }
        Ok(())
    }

    fn remove_temporary(&self) {
        // A leftover `_temporary` is invisible to readers, so failing to remove it is no error.
        let _ = std::fs::remove_dir_all(&self.staging);
        let _ = std::fs::remove_dir(self.target.join(TEMPORARY));
    }
}

/// A place where no file is yet: the same script with the same seed names its files as an earlier run did, and an append must not replace them.
fn free_place(place: PathBuf) -> PathBuf {
    const COUNTER: &str = "-c000";
    let Some(name) = place.file_name().and_then(|name| name.to_str()).filter(|name| name.contains(COUNTER)) else {
        return place;
    };
    let numbered = |number: u32| place.with_file_name(name.replacen(COUNTER, &format!("-c{number:03}"), 1));
    (0..1_000_000).map(numbered).find(|free| !free.exists()).unwrap_or_else(|| place.clone())
}

impl Drop for PendingWrite {
    /// A write that was not committed leaves nothing behind.
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        self.remove_temporary();
        if !self.existed {
            let _ = std::fs::remove_dir(&self.target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(target: &Path, mode: SaveMode) -> PendingWrite {
        match begin(target, "out", mode, None, "run-1").expect("it begins") {
            Begin::Write(pending) => pending,
            Begin::Skip => panic!("it should write"),
        }
    }

    fn staged(pending: &PendingWrite, name: &str) -> (PathBuf, PathBuf) {
        let path = pending.staging().join(name);
        std::fs::write(&path, name).expect("a file");
        (path, PathBuf::from(name))
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("it exists")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_append_of_the_same_script_replaces_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("out");
        for _ in 0..3 {
            let pending = start(&target, SaveMode::Append);
            let file = staged(&pending, "part-00000-id-c000.csv");
            pending.commit(&[file]).expect("it commits");
        }
        let wanted = ["_SUCCESS", "part-00000-id-c000.csv", "part-00000-id-c001.csv", "part-00000-id-c002.csv"];
        assert_eq!(names(&target), wanted);
    }

    #[test]
    fn a_committed_write_is_whole_and_marked() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("out");
        let pending = start(&target, SaveMode::ErrorIfExists);
        let file = staged(&pending, "part-00000");
        pending.commit(&[file]).expect("it commits");
        assert_eq!(names(&target), ["_SUCCESS", "part-00000"]);
    }

    #[test]
    fn a_write_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("out");
        let pending = start(&target, SaveMode::ErrorIfExists);
        staged(&pending, "part-00000");
        drop(pending);
        assert!(!target.exists());
    }

    #[test]
    fn overwrite_keeps_the_old_files_until_the_commit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("out");
        let first = start(&target, SaveMode::ErrorIfExists);
        let file = staged(&first, "old");
        first.commit(&[file]).expect("it commits");

        let failed = start(&target, SaveMode::Overwrite);
        staged(&failed, "new");
        drop(failed);
        assert_eq!(names(&target), ["_SUCCESS", "old"]);

        let second = start(&target, SaveMode::Overwrite);
        let file = staged(&second, "new");
        second.commit(&[file]).expect("it commits");
        assert_eq!(names(&target), ["_SUCCESS", "new"]);
    }

    #[test]
    fn an_existing_target_is_an_error_by_default() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = begin(folder.path(), "out", SaveMode::ErrorIfExists, None, "r").expect_err("it exists");
        assert_eq!(error.condition(), Some("PATH_ALREADY_EXISTS"));
    }
}
