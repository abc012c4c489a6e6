//! The cursor in time: playing, stepping, scrubbing.
//!
//! Real time comes in as seconds of a tick. While playing automatically, the player stops for each beat of a node death, and jumps over
//! spans in which nothing runs and nothing happens; it says so.

use super::model::{Cursor, Model, SPEEDS};
use super::recording::LineStop;
use super::stops::{Beat, Stop, StopKind, order_of};
use crate::common::time::VirtualTime;
use crate::report::words::moment;

/// A whole run should take about so many seconds to watch.
const WATCH_SECS: f64 = 45.0;
/// Idle spans longer than this, in real seconds at the chosen speed, are jumped over.
const IDLE_SECS: f64 = 1.0;
/// With tasks running, the next event is never further away than this, in real seconds.
const WAIT_SECS: f64 = 2.5;
/// A beat that is stepped to is shown whole.
pub const WHOLE: f64 = 1.0e6;

/// Moves on by real seconds.
pub fn tick(model: &mut Model, secs: f64) {
    if let Some((_, left)) = &mut model.toast {
        *left -= secs;
        if *left <= 0.0 {
            model.toast = None;
        }
    }
    if model.playing && model.pending.is_none() {
        play(model, secs);
    }
}

fn play(model: &mut Model, secs: f64) {
    if let Some((_, beat)) = model.cursor.beat {
        model.cursor.beat_secs += secs;
        if model.cursor.beat_secs >= beat.dwell() {
            leave_beat(model);
        }
        return;
    }
    let end = model.run().history.end();
    let time = target_time(model, secs).min(end);
    let line = model.line_from.and_then(|from| model.run().line_after(from));
    if let Some(stop) =
        line.filter(|stop| stop.at <= time && next_beat(model).is_none_or(|beat| beat.position >= stop.position))
    {
        at_line(model, stop);
        return;
    }
    if let Some(stop) = next_beat(model).filter(|stop| model.auto && model.pages.is_empty() && stop.at <= time) {
        go(model, stop, 0.0);
        return;
    }
    if time >= end && !model.run().is_growing() {
        to_end(model);
        model.playing = false;
        // A session at a prompt goes on.
        if model.run().head().exit.is_some() {
            model.toast = Some(("the end of the run".to_owned(), 4.0));
        }
        return;
    }
    let position = model.run().history.position_at(time).max(model.cursor.position);
    let told = if position == model.cursor.position { model.cursor.told } else { 0 };
    model.cursor = Cursor { position, time, told, ..Cursor::default() };
}

/// Whether all that is known has been played, and the engine has not told more.
#[must_use]
pub fn waits(model: &Model) -> bool {
    let run = model.run();
    run.is_growing() && model.cursor.beat.is_none() && model.cursor.position >= run.history.len()
}

/// Where the clock stands after so many real seconds.
fn target_time(model: &mut Model, secs: f64) -> VirtualTime {
    let now = model.cursor.time;
    let mut speed = SPEEDS[model.speed.min(SPEEDS.len() - 1)];
    let next = model.run().history.events().get(model.cursor.position).map(|event| event.time);
    if let Some(next) = next.filter(|_| model.auto) {
        let gap = next.since(now).as_secs_f64();
        let busy = model.run().history.current().running().next().is_some();
        if !busy && gap > IDLE_SECS * speed {
            model.toast = Some((format!("skipped {gap:.1} s in which nothing happened"), 3.0));
            return next;
        }
        if gap > WAIT_SECS * speed {
            speed = gap / WAIT_SECS;
        }
    }
    VirtualTime::from_secs_f64(now.as_secs_f64() + secs * speed)
}

fn next_beat(model: &Model) -> Option<Stop> {
    let here = here(model);
    model.run().stops.iter().find(|stop| stop.order() > here && stop.beat().is_some()).copied()
}

fn here(model: &Model) -> (usize, usize) {
    (model.cursor.position, order_of(model.cursor.beat).max(model.cursor.told))
}

/// To the next beat of the same moment, or on.
fn leave_beat(model: &mut Model) {
    let here = here(model);
    let next = next_beat(model).filter(|stop| stop.position == here.0);
    if let Some(stop) = next {
        go(model, stop, 0.0);
    } else {
        model.cursor.beat = None;
        model.cursor.told = here.1;
    }
}

fn go(model: &mut Model, stop: Stop, beat_secs: f64) {
    let beat = match stop.kind {
        StopKind::Mark(_) => None,
        StopKind::Beat(death, beat) => Some((death, beat)),
    };
    model.cursor = Cursor { position: stop.position, time: stop.at, beat, beat_secs, told: 0 };
    if beat.is_some() {
        // The story takes the pane of the question.
        model.why = None;
    }
}

/// Leaves the beat that is being told, for a question; the story goes on from there.
pub fn pause_the_story(model: &mut Model) {
    if model.cursor.beat.is_some() {
        model.cursor.told = here(model).1;
        model.cursor.beat = None;
        model.playing = false;
    }
}

/// Play or pause; at the end, from the start.
pub fn toggle(model: &mut Model) {
    let at_end = model.cursor.position >= model.run().history.len() && !model.run().is_growing();
    if !model.playing && at_end && !model.run().history.is_empty() {
        to_time(model, VirtualTime::ZERO);
    }
    model.playing = !model.playing;
    model.follow = false;
    model.line_from = None;
}

fn stop_playing(model: &mut Model) {
    model.playing = false;
    model.follow = false;
    model.line_from = None;
}

/// To the script's next statement: at once when no time passes until then, else through what this one computes. Asked again on the way,
/// at once.
pub fn line_on(model: &mut Model) {
    model.by_line = true;
    let from = model.line_from.unwrap_or(model.cursor.position);
    let is_on_the_way = model.line_from.is_some() && model.playing;
    let next = model.run().line_after(from);
    match next {
        Some(stop) if is_on_the_way || stop.at <= model.cursor.time => at_line(model, stop),
        None if is_on_the_way && !model.run().is_growing() => to_end(model),
        _ => {
            stop_playing(model);
            model.playing = true;
            model.line_from = Some(from);
        }
    }
}

/// To the statement before.
pub fn line_back(model: &mut Model) {
    model.by_line = true;
    match model.run().line_before(model.cursor.position) {
        Some(stop) => at_line(model, stop),
        None => model.toast = Some(("this is the script's first line".to_owned(), 3.0)),
    }
}

/// To the line at which the person wants to begin, once the log has it.
pub fn to_until(model: &mut Model) {
    let Some(line) = model.until else { return };
    model.by_line = true;
    stop_playing(model);
    let stop = model.run().lines.iter().find(|stop| stop.line == line).copied();
    if let Some(stop) = stop {
        model.until = None;
        at_line(model, stop);
    } else if !model.run().is_growing() {
        model.until = None;
        model.toast = Some((format!("the script never came to line {line}"), 8.0));
    }
}

fn at_line(model: &mut Model, stop: LineStop) {
    stop_playing(model);
    model.script_scroll = 0;
    at_event(model, stop.position);
}

/// One event on; a death's beats count as events.
pub fn event_on(model: &mut Model) {
    stop_playing(model);
    let here = here(model);
    if let Some(stop) = next_beat(model).filter(|stop| stop.position == here.0) {
        go(model, stop, WHOLE);
        return;
    }
    let position = (here.0 + 1).min(model.run().history.len());
    at_event(model, position);
    let death =
        next_beat(model).filter(|stop| stop.position == position && matches!(stop.beat(), Some((_, Beat::Death))));
    if let Some(stop) = death {
        go(model, stop, WHOLE);
    }
}

/// One event back.
pub fn event_back(model: &mut Model) {
    stop_playing(model);
    let here = here(model);
    let before = model
        .run()
        .stops
        .iter()
        .rev()
        .find(|stop| stop.order() < here && stop.position == here.0 && stop.beat().is_some());
    match before.copied() {
        Some(stop) if model.cursor.beat.is_some() => go(model, stop, WHOLE),
        _ => at_event(model, here.0.saturating_sub(1)),
    }
}

fn at_event(model: &mut Model, position: usize) {
    let time = match position.checked_sub(1).and_then(|last| model.run().history.events().get(last)) {
        Some(event) => event.time,
        None => VirtualTime::ZERO,
    };
    model.cursor = Cursor { position, time, ..Cursor::default() };
}

/// Which stops are stepped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    All,
    /// Where a stage starts or runs again.
    Stages,
    /// Where a node dies, and where its recovery is over.
    Deaths,
}

/// To the next stop of a kind.
pub fn stop_on(model: &mut Model, kind: Stops) {
    stop_playing(model);
    let here = here(model);
    match model.run().stops.iter().find(|stop| stop.order() > here && wanted(stop, kind)).copied() {
        Some(stop) => go(model, stop, WHOLE),
        None if kind == Stops::Deaths => no_death(model, "after this moment"),
        None => to_end(model),
    }
}

/// To the stop of a kind before.
pub fn stop_back(model: &mut Model, kind: Stops) {
    stop_playing(model);
    let here = here(model);
    match model.run().stops.iter().rev().find(|stop| stop.order() < here && wanted(stop, kind)).copied() {
        Some(stop) => go(model, stop, WHOLE),
        None if kind == Stops::Deaths => no_death(model, "before this moment"),
        None => to_start(model),
    }
}

fn no_death(model: &mut Model, place: &str) {
    let branch = if model.can_branch { "; K kills one" } else { "" };
    model.toast = Some((format!("no node dies {place}{branch}"), 4.0));
}

fn wanted(stop: &Stop, kind: Stops) -> bool {
    match (kind, stop.kind) {
        (Stops::All, _) => true,
        (Stops::Stages, StopKind::Mark(mark)) => mark.is_stage(),
        (Stops::Deaths, StopKind::Beat(_, beat)) => matches!(beat, Beat::Death | Beat::Cost),
        (Stops::Stages, StopKind::Beat(..)) | (Stops::Deaths, StopKind::Mark(_)) => false,
    }
}

/// Hundredths of the run back or on.
pub fn scrub(model: &mut Model, hundredths: i64) {
    stop_playing(model);
    let step = (model.run().history.end().0 / 100).max(1);
    let moved = model.cursor.time.0.saturating_add_signed(hundredths * step as i64);
    to_time(model, VirtualTime(moved));
}

/// Marks this moment with the next free letter, or takes its mark away.
pub fn set_mark(model: &mut Model) {
    let (run, here) = (model.current, model.cursor.time);
    let known = model.marks().find(|(_, at)| *at == here);
    let free = ('a'..='z').find(|letter| !model.own_marks.contains_key(&(run, *letter)));
    let text = match (known, free) {
        (Some((letter, _)), _) => {
            model.own_marks.remove(&(run, letter));
            format!("the mark {letter} is gone")
        }
        (None, Some(letter)) => {
            model.own_marks.insert((run, letter), here);
            format!("{} is marked {letter}: ' and {letter} come back to it", moment(here))
        }
        (None, None) => "all letters are used: M on a mark takes it away".to_owned(),
    };
    model.toast = Some((text, 4.0));
}

/// To the moment that is marked with this letter; with `'` to the next one that is marked.
pub fn to_mark(model: &mut Model, letter: char) {
    if letter == '\'' {
        to_next_mark(model);
        return;
    }
    let marked = model.marks().find(|(known, _)| *known == letter);
    match marked {
        Some((_, at)) => pause_at(model, at),
        None => model.toast = Some((format!("no moment is marked {letter}"), 4.0)),
    }
}

/// To the next moment that was marked, around the end.
pub fn to_next_mark(model: &mut Model) {
    let now = model.cursor.time;
    let after = model.marks().map(|(_, at)| at).filter(|at| *at > now).min();
    let next = after.or_else(|| model.marks().map(|(_, at)| at).min());
    if let Some(at) = next {
        pause_at(model, at);
    }
}

/// To a fraction of the run.
pub fn scrub_to(model: &mut Model, fraction: f64) {
    stop_playing(model);
    let end = model.run().history.end().as_secs_f64();
    to_time(model, VirtualTime::from_secs_f64(end * fraction.clamp(0.0, 1.0)));
}

/// To a moment.
pub fn to_time(model: &mut Model, time: VirtualTime) {
    let time = time.min(model.run().history.end());
    let position = model.run().history.position_at(time);
    model.cursor = Cursor { position, time, ..Cursor::default() };
}

/// To a moment, and stays there.
pub fn pause_at(model: &mut Model, time: VirtualTime) {
    stop_playing(model);
    to_time(model, time);
}

/// To the moment after so many events.
pub fn to_position(model: &mut Model, position: usize) {
    let history = &model.run().history;
    let position = position.min(history.len());
    let time = history.time_at(position);
    model.cursor = Cursor { position, time, ..Cursor::default() };
}

/// To the first beat of a death.
pub fn to_death(model: &mut Model, death: usize, at: VirtualTime) {
    let stop = model.run().stops.iter().find(|stop| stop.beat() == Some((death, Beat::Death))).copied();
    match stop {
        Some(stop) => go(model, stop, 0.0),
        None => to_time(model, at),
    }
}

/// To the start: what happened at time 0 has happened.
pub fn to_start(model: &mut Model) {
    stop_playing(model);
    // Everything before the first action happens at the first moment: lines are stepped from the first of them.
    match model.run().lines.first().copied().filter(|_| model.by_line) {
        Some(first) => at_line(model, first),
        None => to_time(model, VirtualTime::ZERO),
    }
}

/// To the end of what is known.
pub fn to_end(model: &mut Model) {
    let history = &model.run().history;
    model.cursor = Cursor { position: history.len(), time: history.end(), ..Cursor::default() };
    if !model.follow {
        stop_playing(model);
    }
}

/// Stays where it is in a run that was told anew.
pub fn stay(model: &mut Model) {
    let Cursor { time, beat, .. } = model.cursor;
    let stop = model.run().stops.iter().find(|stop| beat.is_some() && stop.beat() == beat);
    let position = stop.map_or_else(|| model.run().history.position_at(time), |stop| stop.position);
    let beat = stop.and_then(Stop::beat);
    model.cursor = Cursor { position, beat, ..model.cursor };
}

/// Stays at the end of a log that grows.
pub fn follow(model: &mut Model) {
    if model.run().is_growing() {
        model.follow = true;
        model.playing = false;
        to_end(model);
    } else {
        model.toast = Some(("the run is over: there is nothing to follow".to_owned(), 4.0));
    }
}

/// Faster or slower.
pub fn change_speed(model: &mut Model, by: isize) {
    model.speed = model.speed.saturating_add_signed(by).min(SPEEDS.len() - 1);
    model.speed_chosen = true;
    // While time moves its speed stands in the title.
    if !model.playing {
        model.toast = Some((format!("it will play at {}x", SPEEDS[model.speed]), 3.0));
    }
}

/// The speed nearest to this one, as a person's choice.
pub fn set_speed(model: &mut Model, wanted: f64) {
    model.speed = nearest_speed(wanted);
    model.speed_chosen = true;
}

/// A speed at which the run takes a comfortable time to watch, until the person chooses one.
pub fn choose_speed(model: &mut Model) {
    if model.speed_chosen {
        return;
    }
    let wanted = model.run().history.end().as_secs_f64() / WATCH_SECS;
    model.speed = nearest_speed(wanted);
}

fn nearest_speed(wanted: f64) -> usize {
    let nearest = SPEEDS.iter().enumerate().min_by(|a, b| distance(*a.1, wanted).total_cmp(&distance(*b.1, wanted)));
    nearest.map_or(6, |(index, _)| index)
}

fn distance(speed: f64, wanted: f64) -> f64 {
    (speed.ln() - wanted.max(0.01).ln()).abs()
}
