//! The adapter to the parser: the only file that names Ruff's crates, which promise no stable interface.

use super::ast::{Name, Unit};
use super::slips::{self, Slip};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use ruff_python_ast as py;
pub(super) use ruff_text_size::Ranged;

/// What the parser tells about a source that it does not understand.
pub(super) mod grammar {
    pub use ruff_python_ast::token::{Token, TokenKind as Kind};
    pub use ruff_python_parser::{ParseError as Mistake, ParseErrorType as ErrorKind};
}

/// A source that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub message: String,
    pub line: u32,
    pub span: (u32, u32),
    /// What to do about it.
    pub help: Option<String>,
}

/// Byte offsets of a node.
pub(super) fn span_of(node: &impl Ranged) -> (u32, u32) {
    let range = node.range();
    (range.start().to_u32(), range.end().to_u32())
}

/// What there is of a script, of which the last part is to be compiled: places count from the start of the whole.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    pub source: &'a str,
    /// Where the new part begins, in bytes.
    pub from: usize,
    pub file: &'a str,
    /// The globals of the parts before, by slot.
    pub known: &'a [Name],
    /// Whether expressions show their values, as at a prompt.
    pub echoes: bool,
}

impl Piece<'_> {
    /// The new part where it stands, everything before it blank.
    fn text(&self) -> Cow<'_, str> {
        let (before, new) = self.source.split_at(self.from);
        if before.is_empty() {
            return Cow::Borrowed(new);
        }
        let blank = before.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' });
        Cow::Owned(blank.chain(new.chars()).collect())
    }
}

/// Parses a file and resolves its names.
///
/// # Errors
/// A [`SyntaxError`] at the place where the source stops making sense.
pub fn parse_unit(source: &str, file: &str) -> Result<Arc<Unit>, SyntaxError> {
    parse_piece(&Piece { source, from: 0, file, known: &[], echoes: false })
}

/// Parses the new part of a script.
///
/// # Errors
/// As [`parse_unit`].
pub fn parse_piece(piece: &Piece) -> Result<Arc<Unit>, SyntaxError> {
    let source = piece.source;
    let line_starts = line_starts(source);
    let line_of = |at: u32| line_starts.partition_point(|start| *start <= at) as u32;
    let text = piece.text();
    let parsed = ruff_python_parser::parse_unchecked_source(&text, py::PySourceType::Python);
    if let Some(mistake) = parsed.errors().first() {
        let Slip { message, span, help } = slips::slip(&text, parsed.tokens(), mistake);
        return Err(SyntaxError { message, line: line_of(span.0), span, help });
    }
    let scopes = super::scope::analyze(&parsed.syntax().body);
    super::lower::lower(&parsed.syntax().body, scopes, piece, line_starts.clone())
        .map(Arc::new)
        .map_err(|(message, span)| SyntaxError { message, line: line_of(span.0), span, help: None })
}

/// The parser's tree of a file; nothing when it does not parse.
pub(super) fn tree_of(source: &str) -> Option<py::ModModule> {
    Some(ruff_python_parser::parse_module(source).ok()?.into_syntax())
}

/// The line on which a statement begins, for someone who names `line`: the statement that begins there or goes over it, or else the next.
/// Absent behind the last, and when the source does not parse.
#[must_use]
pub fn statement_line(source: &str, line: u32) -> Option<u32> {
    let lines = StatementLines::of(source)?;
    let over = lines.simple.iter().find(|(from, to)| *from <= line && line <= *to).map(|(from, _)| *from);
    over.or_else(|| lines.all.into_iter().filter(|from| *from >= line).min())
}

/// First and last line of each statement that holds no others; nothing when the source does not parse.
#[must_use]
pub fn statement_spans(source: &str) -> BTreeMap<u32, u32> {
    StatementLines::of(source).map(|lines| lines.simple.into_iter().collect()).unwrap_or_default()
}

/// Collects where statements stand.
struct StatementLines {
    starts: Vec<u32>,
    /// First and last line of those that hold no others.
    simple: Vec<(u32, u32)>,
    /// First line of each.
    all: Vec<u32>,
}

impl StatementLines {
    fn of(source: &str) -> Option<StatementLines> {
        let parsed = ruff_python_parser::parse_module(source).ok()?;
        let mut lines = StatementLines { starts: line_starts(source), simple: Vec::new(), all: Vec::new() };
        py::visitor::walk_body(&mut lines, &parsed.syntax().body);
        Some(lines)
    }
}

impl<'a> py::visitor::Visitor<'a> for StatementLines {
    fn visit_stmt(&mut self, stmt: &'a py::Stmt) {
        let line = |at: u32| self.starts.partition_point(|start| *start <= at) as u32;
        let (from, to) = span_of(stmt);
        let (from, to) = (line(from), line(to));
        let before = self.all.len();
        self.all.push(from);
        py::visitor::walk_stmt(self, stmt);
        if self.all.len() == before + 1 {
            self.simple.push((from, to));
        }
    }
}

pub(super) fn line_starts(source: &str) -> Vec<u32> {
    std::iter::once(0)
        .chain(source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_line_means_a_statement() {
        let source = "import a\n\ndef f():\n    # so\n    return (1 +\n        2)\n\nx = f()\n";
        let lines: Vec<Option<u32>> = (1..=9).map(|line| statement_line(source, line)).collect();
        let wanted = [1, 3, 3, 5, 5, 5, 8, 8].map(Some);
        assert_eq!(lines[..8], wanted);
        assert_eq!(lines[8], None);
        assert_eq!(statement_line("x = (", 1), None);
    }
}
