//! What the home screen knows, and what keys do.

use crate::tui::find::{Finder, Place};
use crate::tui::front::{Asked, Front, Said};
use crate::tui::palette::{Row, row, told};
use crate::tui::touch::Touch;
use crossterm::event::{KeyCode, KeyModifiers};
use std::collections::BTreeSet;

/// What a line of the map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The learner's own work, where it goes on.
    GoOn,
    /// An exercise: its pipeline can be watched, and its steps unfolded.
    Exercise,
    /// Steps without a pipeline of their own.
    Case,
    Step,
    Lesson,
    Demo,
}

/// How a place of the workshop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    Done,
    /// Here it goes on.
    Here,
    Open,
}

/// One line of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeEntry {
    pub kind: Kind,
    /// `1`, `E1.2`, `L3`, …
    pub number: String,
    pub title: String,
    /// Absent where nothing is counted.
    pub stand: Option<Stand>,
    /// Steps that are passed, and steps.
    pub passed: Option<(usize, usize)>,
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
    /// Open the entry with this index: work, watch, or read.
    Open(usize),
    /// Run it in the plain terminal, with narration.
    Run(usize),
    /// Watch it with a node killed on the way.
    Kill(usize),
    /// A script or a log in the theatre; two of them side by side.
    Files(Vec<String>),
    Quit,
    /// By `Ctrl-C` or a signal.
    Interrupted,
}

/// Which pane the keys move in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pane {
    #[default]
    Map,
    About,
}

/// What the screen knows.
#[derive(Debug, Clone, Default)]
pub struct Home {
    pub entries: Vec<HomeEntry>,
    pub chosen: usize,
    /// Exercises whose steps are shown.
    pub unfolded: BTreeSet<usize>,
    /// How far the learner is, in a few words.
    pub passed: String,
    /// Where it goes on, a few short lines.
    pub go_on: Vec<String>,
    pub pane: Pane,
    /// Lines of what the entry is about that are scrolled away.
    pub scroll: usize,
    /// The keys, and what is typed.
    pub front: Front,
    /// What was looked for, by entry.
    pub found: Finder<usize>,
    pub notice: Option<String>,
    pub projector: bool,
}

/// All keys; what is done from the list is the press of the key.
pub const ROWS: [Row<KeyCode>; 19] = [
    row("Enter t", "work on it, watch it, read it", KeyCode::Enter),
    row("K", "an exercise: watch it lose a node", KeyCode::Char('K')),
    row("r", "an exercise: run it here, told in text", KeyCode::Char('r')),
    row("d", "a demo to begin with: one job, from script to nodes", KeyCode::Char('d')),
    row("o", "open a script, a recorded run, or two of them to compare", KeyCode::Char('o')),
    row("j down", "the next line", KeyCode::Char('j')),
    row("k up", "the line before", KeyCode::Char('k')),
    row("l right", "unfold the steps of an exercise", KeyCode::Char('l')),
    row("h left", "fold them again", KeyCode::Char('h')),
    told("1-5", "an exercise by its number"),
    row("W", "where you go on", KeyCode::Char('W')),
    row("g", "to the first line", KeyCode::Char('g')),
    row("G", "to the last line", KeyCode::Char('G')),
    row("/", "find a word in the map", KeyCode::Char('/')),
    row("n", "the next place of what was found", KeyCode::Char('n')),
    row("N", "the place before", KeyCode::Char('N')),
    row("Tab", "between the map and what it is about", KeyCode::Tab),
    row("P", "projector: titles as bands, high contrast, nothing dim", KeyCode::Char('P')),
    row("q", "quit", KeyCode::Char('q')),
];

impl Home {
    /// A map with its first line chosen; the steps are shown where the learner is.
    #[must_use]
    pub fn new(entries: Vec<HomeEntry>, passed: String, go_on: Vec<String>, notice: Option<&str>) -> Home {
        let mut home = Home { entries, passed, go_on, notice: notice.map(str::to_owned), ..Home::default() };
        let here = home.entries.iter().position(|entry| entry.kind == Kind::Step && entry.stand == Some(Stand::Here));
        home.unfolded.extend(here.and_then(|step| home.exercise_of(step)));
        home
    }

    /// The exercise that a step belongs to.
    fn exercise_of(&self, entry: usize) -> Option<usize> {
        (0..=entry).rev().find(|index| self.entries.get(*index).is_some_and(|entry| entry.kind != Kind::Step))
    }

    /// The lines that are shown, in order: the steps only of exercises that are unfolded.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        let is_shown = |index: &usize| {
            self.entries[*index].kind != Kind::Step
                || self.exercise_of(*index).is_some_and(|exercise| self.unfolded.contains(&exercise))
        };
        (0..self.entries.len()).filter(is_shown).collect()
    }

    /// The chosen entry.
    #[must_use]
    pub fn entry(&self) -> Option<&HomeEntry> {
        self.entries.get(self.chosen)
    }

    fn choose(&mut self, index: usize) {
        if index < self.entries.len() {
            self.chosen = index;
            self.scroll = 0;
            self.found.at = None;
        }
    }

    fn step(&mut self, by: isize) {
        let shown = self.shown();
        let here = shown.iter().position(|index| *index == self.chosen).unwrap_or(0);
        let next = here.saturating_add_signed(by).min(shown.len().saturating_sub(1));
        self.choose(shown.get(next).copied().unwrap_or(0));
    }

    /// Whether the chosen line has steps below it.
    fn has_steps(&self) -> bool {
        self.entries.get(self.chosen + 1).is_some_and(|next| next.kind == Kind::Step)
            && self.entry().is_some_and(|entry| entry.kind != Kind::Step)
    }

    fn unfold(&mut self) {
        if self.has_steps() {
            self.unfolded.insert(self.chosen);
        }
    }

    fn fold(&mut self) {
        if let Some(exercise) = self.exercise_of(self.chosen) {
            self.unfolded.remove(&exercise);
            self.choose(exercise);
        }
    }

    /// To the next line that holds what was looked for, or the one before.
    fn find(&mut self, is_forward: bool) {
        let place = |(at, entry): (usize, &HomeEntry)| Place {
            at,
            text: format!("{} {} {}", entry.number, entry.title, entry.about.join(" ")),
            goes_on: false,
        };
        let places: Vec<Place<usize>> = self.entries.iter().enumerate().map(place).collect();
        match self.found.next(&places, self.chosen, is_forward) {
            Ok((index, words)) => {
                if self.entries[index].kind == Kind::Step {
                    self.unfolded.extend(self.exercise_of(index));
                }
                self.choose(index);
                self.found.at = Some(index);
                self.notice = Some(words);
            }
            Err(nowhere) => self.notice = Some(nowhere),
        }
    }
}

/// Takes in what a person did; gives the choice, once made.
pub fn update(home: &mut Home, touch: Touch) -> Option<HomeChoice> {
    match home.front.take(touch, &ROWS) {
        Said::Taken => None,
        Said::Do(code) => press(home, code),
        Said::Typed(Asked::Files, text) => {
            Some(HomeChoice::Files(text.split_whitespace().map(str::to_owned).collect()))
        }
        Said::Typed(Asked::Word, text) => {
            home.found.start(&text);
            home.find(true);
            None
        }
        Said::Pass(touch) => passed(home, &touch),
    }
}

/// What is for the map; of the mouse the first press chooses, one more on the same is Enter.
fn passed(home: &mut Home, touch: &Touch) -> Option<HomeChoice> {
    match touch {
        Touch::Line(line) if *line == home.chosen => press(home, KeyCode::Enter),
        Touch::Line(line) => {
            home.pane = Pane::Map;
            home.choose(*line);
            None
        }
        Touch::Pane(index) => {
            home.pane = if *index == 0 { Pane::Map } else { Pane::About };
            None
        }
        Touch::Key(_) | Touch::Press(_) | Touch::Paste(_) => {
            let key = touch.key()?;
            if key.modifiers.contains(KeyModifiers::CONTROL) {
                return (key.code == KeyCode::Char('c')).then_some(HomeChoice::Interrupted);
            }
            press(home, key.code)
        }
    }
}

fn press(home: &mut Home, code: KeyCode) -> Option<HomeChoice> {
    home.notice = None;
    let is_about = home.pane == Pane::About;
    match code {
        KeyCode::Char('j') | KeyCode::Down if is_about => home.scroll += 1,
        KeyCode::Char('k') | KeyCode::Up if is_about => home.scroll = home.scroll.saturating_sub(1),
        KeyCode::Char('j') | KeyCode::Down => home.step(1),
        KeyCode::Char('k') | KeyCode::Up => home.step(-1),
        KeyCode::Char('l') | KeyCode::Right => home.unfold(),
        KeyCode::Char('h') | KeyCode::Left => home.fold(),
        KeyCode::Char('g') | KeyCode::Home => home.choose(0),
        KeyCode::Char('G') | KeyCode::End => home.choose(home.shown().last().copied().unwrap_or(0)),
        KeyCode::Tab | KeyCode::BackTab => home.pane = if is_about { Pane::Map } else { Pane::About },
        KeyCode::Char(c @ ('1'..='9' | 'W')) => {
            let found = home.entries.iter().position(|entry| entry.number == c.to_string());
            home.choose(found.unwrap_or(home.chosen));
        }
        KeyCode::Char('?' | ':') => home.front.list(),
        KeyCode::Char('/') => home.front.ask(Asked::Word),
        KeyCode::Char('n') => home.find(true),
        KeyCode::Char('N') => home.find(false),
        KeyCode::Char('o') => home.front.ask(Asked::Files),
        KeyCode::Char('P') => home.projector = !home.projector,
        KeyCode::Esc if is_about => home.pane = Pane::Map,
        KeyCode::Char('q') | KeyCode::Esc => return Some(HomeChoice::Quit),
        _ => return on_entry(home, code),
    }
    None
}

/// The keys that do something with the chosen entry.
fn on_entry(home: &mut Home, code: KeyCode) -> Option<HomeChoice> {
    let kind = home.entry()?.kind;
    match code {
        KeyCode::Enter | KeyCode::Char('t') if kind == Kind::Case => {
            if home.unfolded.contains(&home.chosen) {
                home.fold();
            } else {
                home.unfold();
            }
        }
        KeyCode::Enter | KeyCode::Char('t') => return Some(HomeChoice::Open(home.chosen)),
        KeyCode::Char('d') => return home.entries.iter().position(|entry| entry.is_tour).map(HomeChoice::Open),
        KeyCode::Char('r') if kind == Kind::Exercise => return Some(HomeChoice::Run(home.chosen)),
        KeyCode::Char('K') if kind == Kind::Exercise => return Some(HomeChoice::Kill(home.chosen)),
        KeyCode::Char('r' | 'K') => home.notice = Some("choose an exercise first: 1 to 4".to_owned()),
        _ => {}
    }
    None
}
