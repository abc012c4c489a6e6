//! Who presses play, and when.

use super::config::EdgeConfig;
use super::site::{REGIONS, SITES};
use crate::common::rng::stream;
use crate::datagen::ViewingEvent;
use rand::RngExt;

/// The hour of the release, and its title.
const RELEASE_HOUR: u64 = 20;
const RELEASE_TITLE: u64 = 1;

/// Somebody wants to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Play {
    pub at_ms: u64,
    /// The site near the viewer.
    pub near: usize,
    pub title: u64,
    pub watch_s: u64,
}

/// The plays of a day, in order.
pub(super) fn plays(config: &EdgeConfig, seed: u64) -> Vec<Play> {
    let mut chance = stream(seed, "edge.watch");
    let mut plays: Vec<Play> = (0..config.events)
        .map(|i| ViewingEvent::at(seed, i, config.events))
        .filter(|event| event.kind == "play")
        .map(|event| Play {
            at_ms: event.event_ms,
            near: near(&event),
            title: event.title,
            watch_s: chance.random_range(300..3_600),
        })
        .collect();
    if config.spike > 0 {
        raise(&mut plays, config.spike, seed);
    }
    // Stable: plays of one millisecond stay in the order of the events.
    plays.sort_by_key(|play| play.at_ms);
    plays
}

fn near(event: &ViewingEvent) -> usize {
    let region = REGIONS.iter().position(|region| *region == event.region).unwrap_or(0);
    (region * 3 + event.edge as usize - 1).min(SITES - 1)
}

/// Makes the release hour so many times as busy as its titles of every day alone would be.
fn raise(plays: &mut Vec<Play>, spike: u64, seed: u64) {
    let is_hour = |play: &Play| play.at_ms / 3_600_000 == RELEASE_HOUR;
    let ordinary = plays.iter().filter(|play| is_hour(play) && play.title != RELEASE_TITLE).count() as u64;
    let hot: Vec<Play> = plays.iter().filter(|play| is_hour(play) && play.title == RELEASE_TITLE).copied().collect();
    let wanted = (ordinary * (spike - 1)) as usize;
    plays.retain(|play| !is_hour(play) || play.title != RELEASE_TITLE);
    let mut chance = stream(seed, "edge.spike");
    for viewer in hot.iter().cycle().take(if hot.is_empty() { 0 } else { wanted }) {
        let at_ms = RELEASE_HOUR * 3_600_000 + chance.random_range(0..3_600_000_u64);
        plays.push(Play { at_ms, watch_s: chance.random_range(300..3_600), ..*viewer });
    }
}
