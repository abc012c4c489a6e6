//! For authors: files to begin with, and what lessons and demos must keep. [`super::dev`] does the same for steps.

use super::concept;
use super::content::Content;
use super::demo::Demo;
use super::lesson::{Lesson, Piece, Played};
use super::markdown::{Block, plain};
use super::scene::Studio;
use crate::common::{ErrorClass, Result, SparkError};

/// Words of a lesson, without its pictures and questions.
const WORDS: std::ops::RangeInclusive<usize> = 200..=450;
/// Words that a presenter needs at least.
const NOTES_MIN: usize = 30;
/// What every lesson ends with.
const HEADINGS: [&str; 2] = ["In production", "Where the simple story stops being true"];

/// A file to begin with: its path, and a text that holds already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub path: String,
    pub text: String,
}

/// The files for a new step (`E6.1`), lesson (`L9`) or demo (`D21`); `name` is a step's short name.
///
/// # Errors
/// When the id is of none of these.
pub fn drafts(id: &str, title: &str, name: &str) -> Result<Vec<Draft>> {
    let written = |path: String, template: &str| {
        let text = template.replace("@ID@", id).replace("@TITLE@", title).replace("@NAME@", name);
        Draft { path, text }
    };
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| (1..100).contains(number));
    let files = match id.split_at_checked(1) {
        Some(("E", rest)) => {
            let (exercise, step) =
                rest.split_once('.').and_then(|(a, b)| Some((number(a)?, number(b)?))).ok_or_else(|| unknown(id))?;
            let stem = format!("{exercise:02}_own/s{step}_{name}");
            vec![
                written(format!("exercises/{stem}.toml"), include_str!("templates/step.toml")),
                written(format!("exercises/{stem}.py"), include_str!("templates/starter.py")),
                written(format!("solutions/{stem}.py"), include_str!("templates/solution.py")),
            ]
        }
        Some(("L", rest)) if number(rest).is_some() => {
            vec![written(format!("lessons/{id}.md"), include_str!("templates/lesson.md"))]
        }
        Some(("D", rest)) if number(rest).is_some() => {
            vec![written(format!("demos/{id}.toml"), include_str!("templates/demo.toml"))]
        }
        _ => return Err(unknown(id)),
    };
    Ok(files)
}

fn unknown(id: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{id} is no id of a step, lesson or demo"))
        .with_help("say E6.1 for a step, L10 for a lesson, D21 for a demo")
}

/// The words of a played text, without pictures and questions.
#[must_use]
pub fn words(played: &Played) -> usize {
    let text = played.pages.iter().flatten().map(|piece| match piece {
        Piece::Text(
            Block::Heading(_, spans) | Block::Paragraph(spans) | Block::Item(_, _, spans) | Block::Quote(spans),
        ) => plain(spans),
        _ => String::new(),
    });
    text.map(|text| text.split_whitespace().count()).sum()
}

/// What a lesson does not keep, in sentences.
///
/// # Errors
/// When one of its runs, pictures or questions does not come out.
pub fn lesson_problems(lesson: &Lesson, studio: &Studio) -> Result<Vec<String>> {
    let played = lesson.play(studio)?;
    let mut problems = Vec::new();
    let length = words(&played);
    if !WORDS.contains(&length) {
        problems.push(format!("{length} words, not {} to {}", WORDS.start(), WORDS.end()));
    }
    let pieces = || played.pages.iter().flatten();
    if !pieces().any(|piece| matches!(piece, Piece::Predict(_))) {
        problems.push("no question".to_owned());
    }
    if !pieces().any(|piece| matches!(piece, Piece::Picture(_))) {
        problems.push("no picture".to_owned());
    }
    let missing = HEADINGS.iter().filter(|heading| !lesson.body.contains(&format!("## {heading}")));
    problems.extend(missing.map(|heading| format!("no part `{heading}`")));
    let failed = played.scenes.0.iter().filter(|(_, take)| take.exit != 0);
    problems.extend(failed.map(|(name, take)| format!("the run {name} fails: {:?}", take.failure)));
    problems.extend(unknown_names(studio.content(), &lesson.head.id, &lesson.head.goes_with)?);
    Ok(problems)
}

/// Concepts that are not on the map, and steps and demos that are not there.
fn unknown_names(content: &Content, id: &str, goes_with: &[String]) -> Result<Vec<String>> {
    let (sections, places) = (concept::sections(content)?, concept::places(content)?);
    let is_concept =
        |number: &u32| sections.iter().flat_map(|section| &section.concept).any(|one| one.number == *number);
    let is_place = |other: &str| {
        places.iter().any(|place| {
            place.name == other || place.name.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let mine = places.iter().filter(|place| place.name == id).flat_map(|place| place.holds.values().flatten());
    let mut problems: Vec<String> = mine
        .filter(|number| !is_concept(number))
        .map(|number| format!("concept {number} is not on the map; `batchlab concepts` prints it"))
        .collect();
    let gone = goes_with.iter().filter(|other| !is_place(other) && !other.starts_with("batchlab "));
    problems.extend(gone.map(|other| format!("it goes with {other}, which is no step, demo or command")));
    problems.dedup();
    Ok(problems)
}

/// What a demo does not keep, in sentences.
///
/// # Errors
/// When one of its runs, pictures or formulas does not come out.
pub fn demo_problems(demo: &Demo, studio: &Studio) -> Result<Vec<String>> {
    let played = demo.play(studio)?;
    let mut problems: Vec<String> = Vec::new();
    let failed = played.figures.iter().filter(|(_, holds)| !holds);
    problems.extend(failed.map(|(say, _)| format!("the figure does not come out: {say}")));
    let asks = demo.beat.iter().filter(|beat| beat.ask).count();
    if asks != 1 {
        problems.push(format!("it asks the room {asks} times, not once"));
    }
    if demo.notes.split_whitespace().count() < NOTES_MIN {
        problems.push(format!("the notes have fewer than {NOTES_MIN} words"));
    }
    if demo.figure.is_empty() {
        problems.push("no figure is asserted".to_owned());
    }
    problems.extend(unknown_names(studio.content(), &demo.id, &[])?);
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::content::Content;
    use crate::workshop::dev::{Bench, prove};
    use crate::workshop::step::{self, Library};
    use crate::workshop::{demo, lesson};
    use std::sync::Arc;

    /// A folder with the drafts of an id.
    fn folder(id: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for draft in drafts(id, "A new one", "mine").expect("an id") {
            let path = folder.path().join(&draft.path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, draft.text).expect("a file");
        }
        folder
    }

    #[test]
    fn a_new_step_holds_as_it_is() {
        let folder = folder("E6.1");
        let step = step::load(Library { root: Some(folder.path()) }, "06_own/s1_mine").expect("a step");
        let bench = Bench { root: folder.path(), threads: 1, cancelled: Arc::default() };
        assert_eq!(prove(&step, &bench).expect("runs"), Vec::<String>::new());
    }

    #[test]
    fn a_new_lesson_and_a_new_demo_hold_as_they_are() {
        let (lessons, demos) = (folder("L9"), folder("D21"));
        let studio = |folder: &tempfile::TempDir| Studio::new(Content::of(folder.path().to_owned()), 1, Arc::default());
        let studio_of = studio(&lessons);
        let all = lesson::lessons(studio_of.content()).expect("lessons");
        let mine = all.iter().find(|lesson| lesson.head.id == "L9").expect("the new one");
        assert_eq!(lesson_problems(mine, &studio_of).expect("runs"), Vec::<String>::new());
        let studio_of = studio(&demos);
        let all = demo::demos(studio_of.content()).expect("demos");
        let mine = all.iter().find(|demo| demo.id == "D21").expect("the new one");
        assert_eq!(demo_problems(mine, &studio_of).expect("runs"), Vec::<String>::new());
    }

    #[test]
    fn ids_of_nothing_are_refused() {
        for id in ["", "X1", "E6", "E0.1", "L", "Dx"] {
            assert!(drafts(id, "t", "n").is_err(), "{id}");
        }
    }
}
