//! What the reader knows, and what keys do.

use super::view;
use crate::report::page::Answering;
use crate::status::marks;
use crate::tui::keys;
use crate::tui::palette::{Answer, Palette, Row, row, told};
use crate::workshop::lesson::{Picture, Piece, Played};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Which pane has the focus; on narrow screens the one that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Text,
    Picture,
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Lesson,
    /// With its id and what the presenter should know.
    Demo {
        id: String,
        notes: String,
    },
}

/// The open lesson.
#[derive(Debug, Clone)]
pub struct Reader {
    pub kind: Kind,
    /// `L3  Distributed fundamentals`.
    pub title: String,
    pub minutes: u32,
    pub opening: String,
    pub pages: Vec<Vec<Piece>>,
    pub page: usize,
    /// Lines of the focused pane that are scrolled away.
    pub scroll: usize,
    pub pane: Pane,
    /// For each page, for each piece: how far a question is answered.
    pub answers: Vec<Vec<Answering>>,
    /// Whether the keys, and a demo's notes, lie above the page.
    pub help: bool,
    /// Whether a room reads along: big titles, wide lines, nothing that is meant for the presenter alone.
    pub projector: bool,
    /// The focused pane has the whole screen.
    pub zoom: bool,
    /// The keys of a lesson, while they are listed.
    pub palette: Option<Palette>,
    /// What was just done, until the next key.
    pub notice: Option<String>,
    /// The loop should copy: the clipboard is the terminal's.
    pub wants_copy: bool,
    /// Cells of the screen, as it was drawn last.
    pub size: (u16, u16),
}

/// What a key means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    PageBack,
    PageOn,
    Up,
    Down,
    NextPane,
    /// Marks the next option.
    Mark,
    /// Marks the option with this letter.
    Option(usize),
    /// Marks the option with this number.
    Number(usize),
    Lock,
    /// Shows the answer, marked or not.
    Reveal,
    Help,
    /// The keys as a list to type in.
    List,
    /// Whatever is pressed while they are listed.
    Listed(KeyEvent),
    /// The line of the list that was pressed with the mouse.
    Line(usize),
    Pane(Pane),
    Zoom,
    /// The code of the page, or its text, into the clipboard.
    Copy,
    /// Events of the picture, back or on.
    Event(i64),
    /// Milestones of the picture, back or on.
    Milestone(i64),
    Theatre,
    Projector,
    Back,
    Suspend,
    Interrupt,
}

/// How the reader was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Back,
    Interrupted,
    /// To see the run of this page's picture in the theatre.
    Theatre,
    /// Past the last page.
    Next,
    /// Before the first page.
    Previous,
}

impl Key {
    /// The meaning of a key press.
    #[must_use]
    pub fn of(key: KeyEvent) -> Option<Key> {
        let key = keys::meant(key);
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Some(Key::Interrupt),
                KeyCode::Char('z') => Some(Key::Suspend),
                _ => None,
            };
        }
        Some(match key.code {
            KeyCode::Char('h') | KeyCode::Left | KeyCode::PageUp => Key::PageBack,
            KeyCode::Char('l') | KeyCode::Right | KeyCode::PageDown => Key::PageOn,
            KeyCode::Char('k') | KeyCode::Up => Key::Up,
            KeyCode::Char('j') | KeyCode::Down => Key::Down,
            KeyCode::Tab | KeyCode::BackTab => Key::NextPane,
            KeyCode::Char(' ') => Key::Mark,
            KeyCode::Char(letter @ 'a'..='e') => Key::Option(letter as usize - 'a' as usize),
            KeyCode::Char(digit @ '1'..='5') => Key::Number(digit as usize - '1' as usize),
            KeyCode::Enter => Key::Lock,
            KeyCode::Char('v') => Key::Reveal,
            KeyCode::Char('?') => Key::Help,
            KeyCode::Char(':') => Key::List,
            KeyCode::Char('z') => Key::Zoom,
            KeyCode::Char('y' | 'Y') => Key::Copy,
            KeyCode::Char(',') => Key::Event(-1),
            KeyCode::Char('.') => Key::Event(1),
            KeyCode::Char('[') => Key::Milestone(-1),
            KeyCode::Char(']') => Key::Milestone(1),
            KeyCode::Char('t') => Key::Theatre,
            KeyCode::Char('P') => Key::Projector,
            KeyCode::Char('q') | KeyCode::Esc => Key::Back,
            _ => return None,
        })
    }
}

/// The keys of a lesson as lines of a list.
pub const ROWS: [Row<Key>; 16] = [
    row("l Space", "next page", Key::PageOn),
    row("h b", "the page before", Key::PageBack),
    told("j k, wheel", "scroll"),
    row("Tab 1 2", "between text and picture", Key::NextPane),
    told("a b c 1 2 3", "mark an answer"),
    row("Enter", "lock the answer, and see what the run says", Key::Lock),
    row("v", "show the answer without one", Key::Reveal),
    row(".", "the picture's run, one event on", Key::Event(1)),
    row(",", "one event back", Key::Event(-1)),
    row("]", "the picture's run, one milestone on", Key::Milestone(1)),
    row("[", "one milestone back", Key::Milestone(-1)),
    row("t", "the run in the theatre, at this moment", Key::Theatre),
    row("y", "copy the code of this page, or its text", Key::Copy),
    row("z", "the pane on the whole screen, and back", Key::Zoom),
    row("P", "for a room: big titles, strong colours, nothing dim", Key::Projector),
    row("q", "back", Key::Back),
];

impl Reader {
    /// A lesson at its first page.
    #[must_use]
    pub fn new(kind: Kind, title: String, minutes: u32, opening: String, played: &Played) -> Reader {
        let answers = played.pages.iter().map(|page| vec![Answering::default(); page.len()]).collect();
        Reader {
            kind,
            title,
            minutes,
            opening,
            pages: played.pages.clone(),
            page: 0,
            scroll: 0,
            pane: Pane::Text,
            answers,
            help: false,
            projector: false,
            zoom: false,
            palette: None,
            notice: None,
            wants_copy: false,
            size: (80, 24),
        }
    }

    /// The pieces of this page.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        self.pages.get(self.page).map_or(&[], Vec::as_slice)
    }

    /// How far the question at this place is answered.
    #[must_use]
    pub fn answering(&self, piece: usize) -> Answering {
        let answering = self.answers.get(self.page).and_then(|page| page.get(piece)).copied().unwrap_or_default();
        Answering { is_numbered: matches!(self.kind, Kind::Demo { .. }), ..answering }
    }

    /// The first question of this page that is not answered.
    #[must_use]
    pub fn open_question(&self) -> Option<usize> {
        let asked =
            |index: &usize| matches!(self.pieces()[*index], Piece::Predict(_)) && !self.answering(*index).revealed;
        (0..self.pieces().len()).find(asked)
    }

    /// The pictures that may be seen: those before an open question. And how many are still covered.
    #[must_use]
    pub fn pictures(&self) -> (Vec<&Picture>, usize) {
        let open = self.open_question().unwrap_or(usize::MAX);
        let (mut shown, mut covered) = (Vec::new(), 0);
        for (index, piece) in self.pieces().iter().enumerate() {
            if let Piece::Picture(picture) = piece {
                if index < open { shown.push(picture.as_ref()) } else { covered += 1 }
            }
        }
        (shown, covered)
    }

    /// Whether this page has a picture, covered or not.
    #[must_use]
    pub fn has_picture(&self) -> bool {
        self.pieces().iter().any(|piece| matches!(piece, Piece::Picture(_)))
    }

    fn turn(&mut self, page: usize) {
        self.page = page;
        self.scroll = 0;
        if !self.has_picture() {
            (self.pane, self.zoom) = (Pane::Text, false);
        }
    }

    /// One line up or down. On a screen that has become larger there may be fewer to scroll than were.
    fn scroll_by(&mut self, key: Key) {
        let most = view::scroll_max(self);
        let here = self.scroll.min(most);
        self.scroll = if key == Key::Up { here.saturating_sub(1) } else { (here + 1).min(most) };
    }

    fn mark(&mut self, choose: impl Fn(Option<usize>, usize) -> Option<usize>) {
        let Some(question) = self.open_question() else { return };
        let Piece::Predict(asked) = &self.pieces()[question] else { return };
        let (options, marked) = (asked.options.len(), self.answering(question).marked);
        let wanted = choose(marked, options).filter(|option| *option < options).or(marked);
        if let Some(answering) = self.answers.get_mut(self.page).and_then(|page| page.get_mut(question)) {
            answering.marked = wanted;
        }
        self.scroll = view::scroll_to(self, question);
    }

    fn reveal(&mut self, without_mark: bool) {
        let Some(question) = self.open_question() else { return };
        if let Some(answering) = self.answers.get_mut(self.page).and_then(|page| page.get_mut(question)) {
            answering.revealed = without_mark || answering.marked.is_some();
        }
        self.scroll = view::scroll_to(self, question);
    }

    /// Moves the last visible picture in its run.
    fn step(&mut self, to: impl Fn(&Picture) -> usize) {
        let open = self.open_question().unwrap_or(usize::MAX);
        let pieces = self.pages.get_mut(self.page).into_iter().flatten().enumerate();
        let last = pieces.filter(|(index, piece)| *index < open && matches!(piece, Piece::Picture(_))).last();
        if let Some((_, Piece::Picture(picture))) = last {
            picture.at.position = to(picture).min(picture.take.events.len());
        }
    }
}

/// Does what a key asks for; gives how the reader is left, if it is.
pub fn update(reader: &mut Reader, key: Key) -> Option<Left> {
    // Where nothing is asked, Space goes on and `b` one page back; in a demo always, where a question's options have numbers.
    let (is_demo, is_asked) = (matches!(reader.kind, Kind::Demo { .. }), reader.open_question().is_some());
    let key = match key {
        Key::Mark if !is_asked => Key::PageOn,
        Key::Mark if is_demo => Key::Reveal,
        Key::Option(1) if is_demo || !is_asked => Key::PageBack,
        Key::Number(0) if !is_asked => Key::Pane(Pane::Text),
        Key::Number(1) if !is_asked => Key::Pane(Pane::Picture),
        Key::Number(number) => Key::Option(number),
        // Of a demo the notes stand beside the keys.
        Key::Help if !is_demo => Key::List,
        other => other,
    };
    reader.notice = None;
    if let Some(palette) = &mut reader.palette {
        let answer = match key {
            Key::Listed(event) => palette.key(event, &ROWS),
            Key::Line(line) => palette.press(line, &ROWS),
            _ => Answer::Closed,
        };
        if answer != Answer::Open {
            reader.palette = None;
        }
        return match answer {
            Answer::Do(key) => update(reader, key),
            Answer::Open | Answer::Closed => None,
        };
    }
    if reader.help && !matches!(key, Key::Suspend | Key::Interrupt) {
        match key {
            Key::Up | Key::Down => reader.scroll_by(key),
            Key::Projector => (reader.projector, reader.scroll) = (!reader.projector, 0),
            _ => (reader.help, reader.scroll) = (false, 0),
        }
        return None;
    }
    match key {
        Key::Help => (reader.help, reader.scroll) = (true, 0),
        Key::List => reader.palette = Some(Palette::default()),
        Key::Zoom => (reader.zoom, reader.scroll) = (!reader.zoom && reader.has_picture(), 0),
        Key::Pane(pane) if reader.has_picture() => (reader.pane, reader.scroll) = (pane, 0),
        Key::Back if reader.zoom => reader.zoom = false,
        Key::Copy => reader.wants_copy = true,
        Key::Pane(_) | Key::Listed(_) | Key::Line(_) => {}
        Key::PageOn if reader.page + 1 >= reader.pages.len() => return Some(Left::Next),
        Key::PageOn => reader.turn(reader.page + 1),
        Key::PageBack if reader.page == 0 => return Some(Left::Previous),
        Key::PageBack => reader.turn(reader.page - 1),
        Key::Up | Key::Down => reader.scroll_by(key),
        Key::NextPane if reader.has_picture() => {
            reader.pane = if reader.pane == Pane::Text { Pane::Picture } else { Pane::Text };
            reader.scroll = 0;
        }
        Key::Mark => reader.mark(|marked, options| Some(marked.map_or(0, |marked| (marked + 1) % options.max(1)))),
        Key::Option(option) | Key::Number(option) => reader.mark(|_, _| Some(option)),
        Key::Lock => reader.reveal(false),
        Key::Reveal => reader.reveal(true),
        Key::Event(by) => reader.step(|picture| picture.at.position.saturating_add_signed(by as isize)),
        Key::Milestone(by) => reader.step(|picture| milestone(picture, by)),
        Key::Theatre if !reader.pictures().0.is_empty() => return Some(Left::Theatre),
        Key::NextPane | Key::Theatre | Key::Suspend => {}
        Key::Projector => (reader.projector, reader.scroll) = (!reader.projector, 0),
        Key::Back => return Some(Left::Back),
        Key::Interrupt => return Some(Left::Interrupted),
    }
    None
}

fn milestone(picture: &Picture, by: i64) -> usize {
    let all = marks::all(&picture.take.events);
    let here = picture.at.position;
    let found = if by > 0 {
        all.iter().find(|mark| mark.position > here)
    } else {
        all.iter().rev().find(|mark| mark.position < here)
    };
    found.map_or(if by > 0 { picture.take.events.len() } else { 0 }, |mark| mark.position)
}
