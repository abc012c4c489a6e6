//! The map of what is taught: each concept with the places that teach it, show it and check it.
//!
//! Places say themselves which concepts they hold (the tags of lessons, cards, pictures, questions, demos and steps); this module only joins
//! the tags. What has no place yet stands in `lessons/gaps.toml`, a list that tests hold equal to the truth, so that it can only shrink.

use super::content::{Content, parse};
use super::{card, demo, lesson, quiz};
use crate::common::Result;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// An idea, a term, a system or an example of the subject.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    pub number: u32,
    pub text: String,
    /// Explained only: nothing of it can honestly run here.
    #[serde(default)]
    pub told: bool,
}

/// A part of the map.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub id: String,
    pub title: String,
    pub concept: Vec<Concept>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    section: Vec<Section>,
}

/// What a place does for a concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Explains it in words.
    Teaches,
    /// Makes it tangible in something that runs.
    Shows,
    /// Asks or asserts something about it.
    Checks,
}

/// All roles.
pub const ROLES: [Role; 3] = [Role::Teaches, Role::Shows, Role::Checks];

/// A piece of content.
#[derive(Debug, Clone)]
pub struct Place {
    /// `L3`, `card node`, `Q3.1`, `D05`, `E2.3`.
    pub name: String,
    /// Concepts by role.
    pub holds: BTreeMap<Role, Vec<u32>>,
    /// Everything that it says.
    pub text: String,
}

/// The places of one concept.
#[derive(Debug, Clone)]
pub struct Row {
    pub concept: Concept,
    pub places: BTreeMap<Role, Vec<String>>,
}

/// The whole map.
#[derive(Debug, Clone)]
pub struct Map {
    /// Section id and title, with its rows.
    pub sections: Vec<(String, String, Vec<Row>)>,
}

/// Concepts without a place, by role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    pub taught: BTreeSet<u32>,
    pub shown: BTreeSet<u32>,
    pub checked: BTreeSet<u32>,
}

/// The concepts by section.
///
/// # Errors
/// When the file does not have its shape.
pub fn sections(content: &Content) -> Result<Vec<Section>> {
    let path = "lessons/concepts.toml";
    Ok(parse::<MapFile>(path, &content.text(path)?)?.section)
}

/// The gaps that are known.
///
/// # Errors
/// When the file does not have its shape.
pub fn known_gaps(content: &Content) -> Result<Gaps> {
    let path = "lessons/gaps.toml";
    parse(path, &content.text(path)?)
}

/// Everything that claims to hold concepts.
///
/// # Errors
/// When a file does not have its shape.
pub fn places(content: &Content) -> Result<Vec<Place>> {
    let mut all = Vec::new();
    for lesson in lesson::lessons(content)? {
        let (shown, checked) = lesson.tags()?;
        all.push(place(&lesson.head.id, lesson.head.concepts.clone(), shown, checked, lesson.body));
    }
    for card in card::cards(content)? {
        let (shown, checked) = card.tags()?;
        let text = format!("{} {} {}", card.head.word, card.head.also.join(" "), card.body);
        all.push(place(&format!("card {}", card.head.word), card.head.concepts.clone(), shown, checked, text));
    }
    for chapter in quiz::chapters(content)? {
        for question in chapter.question {
            let concepts = question.predict.concepts.clone();
            all.push(place(&question.id, Vec::new(), concepts.clone(), concepts, question.text()));
        }
    }
    for demo in demo::demos(content)? {
        let (shown, text) = (demo.concepts.clone(), demo.text());
        let figures = demo.figure.iter().flat_map(|figure| figure.concepts.iter().copied()).collect();
        all.push(place(&demo.id, Vec::new(), shown, figures, text));
    }
    all.extend(steps(content));
    Ok(all)
}

fn place(name: &str, taught: Vec<u32>, shown: Vec<u32>, checked: Vec<u32>, text: String) -> Place {
    let mut shown = shown;
    // What is asked about a run is shown by that run.
    shown.extend(&checked);
    let holds = [(Role::Teaches, taught), (Role::Shows, shown), (Role::Checks, checked)].into();
    Place { name: name.to_owned(), holds, text }
}

/// The steps of the exercises that say which concepts they hold: `concepts = […]` in their `[step]`.
fn steps(content: &Content) -> Vec<Place> {
    let mut found = Vec::new();
    for path in content.list("exercises", ".toml") {
        let Ok(text) = content.text(&path) else { continue };
        let Ok(table) = text.parse::<toml::Table>() else { continue };
        let Some(step) = table.get("step").and_then(toml::Value::as_table) else { continue };
        let Some(id) = step.get("id").and_then(toml::Value::as_str) else { continue };
        let numbers = step.get("concepts").and_then(toml::Value::as_array).into_iter().flatten();
        let concepts: Vec<u32> = numbers.filter_map(toml::Value::as_integer).map(|number| number as u32).collect();
        let script = content.text(&path.replace(".toml", ".py")).unwrap_or_default();
        let solution = content.text(&path.replace(".toml", ".py").replacen("exercises", "solutions", 1));
        let all = format!("{text}\n{script}\n{}", solution.unwrap_or_default());
        found.push(place(id, concepts.clone(), concepts.clone(), concepts, all));
    }
    found
}

/// Joins the tags.
///
/// # Errors
/// When a file does not have its shape.
pub fn map(content: &Content) -> Result<Map> {
    let places = places(content)?;
    let row = |concept: Concept| {
        let named = |role: Role| {
            let holding = places.iter().filter(|place| place.holds[&role].contains(&concept.number));
            (role, holding.map(|place| place.name.clone()).collect::<Vec<_>>())
        };
        Row { places: ROLES.into_iter().map(named).collect(), concept }
    };
    let sections = sections(content)?;
    let sections =
        sections.into_iter().map(|section| (section.id, section.title, section.concept.into_iter().map(row).collect()));
    Ok(Map { sections: sections.collect() })
}

impl Map {
    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flat_map(|(_, _, rows)| rows)
    }

    /// Concepts without a place. One that is only told needs a text, nothing else.
    #[must_use]
    pub fn gaps(&self) -> Gaps {
        let without = |role: Role| {
            let open = self.rows().filter(|row| row.places[&role].is_empty());
            open.filter(|row| role == Role::Teaches || !row.concept.told).map(|row| row.concept.number).collect()
        };
        Gaps { taught: without(Role::Teaches), shown: without(Role::Shows), checked: without(Role::Checks) }
    }
}

/// The stems of a concept's weighty words: what a place that holds it must speak of.
#[must_use]
pub fn stems(text: &str) -> BTreeSet<String> {
    const LIGHT: [&str; 24] = [
        "with",
        "from",
        "that",
        "this",
        "when",
        "best",
        "example",
        "batch",
        "data",
        "criterion",
        "their",
        "over",
        "into",
        "resource",
        "outcome",
        "skill",
        "corrected",
        "benefit",
        "comparison",
        "sources",
        "path",
        "enables",
        "needed",
        "only",
    ];
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= 3);
    words.filter(|word| !LIGHT.contains(word)).map(|word| word.chars().take(5).collect()).collect()
}

/// Claims of a place that its text does not keep: it speaks of none of the concept's words.
#[must_use]
pub fn broken_claims(sections: &[Section], places: &[Place]) -> Vec<String> {
    let concepts: BTreeMap<u32, &Concept> =
        sections.iter().flat_map(|section| &section.concept).map(|concept| (concept.number, concept)).collect();
    let mut broken = Vec::new();
    for place in places {
        let text = place.text.to_lowercase();
        let numbers: BTreeSet<u32> = place.holds.values().flatten().copied().collect();
        for number in numbers {
            match concepts.get(&number) {
                None => broken.push(format!("{} names concept {number}, which does not exist", place.name)),
                Some(concept) if !stems(&concept.text).iter().any(|stem| text.contains(stem.as_str())) => {
                    broken.push(format!("{} claims {number} ({}) but does not speak of it", place.name, concept.text));
                }
                Some(_) => {}
            }
        }
    }
    broken
}
