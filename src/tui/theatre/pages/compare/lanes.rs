//! The cores of one run over time, on a scale that two runs share: one row for each core, or for each node where there is no room.

use crate::common::ids::NodeId;
use crate::common::time::VirtualTime;
use crate::status::Status;
use crate::tui::theatre::lanes::{Lane, showing};
use crate::tui::theatre::recording::Recording;
use crate::tui::theatre::view::paint::Brush;
use crate::tui::theatre::view::timeline::look;
use crate::tui::theme::Tone;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// Columns for the core's name.
const NAMES: u16 = 11;

/// Draws the lanes up to `now`; the whole width is `end`.
pub fn draw(brush: &mut Brush, run: &Recording, status: &Status, area: Rect, (now, end): (VirtualTime, VirtualTime)) {
    let chart = Rect { x: area.x + NAMES, width: area.width.saturating_sub(NAMES), ..area };
    let column = |at: VirtualTime| {
        let cells = u128::from(chart.width.max(1) - 1);
        (u128::from(at.0) * cells / u128::from(end.0.max(1))).min(cells) as i32
    };
    for (y, (name, lanes)) in (0..area.height).zip(rows(run, usize::from(area.height))) {
        brush.tone(area, 0, y, &name, Tone::Dim);
        for (lane, bars) in lanes.iter().flat_map(|lane| lane.known(status, now).map(|bars| (lane, bars))) {
            for bar in showing(bars, VirtualTime::ZERO, |bar| column(bar.ends(now))) {
                let Some(attempt) = status.attempts.get(&bar.task) else { continue };
                let (glyph, tone) = look(attempt, lane.number(bar));
                let style = brush.style(tone);
                for x in column(bar.started)..=column(bar.ends(now)) {
                    brush.put(chart, x, i32::from(y), glyph, style);
                }
            }
        }
        let style = brush.style(Tone::Focus);
        brush.put(chart, column(now.min(run.history.end())), i32::from(y), '│', style);
    }
}

/// How many of the machines of a run a chart of this height shows, and how many there are.
#[must_use]
pub fn machines(run: &Recording, height: u16) -> (usize, usize) {
    let all: BTreeSet<NodeId> = run.lanes.iter().map(|((node, _), _)| *node).collect();
    let is_whole = run.lanes.len() <= usize::from(height);
    (if is_whole { all.len() } else { all.len().min(height.into()) }, all.len())
}

/// The name and lanes of each row.
fn rows(run: &Recording, height: usize) -> Vec<(String, Vec<&Lane>)> {
    if run.lanes.len() <= height {
        let name = |node: &NodeId, core: &u32| match core {
            0 => format!("{:<7}c0", node.to_string()),
            core => format!("{:<7}c{core}", ""),
        };
        return run.lanes.iter().map(|((node, core), lane)| (name(node, core), vec![lane])).collect();
    }
    let nodes: BTreeSet<NodeId> = run.lanes.iter().map(|((node, _), _)| *node).collect();
    nodes.into_iter().map(|node| (node.to_string(), run.lanes.of(node).collect())).collect()
}
