//! The keys of the prompt.

use super::editor::Edit;
use super::model::Key;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key press means.
pub fn key(key: KeyEvent) -> Option<Key> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return with_control(key.code);
    }
    Some(match key.code {
        KeyCode::Enter => Key::Enter,
        KeyCode::Tab => Key::Tab,
        KeyCode::Esc => Key::ToTheatre,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Char(c) => Key::Edit(Edit::Insert(c)),
        KeyCode::Left => Key::Edit(Edit::Left),
        KeyCode::Right => Key::Edit(Edit::Right),
        KeyCode::Up => Key::Edit(Edit::Up),
        KeyCode::Down => Key::Edit(Edit::Down),
        KeyCode::Home => Key::Edit(Edit::LineStart),
        KeyCode::End => Key::Edit(Edit::LineEnd),
        KeyCode::Backspace => Key::Edit(Edit::Backspace),
        KeyCode::Delete => Key::Edit(Edit::Delete),
        _ => return None,
    })
}

/// As in the shells that people know.
fn with_control(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::Char('c') => Key::Interrupt,
        KeyCode::Char('d') => Key::EndOfInput,
        KeyCode::Char('z') => Key::Suspend,
        KeyCode::Char('a') => Key::Edit(Edit::LineStart),
        KeyCode::Char('e') => Key::Edit(Edit::LineEnd),
        KeyCode::Char('u') => Key::Edit(Edit::CutToStart),
        KeyCode::Char('k') => Key::Edit(Edit::CutToEnd),
        KeyCode::Char('w') => Key::Edit(Edit::CutWord),
        KeyCode::Left => Key::Edit(Edit::WordLeft),
        KeyCode::Right => Key::Edit(Edit::WordRight),
        _ => return None,
    })
}
