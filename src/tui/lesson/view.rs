//! Draws the reader.
//!
//! ```text
//!   title                                              page 2 of 3
//!   ┌ 1 Text ─────────────────────┐┌ 2 Picture ───────────────────┐
//!   │ words, at most 62 columns   ││ the run at its moment        │
//!   │ ┌ question                  ││                              │
//!   └─────────────────────────────┘└──────────────────────────────┘
//!   keys
//! ```
//! Narrow screens show one of the two panes; `Tab` changes it.

use super::model::{Pane, Reader};
use crate::report::page::{self, Ink, PageLine};
use crate::report::picture;
use crate::tui::glyphs;
use crate::tui::theatre::view::paint::{Brush, fit, wrap};
use crate::tui::theme::{ScreenOptions, Tone};
use crate::workshop::lesson::Piece;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Paragraphs are not wider than this.
const COLUMNS: usize = 62;
/// From this width on both panes stand side by side.
const WIDE: u16 = 110;

/// Draws it.
pub fn view(reader: &Reader, options: ScreenOptions, buffer: &mut Buffer, screen: Rect) {
    let mut brush = Brush::new(buffer, options);
    if screen.width < 40 || screen.height < 12 {
        let text = format!("This screen needs 40 x 12 cells; here are {} x {}. q: back", screen.width, screen.height);
        for (y, line) in wrap(&text, usize::from(screen.width.max(1)), 0).iter().enumerate() {
            brush.tone(screen, 0, y as u16, line, Tone::Text);
        }
    } else {
        draw(&mut brush, reader, screen);
    }
    glyphs::finish(buffer, options.glyphs);
}

fn draw(brush: &mut Brush, reader: &Reader, screen: Rect) {
    let where_am_i = format!("page {} of {} · ~{} min", reader.page + 1, reader.pages.len(), reader.minutes);
    let left = usize::from(screen.width).saturating_sub(where_am_i.chars().count() + 3);
    brush.tone(screen, 1, 0, &fit(&format!("LESSON  {}", reader.title), left), Tone::Title);
    brush.tone(screen, screen.width.saturating_sub(where_am_i.chars().count() as u16 + 1), 0, &where_am_i, Tone::Dim);
    let body = body_of(screen);
    if screen.width >= WIDE {
        let width = COLUMNS as u16 + 4;
        pane(brush, reader, Pane::Text, Rect { width, ..body });
        pane(brush, reader, Pane::Picture, Rect { x: body.x + width, width: body.width - width, ..body });
    } else {
        pane(brush, reader, reader.pane, body);
    }
    footer(brush, reader, Rect { y: screen.y + screen.height - 1, height: 1, ..screen });
}

fn body_of(screen: Rect) -> Rect {
    Rect { y: screen.y + 1, height: screen.height.saturating_sub(2), ..screen }
}

fn lines_of(reader: &Reader, which: Pane, width: usize) -> Vec<PageLine> {
    match which {
        Pane::Text => text_lines(reader, width.min(COLUMNS)),
        Pane::Picture => picture_lines(reader, width),
    }
}

fn text_lines(reader: &Reader, width: usize) -> Vec<PageLine> {
    let mut lines = Vec::new();
    if reader.page == 0 {
        lines.extend(page::words(&reader.opening, width, ""));
        lines.push(PageLine::default());
    }
    let text: Vec<(usize, Piece)> = reader
        .pieces()
        .iter()
        .enumerate()
        .filter(|(_, piece)| !matches!(piece, Piece::Picture(_)))
        .map(|(index, piece)| (index, piece.clone()))
        .collect();
    let (places, pieces): (Vec<usize>, Vec<Piece>) = text.into_iter().unzip();
    lines.extend(page::pieces(&pieces, width, |index| reader.answering(places[index])));
    if reader.open_question().is_some() {
        lines.push(PageLine::of(Ink::Dim, "a b c marks an answer, Enter locks it; then the run shows it."));
    }
    lines
}

fn picture_lines(reader: &Reader, width: usize) -> Vec<PageLine> {
    let (shown, covered) = reader.pictures();
    let mut lines = Vec::new();
    for one in &shown {
        lines.extend(picture::picture(one, width));
        lines.push(PageLine::default());
    }
    if covered > 0 {
        lines.push(PageLine::of(Ink::Key, "Covered until the question is answered."));
    } else if shown.is_empty() {
        lines.push(PageLine::of(Ink::Dim, "No picture on this page."));
    }
    lines
}

fn pane(brush: &mut Brush, reader: &Reader, which: Pane, area: Rect) {
    let title = match which {
        Pane::Text => "1 Text",
        Pane::Picture => "2 Picture, from a run made for this page",
    };
    let inner = brush.pane(area, title, reader.pane == which);
    let lines = lines_of(reader, which, usize::from(inner.width));
    let scroll = if reader.pane == which { reader.scroll } else { 0 };
    brush.page(area, inner, &lines, scroll);
}

/// How far the focused pane can be scrolled.
#[must_use]
pub fn scroll_max(reader: &Reader) -> usize {
    let (width, height) = reader.size;
    let wide = match (width >= WIDE, reader.pane) {
        (true, Pane::Text) => COLUMNS as u16,
        (true, Pane::Picture) => width.saturating_sub(COLUMNS as u16 + 8),
        (false, _) => width.saturating_sub(4),
    };
    let lines = lines_of(reader, reader.pane, usize::from(wide)).len();
    lines.saturating_sub(usize::from(height.saturating_sub(4)))
}

fn footer(brush: &mut Brush, reader: &Reader, area: Rect) {
    let (shown, _) = reader.pictures();
    let mut keys = vec![("h/l", "page"), ("j/k", "scroll"), ("Tab", "pane")];
    if reader.open_question().is_some() {
        keys.extend([("a b c", "mark"), ("Enter", "lock")]);
    }
    if !shown.is_empty() {
        keys.extend([(", .", "event"), ("[ ]", "milestone"), ("t", "theatre")]);
    }
    keys.push(("q", "back"));
    let mut x = 1;
    for (key, does) in keys {
        x = brush.tone(area, x, 0, key, Tone::Key);
        x = brush.tone(area, x + 1, 0, does, Tone::Dim) + 2;
    }
}
