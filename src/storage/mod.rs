//! Floor 2: files as the script sees them. Which paths it may touch, what lies below them, and how written files become visible, whole.

pub mod commit;
pub mod listing;
pub mod paths;
pub mod whole;

pub use paths::Workspace;
pub use whole::{InProgress, beside, in_progress, when_whole, write_whole};
