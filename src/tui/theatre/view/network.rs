//! Lanes between nodes that have bytes on their way, the fullest first. It takes no memory: it is drawn in every frame that moves.

use super::super::hits::Target;
use super::super::model::{Model, Selected};
use super::paint::{Brush, Note};
use crate::common::ids::NodeId;
use crate::common::text::Bytes;
use crate::common::time::VirtualTime;
use crate::status::{Attempt, Fetch, Node, Status};
use crate::tui::theme::{Motion, State, Tone};
use ratatui::layout::Rect;
use std::cmp::Reverse;
use unicode_width::UnicodeWidthStr;

/// Blocks on their way from one node to another.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Lane {
    from: NodeId,
    to: NodeId,
    bytes: u64,
    /// How much of the way has passed.
    fraction: f64,
}

/// The most senders of one node that are told apart, and the most lanes that are shown.
const MOST: usize = 256;

/// Things in a fixed place.
struct Few {
    lanes: [Lane; MOST],
    len: usize,
}

impl Few {
    fn new() -> Self {
        Few { lanes: [Lane::default(); MOST], len: 0 }
    }

    fn all(&self) -> &[Lane] {
        &self.lanes[..self.len]
    }

    /// Adds a fetch to the lane of its sender.
    fn add(&mut self, to: NodeId, fetch: &Fetch, fraction: f64) {
        let known = self.lanes[..self.len].iter().position(|lane| lane.from == fetch.from);
        let Some(lane) = self.lanes.get_mut(known.unwrap_or(self.len)) else { return };
        if known.is_none() {
            *lane = Lane { from: fetch.from, to, ..Lane::default() };
            self.len += 1;
        }
        lane.bytes += fetch.bytes;
        lane.fraction = fraction;
    }

    /// Keeps a lane if it is among the fullest `room`.
    fn rank(&mut self, lane: Lane, room: usize) {
        let order = |lane: &Lane| (Reverse(lane.bytes), lane.from, lane.to);
        let place = self.all().partition_point(|known| order(known) < order(&lane));
        let room = room.min(MOST);
        if place >= room {
            return;
        }
        self.len = (self.len + 1).min(room);
        self.lanes[place..self.len].rotate_right(1);
        self.lanes[place] = lane;
    }
}

/// What is on its way at a moment.
struct Traffic {
    lanes: Few,
    /// Lanes in all.
    count: usize,
    /// Bytes that tasks read from their own node.
    own: u64,
    /// The first dead node that is asked in vain.
    silent: Option<NodeId>,
}

/// The pane's lines.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, area: Rect) {
    if area.height == 0 {
        return;
    }
    let room = usize::from(area.height);
    let traffic = traffic(status, model.cursor.time, room);
    if traffic.count == 0 {
        let x = brush.tone(area, 0, 0, "network: quiet", Tone::Dim);
        rest(brush, area, x, 0, &traffic);
        return;
    }
    let shown = traffic.lanes.all();
    for (y, lane) in (0..).zip(shown) {
        brush.hit(area, 0, y, area.width, Target::Select(Selected::Node(lane.to)));
        let x = brush.say(area, 0, y, format_args!("{} ", lane.from), Tone::Text);
        let x = wire(brush, area, x, y, lane, model.options.motion);
        let mut x = brush.say(area, x, y, format_args!(" {}  {}", lane.to, Bytes(lane.bytes)), Tone::Text);
        if usize::from(y) + 1 == shown.len() {
            let hidden = traffic.count - shown.len();
            if hidden > 0 {
                x = brush.say(area, x, y, format_args!("   +{hidden} more"), Tone::Dim);
            }
            rest(brush, area, x, y, &traffic);
        }
    }
}

/// Who does not answer, and what never leaves its node.
fn rest(brush: &mut Brush, area: Rect, mut x: u16, y: u16, traffic: &Traffic) {
    let mut say = |words: &Note| {
        // What does not fit whole is left out.
        if usize::from(x) + words.as_str().width() <= usize::from(area.width) {
            x = brush.tone(area, x, y, words.as_str(), Tone::Dim);
        }
    };
    if let Some(node) = traffic.silent {
        say(&Note::of(format_args!("   {node} ╌╌╌ no answer")));
    }
    if traffic.own > 0 {
        say(&Note::of(format_args!("   ↺ {} on the same node", Bytes(traffic.own))));
    }
}

fn traffic(status: &Status, now: VirtualTime, room: usize) -> Traffic {
    let mut traffic = Traffic { lanes: Few::new(), count: 0, own: 0, silent: None };
    for node in status.nodes.values() {
        let mut here = Few::new();
        for attempt in running_on(status, node) {
            for fetch in attempt.fetches.iter().filter(|fetch| fetch.sent <= now && fetch.arrives > now) {
                if fetch.from == node.node {
                    traffic.own += fetch.bytes;
                } else if status.nodes.get(&fetch.from).is_some_and(|from| !from.is_alive()) {
                    traffic.silent = Some(traffic.silent.map_or(fetch.from, |known| known.min(fetch.from)));
                } else {
                    let whole = fetch.arrives.since(fetch.sent).0.max(1) as f64;
                    here.add(node.node, fetch, now.since(fetch.sent).0 as f64 / whole);
                }
            }
        }
        traffic.count += here.len;
        for lane in here.all() {
            traffic.lanes.rank(*lane, room);
        }
    }
    traffic
}

fn running_on<'a>(status: &'a Status, node: &'a Node) -> impl Iterator<Item = &'a Attempt> {
    let attempts = node.running.iter().flatten().filter_map(|task| status.attempts.get(task)).map(AsRef::as_ref);
    attempts.filter(|attempt| attempt.ended.is_none() && !attempt.orphaned)
}

/// `──●──●──►`: more dots for more bytes, moving with virtual time.
fn wire(brush: &mut Brush, area: Rect, x: u16, y: u16, lane: &Lane, motion: Motion) -> u16 {
    const LENGTH: usize = 12;
    let line = match lane.bytes {
        0x10_0000.. => '═',
        0x1_0000.. => '━',
        _ => '─',
    };
    let mut cells = [line; LENGTH];
    if motion == Motion::Full {
        let dots = (1 + (lane.bytes >> 16).max(1).ilog2() as usize).min(4);
        let head = (lane.fraction * LENGTH as f64) as usize;
        for dot in 0..dots {
            cells[(head + dot * LENGTH / dots) % LENGTH] = '●';
        }
    }
    let style = brush.style(Tone::State(State::Fetching));
    for (column, cell) in (i32::from(x)..).zip(cells.into_iter().chain(['►'])) {
        brush.put(area, column, i32::from(y), cell, style);
    }
    x + LENGTH as u16 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_lanes_are_kept() {
        let mut few = Few::new();
        for bytes in [5, 9, 1, 7, 9] {
            few.rank(Lane { bytes, from: NodeId(bytes as u32), ..Lane::default() }, 3);
        }
        assert_eq!(few.all().iter().map(|lane| lane.bytes).collect::<Vec<_>>(), [9, 9, 7]);
    }
}
