//! Standard output and standard error, where a closed pipe ends the writing and nothing else.

use crate::common::text::harmless;
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// Writes to standard output. A terminal sees control characters, which data or scripts may hold, and does not obey them; a pipe or a file
/// gets every byte.
pub(crate) fn out(text: &str) {
    styled(&for_terminal(text, io::stdout().is_terminal()));
}

/// Writes text of our own to standard output, with its styles.
pub(crate) fn styled(text: &str) {
    let mut stdout = io::stdout().lock();
    // `batchlab … | head` closes the pipe early; what is left to say has no reader.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

fn for_terminal(text: &str, is_terminal: bool) -> Cow<'_, str> {
    if is_terminal { harmless(text) } else { Cow::Borrowed(text) }
}

/// Standard output for what is long: whoever writes it stops at the first error.
pub(crate) fn stream() -> impl Write {
    io::BufWriter::new(io::stdout().lock())
}

/// Writes to standard error; a terminal as in [`out`].
pub(crate) fn err(text: &str) {
    let mut stderr = io::stderr().lock();
    let text = for_terminal(text, stderr.is_terminal());
    let _ = stderr.write_all(text.as_bytes());
}

/// Says what was used wrongly and what to do, and gives exit status 2.
pub(crate) fn usage(message: &str, help: &str) -> u8 {
    err(&format!("batchlab: {message}\n  Help: {help}\n"));
    super::EXIT_USAGE
}
