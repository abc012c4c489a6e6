//! The marks of a saved run, in a file beside its log: marks that were made in advance are the slides of a talk.
//!
//! `run.jsonl.marks` tells how many events the log has, to know it again, and the moment of each letter in nanoseconds of virtual time:
//! `{"events":828,"marks":{"a":1250000000}}`. Without marks there is no file.

use crate::storage::{beside, write_whole};
use crate::tui::theatre::{KeptMarks, Marks};
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write};
use std::path::Path;

#[derive(Serialize, Deserialize)]
struct Kept {
    events: usize,
    marks: Marks,
}

/// What was marked in this log of so many events, and the way to keep what will be; else what is wrong with the file, which is left alone.
pub(crate) fn beside_log(log: &Path, events: usize) -> Result<KeptMarks, String> {
    let path = beside(log, "marks");
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wrong = |what: &str| format!("{name} {what}: marks are not kept until it is removed");
    let marks = match std::fs::read_to_string(&path) {
        Ok(text) => {
            let kept: Kept = serde_json::from_str(&text).map_err(|_| wrong("is damaged"))?;
            if kept.events != events {
                return Err(wrong("belongs to another run"));
            }
            kept.marks
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Marks::new(),
        Err(error) => return Err(wrong(&format!("cannot be read ({error})"))),
    };
    let on_marks = Box::new(move |marks: &Marks| {
        let text = serde_json::to_string(&Kept { events, marks: marks.clone() }).map_err(|error| error.to_string())?;
        let kept = if marks.is_empty() {
            std::fs::remove_file(&path)
        } else {
            write_whole(&path, |out| out.write_all(text.as_bytes()))
        };
        kept.map_err(|error| format!("marks are not kept: {name} cannot be written ({error})"))
    });
    Ok(KeptMarks { marks, on_marks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::time::VirtualTime;

    #[test]
    fn marks_come_back_to_their_run_and_what_is_damaged_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = folder.path().join("run.jsonl");
        let mut kept = beside_log(&log, 9).expect("no file is no marks");
        assert!(kept.marks.is_empty());
        let marks = Marks::from([('a', VirtualTime(5)), ('c', VirtualTime(7_000_000_000))]);
        (kept.on_marks)(&marks).expect("space");
        assert_eq!(beside_log(&log, 9).expect("as written").marks, marks);
        let said = beside_log(&log, 8).err().expect("another run");
        assert!(said.contains("run.jsonl.marks belongs to another run"), "{said}");
        (kept.on_marks)(&Marks::new()).expect("it is there");
        assert!(!beside(&log, "marks").exists());
        std::fs::write(beside(&log, "marks"), "{\"events\":9,\"marks\":{\"a\":").expect("space");
        let said = beside_log(&log, 9).err().expect("it is torn");
        assert!(said.contains("run.jsonl.marks is damaged"), "{said}");
    }
}
