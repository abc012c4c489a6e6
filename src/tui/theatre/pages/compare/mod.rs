//! Two runs side by side at one moment: what each does, the numbers of both, and every place where their stories differ.

pub mod lanes;
pub mod view;

use super::Answer;
use crate::report::compare::{Comparison, Verdict, compare};
use crate::tui::theatre::keymap::Action;
use crate::tui::theatre::model::Model;
use crate::tui::theatre::player;

/// The page.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparePage {
    /// Indexes of the two runs, A and B.
    pub sides: [usize; 2],
    pub comparison: Comparison,
    /// Which of the differing moments is chosen.
    pub choice: usize,
    /// The run that the theatre showed before.
    pub before: usize,
    /// Both runs were over when they were compared.
    pub is_whole: bool,
}

impl ComparePage {
    /// Two runs, A and B; `before` is the one that the theatre shows when the page closes.
    #[must_use]
    pub fn between(model: &Model, sides: [usize; 2], before: usize) -> Self {
        let [a, b] = sides.map(|run| &model.runs[run]);
        let comparison = compare(a.history.events(), b.history.events());
        ComparePage { sides, comparison, choice: 0, before, is_whole: !a.is_growing() && !b.is_growing() }
    }

    /// Takes in what the runs did since.
    pub fn refresh(&mut self, model: &Model) {
        if !self.is_whole && self.sides.iter().all(|run| !model.runs[*run].is_growing()) {
            *self = ComparePage { choice: self.choice, ..Self::between(model, self.sides, self.before) };
        }
    }

    /// The run that takes longer: time is played to its end.
    #[must_use]
    pub fn longer(&self, model: &Model) -> usize {
        let [a, b] = self.sides;
        if model.runs[b].history.end() > model.runs[a].history.end() { b } else { a }
    }

    /// Takes a key in.
    pub fn key(&mut self, model: &mut Model, action: Action) -> Answer {
        match action {
            Action::Up => self.choice = self.choice.saturating_sub(1),
            Action::Down => self.choice = (self.choice + 1).min(self.comparison.moments.len().saturating_sub(1)),
            Action::NextFound => self.next(model),
            Action::Open => self.jump(model),
            Action::Swap => {
                let [a, b] = self.sides;
                *self = ComparePage { choice: self.choice, ..Self::between(model, [b, a], self.before) };
            }
            Action::Left => self.other(model, -1),
            Action::Right => self.other(model, 1),
            _ => return Answer::Pass,
        }
        Answer::Done
    }

    /// Compares with another run in the place of B.
    fn other(&mut self, model: &mut Model, by: isize) {
        let [a, b] = self.sides;
        let others: Vec<usize> = (0..model.runs.len()).filter(|run| *run != a).collect();
        let here = others.iter().position(|run| *run == b).unwrap_or(0);
        let next = others.get(here.saturating_add_signed(by)).copied().filter(|next| *next != b);
        if let Some(next) = next {
            *self = Self::between(model, [a, next], self.before);
            model.current = self.longer(model);
            player::to_time(model, model.cursor.time);
        }
    }

    /// To the next moment that differs, the first after the last.
    fn next(&mut self, model: &mut Model) {
        let now = model.cursor.time;
        let moments = &self.comparison.moments;
        self.choice = moments.iter().position(|moment| moment.at() > now).unwrap_or(0);
        self.jump(model);
    }

    fn jump(&self, model: &mut Model) {
        let count = self.comparison.moments.len();
        let Some(moment) = self.comparison.moments.get(self.choice) else {
            model.toast = Some(("the two tell the same story".to_owned(), 4.0));
            return;
        };
        model.playing = false;
        player::to_time(model, moment.at());
        let text = format!("difference {} of {count}", self.choice + 1);
        model.toast = Some((text, 4.0));
    }

    /// What the two runs did, in plain words.
    #[must_use]
    pub fn words(&self, model: &Model) -> Vec<String> {
        let [a, b] = self.sides.map(|run| &model.runs[run]);
        let (old, new) = (a.head(), b.head());
        let (length_a, length_b) = (a.history.end().as_secs_f64(), b.history.end().as_secs_f64());
        let length = match length_b - length_a {
            difference if difference.abs() < 5e-4 => "B takes as long as A.".to_owned(),
            difference if difference > 0.0 => format!("B takes {difference:.3} s longer than A."),
            difference => format!("B is {:.3} s faster than A.", -difference),
        };
        let counts = format!(
            "Task starts: {} against {} in A; of them again: {} against {}.",
            new.totals.tasks_started, old.totals.tasks_started, new.totals.again, old.totals.again
        );
        let writes_same = self.comparison.writes.is_empty();
        let same = match (self.is_whole, self.comparison.prints, writes_same) {
            (false, ..) => "One of the two still goes on: these are the numbers so far.",
            (true, Verdict::Same, true) => {
                "Both printed and wrote the same: the answer does not depend on what happened to the machines."
            }
            (true, Verdict::Same, false) => "Both printed the same, and did not write the same files.",
            (true, Verdict::Differs, true) => "Both wrote the same, and did not print the same.",
            (true, Verdict::Differs, false) => "They printed and wrote different things.",
            (true, Verdict::Unknown, true) => "Both wrote the same; what one of them printed is not in its log.",
            (true, Verdict::Unknown, false) => {
                "They wrote different things; what one of them printed is not in its log."
            }
        };
        vec![format!("{length} {counts}"), same.to_owned()]
    }

    /// What `y` copies.
    #[must_use]
    pub fn text(&self, model: &Model) -> String {
        let [a, b] = self.sides.map(|run| model.runs[run].name.as_str());
        self.comparison.text(a, b)
    }
}
