//! The cores of one run over time, on a scale that two runs share: one row for each core, or for each node where there is no room.

use crate::common::ids::{NodeId, TaskId};
use crate::common::time::VirtualTime;
use crate::status::Status;
use crate::tui::theatre::recording::Recording;
use crate::tui::theatre::view::paint::Brush;
use crate::tui::theatre::view::timeline::look;
use crate::tui::theme::Tone;
use ratatui::layout::Rect;

/// Columns for the core's name.
const NAMES: u16 = 11;

/// Draws the lanes up to `now`; the whole width is `end`.
pub fn draw(brush: &mut Brush, run: &Recording, status: &Status, area: Rect, (now, end): (VirtualTime, VirtualTime)) {
    let chart = Rect { x: area.x + NAMES, width: area.width.saturating_sub(NAMES), ..area };
    let rows = rows(run, usize::from(area.height));
    let column = |at: VirtualTime| {
        let cells = u128::from(chart.width.max(1) - 1);
        (u128::from(at.0) * cells / u128::from(end.0.max(1))).min(cells) as i32
    };
    for (y, (name, tasks)) in rows.iter().take(usize::from(area.height)).enumerate() {
        let y = y as u16;
        brush.tone(area, 0, y, name, Tone::Dim);
        for (index, attempt) in tasks.iter().filter_map(|task| status.attempts.get(task)).enumerate() {
            let (glyph, tone) = look(attempt, index);
            let style = brush.style(tone);
            let ended = attempt.ended.unwrap_or(now).min(now);
            for x in column(attempt.started)..=column(ended) {
                brush.put(chart, x, i32::from(y), glyph, style);
            }
        }
        let style = brush.style(Tone::Focus);
        brush.put(chart, column(now.min(run.history.end())), i32::from(y), '│', style);
    }
}

/// The name and tasks of each row.
fn rows(run: &Recording, height: usize) -> Vec<(String, Vec<TaskId>)> {
    if run.lanes.len() <= height {
        let name = |node: &NodeId, core: &u32| match core {
            0 => format!("{:<7}c0", node.to_string()),
            core => format!("{:<7}c{core}", ""),
        };
        return run.lanes.iter().map(|((node, core), tasks)| (name(node, core), tasks.clone())).collect();
    }
    let mut by_node: Vec<(NodeId, Vec<TaskId>)> = Vec::new();
    for ((node, _), tasks) in &run.lanes {
        match by_node.last_mut().filter(|(last, _)| last == node) {
            Some((_, all)) => all.extend(tasks),
            None => by_node.push((*node, tasks.clone())),
        }
    }
    by_node.into_iter().map(|(node, tasks)| (node.to_string(), tasks)).collect()
}
