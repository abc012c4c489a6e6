//! Slips of the pen: what a learner reads of a source that does not parse.
//!
//! The parser says what it expected where it stopped; the slip is often a line earlier. Here its error becomes Python's own words, the place
//! where something is missing, and what to do about it.
//!
//! ```text
//!   x = df.filter(F.col("id" > 5)          parser: expected `,`, found name (on the next line)
//!   y = df.select("id")                    here:   '(' was never closed (on the line of the bracket)
//! ```

use super::parse::grammar::{ErrorKind, Kind, Mistake, Token};
use super::parse::{Ranged, span_of};

/// A slip: Python's words, the place, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slip {
    pub message: String,
    pub span: (u32, u32),
    pub help: Option<String>,
}

impl Slip {
    fn new(message: impl Into<String>, span: (u32, u32), help: impl Into<String>) -> Slip {
        Slip { message: message.into(), span, help: Some(help.into()) }
    }
}

/// What the parser's first mistake comes from.
pub(super) fn slip(source: &str, tokens: &[Token], mistake: &Mistake) -> Slip {
    let reader = Reader { source, tokens, at: span_of(&mistake.location) };
    reader.foreign().or_else(|| reader.bracket()).unwrap_or_else(|| reader.by_kind(&mistake.error))
}

struct Reader<'a> {
    source: &'a str,
    tokens: &'a [Token],
    /// Where the parser stopped.
    at: (u32, u32),
}

impl Reader<'_> {
    /// What is no Python at all: marks of a chat or a notebook around the code, quotes of a word processor, another language's column.
    fn foreign(&self) -> Option<Slip> {
        let rest = self.source.get(self.at.0 as usize..)?;
        let line = self.source.lines().nth(self.line(self.at.0).checked_sub(1)?)?.trim_start();
        let help = match rest.chars().next()? {
            sign @ ('\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}') => {
                let message = format!("invalid character '{sign}' (U+{:04X})", sign as u32);
                let help = "these are the quotes of a word processor: Python knows the straight ones, \"name\"";
                return Some(Slip::new(message, self.at, help));
            }
            '$' => "`$\"name\"` is a column in Scala; in Python it is F.col(\"name\")",
            _ if line.starts_with("```") => {
                "the lines with ``` are marks around the code: only what stands between them is Python"
            }
            _ if line.starts_with(">>>") => "`>>>` is the sign of a prompt: copy what stands behind it",
            _ if line.starts_with('!') || line.strip_prefix('%').is_some_and(|rest| !rest.starts_with(' ')) => {
                "lines that begin so are for notebooks; SQL runs with spark.sql(\"…\")"
            }
            _ => return None,
        };
        Some(Slip::new("invalid syntax", self.at, help))
    }

    /// A bracket that is not closed, or closed by another, or closed twice.
    fn bracket(&self) -> Option<Slip> {
        let mut open: Vec<&Token> = Vec::new();
        for token in self.tokens {
            match token.kind() {
                Kind::Lpar | Kind::Lsqb | Kind::Lbrace => open.push(token),
                Kind::Rpar | Kind::Rsqb | Kind::Rbrace if span_of(token).0 <= self.at.1 => {
                    if let Some(slip) = self.closes(open.pop(), token) {
                        return Some(slip);
                    }
                }
                Kind::Rpar | Kind::Rsqb | Kind::Rbrace => {
                    open.pop();
                }
                _ => {}
            }
        }
        let never = open.into_iter().rev().find(|token| span_of(*token).0 < self.at.0)?;
        if self.line(span_of(never).0) == self.line(self.at.0) && !self.rest_is_blank() {
            return None;
        }
        let bracket = self.text(never);
        let closing = closing_of(bracket);
        let help = format!("count the brackets from here on: one `{closing}` is missing");
        Some(Slip::new(format!("'{bracket}' was never closed"), span_of(never), help))
    }

    fn closes(&self, open: Option<&Token>, close: &Token) -> Option<Slip> {
        let closing = self.text(close);
        let Some(open) = open else {
            let help = format!("there is one `{closing}` more than there are opening brackets: take it away");
            return Some(Slip::new(format!("unmatched '{closing}'"), span_of(close), help));
        };
        let opening = self.text(open);
        let wanted = closing_of(opening);
        (wanted != closing).then(|| {
            let line = self.line(span_of(open).0);
            let far = if line == self.line(span_of(close).0) { String::new() } else { format!(" on line {line}") };
            Slip::new(
                format!("closing parenthesis '{closing}' does not match opening parenthesis '{opening}'{far}"),
                span_of(close),
                format!(
                    "what begins with `{opening}` ends with `{wanted}`: one is missing before this place, or is another"
                ),
            )
        })
    }

    fn by_kind(&self, kind: &ErrorKind) -> Slip {
        match kind {
            ErrorKind::ExpectedToken { expected: Kind::Colon, .. } if !self.inside_brackets() => self.colon(),
            ErrorKind::ExpectedToken { expected: Kind::Newline, found: Kind::Equal } => self.assignment(),
            ErrorKind::ExpectedToken {
                expected: Kind::Comma | Kind::Rpar | Kind::Rsqb | Kind::Rbrace | Kind::Colon,
                found,
            } => self.side_by_side(*found),
            ErrorKind::SimpleStatementsOnSameLine => self.two_on_a_line(),
            ErrorKind::PositionalAfterKeywordArgument => Slip::new(
                "positional argument follows keyword argument",
                self.at,
                "put the plain values first, and those with a name (`how=\"left\"`) behind them",
            ),
            ErrorKind::UnexpectedIndentation => Slip::new(
                "unexpected indent",
                self.at,
                "begin the line where the line above begins; only a line that ends with `:` opens a block",
            ),
            ErrorKind::InvalidAssignmentTarget => Slip::new(
                "cannot assign to expression here. Maybe you meant '==' instead of '='?",
                self.at,
                "compare with `==`; what stands left of one `=` is a name",
            ),
            _ => self.in_words(&kind.to_string()),
        }
    }

    /// Where the parser has no kind of its own, its words tell.
    fn in_words(&self, words: &str) -> Slip {
        if words.contains("parameter name") {
            return self.assignment();
        }
        if words.contains("quote") {
            return Slip::new(
                format!("unterminated string literal (detected at line {})", self.line(self.at.0)),
                self.at,
                "a text ends on its own line, with the quote that it began with",
            );
        }
        if words.starts_with("Expected an indented block") {
            return Slip::new(
                lower_first(words),
                self.at,
                "what belongs to the line that ends with `:` stands below it, four spaces further in",
            );
        }
        if words.contains("unindent") {
            return Slip::new(
                "unindent does not match any outer indentation level",
                self.at,
                "begin the line exactly where the block that it belongs to begins",
            );
        }
        match self.spark_word().or_else(|| self.nothing_there()) {
            Some(help) => Slip::new("invalid syntax", self.at, help),
            None => Slip { message: lower_first(words), span: self.at, help: None },
        }
    }

    fn colon(&self) -> Slip {
        if self.next_text() == "=" {
            return Slip::new(
                "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
                self.next_span(),
                "a question has two of them: write `==`",
            );
        }
        let before = self.before().map_or(self.at, |token| (span_of(token).1, span_of(token).1 + 1));
        Slip::new("expected ':'", before, "the line that opens a block (`if`, `for`, `def`, `else`, …) ends with `:`")
    }

    fn assignment(&self) -> Slip {
        Slip::new(
            "expression cannot contain assignment, perhaps you meant \"==\"?",
            self.at,
            "compare with `==`; one `=` gives a value to the name of an argument, as in `how=\"left\"`",
        )
    }

    /// Two values with nothing between them.
    fn side_by_side(&self, found: Kind) -> Slip {
        let Some(before) = self.before() else {
            return Slip::new("invalid syntax", self.at, "something is missing here");
        };
        if found == Kind::Equal {
            return self.assignment();
        }
        if let Some(help) = self.spark_word() {
            return Slip::new("invalid syntax", self.at, help);
        }
        let touches = span_of(before).1 == self.at.0;
        if touches && (before.kind() == Kind::String || self.next_text().starts_with(['"', '\''])) {
            return Slip::new(
                "invalid syntax. Perhaps you forgot a comma?",
                self.at,
                "the quote ended the text here: inside a text in double quotes write single ones, \"name = 'Ada'\"",
            );
        }
        if let Some(slip) = self.call_of_a_number() {
            return slip;
        }
        let (last, next) = (self.text(before), self.next_text());
        let line = self.line(span_of(before).0);
        let far = if line == self.line(self.at.0) { String::new() } else { format!(" at the end of line {line}") };
        let help = format!("two values stand side by side: put a `,` between `{last}` and `{next}`{far}");
        Slip::new("invalid syntax. Perhaps you forgot a comma?", span_of(before), help)
    }

    /// `100.alias("b")`: the dot belongs to the number.
    fn call_of_a_number(&self) -> Option<Slip> {
        let before = self.before()?;
        let (last, next) = (self.text(before), self.next_text());
        let touches = span_of(before).1 == self.at.0;
        (touches && last.ends_with('.') && next.starts_with(char::is_alphabetic)).then(|| {
            Slip::new(
                "invalid decimal literal",
                span_of(before),
                format!(
                    "`{last}{next}` is no number: `(a / 100).{next}(…)` calls `{next}` of the whole, with brackets around it"
                ),
            )
        })
    }

    fn two_on_a_line(&self) -> Slip {
        if let Some(slip) = self.call_of_a_number() {
            return slip;
        }
        if self.before().is_some_and(|token| self.text(token) == "print") {
            return Slip::new(
                "Missing parentheses in call to 'print'. Did you mean print(...)?",
                self.at,
                "put brackets around what it prints: print(…)",
            );
        }
        let last = self.before().map_or("", |token| self.text(token));
        let help = format!(
            "after `{last}` the statement is complete, but the line goes on with `{}`: a comma, dot, operator or opening bracket is missing",
            self.next_text()
        );
        Slip::new("invalid syntax", self.at, self.spark_word().unwrap_or(help))
    }

    /// A word of Python where Spark has another.
    fn spark_word(&self) -> Option<String> {
        let word = self.next_text();
        let instead = match word {
            "else" => "Spark's word behind `F.when(…)` is `.otherwise(…)`",
            "as" => "another name is given with `.alias(\"…\")`",
            "in" => "whether a column is one of several values is asked with `.isin(…)`",
            "is" => "whether a column is NULL is asked with `.isNull()`",
            "and" | "or" | "not" => "between columns write `&`, `|`, `~`, with brackets around each condition",
            _ => return None,
        };
        let after_dot = self.before().is_some_and(|token| token.kind() == Kind::Dot);
        after_dot.then(|| format!("`{word}` is a word of Python: {instead}"))
    }

    /// An operator, a comma or a dot with nothing behind it.
    fn nothing_there(&self) -> Option<String> {
        let last = self.text(self.before()?);
        let next = self.next_text();
        if last == "." && next == "*" {
            return Some("all columns are `df.select(\"*\")`".to_owned());
        }
        let there = if next.is_empty() { "the end of the line".to_owned() } else { format!("`{next}`") };
        Some(format!("behind `{last}` a name or a value is missing: {there} cannot stand there"))
    }

    /// The last token that says something before the parser stopped.
    fn before(&self) -> Option<&Token> {
        self.told().filter(|token| span_of(*token).1 <= self.at.0).last()
    }

    /// The token at which the parser stopped, as written; empty at the end of a line.
    fn next_text(&self) -> &str {
        let (from, to) = self.next_span();
        self.source.get(from as usize..to as usize).unwrap_or("")
    }

    fn next_span(&self) -> (u32, u32) {
        let next = self.tokens.iter().find(|token| span_of(*token).0 >= self.at.0 && !token.kind().is_trivia());
        match next {
            Some(token) if says_something(token) => span_of(token),
            _ => (self.at.0, self.at.0),
        }
    }

    fn told(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| says_something(token))
    }

    fn inside_brackets(&self) -> bool {
        let depth =
            self.tokens.iter().filter(|token| span_of(*token).1 <= self.at.0).fold(0, |depth, token| {
                match token.kind() {
                    Kind::Lpar | Kind::Lsqb | Kind::Lbrace => depth + 1,
                    Kind::Rpar | Kind::Rsqb | Kind::Rbrace => depth - 1,
                    _ => depth,
                }
            });
        depth > 0
    }

    fn rest_is_blank(&self) -> bool {
        self.source.get(self.at.0 as usize..).is_none_or(|rest| rest.trim().is_empty())
    }

    fn text(&self, token: &Token) -> &str {
        let range = token.range();
        self.source.get(range.start().to_usize()..range.end().to_usize()).unwrap_or("")
    }

    fn line(&self, at: u32) -> usize {
        let before = self.source.get(..at as usize).unwrap_or(self.source);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }
}

fn says_something(token: &Token) -> bool {
    let kind = token.kind();
    !kind.is_trivia() && !matches!(kind, Kind::Newline | Kind::Indent | Kind::Dedent | Kind::EndOfFile)
}

fn closing_of(opening: &str) -> &'static str {
    match opening {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// The parser's words as Python writes its own: without a capital.
fn lower_first(words: &str) -> String {
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "invalid syntax".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::pyspark::lang::parse::parse_unit;

    /// Source, line, words, and a part of the help.
    fn check(cases: &[(&str, u32, &str, &str)]) {
        for (source, line, message, help) in cases {
            let error = parse_unit(source, "a.py").expect_err(source);
            assert_eq!((error.line, error.message.as_str()), (*line, *message), "{source}\n{error:?}");
            let said = error.help.unwrap_or_default();
            assert!(said.contains(help), "{source}\n{said}");
        }
    }

    #[test]
    fn a_bracket_left_open_is_named_where_it_opens() {
        check(&[
            ("x = f(g(1 > 5)\ny = 2\n", 1, "'(' was never closed", "one `)` is missing"),
            ("x = [1,\n     2\n\ny = f(3)\n", 1, "'[' was never closed", "one `]` is missing"),
            ("x = (1]", 1, "closing parenthesis ']' does not match opening parenthesis '('", "ends with `)`"),
            ("x = f(1))", 1, "unmatched ')'", "take it away"),
        ]);
    }

    #[test]
    fn what_is_no_python_is_named_as_what_it_is() {
        check(&[
            ("```python\nx = 1\n```\n", 1, "invalid syntax", "marks around the code"),
            (">>> x = 1\n", 1, "invalid syntax", "the sign of a prompt"),
            ("x = 1\n%sql select 1\n", 2, "invalid syntax", "for notebooks"),
            ("y = f(\u{201c}age\u{201d})\n", 1, "invalid character '\u{201c}' (U+201C)", "straight ones"),
            ("y = f($\"age\")\n", 1, "invalid syntax", "F.col(\"name\")"),
        ]);
    }

    #[test]
    fn a_missing_comma_is_named_where_it_belongs() {
        let comma = "invalid syntax. Perhaps you forgot a comma?";
        check(&[
            ("s = S([\n    T(\"id\")\n    U(\"name\"),\n])\n", 2, comma, "between `)` and `U` at the end of line 2"),
            ("f(\"x\", how=\"left\" on=\"b\")", 1, comma, "between `\"left\"` and `on`"),
            ("f(a b)", 1, comma, "between `a` and `b`"),
            ("x = [\n (1, 2),\n (3 4)\n]", 3, comma, "between `3` and `4`"),
            ("x = {\"a\": 1 \"b\": 2}", 1, comma, "between `1` and `\"b\"`"),
            ("f(\"age > \"thirty\"\")", 1, comma, "the quote ended the text here"),
            ("x = a / 100.alias(\"b\")", 1, "invalid decimal literal", "with brackets around it"),
        ]);
    }

    #[test]
    fn other_slips_say_what_to_do() {
        let equals = "expression cannot contain assignment, perhaps you meant \"==\"?";
        check(&[
            ("for a in b\n    pass", 1, "expected ':'", "ends with `:`"),
            ("if x == 3\n    pass", 1, "expected ':'", "ends with `:`"),
            ("if x = 3:\n    pass", 1, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?", "`==`"),
            ("f(a.b = c)", 1, equals, "compare with `==`"),
            ("F.when(x, 1).else(3)", 1, "invalid syntax", ".otherwise("),
            ("print \"x\"", 1, "Missing parentheses in call to 'print'. Did you mean print(...)?", "print(…)"),
            (
                "x = \"abc\ny = 1\n",
                1,
                "unterminated string literal (detected at line 1)",
                "the quote that it began with",
            ),
            ("f(x.*)", 1, "invalid syntax", "select(\"*\")"),
            ("x = 1\n  y = 2\n", 2, "unexpected indent", "where the line above begins"),
            (
                "for a in b:\nprint(1)\n",
                2,
                "expected an indented block after `for` statement",
                "four spaces further in",
            ),
            ("x = 5 +\n", 1, "invalid syntax", "behind `+` a name or a value is missing"),
            ("df show()\n", 1, "invalid syntax", "after `df` the statement is complete"),
            ("f(a=1, b)", 1, "positional argument follows keyword argument", "plain values first"),
        ]);
    }
}
