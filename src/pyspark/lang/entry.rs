//! Where an entry at a prompt ends: brackets, strings and blocks that are still open want more lines.

/// Words that open a block.
const HEADS: [&str; 9] = ["if", "while", "for", "try", "with", "def", "class", "async", "match"];
/// Words that go on with the block before them.
const TAILS: [&str; 4] = ["elif", "else", "except", "finally"];

/// How the text of an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It can run.
    Complete,
    /// A bracket, a string of three quotes or a line with `\` at its end is not finished.
    Inside,
    /// A block: it ends with a blank line at a prompt, before the next statement of a file.
    Block,
}

/// How a text stands that was typed so far.
#[must_use]
pub fn entry(text: &str) -> Entry {
    let Some(last) = last_statement_line(text) else { return Entry::Inside };
    let word: String = last.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let head = HEADS.contains(&word.as_str()) && last.contains(':') || last.starts_with('@');
    if last.starts_with([' ', '\t']) || head || TAILS.contains(&word.as_str()) { Entry::Block } else { Entry::Complete }
}

/// The last line that begins outside of brackets and strings, without comments; absent when the text ends inside one.
fn last_statement_line(text: &str) -> Option<&str> {
    let (mut depth, mut start, mut at) = (0_usize, 0, 0);
    let mut last = "";
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let step = match c {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => string(rest)?,
            // It goes on in the next line, if there is one.
            '\\' => match &rest[1..] {
                "" | "\n" => return None,
                after if after.starts_with('\n') => 2,
                _ => 1,
            },
            '(' | '[' | '{' => {
                depth += 1;
                1
            }
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                1
            }
            '\n' => {
                if depth == 0 {
                    last = said(&text[start..at], last);
                    start = at + 1;
                }
                1
            }
            other => other.len_utf8(),
        };
        at += step;
    }
    (depth == 0).then(|| said(&text[start..], last))
}

/// A line that says something, or else the one before it.
fn said<'a>(line: &'a str, before: &'a str) -> &'a str {
    let bare = line.trim_start();
    if bare.is_empty() || bare.starts_with('#') { before } else { line }
}

/// Bytes of the string at the start of `text`; absent when it has no end. One of single quotes ends with its line at the latest.
fn string(text: &str) -> Option<usize> {
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let (open, close) = if text.starts_with(&triple) { (3, triple.as_str()) } else { (1, quote) };
    let mut at = open;
    loop {
        let rest = &text[at..];
        let c = rest.chars().next()?;
        if rest.starts_with(close) {
            return Some(at + close.len());
        }
        if c == '\n' && open == 1 {
            return Some(at);
        }
        at += c.len_utf8();
        if c == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
}

/// Cuts lines that come one after the other into entries, as a prompt does for a person who ends blocks with a blank line; here the next
/// statement ends them, so that a file can be told line by line.
#[derive(Debug, Default)]
pub struct Entries {
    open: String,
}

impl Entries {
    /// Takes a line, without its end; gives the entries that are complete now.
    pub fn push(&mut self, line: &str) -> Vec<String> {
        let mut complete = Vec::new();
        if entry(&self.open) == Entry::Block && !self.goes_on_with(line) {
            complete.extend(self.end());
        }
        self.open.push_str(line);
        self.open.push('\n');
        // Blank lines stay with what follows, so that lines keep their numbers.
        if entry(&self.open) == Entry::Complete && self.says_something() {
            complete.extend(self.end());
        }
        complete
    }

    /// Takes a line as a person types it: a blank one ends a block.
    pub fn type_line(&mut self, line: &str) -> Vec<String> {
        let ends_block = line.trim().is_empty() && entry(&self.open) == Entry::Block;
        self.open.push_str(line);
        self.open.push('\n');
        let is_complete = ends_block || entry(&self.open) == Entry::Complete;
        if is_complete { self.end().into_iter().collect() } else { Vec::new() }
    }

    /// Whether an entry has begun and is not complete.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// What is left when no more lines come.
    pub fn end(&mut self) -> Option<String> {
        let says_something = self.says_something();
        let open = std::mem::take(&mut self.open);
        says_something.then_some(open)
    }

    fn says_something(&self) -> bool {
        self.open.lines().any(|line| !said(line, "").is_empty())
    }

    /// Whether a line belongs to the open block.
    fn goes_on_with(&self, line: &str) -> bool {
        let word: String = line.chars().take_while(char::is_ascii_alphabetic).collect();
        let decorated = last_statement_line(&self.open).is_some_and(|last| last.starts_with('@'));
        said(line, "").is_empty() || line.starts_with([' ', '\t']) || TAILS.contains(&word.as_str()) || decorated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_runs_at_once() {
        for line in
            ["x = 1", "df.show()", "print('(')", "x = {1: 2}", "match = 3", "def", "# for x:", "s = 'it''s: '", ""]
        {
            assert_eq!(entry(line), Entry::Complete, "{line}");
        }
    }

    #[test]
    fn what_is_open_waits() {
        for text in ["f(", "x = [1,\n  2", "s = '''a\nb", "x = 1 + \\", "x = 1 + \\\n", "d = {'a': \"}\""] {
            assert_eq!(entry(text), Entry::Inside, "{text}");
        }
        for text in [
            "for x in y:",
            "if x: y",
            "@cached",
            "def f():\n    pass",
            "try:\n    x\nfinally:",
            "with a as b:\n    # so",
        ] {
            assert_eq!(entry(text), Entry::Block, "{text}");
        }
    }

    #[test]
    fn brackets_over_lines_are_one_statement() {
        assert_eq!(entry("df = (spark.range(3)\n    .count())"), Entry::Complete);
        assert_eq!(entry("s = \"\"\"a\n    b\"\"\""), Entry::Complete);
        assert_eq!(entry("x = 1 + \\\n    2"), Entry::Complete);
        assert_eq!(entry("x = \\ 2"), Entry::Complete, "wrong, and not to be waited for");
    }

    #[test]
    fn a_file_is_cut_before_its_statements() {
        let file = "import a\n\ndef f(x):\n    if x:\n        return 1\n\n    return 2\n\n# next\nf(1)\nfor i in b:\n    i\nelse:\n    c\nlast";
        let mut entries = Entries::default();
        let mut all: Vec<String> = file.lines().flat_map(|line| entries.push(line)).collect();
        all.extend(entries.end());
        let heads: Vec<&str> = all.iter().map(|entry| entry.trim().lines().next().unwrap_or("")).collect();
        assert_eq!(heads, ["import a", "def f(x):", "f(1)", "for i in b:", "last"]);
        assert_eq!(all.concat().lines().count(), file.lines().count(), "no line is lost");
    }
}
