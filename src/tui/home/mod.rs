//! The home screen: a path through the workshop, and what can be done with each of its places.
//!
//! [`run`] is the loop; [`model`] is what the screen knows and how keys change it; [`view`] draws. A path, not a menu: it says what is done,
//! what comes next, and one Enter goes on with it.

pub mod model;
#[cfg(test)]
mod tests;
pub mod view;

use super::ScreenOptions;
use super::terminal::Screen;
use super::theatre::hits;
use crossterm::event::{Event as Input, KeyCode, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
pub use model::{Home, HomeChoice, HomeEntry, Kind, Stand};
use model::{Message, update};
use ratatui::layout::{Position, Rect};
use std::io;
use std::time::Duration;

/// Shows the home screen until something is chosen.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(mut home: Home, options: ScreenOptions) -> io::Result<HomeChoice> {
    let mut screen = Screen::open(options)?;
    let mut area = Rect::default();
    loop {
        let options = ScreenOptions { projector: options.projector || home.projector, ..options };
        screen.draw(|frame| {
            area = frame.area();
            view::view(&home, options, frame.buffer_mut(), area);
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
            let choice = message(&home, options, area, input).and_then(|message| update(&mut home, message));
            if let Some(choice) = choice {
                return Ok(choice);
            }
        }
    }
}

fn is_suspend(input: &Input) -> bool {
    matches!(input, Input::Key(key) if key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL))
}

fn message(home: &Home, options: ScreenOptions, screen: Rect, input: Input) -> Option<Message> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => Some(Message::Key(key)),
        Input::Paste(text) => Some(Message::Paste(text)),
        Input::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let at = Position { x: mouse.column, y: mouse.row };
                hits::target(&view::hits(home, options, screen), at).map(Message::Press)
            }
            MouseEventKind::ScrollUp => Some(Message::Wheel(-1)),
            MouseEventKind::ScrollDown => Some(Message::Wheel(1)),
            _ => None,
        },
        _ => None,
    }
}
