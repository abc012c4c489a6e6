//! The adapter to the parser: the only file that names Ruff's crates, which promise no stable interface.

use super::ast::Unit;
use std::sync::Arc;

pub(super) use ruff_python_ast as py;
pub(super) use ruff_text_size::Ranged;

/// A source that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub message: String,
    pub line: u32,
    pub span: (u32, u32),
}

/// Byte offsets of a node.
pub(super) fn span_of(node: &impl Ranged) -> (u32, u32) {
    let range = node.range();
    (range.start().to_u32(), range.end().to_u32())
}

/// Parses a file and resolves its names.
///
/// # Errors
/// A [`SyntaxError`] at the place where the source stops making sense.
pub fn parse_unit(source: &str, file: &str) -> Result<Arc<Unit>, SyntaxError> {
    let line_starts = line_starts(source);
    let fail = |message: String, span: (u32, u32)| SyntaxError {
        message,
        line: line_starts.partition_point(|start| *start <= span.0) as u32,
        span,
    };
    let parsed = ruff_python_parser::parse_module(source)
        .map_err(|error| fail(message_of(&error.error.to_string()), span_of(&error.location)))?;
    let scopes = super::scope::analyze(&parsed.syntax().body);
    super::lower::lower(&parsed.syntax().body, scopes, source, file, line_starts.clone())
        .map(Arc::new)
        .map_err(|(message, span)| fail(message, span))
}

/// Python's own words for the commonest mistakes, the parser's for the rest.
fn message_of(parser: &str) -> String {
    if parser.contains("unexpected indentation") || parser.contains("Unexpected indentation") {
        return "unexpected indent".to_owned();
    }
    let mut chars = parser.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "invalid syntax".to_owned(),
    }
}

fn line_starts(source: &str) -> Vec<u32> {
    std::iter::once(0)
        .chain(source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1))
        .collect()
}
