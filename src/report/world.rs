//! A world's run as plain text: what happened, a timeline, the figures.

use crate::common::VirtualTime;
use crate::common::text::visible;
use crate::worlds::{Mark, Moment, WorldOutcome};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Cells of the timeline.
const CELLS: u64 = 60;
/// Runs longer than this are told by the clock of their day.
const DAY_FROM: VirtualTime = VirtualTime(2 * 3_600_000_000_000);

/// Everything about one run.
#[must_use]
pub fn narrate(outcome: &WorldOutcome) -> String {
    let mut text = format!("World {}, seed {} (simulated time)\n\n", outcome.world, outcome.seed);
    let lanes = outcome.log.iter().map(|moment| moment.lane.chars().count()).max().unwrap_or(0);
    for moment in &outcome.log {
        let at = time(moment.at, outcome.ended);
        let _ = writeln!(text, "{at:>9}  {} {:<lanes$}  {}", sign(moment.mark), moment.lane, visible(&moment.text));
    }
    text.push('\n');
    text.push_str(&timeline(outcome, lanes));
    text.push('\n');
    text.push_str(&compare(&[("", outcome)]));
    text
}

/// The figures of several runs of one world, side by side.
#[must_use]
pub fn compare(columns: &[(&str, &WorldOutcome)]) -> String {
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, (_, outcome)) in columns.iter().enumerate() {
        for (name, value) in &outcome.figures {
            rows.entry(name).or_insert_with(|| vec![String::new(); columns.len()])[at] = figure(*value);
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

/// One line for each of those to whom something happened, in the order of their first moments.
fn timeline(outcome: &WorldOutcome, width: usize) -> String {
    let mut lanes: Vec<(&str, Vec<Option<Mark>>)> = Vec::new();
    let cell = |moment: &Moment| {
        (u128::from(moment.at.0) * u128::from(CELLS - 1) / u128::from(outcome.ended.0.max(1))) as usize
    };
    for moment in &outcome.log {
        let at = lanes.iter().position(|(lane, _)| *lane == moment.lane).unwrap_or_else(|| {
            lanes.push((&moment.lane, vec![None; CELLS as usize]));
            lanes.len() - 1
        });
        let place = cell(moment).min(CELLS as usize - 1);
        // Of several moments in one cell the gravest shows.
        lanes[at].1[place] = lanes[at].1[place].max(Some(moment.mark));
    }
    lanes.sort_by_key(|(lane, _)| *lane);
    let mut text = String::from("Timeline   . step   * result   - refused or late   ! fault   + recovery   x loss\n");
    for (lane, cells) in &lanes {
        let marks: String = cells.iter().map(|mark| mark.map_or(' ', sign)).collect();
        let _ = writeln!(text, "{lane:<width$} |{marks}|");
    }
    let (start, end) = (time(VirtualTime::ZERO, outcome.ended), time(outcome.ended, outcome.ended));
    let gap = (CELLS as usize + 2).saturating_sub(start.chars().count() + end.chars().count());
    let _ = writeln!(text, "{:width$} {start}{:gap$}{end}", "", "");
    text
}

fn sign(mark: Mark) -> char {
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
fn time(at: VirtualTime, ended: VirtualTime) -> String {
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
