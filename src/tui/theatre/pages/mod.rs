//! Screens that open over the theatre: a stack of which the top one is drawn and gets the keys first; Esc goes one back.
//!
//! A page is a value: what it shows was taken from the log when it opened, or is looked up at the cursor. Keys that it does not use itself
//! are the theatre's: time can be played and scrubbed on every page.

pub mod compare;
pub mod data;
pub mod plan;

use super::branch::BranchRequest;
use super::keymap::Action;
use super::model::{Model, Selected};
use super::update::Effect;
use super::view::footer::{self, Hint};
use super::view::layout::{Form, form};
use super::view::overlay;
use super::view::paint::{Brush, fit};
use super::{follow, player, probe};
use crate::common::ids::StageId;
use crate::report::words;
use crate::status::{Stage, Status};
use crate::tui::theme::Tone;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// An open page.
#[derive(Debug, Clone, PartialEq)]
pub enum Page {
    Plan(plan::PlanPage),
    Data(data::DataPage),
    Compare(Box<compare::ComparePage>),
}

/// What a page did with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done,
    /// It wants the run done again with a change.
    Branch(BranchRequest),
    /// It gives way to the theatre, in which this is selected and gets the key.
    GiveWay(Option<Selected>),
    /// It gives way to the theatre, in which this row is followed.
    Follow(data::facts::RowId),
    /// It gives way to the rows of this stage, which is selected.
    Rows(StageId),
    /// It wants to know what the run costs without each of these rules.
    Measure(Vec<String>),
    /// It can not do it; why.
    Say(&'static str),
    /// It closes.
    Close,
    /// The key means nothing to it.
    Pass,
}

impl Page {
    /// Takes a key in.
    pub fn key(&mut self, model: &mut Model, action: Action) -> Answer {
        match (action, &mut *self) {
            (Action::Close | Action::Back, _) if model.zoom => {
                model.zoom = false;
                Answer::Done
            }
            (Action::Close | Action::Back, _)
            | (Action::Plan, Page::Plan(_))
            | (Action::Data, Page::Data(_))
            | (Action::Compare, Page::Compare(_)) => Answer::Close,
            (Action::Pane(index), _) => {
                self.focus(index);
                Answer::Done
            }
            _ if is_of_the_theatre(action) => Answer::GiveWay(self.selected(model)),
            (_, Page::Plan(page)) => page.key(model, action),
            (_, Page::Data(page)) => page.key(model, action),
            (_, Page::Compare(page)) => page.key(model, action),
        }
    }

    /// Its name, as the list of keys has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Page::Plan(_) => "Plan",
            Page::Data(_) => "Data",
            Page::Compare(_) => "Compare",
        }
    }

    /// To the pane with this number in its title, counted from 0.
    fn focus(&mut self, index: usize) {
        match self {
            Page::Plan(page) => page.focus(index),
            Page::Data(page) => page.focus(index),
            // Its panes have no numbers: both runs move together.
            Page::Compare(_) => {}
        }
    }

    /// What the theatre should ask about or break, when it gets a key from here.
    fn selected(&self, model: &Model) -> Option<Selected> {
        match self {
            Page::Data(page) => page.selected(model.run().history.current()),
            Page::Plan(page) => page.selected(model),
            Page::Compare(_) => None,
        }
    }

    /// Draws it on the whole screen.
    pub fn draw(&self, brush: &mut Brush, model: &Model, status: &Status, screen: Rect) {
        match self {
            Page::Plan(page) => plan::view::draw(brush, model, page, screen),
            Page::Data(page) => data::view::draw(brush, model, status, page, screen),
            Page::Compare(page) => compare::view::draw(brush, model, page, screen),
        }
    }

    /// What `y` copies.
    #[must_use]
    pub fn text(&self, model: &Model) -> String {
        match self {
            Page::Plan(page) => page.text(),
            Page::Data(page) => page.text(model.run().history.current()),
            Page::Compare(page) => page.text(model),
        }
    }
}

/// Opens a page above those that are open; a page of the same kind is replaced.
pub fn open(model: &mut Model, page: Page) {
    model.pages.retain(|known| std::mem::discriminant(known) != std::mem::discriminant(&page));
    model.pages.push(page);
    model.zoom = false;
    // What was said of the screen before says nothing of this one.
    model.toast = None;
}

/// Opens the comparison of the first run with the one on screen, or with the last branch.
pub fn open_compare_with_branch(model: &mut Model) {
    let last = model.runs.len() - 1;
    if last == 0 {
        let how = if model.can_branch { "break something first (K)" } else { "batchlab compare A B opens two" };
        model.toast = Some((format!("there is only one run: {how}"), 6.0));
        return;
    }
    let other = if model.current == 0 { last } else { model.current };
    open_compare(model, [0, other]);
}

/// Opens the comparison of two runs at the linked time.
pub fn open_compare(model: &mut Model, sides: [usize; 2]) {
    let page = compare::ComparePage::between(model, sides, model.current);
    // Time goes on to the end of the longer run.
    model.current = page.longer(model);
    player::to_time(model, model.cursor.time);
    open(model, Page::Compare(Box::new(page)));
}

/// Closes all pages.
pub fn close_all(model: &mut Model) {
    while let Some(page) = model.pages.pop() {
        closed(model, &page);
    }
}

/// A line of the top page's list was pressed.
pub fn choose(model: &mut Model, line: usize) {
    let Some(mut page) = model.pages.pop() else { return };
    match &mut page {
        Page::Plan(page) => page.choose(line),
        Page::Data(page) => page.choose(line),
        Page::Compare(_) => {}
    }
    model.pages.push(page);
}

/// To the next place on the top page of what is looked for; false when there is none.
pub fn find(model: &mut Model, is_forward: bool) -> bool {
    let Some(mut page) = model.pages.pop() else { return false };
    let is_found = match &mut page {
        Page::Plan(page) => page.find(&model.found, is_forward),
        Page::Data(page) => page.find(model.run().history.current(), &model.found, is_forward),
        Page::Compare(_) => false,
    };
    model.pages.push(page);
    is_found
}

fn closed(model: &mut Model, page: &Page) {
    if let Page::Compare(page) = page {
        model.current = page.before;
        player::to_time(model, model.cursor.time);
    }
}

/// Gives a key to the top page; absent when the theatre should see it.
pub fn key(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if model.pages.is_empty() {
        return None;
    }
    let mut page = model.pages.pop()?;
    let answer = page.key(model, action);
    if answer == Answer::Close {
        closed(model, &page);
    } else {
        model.pages.push(page);
    }
    match answer {
        Answer::Done | Answer::Close => Some(Vec::new()),
        Answer::Branch(request) => Some(vec![Effect::Branch(request)]),
        Answer::GiveWay(selected) => {
            close_all(model);
            model.selected = selected.unwrap_or(model.selected);
            None
        }
        Answer::Follow(row) => {
            close_all(model);
            follow::begin(model, row);
            Some(Vec::new())
        }
        Answer::Rows(stage) => {
            model.selected = Selected::Stage(stage);
            let ended = to_its_end(model, stage);
            let data = data::DataPage::of_stage(model, stage);
            open(model, Page::Data(data));
            model.toast = ended.map(|words| (words, 6.0));
            Some(Vec::new())
        }
        Answer::Measure(rules) => {
            probe::ask_rules(model, &rules);
            Some(Vec::new())
        }
        Answer::Say(why) => {
            model.toast = Some((why.to_owned(), 6.0));
            Some(Vec::new())
        }
        Answer::Pass => None,
    }
}

/// Where a stage has not begun at the cursor, there is nothing of it to see: goes on to its end, and says so.
fn to_its_end(model: &mut Model, stage: StageId) -> Option<String> {
    let begins = |stage: &Stage| stage.submissions.first().map(|first| first.at);
    let known = model.run().head().stages.get(&stage)?;
    let is_seen = model.run().history.current().stages.get(&stage).and_then(|now| begins(now)).is_some();
    let ended = known.submissions.iter().filter_map(|submission| submission.ended).max().or_else(|| begins(known))?;
    if is_seen {
        return None;
    }
    player::pause_at(model, ended);
    model.seek();
    Some(format!("on to {}, when {stage} is done", words::moment(ended)))
}

/// Whether a key speaks of what only the theatre shows: its answer, its blocks, its machines, its runs.
fn is_of_the_theatre(action: Action) -> bool {
    matches!(action, Action::Why | Action::Matrix | Action::Kill | Action::Runs)
}

/// The parts of a page's screen.
pub struct Sheet {
    pub form: Form,
    pub body: Rect,
}

/// Draws title and keys of a page; gives what is between them.
pub fn sheet(brush: &mut Brush, model: &Model, screen: Rect, titles: (&str, &str), hints: &[Hint]) -> Sheet {
    let (left, right) = titles;
    let line = |y: u16| Rect { y, height: 1, ..screen };
    let start = screen.width.saturating_sub(right.width() as u16 + 1);
    let room = usize::from(start.saturating_sub(2));
    // What does not fit whole is left out, the least important last.
    let mut whole = left;
    while whole.width() > room
        && let Some((before, _)) = whole.rsplit_once(" · ")
    {
        whole = before;
    }
    brush.tone(line(screen.y), 1, 0, &fit(whole, room), Tone::Title);
    brush.tone(line(screen.y), start, 0, right, Tone::Title);
    let hints = overlay::hints(model).unwrap_or(hints);
    footer::draw(brush, line(screen.y + screen.height.saturating_sub(1)), model.toast.as_ref(), hints);
    brush.band(line(screen.y), 0, screen.width);
    let body = Rect { y: screen.y + 1, height: screen.height.saturating_sub(2), ..screen };
    Sheet { form: form(screen), body }
}
