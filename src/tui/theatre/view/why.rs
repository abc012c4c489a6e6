//! Why: the answer to `w`, and the beats of a node death.

use super::super::model::Model;
use super::super::stops::{BEATS, Beat};
use super::paint::{Brush, wrap};
use crate::common::text::plural;
use crate::common::time::VirtualDuration;
use crate::report::why::{Explanation, Line, Mark, explain, triage};
use crate::report::words;
use crate::status::why::{Subject, ask};
use crate::status::{Death, Status};
use crate::tui::theme::Tone;
use ratatui::layout::Rect;

/// The pane.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, area: Rect, focus: bool) {
    let content = content(model, status);
    let title = match &content {
        Some(explanation) => format!("4 {}", explanation.title),
        None => "4 Why".to_owned(),
    };
    let inner = brush.pane(area, &title, focus);
    match content {
        Some(explanation) => lines(brush, inner, &explanation, model.why_scroll),
        None => hint(brush, inner),
    }
}

fn hint(brush: &mut Brush, area: Rect) {
    let text = "Press w to ask why something runs again, or why not. Select it first: 1, then j and l.";
    for (y, line) in wrap(text, usize::from(area.width), 0).iter().enumerate() {
        brush.tone(area, 0, y as u16, line, Tone::Dim);
    }
}

fn content(model: &Model, status: &Status) -> Option<Explanation> {
    if let Some((index, beat)) = model.cursor.beat {
        let death = model.run().head().deaths.get(index)?;
        return Some(beat_words(model, status, index, death, beat));
    }
    model.why.map(|subject| explain(status, &ask(status, subject)))
}

fn beat_words(model: &Model, status: &Status, index: usize, death: &Death, beat: Beat) -> Explanation {
    let node = death.node;
    let number = format!("{} of {BEATS}", beat.number());
    let line = |mark: Mark, text: String| Line { indent: 0, mark, text };
    let (title, lines) = match beat {
        Beat::Death => {
            let who = death.who();
            (format!("{node} stops"), vec![line(Mark::Lost, format!("{who} stops at {}.", words::moment(death.at)))])
        }
        Beat::Inventory => (format!("What was on {node}?"), inventory(model, status, death)),
        Beat::Trace => ("Who still needs it?".to_owned(), trace(status, death)),
        Beat::Triage => ("What runs again?".to_owned(), triage(status, death)),
        Beat::Cost => ("What did it cost?".to_owned(), cost(model, index)),
    };
    Explanation { title: format!("{title}  {number}"), lines }
}

/// One line for each kind of thing, counted up while the beat plays.
fn inventory(model: &Model, status: &Status, death: &Death) -> Vec<Line> {
    let shown = revealed(model, death);
    let outputs = shown.min(death.outputs.len());
    let running = (shown - outputs).min(death.running.len());
    let cached = (shown - outputs - running).min(death.cached.len());
    let mut lines = Vec::new();
    let mut push = |mark: Mark, text: String| lines.push(Line { indent: 0, mark, text });
    let names: Vec<_> = death.outputs[..outputs].iter().map(|lost| (lost.stage, lost.map)).collect();
    let outputs = plural(outputs as u64, "map output");
    let named = if names.is_empty() { String::new() } else { format!(": {}", words::stage_tasks(status, &names)) };
    push(Mark::Lost, format!("{outputs}{named}"));
    let names: Vec<String> = death.running[..running].iter().map(|task| status.attempt_name(*task)).collect();
    let named = if names.is_empty() { String::new() } else { format!(": {}", words::short_list(&names)) };
    push(Mark::Lost, format!("{}{named}", plural(running as u64, "running task")));
    push(Mark::Lost, plural(cached as u64, "cached partition"));
    lines
}

/// How many things of a death have turned to lost so far in its inventory.
#[must_use]
pub fn revealed(model: &Model, death: &Death) -> usize {
    let total = death.outputs.len() + death.running.len() + death.cached.len();
    match model.cursor.beat {
        Some((_, Beat::Death)) => 0,
        Some((_, Beat::Inventory)) => {
            let fraction = model.cursor.beat_secs / (Beat::Inventory.dwell() * 0.7);
            ((total as f64 * fraction.clamp(0.0, 1.0)).ceil() as usize).min(total)
        }
        _ => total,
    }
}

/// The why of the first needed thing, walked back to what can still be read.
fn trace(status: &Status, death: &Death) -> Vec<Line> {
    let output = death.outputs.iter().find(|lost| lost.need.is_now()).or(death.outputs.first());
    let subject = match (output, death.running.first().and_then(|task| status.attempts.get(task))) {
        (Some(lost), _) => Subject::Task(lost.stage, lost.map),
        (None, Some(run)) => Subject::Task(run.stage.stage, run.partition),
        (None, None) => match death.cached.first() {
            Some(lost) => Subject::CachedBlock(lost.cache, lost.partition),
            None => Subject::Node(death.node),
        },
    };
    let explanation = explain(status, &ask(status, subject));
    let title = Line { indent: 0, mark: Mark::None, text: explanation.title };
    std::iter::once(title).chain(explanation.lines).collect()
}

fn cost(model: &Model, index: usize) -> Vec<Line> {
    let head = model.run().head();
    let Some(fate) = model.run().fates.get(index) else { return Vec::new() };
    let tasks = fate.outputs_again.iter().chain(&fate.restarted).map(|(_, _, task)| task);
    let attempts = tasks.filter_map(|task| head.attempts.get(task));
    let nanos = attempts.map(|attempt| attempt.ended.map_or(0, |ended| ended.since(attempt.started).0)).sum();
    let lost = fate.outputs_again.len() + fate.outputs_left.len();
    let line = |mark: Mark, text: String| Line { indent: 0, mark, text };
    let again = plural(fate.again() as u64, "task");
    let mut lines =
        vec![line(Mark::Again, format!("{again} ran again, {} of core time.", words::length(VirtualDuration(nanos))))];
    lines.push(line(
        Mark::Again,
        format!("Made again: {} of {}.", fate.outputs_again.len(), plural(lost as u64, "lost map output")),
    ));
    if !fate.outputs_left.is_empty() {
        let left = words::stage_tasks(head, &fate.outputs_left);
        lines.push(line(Mark::Skip, format!("Not made again: {left}; nobody needed them.")));
    }
    if !fate.restarted.is_empty() {
        lines.push(line(
            Mark::Again,
            format!("Started again elsewhere: {}.", plural(fate.restarted.len() as u64, "running task")),
        ));
    }
    if fate.cached_lost > 0 {
        lines.push(line(
            Mark::Again,
            format!("Cached partitions made again: {} of {}.", fate.cached_again, fate.cached_lost),
        ));
    }
    lines.push(line(Mark::Wall, format!("Kept and used as they were: {}.", plural(fate.kept as u64, "stored block"))));
    lines
}

fn sign(mark: Mark) -> (char, Tone) {
    match mark {
        Mark::None => (' ', Tone::Text),
        Mark::Lost => ('✗', Tone::Lost),
        Mark::Again => ('↻', Tone::Again),
        Mark::Wall => ('■', Tone::Done),
        Mark::Skip => ('»', Tone::Dim),
    }
}

fn lines(brush: &mut Brush, area: Rect, explanation: &Explanation, scroll: usize) {
    let mut rows: Vec<(u16, char, Tone, String)> = Vec::new();
    for line in &explanation.lines {
        let (glyph, tone) = sign(line.mark);
        let indent = (line.indent as u16 * 2).min(area.width / 3);
        let room = usize::from(area.width.saturating_sub(indent + 2)).max(8);
        for (index, text) in wrap(&line.text, room, 0).into_iter().enumerate() {
            rows.push((indent, if index == 0 { glyph } else { ' ' }, tone, text));
        }
    }
    let hidden = rows.len().saturating_sub(usize::from(area.height));
    for (y, (indent, glyph, tone, text)) in rows.iter().skip(scroll.min(hidden)).enumerate() {
        let style = brush.style(*tone);
        brush.put(area, i32::from(*indent), y as i32, *glyph, style);
        let text_tone = if matches!(tone, Tone::Dim) { Tone::Dim } else { Tone::Text };
        brush.tone(area, indent + 2, y as u16, text, text_tone);
    }
}
