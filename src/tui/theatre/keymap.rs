//! The keys of the theatre, as a table: what `?` shows is what works.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    PlayPause,
    EventBack,
    EventOn,
    MarkBack,
    MarkOn,
    StageBack,
    StageOn,
    DeathBack,
    DeathOn,
    ScrubBack,
    ScrubOn,
    Slower,
    Faster,
    Start,
    End,
    Follow,
    Auto,
    Why,
    Kill,
    Runs,
    Plan,
    Output,
    Matrix,
    Zoom,
    Help,
    NextPane,
    PreviousPane,
    Pane(usize),
    Up,
    Down,
    Left,
    Right,
    Open,
    Close,
    Back,
    Interrupt,
    Suspend,
}

/// A line of `?`.
pub struct Row {
    pub keys: &'static str,
    pub does: &'static str,
}

/// All keys, grouped as they are thought of.
pub const ROWS: [Row; 22] = [
    Row { keys: "Space", does: "play or pause" },
    Row { keys: ", .", does: "one event back, on" },
    Row { keys: "[ ]", does: "one milestone back, on (a node death is told in five)" },
    Row { keys: "{ }", does: "one stage back, on" },
    Row { keys: "x X", does: "to the next death or the end of its recovery, and back" },
    Row { keys: "H L, S-arrows", does: "one hundredth of the run back, on (or drag the bar)" },
    Row { keys: "g G", does: "to the start, to the end" },
    Row { keys: "f", does: "follow the run that is still going on" },
    Row { keys: "+ -", does: "faster, slower" },
    Row { keys: "A", does: "automatic: tell deaths slowly, jump over idle time" },
    Row { keys: "w", does: "why does this run again, or not?" },
    Row { keys: "K", does: "break something now: the run is done again with it" },
    Row { keys: "=", does: "this run and its branches, side by side" },
    Row { keys: "p", does: "the physical plan of this query" },
    Row { keys: "o", does: "what the script has printed so far" },
    Row { keys: "m", does: "the blocks of a shuffle, map outputs by reduce tasks" },
    Row { keys: "Tab S-Tab 1-5", does: "next pane, pane by number" },
    Row { keys: "h j k l arrows", does: "move inside the pane" },
    Row { keys: "Enter", does: "open: a task's why, a sentence's moment" },
    Row { keys: "z", does: "the pane on the whole screen, and back" },
    Row { keys: "q Esc", does: "back" },
    Row { keys: "Ctrl-C Ctrl-Z", does: "quit, suspend" },
];

/// What a key press means.
#[must_use]
pub fn action(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Action::Interrupt),
            KeyCode::Char('z') => Some(Action::Suspend),
            _ => None,
        };
    }
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    match key.code {
        KeyCode::Char(c) => character(c),
        KeyCode::Tab => Some(Action::NextPane),
        KeyCode::BackTab => Some(Action::PreviousPane),
        KeyCode::Enter => Some(Action::Open),
        KeyCode::Esc => Some(Action::Close),
        KeyCode::Up => Some(Action::Up),
        KeyCode::Down => Some(Action::Down),
        KeyCode::Left if shift => Some(Action::ScrubBack),
        KeyCode::Right if shift => Some(Action::ScrubOn),
        KeyCode::Left => Some(Action::Left),
        KeyCode::Right => Some(Action::Right),
        KeyCode::Home => Some(Action::Start),
        KeyCode::End => Some(Action::End),
        _ => None,
    }
}

fn character(c: char) -> Option<Action> {
    Some(match c {
        ' ' => Action::PlayPause,
        ',' => Action::EventBack,
        '.' => Action::EventOn,
        '[' => Action::MarkBack,
        ']' => Action::MarkOn,
        '{' => Action::StageBack,
        '}' => Action::StageOn,
        'X' => Action::DeathBack,
        'x' => Action::DeathOn,
        'H' => Action::ScrubBack,
        'L' => Action::ScrubOn,
        '-' => Action::Slower,
        '+' => Action::Faster,
        'g' => Action::Start,
        'G' => Action::End,
        'f' => Action::Follow,
        'A' => Action::Auto,
        'w' => Action::Why,
        'K' => Action::Kill,
        '=' => Action::Runs,
        'p' => Action::Plan,
        'o' => Action::Output,
        'm' => Action::Matrix,
        'z' => Action::Zoom,
        '?' => Action::Help,
        'h' => Action::Left,
        'j' => Action::Down,
        'k' => Action::Up,
        'l' => Action::Right,
        'q' => Action::Back,
        '1'..='5' => Action::Pane(c as usize - '1' as usize),
        _ => return None,
    })
}
