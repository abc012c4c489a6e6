//! What a learner hands in: a workshop folder, that folder packed (zip, tar, tar.gz), or its `progress.json`.
//!
//! An archive is unpacked into a scratch folder, and of it only the learner's own part: scripts below `exercises/` and what `.batchlab/`
//! remembers. Step files stay behind, so a class is judged by the instructor's.
//!
//! **Invariants.** Nothing is written outside the scratch folder, whatever names the archive holds, and never more than `BYTES_MAX`.

use super::progress::{self, Progress};
use super::scratch::Scratch;
use crate::common::{ErrorClass, Result, SparkError};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Component, Path, PathBuf};

/// Together, of all files that are unpacked; thirty-seven scripts and a log need a hundredth of it.
const BYTES_MAX: u64 = 64 << 20;
const FILES_MAX: usize = 10_000;

/// A workshop folder to read from.
#[derive(Debug)]
pub struct HandedIn {
    /// The learner, by the name of the folder, archive or file.
    pub name: String,
    pub root: PathBuf,
    /// Where an archive was unpacked, as long as it is needed.
    _unpacked: Option<Scratch>,
}

impl HandedIn {
    /// Opens a workshop folder or an archive of one.
    ///
    /// # Errors
    /// When it is neither, or damaged.
    pub fn open(path: &Path) -> Result<HandedIn> {
        let name = name_of(path);
        if path.is_dir() {
            return Ok(HandedIn { name, root: path.to_owned(), _unpacked: None });
        }
        if !path.is_file() {
            return Err(refused(path, "is not there"));
        }
        let scratch = Scratch::new("class")?;
        unpack(path, scratch.path())?;
        let root = workshop_in(scratch.path()).ok_or_else(|| refused(path, "holds no workshop folder"))?;
        Ok(HandedIn { name, root, _unpacked: Some(scratch) })
    }

    /// What the learner's folder remembers, also where only that file was handed in.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn progress(path: &Path) -> Result<(String, Progress)> {
        if path.is_file() && path.extension().is_some_and(|extension| extension == "json") {
            return Ok((name_of(path), Progress::read_file(path)?));
        }
        let handed_in = HandedIn::open(path)?;
        let file = progress::folder(&handed_in.root).join("progress.json");
        if !file.is_file() {
            return Err(refused(path, "holds no progress (.batchlab/progress.json)"));
        }
        Ok((handed_in.name, Progress::read_file(&file)?))
    }
}

fn refused(path: &Path, what: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{} {what}", path.display())).with_help(
        "hand in a workshop folder, that folder as .zip, .tar or .tar.gz (`.batchlab` included), or its .batchlab/progress.json",
    )
}

/// `anna` for `handed-in/anna`, `anna.zip`, `anna.tar.gz`, `anna.json` and `anna/.batchlab/progress.json`.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let tells = |part: &&Path| part.file_name().is_some_and(|name| name != ".batchlab" && name != "progress.json");
    let own = whole.ancestors().find(tells).and_then(Path::file_stem);
    let name = own.map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    name.strip_suffix(".tar").map_or(name.clone(), str::to_owned)
}

/// Unpacks what is the learner's own.
fn unpack(archive: &Path, into: &Path) -> Result<()> {
    let damaged = |error: &dyn std::fmt::Display| refused(archive, &format!("cannot be unpacked: {error}"));
    let mut file = File::open(archive).map_err(|error| damaged(&error))?;
    let mut start = [0; 4];
    let read = file.read(&mut start).and_then(|read| std::io::Seek::rewind(&mut file).map(|()| read));
    let start = &start[..read.map_err(|error| damaged(&error))?];
    let is_tar = archive.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tar"));
    let mut unpacking = Unpacking { into, bytes: 0, files: 0 };
    // By what the file begins with: its name may be anything.
    match start {
        b"PK\x03\x04" | b"PK\x05\x06" => unpacking.zip(file).map_err(|error| damaged(&error)),
        [0x1f, 0x8b, ..] => {
            unpacking.tar(flate2::read::MultiGzDecoder::new(BufReader::new(file))).map_err(|error| damaged(&error))
        }
        _ if is_tar => unpacking.tar(BufReader::new(file)).map_err(|error| damaged(&error)),
        _ => Err(refused(archive, "is no archive that is known here (known are .zip, .tar and .tar.gz)")),
    }
}

/// An archive on its way into a folder.
struct Unpacking<'a> {
    into: &'a Path,
    bytes: u64,
    files: usize,
}

impl Unpacking<'_> {
    fn zip(&mut self, file: File) -> std::io::Result<()> {
        let mut archive = zip::ZipArchive::new(BufReader::new(file))?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let name = entry.name().map(|name| PathBuf::from(name.as_ref()))?;
            if entry.is_file() {
                self.keep(&name, &mut entry)?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, text: impl Read) -> std::io::Result<()> {
        // An archive that unpacks to far more than a workshop is cut off.
        for entry in tar::Archive::new(text.take(BYTES_MAX * 4)).entries()? {
            let mut entry = entry?;
            let name = entry.path()?.into_owned();
            if entry.header().entry_type().is_file() {
                self.keep(&name, &mut entry)?;
            }
        }
        Ok(())
    }

    /// Writes a file, if it is one of the learner's.
    fn keep(&mut self, name: &Path, content: &mut dyn Read) -> std::io::Result<()> {
        if !is_own(name) {
            return Ok(());
        }
        let mut text = Vec::new();
        content.take(BYTES_MAX - self.bytes + 1).read_to_end(&mut text)?;
        self.bytes += text.len() as u64;
        self.files += 1;
        if self.bytes > BYTES_MAX || self.files > FILES_MAX {
            return Err(std::io::Error::other("it is larger than any workshop folder"));
        }
        let place = self.into.join(name);
        place.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(place, text)
    }
}

/// Whether a path of an archive leads downwards only, and to a learner's own file.
fn is_own(name: &Path) -> bool {
    let parts: Vec<_> = name.components().filter(|part| *part != Component::CurDir).collect();
    let plain = |part: &&Component| matches!(part, Component::Normal(_));
    if !parts.iter().all(|part| plain(&part)) || parts.iter().any(|part| part.as_os_str() == "__MACOSX") {
        return false;
    }
    let below = |folder: &str| parts.iter().rev().skip(1).any(|part| part.as_os_str() == folder);
    let ends = |ending: &str| name.extension().is_some_and(|extension| extension == ending);
    below(".batchlab") && ends("json") || below("exercises") && ends("py")
}

/// The folder that is the workshop: the archive's own top, or the one folder in which it was packed.
fn workshop_in(top: &Path) -> Option<PathBuf> {
    let is_workshop = |folder: &Path| progress::folder(folder).is_dir() || folder.join("exercises").is_dir();
    if is_workshop(top) {
        return Some(top.to_owned());
    }
    let mut folders: Vec<PathBuf> = std::fs::read_dir(top).ok()?.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders.iter().filter(|folder| folder.is_dir()).find_map(|folder| workshop_in(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const PROGRESS: &str = r#"{"version":1,"steps":{"E1.1":{"state":"passed","first_tried":null,"first_passed":null,"attempts":2,"hints":0,"revealed":false,"figures":null,"script":null}}}"#;
    const FILES: [(&str, &str); 5] = [
        ("./home/anna/.batchlab/progress.json", PROGRESS),
        ("home/anna/exercises/01_basics/s1_session.py", "x = 1\n"),
        ("home/anna/exercises/01_basics/s1_session.toml", "[step]\n"),
        ("../outside/exercises/evil.py", "x = 2\n"),
        ("/tmp/exercises/evil.py", "x = 3\n"),
    ];

    fn zipped(path: &Path) {
        let mut archive = zip::ZipWriter::new(File::create(path).expect("a file"));
        for (name, text) in FILES {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
            archive.write_all(text.as_bytes()).expect("a text");
        }
        archive.finish().expect("an archive");
    }

    /// With names as they are given: a well-meaning writer would refuse the evil ones.
    fn tarred(out: impl Write) {
        let mut archive = tar::Builder::new(out);
        for (name, text) in FILES {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            archive.append(&header, text.as_bytes()).expect("an entry");
        }
        archive.finish().expect("an archive");
    }

    #[test]
    fn every_form_gives_the_learner_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        zipped(&at("anna.zip"));
        tarred(File::create(at("anna.tar")).expect("a file"));
        let file = File::create(at("anna.tar.gz")).expect("a file");
        tarred(flate2::write::GzEncoder::new(file, flate2::Compression::default()));
        for name in ["anna.zip", "anna.tar", "anna.tar.gz"] {
            let (learner, progress) = HandedIn::progress(&at(name)).expect(name);
            assert_eq!((learner.as_str(), progress.is_passed("E1.1")), ("anna", true), "{name}");
            let opened = HandedIn::open(&at(name)).expect(name);
            assert!(opened.root.ends_with("home/anna"));
            assert!(opened.root.join("exercises/01_basics/s1_session.py").is_file());
            assert!(!opened.root.join("exercises/01_basics/s1_session.toml").exists(), "{name}: a step file");
            let scratch = opened.root.ancestors().nth(2).expect("two folders down").to_owned();
            assert_eq!(std::fs::read_dir(&scratch).expect("a folder").count(), 1, "{name}: only `home`");
            assert!(!scratch.with_file_name("outside").exists());
            drop(opened);
            assert!(!scratch.exists());
        }
    }

    #[test]
    fn what_is_no_archive_says_what_is_wanted() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text, says) in [
            ("anna.rar", "Rar!\u{1a}", "is no archive that is known here"),
            ("anna.zip", "PK\u{3}\u{4}broken", "cannot be unpacked"),
            ("anna.tar.gz", "", "is no archive"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file");
            let error = HandedIn::progress(&path).expect_err(name);
            assert!(error.message().contains(says), "{}", error.message());
            assert!(error.help()[0].contains(".tar.gz"));
        }
        assert!(
            HandedIn::open(&folder.path().join("nobody.zip")).expect_err("nothing").message().contains("not there")
        );
    }

    #[test]
    fn an_archive_that_grows_without_end_is_refused() {
        let mut unpacking = Unpacking { into: Path::new("/nowhere"), bytes: 0, files: 0 };
        let refused = unpacking.keep(Path::new("exercises/big.py"), &mut std::io::repeat(b'#'));
        assert!(refused.is_err_and(|error| error.to_string().contains("larger than any")));
    }
}
