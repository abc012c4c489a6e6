//! The exercise workspace: the task, every check of the last save, and the run that was checked; the learner's own editor beside it.
//!
//! ```text
//!   save ──► Desk::look ──► check on a thread of its own ──► Desk::news ──► Workspace ──► view
//! ```
//!
//! [`run`] is the loop; [`model`] is what the screen knows and how keys change it; [`view`] draws. What touches files, runs scripts or starts
//! an editor is the [`Desk`]'s, which the door implements.

pub mod model;
pub mod view;

#[cfg(test)]
mod tests;

use super::terminal::Screen;
use super::touch::Touch;
use super::{Bell, ScreenOptions};
use crate::workshop::verdict::{VariantVerdict, Verdict};
use model::{Effect, Workspace, take};
use std::io;
use std::time::Duration;

/// How the workspace was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Back,
    Interrupted,
    /// To see the run of the shown variant, from this position on.
    Theatre(usize),
    /// To write.
    Edit,
    /// To the lesson that goes with the step.
    Lesson,
    /// To another step, by its index in [`Workspace::map`].
    Step(usize),
}

/// What the desk has to tell.
#[derive(Debug)]
pub enum News {
    /// A check has begun, for the save with this number.
    Began(u32),
    /// One variant is judged, after so many milliseconds of the person's time.
    Variant(Box<VariantVerdict>, u64),
    /// All that were asked for are.
    Done(Box<Verdict>, u64),
    /// The check could not be made, or something could not be written.
    Refused(String),
    /// Something besides the check: the script has gone, or another one was saved.
    Told(String),
}

/// What the screen asks of the world outside.
pub trait Desk {
    /// Looks whether the script was saved, and checks it if so; gives what is new.
    fn look(&mut self) -> Vec<News>;
    /// What the desk rings when there is something to look at, and how long a look may wait where nobody rings.
    fn bell(&self) -> (Bell, Duration);
    /// Checks again, though nothing was saved.
    fn check(&mut self);
    /// Notes that a hint was read.
    fn hint_read(&mut self, number: usize) -> Result<(), String>;
    /// Puts the starter back, and says where the learner's text is kept.
    fn reset(&mut self) -> Result<String, String>;
    /// The solution, with what both scripts did where the step is passed; notes that it was seen.
    fn solution(&mut self) -> Result<String, String>;
}

/// Shows the workspace until the person leaves it.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(workspace: &mut Workspace, desk: &mut dyn Desk, options: ScreenOptions) -> io::Result<Left> {
    let mut screen = Screen::open(options)?;
    let (bell, look) = desk.bell();
    let mut dirty = true;
    loop {
        for news in desk.look() {
            workspace.hear(news);
            dirty = true;
        }
        if dirty || screen.is_resized() {
            let options = ScreenOptions { projector: options.projector || workspace.projector, ..options };
            workspace.area = screen.draw(|frame, area| view::view(workspace, options, frame.buffer_mut(), area))?;
            dirty = false;
        }
        let inputs = screen.read_or_bell(look, &bell)?;
        if screen.is_interrupted() {
            return Ok(Left::Interrupted);
        }
        for input in inputs {
            dirty = true;
            let Some(touch) = Touch::of(&input, || view::hits(workspace, options, workspace.area)) else { continue };
            match take(workspace, touch) {
                Effect::None => {}
                Effect::Suspend => screen.suspend()?,
                Effect::Copy => workspace.notice = Some(screen.hand_over(&view::copied(workspace))?),
                Effect::Leave(left) => return Ok(left),
                effect => carry_out(workspace, desk, &effect),
            }
        }
    }
}

fn carry_out(workspace: &mut Workspace, desk: &mut dyn Desk, effect: &Effect) {
    let told = match effect {
        Effect::Check => {
            desk.check();
            Ok(())
        }
        Effect::HintRead(number) => desk.hint_read(*number),
        Effect::Reset => desk.reset().map(|said| workspace.notice = Some(said)),
        Effect::Solution => desk.solution().map(|text| workspace.show_solution(&text)),
        Effect::None | Effect::Suspend | Effect::Copy | Effect::Leave(_) => Ok(()),
    };
    if let Err(why) = told {
        workspace.notice = Some(why);
    }
}
