//! What the shell knows: what was typed and printed, the prompt, and the theatre of the same session.

use super::editor::{Edit, Editor};
use crate::event::EventKind;
use crate::session::{Answer, Ask, Entry, Ran, entry};
use crate::tui::theatre::model::{Model as Theatre, SPEEDS};
use crate::tui::theatre::player;

/// Seconds of the person's time in which the theatre plays what an entry did.
const PLAY_SECS: f64 = 2.5;

/// What `help` says at the prompt.
pub const HELP: &str = "\
Lines of PySpark run here as they are typed; spark and sc are there.
An empty line ends a block. Tab completes, Up brings an earlier line back.
Esc opens the theatre: there K does all that was typed again with a fault,
p shows the plan of a query, ? lists every key.
batchlab api NAME says what of PySpark there is, and how a call is written.
exit or Ctrl-D leaves.
";

/// A part of the transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Typed(String),
    Printed(String),
    Error(String),
}

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    Prompt,
    /// The theatre fills the screen.
    Theatre,
}

/// A key at the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Edit(Edit),
    Enter,
    Tab,
    ToTheatre,
    PageUp,
    PageDown,
    Interrupt,
    /// Leaves, from an empty prompt.
    EndOfInput,
    Suspend,
}

/// What must be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    Ask(Ask),
    /// The entry that runs should stop.
    Stop,
    Suspend,
    Leave,
}

/// The state of the shell.
pub struct Shell {
    pub theatre: Theatre,
    pub editor: Editor,
    pub said: Vec<Said>,
    pub focus: Focus,
    pub is_running: bool,
    /// The status with which a line ended the session.
    pub exit: Option<i32>,
    /// The line that Tab was pressed on, until the answer comes.
    asked: Option<String>,
    /// What could follow, after Tab.
    pub choices: Vec<String>,
    /// Lines scrolled back in the transcript.
    pub back: usize,
    /// Events of the log whose output is in the transcript.
    heard: usize,
    /// The next interruption of an empty prompt leaves.
    leaving: bool,
}

impl Shell {
    /// A prompt beside a theatre of the same session.
    #[must_use]
    pub fn new(mut theatre: Theatre, history: Vec<String>) -> Self {
        theatre.by_line = true;
        theatre.speed_chosen = true;
        // The story of a death needs the whole theatre.
        theatre.auto = false;
        Shell {
            theatre,
            editor: Editor::new(history),
            said: Vec::new(),
            focus: Focus::Prompt,
            is_running: true,
            exit: None,
            asked: None,
            choices: Vec::new(),
            back: 0,
            heard: 0,
            leaving: false,
        }
    }

    /// Takes in what the engine appended to the log.
    pub fn listen(&mut self) {
        let events = self.theatre.runs[0].history.events();
        for event in &events[self.heard..] {
            match (&event.kind, self.said.last_mut()) {
                (EventKind::Printed { text }, Some(Said::Printed(before)))
                | (EventKind::ErrorPrinted { text }, Some(Said::Error(before))) => before.push_str(text),
                (EventKind::Printed { text }, _) => self.said.push(Said::Printed(text.clone())),
                (EventKind::ErrorPrinted { text }, _) => self.said.push(Said::Error(text.clone())),
                _ => {}
            }
        }
        self.heard = events.len();
        let left = self.theatre.runs[0].history.end().since(self.theatre.cursor.time).as_secs_f64() / PLAY_SECS;
        self.theatre.speed = SPEEDS.iter().position(|speed| *speed >= left).unwrap_or(SPEEDS.len() - 1);
    }

    /// Time passes. The theatre rests when it has shown everything and nothing runs.
    pub fn tick(&mut self, secs: f64) {
        player::tick(&mut self.theatre, secs);
        let is_at_end = self.theatre.cursor.position >= self.theatre.run().history.len();
        self.theatre.playing &= self.is_running || !is_at_end || self.theatre.cursor.beat.is_some();
        self.theatre.seek();
    }

    /// Takes in an answer; `drawing` is the failure in words, if there is one.
    pub fn answered(&mut self, answer: Answer, drawing: impl FnOnce(&Ran) -> Option<String>) -> Option<Effect> {
        match answer {
            Answer::Ready => {
                self.is_running = false;
                None
            }
            Answer::Ran(ran) => {
                self.is_running = false;
                self.said.extend(drawing(&ran).map(Said::Error));
                self.exit = ran.exit;
                ran.exit.map(|_| Effect::Leave)
            }
            Answer::Completions { replaces, names } => {
                // Who has typed on does not want it any more.
                if self.asked.take().is_some_and(|line| line == self.editor.position().1) {
                    self.choose(replaces, names);
                }
                None
            }
        }
    }

    fn choose(&mut self, replaces: usize, names: Vec<String>) {
        let common = names.iter().skip(1).fold(names.first().map_or("", String::as_str), |common, name| {
            let same = common.char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b);
            &common[..same.last().map_or(0, |((at, c), _)| at + c.len_utf8())]
        });
        if common.len() > replaces {
            let common = common.to_owned();
            self.editor.complete(replaces, &common);
        }
        self.choices = if names.len() > 1 { names } else { Vec::new() };
    }

    /// A key at the prompt.
    pub fn key(&mut self, key: Key) -> Option<Effect> {
        self.leaving &= key == Key::Interrupt;
        if key != Key::Tab {
            self.choices.clear();
        }
        match key {
            Key::Edit(edit) => self.editor.edit(edit),
            Key::Enter => return self.enter(),
            Key::Tab => return self.tab(),
            Key::ToTheatre => self.turn_to(Focus::Theatre),
            Key::PageUp => self.back += 10,
            Key::PageDown => self.back = self.back.saturating_sub(10),
            Key::Interrupt => return self.interrupt(),
            Key::EndOfInput if self.editor.text().is_empty() => return Some(Effect::Leave),
            Key::EndOfInput => self.editor.edit(Edit::Delete),
            Key::Suspend => return Some(Effect::Suspend),
        }
        None
    }

    /// Gives the keys to the prompt or to the theatre.
    pub fn turn_to(&mut self, focus: Focus) {
        self.focus = focus;
        self.theatre.auto = focus == Focus::Theatre;
        if focus == Focus::Prompt && self.theatre.current > 0 {
            // The session itself goes on there, not what was tried beside it.
            self.theatre.current = 0;
            player::to_end(&mut self.theatre);
        }
    }

    /// Text that was pasted.
    pub fn paste(&mut self, text: &str) {
        self.choices.clear();
        self.editor.insert(text);
    }

    fn enter(&mut self) -> Option<Effect> {
        let text = self.editor.text();
        let is_blank = text.trim().is_empty();
        let is_block_ended = text.rsplit_once('\n').is_some_and(|(_, last)| last.trim().is_empty());
        let is_complete = match entry(text) {
            Entry::Complete => self.editor.is_at_end() || !text.contains('\n'),
            Entry::Block => self.editor.is_at_end() && is_block_ended,
            Entry::Inside => false,
        };
        if !is_complete && !is_blank {
            self.editor.new_line();
            return None;
        }
        if self.is_running {
            self.theatre.toast = Some(("the entry before still runs; Ctrl-C stops it".to_owned(), 3.0));
            return None;
        }
        let text = self.editor.take();
        self.back = 0;
        self.said.push(Said::Typed(text.trim_end().to_owned()));
        if is_blank {
            return None;
        }
        if text.trim() == "help" {
            self.said.push(Said::Printed(HELP.to_owned()));
            return None;
        }
        // As Python's own prompt takes them.
        if matches!(text.trim(), "exit" | "quit") {
            return Some(Effect::Leave);
        }
        self.is_running = true;
        player::to_end(&mut self.theatre);
        self.theatre.playing = true;
        Some(Effect::Ask(Ask::Run(format!("{}\n", text.trim_end()))))
    }

    fn tab(&mut self) -> Option<Effect> {
        let (_, before) = self.editor.position();
        if before.trim().is_empty() {
            self.editor.indent();
            return None;
        }
        if self.is_running {
            return None;
        }
        self.asked = Some(before.to_owned());
        Some(Effect::Ask(Ask::Complete(before.to_owned())))
    }

    fn interrupt(&mut self) -> Option<Effect> {
        if self.is_running {
            return Some(Effect::Stop);
        }
        if self.editor.text().is_empty() && self.leaving {
            return Some(Effect::Leave);
        }
        self.leaving = self.editor.text().is_empty();
        if self.leaving {
            self.theatre.toast = Some(("Ctrl-C again, or Ctrl-D, leaves".to_owned(), 3.0));
        }
        self.editor.clear();
        None
    }

    /// What was typed and printed, as a terminal without screens would show it.
    #[must_use]
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for said in &self.said {
            match said {
                Said::Typed(typed) => lines_typed(typed).for_each(|line| text.push_str(&format!("{line}\n"))),
                Said::Printed(printed) | Said::Error(printed) => text.push_str(printed),
            }
        }
        text
    }
}

/// Lines of an entry behind the prompts of Python.
pub fn lines_typed(text: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = if text.is_empty() { vec![""] } else { text.lines().collect() };
    let prompted = |(index, line): (usize, &str)| format!("{}{line}", if index == 0 { ">>> " } else { "... " });
    lines.into_iter().enumerate().map(prompted).collect::<Vec<_>>().into_iter()
}
