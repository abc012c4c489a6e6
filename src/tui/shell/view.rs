//! One frame of the shell: the transcript with the prompt, and beside it (in a narrow terminal above it) what the cluster does.

use super::model::{Said, Shell, lines_typed};
use crate::status::Status;
use crate::tui::glyphs;
use crate::tui::theatre::view::paint::{Brush, fit};
use crate::tui::theatre::view::{footer, nodes, script, stages};
use crate::tui::theme::{State, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// From this width on the cluster stands beside the transcript.
const BESIDE: u16 = 100;
/// From this height on it stands above it.
const ABOVE: u16 = 20;
/// Rows of the list of what could follow.
const CHOICES: usize = 4;

/// Draws the prompt's screen; gives the place of the text cursor.
pub fn view(shell: &Shell, status: &Status, buffer: &mut Buffer, screen: Rect) -> Option<Position> {
    let mut brush = Brush::new(buffer, shell.theatre.options);
    let title = Rect { height: screen.height.min(1), ..screen };
    let footer = Rect { y: screen.y + screen.height.saturating_sub(1), ..title };
    let middle = Rect { y: screen.y + 1, height: screen.height.saturating_sub(2), ..screen };
    draw_title(&mut brush, shell, status, title);
    let (text, cluster) = if screen.width >= BESIDE {
        let left = screen.width / 2;
        let right = Rect { x: middle.x + left, width: middle.width - left, ..middle };
        (Rect { width: left.saturating_sub(1), ..middle }, Some(right))
    } else if screen.height >= ABOVE {
        let top = middle.height * 2 / 5;
        let below = Rect { y: middle.y + top, height: middle.height - top, ..middle };
        (below, Some(Rect { height: top, ..middle }))
    } else {
        (middle, None)
    };
    if let Some(area) = cluster {
        draw_cluster(&mut brush, shell, status, area);
    }
    let cursor = draw_text(&mut brush, shell, Rect { x: text.x + 1, width: text.width.saturating_sub(1), ..text });
    draw_footer(&mut brush, shell, footer);
    glyphs::finish(buffer, shell.theatre.options.glyphs);
    cursor
}

fn draw_title(brush: &mut Brush, shell: &Shell, status: &Status, area: Rect) {
    let now = shell.theatre.cursor.time.as_secs_f64();
    let kind = if area.width < 60 { String::new() } else { format!("({} time) ", status.time_word()) };
    let clock = format!("t={now:.3} s {kind}");
    let right = area.width.saturating_sub(clock.width() as u16);
    let cluster = status.application.as_ref().map(|application| &application.cluster);
    let on = cluster
        .map_or(String::new(), |cluster| format!(" · {} nodes x {} cores", cluster.nodes, cluster.cores_per_node));
    let title = format!(" SHELL  {}{on}", shell.theatre.title);
    brush.tone(area, 0, 0, &fit(&title, usize::from(right.saturating_sub(1))), Tone::Title);
    brush.tone(area, right, 0, &clock, if shell.theatre.playing { Tone::State(State::Running) } else { Tone::Title });
}

fn draw_footer(brush: &mut Brush, shell: &Shell, area: Rect) {
    let run = if shell.is_running { ("Ctrl-C", "stop") } else { ("Enter", "run") };
    let hints =
        [run, ("Esc", "theatre"), ("Ctrl-D", "leave"), ("Tab", "complete"), ("Up", "earlier"), ("PgUp", "scroll")];
    let toast = shell.theatre.toast.as_ref().map(|(text, _)| text.as_str());
    footer::hints_beside(brush, area, toast, &hints);
}

/// The plan, the stages of the last action and the nodes, as far as there is room.
fn draw_cluster(brush: &mut Brush, shell: &Shell, status: &Status, area: Rect) {
    let part = |y: u16, height: u16| Rect { y: area.y + y, height, ..area };
    let title =
        status.statement.as_ref().map_or("Plan".to_owned(), |statement| format!("Plan at line {}", statement.line));
    if area.height < 12 {
        // One at a time: the stages while there are some to see.
        if status.current_query().is_some_and(|query| query.of == status.plan_in_view() || query.ended.is_none()) {
            stages::draw(brush, &shell.theatre, status, area, false);
        } else {
            let inner = brush.pane(area, &title, false);
            script::tree(brush, status, inner);
        }
        return;
    }
    let plan = (area.height * 3 / 10).max(4);
    let nodes = (area.height * 35 / 100).max(4);
    let inner = brush.pane(part(0, plan), &title, false);
    script::tree(brush, status, inner);
    stages::draw(brush, &shell.theatre, status, part(plan, area.height - plan - nodes), false);
    nodes::draw(brush, &shell.theatre, status, part(area.height - nodes, nodes), false);
}

/// A row of the transcript.
struct Row {
    text: String,
    tone: Tone,
}

/// Rows of at most `width` cells; long lines go on in the next row, as terminals do it.
fn rows(text: &str, tone: Tone, width: usize, rows: &mut Vec<Row>) {
    let text = crate::common::text::visible(text);
    let (mut row, mut used) = (String::new(), 0);
    for c in text.chars() {
        let cells = c.width().unwrap_or(0);
        if used + cells > width && used > 0 {
            rows.push(Row { text: std::mem::take(&mut row), tone });
            used = 0;
        }
        row.push(c);
        used += cells;
    }
    rows.push(Row { text: row, tone });
}

/// The transcript from its end, the prompt below it, what could follow below that.
fn draw_text(brush: &mut Brush, shell: &Shell, area: Rect) -> Option<Position> {
    let width = usize::from(area.width.max(1));
    let choices = choice_rows(&shell.choices, width);
    let (line, before) = shell.editor.position();
    let mut prompt = Vec::new();
    let mut cursor = (0, 0);
    for (index, text) in
        lines_typed(&format!("{}\n", shell.editor.text())).enumerate().take(lines_of(shell.editor.text()))
    {
        if index == line {
            let cells = 4 + before.width();
            cursor = (prompt.len() + cells / width, cells % width);
        }
        let tone = if shell.is_running { Tone::Dim } else { Tone::Text };
        rows(&text, tone, width, &mut prompt);
    }
    let height = usize::from(area.height).saturating_sub(choices.len());
    let shown = height.saturating_sub(prompt.len());
    let mut above = if shell.said.is_empty() { welcome(shell) } else { Vec::new() };
    above.extend(transcript_rows(&shell.said, width, shown + shell.back));
    above.truncate(above.len() - shell.back.min(above.len().saturating_sub(shown)));
    let first = above.len().saturating_sub(shown);
    let transcript = &above[first..];
    // A prompt higher than the screen shows the rows around its cursor.
    let skipped = (cursor.0 + 1).saturating_sub(height);
    let all = transcript.iter().chain(prompt.iter().skip(skipped)).chain(&choices);
    for (y, row) in all.take(usize::from(area.height)).enumerate() {
        brush.tone(area, 0, y as u16, &row.text, row.tone);
    }
    let y = (transcript.len() + cursor.0)
        .checked_sub(skipped)
        .filter(|y| *y < height && cursor.1 < usize::from(area.width))?;
    (!shell.is_running).then(|| Position { x: area.x + cursor.1 as u16, y: area.y + y as u16 })
}

fn welcome(shell: &Shell) -> Vec<Row> {
    let text = if shell.is_running {
        "The session starts …"
    } else {
        "SparkSession is there as `spark`, SparkContext as `sc`."
    };
    vec![Row { text: text.to_owned(), tone: Tone::Dim }]
}

fn lines_of(text: &str) -> usize {
    text.matches('\n').count() + 1
}

/// At least the last `wanted` rows, if there are so many.
fn transcript_rows(said: &[Said], width: usize, wanted: usize) -> Vec<Row> {
    let mut parts: Vec<Vec<Row>> = Vec::new();
    let mut count = 0;
    for said in said.iter().rev() {
        if count >= wanted {
            break;
        }
        let mut part = Vec::new();
        match said {
            Said::Typed(text) => lines_typed(text).for_each(|line| rows(&line, Tone::Key, width, &mut part)),
            Said::Printed(text) => text.lines().for_each(|line| rows(line, Tone::Text, width, &mut part)),
            Said::Error(text) => text.lines().for_each(|line| rows(line, Tone::State(State::Lost), width, &mut part)),
        }
        count += part.len();
        parts.push(part);
    }
    parts.into_iter().rev().flatten().collect()
}

/// Names in columns.
fn choice_rows(choices: &[String], width: usize) -> Vec<Row> {
    let Some(widest) = choices.iter().map(|name| name.width()).max() else { return Vec::new() };
    let columns = (width / (widest + 2)).max(1);
    let mut all: Vec<Row> = choices
        .chunks(columns)
        .map(|row| {
            let padded = |name: &String| name.clone() + &" ".repeat(widest + 2 - name.width());
            let text: String = row.iter().map(padded).collect();
            Row { text, tone: Tone::Dim }
        })
        .collect();
    let hidden = choices.len().saturating_sub(columns * CHOICES);
    if hidden > 0 {
        all.truncate(CHOICES);
        all.push(Row { text: format!("and {hidden} more"), tone: Tone::Dim });
    }
    all
}
