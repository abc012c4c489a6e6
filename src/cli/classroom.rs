//! What the commands of the classroom share: the studio, the width of the terminal, pages on standard output, answers from standard input.

use super::{interrupt, output};
use crate::report::page::{self, Ink, PageLine};
use crate::workshop::content::Content;
use crate::workshop::predict::Asked;
use crate::workshop::scene::Studio;
use std::io::{BufRead, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Text without a terminal is this wide; with one at most [`WIDEST`].
const PLAIN_WIDTH: usize = 80;
const WIDEST: usize = 100;

/// The content of the working folder above the binary's own.
pub(crate) fn content() -> Content {
    std::env::current_dir().map_or_else(|_| Content::embedded(), Content::of)
}

/// A studio that Ctrl-C stops.
pub(crate) fn studio() -> Studio {
    studio_with(interrupt::flag())
}

/// A studio that this flag stops.
pub(crate) fn studio_with(cancelled: Arc<AtomicBool>) -> Studio {
    Studio::new(content(), std::thread::available_parallelism().map_or(2, usize::from), cancelled)
}

/// How wide a page may be.
pub(crate) fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return PLAIN_WIDTH;
    }
    crossterm::terminal::size().map_or(PLAIN_WIDTH, |(width, _)| usize::from(width).clamp(20, WIDEST))
}

/// Writes lines; a terminal gets titles and key words in bold.
pub(crate) fn show(lines: &[PageLine]) {
    let bold = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut text = String::new();
    for line in lines {
        if bold {
            for (ink, words) in &line.0 {
                match ink {
                    Ink::Title | Ink::Strong | Ink::Key | Ink::Good => {
                        text.push_str(&format!("\u{1b}[1m{words}\u{1b}[0m"));
                    }
                    Ink::Dim => text.push_str(&format!("\u{1b}[2m{words}\u{1b}[0m")),
                    Ink::Text | Ink::Code | Ink::Bad => text.push_str(words),
                }
            }
            text.push('\n');
        } else {
            text.push_str(&line.plain());
            text.push('\n');
        }
    }
    output::styled(&text);
}

/// The next line that the person types; nothing at the end of the input. The prompt goes where `say` writes.
pub(crate) fn ask(prompt: &str, say: fn(&str)) -> Option<String> {
    say(prompt);
    let mut line = String::new();
    let _waiting = interrupt::waiting();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(read) if read > 0 => Some(line.trim().to_owned()),
        _ => {
            say("\n");
            None
        }
    }
}

/// A prediction; asks again until it is one of the options. Nothing where the person leaves, by `q` or at the end of the input.
pub(crate) fn guess(asked: &Asked, prompt: &str, say: fn(&str)) -> Option<usize> {
    loop {
        let typed = ask(&format!("  {prompt}"), say)?;
        if let Some(index) = asked.typed(&typed) {
            return Some(index);
        }
        if matches!(typed.as_str(), "q" | "quit") {
            return None;
        }
        say("  Type the letter of an option; q leaves.\n");
    }
}

/// Whether a prediction was right, and what the run says.
pub(crate) fn verdict(asked: &Asked, width: usize, marked: usize) -> Vec<PageLine> {
    let word = if marked == asked.right { "Right." } else { "Not this time." };
    let mut lines = vec![PageLine::of(Ink::Strong, format!("  {word} The run says: {}", asked.options[asked.right]))];
    lines.extend(page::words(&asked.tells, width, "  "));
    lines
}
