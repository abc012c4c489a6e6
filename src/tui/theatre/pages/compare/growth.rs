//! What two runs cost as the data grows: each is done again in the background, every byte and row counting as several (`--scale`).
//!
//! Where the lines of two such costs cross, the other of the two runs is the better one. The lines are drawn through what was measured; between
//! two measured sizes nothing is known but that they cross.

use crate::common::text::bytes;
use crate::common::time::VirtualDuration;
use crate::report::words;
use crate::tui::theatre::branch::Change;
use crate::tui::theatre::model::Model;
use crate::tui::theatre::probe::{self, Cost, Question, WhatIf};
use std::cmp::Ordering;

/// How many times the data; first of all what the runs themselves tell.
pub const TIMES: [u64; 5] = [1, 2, 4, 8, 16];

/// Both runs at one size of the data; absent: not known, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub times: u64,
    pub costs: [Option<Cost>; 2],
    /// An answer is on its way.
    pub is_open: bool,
}

/// Something that both runs cost.
pub struct Measure {
    pub name: &'static str,
    pub value: fn(&Cost) -> u64,
    pub text: fn(u64) -> String,
}

/// What is compared.
pub const MEASURES: [Measure; 2] = [
    Measure { name: "time", value: |cost| cost.time.0, text: |nanos| words::length(VirtualDuration(nanos)) },
    Measure { name: "moved", value: |cost| cost.moved_bytes, text: short_bytes },
];

/// Without the digit that says little: `983 KiB`, `1.5 MiB`.
fn short_bytes(count: u64) -> String {
    let text = bytes(count);
    match (text.split_once('.'), text.split_once(' ')) {
        (Some((whole, _)), Some((_, unit))) if whole.len() >= 3 => format!("{whole} {unit}"),
        _ => text,
    }
}

/// Asks for what is not known.
pub fn ask(model: &mut Model, sides: [usize; 2]) {
    for times in TIMES.into_iter().skip(1) {
        for run in sides {
            probe::ask(model, run, WhatIf::Grown(times), vec![Change::Grown(times)]);
        }
    }
}

/// What is known.
#[must_use]
pub fn points(model: &Model, sides: [usize; 2]) -> Vec<Point> {
    let question = |run, times| Question { run, what: WhatIf::Grown(times) };
    let cost = |run: usize, times| match times {
        1 => own(model, run),
        times => model.probes.answer(&question(run, times)).map(|figures| figures.whole),
    };
    let point = |times| Point {
        times,
        costs: sides.map(|run| cost(run, times)),
        is_open: sides.iter().any(|run| model.probes.is_open(&question(*run, times))),
    };
    TIMES.into_iter().map(point).collect()
}

fn own(model: &Model, run: usize) -> Option<Cost> {
    let run = &model.runs[run];
    (!run.is_growing()).then(|| Cost::of(run.head()))
}

/// Who costs less where, in plain words.
#[must_use]
pub fn verdict(points: &[Point], measure: &Measure) -> String {
    let better = |[a, b]: [u64; 2]| match a.cmp(&b) {
        Ordering::Less => Some('A'),
        Ordering::Greater => Some('B'),
        Ordering::Equal => None,
    };
    let value = |cost: Option<Cost>| cost.map(|cost| (measure.value)(&cost));
    let known: Vec<(u64, Option<char>)> = points
        .iter()
        .filter_map(|point| Some((point.times, better([value(point.costs[0])?, value(point.costs[1])?]))))
        .collect();
    // Where both cost the same they may touch without crossing.
    let ahead: Vec<(u64, char)> = known.iter().filter_map(|(times, who)| Some((*times, (*who)?))).collect();
    let cross = ahead.windows(2).find(|pair| pair[0].1 != pair[1].1);
    let words = match (cross, ahead.first(), known.last()) {
        (Some(pair), ..) => {
            format!("the lines cross between {}x and {}x; then {} is less", pair[0].0, pair[1].0, pair[1].1)
        }
        (None, Some((_, who)), Some((times, None))) => format!("{who} is less, and both are the same at {times}x"),
        (None, Some((_, who)), _) => format!("{who} is less at every size that is known"),
        (None, None, Some(_)) => "the same at every size that is known".to_owned(),
        (None, None, None) => "nothing is known yet".to_owned(),
    };
    format!("{}: {words}.", measure.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(times: u64, costs: [Option<u64>; 2]) -> Point {
        let cost = |nanos: u64| Cost { time: VirtualDuration(nanos), moved_bytes: 0 };
        Point { times, costs: costs.map(|nanos| nanos.map(cost)), is_open: false }
    }

    #[test]
    fn sizes_leave_a_blank_between_columns() {
        assert_eq!([0, 1_700_000, 1_006_694].map(short_bytes), ["0 B", "1.6 MiB", "983 KiB"]);
        assert!((14..64).all(|power| short_bytes(u64::MAX >> power).len() < 9));
    }

    #[test]
    fn the_crossing_lies_between_two_measured_sizes() {
        let line = |costs: [[Option<u64>; 2]; 3]| {
            let points: Vec<Point> = TIMES.into_iter().zip(costs).map(|(times, costs)| point(times, costs)).collect();
            verdict(&points, &MEASURES[0])
        };
        let some = |a, b| [Some(a), Some(b)];
        assert_eq!(
            line([some(3, 2), some(5, 4), some(6, 9)]),
            "time: the lines cross between 2x and 4x; then A is less."
        );
        assert_eq!(
            line([some(3, 2), [Some(5), None], some(6, 9)]),
            "time: the lines cross between 1x and 4x; then A is less."
        );
        assert_eq!(
            line([some(2, 3), some(4, 4), some(9, 6)]),
            "time: the lines cross between 1x and 4x; then B is less."
        );
        assert_eq!(line([some(2, 3), some(4, 4), some(6, 6)]), "time: A is less, and both are the same at 4x.");
        assert_eq!(line([some(3, 2), some(5, 4), [None; 2]]), "time: B is less at every size that is known.");
        assert_eq!(line([[None; 2]; 3]), "time: nothing is known yet.");
    }
}
