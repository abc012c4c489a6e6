//! What a person did on a screen of panes, whether with keys or with the mouse: screens take in touches, not what the terminal sends.

use super::keys;
use super::theatre::hits::{self, Hit, Target};
use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;

/// Something that a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    Key(KeyEvent),
    /// A hint was pressed that names this key.
    Press(KeyCode),
    /// A line of a list was pressed.
    Line(usize),
    /// A pane was pressed, by the number in its title, counted from 0.
    Pane(usize),
    Paste(String),
}

impl Touch {
    /// What the terminal sent; the wheel moves as the arrows do. Where things stand is asked only when something was pressed.
    #[must_use]
    pub fn of(input: &Input, hits: impl FnOnce() -> Vec<Hit>) -> Option<Touch> {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => Some(Touch::Key(*key)),
            Input::Paste(text) => Some(Touch::Paste(text.clone())),
            Input::Mouse(mouse) => Touch::of_mouse(*mouse, hits),
            _ => None,
        }
    }

    fn of_mouse(mouse: MouseEvent, hits: impl FnOnce() -> Vec<Hit>) -> Option<Touch> {
        match mouse.kind {
            MouseEventKind::ScrollUp => Some(Touch::Key(KeyEvent::from(KeyCode::Up))),
            MouseEventKind::ScrollDown => Some(Touch::Key(KeyEvent::from(KeyCode::Down))),
            MouseEventKind::Down(MouseButton::Left) => {
                match hits::target(&hits(), Position { x: mouse.column, y: mouse.row })? {
                    Target::Press(code) => Some(Touch::Press(code)),
                    Target::Line(line) => Some(Touch::Line(line)),
                    Target::Pane(pane) => Some(Touch::Pane(pane)),
                    Target::Select(_) | Target::Moment(_) | Target::Nothing => None,
                }
            }
            _ => None,
        }
    }

    /// The key of the tables that it stands for: one that was moved counts as what it means, one that a hint names as it is.
    #[must_use]
    pub fn key(&self) -> Option<KeyEvent> {
        match self {
            Touch::Key(key) => Some(keys::meant(*key)),
            Touch::Press(code) => Some(KeyEvent::from(*code)),
            Touch::Line(_) | Touch::Pane(_) | Touch::Paste(_) => None,
        }
    }

    /// Whether it is a letter pressed together with Ctrl: no text, on any screen.
    #[must_use]
    pub fn has_control(&self) -> bool {
        matches!(self, Touch::Key(key) if key.modifiers.contains(KeyModifiers::CONTROL))
    }
}
