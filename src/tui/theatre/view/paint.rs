//! Small strokes: text that never leaves its area, frames, bars.

use crate::common::text::{plural, visible};
use crate::report::page::{Ink, PageLine};
pub use crate::report::words::wrap;
use crate::tui::find::Finder;
use crate::tui::glyphs;
use crate::tui::theatre::hits::{Hit, Target};
use crate::tui::theme::{ScreenOptions, State, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::fmt::{self, Write as _};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Draws a screen, and replaces what the terminal can not show.
pub fn draw_on(buffer: &mut Buffer, options: ScreenOptions, draw: impl FnOnce(&mut Brush)) {
    draw(&mut Brush::new(buffer, options));
    glyphs::finish(buffer, options.glyphs);
}

/// What can be pressed on a screen that is drawn so.
#[must_use]
pub fn hits_of(screen: Rect, options: ScreenOptions, draw: impl FnOnce(&mut Brush)) -> Vec<Hit> {
    let mut buffer = Buffer::empty(screen);
    let mut brush = Brush::noting(&mut buffer, options);
    draw(&mut brush);
    brush.into_hits()
}

/// Whether a screen is too small for its panes; then it says so, and how to leave it.
pub fn is_too_small(brush: &mut Brush, screen: Rect, way_out: &str) -> bool {
    let is_small = screen.width < 40 || screen.height < 12;
    if is_small {
        let text = format!("This screen needs 40 x 12 cells; here are {} x {}. {way_out}", screen.width, screen.height);
        for (y, line) in wrap(&text, usize::from(screen.width.max(1)), 0).iter().enumerate() {
            brush.tone(screen, 0, y as u16, line, Tone::Text);
        }
    }
    is_small
}

/// Where and how to draw.
pub struct Brush<'a> {
    pub buffer: &'a mut Buffer,
    pub options: ScreenOptions,
    /// Where things stand that can be pressed; only while somebody asks for it.
    hits: Option<Vec<Hit>>,
}

impl<'a> Brush<'a> {
    /// A brush that only draws.
    #[must_use]
    pub fn new(buffer: &'a mut Buffer, options: ScreenOptions) -> Self {
        Brush { buffer, options, hits: None }
    }

    /// A brush that also writes down what can be pressed.
    #[must_use]
    pub fn noting(buffer: &'a mut Buffer, options: ScreenOptions) -> Self {
        Brush { buffer, options, hits: Some(Vec::new()) }
    }

    /// What can be pressed, as far as it was written down.
    #[must_use]
    pub fn into_hits(self) -> Vec<Hit> {
        self.hits.unwrap_or_default()
    }

    /// Some cells of a row stand for something.
    pub fn hit(&mut self, area: Rect, x: u16, y: u16, width: u16, target: Target) {
        if let Some(hits) = &mut self.hits {
            let area = Rect { x: area.x + x, y: area.y + y, width, height: 1 }.intersection(area);
            hits.push(Hit { area, target });
        }
    }

    /// An area stands for something.
    pub fn hit_area(&mut self, area: Rect, target: Target) {
        if let Some(hits) = &mut self.hits {
            hits.push(Hit { area, target });
        }
    }

    /// The style of a tone.
    #[must_use]
    pub fn style(&self, tone: Tone) -> Style {
        self.options.style(tone)
    }

    /// Writes text into a row of an area, cut at its edge with `…`. Gives the column after it, relative to the area.
    pub fn text(&mut self, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
        if y >= area.height || x >= area.width {
            return x;
        }
        let room = usize::from(area.width - x);
        let (x, y) = (area.x + x, area.y + y);
        let is_whole = text.width() <= room && !text.contains(char::is_control);
        let end = if is_whole {
            self.buffer.set_stringn(x, y, text, room, alone(style)).0
        } else {
            self.buffer.set_stringn(x, y, fit(text, room), room, alone(style)).0
        };
        end - area.x
    }

    /// Writes words in a tone; no memory is taken for them.
    pub fn say(&mut self, area: Rect, x: u16, y: u16, words: fmt::Arguments, tone: Tone) -> u16 {
        self.tone(area, x, y, Note::of(words).as_str(), tone)
    }

    /// Writes text in a tone.
    pub fn tone(&mut self, area: Rect, x: u16, y: u16, text: &str, tone: Tone) -> u16 {
        let style = self.style(tone);
        self.text(area, x, y, text, style)
    }

    /// Writes one character.
    pub fn put(&mut self, area: Rect, x: i32, y: i32, c: char, style: Style) {
        if x < 0 || y < 0 || x >= i32::from(area.width) || y >= i32::from(area.height) {
            return;
        }
        let position = (area.x + x as u16, area.y + y as u16);
        if let Some(cell) = self.buffer.cell_mut(position) {
            cell.set_char(c).set_style(alone(style));
        }
    }

    /// Whether a cell is blank, or hatched as idle.
    #[must_use]
    pub fn is_idle(&self, area: Rect, x: i32, y: i32) -> bool {
        let position = |(x, y): (u16, u16)| (area.x + x, area.y + y);
        let inside = x >= 0 && y >= 0 && x < i32::from(area.width) && y < i32::from(area.height);
        let cell = inside.then(|| self.buffer.cell(position((x as u16, y as u16)))).flatten();
        cell.is_some_and(|cell| matches!(cell.symbol(), " " | "░"))
    }

    /// Blanks an area.
    pub fn clear(&mut self, area: Rect) {
        self.hit_area(area, Target::Nothing);
        for y in 0..area.height {
            let blank = " ".repeat(usize::from(area.width));
            self.buffer.set_stringn(area.x, area.y + y, blank, usize::from(area.width), Style::reset());
        }
    }

    /// A pane: frame, title, and what is inside.
    pub fn pane(&mut self, area: Rect, title: &str, focus: bool) -> Rect {
        let tone = if focus { Tone::Focus } else { Tone::Dim };
        self.frame(area, tone, Lines::Light);
        let inner = area.width.saturating_sub(4);
        let style = self.style(if focus { Tone::Focus } else { Tone::Title });
        let room = Rect { width: 2 + inner.saturating_sub(1), ..area };
        let x = self.text(room, 2, 0, " ", style);
        let x = self.text(room, x, 0, title, style);
        let x = self.text(area, x, 0, " ", style);
        self.band(area, 2, x.saturating_sub(2));
        shrink(area)
    }

    /// Says in a pane's lower edge that there is more than it shows.
    pub fn more(&mut self, area: Rect, hidden: usize) {
        if hidden > 0 && area.height > 0 {
            let text = format!(" {} more ", plural(hidden as u64, "line"));
            let x = area.width.saturating_sub(text.width() as u16 + 2);
            self.tone(area, x, area.height - 1, &text, Tone::Key);
        }
    }

    /// A rectangle of lines.
    pub fn frame(&mut self, area: Rect, tone: Tone, lines: Lines) {
        if area.width < 2 || area.height < 2 {
            return;
        }
        let style = self.style(tone);
        let (right, bottom) = (i32::from(area.width) - 1, i32::from(area.height) - 1);
        let set = lines.set();
        for x in 1..right {
            self.put(area, x, 0, set[0], style);
            self.put(area, x, bottom, set[0], style);
        }
        for y in 1..bottom {
            self.put(area, 0, y, set[1], style);
            self.put(area, right, y, set[1], style);
        }
        let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
        for (corner, (x, y)) in corners.into_iter().enumerate() {
            self.put(area, x, y, set[2 + corner], style);
        }
    }

    /// The lines of a page inside a pane, the first ones scrolled away; the frame says how many are below.
    pub fn page(&mut self, frame: Rect, inner: Rect, lines: &[PageLine], scroll: usize) {
        // A larger screen than the one that was scrolled has no lines beyond the last.
        let scroll = scroll.min(lines.len().saturating_sub(usize::from(inner.height)));
        for (y, line) in lines.iter().skip(scroll).take(usize::from(inner.height)).enumerate() {
            let mut x = 0;
            for (ink, words) in &line.0 {
                x = self.tone(inner, x, y as u16, words, tone(*ink));
            }
        }
        let below = lines.len().saturating_sub(scroll + usize::from(inner.height));
        if below > 0 {
            let more = format!(" {below} more below, j ");
            let x = frame.width.saturating_sub(more.chars().count() as u16 + 2);
            self.tone(frame, x, frame.height.saturating_sub(1), &more, Tone::Key);
        }
    }

    /// For a room, a title is a band.
    pub fn band(&mut self, area: Rect, x: u16, width: u16) {
        if self.options.projector {
            self.mark(area, x, 0, width);
        }
    }

    /// Marks a word that was found wherever it stands in an area, as long as the screen stands there because of it.
    pub fn found<P>(&mut self, area: Rect, finder: &Finder<P>) {
        if finder.at.is_none() || finder.word.is_empty() {
            return;
        }
        for y in 0..area.height {
            // Of each byte of the row in small letters its column.
            let (mut row, mut columns) = (String::new(), Vec::new());
            for x in 0..area.width {
                let small = self.buffer[(area.x + x, area.y + y)].symbol().to_lowercase();
                columns.extend(std::iter::repeat_n(x, small.len()));
                row.push_str(&small);
            }
            let met: Vec<(u16, u16)> = row
                .match_indices(&finder.word)
                .filter_map(|(at, word)| Some((*columns.get(at)?, *columns.get(at + word.len() - 1)?)))
                .collect();
            for (first, last) in met {
                self.mark(area, first, y, last + 1 - first);
            }
        }
    }

    /// Underlines what is selected: adds reversal to cells that are already there.
    pub fn mark(&mut self, area: Rect, x: u16, y: u16, width: u16) {
        if y < area.height {
            let width = width.min(area.width.saturating_sub(x));
            let marked = Rect { x: area.x + x, y: area.y + y, width, height: 1 };
            self.buffer.set_style(marked, Style::new().add_modifier(Modifier::REVERSED));
        }
    }
}

/// A short text that takes no memory of its own. What does not fit in it is left out.
pub struct Note {
    bytes: [u8; Note::ROOM],
    len: usize,
}

impl Note {
    const ROOM: usize = 160;

    /// These words.
    #[must_use]
    pub fn of(words: fmt::Arguments) -> Self {
        let mut note = Note { bytes: [0; Note::ROOM], len: 0 };
        // Only a word that does not fit is an error.
        let _ = note.write_fmt(words);
        note
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Write for Note {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// The style without what was drawn in the cell before: a bold title does not stay dim from the frame below it.
fn alone(style: Style) -> Style {
    Style::reset().patch(style)
}

fn tone(ink: Ink) -> Tone {
    match ink {
        Ink::Text => Tone::Text,
        Ink::Title => Tone::Title,
        Ink::Strong => Tone::Focus,
        Ink::Code => Tone::State(State::Running),
        Ink::Dim => Tone::Dim,
        Ink::Key => Tone::Key,
        Ink::Good => Tone::State(State::Done),
        Ink::Bad => Tone::State(State::Failed),
    }
}

/// The lines of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    Light,
    Dashed,
    /// Of what is there, but not well.
    Dotted,
    Double,
}

impl Lines {
    /// Horizontal, vertical, then the corners.
    fn set(self) -> [char; 6] {
        match self {
            Lines::Light => ['─', '│', '┌', '┐', '└', '┘'],
            Lines::Dashed => ['╌', '╎', '┌', '┐', '└', '┘'],
            Lines::Dotted => ['┄', '┆', '┌', '┐', '└', '┘'],
            Lines::Double => ['═', '║', '╔', '╗', '╚', '╝'],
        }
    }
}

/// What is inside a frame, with a blank column left and right.
#[must_use]
pub fn shrink(area: Rect) -> Rect {
    Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) }
}

/// Text of at most `room` cells; what does not fit is cut with `…`, between words where one is near. Control characters are made visible.
#[must_use]
pub fn fit(text: &str, room: usize) -> String {
    let text = visible(text);
    if text.width() <= room {
        return text;
    }
    let mut end = 0;
    let mut width = 0;
    for (at, c) in text.char_indices() {
        width += c.width().unwrap_or(0);
        if width + 1 > room {
            break;
        }
        end = at + c.len_utf8();
    }
    let mut cut = &text[..end];
    let is_inside = !text[end..].starts_with(' ');
    let is_letter = |c: char| c.is_alphabetic() || c == '_';
    // What is left must say something: the blanks before a line of code do not.
    let says = |cut: &str| cut.contains(char::is_alphanumeric);
    let blank = cut.trim_end().rfind(' ').filter(|blank| is_inside && end - blank <= NEAR && *blank > end / 2);
    if let Some(blank) = blank.filter(|blank| says(&cut[..*blank])) {
        cut = &cut[..blank];
    } else if text[end..].starts_with(is_letter) {
        // A long piece without blanks, such as code: before the name that does not fit.
        let name = cut.trim_end_matches(is_letter).len();
        cut = if name > end / 2 && says(&cut[..name]) { &cut[..name] } else { cut };
    }
    if room == 0 { String::new() } else { format!("{}…", cut.trim_end()) }
}

/// Bytes that a text may lose so that its last word is whole.
const NEAR: usize = 12;

/// A bar of `width` cells, filled to a fraction.
#[must_use]
pub fn gauge(fraction: f64, width: usize, full: char, free: char) -> String {
    let filled = (fraction.clamp(0.0, 1.0) * width as f64).round() as usize;
    (0..width).map(|cell| if cell < filled { full } else { free }).collect()
}
