//! A JSON parser that is as lenient as the options say, and keeps numbers as they were written.

use crate::common::conf::Options;
use crate::common::text::push_json;
use std::borrow::Cow;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    /// Fields in order.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// What is accepted beyond the standard.
#[derive(Debug, Clone)]
pub struct Leniency {
    comments: bool,
    unquoted_names: bool,
    single_quotes: bool,
    leading_zeros: bool,
    not_numbers: bool,
    any_escape: bool,
    control_characters: bool,
}

impl Leniency {
    /// From a reader's options.
    pub fn of(options: &Options) -> Self {
        Leniency {
            comments: options.flag("allowComments", false),
            unquoted_names: options.flag("allowUnquotedFieldNames", false),
            single_quotes: options.flag("allowSingleQuotes", true),
            leading_zeros: options.flag("allowNumericLeadingZeros", false),
            not_numbers: options.flag("allowNonNumericNumbers", true),
            any_escape: options.flag("allowBackslashEscapingAnyCharacter", false),
            control_characters: options.flag("allowUnquotedControlChars", false),
        }
    }
}

/// Parses one value; nothing when the text does not begin with JSON. What follows it is not looked at, as with Spark's parser.
pub fn parse<'a>(text: &'a str, leniency: &Leniency) -> Option<Json<'a>> {
    parse_prefix(text, leniency).map(|(value, _)| value)
}

/// The value at the start of the text, and what follows it.
pub fn parse_prefix<'a>(text: &'a str, leniency: &Leniency) -> Option<(Json<'a>, &'a str)> {
    let mut parser = Parser { text, at: 0, leniency, depth: 0 };
    parser.blank();
    let value = parser.value()?;
    parser.blank();
    Some((value, &text[parser.at..]))
}

struct Parser<'a, 'o> {
    text: &'a str,
    at: usize,
    leniency: &'o Leniency,
    depth: usize,
}

impl<'a> Parser<'a, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'/') if self.leniency.comments => {
                    let rest = &self.text[self.at..];
                    let end = if rest.starts_with("/*") {
                        rest.find("*/").map(|end| end + 2)
                    } else if rest.starts_with("//") {
                        Some(rest.find('\n').unwrap_or(rest.len()))
                    } else {
                        None
                    };
                    let Some(end) = end else { return };
                    self.at += end;
                }
                _ => return,
            }
        }
    }

    fn value(&mut self) -> Option<Json<'a>> {
        self.depth += 1;
        if self.depth > 500 {
            return None;
        }
        let value = match self.peek()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.quoted(b'"').map(Json::Text),
            b'\'' if self.leniency.single_quotes => self.quoted(b'\'').map(Json::Text),
            _ => self.word(),
        };
        self.depth -= 1;
        value
    }

    fn word(&mut self) -> Option<Json<'a>> {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')))
            .unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        match word {
            "null" => Some(Json::Null),
            "true" => Some(Json::Bool(true)),
            "false" => Some(Json::Bool(false)),
            "NaN" | "Infinity" | "+Infinity" | "-Infinity" | "INF" | "+INF" | "-INF" if self.leniency.not_numbers => {
                Some(Json::Number(word))
            }
            _ => self.is_number(word).then_some(Json::Number(word)),
        }
    }

    fn is_number(&self, word: &str) -> bool {
        let digits = word.strip_prefix('-').unwrap_or(word);
        let zeros = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        if zeros && !self.leniency.leading_zeros {
            return false;
        }
        let (mantissa, exponent) = match digits.find(['e', 'E']) {
            Some(at) => (&digits[..at], Some(&digits[at + 1..])),
            None => (digits, None),
        };
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        all_digits(whole)
            && fraction.is_none_or(all_digits)
            && exponent.is_none_or(|exponent| all_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
    }

    fn list(&mut self) -> Option<Json<'a>> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blank();
            if self.peek()? == b']' && items.is_empty() {
                self.at += 1;
                return Some(Json::List(items));
            }
            items.push(self.value()?);
            self.blank();
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(Json::List(items));
                }
                _ => return None,
            }
        }
    }

    fn object(&mut self) -> Option<Json<'a>> {
        self.at += 1;
        let mut fields = Vec::new();
        loop {
            self.blank();
            if self.peek()? == b'}' && fields.is_empty() {
                self.at += 1;
                return Some(Json::Object(fields));
            }
            let name = match self.peek()? {
                b'"' => self.quoted(b'"')?,
                b'\'' if self.leniency.single_quotes => self.quoted(b'\'')?,
                _ if self.leniency.unquoted_names => {
                    let rest = &self.text[self.at..];
                    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '-')))?;
                    self.at += end;
                    Cow::Borrowed(&rest[..end])
                }
                _ => return None,
            };
            self.blank();
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            self.blank();
            let value = self.value()?;
            fields.push((name, value));
            self.blank();
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(Json::Object(fields));
                }
                _ => return None,
            }
        }
    }

    fn quoted(&mut self, quote: u8) -> Option<Cow<'a, str>> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let plain = bytes[start..].iter().position(|byte| *byte == quote || *byte == b'\\' || *byte < 0x20)?;
        self.at += plain;
        if bytes[self.at] == quote {
            let text = &self.text[start..self.at];
            self.at += 1;
            return Some(Cow::Borrowed(text));
        }
        let mut text = self.text[start..self.at].to_owned();
        loop {
            let c = self.text[self.at..].chars().next()?;
            self.at += c.len_utf8();
            match c {
                '\\' => text.push(self.escape()?),
                c if c == char::from(quote) => return Some(Cow::Owned(text)),
                c if (c as u32) < 0x20 && !self.leniency.control_characters => return None,
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            '"' | '\\' | '/' => c,
            'u' => {
                let first = self.hex()?;
                if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    let second = self.hex()?;
                    let code = 0x10000 + ((first - 0xD800) << 10) + second.checked_sub(0xDC00)?;
                    return char::from_u32(code);
                }
                char::from_u32(first).unwrap_or('\u{fffd}')
            }
            other if self.leniency.any_escape || (other == '\'' && self.leniency.single_quotes) => other,
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// The value as compact JSON text, as it appears when a column of text holds it.
pub fn write(value: &Json<'_>, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Json::Number(text) => out.push_str(text),
        Json::Text(text) => push_json(out, text),
        Json::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(fields) => {
            out.push('{');
            for (i, (name, item)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                push_json(out, name);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, settings: &[(&str, &str)], expected: Option<&str>) {
        let mut options = Options::default();
        for (name, value) in settings {
            options.set(name, *value);
        }
        let written = parse(text, &Leniency::of(&options)).map(|value| {
            let mut out = String::new();
            write(&value, &mut out);
            out
        });
        assert_eq!(written.as_deref(), expected, "{text}");
    }

    #[test]
    fn json_is_parsed_with_sparks_leniency() {
        check(r#"{"a": 1.50, "b": [true, null, "x\u00e9\n"]}"#, &[], Some(r#"{"a":1.50,"b":[true,null,"xé\n"]}"#));
        check("{'a': 'b'}", &[], Some(r#"{"a":"b"}"#));
        check("{a: 1}", &[], None);
        check("{a: 1}", &[("allowUnquotedFieldNames", "true")], Some(r#"{"a":1}"#));
        check(r#"{"a": 01}"#, &[], None);
        check(r#"{"a": 01}"#, &[("allowNumericLeadingZeros", "true")], Some(r#"{"a":01}"#));
        check(r#"{"a": 1} /* x */"#, &[("allowComments", "true")], Some(r#"{"a":1}"#));
        check(r#"{"a": 1"#, &[], None);
    }
}
