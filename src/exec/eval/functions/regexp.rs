//! Regular expressions, in Java's spelling: character classes follow Java's ASCII meaning of `\d`, `\w`, `\s`, `\b`.

use super::super::call::{Call, Kernel};
use super::super::errors;
use crate::common::pattern::{ASCII_WORD_EDGE, Groups, Pattern, Places};
use crate::common::{Result, SparkError};
use arrow::array::{ArrayRef, ListBuilder, StringViewBuilder};
use arrow::datatypes::{DataType as ArrowType, Field, Int32Type};
use std::borrow::Cow;
use std::sync::Arc;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "rlike" => rlike,
        "like" | "ilike" => like,
        "regexp_extract" => extract,
        "regexp_extract_all" => extract_all,
        "regexp_replace" => replace,
        "regexp_count" => count,
        "regexp_instr" => instr,
        "regexp_substr" => substr,
        "split" => split,
        _ => return None,
    })
}

/// The compiled pattern, kept with the call.
fn compiled(call: &Call<'_>, pattern: &str) -> Result<Arc<Pattern>> {
    let mut kept = match call.state.regexes.lock() {
        Ok(kept) => kept,
        Err(poisoned) => poisoned.into_inner(),
    };
    if let Some(regex) = kept.get(pattern) {
        return Ok(regex.clone());
    }
    let regex = Arc::new(compile(pattern, call.name)?);
    kept.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

fn compile(pattern: &str, function: &str) -> Result<Pattern> {
    Pattern::new(&translate(pattern))
        .map_err(|_| errors::parameter("PATTERN", function, format!("'{pattern}' is no regular expression")))
}

/// From Java's spelling to ours: ASCII classes, possessive quantifiers dropped.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('d') => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str(if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str(if in_class { " \\t\\n\\x0B\\f\\r" } else { "[ \\t\\n\\x0B\\f\\r]" }),
                Some('S') => out.push_str("[^ \\t\\n\\x0B\\f\\r]"),
                Some('h') => out.push_str(if in_class { " \\t" } else { "[ \\t]" }),
                Some('Z') => out.push_str("\\z"),
                Some('b') if !in_class => out.push_str(ASCII_WORD_EDGE),
                Some('Q') => {
                    let mut literal = String::new();
                    while let Some(c) = chars.next() {
                        if c == '\\' && chars.peek() == Some(&'E') {
                            chars.next();
                            break;
                        }
                        literal.push(c);
                    }
                    out.push_str(&regex::escape(&literal));
                }
                Some(other) if other.is_ascii_alphanumeric() => {
                    out.push('\\');
                    out.push(other);
                }
                Some(other) => out.push_str(&regex::escape(&other.to_string())),
                None => out.push('\\'),
            },
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    out.push('^');
                    chars.next();
                }
                if chars.peek() == Some(&']') {
                    out.push_str("\\]");
                    chars.next();
                }
            }
            '[' => out.push('['),
            ']' => {
                in_class = false;
                out.push(']');
            }
            '+' if !in_class
                && out.ends_with(['+', '*', '?', '}'])
                && !out.ends_with("\\+")
                && !out.ends_with("\\*") => {}
            other => out.push(other),
        }
    }
    out
}

/// A pattern for each row; a constant one is compiled once.
fn patterns<'a>(call: &'a Call<'a>, i: usize) -> Result<impl Fn(usize) -> Result<Option<Arc<Pattern>>> + 'a> {
    let texts = call.texts(i)?;
    let only = match texts.only() {
        Some(Some(pattern)) => Some(compiled(call, pattern)?),
        _ => None,
    };
    Ok(move |row: usize| match &only {
        Some(regex) => Ok(Some(regex.clone())),
        None => texts.get(row).map(|pattern| compiled(call, pattern)).transpose(),
    })
}

fn rlike(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern) = (call.texts(0)?, patterns(call, 1)?);
    call.to_flags(|row| {
        let (Some(s), Some(regex)) = (s.get(row), pattern(row)?) else { return Ok(None) };
        regex.is_match(s).map(Some)
    })
}

fn like(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern) = (call.texts(0)?, call.texts(1)?);
    let escape = if call.args.len() > 2 { call.texts(2)?.get(0).and_then(|e| e.chars().next()) } else { Some('\\') };
    let fold = call.name == "ilike";
    if let Some(Some(pattern)) = pattern.only()
        && let Some(plain) = Plain::of(pattern, escape).filter(|_| !fold)
    {
        return call.to_flags(|row| Ok(s.get(row).map(|s| plain.matches(s))));
    }
    call.to_flags(|row| {
        let (Some(s), Some(pattern)) = (s.get(row), pattern.get(row)) else { return Ok(None) };
        let regex = like_regex(call, pattern, escape, fold)?;
        regex.is_match(s).map(Some)
    })
}

/// `LIKE` patterns that need no regular expression.
#[expect(clippy::large_enum_variant, reason = "one per call")]
enum Plain<'a> {
    Whole(&'a str),
    Start(&'a str),
    End(&'a str),
    Inside(memchr::memmem::Finder<'a>),
}

impl<'a> Plain<'a> {
    fn of(pattern: &'a str, escape: Option<char>) -> Option<Plain<'a>> {
        if pattern.contains('_') || escape.is_some_and(|escape| pattern.contains(escape)) {
            return None;
        }
        let (start, end) = (pattern.starts_with('%'), pattern.ends_with('%'));
        let inner = pattern.trim_matches('%');
        if inner.contains('%') {
            return None;
        }
        Some(match (start, end) {
            (false, false) => Plain::Whole(inner),
            (false, true) => Plain::Start(inner),
            (true, false) => Plain::End(inner),
            (true, true) => Plain::Inside(memchr::memmem::Finder::new(inner)),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Plain::Whole(part) => text == *part,
            Plain::Start(part) => text.starts_with(part),
            Plain::End(part) => text.ends_with(part),
            Plain::Inside(part) => part.find(text.as_bytes()).is_some(),
        }
    }
}

fn like_regex(call: &Call<'_>, pattern: &str, escape: Option<char>, fold: bool) -> Result<Arc<Pattern>> {
    let mut kept = match call.state.regexes.lock() {
        Ok(kept) => kept,
        Err(poisoned) => poisoned.into_inner(),
    };
    if let Some(regex) = kept.get(pattern) {
        return Ok(regex.clone());
    }
    let mut out = String::from(if fold { "(?is)^" } else { "(?s)^" });
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == escape => match chars.next() {
                Some(next) if matches!(next, '_' | '%') || Some(next) == escape => {
                    out.push_str(&regex::escape(&next.to_string()));
                }
                _ => {
                    return Err(SparkError::analysis(
                        "INVALID_FORMAT.ESC_IN_THE_MIDDLE",
                        format!("the pattern '{pattern}' has an escape character before a plain one"),
                    ));
                }
            },
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            other => out.push_str(&regex::escape(&other.to_string())),
        }
    }
    out.push('$');
    let regex = Pattern::new(&out).map_err(|_| errors::parameter("PATTERN", "like", pattern.to_owned()))?;
    let regex = Arc::new(regex);
    kept.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

fn check_group(regex: &Pattern, group: i32, function: &str) -> Result<usize> {
    let most = regex.groups_len() - 1;
    usize::try_from(group).ok().filter(|group| *group <= most).ok_or_else(|| {
        errors::parameter(
            "REGEX_GROUP_INDEX",
            function,
            format!("the group must be between 0 and {most}, but is {group}"),
        )
    })
}

fn extract(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern, group) = (call.texts(0)?, patterns(call, 1)?, call.numbers::<Int32Type>(2)?);
    let mut kept: Option<(Arc<Pattern>, Option<Places>)> = None;
    call.to_texts(|row| {
        let (Some(s), Some(regex), Some(group)) = (s.get(row), pattern(row)?, group.get(row)) else { return Ok(None) };
        let group = check_group(&regex, group, call.name)?;
        if group == 0 {
            return Ok(Some(regex.find(s)?.map_or("", |found| &s[found])));
        }
        if kept.as_ref().is_none_or(|(own, _)| !Arc::ptr_eq(own, &regex)) {
            kept = Some((regex.clone(), None));
        }
        let Some((_, places)) = &mut kept else { return Ok(Some("")) };
        Ok(Some(regex.group_of(s, group, places)?.unwrap_or("")))
    })
}

fn text_lists() -> ListBuilder<StringViewBuilder> {
    ListBuilder::new(StringViewBuilder::new())
}

/// Lists of text in the memory of the call's type.
fn finish(call: &Call<'_>, mut builder: ListBuilder<StringViewBuilder>) -> ArrayRef {
    let lists = builder.finish();
    let nullable = matches!(call.out.to_arrow(), ArrowType::List(field) if field.is_nullable());
    let (_, offsets, items, nulls) = lists.into_parts();
    let field = Arc::new(Field::new("element", ArrowType::Utf8View, nullable));
    Arc::new(arrow::array::ListArray::new(field, offsets, items, nulls))
}

fn extract_all(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern, group) = (call.texts(0)?, patterns(call, 1)?, call.numbers::<Int32Type>(2)?);
    let mut builder = text_lists();
    for row in 0..call.rows {
        let (Some(s), Some(regex), Some(group)) = (s.get(row), pattern(row)?, group.get(row)) else {
            builder.append(false);
            continue;
        };
        let group = check_group(&regex, group, call.name)?;
        for found in regex.groups_iter(s) {
            builder.values().append_value(found?.range(group).map_or("", |part| &s[part]));
        }
        builder.append(true);
    }
    Ok(finish(call, builder))
}

/// Java's replacement: `$1` and `${name}` are groups, a backslash takes the next character as it is.
fn expand(replacement: &str, text: &str, found: &Groups<'_>, out: &mut String) -> Result<()> {
    let mut chars = replacement.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '$' if chars.peek() == Some(&'{') => {
                chars.next();
                let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(found.named(&name).map_or("", |part| &text[part]));
            }
            '$' => {
                let Some(mut group) = chars.peek().and_then(|c| c.to_digit(10)) else {
                    return Err(SparkError::internal("a lone $ in a replacement"));
                };
                chars.next();
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    if (group * 10 + digit) as usize >= found.len() {
                        break;
                    }
                    group = group * 10 + digit;
                    chars.next();
                }
                if group as usize >= found.len() {
                    return Err(errors::parameter(
                        "REGEX_GROUP_INDEX",
                        "regexp_replace",
                        format!("there is no group {group}"),
                    ));
                }
                out.push_str(found.range(group as usize).map_or("", |part| &text[part]));
            }
            other => out.push(other),
        }
    }
    Ok(())
}

fn replace(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern, new) = (call.texts(0)?, patterns(call, 1)?, call.texts(2)?);
    let position = call.numbers::<Int32Type>(3)?;
    call.to_texts(|row| {
        let (Some(s), Some(regex), Some(new), Some(position)) =
            (s.get(row), pattern(row)?, new.get(row), position.get(row))
        else {
            return Ok(None);
        };
        let start = s.char_indices().nth(position.max(1) as usize - 1).map_or(s.len(), |(at, _)| at);
        let plain = !new.contains(['$', '\\']);
        let mut out = String::new();
        let mut last = 0;
        let rest = &s[start..];
        if plain {
            for found in regex.find_iter(rest) {
                let found = found?;
                out.push_str(&s[last..start + found.start]);
                out.push_str(new);
                last = start + found.end;
            }
        } else {
            for found in regex.groups_iter(rest) {
                let found = found?;
                let Some(whole) = found.range(0) else { continue };
                out.push_str(&s[last..start + whole.start]);
                expand(new, rest, &found, &mut out)?;
                last = start + whole.end;
            }
        }
        if last == 0 && out.is_empty() {
            return Ok(Some(Cow::Borrowed(s)));
        }
        out.push_str(&s[last..]);
        Ok(Some(Cow::Owned(out)))
    })
}

fn count(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern) = (call.texts(0)?, patterns(call, 1)?);
    call.to_numbers::<Int32Type>(|row| {
        let (Some(s), Some(regex)) = (s.get(row), pattern(row)?) else { return Ok(None) };
        let mut count = 0;
        for found in regex.find_iter(s) {
            found?;
            count += 1;
        }
        Ok(Some(count))
    })
}

fn instr(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern) = (call.texts(0)?, patterns(call, 1)?);
    call.to_numbers::<Int32Type>(|row| {
        let (Some(s), Some(regex)) = (s.get(row), pattern(row)?) else { return Ok(None) };
        Ok(Some(regex.find(s)?.map_or(0, |found| s[..found.start].chars().count() as i32 + 1)))
    })
}

fn substr(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern) = (call.texts(0)?, patterns(call, 1)?);
    call.to_texts(|row| {
        let (Some(s), Some(regex)) = (s.get(row), pattern(row)?) else { return Ok(None) };
        Ok(regex.find(s)?.map(|found| &s[found]))
    })
}

/// The pattern as plain text, when no character of it means more.
fn literal(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next) if !next.is_ascii_alphanumeric() => out.push(next),
                _ => return None,
            },
            '.' | '*' | '+' | '?' | '|' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' => return None,
            other => out.push(other),
        }
    }
    (!out.is_empty()).then_some(out)
}

fn split(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pattern, limit) = (call.texts(0)?, call.texts(1)?, call.numbers::<Int32Type>(2)?);
    let plain = pattern.only().flatten().and_then(literal);
    let mut builder = text_lists();
    for row in 0..call.rows {
        let (Some(s), Some(pattern), Some(limit)) = (s.get(row), pattern.get(row), limit.get(row)) else {
            builder.append(false);
            continue;
        };
        let most = if limit > 0 { limit as usize } else { usize::MAX };
        if s.is_empty() {
            builder.values().append_value("");
        } else if let Some(mark) = &plain {
            for part in s.splitn(most, mark.as_str()) {
                builder.values().append_value(part);
            }
        } else if pattern.is_empty() {
            let mut rest = s;
            for c in s.chars().take(most.saturating_sub(1).min(s.chars().count())) {
                builder.values().append_value(&rest[..c.len_utf8()]);
                rest = &rest[c.len_utf8()..];
            }
            if !rest.is_empty() {
                builder.values().append_value(rest);
            }
        } else {
            let regex = compiled(call, pattern)?;
            let (mut last, mut parts) = (0, 1);
            for found in regex.find_iter(s) {
                if parts >= most {
                    break;
                }
                let found = found?;
                if found.end == 0 || (found.is_empty() && found.start >= s.len()) {
                    continue;
                }
                builder.values().append_value(&s[last..found.start]);
                last = found.end;
                parts += 1;
            }
            builder.values().append_value(&s[last..]);
        }
        builder.append(true);
    }
    Ok(finish(call, builder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javas_spelling_is_understood() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(compile(pattern, "rlike").unwrap().is_match(text).unwrap(), expected, "{pattern}");
        };
        check(r"^\d{2}$", "42", true);
        check(r"[\w.]+@\w+\.com", "a.b@c.com", true);
        check(r"a\/b", "a/b", true);
        check(r"\Qa.b\E", "axb", false);
        check(r"x++y", "xxy", true);
        assert_eq!(compile("(", "rlike").unwrap_err().condition(), Some("INVALID_PARAMETER_VALUE.PATTERN"));
    }

    #[test]
    fn replacements_take_groups() {
        let regex = Pattern::new(r"(\w)-(\w)").unwrap();
        let mut out = String::new();
        expand(r"$2-$1\$", "1-2", &regex.groups("1-2").unwrap().unwrap(), &mut out).unwrap();
        assert_eq!(out, "2-1$");
    }
}
