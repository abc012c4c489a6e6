//! An error as the learner reads it: what happened, where in the script, what to do next.
//!
//! ```text
//! AnalysisException  [UNRESOLVED_COLUMN.WITH_SUGGESTION]   trips.py, line 4
//!     4 │ trips.groupBy("ctiy").count()
//!       │               ^^^^^^
//!   There is no column `ctiy`. The columns are: city, distance_km.
//!   Help: did you mean `city`?
//! ```

use super::words::wrap;
use crate::common::error::SparkError;
use crate::common::text::visible;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// The widest line of text in a drawing.
const WIDTH: usize = 100;

/// Where in a script an error was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place<'a> {
    /// The file's name, as the person gave it.
    pub file: &'a str,
    /// The whole text of the file.
    pub source: &'a str,
    /// 1-based; absent: unknown.
    pub line: Option<u32>,
    /// Columns of the guilty part in that line, in characters from 0; absent: the error's subject is looked for.
    pub columns: Option<(usize, usize)>,
}

/// An error in words: a [`SparkError`], or an exception that a script raised itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raised<'a> {
    /// The Python class.
    pub class: &'a str,
    pub condition: Option<&'a str>,
    pub message: &'a str,
    pub subject: Option<&'a str>,
    pub help: &'a [String],
}

/// Draws an error with its place. Ends with a line end.
#[must_use]
pub fn diagnostic(place: &Place<'_>, error: &SparkError) -> String {
    let raised = Raised {
        class: error.class().name(),
        condition: error.condition(),
        message: error.message(),
        subject: error.subject(),
        help: error.help(),
    };
    drawing(place, &raised)
}

/// Draws what was raised with its place. Ends with a line end.
#[must_use]
pub fn drawing(place: &Place<'_>, error: &Raised<'_>) -> String {
    let mut drawing = error.class.to_owned();
    if let Some(condition) = error.condition {
        let _ = write!(drawing, "  [{condition}]");
    }
    match place.line {
        Some(line) if !place.file.is_empty() => {
            let _ = write!(drawing, "   {}, line {line}", visible(place.file));
        }
        _ if !place.file.is_empty() => {
            let _ = write!(drawing, "   {}", visible(place.file));
        }
        _ => {}
    }
    drawing.push('\n');
    if let Some(line) = place.line {
        drawing.push_str(&source_line(place, line, error));
    }
    for paragraph in error.message.lines() {
        drawing.push_str(&wrapped("  ", "  ", paragraph));
    }
    for help in error.help {
        drawing.push_str(&wrapped("  Help: ", "        ", help));
    }
    drawing
}

fn source_line(place: &Place<'_>, line: u32, error: &Raised<'_>) -> String {
    let Some(text) = place.source.lines().nth(line.saturating_sub(1) as usize) else { return String::new() };
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let shown = expanded(text.trim_end());
    let mut drawing = format!("    {number} │ {shown}\n");
    let columns = place.columns.or_else(|| find_subject(text, error.subject?));
    if let Some((start, end)) = columns {
        let before: String = text.chars().take(start).collect();
        let guilty: String = text.chars().skip(start).take(end.saturating_sub(start).max(1)).collect();
        let offset = expanded(&before).width();
        let carets = expanded(guilty.trim_end()).width().max(1);
        let _ = writeln!(drawing, "    {margin} │ {}{}", " ".repeat(offset), "^".repeat(carets));
    }
    drawing
}

/// The word in its quotes if it stands there so, else the bare word where it stands alone.
fn find_subject(text: &str, subject: &str) -> Option<(usize, usize)> {
    let quoted = [format!("\"{subject}\""), format!("'{subject}'")];
    let found = quoted.iter().find_map(|word| Some((text.find(word.as_str())?, word.as_str())));
    let (at, word) = found.or_else(|| Some((whole_word(text, subject)?, subject)))?;
    let start = text[..at].chars().count();
    Some((start, start + word.chars().count()))
}

fn whole_word(text: &str, word: &str) -> Option<usize> {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut matches = text.match_indices(word).map(|(at, _)| at).filter(|_| !word.is_empty());
    matches.find(|at| !inside(text[..*at].chars().next_back()) && !inside(text[at + word.len()..].chars().next()))
}

fn expanded(text: &str) -> String {
    visible(&text.replace('\t', "    "))
}

/// A paragraph beside a margin, whose first line is written on. Where the text itself is indented, as tables are, all of it is.
fn wrapped(first: &str, rest: &str, text: &str) -> String {
    let indent: String = text.chars().take_while(|c| *c == ' ').collect();
    let width = WIDTH.saturating_sub(rest.width() + indent.width());
    let lines = wrap(text.trim(), width, 0);
    let margins = std::iter::once(first).chain(std::iter::repeat(rest));
    let lines = margins.zip(lines).map(|(margin, line)| format!("{margin}{indent}{line}"));
    lines.map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guilty_word_is_underlined() {
        let source = "\n\n\ntrips.groupBy(\"ctiy\").count()\n";
        let place = Place { file: "trips.py", source, line: Some(4), columns: None };
        let error = SparkError::analysis("UNRESOLVED_COLUMN.WITH_SUGGESTION", "There is no column `ctiy`.")
            .with_subject("ctiy")
            .with_help("did you mean `city`?");
        insta::assert_snapshot!(diagnostic(&place, &error), @r#"
        AnalysisException  [UNRESOLVED_COLUMN.WITH_SUGGESTION]   trips.py, line 4
            4 │ trips.groupBy("ctiy").count()
              │               ^^^^^^
          There is no column `ctiy`.
          Help: did you mean `city`?
        "#);
    }

    #[test]
    fn control_characters_of_a_script_do_not_reach_the_terminal() {
        let place = Place { file: "x.py", source: "a = '\u{1b}[2J'\n", line: Some(1), columns: None };
        let drawn = diagnostic(&place, &SparkError::internal("odd \u{7} text"));
        assert!(!drawn.contains('\u{1b}') && !drawn.contains('\u{7}'));
    }

    #[test]
    fn long_text_is_wrapped_between_words() {
        let place = Place::default();
        let drawn = diagnostic(&place, &SparkError::internal("word ".repeat(60)));
        assert!(drawn.lines().all(|line| line.width() <= WIDTH));
    }
}
