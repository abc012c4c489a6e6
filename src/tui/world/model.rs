//! What the screen of a world knows: the moments that happened, and a cursor in their time.

use super::view;
use crate::common::time::VirtualTime;
use crate::tui::palette::{Answer, Palette};
use crate::tui::theatre::hits::Target;
use crate::tui::theatre::keymap::{self, Action};
use crate::worlds::{Mark, WorldOutcome};
use crossterm::event::{KeyEvent, KeyModifiers};

/// A world should take about so many seconds to watch.
const WATCH_SECS: f64 = 30.0;
/// The next moment is never further away than this, in seconds of the person's time.
const WAIT_SECS: f64 = 1.5;

/// How the screen is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Back,
    Interrupted,
}

/// What must be done outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Leave(Left),
    Suspend,
}

/// The state of the screen.
#[derive(Debug, Clone)]
pub struct WorldModel {
    pub title: String,
    pub outcome: WorldOutcome,
    /// Moments that have happened.
    pub position: usize,
    pub time: VirtualTime,
    pub playing: bool,
    /// Virtual seconds for each real second.
    pub speed: f64,
    /// Lines scrolled back in the story.
    pub back: usize,
    /// The keys, while they are listed.
    pub palette: Option<Palette>,
    pub projector: bool,
}

impl WorldModel {
    /// A world at its start.
    #[must_use]
    pub fn new(title: String, outcome: WorldOutcome) -> Self {
        let speed = (outcome.ended.as_secs_f64() / WATCH_SECS).max(0.001);
        WorldModel {
            title,
            outcome,
            position: 0,
            time: VirtualTime::ZERO,
            playing: false,
            speed,
            back: 0,
            palette: None,
            projector: false,
        }
    }

    /// Everything has happened.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.position >= self.outcome.log.len() && self.time >= self.outcome.ended
    }

    /// Real time passes.
    pub fn tick(&mut self, secs: f64) {
        if !self.playing {
            return;
        }
        let next = self.outcome.log.get(self.position).map_or(self.outcome.ended, |moment| moment.at);
        let gap = next.since(self.time).as_secs_f64();
        let speed = self.speed.max(gap / WAIT_SECS);
        self.to_time(VirtualTime::from_secs_f64(self.time.as_secs_f64() + secs * speed));
        self.playing = !self.is_over();
    }

    /// To a time.
    pub fn to_time(&mut self, time: VirtualTime) {
        self.time = time.min(self.outcome.ended);
        self.position = self.outcome.log.partition_point(|moment| moment.at <= self.time);
        self.back = 0;
    }

    /// To just after so many moments.
    pub fn to_position(&mut self, position: usize) {
        self.playing = false;
        self.position = position.min(self.outcome.log.len());
        let last = self.position.checked_sub(1).and_then(|index| self.outcome.log.get(index));
        self.time = last.map_or(VirtualTime::ZERO, |moment| moment.at);
        self.back = 0;
    }

    /// To a fraction of the whole.
    pub fn scrub_to(&mut self, fraction: f64) {
        self.playing = false;
        let end = self.outcome.ended.as_secs_f64();
        self.to_time(VirtualTime::from_secs_f64(end * fraction.clamp(0.0, 1.0)));
    }

    fn scrub(&mut self, hundredths: f64) {
        let end = self.outcome.ended.as_secs_f64().max(f64::MIN_POSITIVE);
        self.scrub_to(self.time.as_secs_f64() / end + hundredths / 100.0);
    }

    /// To the next moment that is more than ordinary work.
    fn mark_on(&mut self) {
        let found = self.outcome.log.iter().skip(self.position).position(|moment| moment.mark != Mark::Step);
        match found {
            Some(further) => self.to_position(self.position + further + 1),
            None => self.finish(),
        }
    }

    fn mark_back(&mut self) {
        let before = &self.outcome.log[..self.position.saturating_sub(1)];
        let found = before.iter().rposition(|moment| moment.mark != Mark::Step);
        self.to_position(found.map_or(0, |index| index + 1));
    }

    fn finish(&mut self) {
        self.playing = false;
        self.to_time(self.outcome.ended);
        self.position = self.outcome.log.len();
    }

    /// A key press: of the list of keys while that is open, else of the theatre's table.
    pub fn press(&mut self, key: KeyEvent) -> Option<Effect> {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.key(keymap::action(key)?);
        }
        match self.palette.as_mut().map(|palette| palette.key(key, &view::ROWS)) {
            Some(answer) => self.listed(answer),
            None => self.key(keymap::action(key)?),
        }
    }

    fn listed(&mut self, answer: Answer<Action>) -> Option<Effect> {
        if answer != Answer::Open {
            self.palette = None;
        }
        match answer {
            Answer::Do(action) => self.key(action),
            Answer::Open | Answer::Closed => None,
        }
    }

    /// A press of the mouse on something that means something.
    pub fn pressed(&mut self, target: Target) -> Option<Effect> {
        match (target, &mut self.palette) {
            (Target::Line(line), Some(palette)) => {
                let answer = palette.press(line, &view::ROWS);
                self.listed(answer)
            }
            (Target::Press(code), _) => {
                self.palette = None;
                self.key(keymap::of_key(KeyEvent::from(code))?)
            }
            _ => None,
        }
    }

    /// What a key does. The keys are the theatre's.
    pub fn key(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Interrupt => return Some(Effect::Leave(Left::Interrupted)),
            Action::Back | Action::Close => return Some(Effect::Leave(Left::Back)),
            Action::Suspend => return Some(Effect::Suspend),
            Action::PlayPause => {
                if !self.playing && self.is_over() {
                    self.to_position(0);
                }
                self.playing = !self.playing;
            }
            Action::EventOn if self.position >= self.outcome.log.len() => self.finish(),
            Action::EventOn => self.to_position(self.position + 1),
            Action::EventBack => self.to_position(self.position.saturating_sub(1)),
            Action::MarkOn => self.mark_on(),
            Action::MarkBack => self.mark_back(),
            Action::ScrubOn => self.scrub(1.0),
            Action::ScrubBack => self.scrub(-1.0),
            Action::Faster => self.speed *= 2.0,
            Action::Slower => self.speed /= 2.0,
            Action::Start => self.to_position(0),
            Action::End => self.finish(),
            Action::Up => self.back = (self.back + 1).min(self.position.saturating_sub(1)),
            Action::Down => self.back = self.back.saturating_sub(1),
            Action::Help => self.palette = Some(Palette::default()),
            Action::Projector => self.projector = !self.projector,
            _ => {}
        }
        None
    }
}
