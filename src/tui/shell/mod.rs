//! The shell: a prompt for lines of PySpark, and beside it the theatre of the same session.
//!
//! [`run`] is the loop; [`model`] is what the shell knows and how keys change it, [`editor`] the text at the prompt, [`view`] draws. Lines
//! run on the engine's thread, which fills the log; the transcript and the theatre read it there.

pub mod editor;
mod keymap;
pub mod model;
#[cfg(test)]
mod tests;
pub mod view;

use super::theatre::keymap::Action;
use super::theatre::model::{Model as Theatre, Overlay, Selected};
use super::theatre::recording::Recording;
use super::theatre::update::{Message, update};
use super::theatre::view::view as view_theatre;
use super::theatre::{Engine, Exit, Outside, listen, message, moves, probe};
use super::{RunHandle, ScreenOptions};
use crate::session::{Answer, Ask, Ran};
use crossterm::event::{Event as Input, KeyEventKind, MouseEventKind};
use model::{Effect, Focus, Key, Shell};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

/// Words for the failure of an entry, if it failed.
pub type Draw = fn(&Ran) -> Option<String>;

/// Everything the shell needs.
pub struct ShellInput {
    pub title: String,
    /// The session's log; its flag stops the entry that runs.
    pub handle: RunHandle,
    pub asks: Sender<Ask>,
    pub answers: Receiver<Answer>,
    pub draw: Draw,
    /// Entries of earlier sessions, the oldest first.
    pub history: Vec<String>,
    /// Does what was typed so far again, with changes.
    pub engine: Engine,
    pub options: ScreenOptions,
}

/// What is left of a session.
pub struct Left {
    pub how: Exit,
    /// The status with which a line ended it.
    pub exit: Option<i32>,
    /// What was typed and printed.
    pub transcript: String,
    /// All entries, those of earlier sessions first.
    pub history: Vec<String>,
}

/// How long the loop waits for an answer that a person waits for.
const SOON: Duration = Duration::from_millis(20);

/// Shows the shell until the person leaves it.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(input: ShellInput) -> io::Result<Left> {
    let recording = Recording::live("the session".to_owned(), input.handle.clone());
    let mut theatre = Theatre::new(input.title, recording, input.options, true, true);
    theatre.scenarios.clone_from(&input.engine.scenarios);
    let outside = Outside::open(input.options, Some(input.engine))?;
    input.handle.ring_at_news(&outside.bell);
    let mut stage = Stage {
        shell: Shell::new(theatre, input.history),
        outside,
        handle: input.handle,
        asks: input.asks,
        answers: input.answers,
        draw: input.draw,
        is_asked: true,
    };
    let how = stage.play()?;
    stage.handle.stop();
    drop(stage.outside);
    let shell = stage.shell;
    Ok(Left { how, exit: shell.exit, transcript: shell.transcript(), history: shell.editor.history().to_vec() })
}

struct Stage {
    shell: Shell,
    outside: Outside,
    handle: RunHandle,
    asks: Sender<Ask>,
    answers: Receiver<Answer>,
    draw: Draw,
    /// An answer is on its way.
    is_asked: bool,
}

impl Stage {
    fn play(&mut self) -> io::Result<Exit> {
        let mut before = Instant::now();
        let mut dirty = true;
        loop {
            let is_news = listen(&mut self.shell.theatre);
            dirty |= is_news;
            self.shell.listen();
            match self.hear() {
                Heard::Answer(Some(exit)) => return Ok(exit),
                Heard::Answer(None) => dirty = true,
                Heard::Nothing => {}
            }
            if dirty {
                self.draw()?;
            }
            let inputs = self.wait(is_news)?;
            if self.outside.screen.is_interrupted() {
                return Ok(Exit::Interrupted);
            }
            let passed = before.elapsed();
            before = Instant::now();
            dirty = moves(&self.shell.theatre) || self.outside.screen.is_resized();
            self.shell.tick(passed.as_secs_f64().min(0.5));
            let probe = probe::begin_next(&mut self.shell.theatre);
            self.outside.carry_out(&mut self.shell.theatre, probe.into_iter().collect())?;
            for input in inputs {
                dirty = true;
                if let Some(exit) = self.input(&input)? {
                    return Ok(exit);
                }
            }
        }
    }

    /// Waits for input; a short while only when an answer is on its way, which rings nothing.
    fn wait(&self, is_news: bool) -> io::Result<Vec<Input>> {
        if self.is_asked && !moves(&self.shell.theatre) {
            return self.outside.screen.read(SOON);
        }
        self.outside.wait(&self.shell.theatre, is_news)
    }

    fn draw(&mut self) -> io::Result<()> {
        let shell = &mut self.shell;
        shell.theatre.seek();
        let shell = &*shell;
        let status = shell.theatre.run().history.current();
        self.outside.screen.draw(|frame, area| {
            let cursor = match shell.focus {
                Focus::Prompt => view::view(shell, status, frame.buffer_mut(), area),
                Focus::Theatre => {
                    view_theatre(&shell.theatre, status, frame.buffer_mut(), area);
                    None
                }
            };
            if let Some(cursor) = cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }

    fn hear(&mut self) -> Heard {
        let answer = match self.answers.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return Heard::Nothing,
            // The engine is gone: its outcome says why.
            Err(TryRecvError::Disconnected) => return Heard::Answer(Some(Exit::Back)),
        };
        self.is_asked = false;
        // What the entry printed comes before its failure.
        while listen(&mut self.shell.theatre) {}
        self.shell.listen();
        let effect = self.shell.answered(answer, self.draw);
        Heard::Answer(effect.map(|_| Exit::Back))
    }

    fn ask(&mut self, ask: Ask) {
        self.is_asked = true;
        if matches!(ask, Ask::Run(_)) {
            // An interruption ends the entry that ran, not the next; one that comes from now on is for this one.
            self.handle.cancel.store(false, Ordering::Relaxed);
        }
        // A session that is gone is noticed by its answers.
        let _ = self.asks.send(ask);
    }

    fn input(&mut self, input: &Input) -> io::Result<Option<Exit>> {
        match self.shell.focus {
            Focus::Prompt => self.prompt_input(input),
            Focus::Theatre => self.theatre_input(input),
        }
    }

    fn prompt_input(&mut self, input: &Input) -> io::Result<Option<Exit>> {
        let key = match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => keymap::key(*key),
            Input::Mouse(mouse) if mouse.kind == MouseEventKind::ScrollUp => Some(Key::PageUp),
            Input::Mouse(mouse) if mouse.kind == MouseEventKind::ScrollDown => Some(Key::PageDown),
            Input::Paste(text) => {
                self.shell.paste(text);
                None
            }
            _ => None,
        };
        match key.and_then(|key| self.shell.key(key)) {
            Some(Effect::Ask(ask)) => self.ask(ask),
            Some(Effect::Stop) => self.handle.cancel.store(true, Ordering::Relaxed),
            Some(Effect::Suspend) => self.outside.screen.suspend()?,
            Some(Effect::Leave) => return Ok(Some(Exit::Back)),
            None => {}
        }
        Ok(None)
    }

    fn theatre_input(&mut self, input: &Input) -> io::Result<Option<Exit>> {
        let theatre = &mut self.shell.theatre;
        let Some(message) = message(theatre, input) else { return Ok(None) };
        if matches!(message, Message::Key(Action::Close)) && is_closed(theatre) {
            self.shell.turn_to(Focus::Prompt);
            return Ok(None);
        }
        let effects = update(theatre, message);
        match self.outside.carry_out(theatre, effects)? {
            Some(Exit::Back) => self.shell.turn_to(Focus::Prompt),
            Some(Exit::Interrupted) => return Ok(Some(Exit::Interrupted)),
            None => {}
        }
        Ok(None)
    }
}

/// What came from the engine, and whether it ends the shell.
enum Heard {
    Nothing,
    Answer(Option<Exit>),
}

/// Whether nothing is open in the theatre that Esc would close.
fn is_closed(theatre: &Theatre) -> bool {
    theatre.overlay == Overlay::None
        && theatre.pages.is_empty()
        && !theatre.zoom
        && theatre.pending.is_none()
        && theatre.why.is_none()
        && theatre.selected == Selected::Nothing
}
