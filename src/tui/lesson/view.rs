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
//! For a room (`P`) the title stands above the page in big letters where the screen is high enough, the lines are spread where they have room,
//! and the presenter's notes are not shown.
//!
//! Narrow screens show the picture below the text where both have room, else one of the two; `Tab` changes it. So do wide ones with a picture
//! that is too wide to stand beside the text, which then has the whole width while it has the focus. A page without a picture is text alone.

use super::model::{Kind, Pane, Place, ROWS, Reader};
use crate::report::page::{self, Ink, PageLine};
use crate::report::picture;
use crate::tui::banner;
use crate::tui::find;
use crate::tui::theatre::hits::{Hit, Target};
use crate::tui::theatre::view::footer::{self, Hint};
use crate::tui::theatre::view::paint::{self, Brush, fit};
use crate::tui::theme::{ScreenOptions, Tone};
use crate::workshop::lesson::Piece;
use crate::workshop::markdown::Block;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Paragraphs are not wider than this.
const COLUMNS: usize = 62;
/// From this width on both panes stand side by side.
const WIDE: u16 = 110;
/// From this height on a room gets its title in big letters.
const HIGH: u16 = 30;
/// A picture below the text has at least this many lines, or all that it needs.
const PICTURE_MIN: u16 = 9;

/// Draws it.
pub fn view(reader: &Reader, options: ScreenOptions, buffer: &mut Buffer, screen: Rect) {
    paint::draw_on(buffer, options, |brush| draw_any(brush, reader, screen));
}

/// What can be pressed on it.
#[must_use]
pub fn hits(reader: &Reader, options: ScreenOptions, screen: Rect) -> Vec<Hit> {
    paint::hits_of(screen, options, |brush| draw_any(brush, reader, screen))
}

/// What `y` copies: the code of this page, else the focused pane.
#[must_use]
pub fn text(reader: &Reader) -> String {
    let code = reader.pieces().iter().filter_map(|piece| match piece {
        Piece::Text(Block::Code(_, code)) => Some(code.trim_end()),
        Piece::Text(_) | Piece::Picture(_) | Piece::Predict(_) => None,
    });
    let code: Vec<&str> = code.collect();
    if !code.is_empty() && reader.pane == Pane::Text {
        return code.join("\n\n") + "\n";
    }
    let lines = lines_of(reader, reader.pane, 100);
    page::words_of(&lines)
}

fn draw_any(brush: &mut Brush, reader: &Reader, screen: Rect) {
    if paint::is_too_small(brush, screen, "q: back") {
    } else {
        draw(brush, reader, screen);
    }
}

fn draw(brush: &mut Brush, reader: &Reader, screen: Rect) {
    let (page, pages) = (reader.page + 1, reader.pages.len());
    let where_am_i = if screen.width < 60 {
        format!("{page}/{pages}")
    } else {
        format!("page {page} of {pages} · ~{} min", reader.minutes)
    };
    let left = usize::from(screen.width).saturating_sub(where_am_i.chars().count() + 3);
    let kind = if reader.kind == Kind::Lesson { "LESSON" } else { "DEMO" };
    brush.tone(screen, 1, 0, &fit(&format!("{kind}  {}", reader.title), left), Tone::Title);
    brush.tone(screen, screen.width.saturating_sub(where_am_i.chars().count() as u16 + 1), 0, &where_am_i, Tone::Dim);
    brush.band(screen, 0, screen.width);
    for (y, row) in (1..).zip(big_title(reader, screen).iter().flatten()) {
        brush.tone(screen, 2, y, row, Tone::Title);
    }
    let body = body_of(reader, screen);
    if reader.help {
        let inner = brush.pane(body, "Keys; Esc goes back", true);
        brush.page(body, inner, &help_lines(reader, usize::from(inner.width)), reader.scroll);
        footer(brush, reader, Rect { y: screen.y + screen.height - 1, height: 1, ..screen });
        return;
    }
    let shown = panes(reader, body);
    let is_alone = shown.len() == 1;
    for (which, area) in shown {
        pane(brush, reader, which, area, is_alone);
    }
    footer(brush, reader, Rect { y: screen.y + screen.height - 1, height: 1, ..screen });
    reader.front.draw(brush, screen, &ROWS);
}

/// The title without its id, in big letters: for a room, where the screen has the height and the width.
fn big_title(reader: &Reader, screen: Rect) -> Option<[String; banner::ROWS as usize]> {
    let words = reader.title.split_once("  ").map_or(reader.title.as_str(), |(_, words)| words);
    let is_wanted = reader.projector && screen.height >= HIGH;
    is_wanted.then(|| banner::rows(words, usize::from(screen.width.saturating_sub(4))))?
}

fn body_of(reader: &Reader, screen: Rect) -> Rect {
    let above = if big_title(reader, screen).is_some() { 1 + banner::ROWS } else { 1 };
    Rect { y: screen.y + above, height: screen.height.saturating_sub(above + 1), ..screen }
}

/// The lines of a page for a room: a blank line between them, where there is room for it.
fn spread(reader: &Reader, lines: Vec<PageLine>, room: u16) -> Vec<PageLine> {
    if !reader.projector || (2 * lines.len()).saturating_sub(1) > usize::from(room) {
        return lines;
    }
    lines.into_iter().flat_map(|line| [line, PageLine::default()]).collect()
}

/// The panes that are shown, and where: side by side, one above the other where both have room, else the one with the focus.
fn panes(reader: &Reader, body: Rect) -> Vec<(Pane, Rect)> {
    if !reader.has_picture() {
        return vec![(Pane::Text, body)];
    }
    if reader.zoom {
        return vec![(reader.pane, body)];
    }
    let still = reader.at_rest();
    let reader = still.as_ref();
    let is_wide = body.width >= WIDE;
    let width = COLUMNS as u16 + 4;
    let right = Rect { x: body.x + width, width: body.width.saturating_sub(width), ..body };
    if is_wide && !is_cut(reader, right) {
        return vec![(Pane::Text, Rect { width, ..body }), (Pane::Picture, right)];
    }
    let room = usize::from(body.width.saturating_sub(4));
    let height = |which| lines_of(reader, which, room).len() as u16 + 2;
    let (plain, wanted) = (height(Pane::Text), height(Pane::Picture).max(PICTURE_MIN));
    let wide = 2 * plain.saturating_sub(2) + 2;
    let text = if reader.projector && wide + wanted <= body.height { wide } else { plain };
    let below = body.height.saturating_sub(text);
    if below >= PICTURE_MIN || below >= height(Pane::Picture) {
        let picture = Rect { y: body.y + text, height: below, ..body };
        return vec![(Pane::Text, Rect { height: text, ..body }), (Pane::Picture, picture)];
    }
    if is_wide && reader.pane == Pane::Text {
        return vec![(Pane::Text, Rect { width, ..body }), (Pane::Picture, right)];
    }
    vec![(reader.pane, body)]
}

/// Whether a picture of this page loses a part of its lines in a pane.
fn is_cut(reader: &Reader, pane: Rect) -> bool {
    let width = usize::from(pane.width.saturating_sub(4));
    reader.pictures().0.iter().any(|one| picture::is_cut(one, width))
}

fn lines_of(reader: &Reader, which: Pane, width: usize) -> Vec<PageLine> {
    match which {
        Pane::Text => text_lines(reader, width.min(COLUMNS), usize::MAX),
        Pane::Picture => picture_lines(reader, width),
    }
}

/// The words of the first so many pieces.
fn text_lines(reader: &Reader, width: usize, pieces: usize) -> Vec<PageLine> {
    let mut lines = Vec::new();
    if reader.page == 0 {
        lines.extend(page::words(&reader.opening, width, ""));
        lines.push(PageLine::default());
    }
    let text: Vec<(usize, Piece)> = reader
        .pieces()
        .iter()
        .enumerate()
        .take(pieces)
        .filter(|(_, piece)| !matches!(piece, Piece::Picture(_)))
        .map(|(index, piece)| (index, piece.clone()))
        .collect();
    let (places, pieces): (Vec<usize>, Vec<Piece>) = text.into_iter().unzip();
    lines.extend(page::pieces(&pieces, width, |index| reader.answering(places[index])));
    if reader.open_question().is_some() {
        let hint = match reader.kind {
            Kind::Demo { .. } => "1 2 3 marks what the room says; Space shows what the run says.",
            Kind::Lesson => "a b c marks an answer, Enter locks it; then the run shows it.",
        };
        lines.push(PageLine::of(Ink::Dim, hint));
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
        let words = page::words("Covered until the question is answered.", width, "");
        lines.extend(words.into_iter().map(|line| PageLine::of(Ink::Key, line.plain())));
    }
    lines
}

fn pane(brush: &mut Brush, reader: &Reader, which: Pane, area: Rect, is_alone: bool) {
    let (mut title, other) = match which {
        Pane::Text => ("1 Text".to_owned(), "   (Tab: picture)"),
        Pane::Picture => (picture_title(reader, area), "   (Tab: text)"),
    };
    if is_alone && reader.has_picture() && title.chars().count() + other.len() + 5 < usize::from(area.width) {
        title.push_str(other);
    }
    let inner = brush.pane(area, &title, reader.pane == which);
    brush.hit_area(area, Target::Pane(usize::from(which == Pane::Picture)));
    let lines = spread(reader, lines_of(reader, which, usize::from(inner.width)), inner.height);
    let scroll = if reader.pane == which { reader.scroll } else { 0 };
    brush.page(area, inner, &lines, scroll);
    brush.found(inner, &reader.found);
}

/// Whence the picture is, and how time goes in it.
fn picture_title(reader: &Reader, area: Rect) -> String {
    let from = "2 Picture, from a run made for this page";
    let state = match &reader.play {
        Some(play) if play.playing => format!(" · ► {}", play.speed_words()),
        Some(_) => " · ║ paused".to_owned(),
        None => String::new(),
    };
    let whole = format!("{from}{state}");
    if whole.chars().count() + 5 < usize::from(area.width) { whole } else { format!("2 Picture{state}") }
}

/// The lines in which words are found: of each page its text, then its pictures, as far as they may be seen.
#[must_use]
pub fn places(reader: &Reader) -> Vec<find::Place<Place>> {
    let mut all = Vec::new();
    for page in 0..reader.pages.len() {
        let mut there = reader.clone();
        there.page = page;
        for (number, pane) in [Pane::Text, Pane::Picture].into_iter().enumerate() {
            if pane == Pane::Text || there.has_picture() {
                there.pane = pane;
                let width = usize::from(pane_of(&there).width.saturating_sub(4));
                all.extend(find::places(&lines_of(&there, pane, width), |line| (page, number, line)));
            }
        }
    }
    all
}

/// Where the focused pane stands.
fn pane_of(reader: &Reader) -> Rect {
    let body = body_of(reader, reader.area);
    panes(reader, body).into_iter().find(|(which, _)| *which == reader.pane).map_or(body, |(_, area)| area)
}

/// The scroll at which a line of the focused pane, counted from 1, is in sight with what stands around it.
#[must_use]
pub fn scroll_around(reader: &Reader, line: usize) -> usize {
    let high = usize::from(pane_of(reader).height.saturating_sub(2));
    // Lines that are spread for a room have blank ones between them, but are then all in sight.
    line.saturating_sub(1 + high / 3).min(scroll_max(reader))
}

/// Whether a pane is on the screen.
#[must_use]
pub fn is_in_sight(reader: &Reader, pane: Pane) -> bool {
    panes(reader, body_of(reader, reader.area)).iter().any(|(which, _)| *which == pane)
}

/// How far the focused pane can be scrolled.
#[must_use]
pub fn scroll_max(reader: &Reader) -> usize {
    let body = body_of(reader, reader.area);
    let inner = |area: Rect| (usize::from(area.width.saturating_sub(4)), usize::from(area.height.saturating_sub(2)));
    if reader.help {
        let (wide, high) = inner(body);
        return help_lines(reader, wide).len().saturating_sub(high);
    }
    let (wide, high) = inner(pane_of(reader));
    lines_of(reader, reader.pane, wide).len().saturating_sub(high)
}

/// The scroll at which a question is in sight, whole where there is room.
#[must_use]
pub fn scroll_to(reader: &Reader, question: usize) -> usize {
    let body = body_of(reader, reader.area);
    let text = panes(reader, body).into_iter().find(|(which, _)| *which == Pane::Text);
    let Some((_, area)) = text.filter(|_| reader.pane == Pane::Text) else { return reader.scroll };
    let wide = usize::from(area.width.saturating_sub(4)).min(COLUMNS);
    let until = text_lines(reader, wide, question + 1).len();
    reader.scroll.max(until.saturating_sub(usize::from(area.height.saturating_sub(2))))
}

/// The keys of the reader; what the footer has no room for stands only here.
const KEYS: [(&str, &str); 13] = [
    ("l, Space", "next page; in a demo the answer, then the next beat"),
    ("h, b", "the page before; a demo goes exactly one beat back"),
    ("j k", "scroll"),
    ("Tab", "between text and picture"),
    ("a b c, Enter", "mark an answer, lock it; in a demo 1 2 3"),
    ("v", "show the answer without one"),
    (", .", "the picture's run, one event back or on"),
    ("[ ]", "the same by milestones"),
    ("H L, g G", "the same by hundredths; to its start, its end"),
    ("/ n N", "find a word, the next place, the one before"),
    ("t", "the run in the theatre, at this moment"),
    ("P", "for a room: big titles, strong colours, nothing dim, no notes"),
    ("q", "back"),
];

fn help_lines(reader: &Reader, width: usize) -> Vec<PageLine> {
    let mut lines: Vec<PageLine> = KEYS
        .iter()
        .map(|(key, does)| PageLine(vec![(Ink::Key, format!("{key:<14}")), (Ink::Text, (*does).to_owned())]))
        .collect();
    if let Kind::Demo { id, notes } = &reader.kind {
        lines.extend([PageLine::default(), PageLine::of(Ink::Title, "For the presenter")]);
        // What a room sees tells no answers.
        let elsewhere =
            format!("The notes are not for the room: `batchlab demo {id} --notes` on a second terminal, or P here.");
        lines.extend(page::words(if reader.projector { &elsewhere } else { notes }, width.min(COLUMNS), ""));
    }
    lines
}

/// While the keys lie above the page.
const HELP_HINTS: [Hint; 2] = [("j/k", "scroll"), ("Esc", "back")];

fn footer(brush: &mut Brush, reader: &Reader, area: Rect) {
    // What stands last is left out first; `?` shows all.
    let is_open = reader.open_question().is_some();
    let mut keys: Vec<Hint> = match &reader.kind {
        Kind::Demo { .. } => {
            let on = if is_open { "answer" } else { "on" };
            let is_last = reader.page + 1 == reader.pages.len() && !is_open;
            let on = (!is_last).then_some(("Space", on));
            on.into_iter().chain([("b", "back"), ("Tab", "pane"), ("q", "leave")]).collect()
        }
        Kind::Lesson if !is_open && reader.moving().is_some() => {
            let does = if reader.is_playing() { "stop" } else { "play" };
            vec![("h/l", "page"), ("Space", does), ("Tab", "pane"), ("q", "back")]
        }
        Kind::Lesson => vec![("h/l", "page"), ("Tab", "pane"), ("q", "back")],
    };
    keys.retain(|(key, _)| *key != "Tab" || reader.has_picture());
    if is_open && matches!(reader.kind, Kind::Demo { .. }) {
        keys.extend([("1 2 3", "mark"), ("Enter", "lock")]);
    } else if is_open {
        // The question comes first.
        keys.splice(0..0, [("a b c", "mark"), ("Enter", "lock")]);
        keys.push(("v", "answer"));
    }
    if !reader.pictures().0.is_empty() {
        keys.extend([("t", "theatre"), ("[/]", "milestone")]);
    }
    if reader.is_playing() {
        keys.push(("+/-", "speed"));
    }
    if reader.pieces().iter().any(|piece| matches!(piece, Piece::Text(Block::Code(..)))) {
        keys.push(("y", "copy code"));
    }
    keys.push(("/", "find"));
    let help = match &reader.kind {
        Kind::Demo { .. } if !reader.projector => "keys, notes",
        Kind::Demo { .. } | Kind::Lesson => "keys",
    };
    let hints = if reader.help { Some(HELP_HINTS.as_slice()) } else { reader.front.hints() };
    footer::draw_with(brush, area, reader.notice.as_deref(), hints.unwrap_or(&keys), help);
}
