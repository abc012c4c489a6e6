//! What a reader finds below its paths: files, and the partition columns in folder names such as `year=2024`.
//!
//! Follows Spark's `InMemoryFileIndex` and `PartitioningUtils`: names that start with `_` or `.` are hidden, partition values are typed
//! again from their text (`01` becomes 1), `__HIVE_DEFAULT_PARTITION__` is NULL.

use super::Workspace;
use crate::common::{Result, SparkError};
use crate::logical::plan::FileEntry;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use std::path::{Path, PathBuf};

/// The name of the folder of rows whose partition value is NULL.
pub const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    pub files: Vec<FileEntry>,
    pub partition_schema: StructType,
}

/// How to look.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// The folder that partition folders are counted from (`basePath`).
    pub base: Option<PathBuf>,
    /// Types that the reader's schema gives to partition columns.
    pub types: StructType,
    /// `pathGlobFilter`, matched against file names.
    pub name_filter: Option<String>,
    /// Look below folders that are not partitions as well.
    pub recursive: bool,
}

/// Lists the files below `paths`.
///
/// # Errors
/// `PATH_NOT_FOUND` for a path or pattern that matches nothing.
pub fn list(workspace: &Workspace, paths: &[String], options: &ListOptions) -> Result<Listing> {
    let mut found = Vec::new();
    for text in paths {
        let roots = match workspace.glob(text) {
            Err(_) if Path::new(text).is_absolute() && !Path::new(text).exists() => {
                return Err(not_found(workspace, text));
            }
            roots => roots?,
        };
        if roots.is_empty() || roots.iter().any(|root| !root.exists()) {
            return Err(not_found(workspace, text));
        }
        for root in roots {
            let base = options.base.clone().unwrap_or_else(|| root.clone());
            let start = partition_parts(&base, &root);
            walk(&root, &start, options.recursive, &mut found)?;
        }
    }
    if let Some(filter) = options.name_filter.as_deref() {
        let keep = super::paths::name_matcher(filter);
        found.retain(|(path, _)| path.file_name().is_some_and(|name| keep(&name.to_string_lossy())));
    }
    typed(found, &options.types)
}

fn not_found(workspace: &Workspace, text: &str) -> SparkError {
    let shown = workspace.resolve(text).map_or_else(|_| text.to_owned(), |path| path.display().to_string());
    let error = SparkError::analysis("PATH_NOT_FOUND", format!("Path does not exist: file:{shown}."))
        .with_parameters([("path", format!("file:{shown}"))])
        .with_subject(text);
    match nearest_path(workspace, text) {
        Some(near) => error.with_help(format!("did you mean `{near}`?")),
        None => error.with_help(format!(
            "paths are relative to the folder you run in ({}); `batchlab data make` makes the workshop's tables",
            workspace.root().display()
        )),
    }
}

/// The path that was meant: names are compared without their endings, and a folder may be misspelt too.
fn nearest_path(workspace: &Workspace, text: &str) -> Option<String> {
    let path = Path::new(text);
    let (parent, name) = (path.parent()?, path.file_name()?.to_string_lossy().into_owned());
    let folder = workspace.resolve(&parent.to_string_lossy()).ok()?;
    let Ok(entries) = std::fs::read_dir(folder) else {
        let near = nearest_path(workspace, &parent.to_string_lossy()).filter(|near| Path::new(near) != parent)?;
        let meant = Path::new(&near).join(&name);
        let meant = meant.to_string_lossy();
        let exists = workspace.resolve(&meant).is_ok_and(|path| path.exists());
        return if exists { Some(meant.into_owned()) } else { nearest_path(workspace, &meant) };
    };
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.sort();
    let stem = |name: &str| name.split_once('.').map_or(name, |(stem, _)| stem).to_owned();
    let stems: Vec<String> = names.iter().map(|name| stem(name)).collect();
    let near = crate::common::text::nearest(&stem(&name), stems.iter().map(String::as_str), 1);
    let at = stems.iter().position(|stem| Some(&stem.as_str()) == near.first())?;
    Some(parent.join(&names[at]).to_string_lossy().into_owned())
}

type Found = Vec<(PathBuf, Vec<(String, String)>)>;

fn walk(path: &Path, parts: &[(String, String)], recursive: bool, found: &mut Found) -> Result<()> {
    if path.is_file() {
        if !path.file_name().is_some_and(|name| hidden(&name.to_string_lossy())) {
            found.push((path.to_owned(), parts.to_vec()));
        }
        return Ok(());
    }
    let entries = std::fs::read_dir(path)
        .map_err(|error| SparkError::analysis("PATH_NOT_FOUND", format!("cannot list {}: {error}", path.display())))?;
    let mut names: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort();
    for entry in names {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if hidden(&name) {
            continue;
        }
        if entry.is_dir() {
            if let Some(part) = partition_part(&name) {
                let mut deeper = parts.to_vec();
                deeper.push(part);
                walk(&entry, &deeper, recursive, found)?;
            } else if recursive {
                walk(&entry, parts, recursive, found)?;
            }
        } else {
            found.push((entry, parts.to_vec()));
        }
    }
    Ok(())
}

fn hidden(name: &str) -> bool {
    name.starts_with('.') || (name.starts_with('_') && !name.contains('='))
}

fn partition_part(name: &str) -> Option<(String, String)> {
    let (key, value) = name.split_once('=')?;
    (!key.is_empty()).then(|| (unescape(key), unescape(value)))
}

fn partition_parts(base: &Path, path: &Path) -> Vec<(String, String)> {
    let Ok(below) = path.strip_prefix(base) else { return Vec::new() };
    below.components().filter_map(|component| partition_part(&component.as_os_str().to_string_lossy())).collect()
}

/// Folder names carry special characters as `%XX`.
#[must_use]
pub fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = escaped {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn typed(found: Found, given: &StructType) -> Result<Listing> {
    let names: Vec<String> =
        found.first().map(|(_, parts)| parts.iter().map(|(name, _)| name.clone()).collect()).unwrap_or_default();
    if let Some((odd, _)) = found.iter().find(|(_, parts)| !parts.iter().map(|(name, _)| name).eq(names.iter())) {
        return Err(SparkError::analysis(
            "CONFLICTING_PARTITION_COLUMN_NAMES",
            format!("the folders do not all have the same partition columns; see {}", odd.display()),
        )
        .with_help("read one layout at a time, or give the folder above as basePath"));
    }
    let mut fields = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let wanted = given.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        let data_type = wanted.map_or_else(
            || infer(found.iter().map(|(_, parts)| parts[index].1.as_str())),
            |field| field.data_type.clone(),
        );
        fields.push(StructField::new(name.clone(), data_type, true));
    }
    let mut files = Vec::with_capacity(found.len());
    for (path, parts) in found {
        let size = std::fs::metadata(&path).map_or(0, |data| data.len());
        let values = parts.iter().zip(&fields).map(|((_, text), field)| value_of(text, &field.data_type)).collect();
        files.push(FileEntry { path, size, partition_values: values });
    }
    Ok(Listing { files, partition_schema: StructType::new(fields) })
}

/// The type that all texts of a partition column fit, in Spark's order: int, bigint, double, date, string.
fn infer<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> DataType {
    let mut texts = texts.filter(|text| *text != NULL_PARTITION).peekable();
    if texts.peek().is_none() {
        return DataType::String;
    }
    let fits = |data_type: &DataType| texts.clone().all(|text| !value_of(text, data_type).is_null());
    [DataType::Integer, DataType::Long, DataType::Double, DataType::Date]
        .into_iter()
        .find(fits)
        .unwrap_or(DataType::String)
}

/// A partition value from its text; NULL when it does not fit the type.
fn value_of(text: &str, data_type: &DataType) -> Scalar {
    if text == NULL_PARTITION {
        return Scalar::Null;
    }
    let parsed = match data_type {
        DataType::Integer => text.parse().ok().map(Scalar::Integer),
        DataType::Long => text.parse().ok().map(Scalar::Long),
        DataType::Short => text.parse().ok().map(Scalar::Short),
        DataType::Byte => text.parse().ok().map(Scalar::Byte),
        DataType::Double => number(text).map(Scalar::Double),
        DataType::Float => number(text).map(|value| Scalar::Float(value as f32)),
        DataType::Boolean => text.parse().ok().map(Scalar::Boolean),
        DataType::Date => date(text).map(Scalar::Date),
        DataType::String => Some(Scalar::String(text.to_owned())),
        _ => None,
    };
    parsed.unwrap_or(Scalar::Null)
}

fn number(text: &str) -> Option<f64> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E')) {
        text.parse().ok()
    } else {
        None
    }
}

fn date(text: &str) -> Option<i32> {
    if text.len() != 10 {
        return None;
    }
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?;
    i32::try_from(day.signed_duration_since(epoch).num_days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lake(folders: &[&str]) -> (tempfile::TempDir, Listing) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in folders {
            let path = folder.path().join("lake").join(name);
            std::fs::create_dir_all(&path).expect("a folder");
            std::fs::write(path.join("part-00000.csv"), "x").expect("a file");
        }
        std::fs::write(folder.path().join("lake/_SUCCESS"), "").expect("a file");
        let workspace = Workspace::new(folder.path(), &[]).expect("it exists");
        let listing = list(&workspace, &["lake".to_owned()], &ListOptions::default()).expect("it lists");
        (folder, listing)
    }

    #[test]
    fn partition_folders_become_typed_columns() {
        let (_keep, listing) = lake(&["year=2023/region=North", "year=2024/region=South%2FEast"]);
        let types: Vec<_> = listing.partition_schema.fields.iter().map(|field| &field.data_type).collect();
        assert_eq!(types, [&DataType::Integer, &DataType::String]);
        assert_eq!(listing.files[1].partition_values, [Scalar::Integer(2024), Scalar::String("South/East".to_owned())]);
    }

    #[test]
    fn the_null_folder_is_null_and_does_not_change_the_type() {
        let (_keep, listing) = lake(&["m=01", "m=__HIVE_DEFAULT_PARTITION__"]);
        assert_eq!(listing.partition_schema.fields[0].data_type, DataType::Integer);
        assert_eq!(listing.files[0].partition_values, [Scalar::Integer(1)]);
        assert_eq!(listing.files[1].partition_values, [Scalar::Null]);
    }

    #[test]
    fn a_missing_path_names_its_neighbour() {
        let (keep, _) = lake(&["a=1"]);
        let workspace = Workspace::new(keep.path(), &[]).expect("it exists");
        let error = list(&workspace, &["laek".to_owned()], &ListOptions::default()).expect_err("not there");
        assert_eq!(error.condition(), Some("PATH_NOT_FOUND"));
        assert_eq!(error.help(), ["did you mean `lake`?"]);
        let error = list(&workspace, &["laek/b=1.csv".to_owned()], &ListOptions::default()).expect_err("not there");
        assert_eq!(error.help(), ["did you mean `lake/a=1`?"]);
    }
}
