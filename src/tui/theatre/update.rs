//! What happens on a key, a tick of the real clock, or news from the engine. No I/O: what must be done outside is returned.

use super::Exit;
use super::branch::{self, BranchRequest};
use super::console;
use super::find;
use super::follow;
use super::hits::{self, Target};
use super::keymap::{self, Action};
use super::model::{Copied, Model, Overlay, PANES, Pane, SPEEDS, Selected};
use super::pages::data::DataPage;
use super::pages::plan::PlanPage;
use super::pages::{self, Page};
use super::player::{self, Stops};
use super::presenter::{self, Following, Led, Shown};
use super::probe;
use super::question;
use super::recording::Recording;
use super::select;
use super::view::{self, layout};
use crate::common::time::VirtualTime;
use crate::event::Event;
use crate::tui::palette::Palette;
use crate::tui::run_handle::{RunEnd, RunHandle};
use ratatui::layout::{Position, Rect};
use std::sync::Arc;

/// What the theatre is told.
#[derive(Debug)]
pub enum Message {
    Key(Action),
    /// A letter of a text.
    Typed(char),
    /// The last letter goes.
    Erased,
    /// So many seconds of real time passed.
    Tick(f64),
    /// New events of a run.
    Grew {
        run: usize,
        events: Vec<Arc<Event>>,
    },
    /// A run as it is known now; its past may have changed.
    Retold {
        run: usize,
        recording: Box<Recording>,
    },
    Ended {
        run: usize,
        end: RunEnd,
    },
    BranchStarted {
        request: BranchRequest,
        handle: RunHandle,
    },
    BranchRefused(String),
    BranchGrew(Vec<Arc<Event>>),
    BranchEnded(RunEnd),
    /// Of the presenter whom this window follows.
    Led(Led),
    /// The mouse, at a cell of a screen of this size.
    Mouse {
        at: Position,
        screen: Rect,
        kind: Mouse,
    },
}

impl Message {
    /// Whether a person did it here, and not to follow the presenter.
    fn is_of_a_person(&self) -> bool {
        match self {
            Message::Key(action) => *action != Action::Follow,
            other => matches!(other, Message::Typed(_) | Message::Mouse { .. }),
        }
    }
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    Press,
    Drag,
    WheelUp,
    WheelDown,
}

/// What must be done outside.
#[derive(Debug)]
pub enum Effect {
    Branch(BranchRequest),
    /// Run it in the background, for its figures.
    Probe(BranchRequest),
    /// Keep these faults.
    SaveScenario(String),
    /// Put it into the clipboard.
    Copy(Copied),
    /// Ask a run to stop.
    Stop(RunHandle),
    Suspend,
    Leave(Exit),
}

/// Takes in one message.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let beat = model.cursor.beat;
    let is_led = model.following.as_ref().is_some_and(Following::is_led);
    let before = (is_led && message.is_of_a_person()).then(|| Shown::of(model));
    let is_news = matches!(message, Message::Grew { .. } | Message::Retold { .. });
    let effects = handle(model, message);
    presenter::stray(model, before.as_ref());
    if is_news {
        presenter::keep_up(model);
    }
    // What is told anew wants to be seen, whatever was looked at before.
    model.pane_chosen &= model.cursor.beat.is_none() || model.cursor.beat == beat;
    model.seek();
    effects
}

fn handle(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(action) => key(model, action),
        Message::Typed(_) | Message::Erased => {
            typed(model, &message);
            Vec::new()
        }
        Message::Tick(secs) => {
            player::tick(model, secs);
            probe::begin_next(model).into_iter().collect()
        }
        Message::Grew { run, events } => {
            if let Some(recording) = model.runs.get_mut(run) {
                recording.grow(events);
            }
            grown(model, run);
            Vec::new()
        }
        Message::Retold { run, recording } => {
            if let Some(known) = model.runs.get_mut(run) {
                known.retell(*recording);
            }
            if run == model.current {
                player::stay(model);
            }
            grown(model, run);
            Vec::new()
        }
        Message::Ended { run, end } => {
            if let Some(recording) = model.runs.get_mut(run) {
                recording.end = Some(end);
            }
            if run == model.current && std::mem::take(&mut model.follow) {
                model.toast = Some(("the run is over".to_owned(), 6.0));
            }
            player::choose_speed(model);
            if run == model.current {
                player::to_until(model);
            }
            probe::ask_deaths(model, run);
            Vec::new()
        }
        Message::BranchStarted { request, handle } => {
            branch::started(model, request, handle);
            Vec::new()
        }
        Message::BranchRefused(reason) => {
            model.toast = Some((reason, 8.0));
            Vec::new()
        }
        Message::BranchGrew(events) => {
            if let Some(pending) = &mut model.pending {
                pending.recording.grow(events);
            }
            branch::enter_when_ready(model);
            Vec::new()
        }
        Message::BranchEnded(end) => {
            if let Some(pending) = &mut model.pending {
                pending.recording.end = Some(end);
            }
            branch::enter_when_ready(model);
            Vec::new()
        }
        Message::Led(led) => {
            presenter::lead(model, led);
            Vec::new()
        }
        Message::Mouse { at, screen, kind } => mouse(model, at, screen, kind),
    }
}

/// More is known of a run: whoever follows it goes on to its end.
fn grown(model: &mut Model, run: usize) {
    player::choose_speed(model);
    if run != model.current {
        return;
    }
    if model.until.is_some() {
        player::to_until(model);
    } else if model.follow {
        player::to_end(model);
    } else if model.cursor.time == VirtualTime::ZERO && !model.by_line {
        player::to_time(model, VirtualTime::ZERO);
    }
}

/// Takes in a key.
pub fn key(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Interrupt => return vec![Effect::Leave(Exit::Interrupted)],
        Action::Suspend => return vec![Effect::Suspend],
        _ => {}
    }
    if model.pending.is_some() && matches!(action, Action::Close | Action::Back) {
        let pending = model.pending.take().and_then(|pending| pending.recording.handle);
        model.toast = Some(("the branch is given up".to_owned(), 4.0));
        return pending.map(Effect::Stop).into_iter().collect();
    }
    if model.overlay != Overlay::None {
        return overlay_key(model, action);
    }
    if let Some(effects) = pages::key(model, action) {
        return effects;
    }
    if model.pages.is_empty() && question::key(model, action) {
        return Vec::new();
    }
    match action {
        Action::PlayPause => player::toggle(model),
        Action::EventBack => player::event_back(model),
        Action::EventOn => player::event_on(model),
        Action::MarkBack | Action::MarkOn if follow::step(model, action == Action::MarkOn) => {}
        Action::MarkBack => player::stop_back(model, Stops::All),
        Action::MarkOn => player::stop_on(model, Stops::All),
        Action::LineBack => player::line_back(model),
        Action::LineOn => player::line_on(model),
        Action::StageBack => player::stop_back(model, Stops::Stages),
        Action::StageOn => player::stop_on(model, Stops::Stages),
        Action::DeathBack => player::stop_back(model, Stops::Deaths),
        Action::DeathOn => player::stop_on(model, Stops::Deaths),
        Action::ScrubBack => player::scrub(model, -1),
        Action::ScrubOn => player::scrub(model, 1),
        Action::Slower => player::change_speed(model, -1),
        Action::Faster => player::change_speed(model, 1),
        Action::SetMark => player::set_mark(model),
        Action::ToMark if model.marks().next().is_none() => {
            model.toast = Some(("no moment is marked: M marks one".to_owned(), 4.0));
        }
        Action::ToMark => model.overlay = Overlay::Marks,
        Action::Start => player::to_start(model),
        // The end of a run that goes on is wherever it has come to.
        Action::End if model.run().is_growing() => player::follow(model),
        Action::End => player::to_end(model),
        Action::Follow if presenter::follow(model) => {}
        Action::Follow => player::follow(model),
        Action::Auto => toggle_auto(model),
        Action::Why => select::ask_why(model),
        Action::Kill => console::open(model),
        Action::Compare => pages::open_compare_with_branch(model),
        Action::Runs => model.overlay = Overlay::Runs { choice: model.current },
        Action::Plan => pages::open(model, Page::Plan(PlanPage::at_cursor(model))),
        Action::Data => pages::open(model, Page::Data(DataPage::at_cursor(model))),
        // These belong to pages and the fault console.
        Action::Measure
        | Action::Swap
        | Action::Arm
        | Action::Disarm
        | Action::Cue
        | Action::ComeBack
        | Action::Save => {}
        Action::Find => model.overlay = Overlay::Find { query: String::new() },
        Action::NextFound => find::next(model, true),
        Action::PreviousFound => find::next(model, false),
        Action::Copy => return vec![Effect::Copy(Copied::Thing)],
        Action::CopyPane => return vec![Effect::Copy(Copied::Pane)],
        Action::Projector => turn_projector(model),
        Action::Theatre => pages::close_all(model),
        Action::Output => model.overlay = Overlay::Output { back: 0 },
        Action::Matrix => model.overlay = Overlay::Matrix,
        Action::Zoom => model.zoom = !model.zoom,
        Action::Help => model.overlay = Overlay::Help(Palette::default()),
        Action::NextPane => focus_next(model, 1),
        Action::PreviousPane => focus_next(model, PANES.len() - 1),
        Action::Pane(index) => focus(model, index),
        Action::Up | Action::Down | Action::Left | Action::Right => select::step(model, action),
        Action::Open => select::open(model),
        Action::Close => return close(model),
        Action::Back => return back(model),
        Action::Interrupt | Action::Suspend => {}
    }
    Vec::new()
}

/// A text grows or shrinks; `?` in an empty one closes it again.
fn typed(model: &mut Model, message: &Message) {
    let query = match (&mut model.overlay, message) {
        (Overlay::Help(open), Message::Typed('?' | ':')) if open.query.is_empty() => {
            model.overlay = Overlay::None;
            return;
        }
        (Overlay::Help(Palette { query, choice }), _) => {
            *choice = 0;
            query
        }
        (Overlay::Find { query }, _) => query,
        (Overlay::Marks, Message::Typed(letter)) => {
            model.overlay = Overlay::None;
            player::to_mark(model, *letter);
            return;
        }
        _ => return,
    };
    match message {
        Message::Typed(c) => query.push(*c),
        _ => drop(query.pop()),
    }
}

fn turn_projector(model: &mut Model) {
    model.options.projector = !model.options.projector;
    let text = if model.options.projector {
        "projector: titles as bands, high contrast, nothing dim"
    } else {
        "projector is off"
    };
    model.toast = Some((text.to_owned(), 3.0));
}

fn focus(model: &mut Model, index: usize) {
    if let Some(pane) = PANES.get(index) {
        model.focus = *pane;
        model.pane_chosen = true;
        model.by_line |= *pane == Pane::Script;
    }
}

/// The pane so many further on; the script only while it is stepped.
fn focus_next(model: &mut Model, by: usize) {
    let next = |index: usize| (index + by) % PANES.len();
    let index = next(model.focus as usize);
    let is_hidden = PANES[index] == Pane::Script && !model.by_line;
    focus(model, if is_hidden { next(index) } else { index });
}

fn toggle_auto(model: &mut Model) {
    model.auto = !model.auto;
    let text = if model.auto {
        "automatic: node deaths are told slowly, idle time is jumped over"
    } else {
        "automatic is off: time runs evenly"
    };
    model.toast = Some((text.to_owned(), 4.0));
}

/// Closes what is open, lets go of what is selected, else leaves: a run that goes on only by `q`, since it ends there.
fn close(model: &mut Model) -> Vec<Effect> {
    let is_free = model.followed.is_none() && model.selected == Selected::Nothing;
    if model.zoom {
        model.zoom = false;
    } else if model.why.take().is_some() {
        model.focus = model.asked_from;
    } else if !is_free {
        model.followed = None;
        model.selected = Selected::Nothing;
    } else if model.run().is_growing() {
        model.toast = Some(("the run goes on: q leaves it".to_owned(), 4.0));
    } else {
        return vec![Effect::Leave(Exit::Back)];
    }
    Vec::new()
}

fn back(model: &mut Model) -> Vec<Effect> {
    if model.zoom {
        model.zoom = false;
        return Vec::new();
    }
    vec![Effect::Leave(Exit::Back)]
}

fn overlay_key(model: &mut Model, action: Action) -> Vec<Effect> {
    let step: isize = match action {
        Action::Up | Action::Left => -1,
        Action::Down | Action::Right => 1,
        _ => 0,
    };
    let closing = matches!(action, Action::Close | Action::Back);
    match &mut model.overlay {
        Overlay::Help(Palette { query, choice }) => {
            let rows = keymap::found(query, model.can_branch, model.pages.last().map(Page::name));
            *choice = choice.saturating_add_signed(step).min(rows.len().saturating_sub(1));
            let chosen = rows.get(*choice).and_then(|row| row.action);
            if closing || action == Action::Open {
                model.overlay = Overlay::None;
            }
            if let Some(chosen) = chosen.filter(|chosen| action == Action::Open && *chosen != Action::Help) {
                return key(model, chosen);
            }
        }
        Overlay::Find { query } => {
            let query = std::mem::take(query);
            if closing || action == Action::Open {
                model.overlay = Overlay::None;
            } else {
                model.overlay = Overlay::Find { query };
                return Vec::new();
            }
            if action == Action::Open {
                find::start(model, &query);
            }
        }
        Overlay::Marks => {
            if closing || action == Action::Open {
                model.overlay = Overlay::None;
            }
            if action == Action::Open {
                player::to_next_mark(model);
            }
        }
        Overlay::Output { back } => {
            *back = back.saturating_add_signed(-step);
            if closing || matches!(action, Action::Output | Action::Open) {
                model.overlay = Overlay::None;
            }
        }
        Overlay::Matrix => {
            if step != 0 {
                select::step(model, action);
            }
            if closing || matches!(action, Action::Matrix | Action::Open) {
                model.overlay = Overlay::None;
            }
        }
        Overlay::Fault(_) => return console::key(model, action, closing),
        Overlay::Runs { choice } => {
            let choice = choice.saturating_add_signed(step).min(model.runs.len().saturating_sub(1));
            model.overlay = Overlay::Runs { choice };
            if action == Action::Open {
                switch_run(model, choice);
            }
            if closing || matches!(action, Action::Open | Action::Runs) {
                model.overlay = Overlay::None;
            }
        }
        Overlay::None => {}
    }
    Vec::new()
}

fn switch_run(model: &mut Model, choice: usize) {
    if choice != model.current && choice < model.runs.len() {
        let time = model.cursor.time;
        model.current = choice;
        model.follow = false;
        player::to_time(model, time);
        model.toast = Some((format!("now: {}", model.run().name), 4.0));
    }
}

fn mouse(model: &mut Model, at: Position, screen: Rect, kind: Mouse) -> Vec<Effect> {
    let areas = layout::areas(screen, model);
    let is_plain = model.overlay == Overlay::None && model.pages.is_empty();
    if let Some(bar) = areas.bar.filter(|bar| is_plain && bar.contains(at)) {
        if matches!(kind, Mouse::Press | Mouse::Drag) {
            let fraction = f64::from(at.x.saturating_sub(bar.x)) / f64::from(bar.width.saturating_sub(1).max(1));
            player::scrub_to(model, fraction);
        }
        return Vec::new();
    }
    let pane = areas.panes.iter().find(|(_, area)| is_plain && area.contains(at)).map(|(pane, _)| *pane);
    match kind {
        Mouse::Press => {
            let hits = view::hits(model, model.run().history.current(), screen);
            // What is open covers the whole screen but the keys.
            let is_met = |target: &Target| model.overlay == Overlay::None || !target.is_of_a_pane();
            let target = hits::target(&hits, at).filter(is_met).unwrap_or(Target::Nothing);
            hits::press(model, target, pane)
        }
        Mouse::Drag => Vec::new(),
        Mouse::WheelUp => wheel(model, pane, Action::Up),
        Mouse::WheelDown => wheel(model, pane, Action::Down),
    }
}

/// The wheel moves in what lies under the pointer.
fn wheel(model: &mut Model, pane: Option<Pane>, action: Action) -> Vec<Effect> {
    let Some(pane) = pane else {
        // Up and down ask a page or an overlay for nothing outside.
        return if model.overlay != Overlay::None || !model.pages.is_empty() { key(model, action) } else { Vec::new() };
    };
    let before = model.focus;
    model.focus = pane;
    select::step(model, action);
    if pane != Pane::Story && pane != Pane::Why {
        model.focus = before;
    }
    Vec::new()
}

/// The speed as shown.
#[must_use]
pub fn speed_word(model: &Model) -> String {
    format!("{}x", SPEEDS[model.speed.min(SPEEDS.len() - 1)])
}
