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
use super::touch::Touch;
use crossterm::event::{Event as Input, KeyCode, KeyModifiers};
use model::update;
pub use model::{Home, HomeChoice, HomeEntry, Kind, Stand};
use std::io;
use std::time::Duration;

/// Shows the home screen until something is chosen.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(mut home: Home, options: ScreenOptions) -> io::Result<HomeChoice> {
    let mut screen = Screen::open(options)?;
    loop {
        let options = ScreenOptions { projector: options.projector || home.projector, ..options };
        let area = screen.draw(|frame, area| view::view(&home, options, frame.buffer_mut(), area))?;
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
            let touch = Touch::of(&input, || view::hits(&home, options, area));
            let choice = touch.and_then(|touch| update(&mut home, touch));
            if let Some(choice) = choice {
                return Ok(choice);
            }
        }
    }
}

fn is_suspend(input: &Input) -> bool {
    matches!(input, Input::Key(key) if key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL))
}
