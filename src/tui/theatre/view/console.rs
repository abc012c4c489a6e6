//! The fault console: what breaks, where, what that would take, and how many tasks will run again.

use super::super::console::victims;
use super::super::fault::{BACK_SECS, FaultKind, KINDS, Scenario};
use super::super::hits::Target;
use super::super::model::{Console, Model};
use super::super::question::{self, HOW_TO_TELL};
use super::footer::{self, Hint};
use super::paint::{Brush, fit, wrap};
use super::why::sign;
use crate::common::ids::NodeId;
use crate::event::EventKind;
use crate::report::why::{Line, Mark, triage};
use crate::report::words;
use crate::status::{Death, Status};
use crate::tui::palette::window;
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use std::sync::Arc;

/// The row of the first machine.
const LIST: u16 = 5;

/// Draws it over the theatre.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, screen: Rect, chosen: &Console) {
    let victims = victims(model);
    let list = victims.len().min(8);
    let armed = model.armed.len().min(3);
    let title = format!("Break something at {}", words::moment(model.cursor.time));
    let area = window(brush, screen, (74, (list + armed) as u16 + 19), &title);
    let below = area.height.saturating_sub(1 + armed as u16);
    let scenario = chosen.kind.checked_sub(KINDS.len()).and_then(|index| model.scenarios.get(index));
    let (what, means) = match (KINDS.get(chosen.kind), scenario) {
        (Some(kind), _) => (kind.title().to_owned(), kind.means().to_owned()),
        (None, Some(scenario)) => (format!("Scenario {}", scenario.name), scenario.about()),
        (None, None) => (String::new(), String::new()),
    };
    let x = brush.tone(area, 0, 0, "What  ", Tone::Dim);
    let x = brush.tone(area, x, 0, "h ◄", Tone::Key);
    let x = brush.tone(area, x + 1, 0, &what, Tone::Title);
    brush.tone(area, x + 1, 0, "► l", Tone::Key);
    brush.tone(area, 6, 1, &fit(&means, usize::from(area.width.saturating_sub(6))), Tone::Dim);
    match (KINDS.get(chosen.kind), scenario) {
        (Some(kind), _) => aimed(brush, (model, status), area, (*kind, chosen), &victims, below),
        (None, Some(scenario)) => scenario_lines(brush, area, scenario, below),
        (None, None) => {}
    }
    armed_lines(brush, model, Rect { y: area.y + below, height: armed as u16, ..area });
    console_keys(brush, area, scenario.is_some(), !model.armed.is_empty());
}

fn console_keys(brush: &mut Brush, area: Rect, is_scenario: bool, has_armed: bool) {
    let hints: &[Hint] = match (is_scenario, has_armed) {
        (true, _) => &[("Enter", "does it from the start"), ("h l", "what"), ("Esc", "back")],
        (false, false) => {
            &[("Enter", "does it"), ("j k", "where"), ("h l", "what"), ("a", "arms it for later"), ("Esc", "back")]
        }
        (false, true) => &[
            ("Enter", "does all"),
            ("h l", "what"),
            ("a", "arm"),
            ("u", "take back"),
            ("S", "keep them"),
            ("Esc", "back"),
        ],
    };
    let line = Rect { y: area.y + area.height.saturating_sub(1), height: 1, ..area };
    footer::hints_from(brush, line, 0, hints);
}

/// The machines, what a fault would take of the chosen one, and the question.
fn aimed(
    brush: &mut Brush,
    (model, status): (&Model, &Status),
    area: Rect,
    (kind, chosen): (FaultKind, &Console),
    victims: &[NodeId],
    below: u16,
) {
    moment_lines(brush, model, area, (kind, chosen));
    // On a low screen the question is worth more than the machines that are not chosen.
    let room = usize::from(area.height.saturating_sub(LIST + 4)).max(1);
    let list = victims.len().min(8).min(room);
    let first = (chosen.choice + 1).saturating_sub(list);
    for (y, (index, node)) in victims.iter().enumerate().skip(first).take(list).enumerate() {
        let Some(death) = dry_run(status, *node) else { continue };
        let held = words::inventory(death.outputs.len(), death.running.len(), death.cached.len());
        let sign = if index == chosen.choice { '>' } else { ' ' };
        let tone = if index == chosen.choice { Tone::Title } else { Tone::Text };
        brush.tone(area, 0, y as u16 + LIST, &format!("{sign} {:<9} {held}", node.to_string()), tone);
        brush.hit(area, 0, y as u16 + LIST, area.width, Target::Line(index));
    }
    let Some(death) = victims.get(chosen.choice).and_then(|node| dry_run(status, *node)) else { return };
    dry_run_lines(brush, status, area, (list as u16 + LIST + 1, below.saturating_sub(2)), &death, (kind, chosen));
    if kind.is_death() && below >= 2 {
        predict_line(brush, model, Rect { y: area.y + below - 2, height: 1, ..area }, chosen);
    }
}

/// The question, the answer as far as it is given, and the way to be told.
fn predict_line(brush: &mut Brush, model: &Model, line: Rect, chosen: &Console) {
    if chosen.is_told {
        let x = brush.tone(line, 0, 0, "told, not predicted  ", Tone::Text);
        let x = brush.tone(line, x, 0, "w", Tone::Key);
        brush.tone(line, x + 1, 0, "predict it", Tone::Dim);
        return;
    }
    let guess = chosen.guess.map_or("-".to_owned(), |guess| guess.to_string());
    let question = "Predict: how many tasks will run again?  ";
    let question = if line.width < 60 { "Tasks that run again:  " } else { question };
    let x = brush.tone(line, 0, 0, question, Tone::Text);
    let x = brush.tone(line, x, 0, &format!("[ {guess} ]"), Tone::Title);
    let x = brush.tone(line, x + 2, 0, "+ -", Tone::Key);
    if line.width < 60 {
        return;
    }
    let x = brush.tone(line, x + 1, 0, "change", Tone::Dim);
    if let (right, all @ 1..) = question::score(model) {
        brush.tone(line, x + 2, 0, &format!("so far {right} of {all}"), Tone::Dim);
    }
}

/// When it strikes, and when what was broken comes back.
fn moment_lines(brush: &mut Brush, model: &Model, area: Rect, (kind, chosen): (FaultKind, &Console)) {
    let when = chosen.cue.map_or_else(|| "at this moment".to_owned(), |cue| cue.words(model.run().head()));
    let back = match (BACK_SECS[chosen.back], kind.undoing()) {
        (_, None) => None,
        (None, Some(_)) => Some("it stays so".to_owned()),
        (Some(secs), Some(undoing)) => Some(format!("after {secs} s {}", undoing.words)),
    };
    for (y, title, key, text) in [(2, "When", "e", Some(when)), (3, "Then", "r", back)] {
        let Some(text) = text else { continue };
        let x = brush.tone(area, 0, y, &format!("{title:<6}"), Tone::Dim);
        let x = brush.tone(area, x, y, key, Tone::Key);
        brush.tone(area, x + 2, y, &fit(&text, usize::from(area.width.saturating_sub(x + 2))), Tone::Text);
    }
}

/// The faults of a scenario.
fn scenario_lines(brush: &mut Brush, area: Rect, scenario: &Scenario, below: u16) {
    for (fault, y) in scenario.faults().zip(3..below) {
        brush.tone(area, 2, y, fault, Tone::Text);
    }
}

/// What strikes together with the next fault.
fn armed_lines(brush: &mut Brush, model: &Model, area: Rect) {
    let room = usize::from(area.height);
    let hidden = model.armed.len().saturating_sub(room);
    for (strike, y) in model.armed.iter().skip(hidden).zip(0..area.height) {
        let more = if y == 0 && hidden > 0 { format!(", and {hidden} before it") } else { String::new() };
        brush.tone(area, 0, y, &format!("armed  {}{more}", strike.name()), Tone::State(State::Again));
    }
}

/// What would die with each node, now: the fold with one more event, nothing is run.
fn dry_run(status: &Status, node: NodeId) -> Option<Arc<Death>> {
    let mut copy = status.clone();
    let seq = status.applied as u64;
    copy.apply(&crate::event::Event { seq, time: status.now, kind: EventKind::NodeDied { node } });
    copy.deaths.last().cloned()
}

/// What a death would take, as the log up to here says; of other faults only what they would meet. What would run again is the question:
/// it is told here only to whom asks for it.
fn dry_run_lines(
    brush: &mut Brush,
    status: &Status,
    area: Rect,
    (from, bottom): (u16, u16),
    death: &Death,
    (kind, chosen): (FaultKind, &Console),
) {
    let mut y = from;
    if from >= bottom {
        return;
    }
    if !kind.is_death() {
        let names: Vec<String> = death.running.iter().map(|task| status.attempt_name(*task)).collect();
        let running = if names.is_empty() { "nothing".to_owned() } else { words::short_list(&names) };
        let held = words::inventory(death.outputs.len(), 0, death.cached.len());
        let head = match kind {
            FaultKind::KillDriver => "All work ends with it. What runs and lies there:",
            FaultKind::LoseBlock | FaultKind::LoseCopy => "A block of a file is lost. What the machine does meanwhile:",
            FaultKind::LoseCached | FaultKind::Corrupt => "One of the things there is lost:",
            _ => "Nothing is lost at once. What it meets there:",
        };
        brush.tone(area, 0, y, head, Tone::Dim);
        brush.tone(area, 2, y + 1, &fit(&format!("running: {running}"), usize::from(area.width)), Tone::Text);
        brush.tone(area, 2, y + 2, &format!("kept: {held}"), Tone::Text);
        return;
    }
    let x = brush.tone(area, 0, y, "Dry run, nothing happens yet. By the log up to here:", Tone::Dim);
    if !chosen.is_told {
        let x = brush.tone(area, x + 2, y, "w", Tone::Key);
        brush.tone(area, x + 1, y, "tells the answer", Tone::Dim);
    }
    y += 1;
    let told = if chosen.is_told { triage(status, death) } else { met(status, death) };
    for line in told {
        let (glyph, tone) = sign(line.mark);
        let hanging = if line.indent > 0 { LABEL } else { 0 };
        for (index, text) in wrap(&line.text, usize::from(area.width.saturating_sub(2)), hanging).iter().enumerate() {
            if y >= bottom {
                return;
            }
            if index == 0 {
                let style = brush.style(tone);
                brush.put(area, 0, i32::from(y), glyph, style);
            }
            brush.tone(area, 2, y, text, Tone::Text);
            y += 1;
        }
    }
}

/// Columns of what names a row of things.
const LABEL: usize = 13;

/// What lies and runs on a machine, one step in, and how to find out what of it must be made again.
fn met(status: &Status, death: &Death) -> Vec<Line> {
    let outputs: Vec<String> = death.outputs.iter().map(|lost| status.task_name(lost.stage, lost.map)).collect();
    let running: Vec<String> = death.running.iter().map(|task| status.attempt_name(*task)).collect();
    let cached: Vec<String> =
        death.cached.iter().map(|lost| format!("partition {} of {}", lost.partition, lost.cache)).collect();
    let line = |what: &str, names: &[String]| {
        let names = if names.is_empty() { "-".to_owned() } else { words::short_list(names) };
        Line { indent: 1, mark: Mark::None, text: format!("{what:<LABEL$}{names}") }
    };
    let question = Line { indent: 0, mark: Mark::None, text: format!("Of each ask: {HOW_TO_TELL}") };
    vec![line("running", &running), line("map outputs", &outputs), line("cached", &cached), question]
}
