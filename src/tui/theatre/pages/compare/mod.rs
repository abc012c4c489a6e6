//! Two runs side by side, at one moment or each at its own: what each does, the numbers of both, every place where their stories differ, and
//! what both cost as the data grows.

pub mod growth;
pub mod lanes;
pub mod view;

use super::Answer;
use crate::common::time::VirtualTime;
use crate::report::compare::{Comparison, compare};
use crate::report::prints::Verdict;
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
    /// Absent: both stand at the same time.
    pub apart: Option<Apart>,
    /// What both cost as the data grows is shown in the place of the moments.
    pub grows: bool,
}

/// One run stands still while time goes on in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    /// Its side.
    pub still: usize,
    pub at: VirtualTime,
}

impl ComparePage {
    /// Two runs, A and B; `before` is the one that the theatre shows when the page closes.
    #[must_use]
    pub fn between(model: &Model, sides: [usize; 2], before: usize) -> Self {
        let [a, b] = sides.map(|run| &model.runs[run]);
        let comparison = compare(a.history.events(), b.history.events());
        let is_whole = !a.is_growing() && !b.is_growing();
        ComparePage { sides, comparison, choice: 0, before, is_whole, apart: None, grows: false }
    }

    /// Takes in what the runs did since.
    pub fn refresh(&mut self, model: &Model) {
        if !self.is_whole && self.sides.iter().all(|run| !model.runs[*run].is_growing()) {
            let (choice, apart, grows) = (self.choice, self.apart, self.grows);
            *self = ComparePage { choice, apart, grows, ..Self::between(model, self.sides, self.before) };
        }
    }

    /// The moment at which a side stands.
    #[must_use]
    pub fn time_of(&self, side: usize, model: &Model) -> VirtualTime {
        self.apart.filter(|apart| apart.still == side).map_or(model.cursor.time, |apart| apart.at)
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
                self.link(model);
                let (choice, grows, [a, b]) = (self.choice, self.grows, self.sides);
                *self = ComparePage { choice, grows, ..Self::between(model, [b, a], self.before) };
            }
            Action::Disarm if self.apart.is_some() => self.link(model),
            Action::Disarm => {
                let still = usize::from(model.current == self.sides[0]);
                self.apart = Some(Apart { still, at: model.cursor.time });
            }
            Action::NextPane | Action::PreviousPane => self.move_other(model),
            Action::Start if self.grows => self.grows = false,
            Action::Start if model.can_branch => {
                self.grows = true;
                growth::ask(model, self.sides);
            }
            Action::Start => return Answer::Say("recorded runs cannot be done again with more data: run the script"),
            Action::Zoom => return Answer::Say("the two runs need the whole screen"),
            Action::Left => self.other(model, -1),
            Action::Right => self.other(model, 1),
            _ => return Answer::Pass,
        }
        Answer::Done
    }

    /// Both at the time of the one that moves.
    fn link(&mut self, model: &mut Model) {
        self.apart = None;
        model.current = self.longer(model);
        player::to_time(model, model.cursor.time);
    }

    /// The run that stood still moves from now on.
    fn move_other(&mut self, model: &mut Model) {
        let Some(Apart { still, at }) = self.apart else { return };
        self.apart = Some(Apart { still: 1 - still, at: model.cursor.time });
        model.current = self.sides[still];
        player::pause_at(model, at);
    }

    /// Compares with another run in the place of B.
    fn other(&mut self, model: &mut Model, by: isize) {
        let [a, b] = self.sides;
        let others: Vec<usize> = (0..model.runs.len()).filter(|run| *run != a).collect();
        let here = others.iter().position(|run| *run == b).unwrap_or(0);
        let next = others.get(here.saturating_add_signed(by)).copied().filter(|next| *next != b);
        if let Some(next) = next {
            let grows = self.grows;
            *self = ComparePage { grows, ..Self::between(model, [a, next], self.before) };
            if grows {
                growth::ask(model, self.sides);
            }
            self.link(model);
        }
    }

    /// The next moment that differs, the first after the last.
    fn following(&self, now: VirtualTime) -> usize {
        self.comparison.moments.iter().position(|moment| moment.at() > now).unwrap_or(0)
    }

    fn next(&mut self, model: &mut Model) {
        self.choice = self.following(model.cursor.time);
        self.jump(model);
    }

    fn jump(&mut self, model: &mut Model) {
        let Some(moment) = self.comparison.moments.get(self.choice) else {
            let text = if self.comparison.any_real {
                "beside real Spark moments are not compared"
            } else {
                "the two tell the same story"
            };
            model.toast = Some((text.to_owned(), 4.0));
            return;
        };
        let at = moment.at();
        self.link(model);
        player::pause_at(model, at);
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
        let same = match (self.is_whole, self.comparison.prints.verdict, writes_same) {
            (false, ..) => "One of the two still goes on: these are the numbers so far.",
            (true, Verdict::Same, true) if self.comparison.any_real => {
                "Both printed and wrote the same: the answer here is real Spark's."
            }
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
        let apart = self.comparison.prints.apart.iter().filter(|_| self.is_whole).map(|apart| {
            let [a, b] = apart.sides(60);
            format!("Printed: {} A {a}; B {b}.", apart.words())
        });
        [format!("{length} {counts}"), same.to_owned()].into_iter().chain(apart).collect()
    }

    /// What `y` copies.
    #[must_use]
    pub fn text(&self, model: &Model) -> String {
        let [a, b] = self.sides.map(|run| model.runs[run].name.as_str());
        self.comparison.text(a, b)
    }
}
