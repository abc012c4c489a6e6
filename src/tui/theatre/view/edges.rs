//! The edges of the stage graph: what one stage leaves for another, how much, and what is on its way.
//!
//! ```text
//!   ─ less than 64 KiB    ━ less than 1 MiB    ═ more    ╌ a broadcast, whole to every node    ● blocks on their way
//! ```

use super::super::model::Model;
use super::paint::Brush;
use crate::common::ids::StageId;
use crate::common::text::{bytes, part_of};
use crate::status::{Fetch, Stage, Status};
use crate::tui::dag::{Edge, Layout};
use crate::tui::theme::{Motion, State, Tone};
use ratatui::layout::Rect;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

/// Dots on one edge, at most.
const MOST_DOTS: usize = 5;
/// Bytes of a heavy line, of the first dot, and of a double line.
const HEAVY: u64 = 64 << 10;
const DOUBLE: u64 = 1 << 20;

/// The stages whose rows a stage reads, shuffled or whole.
pub fn sources(status: &Status, stage: &Stage) -> Vec<StageId> {
    let mut all = stage.definition.parents.clone();
    all.extend(broadcasts(status, stage).map(|(from, _)| from).filter(|from| !stage.definition.parents.contains(from)));
    all
}

/// The stages whose rows a stage gets whole, with their bytes.
pub fn broadcasts<'a>(status: &'a Status, stage: &'a Stage) -> impl Iterator<Item = (StageId, u64)> + 'a {
    let read = stage.definition.broadcasts.iter().filter_map(|broadcast| status.broadcasts.get(broadcast));
    read.filter_map(|known| Some((known.stage?, known.bytes)))
}

/// Bytes of a stage's map outputs that exist.
pub fn moved(status: &Status, stage: StageId) -> u64 {
    let shuffle = status.stages.get(&stage).and_then(|stage| stage.definition.writes);
    let known = shuffle.and_then(|shuffle| status.shuffles.get(&shuffle));
    known.map_or(0, |known| known.made_bytes())
}

/// How a line looks; where several share a cell, the strongest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Whole,
    Light,
    Heavy,
    Double,
}

impl Weight {
    fn of(bytes: u64) -> Self {
        match bytes {
            DOUBLE.. => Weight::Double,
            HEAVY.. => Weight::Heavy,
            _ => Weight::Light,
        }
    }

    /// By the sides that meet: up 1, down 2, left 4, right 8.
    fn chars(self) -> [char; 16] {
        match self {
            Weight::Whole => ['╎', '╎', '╎', '╎', '╌', '┘', '┐', '┤', '╌', '└', '┌', '├', '╌', '┴', '┬', '┼'],
            Weight::Light => ['│', '│', '│', '│', '─', '┘', '┐', '┤', '─', '└', '┌', '├', '─', '┴', '┬', '┼'],
            Weight::Heavy => ['┃', '┃', '┃', '┃', '━', '┛', '┓', '┫', '━', '┗', '┏', '┣', '━', '┻', '┳', '╋'],
            Weight::Double => ['║', '║', '║', '║', '═', '╝', '╗', '╣', '═', '╚', '╔', '╠', '═', '╩', '╦', '╬'],
        }
    }
}

const UP: usize = 1;
const DOWN: usize = 2;
const LEFT: usize = 4;
const RIGHT: usize = 8;

/// The sides to which a cell of an edge connects, and its weight.
#[derive(Debug, Clone, Copy)]
struct Joint {
    sides: usize,
    weight: Weight,
}

/// An edge with what it stands for.
struct Line<'a> {
    edge: &'a Edge,
    weight: Weight,
    label: String,
}

/// Draws the edges between stages that are known at the cursor, `shift` columns to the right.
pub fn draw(
    brush: &mut Brush,
    model: &Model,
    status: &Status,
    area: Rect,
    ids: &[StageId],
    layout: &Layout,
    shift: i32,
) {
    let known = |edge: &&Edge| [edge.from, edge.to].iter().all(|end| status.stages.contains_key(&ids[*end]));
    let lines: Vec<Line> = layout.edges.iter().filter(known).map(|edge| line(model, status, ids, edge)).collect();
    let mut joints: BTreeMap<(i32, i32), Joint> = BTreeMap::new();
    for line in &lines {
        join(&mut joints, &line.edge.cells, line.weight);
    }
    let dim = brush.style(Tone::Dim);
    for ((x, y), joint) in &joints {
        brush.put(area, x + shift, *y, joint.weight.chars()[joint.sides], dim);
    }
    for line in &lines {
        let Some((x, y)) = line.edge.cells.first().filter(|_| !line.label.is_empty()) else { continue };
        let taken = |cells: Range<i32>| cells.into_iter().any(|x| joints.contains_key(&(x, *y)));
        let width = line.label.len() as i32;
        let (right, left) = (x + 2, x - 1 - width);
        let start = if right + shift + width <= i32::from(area.width) && !taken(x + 1..right + width) {
            right
        } else if left + shift >= 0 && !taken(left - 1..*x) {
            left
        } else {
            continue;
        };
        brush.tone(area, (start + shift) as u16, *y as u16, &line.label, Tone::Dim);
    }
    dots(brush, model, status, area, ids, layout, shift);
}

fn line<'a>(model: &Model, status: &Status, ids: &[StageId], edge: &'a Edge) -> Line<'a> {
    let (from, to) = (ids[edge.from], ids[edge.to]);
    let target = status.stages.get(&to);
    if target.is_some_and(|stage| stage.definition.parents.contains(&from)) {
        let made = moved(status, from);
        return Line { edge, weight: Weight::of(made), label: moved_words(model, status, from, made) };
    }
    let whole = target.and_then(|stage| broadcasts(status, stage).find(|(maker, _)| *maker == from));
    let label = whole.map_or_else(String::new, |(_, size)| format!("{} to all", bytes(size)));
    Line { edge, weight: Weight::Whole, label }
}

/// `1.3 MiB`; while its only reader reads, `0.9/1.3 MiB`.
fn moved_words(model: &Model, status: &Status, from: StageId, made: u64) -> String {
    let shuffle = status.stages.get(&from).and_then(|stage| status.shuffles.get(&stage.definition.writes?));
    let Some(shuffle) = shuffle.filter(|_| made > 0) else { return String::new() };
    let under_way: u64 = in_flight(model, status)
        .filter(|(_, fetch)| fetch.shuffle == shuffle.shuffle)
        .map(|(_, fetch)| fetch.bytes)
        .sum();
    let read = shuffle.asked_bytes.saturating_sub(under_way);
    if shuffle.readers.len() == 1 && read > 0 && read < made { part_of(read, made) } else { bytes(made) }
}

/// Fetches that are on their way, with the stage that reads.
fn in_flight<'a>(model: &'a Model, status: &'a Status) -> impl Iterator<Item = (StageId, &'a Fetch)> {
    let now = model.cursor.time;
    let on_way = move |fetch: &&Fetch| fetch.sent <= now && fetch.arrives > now;
    status
        .running()
        .flat_map(move |attempt| attempt.fetches.iter().filter(on_way).map(move |fetch| (attempt.stage.stage, fetch)))
}

fn join(joints: &mut BTreeMap<(i32, i32), Joint>, cells: &[(i32, i32)], weight: Weight) {
    for (index, (x, y)) in cells.iter().enumerate() {
        let mut sides = 0;
        let neighbours = [index.checked_sub(1).and_then(|before| cells.get(before)), cells.get(index + 1)];
        for (nx, ny) in neighbours.into_iter().flatten() {
            let met = [(*ny < *y, UP), (*ny > *y, DOWN), (*nx < *x, LEFT), (*nx > *x, RIGHT)];
            sides |= met.into_iter().filter(|(is_met, _)| *is_met).fold(0, |all, (_, side)| all | side);
        }
        if index == 0 {
            sides |= UP;
        }
        if index + 1 == cells.len() {
            sides |= DOWN;
        }
        let new = Joint { sides, weight };
        let joint = joints.entry((*x, *y)).or_insert(new);
        *joint = match (joint.sides, sides) {
            // Strangers cross: the vertical line passes over.
            (across, upright) if across == LEFT | RIGHT && upright == UP | DOWN => new,
            (upright, across) if across == LEFT | RIGHT && upright == UP | DOWN => *joint,
            (before, _) => Joint { sides: before | sides, weight: joint.weight.max(weight) },
        };
    }
}

/// Blocks on their way, the biggest first: each a dot at the fraction of the way that has passed; more bytes, more dots.
fn dots(brush: &mut Brush, model: &Model, status: &Status, area: Rect, ids: &[StageId], layout: &Layout, shift: i32) {
    if model.options.motion != Motion::Full {
        return;
    }
    let mut by_edge: BTreeMap<(StageId, StageId), Vec<&Fetch>> = BTreeMap::new();
    for (to, fetch) in in_flight(model, status) {
        if let Some(known) = status.shuffles.get(&fetch.shuffle) {
            by_edge.entry((known.writer, to)).or_default().push(fetch);
        }
    }
    let style = brush.style(Tone::State(State::Fetching));
    let now = model.cursor.time;
    for (ends, mut fetches) in by_edge {
        let Some(edge) = layout.edges.iter().find(|edge| (ids[edge.from], ids[edge.to]) == ends) else { continue };
        fetches.sort_by_key(|fetch| (Reverse(fetch.bytes), fetch.sent, fetch.from));
        let all: u64 = fetches.iter().map(|fetch| fetch.bytes).sum();
        let shown = (1 + (all / HEAVY).max(1).ilog2() as usize).min(MOST_DOTS);
        for fetch in fetches.into_iter().take(shown) {
            let whole = fetch.arrives.since(fetch.sent).0.max(1);
            let at = edge.cells.len() as u64 * now.since(fetch.sent).0 / whole;
            if let Some((x, y)) = edge.cells.get(at as usize) {
                brush.put(area, x + shift, *y, '●', style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(edges: &[(&[(i32, i32)], Weight)]) -> BTreeMap<(i32, i32), char> {
        let mut joints = BTreeMap::new();
        for (cells, weight) in edges {
            join(&mut joints, cells, *weight);
        }
        joints.into_iter().map(|(cell, joint)| (cell, joint.weight.chars()[joint.sides])).collect()
    }

    #[test]
    fn strangers_cross_in_a_bridge_whoever_comes_first() {
        let across: &[(i32, i32)] = &[(0, 0), (0, 1), (1, 1), (2, 1), (2, 2)];
        let upright: &[(i32, i32)] = &[(1, 0), (1, 1), (1, 2)];
        for edges in
            [[(across, Weight::Light), (upright, Weight::Heavy)], [(upright, Weight::Heavy), (across, Weight::Light)]]
        {
            let drawn = drawn(&edges);
            assert_eq!((drawn[&(1, 1)], drawn[&(0, 1)], drawn[&(2, 1)]), ('┃', '└', '┐'));
        }
    }

    #[test]
    fn the_weight_tells_how_much() {
        let sizes = [1, HEAVY - 1, HEAVY, DOUBLE - 1, DOUBLE];
        assert_eq!(sizes.map(|size| Weight::of(size).chars()[UP | DOWN]), ['│', '│', '┃', '┃', '║']);
        let line: &[(i32, i32)] = &[(0, 0), (0, 1)];
        assert_eq!(drawn(&[(line, Weight::Whole)])[&(0, 0)], '╎');
        assert_eq!(drawn(&[(line, Weight::Whole), (line, Weight::Double)])[&(0, 0)], '║');
    }
}
