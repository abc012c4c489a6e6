//! Files that are written whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file beside its final name first, so that a full disk leaves no half file that looks whole. What could not be written is not kept.
///
/// # Errors
/// What the file system says.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let part = with_ending(path, ".part");
    let written = File::create(&part).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()?;
        std::fs::rename(&part, path)
    });
    written.inspect_err(|_| {
        // It may not even have been made.
        let _ = std::fs::remove_file(&part);
    })
}

/// A file that may be read while it is written. Until it is whole its name says that it is not, as the names of Spark's event logs do.
#[derive(Debug)]
pub struct InProgress {
    path: PathBuf,
    out: BufWriter<File>,
}

impl InProgress {
    /// Begins the file that will lie at `path`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(path: &Path) -> io::Result<InProgress> {
        let file = File::create(in_progress(path))?;
        Ok(InProgress { path: path.to_owned(), out: BufWriter::new(file) })
    }

    /// Appends what this writes, so that others can read it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn append(&mut self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
        write(&mut self.out)?;
        self.out.flush()
    }

    /// Gives the file, which is whole, its own name.
    ///
    /// # Errors
    /// What the file system says; the file keeps the other name then.
    pub fn finish(self) -> io::Result<()> {
        std::fs::rename(in_progress(&self.path), &self.path)
    }
}

/// What the name of a file ends with while it is written.
const IN_PROGRESS: &str = ".inprogress";

/// The name of a file while it is written.
#[must_use]
pub fn in_progress(path: &Path) -> PathBuf {
    with_ending(path, IN_PROGRESS)
}

/// A file beside another: `run.jsonl.marks` beside `run.jsonl`.
#[must_use]
pub fn beside(path: &Path, what: &str) -> PathBuf {
    with_ending(path, &format!(".{what}"))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The name that a file will have when it is whole, if its name says that it is not.
#[must_use]
pub fn when_whole(path: &Path) -> Option<PathBuf> {
    path.to_str()?.strip_suffix(IN_PROGRESS).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_progress_can_be_read_and_has_its_name_when_it_is_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log.jsonl");
        std::fs::write(&path, b"of another run").expect("it is written");
        let mut file = InProgress::create(&path).expect("a file");
        file.append(|out| out.write_all(b"first")).expect("it is written");
        assert_eq!(std::fs::read(in_progress(&path)).expect("it is there"), b"first");
        assert_eq!(std::fs::read(&path).expect("it is still there"), b"of another run");
        file.append(|out| out.write_all(b", second")).expect("it is written");
        file.finish().expect("it has its name");
        assert_eq!(std::fs::read(&path).expect("it is there"), b"first, second");
        assert!(!in_progress(&path).exists());
        assert_eq!((when_whole(&in_progress(&path)), when_whole(&path)), (Some(path), None));
    }

    #[test]
    fn what_fails_half_way_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log.jsonl");
        write_whole(&path, |out| out.write_all(b"first")).expect("it is written");
        let broken = write_whole(&path, |out| out.write_all(b"sec").and(Err(io::Error::other("the disk is full"))));
        assert!(broken.is_err());
        assert_eq!(std::fs::read(&path).expect("it is there"), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
