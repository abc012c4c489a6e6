//! Standard output and standard error, where a closed pipe ends the writing and nothing else.

use std::io::{self, Write};

/// Writes to standard output.
pub(crate) fn out(text: &str) {
    let mut stdout = io::stdout().lock();
    // `batchlab … | head` closes the pipe early; what is left to say has no reader.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Standard output for what is long: whoever writes it stops at the first error.
pub(crate) fn stream() -> impl Write {
    io::BufWriter::new(io::stdout().lock())
}

/// Writes to standard error.
pub(crate) fn err(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
}

/// Says what was used wrongly and what to do, and gives exit status 2.
pub(crate) fn usage(message: &str, help: &str) -> u8 {
    err(&format!("batchlab: {message}\n  Help: {help}\n"));
    super::EXIT_USAGE
}
