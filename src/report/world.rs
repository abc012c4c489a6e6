//! A world's run as plain text: what happened, a timeline, the figures.

use crate::common::VirtualTime;
use crate::common::text::{Numbered, visible};
use crate::worlds::{Mark, WorldOutcome};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Cells of the timeline.
const CELLS: usize = 60;
/// Runs longer than this are told by the clock of their day.
const DAY_FROM: VirtualTime = VirtualTime(2 * 3_600_000_000_000);

/// Everything about one run.
#[must_use]
pub fn narrate(outcome: &WorldOutcome) -> String {
    let mut text = format!("World {}, seed {} (simulated time)\n\n", outcome.world, outcome.seed);
    text.push_str(&story(outcome, outcome.log.len()).join("\n"));
    text.push_str("\n\n");
    text.push_str(&timeline(outcome, outcome.log.len()).join("\n"));
    text.push_str("\n\n");
    text.push_str(&compare(&[("", outcome)]));
    text
}

/// The first moments, one a line.
#[must_use]
pub fn story(outcome: &WorldOutcome, until: usize) -> Vec<String> {
    let lanes = widest_lane(outcome);
    let told = outcome.log.iter().take(until).map(|moment| {
        let at = moment_time(moment.at, outcome.ended);
        format!("{at:>9}  {} {:<lanes$}  {}", sign(moment.mark), moment.lane, visible(&moment.text))
    });
    told.collect()
}

fn widest_lane(outcome: &WorldOutcome) -> usize {
    outcome.log.iter().map(|moment| moment.lane.chars().count()).max().unwrap_or(0)
}

/// The figures of several runs of one world, side by side.
#[must_use]
pub fn compare(columns: &[(&str, &WorldOutcome)]) -> String {
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, (_, outcome)) in columns.iter().enumerate() {
        for (name, value) in figures(outcome) {
            rows.entry(name).or_insert_with(|| vec![String::new(); columns.len()])[at] = value;
        }
    }
    let names = rows.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    let titles = columns.iter().map(|(title, _)| title.chars().count());
    let values = rows.values().flatten().map(|value| value.chars().count());
    let width = titles.chain(values).max().unwrap_or(0);
    let mut text = format!("{:<names$}", "Figures");
    for (title, _) in columns {
        let _ = write!(text, "  {title:>width$}");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    for (name, values) in rows {
        let _ = write!(text, "{name:<names$}");
        for value in values {
            let _ = write!(text, "  {value:>width$}");
        }
        text.push('\n');
    }
    text
}

/// The first moments, one line for each of those to whom something happened.
#[must_use]
pub fn timeline(outcome: &WorldOutcome, until: usize) -> Vec<String> {
    let width = widest_lane(outcome);
    let lanes = lanes(outcome, until, CELLS);
    let mut lines = vec!["Timeline: . step  * result  - refused or late  ! fault  + recovery  x loss".to_owned()];
    lines.extend(lanes.iter().map(|(lane, cells)| {
        let marks: String = cells.iter().map(|mark| mark.map_or(' ', sign)).collect();
        format!("{:<width$} |{marks}|", lane.0)
    }));
    let (start, end) = (moment_time(VirtualTime::ZERO, outcome.ended), moment_time(outcome.ended, outcome.ended));
    let gap = (CELLS + 2).saturating_sub(start.chars().count() + end.chars().count());
    lines.push(format!("{:width$} {start}{:gap$}{end}", "", ""));
    lines
}

/// The first moments on a line of `cells` for each of those to whom something happened.
#[must_use]
pub fn lanes(outcome: &WorldOutcome, until: usize, cells: usize) -> BTreeMap<Numbered<'_>, Vec<Option<Mark>>> {
    let mut lanes: BTreeMap<Numbered<'_>, Vec<Option<Mark>>> = BTreeMap::new();
    let last = cells.saturating_sub(1) as u128;
    for moment in outcome.log.iter().take(until) {
        let lane = lanes.entry(Numbered(&moment.lane)).or_insert_with(|| vec![None; cells]);
        let place = u128::from(moment.at.0) * last / u128::from(outcome.ended.0.max(1));
        // Of several moments in one cell the gravest shows.
        if let Some(cell) = lane.get_mut(place.min(last) as usize) {
            *cell = (*cell).max(Some(moment.mark));
        }
    }
    lanes
}

/// The figures as they are written, by name.
#[must_use]
pub fn figures(outcome: &WorldOutcome) -> Vec<(&str, String)> {
    outcome.figures.iter().map(|(name, value)| (name.as_str(), figure(*value))).collect()
}

/// How a moment is drawn on a timeline.
#[must_use]
pub fn sign(mark: Mark) -> char {
    match mark {
        Mark::Step => '.',
        Mark::Result => '*',
        Mark::Refusal => '-',
        Mark::Fault => '!',
        Mark::Recovery => '+',
        Mark::Loss => 'x',
    }
}

/// Seconds, or the clock of the day for long runs.
#[must_use]
pub fn moment_time(at: VirtualTime, ended: VirtualTime) -> String {
    if ended < DAY_FROM {
        return format!("{:.3} s", at.as_secs_f64());
    }
    let seconds = at.0 / 1_000_000_000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Whole numbers without decimals, others with as many as say something.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value.abs() >= 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worlds::World;

    #[test]
    fn a_cut_is_told_drawn_and_counted() {
        let sets = [("mode".to_owned(), "ap".to_owned()), ("writes".to_owned(), "12".to_owned())];
        let world = World::configure("store", None, &sets).expect("a world");
        insta::assert_snapshot!(narrate(&world.run(42)));
    }

    #[test]
    fn figures_stand_side_by_side() {
        let run = |mode: &str| {
            let sets = [("mode".to_owned(), mode.to_owned())];
            World::configure("store", None, &sets).expect("a world").run(42)
        };
        insta::assert_snapshot!(compare(&[("mode=cp", &run("cp")), ("mode=ap", &run("ap"))]));
    }
}
