//! The plan of a query: as written, analyzed, optimized rule by rule with what each rule changed, physical, cut into stages.

pub mod operators;
pub mod steps;
pub mod view;

use super::Answer;
use crate::common::diff;
use crate::common::ids::QueryId;
use crate::tui::find::around;
use crate::tui::theatre::branch::{self, Change};
use crate::tui::theatre::keymap::Action;
use crate::tui::theatre::model::{Model, Selected};
use crate::tui::theatre::probe::{QueryCost, Question, WhatIf, query_cost};
use operators::Operator;
use std::collections::BTreeSet;
use steps::{Part, Step, of_query, operator};

/// The page.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanPage {
    /// Absent: no action has started.
    pub query: Option<QueryId>,
    pub steps: Vec<Step>,
    pub choice: usize,
    /// The line of the plan that is chosen, and in view.
    pub line: usize,
    pub pane: Pane,
}

/// What j and k move in; on narrow screens what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Steps,
    Plan,
}

/// A line of two plans put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

impl PlanPage {
    /// The plan of the query at the cursor.
    #[must_use]
    pub fn at_cursor(model: &Model) -> Self {
        let query = model.run().query_at(model.cursor.position);
        Self::of(model, query)
    }

    fn of(model: &Model, query: Option<QueryId>) -> Self {
        let steps = query.map(|query| of_query(model.run(), query)).unwrap_or_default();
        let mut page = PlanPage { query, steps, choice: 0, line: 0, pane: Pane::Steps };
        page.choose(0);
        page
    }

    /// Takes a key in.
    pub fn key(&mut self, model: &Model, action: Action) -> Answer {
        let last = self.steps.len().saturating_sub(1);
        match action {
            Action::Up if self.pane == Pane::Plan => self.line = self.line.saturating_sub(1),
            Action::Down if self.pane == Pane::Plan => {
                self.line = (self.line + 1).min(self.step().map_or(0, |step| step.lines.len().saturating_sub(1)));
            }
            Action::Open if self.pane == Pane::Plan => {
                return match self.operator(model).and_then(|operator| operator.stage()) {
                    Some(stage) => Answer::Rows(stage),
                    None => Answer::Say("no stage has computed this line"),
                };
            }
            Action::Open => self.pane = Pane::Plan,
            Action::Up => self.choose(self.choice.saturating_sub(1)),
            Action::Down | Action::PlayPause => self.choose((self.choice + 1).min(last)),
            Action::Start => self.choose(0),
            Action::End => self.choose(last),
            Action::Left => self.other_query(model, -1),
            Action::Right => self.other_query(model, 1),
            Action::Output => {
                return match self.switchable_rule().filter(|_| model.can_branch) {
                    Some(rule) => Answer::Branch(branch::request(model, vec![Change::WithoutRule(rule.to_owned())])),
                    None => Answer::Pass,
                };
            }
            Action::Measure if model.can_branch => return Answer::Measure(self.switchable_rules()),
            Action::NextPane | Action::PreviousPane => {
                self.pane = if self.pane == Pane::Steps { Pane::Plan } else { Pane::Steps };
            }
            _ => return Answer::Pass,
        }
        Answer::Done
    }

    /// To the pane with this number in its title, counted from 0: the steps, or a plan.
    pub fn focus(&mut self, index: usize) {
        self.pane = match index {
            0 => Pane::Steps,
            1 | 2 => Pane::Plan,
            _ => self.pane,
        };
    }

    /// The stage that computed the chosen line, while lines are chosen.
    #[must_use]
    pub fn selected(&self, model: &Model) -> Option<Selected> {
        let operator = self.operator(model).filter(|_| self.pane == Pane::Plan)?;
        operator.stage().map(Selected::Stage)
    }

    /// To a step.
    pub fn choose(&mut self, choice: usize) {
        self.choice = choice.min(self.steps.len().saturating_sub(1));
        self.line = match self.step() {
            // Of the script the last lines count: the action is there.
            Some(step) if step.part == Part::Script => step.lines.len().saturating_sub(1),
            _ => self.first_change(),
        };
    }

    /// The line of the step's plan at which it begins to be another than the one before; the first where it is the same.
    fn first_change(&self) -> usize {
        let lines = self.lines();
        let first = lines.iter().position(|line| !matches!(line, Line::Same(_))).unwrap_or(0);
        first.min(self.step().map_or(0, |step| step.lines.len().saturating_sub(1)))
    }

    /// The query before or after this one, at the same kind of step.
    fn other_query(&mut self, model: &Model, by: isize) {
        let queries: Vec<QueryId> = model.run().head().queries.keys().copied().collect();
        let here = queries.iter().position(|query| Some(*query) == self.query).unwrap_or(0);
        let other = queries.get(here.saturating_add_signed(by).min(queries.len().saturating_sub(1))).copied();
        if other.is_some() && other != self.query {
            let part = self.step().map(|step| step.part);
            *self = PlanPage { pane: self.pane, ..Self::of(model, other) };
            self.choose(self.steps.iter().position(|step| Some(step.part) == part).unwrap_or(0));
        }
    }

    /// To the next step whose name or plan has a word; false when none has.
    pub fn find(&mut self, word: &str, is_forward: bool) -> bool {
        let has = |step: &Step| {
            step.name.to_lowercase().contains(word) || step.lines.iter().any(|line| line.to_lowercase().contains(word))
        };
        let Some(found) = around(self.steps.len(), self.choice, is_forward, |at| has(&self.steps[at])) else {
            return false;
        };
        self.choose(found);
        let line = self.steps[found].lines.iter().position(|line| line.to_lowercase().contains(word));
        self.line = line.unwrap_or(self.line);
        true
    }

    /// The operator at the chosen line.
    #[must_use]
    pub fn operator<'a>(&self, model: &'a Model) -> Option<Operator<'a>> {
        let status = model.run().head();
        operators::at(status, status.queries.get(&self.query?)?, &self.steps, self.step()?, self.line)
    }

    /// What there is to say of it, while lines of the plan are chosen.
    #[must_use]
    pub fn operator_words(&self, model: &Model) -> Option<Vec<String>> {
        let status = model.run().head();
        let query = status.queries.get(&self.query.filter(|_| self.pane == Pane::Plan)?)?;
        Some(self.operator(model)?.words(status, query))
    }

    /// The chosen step.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.steps.get(self.choice)
    }

    /// The step before it, when their lines can be compared.
    #[must_use]
    pub fn before(&self) -> Option<&Step> {
        let before = self.steps.get(self.choice.checked_sub(1)?)?;
        before.part.is_like(self.step()?.part).then_some(before)
    }

    /// The rule of the step, when runs can go without it.
    #[must_use]
    pub fn switchable_rule(&self) -> Option<&str> {
        self.step()?.switchable_rule()
    }

    /// All rules of the steps that runs can go without, each once.
    fn switchable_rules(&self) -> Vec<String> {
        let mut rules: Vec<String> = self.steps.iter().filter_map(Step::switchable_rule).map(str::to_owned).collect();
        let mut known = BTreeSet::new();
        rules.retain(|rule| known.insert(rule.clone()));
        rules
    }

    /// What this query costs with and without the rule of a step, both measured; absent as long as a run is missing.
    #[must_use]
    pub fn cost_without(&self, model: &Model, step: &Step) -> Option<(QueryCost, QueryCost)> {
        let question = rule_question(model, step)?;
        let without = *model.probes.answer(&question)?.queries.get(&self.query?)?;
        let with = self.query.filter(|_| !model.run().is_growing()).map(|query| query_cost(model.run().head(), query));
        Some((with?, without))
    }

    /// Whether the run without the rule of a step is under way.
    #[must_use]
    pub fn is_measured(&self, model: &Model, step: &Step) -> bool {
        rule_question(model, step).is_some_and(|question| model.probes.is_open(&question))
    }

    /// The plan of the step with what went and what came.
    #[must_use]
    pub fn lines(&self) -> Vec<Line<'_>> {
        let Some(step) = self.step() else { return Vec::new() };
        match self.before() {
            Some(before) => changes(&before.lines, &step.lines),
            None => step.lines.iter().map(|line| Line::Same(line)).collect(),
        }
    }

    /// What `y` copies: the plan as Spark writes it.
    #[must_use]
    pub fn text(&self) -> String {
        self.step().map(|step| step.lines.join("\n") + "\n").unwrap_or_default()
    }
}

fn rule_question(model: &Model, step: &Step) -> Option<Question> {
    let rule = step.switchable_rule()?.to_owned();
    Some(Question { run: model.current, what: WhatIf::WithoutRule(rule) })
}

/// Two plans as one list. A line that only moved in or out with its parent is the same.
#[must_use]
pub fn changes<'a>(before: &'a [String], after: &'a [String]) -> Vec<Line<'a>> {
    let [old, new] = [before, after].map(|lines| lines.iter().map(|line| operator(line)).collect::<Vec<_>>());
    let mut lines = Vec::new();
    let (mut a, mut b) = (0, 0);
    for (next_a, next_b) in diff::pairs(&old, &new).into_iter().chain([(before.len(), after.len())]) {
        lines.extend(before[a..next_a].iter().map(|line| Line::Gone(line)));
        lines.extend(after[b..next_b].iter().map(|line| Line::New(line)));
        lines.extend(after.get(next_b).map(|line| Line::Same(line)));
        (a, b) = (next_a + 1, next_b + 1);
    }
    lines
}
