//! Cuts CSV records into fields, with quotes and escapes: the careful way, for lines that hold a quote and for multi-line files.
//!
//! Follows the parser inside Spark: only a field that *starts* with a quote is quoted; inside, the escape (a backslash unless set) makes a
//! quote plain; a quote in the middle of a quoted field turns the whole field into plain text up to the next separator, quotes kept.

use super::csv_options::CsvOptions;
use super::lines::{LineEnd, line_length};

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Nothing between two separators.
    Empty,
    /// A pair of quotes with nothing between.
    QuotedEmpty,
    /// Bytes of the text.
    Plain(usize, usize),
    /// Text that had to be unescaped.
    Owned(Vec<u8>),
}

/// A cursor over text that holds one record or many.
pub struct Tokenizer<'a> {
    text: &'a [u8],
    at: usize,
    options: &'a CsvOptions,
    /// Whether a line end ends a record; otherwise the text is one record.
    many: bool,
}

impl<'a> Tokenizer<'a> {
    /// Over the text of exactly one record.
    pub fn record(text: &'a [u8], options: &'a CsvOptions) -> Self {
        Tokenizer { text, at: 0, options, many: false }
    }

    /// Over a whole file.
    pub fn file(text: &'a [u8], options: &'a CsvOptions) -> Self {
        Tokenizer { text, at: 0, options, many: true }
    }

    /// Where the cursor is.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Whether all is read.
    pub fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The length of the line end at the cursor, if there is one.
    fn line_end(&self, at: usize) -> Option<usize> {
        if !self.many {
            return None;
        }
        let rest = self.text.get(at..)?;
        match &self.options.line_end {
            LineEnd::Any if !matches!(rest.first(), Some(b'\n' | b'\r')) => None,
            LineEnd::Bytes(end) if !rest.starts_with(end) => None,
            ending => line_length(rest, ending, true).and_then(|(length, whole)| (length == 0).then_some(whole)),
        }
    }

    fn at_sep(&self, at: usize) -> bool {
        self.text[at..].starts_with(&self.options.sep)
    }

    fn ends_field(&self, at: usize) -> bool {
        at >= self.text.len() || self.at_sep(at) || self.line_end(at).is_some()
    }

    /// Skips empty lines and comments; tells whether a record follows.
    pub fn skip_blank(&mut self) -> bool {
        while !self.is_done() {
            if let Some(length) = self.line_end(self.at) {
                self.at += length;
            } else if self.options.comment.is_some_and(|comment| self.text[self.at] == comment) {
                while !self.is_done() && self.line_end(self.at).is_none() {
                    self.at += 1;
                }
            } else {
                return true;
            }
        }
        false
    }

    /// The fields of the next record.
    pub fn next_record(&mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        loop {
            tokens.push(self.field());
            if self.is_done() {
                return tokens;
            }
            if let Some(length) = self.line_end(self.at) {
                self.at += length;
                return tokens;
            }
            self.at += self.options.sep.len();
            if self.is_done() {
                tokens.push(Token::Empty);
                return tokens;
            }
        }
    }

    fn field(&mut self) -> Token {
        if self.options.trim_leading {
            self.skip_blanks();
        }
        let quoted = self.options.quote.is_some_and(|quote| self.text.get(self.at) == Some(&quote));
        if quoted { self.quoted() } else { self.plain() }
    }

    fn skip_blanks(&mut self) {
        while self.at < self.text.len() && self.text[self.at] <= b' ' && !self.ends_field(self.at) {
            self.at += 1;
        }
    }

    fn plain(&mut self) -> Token {
        let from = self.at;
        while !self.ends_field(self.at) {
            self.at += 1;
        }
        let mut to = self.at;
        if self.options.trim_trailing {
            while to > from && self.text[to - 1] <= b' ' {
                to -= 1;
            }
        }
        if from == to { Token::Empty } else { Token::Plain(from, to) }
    }

    fn quoted(&mut self) -> Token {
        let quote = self.options.quote.unwrap_or(b'"');
        let (escape, escape_escape) = (self.options.escape, self.options.escape_escape);
        let mut value = Vec::new();
        self.at += 1;
        while self.at < self.text.len() {
            let byte = self.text[self.at];
            let next = self.text.get(self.at + 1).copied();
            if Some(byte) == escape && escape != Some(quote) && next == Some(quote) {
                value.push(quote);
                self.at += 2;
            } else if Some(byte) == escape_escape && next == escape && escape.is_some() && escape != Some(quote) {
                value.extend(escape);
                self.at += 2;
            } else if byte != quote {
                value.push(byte);
                self.at += 1;
            } else if escape == Some(quote) && next == Some(quote) {
                value.push(quote);
                self.at += 2;
            } else if let Some(token) = self.closing_quote(quote, &mut value) {
                return token;
            }
        }
        if value.is_empty() { Token::QuotedEmpty } else { Token::Owned(value) }
    }

    /// The cursor is on a quote inside a quoted field: its end, or a stray one. Nothing when the field goes on.
    fn closing_quote(&mut self, quote: u8, value: &mut Vec<u8>) -> Option<Token> {
        let mut after = self.at + 1;
        while after < self.text.len() && self.text[after] <= b' ' && !self.ends_field(after) {
            after += 1;
        }
        if self.ends_field(after) {
            self.at = after;
            return Some(if value.is_empty() { Token::QuotedEmpty } else { Token::Owned(std::mem::take(value)) });
        }
        if self.text[self.at + 1] == quote {
            value.push(quote);
            if self.ends_field(self.at + 2) {
                self.at += 2;
                return Some(Token::Owned(std::mem::take(value)));
            }
        }
        // A stray quote: the field is plain text after all, from its opening quote to the next separator.
        let doubled = self.text[self.at + 1] == quote;
        let mut whole = vec![quote];
        whole.append(value);
        self.at += usize::from(doubled);
        while !self.ends_field(self.at) {
            whole.push(self.text[self.at]);
            self.at += 1;
        }
        Some(Token::Owned(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::Conf;
    use crate::common::conf::Options;

    fn check(line: &str, settings: &[(&str, &str)], expected: &[&str]) {
        let mut options = Options::default();
        for (name, value) in settings {
            options.set(name, *value);
        }
        let options = CsvOptions::of(&options, &Conf::new()).unwrap();
        let tokens: Vec<String> = Tokenizer::record(line.as_bytes(), &options)
            .next_record()
            .into_iter()
            .map(|token| match token {
                Token::Empty => "<empty>".to_owned(),
                Token::QuotedEmpty => "<quoted>".to_owned(),
                Token::Plain(from, to) => line[from..to].to_owned(),
                Token::Owned(bytes) => String::from_utf8(bytes).unwrap(),
            })
            .collect();
        assert_eq!(tokens, expected, "{line}");
    }

    #[test]
    fn fields_are_cut_as_spark_cuts_them() {
        check("a,,b,", &[], &["a", "<empty>", "b", "<empty>"]);
        check("\"a,b\",\"\",c", &[], &["a,b", "<quoted>", "c"]);
        check(r#""say \"hi\"",x"#, &[], &["say \"hi\"", "x"]);
        check(r#""say ""hi""",x"#, &[], &[r#""say ""hi""""#, "x"]);
        check(r#""say ""hi""",x"#, &[("escape", "\"")], &["say \"hi\"", "x"]);
        check(r#"a"b,c"#, &[], &[r#"a"b"#, "c"]);
        check("'a|b'|c", &[("sep", "|"), ("quote", "'")], &["a|b", "c"]);
        check(" a , b ", &[("ignoreLeadingWhiteSpace", "true"), ("ignoreTrailingWhiteSpace", "true")], &["a", "b"]);
        check("a||b", &[("sep", "||")], &["a", "b"]);
    }
}
