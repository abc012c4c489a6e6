//! The files that teach: embedded in the binary, and in a workshop folder, whose own files win.

use crate::common::{Result, SparkError};
use include_dir::{Dir, DirEntry, include_dir};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;

static LESSONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/lessons");
static DEMOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demos");
static QUIZ: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/quiz");
static SOLUTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/solutions");
static EXERCISES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/exercises");

/// The largest file of a workshop folder that is read.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Where content is read from.
#[derive(Debug, Clone, Default)]
pub struct Content {
    root: Option<PathBuf>,
}

fn embedded(path: &str) -> Option<(&'static Dir<'static>, &str)> {
    let (folder, rest) = path.split_once('/').unwrap_or((path, ""));
    let dir = match folder {
        "lessons" => &LESSONS,
        "demos" => &DEMOS,
        "quiz" => &QUIZ,
        "solutions" => &SOLUTIONS,
        "exercises" => &EXERCISES,
        _ => return None,
    };
    Some((dir, rest))
}

impl Content {
    /// The binary's own content.
    #[must_use]
    pub fn embedded() -> Content {
        Content::default()
    }

    /// The content of a workshop folder above the binary's own.
    #[must_use]
    pub fn of(root: PathBuf) -> Content {
        Content { root: Some(root) }
    }

    /// A file's text, by its path such as `lessons/L1.md`.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn text(&self, path: &str) -> Result<Cow<'static, str>> {
        if let Some(text) = self.own(path) {
            return Ok(Cow::Owned(text));
        }
        embedded(path).and_then(|(dir, rest)| dir.get_file(rest)?.contents_utf8()).map(Cow::Borrowed).ok_or_else(|| {
            SparkError::internal(format!("the workshop has no file {path}"))
                .with_help("a file of your own lies at this path below the workshop folder")
        })
    }

    fn own(&self, path: &str) -> Option<String> {
        let full = self.root.as_ref()?.join(path);
        let size = std::fs::metadata(&full).ok().filter(std::fs::Metadata::is_file)?.len();
        if size > FILE_BYTES_MAX { None } else { std::fs::read_to_string(full).ok() }
    }

    /// Whether a file of the workshop folder is read instead of the binary's.
    #[must_use]
    pub fn is_own(&self, path: &str) -> bool {
        self.own(path).is_some()
    }

    /// The paths below a folder whose names end with `ending`, in order.
    #[must_use]
    pub fn list(&self, folder: &str, ending: &str) -> Vec<String> {
        let mut found = BTreeSet::new();
        if let Some((dir, rest)) = embedded(folder) {
            let base = folder.split('/').next().unwrap_or_default();
            let within = if rest.is_empty() { Some(dir) } else { dir.get_dir(rest) };
            for file in within.map(files).unwrap_or_default() {
                found.insert(format!("{base}/{file}"));
            }
        }
        let own = self.root.iter().filter_map(|root| std::fs::read_dir(root.join(folder)).ok());
        for entry in own.flatten().flatten().filter(|entry| entry.path().is_file()) {
            found.insert(format!("{folder}/{}", entry.file_name().to_string_lossy()));
        }
        found.into_iter().filter(|path| path.ends_with(ending)).collect()
    }
}

/// All files below a folder, as paths from its root.
fn files(dir: &Dir<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(below) => found.extend(files(below)),
            DirEntry::File(file) => found.push(file.path().to_string_lossy().replace('\\', "/")),
        }
    }
    found
}

/// Reads TOML of a content file.
///
/// # Errors
/// When it does not have the shape asked for; the message names the file.
pub fn parse<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        SparkError::new(
            crate::common::ErrorClass::IllegalArgumentException,
            format!("{path} does not parse at line {line}: {}", error.message().trim_end().replace('\n', "; ")),
        )
        .with_help("correct the file, or remove your own copy: the workshop then uses its own")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_parse_is_named_with_its_line() {
        let error = parse::<toml::Table>("a.toml", "a = 1\nb\n").expect_err("no value");
        assert!(error.message().starts_with("a.toml does not parse at line 2: "), "{}", error.message());
    }

    #[test]
    fn a_folders_own_file_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("lessons")).expect("a folder");
        std::fs::write(folder.path().join("lessons/L1.md"), "mine").expect("a file");
        let content = Content::of(folder.path().to_owned());
        assert_eq!(content.text("lessons/L1.md").expect("it is there"), "mine");
        assert_ne!(Content::embedded().text("lessons/L1.md").expect("it is there"), "mine");
        assert!(content.text("lessons/none.md").is_err());
    }
}
