//! Tracks: ways through the course for those who have less time, or one aim; `exercises/tracks.toml`.
//!
//! A track puts its steps first and locks nothing. Which one a workshop folder follows stands in its settings.

use super::content::{Content, parse};
use crate::common::text::suggestion;
use crate::common::{ErrorClass, Result, SparkError};
use serde::Deserialize;

const FILE: &str = "exercises/tracks.toml";

/// One way through the course.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    pub name: String,
    pub title: String,
    pub about: String,
    /// Ids of lessons, steps and demos, in order.
    #[serde(default)]
    pub lessons: Vec<String>,
    pub steps: Vec<String>,
    #[serde(default)]
    pub demos: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    track: Vec<Track>,
}

/// All tracks, the shortest first.
///
/// # Errors
/// When the file does not have the shape of tracks.
pub fn tracks(content: &Content) -> Result<Vec<Track>> {
    let file: File = parse(FILE, &content.text(FILE)?)?;
    Ok(file.track)
}

/// The track of this name.
///
/// # Errors
/// When there is none.
pub fn named(content: &Content, name: &str) -> Result<Track> {
    let tracks = tracks(content)?;
    let names = tracks.iter().map(|track| track.name.as_str()).collect::<Vec<_>>();
    let help = suggestion(name, names.iter().copied(), &format!("there are {}", names.join(", ")));
    let unknown = SparkError::new(ErrorClass::IllegalArgumentException, format!("there is no track {name}"));
    tracks.into_iter().find(|track| track.name == name).ok_or_else(|| unknown.with_help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::step::{self, Library};
    use crate::workshop::{demo, lesson};

    #[test]
    fn what_tracks_name_is_there_once() {
        let content = Content::embedded();
        let steps = step::all(Library::default()).expect("steps");
        let demos = demo::demos(&content).expect("demos");
        let lessons = lesson::lessons(&content).expect("lessons");
        for track in tracks(&content).expect("tracks") {
            let mut ids: Vec<&String> = track.steps.iter().chain(&track.demos).chain(&track.lessons).collect();
            let is_there = |id: &str| {
                steps.iter().any(|step| step.id == id)
                    || demos.iter().any(|demo| demo.id == id)
                    || lessons.iter().any(|lesson| lesson.head.id == id)
            };
            let missing: Vec<&&String> = ids.iter().filter(|id| !is_there(id)).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", track.name);
            ids.sort_unstable();
            assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{}: twice", track.name);
        }
    }

    #[test]
    fn the_express_track_takes_ninety_minutes_and_the_analysts_meet_no_rdd() {
        let steps = step::all(Library::default()).expect("steps");
        let of = |name: &str| {
            let track = named(&Content::embedded(), name).expect("a track");
            steps.iter().filter(move |step| track.steps.contains(&step.id))
        };
        let minutes: u32 = of("express").map(|step| step.minutes).sum();
        assert!((70..=90).contains(&minutes), "{minutes}");
        assert!(of("analyst").all(|step| !step.solution.contains(".rdd")));
        let help = named(&Content::embedded(), "expres").expect_err("a slip").help().join(" ");
        assert_eq!(help, "did you mean express?");
    }
}
