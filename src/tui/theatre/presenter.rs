//! Two windows of one run: what the presenter's shows, and how the other follows it.
//!
//! ```text
//!   presenter: Model ──► Shown::of ──► Presenting (the door keeps it, and the branches, where others can read them)
//!   follower:  Leader (the door reads them) ──► Led ──► lead(&mut Model, Led) ──► the same moment, selection, pane, page and run
//! ```
//!
//! What the follower's window shows beside that is its own: size, theme, projector. Whoever moves in it looks on alone until `f`.

use super::model::{Cursor, Model, Overlay, Pane, Selected};
use super::pages::data::DataPage;
use super::pages::plan::PlanPage;
use super::pages::{self, Page};
use super::player;
use super::recording::Recording;
use super::stops::Beat;
use crate::common::ids::StageId;
use crate::common::time::VirtualTime;
use crate::event::log::EventLog;
use crate::status::why::Subject;
use crate::tui::Bell;
use crate::tui::run_handle::RunHandle;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// The version of [`Shown`]: another one is not read.
pub const VERSION: u32 = 1;
/// While both play, the follower's clock may differ by so many seconds of the person's time.
const DRIFT_SECS: f64 = 0.5;

/// What a presenter's theatre shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    pub version: u32,
    /// The branches so far, by name.
    pub branches: Vec<String>,
    /// The run on screen: 0 is the first, behind it come the branches.
    pub run: usize,
    pub position: usize,
    pub time: VirtualTime,
    pub beat: Option<(usize, Beat)>,
    pub playing: bool,
    /// Index into [`super::model::SPEEDS`].
    pub speed: usize,
    pub auto: bool,
    pub pane: Pane,
    pub zoom: bool,
    pub by_line: bool,
    pub selected: Selected,
    pub why: Option<Subject>,
    /// Whether the blocks of a shuffle lie above the panes.
    pub matrix: bool,
    pub page: Option<ShownPage>,
}

/// The page that lies on top, and what is chosen there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShownPage {
    Plan { step: usize },
    Data { stage: Option<StageId>, partition: usize, row: usize },
    Compare { sides: [usize; 2] },
}

impl Shown {
    /// What a theatre shows.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let page = model.pages.last().map(|page| match page {
            Page::Plan(page) => ShownPage::Plan { step: page.choice },
            Page::Data(page) => ShownPage::Data { stage: page.stage, partition: page.choice, row: page.row },
            Page::Compare(page) => ShownPage::Compare { sides: page.sides },
        });
        Shown {
            version: VERSION,
            branches: model.runs.iter().skip(1).map(|run| run.name.clone()).collect(),
            run: model.current,
            position: model.cursor.position,
            time: model.cursor.time,
            beat: model.cursor.beat,
            playing: model.playing || model.follow,
            speed: model.speed,
            auto: model.auto,
            pane: model.focus,
            zoom: model.zoom,
            by_line: model.by_line,
            selected: model.selected,
            why: model.why,
            matrix: model.overlay == Overlay::Matrix,
            page,
        }
    }

    /// Reads what [`Shown::text`] wrote.
    ///
    /// # Errors
    /// A sentence, where the text is not whole or was written by another version.
    pub fn read(text: &str) -> Result<Self, String> {
        let shown: Shown = serde_json::from_str(text).map_err(|_| "it is not whole".to_owned())?;
        if shown.version == VERSION { Ok(shown) } else { Err("another version of batchlab wrote it".to_owned()) }
    }

    /// It as one line.
    #[must_use]
    pub fn text(&self) -> String {
        // Numbers, names and letters can always be written.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// Keeps what is shown now.
pub type OnShown = Box<dyn FnMut(&Shown)>;
/// Keeps the log of a branch, by its number from 1.
pub type OnLog = Box<dyn FnMut(usize, &EventLog)>;

/// The way of a presenter's theatre to those who follow it.
pub struct Presenting {
    pub on_shown: OnShown,
    pub on_branch: OnLog,
}

/// The presenter's side: what was told to those who follow.
#[derive(Default)]
pub struct Presenter {
    presenting: Option<Presenting>,
    told: Option<Shown>,
    branches: usize,
}

impl Presenter {
    /// Tells nobody, where there is no way.
    #[must_use]
    pub fn new(presenting: Option<Presenting>) -> Self {
        Presenter { presenting, ..Self::default() }
    }

    /// Tells what is new. A branch is there before it is shown.
    pub fn tell(&mut self, model: &Model) {
        let Some(way) = &mut self.presenting else { return };
        for (number, run) in model.runs.iter().enumerate().skip(1 + self.branches) {
            if let Some(handle) = &run.handle {
                (way.on_branch)(number, &handle.log);
            }
            self.branches = number;
        }
        let shown = Shown::of(model);
        if self.told.as_ref() != Some(&shown) {
            (way.on_shown)(&shown);
            self.told = Some(shown);
        }
    }
}

/// What comes from a presenter.
#[derive(Debug)]
pub enum Led {
    /// A branch, which may still grow.
    Branch {
        name: String,
        handle: RunHandle,
    },
    Shown(Shown),
    /// There is nobody to follow any more, and why.
    Gone(String),
}

/// Filled by a thread of the door, emptied by the screen.
#[derive(Debug, Clone, Default)]
pub struct Leader {
    news: Arc<Mutex<Vec<Led>>>,
    bell: Arc<Mutex<Option<Bell>>>,
}

impl Leader {
    /// Something new of the presenter.
    pub fn tell(&self, led: Led) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push(led);
        if let Some(bell) = &*self.bell.lock().unwrap_or_else(PoisonError::into_inner) {
            bell.ring();
        }
    }

    /// Rings at news.
    pub fn ring_at_news(&self, bell: &Bell) {
        *self.bell.lock().unwrap_or_else(PoisonError::into_inner) = Some(bell.clone());
    }

    /// What is new since the last time.
    #[must_use]
    pub fn take_news(&self) -> Vec<Led> {
        std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The follower's side.
#[derive(Debug, Clone, Default)]
pub struct Following {
    /// What the presenter showed last; absent before the first news.
    shown: Option<Shown>,
    /// The person looks on alone.
    pub is_alone: bool,
}

impl Following {
    /// Whether this window shows what the presenter shows.
    #[must_use]
    pub fn is_led(&self) -> bool {
        self.shown.is_some() && !self.is_alone
    }
}

/// Takes in what comes from the presenter.
pub fn lead(model: &mut Model, led: Led) {
    match led {
        Led::Branch { name, handle } => model.runs.push(Recording::live(name, handle)),
        Led::Shown(shown) => {
            let following = model.following.get_or_insert_default();
            let is_first = following.shown.is_none();
            following.shown = Some(shown);
            if is_first {
                model.toast = Some(("this window moves with the presenter's".to_owned(), 5.0));
            }
            keep_up(model);
        }
        Led::Gone(why) => {
            model.following = None;
            model.toast = Some((format!("{why}: this window goes on alone"), 10.0));
        }
    }
}

/// Back to what the presenter shows; false when there is none.
pub fn follow(model: &mut Model) -> bool {
    let Some(following) = &mut model.following else { return false };
    following.is_alone = false;
    model.toast = Some(("with the presenter again".to_owned(), 3.0));
    keep_up(model);
    true
}

/// The person has done something: if it changed what is shown, this window looks on alone.
pub fn stray(model: &mut Model, before: Option<&Shown>) {
    if before.is_some_and(|before| *before != Shown::of(model))
        && let Some(following) = &mut model.following
        && !std::mem::replace(&mut following.is_alone, true)
    {
        model.toast = Some(("on your own; f goes back to what the presenter shows".to_owned(), 6.0));
    }
}

/// Shows what the presenter shows, as far as it is known here.
pub fn keep_up(model: &mut Model) {
    let Some(shown) = model.following.as_ref().filter(|following| following.is_led()) else { return };
    let Some(shown) = shown.shown.clone().filter(|shown| shown.run < model.runs.len()) else { return };
    let known = model.runs[shown.run].history.len();
    to_moment(model, &shown, known);
    (model.playing, model.follow, model.line_from) = (shown.playing, false, None);
    (model.speed, model.speed_chosen, model.auto) = (shown.speed, true, shown.auto);
    (model.focus, model.zoom, model.by_line) = (shown.pane, shown.zoom, shown.by_line);
    (model.selected, model.why) = (shown.selected, shown.why);
    model.pane_chosen = true;
    let is_matrix = model.overlay == Overlay::Matrix;
    if shown.matrix != is_matrix && (is_matrix || model.overlay == Overlay::None) {
        model.overlay = if shown.matrix { Overlay::Matrix } else { Overlay::None };
    }
    model.seek();
    to_page(model, shown.page);
}

/// To the presenter's moment, unless both play and are close to each other: the picture would tremble.
fn to_moment(model: &mut Model, shown: &Shown, known: usize) {
    let Cursor { time, beat: here, .. } = model.cursor;
    // A death is told once the log has come there.
    let beat = shown.beat.filter(|_| shown.position <= known);
    let is_same = model.current == shown.run && here == beat;
    let apart = time.0.abs_diff(shown.time.0) as f64 / 1e9;
    let speed = super::model::SPEEDS[shown.speed.min(super::model::SPEEDS.len() - 1)];
    if is_same && model.playing && shown.playing && apart <= DRIFT_SECS * speed {
        return;
    }
    let position = shown.position.min(known);
    // A beat that is being told is told on; one that is shown still is shown whole.
    let beat_secs = match (is_same, shown.playing) {
        (true, true) => model.cursor.beat_secs,
        (_, false) if beat.is_some() => player::WHOLE,
        _ => 0.0,
    };
    model.current = shown.run;
    model.cursor = Cursor { position, time: shown.time, beat, beat_secs, ..Cursor::default() };
}

fn to_page(model: &mut Model, page: Option<ShownPage>) {
    let now = Shown::of(model).page;
    if now == page {
        return;
    }
    if let (Some(ShownPage::Plan { .. }), Some(ShownPage::Plan { step })) = (now, page)
        && let Some(Page::Plan(plan)) = model.pages.last_mut()
    {
        plan.choose(step);
        return;
    }
    // A page that is closed takes its own run along: it is the presenter's that counts.
    let (current, cursor, zoom) = (model.current, model.cursor, model.zoom);
    pages::close_all(model);
    match page {
        None => {}
        Some(ShownPage::Plan { step }) => {
            let mut plan = PlanPage::at_cursor(model);
            plan.choose(step);
            pages::open(model, Page::Plan(plan));
        }
        Some(ShownPage::Data { stage, partition, row }) => {
            let mut data = stage.map_or_else(|| DataPage::at_cursor(model), |stage| DataPage::of_stage(model, stage));
            (data.choice, data.row) = (partition, row);
            pages::open(model, Page::Data(data));
        }
        Some(ShownPage::Compare { sides }) if sides.iter().all(|side| *side < model.runs.len()) => {
            pages::open_compare(model, sides);
        }
        Some(ShownPage::Compare { .. }) => {}
    }
    (model.current, model.cursor, model.zoom) = (current, cursor, zoom);
    model.seek();
}
