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
use super::theatre::hits::{self, Target};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use model::{Key, Left, Pane, Reader, update};
use ratatui::layout::{Position, Rect};
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
            let key = key_of(reader, &input, options);
            match key {
                Some(Key::Suspend) => screen.suspend()?,
                Some(key) => {
                    if let Some(left) = update(reader, key) {
                        return Ok(left);
                    }
                }
                None => {}
            }
            if std::mem::take(&mut reader.wants_copy) {
                reader.notice = Some(screen.hand_over(&view::text(reader))?);
            }
        }
    }
}

fn key_of(reader: &Reader, input: &Input, options: ScreenOptions) -> Option<Key> {
    let press = |key: KeyEvent| {
        let is_listed = reader.palette.is_some() && !key.modifiers.contains(KeyModifiers::CONTROL);
        if is_listed { Some(Key::Listed(key)) } else { Key::of(key) }
    };
    let mouse = match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => return press(*key),
        Input::Mouse(mouse) => mouse,
        _ => return None,
    };
    match mouse.kind {
        MouseEventKind::ScrollDown => press(KeyEvent::from(KeyCode::Down)),
        MouseEventKind::ScrollUp => press(KeyEvent::from(KeyCode::Up)),
        MouseEventKind::Down(MouseButton::Left) => {
            let (width, height) = reader.size;
            let hits = view::hits(reader, options, Rect { x: 0, y: 0, width, height });
            match hits::target(&hits, Position { x: mouse.column, y: mouse.row })? {
                Target::Press(code) => press(KeyEvent::from(code)),
                Target::Pane(0) => Some(Key::Pane(Pane::Text)),
                Target::Pane(_) => Some(Key::Pane(Pane::Picture)),
                Target::Line(line) => Some(Key::Line(line)),
                Target::Select(_) | Target::Moment(_) | Target::Nothing => None,
            }
        }
        _ => None,
    }
}
