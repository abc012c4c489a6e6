//! A world on a screen of its own, with the theatre's time controls: a pure function of what happened and of a cursor in its time.

pub mod model;
#[cfg(test)]
mod tests;
pub mod view;

use super::ScreenOptions;
use super::terminal::Screen;
use super::theatre::{REST, moving_frame};
use super::touch::Touch;
use crossterm::event::{Event as Input, MouseButton, MouseEventKind};
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
            area = screen.draw(|frame, area| view::view(model, options, frame.buffer_mut(), area))?;
        }
        let inputs = screen.read(if model.play.playing { moving_frame(options.motion, &screen) } else { REST })?;
        if screen.is_interrupted() {
            return Ok(Left::Interrupted);
        }
        let passed = before.elapsed();
        before = Instant::now();
        dirty = model.play.playing || screen.is_resized() || !inputs.is_empty();
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
    if let Some(fraction) = scrubbed(model, input, screen) {
        model.scrub_to(fraction);
        return None;
    }
    let touch = Touch::of(input, || view::hits(model, options, screen))?;
    model.take(touch)
}

/// Where on the bar it is pressed or dragged, as a part of the whole.
fn scrubbed(model: &WorldModel, input: &Input, screen: Rect) -> Option<f64> {
    let Input::Mouse(mouse) = input else { return None };
    let is_held =
        matches!(mouse.kind, MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left));
    let bar = view::bar(screen);
    let is_bar = bar.contains(Position { x: mouse.column, y: mouse.row }) && model.front.palette.is_none();
    (is_held && is_bar).then(|| f64::from(mouse.column - bar.x) / f64::from(bar.width.saturating_sub(1).max(1)))
}
