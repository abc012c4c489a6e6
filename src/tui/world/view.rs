//! One frame of a world: a pure function of what happened, the cursor and the size.
//!
//! ```text
//!   title                                              time
//!   ┌ Timeline: who, and what happened to them when ──────┐
//!   ┌ Last heard of each ──────┐┌ Figures, at the end ─────┐   (wide screens)
//!   ┌ What happened ──────────────────────────────────────┐
//!   scrub bar
//!   keys
//! ```

use super::model::WorldModel;
use crate::common::text::Numbered;
use crate::report::world::{figures, lanes, moment_time, sign, story};
use crate::tui::ScreenOptions;
use crate::tui::palette::{Row, row, told};
use crate::tui::theatre::hits::Hit;
use crate::tui::theatre::keymap::Action;
use crate::tui::theatre::view::footer::{self, Hint};
use crate::tui::theatre::view::paint::{self, Brush, fit, wrap};
use crate::tui::theme::{State, Tone};
use crate::worlds::{Mark, World};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// Below these sizes only the story is shown.
const PANES_FROM: (u16, u16) = (60, 20);
/// From this size on there is room for what was last heard.
const WIDE_FROM: (u16, u16) = (100, 32);

/// Columns of the bar before and behind its line.
const BAR_ENDS: u16 = 12;

/// Draws the screen.
pub fn view(model: &WorldModel, options: ScreenOptions, buffer: &mut Buffer, screen: Rect) {
    paint::draw_on(buffer, options, |brush| draw(brush, model, screen));
}

/// What can be pressed on it.
#[must_use]
pub fn hits(model: &WorldModel, options: ScreenOptions, screen: Rect) -> Vec<Hit> {
    paint::hits_of(screen, options, |brush| draw(brush, model, screen))
}

fn draw(brush: &mut Brush, model: &WorldModel, screen: Rect) {
    let row =
        |y: u16| Rect { y: screen.y + y.min(screen.height.saturating_sub(1)), height: screen.height.min(1), ..screen };
    draw_title(brush, model, row(0));
    let middle = Rect { y: screen.y + 1, height: screen.height.saturating_sub(3), ..screen };
    draw_middle(brush, model, middle);
    draw_bar(brush, model, row(screen.height.saturating_sub(2)));
    let hints = model.front.hints().unwrap_or(&HINTS);
    footer::draw_with(brush, row(screen.height.saturating_sub(1)), model.notice.as_deref(), hints, "keys");
    brush.band(row(0), 0, screen.width);
    model.front.draw(brush, screen, &ROWS);
}

/// The cells of the scrub bar.
#[must_use]
pub fn bar(screen: Rect) -> Rect {
    let y = screen.y + screen.height.saturating_sub(2);
    Rect { x: screen.x + BAR_ENDS, y, width: screen.width.saturating_sub(2 * BAR_ENDS), height: screen.height.min(1) }
}

/// The tone of what happened.
#[must_use]
pub fn tone(mark: Mark) -> Tone {
    match mark {
        Mark::Step => Tone::Dim,
        Mark::Result => Tone::State(State::Done),
        Mark::Refusal => Tone::State(State::Again),
        Mark::Fault => Tone::State(State::Lost),
        Mark::Recovery => Tone::State(State::Running),
        Mark::Loss => Tone::State(State::Failed),
    }
}

fn draw_title(brush: &mut Brush, model: &WorldModel, area: Rect) {
    let (now, end) =
        (moment_time(model.play.time, model.outcome.ended), moment_time(model.outcome.ended, model.outcome.ended));
    let state = if model.play.playing { format!("► {}", model.play.speed_words()) } else { "║ PAUSED".to_owned() };
    let clock = if area.width < PANES_FROM.0 {
        format!("{state} t={}/{end} ", now.trim_end_matches([' ', 's']))
    } else {
        format!("{state}   t={now} of {end} (simulated time) ")
    };
    let right = area.width.saturating_sub(clock.width() as u16);
    let title = format!(" WORLD  {} · seed {}", model.title, model.outcome.seed);
    brush.tone(area, 0, 0, &fit(&title, usize::from(right.saturating_sub(1))), Tone::Title);
    brush.tone(area, right, 0, &clock, if model.play.playing { Tone::State(State::Running) } else { Tone::Title });
}

fn draw_middle(brush: &mut Brush, model: &WorldModel, area: Rect) {
    if area.width < PANES_FROM.0 || area.height + 3 < PANES_FROM.1 {
        draw_story(brush, model, area);
        return;
    }
    let who = lanes(&model.outcome, usize::MAX, 1).len() as u16;
    let timeline = (who + 3).min(area.height / 2);
    let is_wide = area.width >= WIDE_FROM.0 && area.height + 3 >= WIDE_FROM.1;
    let figures = figures(&model.outcome).len() as u16;
    let cards = if is_wide { (who.max(figures) + 2).clamp(6, area.height / 3) } else { 0 };
    let part = |y: u16, height: u16| Rect { y: area.y + y, height, ..area };
    draw_timeline(brush, model, part(0, timeline));
    if is_wide {
        let left = area.width * 3 / 5;
        let below = part(timeline, cards);
        draw_last(brush, model, Rect { width: left, ..below });
        draw_figures(brush, model, Rect { x: area.x + left, width: area.width - left, ..below });
    }
    let story = part(timeline + cards, area.height - timeline - cards);
    if !is_wide && model.play.is_over() {
        draw_figures(brush, model, story);
        return;
    }
    let inner = brush.pane(story, "What happened", false);
    draw_story(brush, model, inner);
}

/// One line for each of those to whom something happens; nothing of what is still to come.
fn draw_timeline(brush: &mut Brush, model: &WorldModel, area: Rect) {
    let inner = brush.pane(area, "Timeline: . step  * result  - refused or late  ! fault  + recovery  x loss", false);
    let all = lanes(&model.outcome, usize::MAX, 1);
    let names = all.keys().map(|lane| lane.0.width()).max().unwrap_or(0).min(24) as u16;
    let cells = inner.width.saturating_sub(names + 3);
    let marks = lanes(&model.outcome, model.play.position, usize::from(cells));
    let now = column(model, cells);
    for (y, lane) in all.keys().enumerate() {
        let y = y as u16;
        brush.tone(inner, 0, y, &fit(lane.0, usize::from(names)), Tone::Text);
        let row = Rect { x: inner.x + names + 2, width: cells, ..inner };
        let cursor = brush.style(Tone::Dim);
        brush.put(row, i32::from(now), i32::from(y), '│', cursor);
        for (x, mark) in marks.get(lane).into_iter().flatten().enumerate() {
            if let Some(mark) = mark {
                let style = brush.style(tone(*mark));
                brush.put(row, x as i32, i32::from(y), sign(*mark), style);
            }
        }
    }
}

fn column(model: &WorldModel, width: u16) -> u16 {
    let last = u128::from(width.saturating_sub(1));
    (u128::from(model.play.time.0) * last / u128::from(model.outcome.ended.0.max(1))).min(last) as u16
}

/// For each of them, what was last heard.
fn draw_last(brush: &mut Brush, model: &WorldModel, area: Rect) {
    let inner = brush.pane(area, "Last heard of each", false);
    let mut last: BTreeMap<Numbered<'_>, (Mark, &str)> = BTreeMap::new();
    for moment in &model.outcome.log[..model.play.position] {
        last.insert(Numbered(&moment.lane), (moment.mark, &moment.text));
    }
    let names = last.keys().map(|lane| lane.0.width()).max().unwrap_or(0).min(24);
    let x = names as u16 + 1;
    let mut y = 0;
    for (lane, (mark, text)) in last {
        brush.tone(inner, 0, y, &fit(lane.0, names), Tone::Text);
        let style = brush.style(tone(mark));
        brush.put(inner, i32::from(x), i32::from(y), sign(mark), style);
        for row in wrap(text, usize::from(inner.width.saturating_sub(x + 2)).max(1), 0) {
            brush.tone(inner, x + 2, y, &row, tone(mark));
            y += 1;
        }
    }
}

/// The figures, once everything has happened: until then they are a question.
fn draw_figures(brush: &mut Brush, model: &WorldModel, area: Rect) {
    let inner = brush.pane(area, "Figures", false);
    if !model.play.is_over() {
        brush.tone(inner, 0, 0, "when it is over: what do you expect?", Tone::Dim);
        return;
    }
    let all = figures(&model.outcome);
    let shown = usize::from(inner.height);
    for (y, (name, value)) in all.iter().take(shown).enumerate() {
        let right = inner.width.saturating_sub(value.width() as u16);
        brush.tone(inner, 0, y as u16, &fit(name, usize::from(right.saturating_sub(1))), Tone::Text);
        brush.tone(inner, right, y as u16, value, Tone::Title);
    }
    if all.len() > shown && shown > 0 {
        let more = format!(" and {} more ", all.len() - shown);
        let right = area.width.saturating_sub(more.width() as u16 + 2);
        brush.tone(area, right, area.height - 1, &more, Tone::Dim);
    }
}

/// Before anything has happened: who is here, what to look for, how to go on, and how the world is set.
fn draw_scene(brush: &mut Brush, model: &WorldModel, area: Rect) {
    const KEYS: &str = "Space plays, . steps, ] goes to the next moment that matters.";
    let settings = model.world.as_ref().and_then(|world| world.settings().ok()).unwrap_or_default();
    let settings = settings.lines().collect::<Vec<_>>().join(", ");
    let parts = [(World::scene(model.outcome.world), Tone::Text), (KEYS, Tone::Key), (settings.as_str(), Tone::Dim)];
    let mut y = 0;
    for (text, tone) in parts {
        for row in wrap(text, usize::from(area.width.clamp(1, 100)), 0) {
            if y < area.height {
                brush.tone(area, 0, y, &row, tone);
            }
            y += 1;
        }
        // Where all has room, with a blank line between.
        y += u16::from(area.height > 10);
    }
}

/// The moments up to the cursor, the newest at the bottom.
fn draw_story(brush: &mut Brush, model: &WorldModel, area: Rect) {
    let told = story(&model.outcome, model.play.position);
    if told.is_empty() {
        draw_scene(brush, model, area);
        return;
    }
    let mut rows: Vec<(String, Tone)> = Vec::new();
    for (line, moment) in told.iter().zip(&model.outcome.log).rev().skip(model.back) {
        let wrapped = wrap(line, usize::from(area.width.max(1)), 12);
        rows.extend(wrapped.into_iter().rev().map(|row| (row, tone(moment.mark))));
        if rows.len() >= usize::from(area.height) {
            break;
        }
    }
    rows.truncate(usize::from(area.height));
    for (y, (row, tone)) in rows.iter().rev().enumerate() {
        brush.tone(area, 0, y as u16, row, *tone);
    }
    brush.found(area, &model.found);
}

fn draw_bar(brush: &mut Brush, model: &WorldModel, line: Rect) {
    let area = Rect { x: line.x + BAR_ENDS, width: line.width.saturating_sub(2 * BAR_ENDS), ..line };
    let ended = model.outcome.ended;
    brush.tone(line, 1, 0, &fit(&moment_time(crate::common::VirtualTime::ZERO, ended), 10), Tone::Dim);
    brush.tone(line, line.width.saturating_sub(BAR_ENDS - 1), 0, &fit(&moment_time(ended, ended), 10), Tone::Dim);
    let dim = brush.style(Tone::Dim);
    for x in 0..area.width {
        brush.put(area, i32::from(x), 0, '─', dim);
    }
    for cells in lanes(&model.outcome, model.play.position, usize::from(area.width)).values() {
        for (x, mark) in cells.iter().enumerate().filter_map(|(x, mark)| mark.map(|mark| (x, mark))) {
            if mark >= Mark::Fault {
                let style = brush.style(tone(mark));
                brush.put(area, x as i32, 0, sign(mark), style);
            }
        }
    }
    let focus = brush.style(Tone::State(State::Running));
    brush.put(area, i32::from(column(model, area.width)), 0, '●', focus);
}

const HINTS: [Hint; 8] = [
    ("Space", "play"),
    (",/.", "moment"),
    ("[/]", "mark"),
    ("q", "back"),
    ("g/G", "ends"),
    ("H/L", "scrub"),
    ("+/-", "speed"),
    ("j/k", "scroll"),
];

/// All keys, and what they do.
pub const ROWS: [Row<Action>; 18] = [
    row("Space", "play or pause", Action::PlayPause),
    row(".", "one moment on", Action::EventOn),
    row(",", "one moment back", Action::EventBack),
    row("]", "on to the next moment that is more than ordinary work", Action::MarkOn),
    row("[", "back to the one before", Action::MarkBack),
    row("L S-right", "one hundredth on (or drag the bar)", Action::ScrubOn),
    row("H S-left", "one hundredth back", Action::ScrubBack),
    row("+", "faster", Action::Faster),
    row("-", "slower", Action::Slower),
    row("g", "to the start", Action::Start),
    row("G", "to the end with its figures", Action::End),
    row("K", "stream: a producer's clock goes wrong now, 900 s ahead; again: the next one's", Action::Kill),
    told("j k, wheel", "scroll in what happened"),
    row("/", "find a word in what happens", Action::Find),
    row("n", "the next moment with what was found", Action::NextFound),
    row("N", "the moment before", Action::PreviousFound),
    row("P", "projector: titles as bands, high contrast, nothing dim", Action::Projector),
    row("q", "back", Action::Back),
];
