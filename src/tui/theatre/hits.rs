//! What the mouse meets: areas that mean something, written down while a frame is drawn. So what is clicked is what is seen.

use super::keymap::{self, Action};
use super::model::{Console, Model, Overlay, Pane, Selected};
use super::update::{Effect, key};
use super::{pages, player, select};
use crate::common::time::VirtualTime;
use crate::tui::palette::Palette;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};

/// What an area stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A thing that can be selected.
    Select(Selected),
    /// A sentence of the story, and its moment.
    Moment(VirtualTime),
    /// A line of a list: of an overlay, or of a page.
    Line(usize),
    /// A pane of a page, by the number in its title, counted from 0.
    Pane(usize),
    /// A key that is shown with what it does.
    Press(KeyCode),
    /// It covers what lies below.
    Nothing,
}

impl Target {
    /// Whether it lies in a pane of the theatre.
    #[must_use]
    pub fn is_of_a_pane(&self) -> bool {
        matches!(self, Target::Select(_) | Target::Moment(_))
    }
}

/// An area and its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    pub area: Rect,
    pub target: Target,
}

/// What a press at a cell meets; what was drawn last lies on top.
#[must_use]
pub fn target(hits: &[Hit], at: Position) -> Option<Target> {
    hits.iter().rev().find(|hit| hit.area.contains(at)).map(|hit| hit.target)
}

/// A press: the first selects, one more on the same is Enter.
pub fn press(model: &mut Model, target: Target, pane: Option<Pane>) -> Vec<Effect> {
    let had_focus = pane == Some(model.focus);
    if let Some(pane) = pane {
        model.focus = pane;
    }
    match target {
        Target::Select(selected) if selected == model.selected => select::ask_why(model),
        Target::Select(selected) => {
            model.selected = selected;
            model.playing = false;
        }
        Target::Moment(at) if had_focus => {
            model.playing = false;
            model.story_scroll = 0;
            player::to_time(model, at);
        }
        Target::Line(line) => return line_pressed(model, line),
        Target::Pane(index) => return key(model, Action::Pane(index)),
        Target::Press(code) => {
            return keymap::of_key(KeyEvent::from(code)).map_or_else(Vec::new, |action| key(model, action));
        }
        Target::Moment(_) | Target::Nothing => {}
    }
    Vec::new()
}

fn line_pressed(model: &mut Model, line: usize) -> Vec<Effect> {
    let choice = match &mut model.overlay {
        Overlay::Help(Palette { choice, .. }) | Overlay::Fault(Console { choice, .. }) | Overlay::Runs { choice } => {
            choice
        }
        Overlay::None => {
            pages::choose(model, line);
            return Vec::new();
        }
        Overlay::Find { .. } | Overlay::Marks | Overlay::Output { .. } | Overlay::Matrix => return Vec::new(),
    };
    if *choice == line {
        return key(model, Action::Open);
    }
    *choice = line;
    Vec::new()
}
