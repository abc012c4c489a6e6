//! Generators: a function's body with its own resumable state.

use std::cell::RefCell;

/// A generator of the script.
pub struct Generator {
    pub(super) state: RefCell<()>,
}
