//! What lies in front of a screen's panes and gets the keys first: a line that is typed, and the list of keys.
//!
//! ```text
//!   Touch ──► Front::take ──► Said::Taken             it was for the line or the list
//!                             Said::Do(key)           chosen in the list
//!                             Said::Typed(what, text) typed, and Enter
//!                             Said::Pass(touch)       for the panes
//! ```
//! One piece for the home screen, lessons, the workspace and worlds.

use super::find::draw_line;
use super::palette::{self, Answer, Palette, Row};
use super::theatre::view::footer::Hint;
use super::theatre::view::paint::Brush;
use super::touch::Touch;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

/// What is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A word to find.
    Word,
    /// Files to open.
    Files,
}

impl Asked {
    /// What stands before the text, and what helps.
    fn words(self, is_narrow: bool) -> (&'static str, &'static str) {
        match self {
            Asked::Word if is_narrow => ("/", "Enter finds"),
            Asked::Word => ("/", "Enter finds, n N go on, Esc gives up"),
            Asked::Files if is_narrow => ("open: ", "Enter opens"),
            Asked::Files => ("open: ", "script.py, run.jsonl, or two of them; Enter opens, Esc gives up"),
        }
    }
}

/// What lies in front.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Front {
    pub typing: Option<(Asked, String)>,
    pub palette: Option<Palette>,
}

/// What became of a touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said<T> {
    Taken,
    Do(T),
    Typed(Asked, String),
    Pass(Touch),
}

impl Front {
    /// A text is asked for.
    pub fn ask(&mut self, what: Asked) {
        self.typing = Some((what, String::new()));
    }

    /// The keys are listed.
    pub fn list(&mut self) {
        self.palette = Some(Palette::default());
    }

    /// The keys of what lies in front, instead of those of the panes below it.
    #[must_use]
    pub fn hints(&self) -> Option<&'static [Hint]> {
        self.palette.is_some().then_some(&palette::HINTS)
    }

    /// Takes a touch in.
    pub fn take<T: Copy + PartialEq>(&mut self, touch: Touch, rows: &[Row<T>]) -> Said<T> {
        if touch.has_control() {
            return Said::Pass(touch);
        }
        if let Some((what, text)) = self.typing.take() {
            return self.typed(what, text, touch);
        }
        let Some(open) = &mut self.palette else { return Said::Pass(touch) };
        let answer = match touch {
            Touch::Key(key) => open.key(key, rows),
            Touch::Line(line) => open.press(line, rows),
            // What a hint says is done, whatever lies in front.
            Touch::Press(_) => {
                self.palette = None;
                return Said::Pass(touch);
            }
            Touch::Pane(_) | Touch::Paste(_) => Answer::Open,
        };
        if answer != Answer::Open {
            self.palette = None;
        }
        match answer {
            Answer::Do(chosen) => Said::Do(chosen),
            Answer::Open | Answer::Closed => Said::Taken,
        }
    }

    fn typed<T>(&mut self, what: Asked, mut text: String, touch: Touch) -> Said<T> {
        match touch {
            Touch::Key(KeyEvent { code: KeyCode::Esc, .. }) => return Said::Taken,
            Touch::Key(KeyEvent { code: KeyCode::Enter, .. }) => {
                return if text.trim().is_empty() { Said::Taken } else { Said::Typed(what, text) };
            }
            Touch::Key(KeyEvent { code: KeyCode::Char(c), .. }) => text.push(c),
            Touch::Key(KeyEvent { code: KeyCode::Backspace, .. }) => drop(text.pop()),
            Touch::Paste(pasted) => text.push_str(pasted.trim()),
            Touch::Key(_) | Touch::Press(_) | Touch::Line(_) | Touch::Pane(_) => {}
        }
        self.typing = Some((what, text));
        Said::Taken
    }

    /// Draws it over a screen whose last line tells the keys.
    pub fn draw<T>(&self, brush: &mut Brush, screen: Rect, rows: &[Row<T>]) {
        if let Some((what, text)) = &self.typing {
            let line = Rect { y: screen.y + screen.height.saturating_sub(1), height: screen.height.min(1), ..screen };
            let (sign, hint) = what.words(screen.width < 60);
            draw_line(brush, line, sign, text, hint);
        }
        if let Some(open) = &self.palette {
            palette::draw(brush, screen, open, &palette::found(rows, &open.query), &[]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::palette::row;

    const ROWS: [Row<u8>; 2] = [row("a", "one", 1), row("b", "two", 2)];

    fn press(front: &mut Front, code: KeyCode) -> Said<u8> {
        front.take(Touch::Key(KeyEvent::from(code)), &ROWS)
    }

    #[test]
    fn what_is_typed_is_told_whole() {
        let mut front = Front::default();
        front.ask(Asked::Word);
        for c in "q?b".chars() {
            assert_eq!(press(&mut front, KeyCode::Char(c)), Said::Taken, "letters are text");
        }
        press(&mut front, KeyCode::Backspace);
        assert_eq!(press(&mut front, KeyCode::Enter), Said::Typed(Asked::Word, "q?".to_owned()));
        assert_eq!(front, Front::default());
        front.ask(Asked::Files);
        press(&mut front, KeyCode::Char('x'));
        assert_eq!(press(&mut front, KeyCode::Esc), Said::Taken);
        assert_eq!(front, Front::default());
    }

    #[test]
    fn a_hint_is_pressed_through_the_list() {
        let mut front = Front::default();
        front.list();
        assert_eq!(front.take(Touch::Line(1), &ROWS), Said::Taken, "chosen");
        assert_eq!(front.take(Touch::Line(1), &ROWS), Said::Do(2));
        front.list();
        let hint = Touch::Press(KeyCode::Char('q'));
        assert_eq!(front.take(hint.clone(), &ROWS), Said::Pass(hint));
        assert_eq!(front.palette, None);
    }
}
