//! The last line of a screen: keys and what they do, and beside them what was just done.
//!
//! ```text
//!   Space play  q back                      difference 9 of 119  ? keys
//!   hints, the way back before all others   the notice           always
//! ```

use super::paint::{Brush, fit};
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

/// The same, with a word for what `?` shows. What was just done stands at the right; hints have what it leaves.
pub fn draw_with(brush: &mut Brush, area: Rect, toast: Option<&str>, hints: &[Hint], all: &str) {
    let all_width = all.width() as u16 + 3;
    let right = area.width.saturating_sub(all_width);
    brush.tone(area, right, 0, "?", Tone::Key);
    brush.tone(area, right + 2, 0, all, Tone::Dim);
    brush.hit(area, right, 0, all_width, Target::Press(KeyCode::Char('?')));
    hints_beside(brush, Rect { width: right.saturating_sub(1), ..area }, toast, hints);
}

/// The hints that have room beside what was just done.
pub fn hints_beside(brush: &mut Brush, area: Rect, toast: Option<&str>, hints: &[Hint]) {
    let mut left = area;
    if let Some(toast) = toast {
        let words = fit(toast, usize::from(left.width.saturating_sub(2)));
        let x = left.width.saturating_sub(words.width() as u16 + 1);
        brush.tone(left, x, 0, &words, Tone::State(State::Again));
        left.width = x.saturating_sub(1);
    }
    hints_from(brush, left, 1, hints);
}

/// The hints that have room from a column on.
pub fn hints_from(brush: &mut Brush, area: Rect, mut x: u16, hints: &[Hint]) {
    for (key, does) in fitting(hints, usize::from((area.width + 1).saturating_sub(x))) {
        let (start, between) = (x, brush.tone(area, x, 0, key, Tone::Key));
        x = brush.tone(area, between + 1, 0, does, Tone::Dim) + 2;
        press(brush, area, (start, x - 2), key);
    }
}

/// The hints that have room, in their order. The way back is the first to get room, the others as they stand.
fn fitting(hints: &[Hint], width: usize) -> impl Iterator<Item = &Hint> {
    let mut room = width;
    let mut fits = |(key, does): &Hint| {
        let wanted = key.width() + does.width() + 3;
        let is_there = wanted <= room;
        room -= if is_there { wanted } else { 0 };
        is_there
    };
    let back = hints.iter().position(|(key, _)| matches!(*key, "q" | "Esc")).filter(|back| fits(&hints[*back]));
    let shown: Vec<bool> = hints.iter().enumerate().map(|(index, hint)| Some(index) == back || fits(hint)).collect();
    hints.iter().zip(shown).filter(|(_, shown)| *shown).map(|(hint, _)| hint)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_has_room_before_the_others() {
        let hints: [Hint; 4] = [("j/k", "step"), ("Enter", "operator"), ("c", "costs"), ("Esc", "back")];
        let shown = |width| fitting(&hints, width).map(|(key, _)| *key).collect::<Vec<_>>();
        assert_eq!(shown(80), ["j/k", "Enter", "c", "Esc"]);
        assert_eq!(shown(31), ["j/k", "c", "Esc"]);
        assert_eq!(shown(12), ["Esc"]);
        assert_eq!(shown(4), [""; 0]);
    }
}
