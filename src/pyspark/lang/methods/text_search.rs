//! Searching, splitting and formatting of `str`.

use crate::pyspark::lang::Interpreter;
use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::raised::{PyResult, index_error, type_error, value_error};
use crate::pyspark::lang::value::Value;

/// What Python's `split()` without arguments splits at.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// `split` and `rsplit`.
pub fn split(this: &str, args: Args, from_right: bool) -> PyResult {
    let [separator, limit] = args.bind("split", ["sep", "maxsplit"], 0)?;
    let limit = limit.and_then(|limit| limit.as_int()).and_then(|limit| usize::try_from(limit).ok());
    let parts: Vec<&str> = match separator {
        None | Some(Value::None) => split_spaces(this, limit.unwrap_or(usize::MAX), from_right),
        Some(separator) => {
            let Some(separator) = separator.as_str() else { return Err(type_error("must be str or None")) };
            if separator.is_empty() {
                return Err(value_error("empty separator"));
            }
            match (limit, from_right) {
                (None, _) => this.split(separator).collect(),
                (Some(limit), false) => this.splitn(limit + 1, separator).collect(),
                (Some(limit), true) => {
                    let mut parts: Vec<&str> = this.rsplitn(limit + 1, separator).collect();
                    parts.reverse();
                    parts
                }
            }
        }
    };
    Ok(Value::strings(parts))
}

fn split_spaces(this: &str, limit: usize, from_right: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = if from_right { this.trim_end_matches(is_space) } else { this.trim_start_matches(is_space) };
    while !rest.is_empty() {
        if parts.len() == limit {
            parts.push(if from_right { rest.trim_start_matches(is_space) } else { rest.trim_end_matches(is_space) });
            // `split(None, 1)` keeps trailing spaces of the rest on the far side.
            if let Some(last) = parts.last_mut() {
                *last = rest;
            }
            break;
        }
        if from_right {
            let cut = rest.rfind(is_space).map_or(0, |at| at + rest[at..].chars().next().map_or(0, char::len_utf8));
            parts.push(&rest[cut..]);
            rest = rest[..cut].trim_end_matches(is_space);
        } else {
            let cut = rest.find(is_space).unwrap_or(rest.len());
            parts.push(&rest[..cut]);
            rest = rest[cut..].trim_start_matches(is_space);
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}

/// `splitlines`.
pub fn splitlines(this: &str, keep_ends: bool) -> Value {
    let mut lines = Vec::new();
    let mut rest = this;
    while !rest.is_empty() {
        let is_end =
            |c: char| matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let at = rest.find(is_end).unwrap_or(rest.len());
        let end = match rest[at..].chars().next() {
            None => at,
            Some('\r') if rest[at + 1..].starts_with('\n') => at + 2,
            Some(c) => at + c.len_utf8(),
        };
        lines.push(if keep_ends { &rest[..end] } else { &rest[..at] });
        rest = &rest[end..];
    }
    Value::strings(lines)
}

/// `strip`, `lstrip`, `rstrip`.
pub fn strip(this: &str, args: Args, left: bool, right: bool) -> PyResult<&str> {
    let [chars] = args.bind("strip", ["chars"], 0)?;
    let mut text = this;
    match chars {
        None | Some(Value::None) => {
            text = if left { text.trim_start_matches(is_space) } else { text };
            text = if right { text.trim_end_matches(is_space) } else { text };
        }
        Some(chars) => {
            let Some(chars) = chars.as_str() else { return Err(type_error("strip arg must be None or str")) };
            text = if left { text.trim_start_matches(|c| chars.contains(c)) } else { text };
            text = if right { text.trim_end_matches(|c| chars.contains(c)) } else { text };
        }
    }
    Ok(text)
}

/// Byte offset of each character position, from `start` and `stop` arguments.
fn window<'t>(this: &'t str, args: &Args) -> PyResult<Option<(&'t str, i64)>> {
    let len = this.chars().count() as i64;
    let bound = |at: usize, missing: i64| match args.positional.get(at) {
        None | Some(Value::None) => Ok(missing),
        Some(value) => value
            .as_int()
            .map(|number| if number < 0 { (number + len).max(0) } else { number })
            .ok_or_else(|| type_error("slice indices must be integers or None or have an __index__ method")),
    };
    let (start, stop) = (bound(1, 0)?, bound(2, len)?.min(len));
    if start > stop {
        return Ok(None);
    }
    let offset = |at: i64| this.char_indices().nth(at as usize).map_or(this.len(), |(offset, _)| offset);
    Ok(Some((&this[offset(start)..offset(stop)], start)))
}

/// `startswith` and `endswith`, with one text or a tuple of them.
pub fn affix(interp: &Interpreter, this: &str, name: &str, args: &Args) -> PyResult {
    let Some(wanted) = args.positional.first() else {
        return Err(type_error(format!("{name}() takes at least 1 argument (0 given)")));
    };
    let Some((text, _)) = window(this, args)? else { return Ok(Value::Bool(false)) };
    let candidates = match wanted {
        Value::Tuple(candidates) => candidates.to_vec(),
        other => vec![other.clone()],
    };
    for candidate in candidates {
        let Some(candidate) = candidate.as_str() else {
            let kind = interp.type_name(&candidate);
            return Err(type_error(format!("{name} first arg must be str or a tuple of str, not {kind}")));
        };
        if if name == "startswith" { text.starts_with(candidate) } else { text.ends_with(candidate) } {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// `find`, `rfind`, `index`, `rindex`, `count`.
pub fn find(interp: &Interpreter, this: &str, name: &str, args: &Args) -> PyResult {
    let Some(part) = args.positional.first() else {
        return Err(type_error(format!("{name}() takes at least 1 argument (0 given)")));
    };
    let Some(part) = part.as_str() else {
        return Err(type_error(format!("must be str, not {}", interp.type_name(part))));
    };
    let Some((text, start)) = window(this, args)? else {
        return match name {
            "count" => Ok(Value::Int(0)),
            "index" | "rindex" => Err(value_error("substring not found")),
            _ => Ok(Value::Int(-1)),
        };
    };
    if name == "count" {
        let count = if part.is_empty() { text.chars().count() + 1 } else { text.matches(part).count() };
        return Ok(Value::Int(count as i64));
    }
    let found = if name.starts_with('r') { text.rfind(part) } else { text.find(part) };
    match found {
        Some(at) => Ok(Value::Int(start + text[..at].chars().count() as i64)),
        None if name.ends_with("index") => Err(value_error("substring not found")),
        None => Ok(Value::Int(-1)),
    }
}

/// `partition` and `rpartition`.
pub fn partition(this: &str, name: &str, args: Args) -> PyResult {
    let separator = args.one(name)?;
    let Some(text) = separator.as_str() else { return Err(type_error("must be str")) };
    if text.is_empty() {
        return Err(value_error("empty separator"));
    }
    let parts = if name == "partition" { this.split_once(text) } else { this.rsplit_once(text) };
    let parts = match (parts, name) {
        (Some((before, after)), _) => [before, text, after],
        (None, "partition") => [this, "", ""],
        (None, _) => ["", "", this],
    };
    Ok(Value::tuple(parts.iter().map(Value::str).collect()))
}

/// `str.format`.
pub fn format(interp: &mut Interpreter, this: &str, args: &Args) -> PyResult<String> {
    let mut next = 0;
    format_part(interp, this, args, &mut next, 0)
}

fn format_part(interp: &mut Interpreter, this: &str, args: &Args, next: &mut usize, depth: usize) -> PyResult<String> {
    let mut out = String::new();
    let mut rest = this;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if rest.starts_with(brace) {
            out.push_str(brace);
            rest = &rest[1..];
            continue;
        }
        if brace == "}" {
            return Err(value_error("Single '}' encountered in format string"));
        }
        let end = matching_brace(rest).ok_or_else(|| value_error("expected '}' before end of string"))?;
        let field = &rest[..end];
        rest = &rest[end + 1..];
        let (name, spec) = split_field(field);
        let (name, conversion) = name.rsplit_once('!').unwrap_or((name, ""));
        let mut value = lookup(interp, name, args, next)?;
        value = match conversion {
            "r" => Value::from(interp.repr(&value)?),
            "s" => Value::from(interp.str(&value)?),
            _ => value,
        };
        let spec = if spec.contains('{') && depth < 2 {
            format_part(interp, spec, args, next, depth + 1)?
        } else {
            spec.to_owned()
        };
        out.push_str(&interp.format(&value, &spec)?);
    }
    out.push_str(rest);
    Ok(out)
}

fn matching_brace(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn split_field(field: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, c) in field.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            ':' if depth == 0 => return (&field[..at], &field[at + 1..]),
            _ => {}
        }
    }
    (field, "")
}

fn lookup(interp: &mut Interpreter, name: &str, args: &Args, next: &mut usize) -> PyResult {
    let head_end = name.find(['.', '[']).unwrap_or(name.len());
    let (head, mut rest) = name.split_at(head_end);
    let position = if head.is_empty() {
        *next += 1;
        Some(*next - 1)
    } else {
        head.parse::<usize>().ok()
    };
    let mut value = match position {
        Some(at) => args
            .positional
            .get(at)
            .cloned()
            .ok_or_else(|| index_error(format!("Replacement index {at} out of range for positional args tuple")))?,
        None => {
            let found = args.keyword.iter().find(|(known, _)| &**known == head);
            found.map(|(_, value)| value.clone()).ok_or_else(|| crate::pyspark::lang::key_error(&Value::str(head)))?
        }
    };
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            value = interp.get_attr(&value, &after[..end])?;
            rest = &after[end..];
        } else if let Some((key, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let key = key.parse::<i64>().map_or_else(|_| Value::str(key), Value::Int);
            value = interp.get_item(&value, &key)?;
            rest = after;
        } else {
            return Err(value_error("Only '.' or '[' may follow ']' in format field specifier"));
        }
    }
    Ok(value)
}
