//! The keys of the theatre, as a table: what `?` shows is what works.

use super::update::Message;
use crate::tui::keys;
use crate::tui::palette::{self, Row, row, told};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    PlayPause,
    EventBack,
    EventOn,
    MarkBack,
    MarkOn,
    LineBack,
    LineOn,
    StageBack,
    StageOn,
    DeathBack,
    DeathOn,
    ScrubBack,
    ScrubOn,
    Slower,
    Faster,
    SetMark,
    ToMark,
    Start,
    End,
    Follow,
    Auto,
    Why,
    Kill,
    Runs,
    Plan,
    Data,
    Compare,
    Theatre,
    Output,
    Matrix,
    Zoom,
    Copy,
    CopyPane,
    Projector,
    Measure,
    Find,
    NextFound,
    PreviousFound,
    Swap,
    Arm,
    Disarm,
    Cue,
    ComeBack,
    Save,
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

/// All keys, grouped as they are thought of.
pub const ROWS: [Row<Action>; 55] = [
    row("Space", "play or pause", Action::PlayPause),
    row(".", "one event on", Action::EventOn),
    row(",", "one event back", Action::EventBack),
    row("]", "one milestone on (a node death is told in six)", Action::MarkOn),
    row("[", "one milestone back", Action::MarkBack),
    row("}", "one stage on", Action::StageOn),
    row("{", "one stage back", Action::StageBack),
    row("x", "to the next death, or the end of its recovery", Action::DeathOn),
    row("X", "the same backwards", Action::DeathBack),
    row("L S-right", "one hundredth of the run on (or drag the bar)", Action::ScrubOn),
    row("H S-left", "one hundredth of the run back", Action::ScrubBack),
    row("M", "mark this moment with a letter, or take its mark away", Action::SetMark),
    row("'", "and a letter: to that mark; '' to the next one", Action::ToMark),
    row("g", "to the start", Action::Start),
    row("G", "to the end", Action::End),
    row("f", "follow the run that is still going on", Action::Follow),
    row("+", "play at a higher speed", Action::Faster),
    row("-", "play at a lower speed", Action::Slower),
    row("A", "automatic: tell deaths slowly, jump over idle time", Action::Auto),
    row("w", "why does this run again, or not?", Action::Why),
    row("K", "kill or break something: the run is done again", Action::Kill),
    row("p", "the plan of this query, rule by rule", Action::Plan),
    row("d", "the data of this stage: rows for each partition", Action::Data),
    row("=", "two runs side by side: this one and its branch", Action::Compare),
    row("b", "this run and its branches: choose one", Action::Runs),
    row("t", "back to the theatre, whatever is open", Action::Theatre),
    row("o", "what the script has printed so far", Action::Output),
    row("/", "find a task, a stage, a node, a word; on the data page a key", Action::Find),
    row("n", "the next place of what was found; compare: the next difference", Action::NextFound),
    row("N", "the place before", Action::PreviousFound),
    row("m", "the matrix of a shuffle: map outputs by reduce tasks", Action::Matrix),
    row("Tab", "next pane", Action::NextPane),
    row("S-Tab", "pane before", Action::PreviousPane),
    told("1-6, click", "pane by number"),
    told("h j k l arrows", "move inside the pane"),
    row("Enter", "open: a task's why, a sentence's moment", Action::Open),
    row("z", "zoom: the pane on the whole screen, and back", Action::Zoom),
    row("y", "copy what is selected, with its why, as plain text", Action::Copy),
    row("Y", "copy the pane, or the page, as plain text", Action::CopyPane),
    row("P", "projector: titles as bands, high contrast, nothing dim", Action::Projector),
    row("? :", "keys and commands: type to find, Enter does it", Action::Help),
    row("q", "back", Action::Back),
    told("Esc", "close what is open, let go of what is selected, or back"),
    told("Ctrl-C Ctrl-Z", "quit, suspend"),
    told("Plan", "j k step, h l another query, Enter an operator, o run without this rule"),
    told("Data", "j k partition or row, h l another stage, Tab to the rows, f follow one"),
    row("c", "data: rows, bytes or time; plan: the run without each rule, for its cost", Action::Measure),
    told("Faults", "e at an event, r it comes back, a arms: it strikes with the next"),
    told("Faults", "u takes back what was armed last, S keeps them as a scenario"),
    told("Compare", "j k moment that differs, Enter goes there, u each its own time (Tab)"),
    told("g", "compare: what both cost as the data grows"),
    row("s", "compare: swap the two", Action::Swap),
    told("h l", "compare: another run as B"),
    row(">", "one line of the script on: plans grow, an action lights them", Action::LineOn),
    row("<", "one line of the script back", Action::LineBack),
];

/// The lines that hold all words of a query: those about the page on screen first, then all others, in their order.
#[must_use]
pub fn found(query: &str, can_branch: bool, page: Option<&str>) -> Vec<&'static Row<Action>> {
    let works = |row: &&Row<Action>| can_branch || row.action != Some(Action::Kill);
    let is_of_page = |row: &&Row<Action>| {
        page.is_some_and(|page| row.keys == page || row.does.contains(&format!("{}:", page.to_lowercase())))
    };
    let (first, others): (Vec<_>, Vec<_>) = ROWS.iter().filter(works).partition(is_of_page);
    palette::found(first.into_iter().chain(others), query)
}

/// What a key press means; while something is typed, letters are text.
#[must_use]
pub fn message(key: KeyEvent, is_typing: bool) -> Option<Message> {
    match key.code {
        KeyCode::Char(c) if is_typing && !key.modifiers.contains(KeyModifiers::CONTROL) => Some(Message::Typed(c)),
        KeyCode::Backspace if is_typing => Some(Message::Erased),
        _ => action(key).map(Message::Key),
    }
}

/// What a key press means.
#[must_use]
pub fn action(key: KeyEvent) -> Option<Action> {
    of_key(keys::meant(key))
}

/// What a key of the table means, whatever a person has moved.
#[must_use]
pub fn of_key(key: KeyEvent) -> Option<Action> {
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
        '<' => Action::LineBack,
        '>' => Action::LineOn,
        '{' => Action::StageBack,
        '}' => Action::StageOn,
        'X' => Action::DeathBack,
        'x' => Action::DeathOn,
        'H' => Action::ScrubBack,
        'L' => Action::ScrubOn,
        '-' => Action::Slower,
        '+' => Action::Faster,
        'M' => Action::SetMark,
        '\'' => Action::ToMark,
        'g' => Action::Start,
        'G' => Action::End,
        'f' => Action::Follow,
        'A' => Action::Auto,
        'w' => Action::Why,
        'K' => Action::Kill,
        '=' => Action::Compare,
        'b' => Action::Runs,
        'p' => Action::Plan,
        'd' => Action::Data,
        'c' => Action::Measure,
        '/' => Action::Find,
        'n' => Action::NextFound,
        'N' => Action::PreviousFound,
        's' => Action::Swap,
        'a' => Action::Arm,
        'u' => Action::Disarm,
        'e' => Action::Cue,
        'r' => Action::ComeBack,
        'S' => Action::Save,
        'y' => Action::Copy,
        'Y' => Action::CopyPane,
        'P' => Action::Projector,
        't' => Action::Theatre,
        'o' => Action::Output,
        'm' => Action::Matrix,
        'z' => Action::Zoom,
        '?' | ':' => Action::Help,
        'h' => Action::Left,
        'j' => Action::Down,
        'k' => Action::Up,
        'l' => Action::Right,
        'q' => Action::Back,
        '1'..='6' => Action::Pane(c as usize - '1' as usize),
        _ => return None,
    })
}
