//! Concept cards: a word, explained in a few sentences. A file of `lessons/cards/` holds several, each with its own front matter.

use super::content::{Content, parse};
use super::lesson::{Played, play, split, tags};
use super::scene::{Scene, Studio};
use crate::common::Result;
use crate::common::text::nearest;
use serde::Deserialize;

/// A card's front matter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub word: String,
    /// Other words under which it is found.
    #[serde(default)]
    pub also: Vec<String>,
    /// The lesson that it belongs to.
    pub lesson: String,
    /// Concepts that it teaches.
    pub concepts: Vec<u32>,
    /// Commands to try.
    #[serde(default)]
    pub runs: Vec<String>,
    #[serde(default)]
    pub scene: Vec<Scene>,
}

/// A card as its file has it.
#[derive(Debug, Clone)]
pub struct Card {
    pub path: String,
    pub head: Head,
    pub body: String,
}

/// All cards, by lesson and then as they stand in the files.
///
/// # Errors
/// When a file does not have the shape of cards.
pub fn cards(content: &Content) -> Result<Vec<Card>> {
    let mut all = Vec::new();
    for path in content.list("lessons/cards", ".md") {
        for (head, body) in split(&path, &content.text(&path)?)? {
            all.push(Card { path: path.clone(), head: parse(&path, &head)?, body });
        }
    }
    Ok(all)
}

impl Card {
    /// Runs its scenes and puts the figures into the text.
    ///
    /// # Errors
    /// As [`super::lesson::Lesson::play`].
    pub fn play(&self, studio: &Studio) -> Result<Played> {
        play(&format!("{} ({})", self.path, self.head.word), &self.body, &self.head.scene, studio)
    }

    /// Concepts of its pictures and of its questions.
    ///
    /// # Errors
    /// When a block does not have its shape.
    pub fn tags(&self) -> Result<(Vec<u32>, Vec<u32>)> {
        tags(&self.path, &self.body)
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.head.word.as_str()).chain(self.head.also.iter().map(String::as_str))
    }
}

/// What a search found.
#[derive(Debug)]
pub enum Found<'a> {
    /// The card of this word.
    Card(&'a Card),
    /// Cards that mention it, the one that speaks of it most first.
    Mentions(Vec<&'a Card>),
    /// Nothing; words that look like it.
    Near(Vec<String>),
}

/// Looks a word up: first as the word of a card, then in the texts.
#[must_use]
pub fn find<'a>(cards: &'a [Card], word: &str) -> Found<'a> {
    let folded = word.trim().to_lowercase();
    if let Some(card) = cards.iter().find(|card| card.words().any(|known| known.to_lowercase() == folded)) {
        return Found::Card(card);
    }
    // A word of the card itself says more than its text, and an early place more than a late one.
    let weight = |card: &Card| {
        let named = card.words().filter(|known| known.to_lowercase().contains(&folded)).count();
        let body = card.body.to_lowercase();
        let begins = usize::from(body.find(&folded).is_some_and(|at| at < 80));
        named * 10 + body.matches(&folded).count() + begins
    };
    let weighed = cards.iter().map(|card| (weight(card), card));
    let mut mentions: Vec<(usize, &Card)> = weighed.filter(|(weight, _)| *weight > 0).collect();
    mentions.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    match mentions[..] {
        [] => {
            let words = cards.iter().flat_map(Card::words);
            Found::Near(nearest(word, words, 3).into_iter().map(str::to_owned).collect())
        }
        [(_, only)] => Found::Card(only),
        _ => Found::Mentions(mentions.into_iter().map(|(_, card)| card).collect()),
    }
}
