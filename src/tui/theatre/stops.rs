//! The places where stepping stops: milestones, and the beats of a node death (visualizer §10).
//!
//! A death is told in beats at one and the same moment of the log: the machine stops, what was on it, the question, who still
//! needs it, the three lists.
//! The cost comes later, when the last task that ran again is done.

use crate::common::time::VirtualTime;
use crate::status::Status;
use crate::status::marks::{Mark, MarkKind};
use crate::status::recompute::Fate;
use serde::{Deserialize, Serialize};

/// A beat of a node death.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Beat {
    /// The frame breaks; nothing else changes.
    Death,
    /// Everything on it turns to lost, one after the other.
    Inventory,
    /// Which of it must be made again? The person says so first.
    Question,
    /// From the tasks that want it back to what can still be read.
    Trace,
    /// Still there; gone and not needed; gone and needed.
    Triage,
    /// What it cost, when the last task that ran again is done.
    Cost,
}

impl Beat {
    /// How long it stays on screen while playing, in seconds of the person's time.
    #[must_use]
    pub fn dwell(self) -> f64 {
        match self {
            Beat::Death => 1.5,
            Beat::Inventory => 3.0,
            // Long enough to answer; Enter goes on at once.
            Beat::Question => 20.0,
            Beat::Trace => 4.5,
            Beat::Triage => 4.0,
            Beat::Cost => 4.0,
        }
    }

    /// Its number among the beats, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        self as usize + 1
    }
}

/// How many beats there are.
pub const BEATS: usize = 6;

/// What there is to see at a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopKind {
    Mark(MarkKind),
    /// A beat of the death with this index.
    Beat(usize, Beat),
}

/// A place to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    pub position: usize,
    pub at: VirtualTime,
    pub kind: StopKind,
}

impl Stop {
    /// Sorts stops of one moment: the mark first, then the beats.
    #[must_use]
    pub fn order(&self) -> (usize, usize) {
        (self.position, order_of(self.beat()))
    }

    /// The beat, if it is one.
    #[must_use]
    pub fn beat(&self) -> Option<(usize, Beat)> {
        match self.kind {
            StopKind::Mark(_) => None,
            StopKind::Beat(death, beat) => Some((death, beat)),
        }
    }
}

/// Where a beat stands among the stops of one moment.
#[must_use]
pub fn order_of(beat: Option<(usize, Beat)>) -> usize {
    beat.map_or(0, |(death, beat)| 1 + death * BEATS + beat as usize)
}

/// All stops of a log, in order.
#[must_use]
pub fn stops_of(marks: &[Mark], head: &Status, fates: &[Fate]) -> Vec<Stop> {
    let mut stops: Vec<Stop> = marks
        .iter()
        .filter(|mark| !matches!(mark.kind, MarkKind::NodeDies(_)))
        .map(|mark| Stop { position: mark.position, at: mark.at, kind: StopKind::Mark(mark.kind) })
        .collect();
    for (index, death) in head.deaths.iter().enumerate() {
        for beat in [Beat::Death, Beat::Inventory, Beat::Question, Beat::Trace, Beat::Triage] {
            let nothing = death.outputs.is_empty() && death.running.is_empty() && death.cached.is_empty();
            if !(nothing && matches!(beat, Beat::Question | Beat::Trace)) {
                stops.push(Stop { position: death.position, at: death.at, kind: StopKind::Beat(index, beat) });
            }
        }
        if let Some(at) = fates.get(index).and_then(|fate| fate.over) {
            let mark = marks.iter().find(|mark| mark.at >= at);
            let (position, at) = mark.map_or((head.applied, head.now), |mark| (mark.position, mark.at));
            stops.push(Stop { position, at, kind: StopKind::Beat(index, Beat::Cost) });
        }
    }
    stops.sort_by_key(Stop::order);
    stops
}
