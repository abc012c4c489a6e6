//! Which tool, which approach: rules over a few answers, each with its reason, so that the way to the advice can be read.

use super::content::{Content, parse};
use crate::common::text::nearest;
use crate::common::{ErrorClass, Result, SparkError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of the case: question id → option id.
pub type Answers = BTreeMap<String, String>;

/// The file `lessons/advise.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub question: Vec<Question>,
    pub choice: Vec<Choice>,
    pub rule: Vec<Rule>,
    #[serde(default)]
    pub disagreement: Vec<Disagreement>,
}

/// Something to be answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub id: String,
    pub ask: String,
    pub option: Vec<QuestionOption>,
}

/// A possible answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionOption {
    pub id: String,
    pub text: String,
}

/// Something that can be recommended.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub id: String,
    pub kind: String,
    pub title: String,
    /// What to know when it is chosen.
    pub note: String,
}

/// For or against a choice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Question id → the options with which it speaks.
    pub when: BTreeMap<String, Vec<String>>,
    #[serde(rename = "for")]
    pub choices: Vec<String>,
    /// Points; negative speaks against.
    pub points: i32,
    pub because: String,
}

/// Where the sources of the workshop do not say the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disagreement {
    pub when: BTreeMap<String, Vec<String>>,
    pub says: String,
}

/// A choice with what spoke for and against it.
#[derive(Debug, Clone, Serialize)]
pub struct Ranked {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub points: i32,
    /// `+2 because …`, in the order of the rules.
    pub because: Vec<String>,
    pub note: String,
}

/// The advice.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    /// Question → the words of the answer.
    pub answers: Vec<(String, String)>,
    /// By kind, then by points.
    pub ranked: Vec<Ranked>,
    pub disagreements: Vec<String>,
}

impl Advice {
    /// The choices of a kind, best first.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> Vec<&Ranked> {
        self.ranked.iter().filter(|ranked| ranked.kind == kind).collect()
    }

    /// The kinds in their order.
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = Vec::new();
        for ranked in &self.ranked {
            if !kinds.contains(&ranked.kind.as_str()) {
                kinds.push(&ranked.kind);
            }
        }
        kinds
    }
}

/// The rules.
///
/// # Errors
/// When the file does not have its shape.
pub fn rules(content: &Content) -> Result<Rules> {
    let path = "lessons/advise.toml";
    parse(path, &content.text(path)?)
}

/// What the rules say to these answers. Questions without an answer are left out of the reasoning.
///
/// # Errors
/// When an answer is to no question, or none of its options.
pub fn advise(content: &Content, answers: &Answers) -> Result<Advice> {
    let rules = rules(content)?;
    let told = answers.iter().map(|(id, option)| rules.told(id, option)).collect::<Result<Vec<_>>>()?;
    let speaks = |when: &BTreeMap<String, Vec<String>>| {
        when.iter().all(|(id, options)| answers.get(id).is_some_and(|answer| options.contains(answer)))
    };
    let mut kinds: Vec<&str> = Vec::new();
    for choice in &rules.choice {
        if !kinds.contains(&choice.kind.as_str()) {
            kinds.push(&choice.kind);
        }
    }
    let rank = |choice: &Choice| {
        let spoken: Vec<&Rule> =
            rules.rule.iter().filter(|rule| rule.choices.contains(&choice.id) && speaks(&rule.when)).collect();
        Ranked {
            id: choice.id.clone(),
            kind: choice.kind.clone(),
            title: choice.title.clone(),
            points: spoken.iter().map(|rule| rule.points).sum(),
            because: spoken.iter().map(|rule| format!("{:+} {}", rule.points, rule.because)).collect(),
            note: choice.note.clone(),
        }
    };
    let mut ranked = Vec::new();
    for kind in kinds {
        let mut of_kind: Vec<Ranked> = rules.choice.iter().filter(|choice| choice.kind == kind).map(rank).collect();
        // Equal points keep the order of the file: the plainer choice stands first there.
        of_kind.sort_by_key(|ranked| -ranked.points);
        ranked.extend(of_kind);
    }
    let disagreements =
        rules.disagreement.iter().filter(|entry| speaks(&entry.when)).map(|entry| entry.says.clone()).collect();
    Ok(Advice { answers: told, ranked, disagreements })
}

impl Rules {
    fn told(&self, id: &str, option: &str) -> Result<(String, String)> {
        let refused = |what: String, known: Vec<&str>, word: &str| {
            let near = nearest(word, known.iter().copied(), 3);
            let help = if near.is_empty() { known.join(", ") } else { near.join(", ") };
            SparkError::new(ErrorClass::IllegalArgumentException, what).with_help(format!("known are: {help}"))
        };
        let question = self.question.iter().find(|question| question.id == id);
        let question = question.ok_or_else(|| {
            refused(format!("there is no question {id}"), self.question.iter().map(|q| q.id.as_str()).collect(), id)
        })?;
        let found = question.option.iter().find(|known| known.id == option).ok_or_else(|| {
            let known = question.option.iter().map(|known| known.id.as_str()).collect();
            refused(format!("{option} is no answer to {id}"), known, option)
        })?;
        Ok((question.ask.clone(), found.text.clone()))
    }
}
