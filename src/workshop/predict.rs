//! A question with a few answers, of which a run decides the right one.

use super::scene::formula::compute;
use super::scene::{Scenes, fill};
use crate::common::{ErrorClass, Result, SparkError};
use serde::Deserialize;

/// As a content file has it. Texts may hold placeholders; the answer is a formula.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    pub ask: String,
    pub options: Vec<String>,
    /// Its value, as shown, is one of the options.
    pub answer: String,
    /// Said when the answer is known.
    pub tells: String,
    /// Concepts that it checks.
    #[serde(default)]
    pub concepts: Vec<u32>,
}

/// The same with the run's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub ask: String,
    pub options: Vec<String>,
    /// The right option.
    pub right: usize,
    pub tells: String,
}

impl Predict {
    /// Fills in what the runs gave.
    ///
    /// # Errors
    /// When a formula cannot be computed, or not exactly one option is right.
    pub fn of(&self, scenes: &Scenes) -> Result<Asked> {
        let options = self.options.iter().map(|option| fill(option, scenes)).collect::<Result<Vec<_>>>()?;
        let value = compute(&self.answer, scenes)?.shown();
        self.asked(options, &value, scenes)
    }

    /// The same of runs that are not as the author made them: options that say the same are one, and an answer that none says is one more.
    ///
    /// # Errors
    /// When a formula cannot be computed.
    pub fn of_any(&self, scenes: &Scenes) -> Result<Asked> {
        let value = compute(&self.answer, scenes)?.shown();
        let mut options: Vec<String> = Vec::new();
        for option in self.options.iter().map(|option| fill(option, scenes)).chain([Ok(value.clone())]) {
            let option = option?;
            if !options.contains(&option) {
                options.push(option);
            }
        }
        self.asked(options, &value, scenes)
    }

    /// The same with an answer that is known already.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn asked(&self, options: Vec<String>, value: &str, scenes: &Scenes) -> Result<Asked> {
        let right: Vec<usize> = (0..options.len()).filter(|index| options[*index] == value).collect();
        let [right] = right[..] else {
            return Err(SparkError::new(
                ErrorClass::IllegalArgumentException,
                format!(
                    "the answer to `{}` is {value}, which {} of its options say: {options:?}",
                    self.ask,
                    right.len()
                ),
            ));
        };
        Ok(Asked { ask: fill(&self.ask, scenes)?, options, right, tells: fill(&self.tells, scenes)? })
    }
}

impl Asked {
    /// The option that a person typed: its letter, or its text.
    #[must_use]
    pub fn typed(&self, text: &str) -> Option<usize> {
        let text = text.trim();
        let same = |option: &&String| option.eq_ignore_ascii_case(text);
        let letter = || match text.chars().next() {
            Some(c) if text.len() == 1 && c.is_ascii_alphabetic() => {
                Some((c.to_ascii_lowercase() as u8 - b'a') as usize)
            }
            _ => None,
        };
        let by_text = self.options.iter().position(|option| same(&option));
        by_text.or_else(letter).filter(|index| *index < self.options.len())
    }
}
