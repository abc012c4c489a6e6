//! Regular expressions as Java and Python have them.
//!
//! Most patterns are matched in time that grows with the text only (the `regex` crate). Look-around, back-references and atomic
//! groups need a matcher that goes back and tries again (`fancy-regex`); a pattern is given to it only where the first one
//! does not know it.
//!
//! **Simplified:** such a pattern gives up after ten million steps back in one search and says so; Java goes on, or overflows its stack.

use super::{Result, SparkError};
use std::ops::Range;

/// How often one search of a backtracking pattern may go back.
const MOST_STEPS: usize = 10_000_000;

/// Memory that the automaton of one pattern may take, in bytes.
const AUTOMATON_BYTES_MAX: usize = 64 << 20;

/// `\b` between ASCII words, as Java means it.
pub const ASCII_WORD_EDGE: &str = "(?-u:\\b)";

/// The same, written with look-around.
const ASCII_WORD_EDGE_AROUND: &str = "(?:(?<![0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?![0-9A-Za-z_]))";

/// A compiled regular expression.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Never goes back.
    Linear(regex::Regex),
    /// Has look-around, back-references or atomic groups.
    Backtracking(Box<fancy_regex::Regex>),
}

/// The groups of one match; group 0 is all of it.
pub enum Groups<'t> {
    /// Of a linear pattern.
    Linear(regex::Captures<'t>),
    /// Of a backtracking pattern.
    Backtracking(fancy_regex::Captures<'t, str>),
}

/// Memory for [`Pattern::group_of`], kept between texts.
pub struct Places(regex::CaptureLocations);

impl Pattern {
    /// Compiles; the error is the sentence of the crate that knows most about the pattern.
    pub fn new(pattern: &str) -> std::result::Result<Self, String> {
        let linear = regex::RegexBuilder::new(pattern).size_limit(AUTOMATON_BYTES_MAX).build();
        let refused = match linear {
            Ok(regex) => return Ok(Self::Linear(regex)),
            Err(error) => error.to_string(),
        };
        fancy_regex::RegexBuilder::new(&pattern.replace(ASCII_WORD_EDGE, ASCII_WORD_EDGE_AROUND))
            .backtrack_limit(MOST_STEPS)
            .delegate_size_limit(AUTOMATON_BYTES_MAX)
            .build()
            .map(|regex| Self::Backtracking(Box::new(regex)))
            .map_err(|_| refused)
    }

    /// Whether it is found in a text.
    pub fn is_match(&self, text: &str) -> Result<bool> {
        match self {
            Self::Linear(regex) => Ok(regex.is_match(text)),
            Self::Backtracking(regex) => regex.is_match(text).map_err(gave_up),
        }
    }

    /// Where it is found first.
    pub fn find(&self, text: &str) -> Result<Option<Range<usize>>> {
        match self {
            Self::Linear(regex) => Ok(regex.find(text).map(|found| found.range())),
            Self::Backtracking(regex) => Ok(regex.find(text).map_err(gave_up)?.map(|found| found.range())),
        }
    }

    /// Every place where it is found, from left to right, none inside another.
    pub fn find_iter<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Result<Range<usize>>> + 'a {
        let (linear, backtracking) = match self {
            Self::Linear(regex) => (Some(regex.find_iter(text)), None),
            Self::Backtracking(regex) => (None, Some(regex.find_iter(text))),
        };
        let linear = linear.into_iter().flatten().map(|found| Ok(found.range()));
        let backtracking = backtracking.into_iter().flatten();
        linear.chain(backtracking.map(|found| found.map(|found| found.range()).map_err(gave_up)))
    }

    /// The groups where it is found first.
    pub fn groups<'t>(&self, text: &'t str) -> Result<Option<Groups<'t>>> {
        match self {
            Self::Linear(regex) => Ok(regex.captures(text).map(Groups::Linear)),
            Self::Backtracking(regex) => Ok(regex.captures(text).map_err(gave_up)?.map(Groups::Backtracking)),
        }
    }

    /// The groups of every place where it is found.
    pub fn groups_iter<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Result<Groups<'a>>> + 'a {
        let (linear, backtracking) = match self {
            Self::Linear(regex) => (Some(regex.captures_iter(text)), None),
            Self::Backtracking(regex) => (None, Some(regex.captures_iter(text))),
        };
        let linear = linear.into_iter().flatten().map(|found| Ok(Groups::Linear(found)));
        let backtracking = backtracking.into_iter().flatten();
        linear.chain(backtracking.map(|found| found.map(Groups::Backtracking).map_err(gave_up)))
    }

    /// One group where it is found first, without new memory for a linear pattern: `None` where it is not found or takes no part.
    pub fn group_of<'t>(&self, text: &'t str, group: usize, places: &mut Option<Places>) -> Result<Option<&'t str>> {
        match self {
            Self::Linear(regex) => {
                let places = places.get_or_insert_with(|| Places(regex.capture_locations()));
                if regex.captures_read(&mut places.0, text).is_none() {
                    return Ok(None);
                }
                Ok(places.0.get(group).map(|(start, end)| &text[start..end]))
            }
            Self::Backtracking(_) => Ok(self.groups(text)?.and_then(|groups| groups.range(group)).map(|at| &text[at])),
        }
    }

    /// Groups of the pattern, group 0 included.
    pub fn groups_len(&self) -> usize {
        match self {
            Self::Linear(regex) => regex.captures_len(),
            Self::Backtracking(regex) => regex.captures_len(),
        }
    }

    /// Their names, where they have one.
    pub fn group_names(&self) -> Vec<Option<String>> {
        match self {
            Self::Linear(regex) => regex.capture_names().map(|name| name.map(str::to_owned)).collect(),
            Self::Backtracking(regex) => regex.capture_names().map(|name| name.map(str::to_owned)).collect(),
        }
    }
}

impl Groups<'_> {
    /// Groups of the pattern, group 0 included.
    #[expect(clippy::len_without_is_empty, reason = "there is always group 0")]
    pub fn len(&self) -> usize {
        match self {
            Groups::Linear(groups) => groups.len(),
            Groups::Backtracking(groups) => groups.len(),
        }
    }

    /// Where a group is; `None` if it took no part.
    pub fn range(&self, group: usize) -> Option<Range<usize>> {
        match self {
            Groups::Linear(groups) => groups.get(group).map(|found| found.range()),
            Groups::Backtracking(groups) => groups.get(group).map(|found| found.range()),
        }
    }

    /// Where the group of a name is.
    pub fn named(&self, name: &str) -> Option<Range<usize>> {
        match self {
            Groups::Linear(groups) => groups.name(name).map(|found| found.range()),
            Groups::Backtracking(groups) => groups.name(name).map(|found| found.range()),
        }
    }
}

fn gave_up(_: fancy_regex::Error) -> SparkError {
    SparkError::unsupported(
        format!("a regular expression that goes back more than {MOST_STEPS} times in one text"),
        "write it without look-around or repeated groups inside one another, or take a group out of a wider match",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Vec<String> {
        let pattern = Pattern::new(pattern).unwrap();
        pattern.find_iter(text).map(|at| text[at.unwrap()].to_owned()).collect()
    }

    #[test]
    fn plain_patterns_never_go_back() {
        assert!(matches!(Pattern::new("a+(b|c)").unwrap(), Pattern::Linear(_)));
        assert_eq!(found("a+", "aa b a"), ["aa", "a"]);
    }

    #[test]
    fn look_around_and_back_references_are_matched() {
        assert_eq!(found(r#",(?=(?:[^"]*"[^"]*")*[^"]*$)"#, r#"1,"a,b",2"#), [",", ","]);
        assert_eq!(found(r"(?<=\$)[0-9]+(?!%)", "$12 13 $4%"), ["12"]);
        assert_eq!(found(r"(\w)\1", "hello moon"), ["ll", "oo"]);
        assert_eq!(found(r"(?-u:\b)a(?=b)", "xab ab"), ["a"]);
    }

    #[test]
    fn what_neither_knows_is_refused() {
        assert!(Pattern::new("(?=a").is_err());
        assert!(Pattern::new("(").unwrap_err().contains("unclosed group"));
    }
}
