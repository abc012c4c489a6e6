//! Where everything stands.
//!
//! ```text
//!   120 x 36 and more                       80 x 23 and more          40 x 12 and more
//!   ┌ title ───────────────────────────┐    ┌ title ──────────┐       title
//!   │ 1 Stages   │ 2 Nodes             │    │ 1 Stages        │       what is going on
//!   │ 3 Timeline, 6 Script │ 4 Why     │    │ 2 Nodes         │       …
//!   │ 5 What is going on               │    │ 3, 4, 5 or 6    │       status
//!   │ scrub bar, labels                │    │ scrub bar       │       keys
//!   └ keys ────────────────────────────┘    └ keys ───────────┘
//! ```
//! 23 rows are what a terminal of 24 has left below the status line of a multiplexer.

use super::super::model::{Model, Pane};
use ratatui::layout::Rect;

/// Which of the forms fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Full,
    Compact,
    Text,
    /// Too small for anything.
    Tiny,
}

/// The rectangles of a frame.
#[derive(Debug, Clone)]
pub struct Areas {
    pub form: Form,
    pub title: Rect,
    pub panes: Vec<(Pane, Rect)>,
    /// The cells of the scrub bar between its ends.
    pub bar: Option<Rect>,
    /// The whole line of the scrub bar.
    pub bar_line: Rect,
    /// Labels below the bar.
    pub labels: Option<Rect>,
    pub footer: Rect,
}

/// The form for a size.
#[must_use]
pub fn form(screen: Rect) -> Form {
    match (screen.width, screen.height) {
        (120.., 36..) => Form::Full,
        (80.., 23..) => Form::Compact,
        (40.., 12..) => Form::Text,
        _ => Form::Tiny,
    }
}

/// Columns left and right of the scrub bar for its ends.
const BAR_LEFT: u16 = 5;
const BAR_RIGHT: u16 = 10;

/// Cuts a screen up.
#[must_use]
pub fn areas(screen: Rect, model: &Model) -> Areas {
    let form = form(screen);
    let labels = form == Form::Full;
    let below = 2 + u16::from(labels);
    let line = |y: u16| Rect { x: screen.x, y, width: screen.width, height: 1 };
    let bottom = screen.y + screen.height;
    let middle = Rect { y: screen.y + 1, height: screen.height.saturating_sub(1 + below), ..screen };
    let bar_line = line(bottom.saturating_sub(below));
    let bar = Rect { x: screen.x + BAR_LEFT, width: screen.width.saturating_sub(BAR_LEFT + BAR_RIGHT), ..bar_line };
    let panes = match form {
        Form::Tiny => Vec::new(),
        Form::Text => vec![(alone(model), middle)],
        Form::Full | Form::Compact if model.zoom => vec![(model.focus, middle)],
        Form::Full => {
            let left = if model.by_line && model.focus != Pane::Timeline { Pane::Script } else { Pane::Timeline };
            full(middle, left, model.run().lanes.len() as u16)
        }
        Form::Compact => compact(middle, shown_tab(model)),
    };
    Areas {
        form,
        title: line(screen.y),
        panes,
        bar: (form != Form::Tiny).then_some(bar),
        bar_line,
        labels: labels.then(|| line(bottom - 2)),
        footer: line(bottom.saturating_sub(1)),
    }
}

/// The pane at the bottom of the compact form.
#[must_use]
pub fn shown_tab(model: &Model) -> Pane {
    match model.focus {
        Pane::Timeline => Pane::Timeline,
        Pane::Why => Pane::Why,
        Pane::Script => Pane::Script,
        Pane::Story | Pane::Stages | Pane::Nodes if model.cursor.beat.is_some() || failed(model) => Pane::Why,
        Pane::Stages | Pane::Nodes if model.by_line => Pane::Script,
        Pane::Story | Pane::Stages | Pane::Nodes => Pane::Story,
    }
}

/// The pane of the text form: the answer or the pane that was chosen; else the question or the beat that is told now; else the story.
#[must_use]
pub fn alone(model: &Model) -> Pane {
    let is_told = model.cursor.beat.is_some() || failed(model);
    match model.focus {
        Pane::Why | Pane::Script => model.focus,
        chosen if model.pane_chosen => chosen,
        _ if is_told => Pane::Why,
        _ => Pane::Story,
    }
}

/// Whether the cursor stands at the end of a run that went wrong: then the reason is shown first.
fn failed(model: &Model) -> bool {
    let run = model.run();
    let wrong = run.end.as_ref().is_some_and(|end| end.error.is_some());
    wrong && !run.history.is_empty() && model.cursor.position >= run.history.len()
}

/// The lowest story, and the lowest machines with stages beside them.
const STORY: u16 = 6;
const TOP: u16 = 16;

/// `left` is the pane at the left of the middle. Each core gets a row of it where that leaves room for the rest.
fn full(area: Rect, left: Pane, cores: u16) -> Vec<(Pane, Rect)> {
    let usual = (area.height * 2 / 9).clamp(STORY, 12);
    let middle = ((area.height - usual) * 43 / 100).max((cores + 2).min(area.height.saturating_sub(STORY + TOP)));
    let story = usual.min(area.height.saturating_sub(middle + TOP)).max(STORY);
    let top = area.height - middle - story;
    let stages = (area.width * 37 / 100).min(60);
    let why = (area.width * 37 / 100).min(70);
    let at = |x: u16, y: u16, width: u16, height: u16| Rect { x: area.x + x, y: area.y + y, width, height };
    vec![
        (Pane::Stages, at(0, 0, stages, top)),
        (Pane::Nodes, at(stages, 0, area.width - stages, top)),
        (left, at(0, top, area.width - why, middle)),
        (Pane::Why, at(area.width - why, top, why, middle)),
        (Pane::Story, at(0, top + middle, area.width, story)),
    ]
}

fn compact(area: Rect, tab: Pane) -> Vec<(Pane, Rect)> {
    let stages = (area.height * 30 / 100).max(6);
    let tab_height = (area.height * 38 / 100).max(8);
    let nodes = area.height - stages - tab_height;
    let at = |y: u16, height: u16| Rect { y: area.y + y, height, ..area };
    vec![(Pane::Stages, at(0, stages)), (Pane::Nodes, at(stages, nodes)), (tab, at(stages + nodes, tab_height))]
}
