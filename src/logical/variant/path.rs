//! Paths into variants: `$.a.b[1]["c d"]`.

use super::Variant;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// The steps of a path; nothing when the text is no path.
#[must_use]
pub fn parse_path(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(named) = rest.strip_prefix('.') {
            let end = named.find(['.', '[']).unwrap_or(named.len());
            let key = &named[..end];
            (!key.is_empty()).then(|| (Step::Key(key.to_owned()), &named[end..]))?
        } else {
            bracket(rest.strip_prefix('[')?)?
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

/// `0]`, `'key']` or `"key"]`, and what follows.
fn bracket(rest: &str) -> Option<(Step, &str)> {
    for quote in ['\'', '"'] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let (key, after) = quoted.split_once(quote)?;
            return Some((Step::Key(key.to_owned()), after.strip_prefix(']')?));
        }
    }
    let (index, after) = rest.split_once(']')?;
    let index = index.bytes().all(|byte| byte.is_ascii_digit()).then(|| index.parse().ok())??;
    Some((Step::Index(index), after))
}

/// Every part of an array or object with its place, its name and its value.
#[must_use]
pub fn steps_into(value: &Variant) -> Vec<(Option<&str>, &Variant)> {
    match value {
        Variant::Array(items) => items.iter().map(|item| (None, item)).collect(),
        Variant::Object(fields) => {
            let mut parts: Vec<_> = fields.iter().map(|(name, value)| (Some(name.as_str()), value)).collect();
            parts.sort_unstable_by_key(|part| part.0);
            parts
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_names_and_places() {
        let key = |text: &str| Step::Key(text.to_owned());
        assert_eq!(parse_path("$"), Some(vec![]));
        assert_eq!(parse_path("$.a.b[1]"), Some(vec![key("a"), key("b"), Step::Index(1)]));
        assert_eq!(parse_path("$['c d'][\"e\"]"), Some(vec![key("c d"), key("e")]));
        for bad in ["", "a", "$a", "$.", "$[", "$[x]", "$[-1]", "$[]"] {
            assert_eq!(parse_path(bad), None, "{bad}");
        }
    }
}
