//! Rows: how high each gap must be, and the cells of each edge.

use super::{Edge, Layout, Path, Placed};
use std::collections::BTreeMap;

/// A piece of an edge in one gap: from a column at its top to a column at its bottom.
#[derive(Debug, Clone, Copy)]
struct Turn {
    source: Source,
    from: i32,
    to: i32,
}

/// What a track belongs to: all edges that leave one box or pass in one column share it.
type Source = (usize, i32);

/// Gives boxes their rows and edges their cells.
pub fn finish(mut boxes: Vec<Placed>, paths: &[Path], height: i32) -> Layout {
    let layers = boxes.iter().map(|b| b.layer + 1).max().unwrap_or(0);
    let mut turns: BTreeMap<usize, Vec<Turn>> = BTreeMap::new();
    for path in paths {
        for (gap, turn) in pieces(&boxes, path) {
            turns.entry(gap).or_default().push(turn);
        }
    }
    let tracks: BTreeMap<usize, BTreeMap<Source, i32>> =
        turns.iter().map(|(gap, turns)| (*gap, assign(turns))).collect();
    let gap_height =
        |gap: usize| 1 + tracks.get(&gap).map_or(0, |tracks| tracks.values().map(|t| t + 1).max().unwrap_or(0));
    let mut tops = vec![0; layers + 1];
    for layer in 0..layers {
        tops[layer + 1] = tops[layer] + height + gap_height(layer);
    }
    for b in &mut boxes {
        b.y = tops[b.layer];
        b.height = height;
    }
    let edges = paths.iter().map(|path| draw(&boxes, path, &tops, height, &tracks)).collect();
    let width = boxes.iter().map(|b| b.x + b.width).max().unwrap_or(0);
    let bottom = boxes.iter().map(|b| b.y + b.height).max().unwrap_or(0);
    let passing = paths.iter().flat_map(|path| path.through.iter().map(|x| x + 1)).max().unwrap_or(0);
    Layout { boxes, edges, width: width.max(passing), height: bottom }
}

/// The columns of an edge in each gap it goes through.
fn pieces(boxes: &[Placed], path: &Path) -> Vec<(usize, Turn)> {
    let start = boxes[path.from];
    let mut columns = vec![start.centre()];
    columns.extend(&path.through);
    columns.push(path.entry);
    let pairs = columns.windows(2).enumerate();
    pairs
        .map(|(n, pair)| (start.layer + n, Turn { source: (path.from, pair[0]), from: pair[0], to: pair[1] }))
        .collect()
}

/// The lowest free track for each source that turns; sources from left to right.
fn assign(turns: &[Turn]) -> BTreeMap<Source, i32> {
    let mut spans: BTreeMap<Source, (i32, i32)> = BTreeMap::new();
    for turn in turns.iter().filter(|turn| turn.from != turn.to) {
        let (low, high) = (turn.from.min(turn.to), turn.from.max(turn.to));
        let span = spans.entry(turn.source).or_insert((low, high));
        *span = (span.0.min(low), span.1.max(high));
    }
    let mut order: Vec<(Source, (i32, i32))> = spans.into_iter().collect();
    order.sort_by_key(|(source, span)| (span.0, span.1, *source));
    let mut ends: Vec<i32> = Vec::new();
    let mut tracks = BTreeMap::new();
    for (source, (low, high)) in order {
        let free = ends.iter().position(|end| *end < low);
        let track = free.unwrap_or(ends.len());
        if free.is_some() {
            ends[track] = high;
        } else {
            ends.push(high);
        }
        tracks.insert(source, track as i32);
    }
    tracks
}

fn draw(
    boxes: &[Placed],
    path: &Path,
    tops: &[i32],
    height: i32,
    tracks: &BTreeMap<usize, BTreeMap<Source, i32>>,
) -> Edge {
    let mut cells: Vec<(i32, i32)> = Vec::new();
    for (gap, turn) in pieces(boxes, path) {
        let (top, bottom) = (tops[gap] + height, tops[gap + 1] - 1);
        let track = tracks.get(&gap).and_then(|tracks| tracks.get(&turn.source)).copied();
        let row = track.filter(|_| turn.from != turn.to).map_or(bottom, |track| top + 1 + track);
        cells.extend((top..=row).map(|y| (turn.from, y)));
        let step = (turn.to - turn.from).signum();
        let mut x = turn.from;
        while x != turn.to {
            x += step;
            cells.push((x, row));
        }
        cells.extend((row + 1..=bottom).map(|y| (turn.to, y)));
        if gap + 1 < boxes[path.to].layer {
            // The edge passes the next layer in its own column.
            cells.extend((bottom + 1..=bottom + height).map(|y| (turn.to, y)));
        }
    }
    Edge { from: path.from, to: path.to, cells }
}
