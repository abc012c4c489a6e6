//! What is going on: the narrator's sentences up to the cursor, the newest at the bottom.

use super::super::hits::Target;
use super::super::model::Model;
use super::super::recording::Told;
use super::super::stops::Beat;
use super::layout::Form;
use super::paint::{Brush, wrap};
use crate::common::time::VirtualTime;
use crate::report::{Sentence, Weight};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;

/// Columns for the time before each sentence.
const TIME: usize = 9;

/// The sentences that are true at the cursor. In the first beats of a death, what follows from it is not told yet.
#[must_use]
pub fn told_at(model: &Model) -> Vec<&Told> {
    let position = model.cursor.position;
    let early = matches!(model.cursor.beat, Some((_, Beat::Death | Beat::Inventory | Beat::Question)));
    let hidden = |told: &Told| {
        let is_later = early && told.position == position && !matches!(told.sentence.kind, "node_died" | "fault");
        is_later || !model.by_line && told.sentence.kind == "plan_built"
    };
    let story = &model.run().story;
    let end = story.partition_point(|told| told.position <= position);
    let start = end.saturating_sub(400);
    story[start..end].iter().filter(|told| !hidden(told)).collect()
}

/// The sentence to which the pane is scrolled: the last unless a person went back.
#[must_use]
pub fn chosen(model: &Model) -> Option<&Told> {
    told_at(model).into_iter().rev().nth(model.story_scroll)
}

fn tone(sentence: &Sentence) -> Tone {
    match sentence.weight {
        Weight::Plain => Tone::Text,
        Weight::Good => Tone::State(State::Done),
        Weight::Bad => Tone::State(State::Lost),
        Weight::Again => Tone::State(State::Again),
        Weight::Kept => Tone::Dim,
    }
}

/// The pane.
pub fn draw(brush: &mut Brush, model: &Model, area: Rect, focus: bool, form: Form) {
    let title = match form {
        Form::Compact => "5 What is going on   (Tab: timeline, why)",
        Form::Full | Form::Text | Form::Tiny => "5 What is going on",
    };
    let inner = brush.pane(area, title, focus);
    lines(brush, model, inner, focus);
}

/// Without a frame, for the text form.
pub fn plain(brush: &mut Brush, model: &Model, area: Rect) {
    lines(brush, model, area, false);
}

fn lines(brush: &mut Brush, model: &Model, area: Rect, focus: bool) {
    let told = told_at(model);
    if told.is_empty() {
        let text = if model.run().is_growing() { "The run begins …" } else { "Press Space to play, ] to step." };
        brush.tone(area, 0, 0, text, Tone::Dim);
        return;
    }
    let scroll = if focus { model.story_scroll.min(told.len() - 1) } else { 0 };
    let shown = &told[..told.len() - scroll];
    let mut rows: Vec<(String, Tone, VirtualTime)> = Vec::new();
    for told in shown.iter().rev() {
        let room = usize::from(area.width).saturating_sub(TIME).max(10);
        let lines = wrap(&told.sentence.text, room, 0);
        for (index, line) in lines.iter().enumerate().rev() {
            let time = told.sentence.at.as_secs_f64();
            let start = if index == 0 { format!("{time:>7.3}  ") } else { " ".repeat(TIME) };
            rows.push((format!("{start}{line}"), tone(&told.sentence), told.sentence.at));
        }
        if rows.len() >= usize::from(area.height) {
            break;
        }
    }
    rows.truncate(usize::from(area.height));
    rows.reverse();
    for (y, (line, tone, at)) in rows.iter().enumerate() {
        brush.hit(area, 0, y as u16, area.width, Target::Moment(*at));
        let (time, text) = line.split_at(TIME.min(line.len()));
        brush.tone(area, 0, y as u16, time, Tone::Dim);
        brush.tone(area, TIME as u16, y as u16, text, *tone);
    }
    if scroll > 0 {
        let y = area.height.saturating_sub(1);
        brush.mark(area, 0, y, TIME as u16 - 1);
    }
}
