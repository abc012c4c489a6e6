//! The home screen: the exercises, and what can be done with each.
//!
//! A path, not a menu: what is chosen is told at the right, and one Enter watches it.

use super::ScreenOptions;
use super::terminal::Screen;
use super::theatre::view::footer::{self, Hint};
use super::theatre::view::paint::{Brush, fit, wrap};
use super::theme::Tone;
use super::{glyphs, keys};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io;
use std::time::Duration;

/// One line of the home screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeEntry {
    /// `1`, `2`, …
    pub number: String,
    pub title: String,
    /// What it is about, a few short lines.
    pub about: Vec<String>,
    /// The script's path, as shown.
    pub script: String,
    /// Its text, of which the beginning is shown.
    pub source: String,
    /// What `d` shows.
    pub is_tour: bool,
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeChoice {
    /// Run the entry with this index in the theatre.
    Watch(usize),
    /// Run it in the plain terminal, with narration.
    Run(usize),
    /// Watch it with a node killed on the way.
    Kill(usize),
    /// Open this log in the theatre.
    OpenLog(String),
    Quit,
    /// By `Ctrl-C` or a signal.
    Interrupted,
}

/// What the screen knows.
#[derive(Debug, Clone, Default)]
pub struct Home {
    pub entries: Vec<HomeEntry>,
    pub chosen: usize,
    /// The path that is being typed, while a log is opened.
    pub path: Option<String>,
    pub notice: Option<String>,
    /// The keys lie over the screen.
    pub shows_keys: bool,
}

impl Home {
    /// The first entry that is shown: the chosen one stays in sight.
    fn first(&self, height: u16) -> usize {
        let rows = usize::from(list_rows(self.entries.len(), height));
        self.chosen.saturating_sub(rows / 2).min(self.entries.len().saturating_sub(rows))
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeMessage {
    Key(KeyEvent),
    Paste(String),
    /// A line of the list was clicked.
    Click(usize),
}

/// Shows the home screen until something is chosen. `notice` is one line about what happened before, such as why a log did not open.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(entries: &[HomeEntry], notice: Option<&str>, options: ScreenOptions) -> io::Result<HomeChoice> {
    let mut home = Home { entries: entries.to_vec(), notice: notice.map(str::to_owned), ..Home::default() };
    let mut screen = Screen::open(options)?;
    loop {
        screen.draw(|frame| {
            let area = frame.area();
            view(&home, options, frame.buffer_mut(), area);
        })?;
        let mut inputs = Vec::new();
        while inputs.is_empty() && !screen.is_resized() {
            inputs = screen.read(Duration::from_secs(1))?;
            if screen.is_interrupted() {
                return Ok(HomeChoice::Interrupted);
            }
        }
        for input in inputs {
            if is_suspend(&input) {
                screen.suspend()?;
                continue;
            }
            let choice = message(&home, input).and_then(|message| update(&mut home, message));
            if let Some(choice) = choice {
                return Ok(choice);
            }
        }
    }
}

fn is_suspend(input: &Input) -> bool {
    matches!(input, Input::Key(key) if key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL))
}

fn message(home: &Home, input: Input) -> Option<HomeMessage> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => Some(HomeMessage::Key(key)),
        Input::Paste(text) => Some(HomeMessage::Paste(text)),
        Input::Mouse(mouse) if mouse.kind == MouseEventKind::Down(MouseButton::Left) => {
            let height = crossterm::terminal::size().map_or(24, |(_, height)| height);
            let row = home.first(height) + usize::from(mouse.row).checked_sub(2)?;
            (row < home.entries.len()).then_some(HomeMessage::Click(row))
        }
        _ => None,
    }
}

/// Takes in one message; gives the choice, once made.
pub fn update(home: &mut Home, message: HomeMessage) -> Option<HomeChoice> {
    match message {
        HomeMessage::Click(row) if row == home.chosen => Some(HomeChoice::Watch(row)),
        HomeMessage::Click(row) => {
            home.chosen = row;
            None
        }
        HomeMessage::Paste(text) => {
            if let Some(path) = &mut home.path {
                path.push_str(text.trim());
            }
            None
        }
        HomeMessage::Key(key) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            (key.code == KeyCode::Char('c')).then_some(HomeChoice::Interrupted)
        }
        HomeMessage::Key(key) if home.path.is_some() => type_path(home, key),
        HomeMessage::Key(key) => press(home, key),
    }
}

fn type_path(home: &mut Home, key: KeyEvent) -> Option<HomeChoice> {
    let path = home.path.as_mut()?;
    match key.code {
        KeyCode::Char(c) => path.push(c),
        KeyCode::Backspace => {
            path.pop();
        }
        KeyCode::Enter if !path.trim().is_empty() => return Some(HomeChoice::OpenLog(path.trim().to_owned())),
        KeyCode::Esc | KeyCode::Enter => home.path = None,
        _ => {}
    }
    None
}

fn press(home: &mut Home, key: KeyEvent) -> Option<HomeChoice> {
    home.notice = None;
    if std::mem::take(&mut home.shows_keys) && matches!(key.code, KeyCode::Char('?' | 'q') | KeyCode::Esc) {
        return None;
    }
    let last = home.entries.len().saturating_sub(1);
    match keys::meant(key).code {
        KeyCode::Char('j') | KeyCode::Down => home.chosen = (home.chosen + 1).min(last),
        KeyCode::Char('k') | KeyCode::Up => home.chosen = home.chosen.saturating_sub(1),
        KeyCode::Char(c @ ('1'..='9' | 'W')) => {
            let found = home.entries.iter().position(|entry| entry.number == c.to_string());
            home.chosen = found.unwrap_or(home.chosen);
        }
        KeyCode::Char('?') => home.shows_keys = true,
        KeyCode::Char('o') => home.path = Some(String::new()),
        KeyCode::Char('q') | KeyCode::Esc => return Some(HomeChoice::Quit),
        _ if home.entries.is_empty() => {}
        KeyCode::Enter | KeyCode::Char('t') => return Some(HomeChoice::Watch(home.chosen)),
        KeyCode::Char('d') => return home.entries.iter().position(|entry| entry.is_tour).map(HomeChoice::Watch),
        KeyCode::Char('r') => return Some(HomeChoice::Run(home.chosen)),
        KeyCode::Char('K') => return Some(HomeChoice::Kill(home.chosen)),
        _ => {}
    }
    None
}

const KEYS: [Hint; 7] = [
    ("Enter", "work, watch, read"),
    ("d", "a demo: the tour"),
    ("K", "watch it lose a node"),
    ("r", "run it, told in text"),
    ("o", "open a recorded run"),
    ("j/k", "choose, or 1 to 4"),
    ("q", "quit"),
];
const HINTS: [Hint; 6] =
    [("Enter", "open"), ("d", "tour"), ("K", "kill a node"), ("r", "run"), ("o", "open log"), ("q", "quit")];

const HONEST: [&str; 3] = [
    "Simulated: the machines and their time, in this one process.",
    "Real: rows, plans, partitions, losses, what is computed again.",
    "The scripts are ordinary PySpark; they run on a real cluster too.",
];

/// Draws the home screen.
pub fn view(home: &Home, options: ScreenOptions, buffer: &mut Buffer, screen: Rect) {
    let mut brush = Brush::new(buffer, options);
    if screen.width < 40 || screen.height < 12 {
        let text = format!("This screen needs 40 x 12 cells; here are {} x {}. q: quit", screen.width, screen.height);
        for (y, line) in wrap(&text, usize::from(screen.width.max(1)), 0).iter().enumerate() {
            brush.tone(screen, 0, y as u16, line, Tone::Text);
        }
    } else {
        draw(&mut brush, home, screen);
        if home.shows_keys {
            all_keys(&mut brush, screen);
        }
    }
    glyphs::finish(buffer, options.glyphs);
}

fn draw(brush: &mut Brush, home: &Home, screen: Rect) {
    let title = "WORKSHOP  Batch processing with distributed data";
    let title = if usize::from(screen.width) > title.len() { title } else { "WORKSHOP  Batch processing" };
    brush.tone(screen, 1, 0, title, Tone::Title);
    let body = Rect { y: screen.y + 1, height: screen.height - 2, ..screen };
    let wide = screen.width >= 80;
    let list_height = list_rows(home.entries.len(), screen.height) + 2;
    let width = if wide { (screen.width * 9 / 20).min(64) } else { screen.width };
    let list = Rect { width, height: list_height, ..body };
    entries(brush, home, list, home.first(screen.height));
    let below = Rect { y: body.y + list_height, height: body.height - list_height, ..body };
    if wide {
        left_side(brush, Rect { width, ..below });
        about(brush, home, Rect { x: body.x + width, width: body.width - width, ..body });
    } else if below.height > 3 {
        about(brush, home, below);
    }
    footer(brush, home, Rect { y: screen.y + screen.height - 1, height: 1, ..screen });
}

/// Rows of the list: all entries, or what the keys below it leave.
fn list_rows(entries: usize, height: u16) -> u16 {
    let most = height.saturating_sub(KEYS.len() as u16 + 6).max(6);
    (entries as u16).min(most)
}

fn entries(brush: &mut Brush, home: &Home, area: Rect, first: usize) {
    let inner = brush.pane(area, "Exercises, lessons, demos", true);
    for (y, (index, entry)) in (0..inner.height).zip(home.entries.iter().enumerate().skip(first)) {
        let chosen = index == home.chosen;
        let sign = if chosen { "> " } else { "  " };
        let text = format!("{sign}{}  {}", entry.number, entry.title);
        brush.tone(inner, 0, y, &fit(&text, usize::from(inner.width)), if chosen { Tone::Focus } else { Tone::Text });
    }
    let hidden = home.entries.len().saturating_sub(first + usize::from(inner.height));
    brush.more(area, hidden);
}

/// Below the list: the keys, and what is real here, as far as there is room.
fn left_side(brush: &mut Brush, area: Rect) {
    let room = usize::from(area.width.saturating_sub(4).max(1));
    let keys_height = (KEYS.len() as u16 + 2).min(area.height);
    let inner = brush.pane(Rect { height: keys_height, ..area }, "What you can do", false);
    keys(brush, inner);
    let rest = Rect { y: area.y + keys_height, height: area.height - keys_height, ..area };
    let lines: Vec<String> = HONEST.iter().flat_map(|text| wrap(text, room, 0)).collect();
    if usize::from(rest.height) < lines.len() + 2 {
        return;
    }
    let inner = brush.pane(rest, "What is real here", false);
    for (y, line) in lines.iter().enumerate() {
        brush.tone(inner, 0, y as u16, line, Tone::Dim);
    }
}

/// What the chosen exercise is about, and how its script begins.
fn about(brush: &mut Brush, home: &Home, area: Rect) {
    let Some(entry) = home.entries.get(home.chosen) else { return };
    let inner = brush.pane(area, &format!("{}  {}", entry.number, entry.title), false);
    let mut y = 0;
    for text in &entry.about {
        for line in wrap(&text.replace('\n', " "), usize::from(inner.width.max(1)), 0) {
            brush.tone(inner, 0, y, &line, Tone::Text);
            y += 1;
        }
    }
    y += 1;
    brush.tone(inner, 0, y, &fit(&format!("{} begins:", entry.script), usize::from(inner.width)), Tone::Title);
    for (line, text) in (y + 1..inner.height).zip(entry.source.lines()) {
        brush.tone(inner, 2, line, &fit(text, usize::from(inner.width.saturating_sub(2))), Tone::Dim);
    }
}

fn footer(brush: &mut Brush, home: &Home, area: Rect) {
    if let Some(path) = &home.path {
        let x = brush.tone(area, 1, 0, "log file: ", Tone::Key);
        let x = brush.tone(area, x, 0, path, Tone::Text);
        let x = brush.tone(area, x, 0, "_", Tone::Focus);
        brush.tone(area, x + 2, 0, "Enter opens, Esc gives up", Tone::Dim);
        return;
    }
    footer::draw(brush, area, home.notice.as_ref().map(|notice| (notice.clone(), 0.0)).as_ref(), &HINTS);
}

fn all_keys(brush: &mut Brush, screen: Rect) {
    let (width, height) = (40.min(screen.width), (KEYS.len() as u16 + 2).min(screen.height));
    let area =
        Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + (screen.height - height) / 2, width, height };
    brush.clear(area);
    let inner = brush.pane(area, "Keys", true);
    keys(brush, inner);
}

fn keys(brush: &mut Brush, area: Rect) {
    for (y, (key, does)) in (0..).zip(KEYS) {
        brush.tone(area, 0, y, key, Tone::Key);
        brush.tone(area, 8, y, does, Tone::Text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::looks;

    fn home() -> Home {
        let entry = |number: &str, title: &str| HomeEntry {
            number: number.to_owned(),
            title: title.to_owned(),
            about: vec!["what a wide step must do".to_owned()],
            script: "solutions/x/pipeline.py".to_owned(),
            source: "print(1)\n".to_owned(),
            is_tour: number == "2",
        };
        Home { entries: vec![entry("1", "Rows"), entry("2", "Joins")], ..Home::default() }
    }

    fn key(c: char) -> HomeMessage {
        HomeMessage::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
    }

    #[test]
    fn two_keys_lead_to_a_running_theatre() {
        let mut home = home();
        assert_eq!(update(&mut home, key('j')), None);
        let enter = HomeMessage::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
        assert_eq!(update(&mut home, enter), Some(HomeChoice::Watch(1)));
        assert_eq!(update(&mut home, key('K')), Some(HomeChoice::Kill(1)));
        home.chosen = 0;
        assert_eq!(update(&mut home, key('d')), Some(HomeChoice::Watch(1)), "the tour");
    }

    #[test]
    fn all_keys_are_shown_and_put_away() {
        let mut home = home();
        update(&mut home, key('?'));
        assert!(draw(&home, ScreenOptions::default(), (40, 12)).contains("open a recorded run"));
        assert_eq!(update(&mut home, key('q')), None);
        assert_eq!(update(&mut home, key('q')), Some(HomeChoice::Quit));
    }

    #[test]
    fn a_typed_path_is_opened() {
        let mut home = home();
        update(&mut home, key('o'));
        for c in "run.jsonl".chars() {
            update(&mut home, key(c));
        }
        let enter = HomeMessage::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
        assert_eq!(update(&mut home, enter), Some(HomeChoice::OpenLog("run.jsonl".to_owned())));
    }

    fn draw(home: &Home, options: ScreenOptions, (width, height): (u16, u16)) -> String {
        let area = Rect { x: 0, y: 0, width, height };
        let mut buffer = Buffer::empty(area);
        view(home, options, &mut buffer, area);
        looks::letters(&buffer)
    }

    #[test]
    fn every_size_and_look_draws() {
        looks::snapshots("home", |options, buffer, area| view(&home(), options, buffer, area));
        for size in [(10, 3), (1, 1), (300, 100)] {
            draw(&home(), ScreenOptions::default(), size);
        }
    }
}
