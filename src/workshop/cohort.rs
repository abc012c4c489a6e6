//! A class: what several learners' progress says together. Nothing runs here.

use super::progress::{Entry, Progress, State};
use super::step::Step;
use std::collections::BTreeMap;

/// A step that took a learner longer than this, without being passed, is one to help with.
const STUCK_MINUTES: f64 = 15.0;
/// Names for those who shall not be named.
const ANIMALS: [&str; 24] = [
    "ant", "bat", "bee", "cat", "crab", "crow", "deer", "dog", "duck", "eel", "elk", "fox", "frog", "goat", "hare",
    "hen", "lynx", "mole", "newt", "otter", "owl", "seal", "swan", "wren",
];

/// What one learner handed in.
#[derive(Debug, Clone)]
pub struct Learner {
    pub name: String,
    pub progress: Progress,
}

/// A class and its course.
#[derive(Debug)]
pub struct Cohort<'a> {
    pub learners: Vec<Learner>,
    pub steps: &'a [Step],
}

/// How a learner stands with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Open,
    Started,
    /// With hints or after the solution was seen.
    Helped,
    Passed,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq)]
pub struct StepTimes {
    pub id: String,
    pub title: String,
    pub passed: usize,
    pub tried: usize,
    pub budget_minutes: u32,
    /// Absent: nobody's times are known.
    pub median_minutes: Option<f64>,
}

impl StepTimes {
    /// Whether the middle learner took longer than planned.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.median_minutes.is_some_and(|minutes| minutes > f64::from(self.budget_minutes))
    }
}

/// Minutes between two moments of a learner's machine.
fn minutes(from: Option<&String>, to: Option<&String>) -> Option<f64> {
    let moment = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
    let seconds = (moment(to?)? - moment(from?)?).num_seconds();
    (seconds >= 0).then_some(seconds as f64 / 60.0)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

impl Cohort<'_> {
    /// Replaces names by animals, in the order of the names.
    pub fn make_anonymous(&mut self) {
        self.learners.sort_by(|a, b| a.name.cmp(&b.name));
        for (index, learner) in self.learners.iter_mut().enumerate() {
            let round = index / ANIMALS.len();
            let animal = ANIMALS[index % ANIMALS.len()];
            learner.name = if round == 0 { animal.to_owned() } else { format!("{animal} {}", round + 1) };
        }
    }

    /// How a learner stands with each step.
    #[must_use]
    pub fn row(&self, learner: &Learner) -> Vec<Cell> {
        let cell = |step: &Step| match learner.progress.steps.get(&step.id) {
            None => Cell::Open,
            Some(entry) if entry.state == State::Started => Cell::Started,
            Some(entry) if entry.revealed || entry.hints > 0 => Cell::Helped,
            Some(_) => Cell::Passed,
        };
        self.steps.iter().map(cell).collect()
    }

    /// Everybody's entries for a step.
    fn entries<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a Learner, &'a Entry)> {
        self.learners.iter().filter_map(move |learner| Some((learner, learner.progress.steps.get(id)?)))
    }

    /// How each step went that somebody tried.
    #[must_use]
    pub fn times(&self) -> Vec<StepTimes> {
        let times = |step: &Step| {
            let entries: Vec<&Entry> = self.entries(&step.id).map(|(_, entry)| entry).collect();
            let took = |entry: &&Entry| minutes(entry.first_tried.as_ref(), entry.first_passed.as_ref());
            StepTimes {
                id: step.id.clone(),
                title: step.title.clone(),
                passed: entries.iter().filter(|entry| entry.state == State::Passed).count(),
                tried: entries.len(),
                budget_minutes: step.minutes,
                median_minutes: median(entries.iter().filter_map(took).collect()),
            }
        };
        self.steps.iter().map(times).filter(|times| times.tried > 0).collect()
    }

    /// Known mistakes: id, how many learners made it, how often; the most frequent first.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(String, usize, u32)> {
        let mut counted: BTreeMap<&String, (usize, u32)> = BTreeMap::new();
        let entries = self.learners.iter().flat_map(|learner| learner.progress.steps.values());
        for (id, times) in entries.flat_map(|entry| &entry.mistakes) {
            let count = counted.entry(id).or_default();
            count.0 += 1;
            count.1 += times;
        }
        let mut all: Vec<_> =
            counted.into_iter().map(|(id, (learners, times))| (id.clone(), learners, times)).collect();
        all.sort_by(|a, b| (b.1, b.2, &a.0).cmp(&(a.1, a.2, &b.0)));
        all
    }

    /// Who tries a step for long without passing it: learner, step, minutes.
    #[must_use]
    pub fn stuck(&self) -> Vec<(String, String, f64)> {
        let mut stuck = Vec::new();
        for step in self.steps {
            for (learner, entry) in self.entries(&step.id).filter(|(_, entry)| entry.state == State::Started) {
                let tried = minutes(entry.first_tried.as_ref(), entry.last_tried.as_ref());
                stuck.extend(
                    tried
                        .filter(|tried| *tried >= STUCK_MINUTES)
                        .map(|tried| (learner.name.clone(), step.id.clone(), tried)),
                );
            }
        }
        stuck
    }

    /// Bytes that everybody's passing script of a step shuffled, the least first.
    #[must_use]
    pub fn shuffled(&self, id: &str) -> Vec<(String, u64)> {
        let bytes =
            |(learner, entry): (&Learner, &Entry)| Some((learner.name.clone(), entry.figures.as_ref()?.shuffle_bytes));
        let mut all: Vec<_> = self.entries(id).filter_map(bytes).collect();
        all.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        all
    }

    /// Learners who passed a step with the same text, letter for letter; the solution's own text says nothing.
    #[must_use]
    pub fn same_scripts(&self) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        for step in self.steps {
            let ours = super::progress::fingerprint(&step.solution);
            let mut by_text: BTreeMap<&String, Vec<String>> = BTreeMap::new();
            for (learner, entry) in self.entries(&step.id) {
                if let Some(script) = entry.script.as_ref().filter(|script| **script != ours) {
                    by_text.entry(script).or_default().push(learner.name.clone());
                }
            }
            let shared = by_text.into_values().filter(|names| names.len() > 1);
            found.extend(shared.map(|names| (step.id.clone(), names)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::step::{self, Library};
    use crate::workshop::verdict::Figures;

    fn entry(minutes: u32, is_passed: bool) -> Entry {
        let at = |minutes: u32| Some(format!("2026-01-01T10:{minutes:02}:00Z"));
        Entry {
            state: if is_passed { State::Passed } else { State::Started },
            first_tried: at(0),
            last_tried: at(minutes),
            first_passed: if is_passed { at(minutes) } else { None },
            mistakes: [("E1.1-m1".to_owned(), 2)].into(),
            figures: is_passed.then(|| Figures { shuffle_bytes: u64::from(minutes), ..Figures::default() }),
            script: is_passed.then(|| "same".to_owned()),
            ..Entry::default()
        }
    }

    fn learner(name: &str, entry: Entry) -> Learner {
        let mut progress = Progress::default();
        progress.steps.insert("E1.1".to_owned(), entry);
        Learner { name: name.to_owned(), progress }
    }

    fn check(of: impl Fn(&Cohort<'_>)) {
        let steps = vec![step::load(Library::default(), "01_basics/s1_session").expect("a step")];
        let learners =
            vec![learner("Ada", entry(4, true)), learner("Bo", entry(12, true)), learner("Cy", entry(20, false))];
        of(&Cohort { learners, steps: &steps });
    }

    #[test]
    fn times_are_medians_of_those_who_passed() {
        check(|class| {
            let times = &class.times()[0];
            assert_eq!((times.passed, times.tried, times.median_minutes), (2, 3, Some(12.0)));
            assert!(times.is_over());
        });
    }

    #[test]
    fn who_tries_for_long_is_stuck_and_a_frequent_mistake_counts_its_learners() {
        check(|class| {
            assert_eq!(class.stuck(), vec![("Cy".to_owned(), "E1.1".to_owned(), 20.0)]);
            assert_eq!(class.mistakes(), vec![("E1.1-m1".to_owned(), 3, 6)]);
        });
    }

    #[test]
    fn equal_texts_are_shown_and_figures_are_in_order() {
        check(|class| {
            assert_eq!(class.same_scripts(), vec![("E1.1".to_owned(), vec!["Ada".to_owned(), "Bo".to_owned()])]);
            assert_eq!(class.shuffled("E1.1").iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>(), [4, 12]);
        });
    }
}
