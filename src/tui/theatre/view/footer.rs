//! The last line of a screen: what was just done, else keys and what they do.

use super::paint::Brush;
use crate::tui::keys;
use crate::tui::theatre::hits::Target;
use crate::tui::theme::{State, Tone};
use crossterm::event::KeyCode;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// A key and what it does.
pub type Hint = (&'static str, &'static str);

/// Draws the hints that fit whole, in their order; the way to all keys is always there.
pub fn draw(brush: &mut Brush, area: Rect, toast: Option<&(String, f64)>, hints: &[Hint]) {
    draw_with(brush, area, toast.map(|(text, _)| text.as_str()), hints, "keys");
}

/// The same, with a word for what `?` shows.
pub fn draw_with(brush: &mut Brush, area: Rect, toast: Option<&str>, hints: &[Hint], all: &str) {
    let all_width = all.width() as u16 + 3;
    let right = area.width.saturating_sub(all_width);
    let left = Rect { width: right.saturating_sub(1), ..area };
    brush.tone(area, right, 0, "?", Tone::Key);
    brush.tone(area, right + 2, 0, all, Tone::Dim);
    brush.hit(area, right, 0, all_width, Target::Press(KeyCode::Char('?')));
    if let Some(toast) = toast {
        brush.tone(left, 1, 0, toast, Tone::State(State::Again));
        return;
    }
    let mut x = 1;
    for (key, does) in hints {
        if usize::from(x) + key.width() + does.width() + 2 > usize::from(left.width) {
            continue;
        }
        let (start, between) = (x, brush.tone(left, x, 0, key, Tone::Key));
        x = brush.tone(left, between + 1, 0, does, Tone::Dim) + 2;
        press(brush, left, (start, x - 2), key);
    }
}

/// A hint does what its key does; of two keys each is its own place, and the words stand for the second.
fn press(brush: &mut Brush, area: Rect, (start, end): (u16, u16), key: &str) {
    let mut x = start;
    let parts = if key == "/" { vec![key] } else { key.split(['/', ' ']).collect() };
    for part in parts {
        if let Ok(code) = keys::parse(part) {
            brush.hit(area, x, 0, end - x, Target::Press(code));
        }
        x += part.width() as u16 + 1;
    }
}
