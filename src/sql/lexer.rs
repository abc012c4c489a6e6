//! SQL text into tokens.

use crate::common::{ErrorClass, Result, SparkError};

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A keyword or a plain name, as written.
    Word(String),
    /// A name in backticks.
    Quoted(String),
    /// A string, escapes already replaced.
    Text(String),
    /// A number with its suffix, as written.
    Number(String),
    Symbol(&'static str),
    /// `:name` or `?`.
    Parameter(String),
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub token: Token,
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

/// Longest first.
const SYMBOLS: &[&str] = &[
    "<=>", "/*+", "<=", ">=", "<>", "!=", "==", "||", "|>", "->", "=>", "::", "<<", "*/", "(", ")", "[", "]", ",", ";",
    ".", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "~", "!", ":", "{", "}",
];

/// All tokens of a text, `End` last.
pub(super) fn tokens(text: &str) -> Result<Vec<Spot>> {
    let mut lexer = Lexer { text, at: 0, found: Vec::new() };
    while lexer.next()? {}
    let end = text.len();
    lexer.found.push(Spot { token: Token::End, start: end, end });
    Ok(lexer.found)
}

/// `PARSE_SYNTAX_ERROR` at a byte of the text.
pub(super) fn syntax_error(text: &str, at: usize, near: &str) -> SparkError {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let near = if near.is_empty() { "end of input".to_owned() } else { format!("'{near}'") };
    SparkError::new(
        ErrorClass::ParseException,
        format!("the SQL text cannot be understood at or near {near} (line {line}, position {column})"),
    )
    .with_condition("PARSE_SYNTAX_ERROR")
    .with_parameters([("error", near.clone()), ("hint", String::new())])
    .with_subject(near.trim_matches('\'').to_owned())
    .with_help("look for a missing comma, bracket or keyword just before that place")
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    found: Vec<Spot>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, token: Token, end: usize) {
        self.found.push(Spot { token, start: self.at, end });
        self.at = end;
    }

    fn next(&mut self) -> Result<bool> {
        self.skip_blank();
        let Some(first) = self.rest().chars().next() else { return Ok(false) };
        let second = self.rest().chars().nth(1);
        match first {
            '\'' | '"' => self.string(self.at, false)?,
            'r' | 'R' if matches!(second, Some('\'' | '"')) => self.string(self.at + 1, true)?,
            '`' => self.quoted()?,
            '0'..='9' => self.number(),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) && !self.after_name() => self.number(),
            ':' if second.is_some_and(|c| c.is_alphabetic() || c == '_') && !self.after_name() => {
                let rest = &self.rest()[1..];
                let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let name = rest[..len].to_owned();
                self.push(Token::Parameter(name), self.at + 1 + len);
            }
            '?' => self.push(Token::Parameter("?".into()), self.at + 1),
            c if c.is_alphabetic() || c == '_' => {
                let rest = self.rest();
                let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let word = rest[..len].to_owned();
                self.push(Token::Word(word), self.at + len);
            }
            other => {
                let Some(symbol) = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) else {
                    return Err(syntax_error(self.text, self.at, &other.to_string()));
                };
                self.push(Token::Symbol(symbol), self.at + symbol.len());
            }
        }
        Ok(true)
    }

    /// Whether the last token could be the left side of a dot or a colon.
    fn after_name(&self) -> bool {
        self.found.last().is_some_and(|spot| {
            spot.end == self.at
                && matches!(spot.token, Token::Word(_) | Token::Quoted(_) | Token::Symbol(")" | "]" | ":"))
        })
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if self.rest().starts_with("--") {
                let len = self.rest().find('\n').unwrap_or(self.rest().len());
                self.at += len;
            } else if self.rest().starts_with("/*") && !self.rest().starts_with("/*+") {
                self.at += block_comment(self.rest());
            } else {
                return;
            }
        }
    }

    fn quoted(&mut self) -> Result<()> {
        let start = self.at;
        let mut name = String::new();
        let mut chars = self.text[start + 1..].char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            if c != '`' {
                name.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == '`') {
                name.push('`');
                chars.next();
            } else {
                self.push(Token::Quoted(name), start + 1 + i + 1);
                return Ok(());
            }
        }
        Err(syntax_error(self.text, start, "`"))
    }

    fn string(&mut self, open: usize, raw: bool) -> Result<()> {
        let body = &self.text[open + 1..];
        let quote = self.text[open..].chars().next().unwrap_or('\'');
        let mut value = String::new();
        let mut chars = body.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            if c == quote {
                if chars.peek().is_some_and(|(_, next)| *next == quote) {
                    value.push(quote);
                    chars.next();
                    continue;
                }
                self.push(Token::Text(value), open + 1 + i + quote.len_utf8());
                return Ok(());
            }
            if c != '\\' || raw {
                value.push(c);
                continue;
            }
            let Some((_, escaped)) = chars.next() else { break };
            match escaped {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                'b' => value.push('\u{8}'),
                '0' => value.push('\0'),
                'Z' => value.push('\u{1a}'),
                '%' => value.push_str("\\%"),
                '_' => value.push_str("\\_"),
                'u' => {
                    let digits: String = chars.clone().take(4).map(|(_, c)| c).collect();
                    match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                        Some(decoded) if digits.len() == 4 => {
                            value.push(decoded);
                            for _ in 0..4 {
                                chars.next();
                            }
                        }
                        _ => value.push('u'),
                    }
                }
                other => value.push(other),
            }
        }
        Err(syntax_error(self.text, open, &quote.to_string()))
    }

    fn number(&mut self) {
        let bytes = self.rest().as_bytes();
        let digits = |mut i: usize| {
            while bytes.get(i).is_some_and(u8::is_ascii_digit) {
                i += 1;
            }
            i
        };
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') && !matches!(bytes.get(end + 1), Some(b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'_'))
        {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                end = digits(end + 1 + sign);
            }
        }
        let suffix =
            self.rest()[end..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest().len() - end);
        let written = self.rest()[end..end + suffix].to_ascii_uppercase();
        if matches!(written.as_str(), "L" | "S" | "Y" | "D" | "F" | "BD") {
            end += suffix;
        }
        let text = self.rest()[..end].to_owned();
        self.push(Token::Number(text), self.at + end);
    }
}

/// The length of a block comment, nested ones included; the rest of the text when it is never closed.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Token> {
        tokens(text).unwrap().into_iter().map(|spot| spot.token).collect()
    }

    #[test]
    fn strings_names_and_numbers() {
        use Token::*;
        assert_eq!(
            all(r#"'it''s' "dq\t" r'a\n' `x``y` 1.5D .5 10L t.a"#),
            [
                Text("it's".into()),
                Text("dq\t".into()),
                Text("a\\n".into()),
                Quoted("x`y".into()),
                Number("1.5D".into()),
                Number(".5".into()),
                Number("10L".into()),
                Word("t".into()),
                Symbol("."),
                Word("a".into()),
                End
            ]
        );
    }

    #[test]
    fn comments_vanish_and_hints_stay() {
        use Token::*;
        assert_eq!(
            all("-- x\na /* b /* c */ */ <=> /*+ d */"),
            [Word("a".into()), Symbol("<=>"), Symbol("/*+"), Word("d".into()), Symbol("*/"), End]
        );
    }
}
