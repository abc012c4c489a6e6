//! Folders that go away with their owner.

use crate::common::{ErrorClass, Result, SparkError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder among the system's temporary files, removed when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty folder; `purpose` is part of its name.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(purpose: &str) -> Result<Scratch> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("batchlab-{purpose}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| {
            SparkError::new(ErrorClass::SparkException, format!("no scratch folder could be made: {error}"))
                .with_help("check that the temporary folder may be written and that the disk is not full")
        })?;
        Ok(Scratch(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that cannot be removed now is the system's to clean.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
