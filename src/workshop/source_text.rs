//! What a script's text says, comments aside: enough to tell one slip from another, never to judge an answer.

use crate::session::{TopLevel, top_level};

/// What makes a new frame and changes none.
const MAKERS: [&str; 16] = [
    "agg",
    "coalesce",
    "drop",
    "dropDuplicates",
    "distinct",
    "filter",
    "join",
    "limit",
    "orderBy",
    "repartition",
    "select",
    "sort",
    "where",
    "withColumn",
    "withColumnRenamed",
    "fillna",
];

/// What is called with nothing in its brackets.
const BARE: [&str; 14] = [
    "cache",
    "checkpoint",
    "collect",
    "count",
    "dropDuplicates",
    "distinct",
    "explain",
    "first",
    "getNumPartitions",
    "getOrCreate",
    "persist",
    "printSchema",
    "show",
    "unpersist",
];

/// A script without its comments.
#[derive(Debug, Clone, Default)]
pub struct SourceText {
    /// As it was written, comments and indents too.
    written: Vec<String>,
    /// Code and strings, line by line.
    lines: Vec<String>,
    /// Names in code, with their lines (1-based); those in strings are left out.
    words: Vec<(String, u32)>,
    statements: Vec<TopLevel>,
}

impl SourceText {
    /// Takes a script apart.
    #[must_use]
    pub fn new(source: &str) -> SourceText {
        let written = source.lines().map(|line| line.trim_end().to_owned()).collect();
        let mut text =
            SourceText { written, lines: vec![String::new()], words: Vec::new(), statements: top_level(source) };
        let chars: Vec<char> = source.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            let c = chars[at];
            if c == '#' {
                at += chars[at..].iter().take_while(|c| **c != '\n').count();
            } else if c == '"' || c == '\'' {
                let end = string_end(&chars, at);
                chars[at..end].iter().for_each(|c| text.push(*c));
                at = end;
            } else if c.is_alphabetic() || c == '_' {
                let end = at + chars[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
                let word: String = chars[at..end].iter().collect();
                word.chars().for_each(|c| text.push(c));
                text.words.push((word, text.lines.len() as u32));
                at = end;
            } else {
                text.push(c);
                at += 1;
            }
        }
        text
    }

    fn push(&mut self, c: char) {
        if c == '\n' {
            self.lines.push(String::new());
        } else if let Some(line) = self.lines.last_mut()
            && !c.is_whitespace()
        {
            line.push(c);
        }
    }

    /// How often a name stands in the code.
    #[must_use]
    pub fn uses(&self, word: &str) -> usize {
        self.words.iter().filter(|(found, _)| found == word).count()
    }

    /// A method that makes a new frame, on a line that keeps it nowhere: `df.sort("a")`.
    #[must_use]
    pub fn unnamed(&self) -> Option<(&str, u32)> {
        let expressions = self.statements.iter().filter(|statement| statement.is_expression);
        let mut makers = expressions.filter_map(|statement| Some((statement.ends_with.as_deref()?, statement.lines.0)));
        makers.find(|(method, _)| MAKERS.contains(method))
    }

    /// A method that takes no argument, on a line that names it without calling it: `df.show`, `n = df.count`.
    #[must_use]
    pub fn uncalled(&self) -> Option<(&str, u32)> {
        let mut named =
            self.statements.iter().filter_map(|statement| Some((statement.names.as_deref()?, statement.lines.0)));
        named.find(|(method, _)| BARE.contains(method))
    }

    /// The method whose value a name got last.
    #[must_use]
    pub fn made_by(&self, name: &str) -> Option<&str> {
        let mut makers = self.statements.iter().filter(|statement| statement.binds.contains(name));
        makers.next_back().and_then(|statement| statement.ends_with.as_deref())
    }

    /// Names of the functions that the script defines.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.words.windows(2).filter(|pair| pair[0].0 == "def").map(|pair| pair[1].0.as_str())
    }

    /// The function in which alone a name gets its value, so that nobody outside sees it.
    #[must_use]
    pub fn set_inside(&self, name: &str) -> Option<&str> {
        let sets =
            |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("=="));
        let at = self.lines.iter().position(|line| sets(line))?;
        let before = self.written.get(..at)?;
        let is_inside = self.written.get(at)?.starts_with([' ', '\t']);
        let function = before.iter().rev().find_map(|line| line.strip_prefix("def ")).filter(|_| is_inside)?;
        function.split('(').next().map(str::trim)
    }

    /// Whether the script says this somewhere, spaces and the kind of quotes aside.
    #[must_use]
    pub fn says(&self, part: &str) -> bool {
        let part: String = part.chars().filter(|c| !c.is_whitespace()).collect();
        let plain = |text: &str| text.replace('\'', "\"");
        plain(&self.lines.concat()).contains(&plain(&part))
    }

    /// A line as it was written, from 1, without its indent; empty beyond the last.
    #[must_use]
    pub fn written(&self, line: u32) -> &str {
        self.indented(line).trim_start()
    }

    /// A line with its indent.
    #[must_use]
    pub fn indented(&self, line: u32) -> &str {
        let index = (line as usize).checked_sub(1);
        index.and_then(|index| self.written.get(index)).map_or("", String::as_str)
    }

    /// The line of the first comment that begins with TODO; 0 when none does.
    #[must_use]
    pub fn first_todo(&self) -> u32 {
        let is_todo = |line: &String| {
            line.trim_start()
                .strip_prefix('#')
                .is_some_and(|rest| rest.trim_start_matches('#').trim_start().starts_with("TODO"))
        };
        self.written.iter().position(is_todo).map_or(0, |at| at as u32 + 1)
    }

    /// The first line that says this, or where a name first stands; 0 when none does.
    #[must_use]
    pub fn line_of(&self, part: &str) -> u32 {
        let squeezed: String = part.chars().filter(|c| !c.is_whitespace()).collect();
        let named = self.words.iter().find(|(word, _)| *word == squeezed).map(|(_, line)| *line);
        let said = self.lines.iter().position(|line| line.contains(&squeezed)).map(|at| at as u32 + 1);
        named.or(said).unwrap_or(0)
    }
}

/// The place after the string that begins at `start`.
fn string_end(chars: &[char], start: usize) -> usize {
    let quote = chars[start];
    let triple = chars[start..].iter().take(3).filter(|c| **c == quote).count() == 3;
    let mut at = start + if triple { 3 } else { 1 };
    while at < chars.len() {
        if chars[at] == '\\' {
            at += 2;
            continue;
        }
        let closes = if triple {
            chars[at..].iter().take(3).filter(|c| **c == quote).count() == 3
        } else {
            chars[at] == quote || chars[at] == '\n'
        };
        if closes {
            return (at + if triple { 3 } else { 1 }).min(chars.len());
        }
        at += 1;
    }
    chars.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_no_code() {
        let text =
            SourceText::new("a = 1  # collect()\nb = 'collect # no'\nrows = df.collect( )\n\"\"\"collect\n'\"\"\"\n");
        assert_eq!(text.uses("collect"), 1);
        assert_eq!(text.line_of("collect"), 3);
        assert!(text.says("df.collect()") && text.says("'collect # no'"));
        assert!(!text.says("# collect"));
        assert_eq!(text.line_of("nothing"), 0);
        assert_eq!(text.first_todo(), 0);
        assert_eq!(SourceText::new("x = 1\n  # TODO two\n").first_todo(), 2);
        assert_eq!(
            SourceText::new("n = df.count()\np = df.rdd.getNumPartitions\n").uncalled(),
            Some(("getNumPartitions", 2))
        );
        let hidden = SourceText::new("def main():\n    result = 1\n\nmain()\n");
        assert_eq!(hidden.set_inside("result"), Some("main"));
        assert_eq!(SourceText::new("result = 1\n").set_inside("result"), None);
        assert!(text.written(3).contains("collect") && text.written(0).is_empty() && text.written(999).is_empty());
    }
}
