//! Why: the answer to `w`, and the beats of a node death.

use super::super::follow;
use super::super::model::Model;
use super::super::probe::{self, Figures, WhatIf};
use super::super::question::{self, HOW_TO_TELL};
use super::super::stops::{BEATS, Beat};
use super::paint::{Brush, wrap};
use crate::common::text::plural;
use crate::report::why::{Explanation, Line, Mark, explain, triage};
use crate::report::words;
use crate::report::{recovery, summary};
use crate::status::recompute::fate;
use crate::status::why::{Subject, ask};
use crate::status::{Death, Status};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// The pane.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, area: Rect, focus: bool) {
    let content = content(model, status);
    let title = match &content {
        Some(explanation) => format!("4 {}", explanation.title),
        None => "4 Why".to_owned(),
    };
    // Where there is no room for it, the number of the beat is left out.
    let is_whole = title.width() + 6 <= usize::from(area.width);
    let short = title.rsplit_once("  ").map_or(title.as_str(), |(words, _)| words);
    let inner = brush.pane(area, if is_whole { &title } else { short }, focus);
    match content {
        Some(explanation) => lines(brush, inner, &explanation, scrolled(model, &explanation)),
        None => hint(brush, inner),
    }
}

fn hint(brush: &mut Brush, area: Rect) {
    let text = "Press w to ask why something runs again or not, or why a machine is idle. Select it first: 1 or 2, then j and l.";
    for (y, line) in wrap(text, usize::from(area.width), 0).iter().enumerate() {
        brush.tone(area, 0, y as u16, line, Tone::Dim);
    }
}

/// What stands in the pane.
pub fn content(model: &Model, status: &Status) -> Option<Explanation> {
    if let Some((index, beat)) = model.cursor.beat {
        let death = model.run().head().deaths.get(index)?;
        return Some(beat_words(model, status, death, beat));
    }
    let asked = model.why.map(|subject| explain(status, &ask(status, subject)));
    let followed = || Some(follow::lines(status, model.run().head(), model.followed.as_ref()?));
    asked.or_else(followed).or_else(|| recovery::under_way(status, model.cursor.time)).or_else(|| ending(model, status))
}

/// How the run ended, once the cursor is there: what went wrong, else what was done.
fn ending(model: &Model, status: &Status) -> Option<Explanation> {
    status.exit?;
    let run = model.run();
    let line = |mark: Mark, text: &str| Line { indent: 0, mark, text: text.to_owned() };
    if let Some(error) = run.end.as_ref().and_then(|end| end.error.as_deref()) {
        let lines = error.lines().map(|text| line(Mark::None, text.trim_start())).collect();
        return Some(Explanation { title: "What went wrong".to_owned(), lines });
    }
    let summary = summary::of(status);
    let told = summary.lines().map(|text| text.trim_start_matches("summary: "));
    let lines = told.map(|text| Line {
        indent: usize::from(text.starts_with(' ')),
        mark: Mark::None,
        text: text.trim().to_owned(),
    });
    Some(Explanation { title: "What was done".to_owned(), lines: lines.collect() })
}

fn beat_words(model: &Model, status: &Status, death: &Death, beat: Beat) -> Explanation {
    let node = death.node;
    let number = format!("{} of {BEATS}", beat.number());
    let (title, lines) = match beat {
        Beat::Death => (format!("{node} stops"), recovery::what_a_death_is(status, death)),
        Beat::Inventory => (format!("What was on {node}?"), inventory(model, status, death)),
        Beat::Question => ("Which must be made again?".to_owned(), asked(model, status, death)),
        Beat::Trace => trace(status, death),
        Beat::Triage => {
            let mut lines = triage(status, death);
            let verdict = question::verdict(model, status, death);
            lines.extend(verdict.map(|(is_right, text)| {
                let mark = if is_right { Mark::Wall } else { Mark::None };
                Line { indent: 0, mark, text }
            }));
            ("What runs again?".to_owned(), lines)
        }
        Beat::Cost => {
            let fate = fate(status, death);
            let mut lines = recovery::cost(status, &fate);
            // Behind the sum, before its parts: small panes show the first lines.
            let sum = lines.len().min(if fate.over.is_some() { 2 } else { 1 });
            let beside = prediction(model, fate.attempts.len() as u32).into_iter().chain(what_ifs(model, status));
            lines.splice(sum..sum, beside.collect::<Vec<_>>());
            ("What did it cost?".to_owned(), lines)
        }
    };
    Explanation { title: format!("{title}  {number}"), lines }
}

/// The things to choose from, and how to think about them.
fn asked(model: &Model, status: &Status, death: &Death) -> Vec<Line> {
    let how = format!("Mark a line if any of it must. {HOW_TO_TELL} Space marks, Enter shows it.");
    let line = |mark: Mark, text: String| Line { indent: 0, mark, text };
    let things = question::lines(model, status, death).into_iter();
    let things = things.map(|(is_chosen, text)| line(if is_chosen { Mark::Now } else { Mark::None }, text));
    things.chain([line(Mark::None, how)]).collect()
}

/// What the person had said before, beside what came.
fn prediction(model: &Model, again: u32) -> Option<Line> {
    let (death, _) = model.cursor.beat?;
    let guess = *model.guesses.get(&(model.current, death))?;
    let verdict = if guess == again { "right" } else { "not quite" };
    let text = format!("You said {}: {verdict}.", plural(u64::from(guess), "task start"));
    Some(Line { indent: 0, mark: if guess == again { Mark::Wall } else { Mark::None }, text })
}

/// What the same death would have cost at other moments: runs that were done in the background, as far as they are over.
fn what_ifs(model: &Model, status: &Status) -> Vec<Line> {
    let line = |(what, figures): (&WhatIf, &Figures)| {
        let when = match what {
            WhatIf::DeathBefore(stage) => format!("before {} had written anything", words::stage(status, *stage)),
            WhatIf::DeathAfter(stage) => format!("when {} had read all of it", words::stage(status, *stage)),
            WhatIf::WithoutRule(_) | WhatIf::Grown(_) => return None,
        };
        let starts = plural(figures.again as u64, "task start");
        let text = format!("Had it died {when}: {starts}, {} of core time.", words::length(figures.again_time));
        Some(Line { indent: 0, mark: Mark::Skip, text })
    };
    probe::of_death(&model.probes, model.current).into_iter().filter_map(line).collect()
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
    if !names.is_empty() {
        let outputs = plural(outputs as u64, "map output");
        push(Mark::Lost, format!("{outputs}: {}", words::stage_tasks(status, &names)));
    }
    let names: Vec<String> = death.running[..running].iter().map(|task| status.attempt_name(*task)).collect();
    if !names.is_empty() {
        push(Mark::Lost, format!("{}: {}", plural(running as u64, "running task"), words::short_list(&names)));
    }
    if cached > 0 {
        push(Mark::Lost, plural(cached as u64, "cached partition"));
    }
    if death.outputs.is_empty() && death.running.is_empty() && death.cached.is_empty() {
        push(Mark::Wall, "Nothing that anybody needs.".to_owned());
    }
    lines
}

/// How many things of a death have turned to lost so far in its inventory.
#[must_use]
pub fn revealed(model: &Model, death: &Death) -> usize {
    let total = death.outputs.len() + death.running.len() + death.cached.len();
    match model.cursor.beat {
        Some((_, Beat::Death)) => 0,
        Some((_, Beat::Inventory)) if model.playing => {
            let fraction = model.cursor.beat_secs / (Beat::Inventory.dwell() * 0.7);
            ((total as f64 * fraction.clamp(0.0, 1.0)).ceil() as usize).min(total)
        }
        _ => total,
    }
}

/// The why of the first needed thing, walked back to what can still be read.
fn trace(status: &Status, death: &Death) -> (String, Vec<Line>) {
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
    (explanation.title, explanation.lines)
}

/// How a line's sign looks.
#[must_use]
pub fn sign(mark: Mark) -> (char, Tone) {
    match mark {
        Mark::None => (' ', Tone::Text),
        Mark::Lost => ('✗', Tone::State(State::Lost)),
        Mark::Again => ('↻', Tone::State(State::Again)),
        Mark::Wall => ('■', Tone::State(State::Done)),
        Mark::Skip => ('»', Tone::Dim),
        Mark::Now => ('►', Tone::State(State::Running)),
        Mark::Later => ('·', Tone::State(State::Pending)),
    }
}

/// Which of its rows the pane begins with.
enum Scroll {
    By(usize),
    /// So that this line stays in sight; below the last choice all that follows.
    ToChosen {
        line: usize,
        is_last: bool,
    },
}

impl Scroll {
    /// What there is to choose from comes first, then a line on how to choose.
    fn to_chosen(question: &Explanation) -> Self {
        let line = question.lines.iter().position(|line| line.mark == Mark::Now).unwrap_or(0);
        Self::ToChosen { line, is_last: line + 2 >= question.lines.len() }
    }
}

fn scrolled(model: &Model, explanation: &Explanation) -> Scroll {
    match model.cursor.beat {
        Some((_, Beat::Question)) => Scroll::to_chosen(explanation),
        _ => Scroll::By(model.why_scroll),
    }
}

fn lines(brush: &mut Brush, area: Rect, explanation: &Explanation, scroll: Scroll) {
    let mut rows: Vec<(u16, char, Tone, String)> = Vec::new();
    let mut starts = Vec::with_capacity(explanation.lines.len());
    for line in &explanation.lines {
        starts.push(rows.len());
        let (glyph, tone) = sign(line.mark);
        let indent = (line.indent as u16 * 2).min(area.width / 3);
        let room = usize::from(area.width.saturating_sub(indent + 2)).max(8);
        for (index, text) in wrap(&line.text, room, 0).into_iter().enumerate() {
            rows.push((indent, if index == 0 { glyph } else { ' ' }, tone, text));
        }
    }
    let height = usize::from(area.height);
    let hidden = rows.len().saturating_sub(height);
    let (first, keys) = match scroll {
        Scroll::By(rows) => (rows.min(hidden), "4, then j"),
        Scroll::ToChosen { line, is_last } => {
            let chosen = starts.get(line).copied().unwrap_or(0);
            let first = if is_last { chosen } else { (chosen + 2).saturating_sub(height) };
            (first.min(hidden), "j")
        }
    };
    for (y, (indent, glyph, tone, text)) in rows.iter().skip(first).enumerate() {
        let style = brush.style(*tone);
        brush.put(area, i32::from(*indent), y as i32, *glyph, style);
        let text_tone = if matches!(tone, Tone::Dim) { Tone::Dim } else { Tone::Text };
        brush.tone(area, indent + 2, y as u16, text, text_tone);
    }
    if first < hidden {
        let more = format!(" {} more: {keys} ", plural((hidden - first) as u64, "line"));
        let below = Rect { height: area.height + 1, ..area };
        let x = area.width.saturating_sub(more.width() as u16);
        brush.tone(below, x, area.height, &more, Tone::Key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theatre::view::paint;
    use crate::tui::theme::ScreenOptions;
    use ratatui::buffer::Buffer;

    #[test]
    fn what_is_chosen_stays_in_sight_and_the_rest_comes_after_the_last_choice() {
        const CHOICES: usize = 12;
        let thing = |number: usize, chosen: usize| Line {
            indent: 0,
            mark: if number == chosen { Mark::Now } else { Mark::None },
            text: format!("[ ] thing {number} of an executor that is gone"),
        };
        let how = Line { indent: 0, mark: Mark::None, text: "Mark a line. ".repeat(4) + "Enter shows it." };
        for chosen in 0..CHOICES {
            let lines = (0..CHOICES).map(|number| thing(number, chosen)).chain([how.clone()]).collect();
            let question = Explanation { title: String::new(), lines };
            let area = Rect { x: 0, y: 0, width: 30, height: 7 };
            // With the border below it, which says how much is hidden.
            let mut buffer = Buffer::empty(Rect { height: area.height + 1, ..area });
            let place = Scroll::to_chosen(&question);
            paint::draw_on(&mut buffer, ScreenOptions::default(), |brush| super::lines(brush, area, &question, place));
            let drawn: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
            assert!(drawn.contains(&format!("► [ ] thing {chosen} of")), "{chosen}: {drawn}");
            assert_eq!(drawn.contains("Mark a line."), chosen == CHOICES - 1, "{chosen}: {drawn}");
        }
    }
}
