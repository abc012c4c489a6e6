//! Floor 7, the screens: the cluster theatre, the shell, worlds, the home screen, the lesson reader and the exercise workspace.
//!
//! ```text
//!   keys, mouse ──► Message ──► update(&mut Model, Message) ──► Vec<Effect> ──► run loop: branch, quit, suspend
//!   event log  ──► History ──► Status at the cursor ──► view(&Model, &Status) ──► cells
//! ```
//!
//! `update` and `view` do no I/O; only [`terminal`] and the run loops touch the terminal. A frame is a pure function of the log, the
//! cursor, the model and the size (design D7), so that live, replayed and scrubbed look the same.

pub mod banner;
pub mod bell;
pub mod dag;
pub mod export;
pub mod find;
pub mod front;
pub mod glyphs;
#[cfg(unix)]
mod hang_up;
pub mod home;
pub mod keys;
pub mod lesson;
#[cfg(test)]
mod looks;
pub mod pace;
pub mod palette;
pub mod playback;
pub mod run_handle;
pub mod shell;
pub mod terminal;
pub mod theatre;
pub mod theme;
pub mod touch;
pub mod workspace;
pub mod world;

pub use bell::Bell;
pub use run_handle::{RunEnd, RunHandle};
pub use theme::{Depth, GlyphSet, Motion, ScreenOptions, Theme};
