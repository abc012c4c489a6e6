//! Keys that a person has moved: what is pressed stands for another key of the tables.
//!
//! Set once at the door, before any screen. Text that is typed is never changed: only screens that look a key up ask here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::sync::OnceLock;

/// Pressed, and what it stands for.
static MOVED: OnceLock<Vec<(KeyCode, KeyCode)>> = OnceLock::new();

/// Names of keys that are no characters.
const NAMED: [(&str, KeyCode); 14] = [
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("BackTab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
];

/// The key of this name: a character, `F5`, or one such as `Space`.
///
/// # Errors
/// A sentence, when there is none.
pub fn parse(name: &str) -> Result<KeyCode, String> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Ok(KeyCode::Char(c));
    }
    let named = NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, code)| *code);
    let function = || name.strip_prefix(['F', 'f'])?.parse().ok().filter(|n| (1..=24).contains(n)).map(KeyCode::F);
    named.or_else(function).ok_or_else(|| {
        let names: Vec<&str> = NAMED.iter().map(|(known, _)| *known).collect();
        format!("there is no key {name}: write a character, F1 to F24, or one of {}", names.join(", "))
    })
}

/// Moves keys, once for the whole program.
pub fn set(moved: Vec<(KeyCode, KeyCode)>) {
    // A second time there is none.
    let _ = MOVED.set(moved);
}

/// What a key press stands for.
#[must_use]
pub fn meant(key: KeyEvent) -> KeyEvent {
    among(MOVED.get().map_or(&[], Vec::as_slice), key)
}

fn among(moved: &[(KeyCode, KeyCode)], key: KeyEvent) -> KeyEvent {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return key;
    }
    let found = moved.iter().find(|(pressed, _)| *pressed == key.code);
    found.map_or(key, |(_, code)| KeyEvent { code: *code, modifiers: KeyModifiers::NONE, ..key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_names() {
        assert_eq!(parse("h"), Ok(KeyCode::Char('h')));
        assert_eq!(parse("space"), Ok(KeyCode::Char(' ')));
        assert_eq!(parse("F5"), Ok(KeyCode::F(5)));
        assert!(parse("Hyper").is_err() && parse("F99").is_err() && parse("").is_err());
    }

    #[test]
    fn a_moved_key_stands_for_another_and_control_stays() {
        let moved = [(KeyCode::Char('h'), KeyCode::Left)];
        let press = |modifiers| among(&moved, KeyEvent::new(KeyCode::Char('h'), modifiers)).code;
        assert_eq!(press(KeyModifiers::NONE), KeyCode::Left);
        assert_eq!(press(KeyModifiers::CONTROL), KeyCode::Char('h'));
        assert_eq!(among(&[], KeyEvent::from(KeyCode::Tab)).code, KeyCode::Tab);
    }
}
