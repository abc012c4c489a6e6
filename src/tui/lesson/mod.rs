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
use super::theatre::{REST, moving_frame};
use super::touch::Touch;
use model::{Left, Reader, take};
use std::io;
use std::time::Instant;

/// Shows a lesson until the person leaves it.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(reader: &mut Reader, options: ScreenOptions) -> io::Result<Left> {
    let mut screen = Screen::open(options)?;
    let mut before = Instant::now();
    let mut dirty = true;
    loop {
        let options = ScreenOptions { projector: reader.projector, ..options };
        if dirty {
            reader.area = screen.draw(|frame, area| view::view(reader, options, frame.buffer_mut(), area))?;
        }
        let inputs = screen.read(if reader.is_playing() { moving_frame(options.motion, &screen) } else { REST })?;
        if screen.is_interrupted() {
            return Ok(Left::Interrupted);
        }
        let passed = before.elapsed();
        before = Instant::now();
        // Where nothing happens in the picture, nothing is drawn.
        dirty = reader.tick(passed.as_secs_f64().min(0.5)) || screen.is_resized() || !inputs.is_empty();
        for input in inputs {
            let Some(touch) = Touch::of(&input, || view::hits(reader, options, reader.area)) else { continue };
            if let Some(left) = take(reader, touch) {
                return Ok(left);
            }
            if std::mem::take(&mut reader.wants_copy) {
                reader.notice = Some(screen.hand_over(&view::text(reader))?);
            }
            if std::mem::take(&mut reader.wants_rest) {
                screen.suspend()?;
            }
        }
    }
}
