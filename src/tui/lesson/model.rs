//! What the reader knows, and what keys do.

use super::view;
use crate::common::time::VirtualTime;
use crate::report::page::Answering;
use crate::report::picture;
use crate::status::marks;
use crate::tui::find::Finder;
use crate::tui::front::{Asked, Front, Said};
use crate::tui::palette::{Row, row, told};
use crate::tui::playback::Playback;
use crate::tui::touch::Touch;
use crate::workshop::lesson::{Picture, Piece, Played};
use crate::worlds::Mark;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Which pane has the focus; on narrow screens the one that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Text,
    Picture,
}

/// A picture's run should take about so many seconds to watch.
const WATCH_SECS: f64 = 20.0;

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

/// Where a word is found: a page, 0 for its text or 1 for its picture, and a line, counted from 1.
pub type Place = (usize, usize, usize);

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
    /// The keys of a lesson, and what is typed.
    pub front: Front,
    /// What was looked for, by page, pane and line.
    pub found: Finder<Place>,
    /// The cursor in the run of this page's picture, once time has been moved there.
    pub play: Option<Playback>,
    /// Where the text has that picture stand.
    spoken: usize,
    /// What was just done, until the next key.
    pub notice: Option<String>,
    /// The loop should copy: the clipboard is the terminal's.
    pub wants_copy: bool,
    /// The loop should give the terminal back for a while.
    pub wants_rest: bool,
    /// Cells of the screen, as it was drawn last.
    pub area: Rect,
}

/// What a key means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    PageBack,
    PageOn,
    Up,
    Down,
    NextPane,
    /// Space: marks the next option; plays the picture; goes on.
    Space,
    /// Marks the next option.
    Mark,
    /// Plays the picture or stops it.
    Play,
    /// Hundredths of the picture's run, back or on.
    Scrub(i64),
    Faster,
    Slower,
    /// To the start of the picture's run, or its end.
    Start,
    End,
    Find,
    NextFound,
    PreviousFound,
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
    /// The meaning of a key of the table.
    #[must_use]
    pub fn of(key: KeyEvent) -> Option<Key> {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Some(Key::Interrupt),
                KeyCode::Char('z') => Some(Key::Suspend),
                _ => None,
            };
        }
        let has_shift = key.modifiers.contains(KeyModifiers::SHIFT);
        Some(match key.code {
            KeyCode::Left if has_shift => Key::Scrub(-1),
            KeyCode::Right if has_shift => Key::Scrub(1),
            KeyCode::Char('h') | KeyCode::Left | KeyCode::PageUp => Key::PageBack,
            KeyCode::Char('l') | KeyCode::Right | KeyCode::PageDown => Key::PageOn,
            KeyCode::Char('k') | KeyCode::Up => Key::Up,
            KeyCode::Char('j') | KeyCode::Down => Key::Down,
            KeyCode::Tab | KeyCode::BackTab => Key::NextPane,
            KeyCode::Char(' ') => Key::Space,
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
            KeyCode::Char('H') => Key::Scrub(-1),
            KeyCode::Char('L') => Key::Scrub(1),
            KeyCode::Char('g') | KeyCode::Home => Key::Start,
            KeyCode::Char('G') | KeyCode::End => Key::End,
            KeyCode::Char('+') => Key::Faster,
            KeyCode::Char('-') => Key::Slower,
            KeyCode::Char('/') => Key::Find,
            KeyCode::Char('n') => Key::NextFound,
            KeyCode::Char('N') => Key::PreviousFound,
            KeyCode::Char('t') => Key::Theatre,
            KeyCode::Char('P') => Key::Projector,
            KeyCode::Char('q') | KeyCode::Esc => Key::Back,
            _ => return None,
        })
    }
}

/// The keys of a lesson as lines of a list.
pub const ROWS: [Row<Key>; 24] = [
    row("l", "next page", Key::PageOn),
    row("h b", "the page before", Key::PageBack),
    row("Space", "play the picture, or stop it; where none moves, the next page", Key::Space),
    told("j k, wheel", "scroll"),
    row("Tab 1 2", "between text and picture", Key::NextPane),
    told("a b c 1 2 3", "mark an answer; Space marks the next"),
    row("Enter", "lock the answer, and see what the run says", Key::Lock),
    row("v", "show the answer without one", Key::Reveal),
    row(".", "the picture's run, one event on", Key::Event(1)),
    row(",", "one event back", Key::Event(-1)),
    row("]", "the picture's run, one milestone on", Key::Milestone(1)),
    row("[", "one milestone back", Key::Milestone(-1)),
    row("L S-right", "one hundredth of the picture's run on", Key::Scrub(1)),
    row("H S-left", "one hundredth back", Key::Scrub(-1)),
    told("g G", "to the start of the picture's run, to its end"),
    told("+ -", "the picture plays faster, slower"),
    row("/", "find a word in this lesson", Key::Find),
    row("n", "the next place of what was found", Key::NextFound),
    row("N", "the place before", Key::PreviousFound),
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
            front: Front::default(),
            found: Finder::default(),
            play: None,
            spoken: 0,
            notice: None,
            wants_copy: false,
            wants_rest: false,
            area: Rect::new(0, 0, 80, 24),
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

    /// A lesson's page begins with its text; in a demo, or where one pane has the whole screen, the pane stays.
    fn turn(&mut self, page: usize) {
        self.rest();
        self.page = page;
        self.scroll = 0;
        self.found.at = None;
        self.zoom &= self.has_picture();
        if !self.has_picture() || self.kind == Kind::Lesson && !self.zoom {
            self.pane = Pane::Text;
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
        // Another picture may be the one in which time moves now.
        self.play = None;
        self.scroll = view::scroll_to(self, question);
    }

    /// The picture that time moves in: the last one in sight that changes with it.
    #[must_use]
    pub fn moving(&self) -> Option<&Picture> {
        self.pictures().0.into_iter().rev().find(|one| picture::is_timed(one))
    }

    /// Whether it plays.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.play.as_ref().is_some_and(|play| play.playing)
    }

    /// Moves the cursor in the picture's run; the picture follows, and comes into sight where the text covers it.
    fn in_time(&mut self, go: impl FnOnce(&mut Playback, &Picture)) {
        let Some(picture) = self.moving() else {
            self.notice = Some("no picture of this page changes with time".to_owned());
            return;
        };
        let (is_new, spoken) = (self.play.is_none(), picture.at.position);
        let mut play = self.play.clone().unwrap_or_else(|| playback(picture));
        go(&mut play, picture);
        let position = play.position;
        self.play = Some(play);
        self.spoken = if is_new { spoken } else { self.spoken };
        self.show(position);
        if !view::is_in_sight(self, Pane::Picture) {
            (self.pane, self.scroll) = (Pane::Picture, 0);
        }
    }

    /// The same with its picture where the text has it: panes are laid out for that, so that nothing jumps while it plays.
    #[must_use]
    pub fn at_rest(&self) -> Cow<'_, Reader> {
        if self.play.is_none() {
            return Cow::Borrowed(self);
        }
        let mut still = self.clone();
        still.rest();
        Cow::Owned(still)
    }

    /// The picture goes back to where the text has it.
    fn rest(&mut self) {
        if self.play.take().is_some() {
            self.show(self.spoken);
        }
    }

    /// Real time passes. True when the picture has changed.
    pub fn tick(&mut self, secs: f64) -> bool {
        let Some(play) = &mut self.play else { return false };
        let is_news = play.tick(secs);
        let position = play.position;
        if is_news {
            self.show(position);
        }
        is_news
    }

    /// The picture shows its run after so many moments.
    fn show(&mut self, position: usize) {
        let open = self.open_question().unwrap_or(usize::MAX);
        let pieces = self.pages.get_mut(self.page).map(Vec::as_mut_slice).unwrap_or_default();
        let until = open.min(pieces.len());
        let mut pictures = pieces[..until].iter_mut().rev().filter_map(|piece| match piece {
            Piece::Picture(one) => Some(one),
            Piece::Text(_) | Piece::Predict(_) => None,
        });
        if let Some(moving) = pictures.find(|one| picture::is_timed(one)) {
            moving.at.position = position;
        }
    }

    /// To the next place of what was looked for, or the one before.
    fn find(&mut self, is_forward: bool) {
        let places = view::places(self);
        let here = (self.page, usize::from(self.pane == Pane::Picture), self.scroll);
        match self.found.next(&places, here, is_forward) {
            Ok((place, words)) => {
                let (page, pane, line) = place;
                if page != self.page {
                    self.turn(page);
                }
                self.pane = if pane == 0 { Pane::Text } else { Pane::Picture };
                self.found.at = Some(place);
                self.scroll = view::scroll_around(self, line);
                self.notice = Some(words);
            }
            Err(nowhere) => self.notice = Some(nowhere),
        }
    }
}

/// A cursor in a picture's run, where the picture stands.
fn playback(picture: &Picture) -> Playback {
    let take = &picture.take;
    let times: Vec<VirtualTime> = match &take.world {
        Some(world) => world.log.iter().map(|moment| moment.at).collect(),
        None => take.events.iter().map(|event| event.time).collect(),
    };
    let ended = times.last().copied().unwrap_or_default();
    let mut play = Playback::new(times, ended, WATCH_SECS);
    play.to_position(picture.at.position);
    play
}

/// Takes in what a person did; gives how the reader is left, if it is.
pub fn take(reader: &mut Reader, touch: Touch) -> Option<Left> {
    reader.notice = None;
    match reader.front.take(touch, &ROWS) {
        Said::Taken => None,
        Said::Do(key) => update(reader, key),
        Said::Typed(_, text) => {
            reader.found.start(&text);
            reader.find(true);
            None
        }
        Said::Pass(Touch::Pane(0)) => update(reader, Key::Pane(Pane::Text)),
        Said::Pass(Touch::Pane(_)) => update(reader, Key::Pane(Pane::Picture)),
        Said::Pass(touch) => update(reader, Key::of(touch.key()?)?),
    }
}

/// Does what a key asks for; gives how the reader is left, if it is.
pub fn update(reader: &mut Reader, key: Key) -> Option<Left> {
    // Where nothing is asked, Space goes on and `b` one page back; in a demo always, where a question's options have numbers.
    let (is_demo, is_asked) = (matches!(reader.kind, Kind::Demo { .. }), reader.open_question().is_some());
    let key = match key {
        Key::Space if is_demo && is_asked => Key::Reveal,
        Key::Space if is_asked => Key::Mark,
        Key::Space if !is_demo && reader.moving().is_some() => Key::Play,
        Key::Space => Key::PageOn,
        Key::Option(1) if is_demo || !is_asked => Key::PageBack,
        Key::Number(0) if !is_asked => Key::Pane(Pane::Text),
        Key::Number(1) if !is_asked => Key::Pane(Pane::Picture),
        Key::Number(number) => Key::Option(number),
        // Of a demo the notes stand beside the keys.
        Key::Help if !is_demo => Key::List,
        other => other,
    };
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
        Key::List => reader.front.list(),
        Key::Find => reader.front.ask(Asked::Word),
        Key::NextFound => reader.find(true),
        Key::PreviousFound => reader.find(false),
        Key::Zoom => (reader.zoom, reader.scroll) = (!reader.zoom && reader.has_picture(), 0),
        Key::Pane(pane) if reader.has_picture() => (reader.pane, reader.scroll) = (pane, 0),
        Key::Back if reader.zoom => reader.zoom = false,
        Key::Copy => reader.wants_copy = true,
        Key::Pane(_) => {}
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
        Key::Play => reader.in_time(|play, _| play.toggle()),
        Key::Event(by) => {
            reader.in_time(|play, _| play.to_position(play.position.saturating_add_signed(by as isize)));
        }
        Key::Milestone(by) => reader.in_time(|play, picture| play.to_position(milestone(picture, by))),
        Key::Scrub(by) => reader.in_time(|play, _| play.scrub(by as f64)),
        Key::Faster => reader.in_time(|play, _| play.speed *= 2.0),
        Key::Slower => reader.in_time(|play, _| play.speed /= 2.0),
        Key::Start => reader.in_time(|play, _| play.to_position(0)),
        Key::End => reader.in_time(|play, _| play.finish()),
        Key::Theatre if !reader.pictures().0.is_empty() => return Some(Left::Theatre),
        Key::Suspend => reader.wants_rest = true,
        Key::NextPane | Key::Theatre | Key::Space => {}
        Key::Projector => (reader.projector, reader.scroll) = (!reader.projector, 0),
        Key::Back => return Some(Left::Back),
        Key::Interrupt => return Some(Left::Interrupted),
    }
    None
}

/// The position of the milestone after the picture's moment, or before it; of a world, of a moment that is more than ordinary work.
fn milestone(picture: &Picture, by: i64) -> usize {
    let (all, end): (Vec<usize>, usize) = match &picture.take.world {
        Some(world) => {
            let matters = (1..).zip(&world.log).filter(|(_, moment)| moment.mark != Mark::Step);
            (matters.map(|(position, _)| position).collect(), world.log.len())
        }
        None => {
            let events = &picture.take.events;
            (marks::all(events).iter().map(|mark| mark.position).collect(), events.len())
        }
    };
    let here = picture.at.position;
    let found = if by > 0 {
        all.iter().find(|position| **position > here)
    } else {
        all.iter().rev().find(|position| **position < here)
    };
    found.copied().unwrap_or(if by > 0 { end } else { 0 })
}
