//! The last line of a screen: what was just done, else keys and what they do.

use super::paint::Brush;
use crate::tui::theatre::hits::Target;
use crate::tui::theatre::keymap::{Action, of_hint};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// A key and what it does.
pub type Hint = (&'static str, &'static str);

const ALL: &str = "? keys ";

/// Draws the hints that fit whole, in their order; the way to all keys is always there.
pub fn draw(brush: &mut Brush, area: Rect, toast: Option<&(String, f64)>, hints: &[Hint]) {
    let right = area.width.saturating_sub(ALL.width() as u16);
    let left = Rect { width: right.saturating_sub(1), ..area };
    brush.tone(area, right, 0, "?", Tone::Key);
    brush.tone(area, right + 2, 0, "keys", Tone::Dim);
    brush.hit(area, right, 0, ALL.width() as u16, Target::Key(Action::Help));
    if let Some((toast, _)) = toast {
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
    for part in key.split('/') {
        if let Some(action) = of_hint(part) {
            brush.hit(area, x, 0, end - x, Target::Key(action));
        }
        x += part.width() as u16 + 1;
    }
}
