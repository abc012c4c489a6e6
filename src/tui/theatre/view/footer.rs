//! The last line of a screen: what was just done, else keys and what they do.

use super::paint::Brush;
use crate::tui::theme::Tone;
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
    if let Some((toast, _)) = toast {
        brush.tone(left, 1, 0, toast, Tone::Again);
        return;
    }
    let mut x = 1;
    for (key, does) in hints {
        if usize::from(x) + key.width() + does.width() + 2 > usize::from(left.width) {
            continue;
        }
        x = brush.tone(left, x, 0, key, Tone::Key);
        x = brush.tone(left, x + 1, 0, does, Tone::Dim) + 2;
    }
}
