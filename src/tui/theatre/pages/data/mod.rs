//! The data of a stage: rows for each partition, who is too big and why, where the rows came from, and a few of them to look at.

pub mod facts;
pub mod view;

use super::Answer;
use crate::common::ids::StageId;
use crate::common::text::{bytes, count};
use crate::report::words;
use crate::status::spread::Spread;
use crate::status::{Stage, Status};
use crate::tui::find::around;
use crate::tui::theatre::keymap::Action;
use crate::tui::theatre::model::{Model, Selected};
use crate::tui::theatre::select::stages_on_screen;
use facts::{Drawn, Part, RowId};
use std::fmt::Write as _;

/// The page.
#[derive(Debug, Clone, PartialEq)]
pub struct DataPage {
    /// Absent: there is no stage at the cursor.
    pub stage: Option<StageId>,
    /// The partition.
    pub choice: usize,
    /// The drawn row.
    pub row: usize,
    pub measure: Measure,
    pub pane: Pane,
}

/// What the bars show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Rows,
    Bytes,
    Time,
}

/// What j and k move in. Narrow screens show where rows come from only while it has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Parts,
    Rows,
    Origins,
}

impl Pane {
    fn next(self) -> Self {
        match self {
            Pane::Parts => Pane::Rows,
            Pane::Rows => Pane::Origins,
            Pane::Origins => Pane::Parts,
        }
    }
}

impl Measure {
    fn next(self) -> Self {
        match self {
            Measure::Rows => Measure::Bytes,
            Measure::Bytes => Measure::Time,
            Measure::Time => Measure::Rows,
        }
    }

    /// The name of the column.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Measure::Rows => "Rows",
            Measure::Bytes => "Bytes",
            Measure::Time => "Time",
        }
    }

    /// The number of a partition that is compared.
    #[must_use]
    pub fn of(self, part: &Part) -> Option<u64> {
        match self {
            Measure::Rows => part.rows,
            Measure::Bytes => part.bytes,
            Measure::Time => part.time.map(|time| time.0),
        }
    }

    /// A number in its unit.
    #[must_use]
    pub fn text(self, value: u64) -> String {
        match self {
            Measure::Rows => count(value),
            Measure::Bytes => bytes(value),
            Measure::Time => words::length(crate::common::time::VirtualDuration(value)),
        }
    }
}

impl DataPage {
    /// The data of what is selected, else of the stage at the cursor that is most worth a look.
    #[must_use]
    pub fn at_cursor(model: &Model) -> Self {
        let stages = stages_on_screen(model);
        let status = model.run().history.current();
        let selected = match model.selected {
            Selected::Stage(stage) | Selected::Task(stage, _) => Some(stage),
            Selected::Node(_) | Selected::Nothing => None,
        };
        let stage = selected.filter(|stage| stages.contains(stage)).or_else(|| most_interesting(status, &stages));
        let mut page = Self::of(status, stage.or_else(|| stages.first().copied()));
        if let Selected::Task(_, partition) = model.selected {
            page.choice = partition as usize;
        }
        page
    }

    /// The data of a stage.
    #[must_use]
    pub fn of_stage(model: &Model, stage: StageId) -> Self {
        Self::of(model.run().history.current(), Some(stage))
    }

    /// A stage's page, at its biggest partition.
    fn of(status: &Status, stage: Option<StageId>) -> Self {
        let parts = stage.and_then(|stage| status.stages.get(&stage)).map(|stage| facts::parts(status, stage));
        let biggest =
            parts.unwrap_or_default().iter().enumerate().rev().max_by_key(|(_, part)| part.rows).map(|(at, _)| at);
        DataPage { stage, choice: biggest.unwrap_or(0), row: 0, measure: Measure::Rows, pane: Pane::Parts }
    }

    /// Takes a key in.
    pub fn key(&mut self, model: &Model, action: Action) -> Answer {
        let status = model.run().history.current();
        let last = self.known(status).map_or(0, |stage| stage.tasks().len().saturating_sub(1));
        match action {
            Action::Up if self.pane == Pane::Rows => self.row = self.row.saturating_sub(1),
            Action::Down if self.pane == Pane::Rows => self.row += 1,
            Action::Up => self.choose(self.choice.min(last).saturating_sub(1)),
            Action::Down => self.choose((self.choice + 1).min(last)),
            Action::Start => self.choose(0),
            Action::End => self.choose(last),
            Action::Follow => {
                return match self.chosen_row(status) {
                    Some(row) => Answer::Follow(row),
                    None => Answer::Say("no row of this partition was drawn: choose another with j and k"),
                };
            }
            Action::Left => self.other_stage(model, -1),
            Action::Right => self.other_stage(model, 1),
            Action::Measure => self.measure = self.measure.next(),
            Action::NextPane | Action::PreviousPane => {
                // Backwards through three is forwards twice.
                self.pane = if action == Action::NextPane { self.pane.next() } else { self.pane.next().next() };
            }
            _ => return Answer::Pass,
        }
        Answer::Done
    }

    /// To the pane with this number in its title, counted from 0.
    pub fn focus(&mut self, index: usize) {
        self.pane = match index {
            0 => Pane::Parts,
            1 => Pane::Origins,
            2 => Pane::Rows,
            _ => self.pane,
        };
    }

    /// The task of the chosen partition.
    #[must_use]
    pub fn selected(&self, status: &Status) -> Option<Selected> {
        let stage = self.known(status)?;
        let partition = self.choice.min(stage.tasks().len().checked_sub(1)?);
        Some(Selected::Task(stage.definition.stage, partition as u32))
    }

    /// To a partition.
    pub fn choose(&mut self, choice: usize) {
        self.choice = choice;
        self.row = 0;
    }

    /// The rows to look at: of what a partition reads, or, where that went through no shuffle, of what its task wrote.
    #[must_use]
    pub fn rows<'a>(&self, status: &'a Status, stage: &Stage) -> Vec<Drawn<'a>> {
        let chosen = self.choice.min(stage.tasks().len().saturating_sub(1));
        let is_source = stage.definition.reads.is_empty();
        let rows = if is_source { facts::written(status, stage, chosen) } else { facts::drawn(status, stage, chosen) };
        // One table has one head: of two sides of a join the first.
        let head = rows.first().map(|first| (&first.sample.keys, &first.sample.columns));
        rows.iter().filter(|row| Some((&row.sample.keys, &row.sample.columns)) == head).copied().collect()
    }

    fn chosen_row(&self, status: &Status) -> Option<RowId> {
        let rows = self.rows(status, self.known(status)?);
        rows.get(self.row.min(rows.len().checked_sub(1)?)).map(Drawn::id)
    }

    fn other_stage(&mut self, model: &Model, by: isize) {
        let stages = stages_on_screen(model);
        let here = stages.iter().position(|stage| Some(*stage) == self.stage).unwrap_or(0);
        let other = stages.get(here.saturating_add_signed(by).min(stages.len().saturating_sub(1))).copied();
        if other.is_some() && other != self.stage {
            let (measure, pane) = (self.measure, self.pane);
            *self = DataPage { measure, pane, ..Self::of(model.run().history.current(), other) };
        }
    }

    /// To the next partition of which a drawn row has a word; false when none has.
    pub fn find(&mut self, status: &Status, word: &str, is_forward: bool) -> bool {
        let Some(stage) = self.known(status) else { return false };
        let has = |partition: usize| {
            let name = stage.task_name(partition as u32).to_lowercase();
            name.ends_with(word) || facts::drawn(status, stage, partition).iter().any(|drawn| drawn.has(word))
        };
        let Some(found) = around(stage.tasks().len(), self.choice, is_forward, has) else { return false };
        self.choose(found);
        self.row = self.rows(status, stage).iter().position(|drawn| drawn.has(word)).unwrap_or(0);
        true
    }

    /// The stage as it stands.
    #[must_use]
    pub fn known<'a>(&self, status: &'a Status) -> Option<&'a Stage> {
        status.stages.get(&self.stage?).map(AsRef::as_ref)
    }

    /// What `y` copies: the partitions as a table.
    #[must_use]
    pub fn text(&self, status: &Status) -> String {
        let Some(stage) = self.known(status) else { return String::new() };
        let mut text = format!("{:<10}{:>14}{:>14}  node\n", "partition", "rows", "bytes");
        for (partition, part) in facts::parts(status, stage).iter().enumerate() {
            let number = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
            let node = part.node.map_or("-".to_owned(), |node| node.to_string());
            let name = stage.task_name(partition as u32);
            let _ = writeln!(text, "{name:<10}{:>14}{:>14}  {node}", number(part.rows), number(part.bytes));
        }
        text
    }
}

/// The stage whose biggest partition stands out most, else the first that reads a shuffle into several partitions.
fn most_interesting(status: &Status, stages: &[StageId]) -> Option<StageId> {
    let skew = |stage: &Stage| {
        let rows: Vec<u64> = facts::parts(status, stage).iter().filter_map(|part| part.rows).collect();
        Spread::of(rows).filter(Spread::is_skewed).map(|spread| spread.to_median)
    };
    let known = || stages.iter().filter_map(|id| status.stages.get(id));
    let skewed = known().filter_map(|stage| Some((stage, skew(stage)?)));
    let worst = skewed.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(stage, _)| stage);
    let reads = known().find(|stage| !stage.definition.reads.is_empty() && stage.tasks().len() > 1);
    worst.or(reads).map(|stage| stage.definition.stage)
}
