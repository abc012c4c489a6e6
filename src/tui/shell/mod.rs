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

use super::terminal::Screen;
use super::theatre::keymap as theatre_keys;
use super::theatre::model::{Model as Theatre, Overlay, Selected};
use super::theatre::recording::Recording;
use super::theatre::update::{self, Message, update};
use super::theatre::view::view as view_theatre;
use super::theatre::{Exit, LISTEN, REST, copy, listen, mouse_message, moving_frame};
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
    let theatre = Theatre::new(input.title, recording, input.options, false, true);
    let mut stage = Stage {
        shell: Shell::new(theatre, input.history),
        screen: Screen::open(input.options)?,
        handle: input.handle,
        asks: input.asks,
        answers: input.answers,
        draw: input.draw,
        is_asked: true,
    };
    let how = stage.play()?;
    stage.handle.stop();
    drop(stage.screen);
    let shell = stage.shell;
    Ok(Left { how, exit: shell.exit, transcript: shell.transcript(), history: shell.editor.history().to_vec() })
}

struct Stage {
    shell: Shell,
    screen: Screen,
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
            dirty |= listen(&mut self.shell.theatre);
            self.shell.listen();
            match self.hear() {
                Heard::Answer(Some(exit)) => return Ok(exit),
                Heard::Answer(None) => dirty = true,
                Heard::Nothing => {}
            }
            if dirty {
                self.draw()?;
            }
            let inputs = self.screen.read(self.wait())?;
            if self.screen.is_interrupted() {
                return Ok(Exit::Interrupted);
            }
            let passed = before.elapsed();
            before = Instant::now();
            dirty = self.moves() || self.screen.is_resized();
            self.shell.tick(passed.as_secs_f64().min(0.5));
            for input in inputs {
                dirty = true;
                if let Some(exit) = self.input(&input)? {
                    return Ok(exit);
                }
            }
        }
    }

    fn moves(&self) -> bool {
        self.shell.theatre.playing || self.shell.theatre.toast.is_some()
    }

    fn wait(&self) -> Duration {
        if self.moves() {
            moving_frame(&self.shell.theatre)
        } else if self.is_asked {
            SOON
        } else if self.shell.is_running {
            LISTEN
        } else {
            REST
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let shell = &mut self.shell;
        shell.theatre.seek();
        let shell = &*shell;
        let status = shell.theatre.run().history.current();
        self.screen.draw(|frame| {
            let area = frame.area();
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
        })
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
            Some(Effect::Suspend) => self.screen.suspend()?,
            Some(Effect::Leave) => return Ok(Some(Exit::Back)),
            None => {}
        }
        Ok(None)
    }

    fn theatre_input(&mut self, input: &Input) -> io::Result<Option<Exit>> {
        let theatre = &mut self.shell.theatre;
        let message = match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => theatre_keys::message(*key, theatre.is_typing()),
            Input::Mouse(mouse) => mouse_message(*mouse),
            _ => None,
        };
        let Some(message) = message else { return Ok(None) };
        if matches!(message, Message::Key(theatre_keys::Action::Close)) && is_closed(theatre) {
            self.shell.turn_to(Focus::Prompt);
            return Ok(None);
        }
        for effect in update(theatre, message) {
            match effect {
                update::Effect::Leave(Exit::Back) => self.shell.turn_to(Focus::Prompt),
                update::Effect::Leave(Exit::Interrupted) => return Ok(Some(Exit::Interrupted)),
                update::Effect::Suspend => self.screen.suspend()?,
                update::Effect::Copy => copy(&mut self.screen, &mut self.shell.theatre)?,
                // A session at a prompt has no branches.
                update::Effect::Branch(_) | update::Effect::Stop(_) => {}
            }
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
        && theatre.why.is_none()
        && theatre.selected == Selected::Nothing
}
