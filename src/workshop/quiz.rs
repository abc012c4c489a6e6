//! The self-check quiz: predict, run, compare, explain. Answers come out of a run (or out of the advisor's rules), never out of the file.

use super::advise::{self, Answers};
use super::content::{Content, parse};
use super::predict::{Asked, Predict};
use super::scene::{Scene, Scenes, Studio, fill};
use crate::common::{ErrorClass, Result, SparkError};
use serde::Deserialize;

/// A chapter's questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    pub id: String,
    pub title: String,
    pub question: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub id: String,
    #[serde(flatten)]
    pub predict: Predict,
    /// What is run.
    #[serde(default)]
    pub scene: Vec<Scene>,
    /// Instead of a run: what the advisor is told, and its choice of which kind is the answer.
    pub advice: Option<Advice>,
}

/// A case for the advisor.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    pub kind: String,
    pub answers: Answers,
}

/// A question whose answer has been found.
#[derive(Debug, Clone)]
pub struct Answered {
    pub asked: Asked,
    /// What repeats it.
    pub commands: Vec<String>,
    pub scenes: Scenes,
    /// The rules that spoke, when the advisor answered.
    pub rules: Vec<String>,
}

/// All chapters, in order.
///
/// # Errors
/// When a file does not have the shape of a chapter.
pub fn chapters(content: &Content) -> Result<Vec<Chapter>> {
    content.list("quiz", ".toml").into_iter().map(|path| parse(&path, &content.text(&path)?)).collect()
}

impl Question {
    /// Everything that it says.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {} {}", self.predict.ask, self.predict.options.join(" "), self.predict.tells)
    }

    /// Runs it. `seed` makes other tables than the usual ones.
    ///
    /// # Errors
    /// When it cannot be run, or its options do not hold the answer.
    pub fn answer(&self, studio: &Studio, seed: Option<u64>) -> Result<Answered> {
        let within = |error: SparkError| {
            let named = SparkError::new(
                ErrorClass::IllegalArgumentException,
                format!("question {}: {}", self.id, error.message()),
            );
            if error.class() == ErrorClass::Interrupted { error } else { named }
        };
        let reseeded: Vec<Scene> =
            self.scene.iter().map(|scene| Scene { seed: seed.unwrap_or(scene.seed), ..scene.clone() }).collect();
        let scenes = studio.takes(&reseeded).map_err(within)?;
        let mut rules = Vec::new();
        let asked = match &self.advice {
            None => self.predict.of(&scenes).map_err(within)?,
            Some(case) => {
                let advice = advise::advise(studio.content(), &case.answers).map_err(within)?;
                let ranked = advice.of_kind(&case.kind);
                rules = ranked.first().map(|best| best.because.clone()).unwrap_or_default();
                let best = ranked.first().map_or("", |best| best.title.as_str());
                let options =
                    self.predict.options.iter().map(|text| fill(text, &scenes)).collect::<Result<Vec<_>>>()?;
                self.predict.asked(options, best, &scenes).map_err(within)?
            }
        };
        let commands = match &self.advice {
            None => reseeded.iter().map(Scene::command).collect(),
            Some(_) => vec!["batchlab advise".to_owned()],
        };
        Ok(Answered { asked, commands, scenes, rules })
    }
}
