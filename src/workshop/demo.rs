//! Demos: a run told in beats, with a question to the room and figures that must come out.

use super::content::{Content, parse};
use super::lesson::{Picture, PictureSpec};
use super::predict::{Asked, Predict};
use super::scene::formula::{Value, compute};
use super::scene::{Moment, Scene, Scenes, Studio, fill, moment};
use crate::common::{ErrorClass, Result, SparkError};
use serde::Deserialize;

/// A file of `demos/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    pub id: String,
    pub title: String,
    pub minutes: u32,
    /// What it is about, in one sentence.
    pub about: String,
    /// Concepts that it shows.
    pub concepts: Vec<u32>,
    /// For the presenter.
    pub notes: String,
    pub question: Predict,
    pub scene: Vec<Scene>,
    pub beat: Vec<Beat>,
    pub figure: Vec<Figure>,
    /// A person has turned something: its figures are told, not asserted.
    #[serde(skip)]
    pub is_changed: bool,
}

/// A step of the story.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    /// The run; the first when absent.
    pub run: Option<String>,
    /// The moment.
    pub at: String,
    pub say: String,
    /// Waits for the presenter, and asks the room when it is the question's beat.
    #[serde(default)]
    pub stop: bool,
    /// The question is put here.
    #[serde(default)]
    pub ask: bool,
    /// Its picture shows the answer: it stands behind the question, and is covered until that is answered.
    #[serde(default)]
    pub covered: bool,
    pub picture: Option<PictureSpec>,
}

/// What must come out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub say: String,
    /// A formula that must be true.
    pub holds: String,
    /// Concepts that it checks.
    #[serde(default)]
    pub concepts: Vec<u32>,
}

/// A beat with the run's numbers.
#[derive(Debug, Clone)]
pub struct PlayedBeat {
    pub run: String,
    pub at: Moment,
    pub say: String,
    pub stop: bool,
    pub ask: bool,
    /// Whether its picture stands behind the question.
    pub covered: bool,
    pub picture: Option<Picture>,
}

/// A demo whose runs have been made.
#[derive(Debug, Clone)]
pub struct PlayedDemo {
    pub scenes: Scenes,
    pub question: Asked,
    pub beats: Vec<PlayedBeat>,
    /// Each figure's words, and whether it came out.
    pub figures: Vec<(String, bool)>,
    is_changed: bool,
}

impl PlayedDemo {
    /// What is said of a figure.
    #[must_use]
    pub fn sign(&self, holds: bool) -> &'static str {
        match (holds, self.is_changed) {
            (true, _) => "holds",
            (false, true) => "does not hold with your options",
            (false, false) => "DOES NOT HOLD",
        }
    }
}

/// All demos, in order.
///
/// # Errors
/// When a file does not have the shape of a demo.
pub fn demos(content: &Content) -> Result<Vec<Demo>> {
    let paths = content.list("demos", ".toml").into_iter().filter(|path| path.matches('/').count() == 1);
    paths.map(|path| parse(&path, &content.text(&path)?)).collect()
}

impl Demo {
    /// Everything that it says.
    #[must_use]
    pub fn text(&self) -> String {
        let beats: Vec<&str> = self.beat.iter().map(|beat| beat.say.as_str()).collect();
        let figures: Vec<&str> = self.figure.iter().map(|figure| figure.say.as_str()).collect();
        let question = format!("{} {}", self.question.ask, self.question.tells);
        [&self.title, &self.about, &self.notes, &question, &beats.join(" "), &figures.join(" ")]
            .map(String::as_str)
            .join(" ")
    }

    /// Runs its scenes, finds its beats and computes its figures.
    ///
    /// # Errors
    /// When a scene cannot be run, a moment never comes or a formula cannot be computed.
    pub fn play(&self, studio: &Studio) -> Result<PlayedDemo> {
        self.try_play(studio).map_err(|error| {
            let mut named =
                SparkError::new(ErrorClass::IllegalArgumentException, format!("demo {}: {}", self.id, error.message()));
            if self.is_changed {
                named = named.with_help("with your options its story does not happen as it is told; leave some out");
            }
            if error.class() == ErrorClass::Interrupted { error } else { named }
        })
    }

    fn try_play(&self, studio: &Studio) -> Result<PlayedDemo> {
        let scenes = studio.takes(&self.scene)?;
        let question = if self.is_changed { self.question.of_any(&scenes)? } else { self.question.of(&scenes)? };
        let beats = self.told(self.beat.iter().map(|beat| beat.play(&scenes)))?;
        let figures = self.told(self.figure.iter().map(|figure| figure.of(&scenes)))?;
        Ok(PlayedDemo { scenes, question, beats, figures, is_changed: self.is_changed })
    }

    /// What can be told: everything of a demo as it is; of one in which a person has turned something, what happens nevertheless.
    fn told<T>(&self, parts: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
        parts.filter(|part| part.is_ok() || !self.is_changed).collect()
    }
}

impl Beat {
    fn play(&self, scenes: &Scenes) -> Result<PlayedBeat> {
        let take = scenes.named(self.run.as_deref())?;
        let at = moment(take, &self.at)?;
        let picture = match &self.picture {
            None => None,
            Some(spec) => {
                let mut spec = spec.clone();
                spec.run = spec.run.or_else(|| self.run.clone());
                spec.at = spec.at.or_else(|| Some(self.at.clone()));
                Some(Picture::new(spec, scenes)?)
            }
        };
        Ok(PlayedBeat {
            run: take.scene.name.clone(),
            at,
            say: fill(&self.say, scenes)?,
            stop: self.stop || self.ask,
            ask: self.ask,
            covered: self.ask && self.covered,
            picture,
        })
    }
}

impl Figure {
    fn of(&self, scenes: &Scenes) -> Result<(String, bool)> {
        match compute(&self.holds, scenes)? {
            Value::Flag(holds) => Ok((fill(&self.say, scenes)?, holds)),
            other => Err(SparkError::new(
                ErrorClass::IllegalArgumentException,
                format!("the figure `{}` is {}, not yes or no", self.holds, other.shown()),
            )),
        }
    }
}
