//! The working folder's fence: scripts read and write inside it, unless the person running allows more (`--allow-path`).
//!
//! A path is judged after its links are resolved, so a link inside the folder cannot lead out of it.

use crate::common::{ErrorClass, Result, SparkError};
use regex::Regex;
use std::path::{Component, Path, PathBuf};

/// The folders that a script may touch.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    allowed: Vec<PathBuf>,
}

impl Workspace {
    /// The working folder `root` and further allowed folders.
    ///
    /// # Errors
    /// When `root` does not exist.
    pub fn new(root: &Path, allow: &[PathBuf]) -> Result<Self> {
        let root = root.canonicalize().map_err(|error| {
            SparkError::new(
                ErrorClass::IllegalArgumentException,
                format!("the working folder {} cannot be opened: {error}", root.display()),
            )
        })?;
        let allowed = allow.iter().map(|path| resolve_links(path)).chain(std::iter::once(root.clone())).collect();
        Ok(Workspace { root, allowed })
    }

    /// The working folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The absolute path behind what a script wrote (`out/x`, `file:/…`).
    ///
    /// # Errors
    /// Other file systems (`s3://…`) are not supported; a path outside the fence is refused.
    pub fn resolve(&self, text: &str) -> Result<PathBuf> {
        let local = local_path(text)?;
        let absolute = normalize(&self.root.join(local));
        let real = resolve_links(&absolute);
        if self.allows(&real) {
            return Ok(real);
        }
        if let Some(own) = self.own_temporary(&normalize(Path::new(local))) {
            let real = resolve_links(&own);
            if self.allows(&real) {
                return Ok(real);
            }
        }
        Err(SparkError::new(
            ErrorClass::IllegalArgumentException,
            format!("the path {text} leads outside the working folder {}", self.root.display()),
        )
        .with_subject(text)
        .with_help(format!("allow it when you start the run: --allow-path {}", real.display())))
    }

    fn allows(&self, real: &Path) -> bool {
        self.allowed.iter().any(|folder| real.starts_with(folder))
    }

    /// The machine's `/tmp` is the working folder's `tmp/` for a script, unless the person running allowed the real one.
    fn own_temporary(&self, written: &Path) -> Option<PathBuf> {
        let rest = written.strip_prefix("/tmp").ok().filter(|_| !written.starts_with(&self.root))?;
        Some(self.root.join("tmp").join(rest))
    }

    /// The paths that match a pattern (`data/*.csv`, `part-{0,1}`), sorted; the path itself when it has no pattern.
    ///
    /// # Errors
    /// As [`Workspace::resolve`].
    pub fn glob(&self, text: &str) -> Result<Vec<PathBuf>> {
        if !has_pattern(text) {
            return Ok(vec![self.resolve(text)?]);
        }
        let mut local = PathBuf::from(local_path(text)?);
        let fixed: PathBuf =
            local.components().take_while(|part| !has_pattern(&part.as_os_str().to_string_lossy())).collect();
        if !self.allows(&resolve_links(&fixed)) {
            local = self.own_temporary(&local).unwrap_or(local);
        }
        let mut found = vec![if local.is_absolute() { PathBuf::from("/") } else { self.root.clone() }];
        for component in local.components() {
            let name = match component {
                Component::Normal(name) => name.to_string_lossy().into_owned(),
                Component::ParentDir => "..".to_owned(),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => continue,
            };
            found = found.iter().flat_map(|folder| matches_in(folder, &name)).collect();
        }
        found.sort();
        found.into_iter().map(|path| self.resolve(&path.to_string_lossy())).collect()
    }
}

fn local_path(text: &str) -> Result<&str> {
    let Some((scheme, rest)) = text.split_once(':') else { return Ok(text) };
    if scheme == "file" {
        let rest = rest.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(rest);
        return Ok(rest);
    }
    if scheme.len() > 1 && rest.starts_with("//") {
        return Err(SparkError::unsupported(
            format!("the file system {scheme}://"),
            "copy the data into the working folder and read it from there, for example datasets/…",
        )
        .with_subject(text));
    }
    Ok(text)
}

fn has_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

fn matches_in(folder: &Path, name: &str) -> Vec<PathBuf> {
    if !has_pattern(name) {
        let path = folder.join(name);
        return if path.exists() { vec![path] } else { Vec::new() };
    }
    let Ok(pattern) = Regex::new(&glob_to_regex(name)) else { return Vec::new() };
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && pattern.is_match(&name)
        })
        .map(|entry| entry.path())
        .collect()
}

/// A test for file names by a pattern; a pattern that cannot be understood matches nothing.
pub(super) fn name_matcher(glob: &str) -> impl Fn(&str) -> bool + use<> {
    let pattern = Regex::new(&glob_to_regex(glob)).ok();
    move |name: &str| pattern.as_ref().is_some_and(|pattern| pattern.is_match(name))
}

fn glob_to_regex(glob: &str) -> String {
    let mut pattern = String::from("^");
    let mut depth = 0;
    for c in glob.chars() {
        match c {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            '{' => {
                depth += 1;
                pattern.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                pattern.push(')');
            }
            ',' if depth > 0 => pattern.push('|'),
            '[' | ']' | '-' => pattern.push(c),
            c => pattern.push_str(&regex::escape(&c.to_string())),
        }
    }
    pattern.push('$');
    pattern
}

/// Removes `.` and `..` without asking the file system.
fn normalize(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// Resolves the links of the longest part of the path that exists.
fn resolve_links(path: &Path) -> PathBuf {
    let mut missing = Vec::new();
    let mut existing = path;
    loop {
        if let Ok(real) = existing.canonicalize() {
            return missing.iter().rev().fold(real, |folder, name| folder.join(name));
        }
        match (existing.file_name(), existing.parent()) {
            (Some(name), Some(parent)) => {
                missing.push(name.to_owned());
                existing = parent;
            }
            _ => return path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("data")).expect("a folder");
        for name in ["a.csv", "b.csv", "c.txt"] {
            std::fs::write(folder.path().join("data").join(name), "x").expect("a file");
        }
        let workspace = Workspace::new(folder.path(), &[]).expect("it exists");
        (folder, workspace)
    }

    #[test]
    fn the_temporary_folder_lies_inside() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace::new(folder.path(), &[]).expect("it exists");
        let own = workspace.root().join("tmp/wild/x.csv");
        assert_eq!(workspace.resolve("/tmp/wild/x.csv").expect("it is inside"), own);
        assert_eq!(workspace.resolve("file:///tmp/wild/x.csv").expect("it is inside"), own);
        std::fs::create_dir_all(own.parent().expect("a folder")).expect("it can be made");
        std::fs::write(&own, "a").expect("it can be written");
        assert_eq!(workspace.glob("/tmp/wild/*.csv").expect("it is inside"), [own]);
        assert!(workspace.resolve("/tmp/../etc/passwd").is_err());
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        let (_keep, workspace) = workspace();
        assert!(workspace.resolve("out/new").is_ok());
        assert!(workspace.resolve("../elsewhere").is_err());
        assert!(workspace.resolve("/etc/passwd").is_err());
        assert!(workspace.resolve("s3://bucket/key").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_cannot_lead_out() {
        let (keep, workspace) = workspace();
        std::os::unix::fs::symlink("/etc", keep.path().join("way_out")).expect("a link");
        assert!(workspace.resolve("way_out/passwd").is_err());
    }

    #[test]
    fn patterns_find_files_in_name_order() {
        let (_keep, workspace) = workspace();
        let names: Vec<String> = workspace
            .glob("data/*.csv")
            .expect("inside")
            .iter()
            .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["a.csv", "b.csv"]);
        assert_eq!(workspace.glob("data/{a,c}.*").expect("inside").len(), 2);
    }
}
