//! What the screen of a world knows: the moments that happened, and a cursor in their time.

use super::view;
use crate::tui::find::{Finder, Place};
use crate::tui::front::{Asked, Front, Said};
use crate::tui::playback::Playback;
use crate::tui::theatre::keymap::{self, Action};
use crate::tui::touch::Touch;
use crate::worlds::{Mark, World, WorldOutcome};

/// A world should take about so many seconds to watch.
const WATCH_SECS: f64 = 30.0;

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
    /// The cursor in its moments.
    pub play: Playback,
    /// Lines scrolled back in the story.
    pub back: usize,
    /// The keys, and what is typed.
    pub front: Front,
    /// What was looked for, by the moments that have happened when it is told.
    pub found: Finder<usize>,
    /// What was just done, until the next key.
    pub notice: Option<String>,
    pub projector: bool,
    /// What happens, where it can happen again with a fault.
    pub world: Option<World>,
}

impl WorldModel {
    /// A world at its start.
    #[must_use]
    pub fn new(title: String, outcome: WorldOutcome) -> Self {
        let times = outcome.log.iter().map(|moment| moment.at).collect();
        WorldModel {
            title,
            play: Playback::new(times, outcome.ended, WATCH_SECS),
            outcome,
            back: 0,
            front: Front::default(),
            found: Finder::default(),
            notice: None,
            projector: false,
            world: None,
        }
    }

    /// Lets the same happen once more with a clock that goes wrong now; the cursor stays.
    fn break_a_clock(&mut self) {
        let now = self.play.time;
        let Some(broken) = self.world.as_ref().and_then(|world| world.with_wrong_clock(now)) else { return };
        let outcome = broken.run(self.outcome.seed);
        let times = outcome.log.iter().map(|moment| moment.at).collect();
        self.play = Playback::new(times, outcome.ended, WATCH_SECS);
        self.outcome = outcome;
        self.world = Some(broken);
        self.play.to_time(now);
        self.moved();
    }

    /// To just after so many moments.
    pub fn to_position(&mut self, position: usize) {
        self.play.to_position(position);
        self.moved();
    }

    /// To a fraction of the whole.
    pub fn scrub_to(&mut self, fraction: f64) {
        self.play.scrub_to(fraction);
        self.moved();
    }

    fn scrub(&mut self, hundredths: f64) {
        self.play.scrub(hundredths);
        self.moved();
    }

    fn finish(&mut self) {
        self.play.finish();
        self.moved();
    }

    /// Real time passes.
    pub fn tick(&mut self, secs: f64) {
        if self.play.tick(secs) {
            self.moved();
        }
    }

    /// The newest is in sight again, and it is not what was found.
    fn moved(&mut self) {
        self.back = 0;
        self.found.at = None;
    }

    /// To the next moment that is more than ordinary work.
    fn mark_on(&mut self) {
        let found = self.outcome.log.iter().skip(self.play.position).position(|moment| moment.mark != Mark::Step);
        match found {
            Some(further) => self.to_position(self.play.position + further + 1),
            None => self.finish(),
        }
    }

    fn mark_back(&mut self) {
        let before = &self.outcome.log[..self.play.position.saturating_sub(1)];
        let found = before.iter().rposition(|moment| moment.mark != Mark::Step);
        self.to_position(found.map_or(0, |index| index + 1));
    }

    /// To the next moment that is told with what was looked for, or the one before.
    fn find(&mut self, is_forward: bool) {
        let place = |(index, moment): (usize, &crate::worlds::Moment)| Place {
            at: index + 1,
            text: format!("{} {}", moment.lane, moment.text),
            goes_on: false,
        };
        let places: Vec<Place<usize>> = self.outcome.log.iter().enumerate().map(place).collect();
        let told = self.found.next(&places, self.play.position, is_forward);
        if let Ok((position, _)) = &told {
            self.to_position(*position);
            self.found.at = Some(*position);
        }
        self.notice = Some(told.map_or_else(|nowhere| nowhere, |(_, words)| words));
    }

    /// Takes in what a person did.
    pub fn take(&mut self, touch: Touch) -> Option<Effect> {
        self.notice = None;
        match self.front.take(touch, &view::ROWS) {
            Said::Taken => None,
            Said::Do(action) => self.key(action),
            Said::Typed(_, text) => {
                self.found.start(&text);
                self.find(true);
                None
            }
            Said::Pass(touch) => self.key(keymap::of_key(touch.key()?)?),
        }
    }

    /// What a key does. The keys are the theatre's.
    pub fn key(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Interrupt => return Some(Effect::Leave(Left::Interrupted)),
            Action::Back | Action::Close => return Some(Effect::Leave(Left::Back)),
            Action::Suspend => return Some(Effect::Suspend),
            Action::PlayPause => self.play.toggle(),
            Action::EventOn if self.play.position >= self.outcome.log.len() => self.finish(),
            Action::EventOn => self.to_position(self.play.position + 1),
            Action::EventBack => self.to_position(self.play.position.saturating_sub(1)),
            Action::MarkOn => self.mark_on(),
            Action::MarkBack => self.mark_back(),
            Action::ScrubOn => self.scrub(1.0),
            Action::ScrubBack => self.scrub(-1.0),
            Action::Faster => self.play.speed *= 2.0,
            Action::Slower => self.play.speed /= 2.0,
            Action::Start => self.to_position(0),
            Action::End => self.finish(),
            Action::Up => self.back = (self.back + 1).min(self.play.position.saturating_sub(1)),
            Action::Down => self.back = self.back.saturating_sub(1),
            Action::Find => self.front.ask(Asked::Word),
            Action::NextFound => self.find(true),
            Action::PreviousFound => self.find(false),
            Action::Help => self.front.list(),
            Action::Kill => self.break_a_clock(),
            Action::Projector => self.projector = !self.projector,
            _ => {}
        }
        None
    }
}
