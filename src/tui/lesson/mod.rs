//! The lesson reader: text at the left, live pictures at the right, questions in between.
//!
//! [`run`] is the loop; [`model`] is what the reader knows and how keys change it; [`view`] draws. A picture that stands after a question is
//! covered until the question is answered: predict, then look.

pub mod model;
#[cfg(test)]
mod tests;
pub mod view;

use super::ScreenOptions;
use super::terminal::Screen;
use crossterm::event::{Event as Input, KeyEventKind, MouseEventKind};
use model::{Key, Left, Reader, update};
use std::io;
use std::time::Duration;

/// Shows a lesson until the person leaves it.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(reader: &mut Reader, options: ScreenOptions) -> io::Result<Left> {
    let mut screen = Screen::open(options)?;
    loop {
        let options = ScreenOptions { projector: reader.projector, ..options };
        let mut size = (80, 24);
        screen.draw(|frame| {
            let area = frame.area();
            size = (area.width, area.height);
            view::view(reader, options, frame.buffer_mut(), area);
        })?;
        reader.size = size;
        let mut inputs = Vec::new();
        while inputs.is_empty() && !screen.is_resized() {
            inputs = screen.read(Duration::from_secs(1))?;
            if screen.is_interrupted() {
                return Ok(Left::Interrupted);
            }
        }
        for input in inputs {
            let key = match input {
                Input::Key(key) if key.kind != KeyEventKind::Release => Key::of(key),
                Input::Mouse(mouse) if mouse.kind == MouseEventKind::ScrollDown => Some(Key::Down),
                Input::Mouse(mouse) if mouse.kind == MouseEventKind::ScrollUp => Some(Key::Up),
                _ => None,
            };
            match key {
                Some(Key::Suspend) => screen.suspend()?,
                Some(key) => {
                    if let Some(left) = update(reader, key) {
                        return Ok(left);
                    }
                }
                None => {}
            }
        }
    }
}
