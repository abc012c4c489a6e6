//! A world on a screen of its own, with the theatre's time controls: a pure function of what happened and of a cursor in its time.

pub mod model;
#[cfg(test)]
mod tests;
pub mod view;

use super::ScreenOptions;
use super::terminal::Screen;
use super::theatre::hits;
use super::theatre::{REST, moving_frame};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEventKind};
use model::{Effect, Left, WorldModel};
use ratatui::layout::{Position, Rect};
use std::io;
use std::time::Instant;

/// Shows a world until the person leaves it.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(model: &mut WorldModel, options: ScreenOptions) -> io::Result<Left> {
    let mut screen = Screen::open(options)?;
    let mut before = Instant::now();
    let mut dirty = true;
    let mut area = Rect::default();
    loop {
        if dirty {
            let options = ScreenOptions { projector: options.projector || model.projector, ..options };
            screen.draw(|frame| {
                area = frame.area();
                view::view(model, options, frame.buffer_mut(), area);
            })?;
        }
        let inputs = screen.read(if model.playing { moving_frame(options.motion, &screen) } else { REST })?;
        if screen.is_interrupted() {
            return Ok(Left::Interrupted);
        }
        let passed = before.elapsed();
        before = Instant::now();
        dirty = model.playing || screen.is_resized() || !inputs.is_empty();
        model.tick(passed.as_secs_f64().min(0.5));
        for input in inputs {
            match take(model, &input, options, area) {
                Some(Effect::Leave(left)) => return Ok(left),
                Some(Effect::Suspend) => screen.suspend()?,
                None => {}
            }
        }
    }
}

fn take(model: &mut WorldModel, input: &Input, options: ScreenOptions, screen: Rect) -> Option<Effect> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => model.press(*key),
        Input::Mouse(mouse) => {
            let (bar, at) = (view::bar(screen), Position { x: mouse.column, y: mouse.row });
            let is_bar = bar.contains(at) && model.palette.is_none();
            match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) if is_bar => {
                    model.scrub_to(f64::from(mouse.column - bar.x) / f64::from(bar.width.saturating_sub(1).max(1)));
                    None
                }
                MouseEventKind::Down(MouseButton::Left) => {
                    hits::target(&view::hits(model, options, screen), at).and_then(|target| model.pressed(target))
                }
                MouseEventKind::ScrollUp => model.press(KeyEvent::from(KeyCode::Up)),
                MouseEventKind::ScrollDown => model.press(KeyEvent::from(KeyCode::Down)),
                _ => None,
            }
        }
        _ => None,
    }
}
