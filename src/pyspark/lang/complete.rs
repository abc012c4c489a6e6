//! What could stand at the cursor of a prompt: names of the script, of Python, and attributes of what is before a dot.

use super::Interpreter;
use super::value::Value;

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

impl Interpreter {
    /// The names that go on with the word at the end of `line`, in alphabetical order, with the bytes of the word that they replace.
    ///
    /// Only names and attributes are looked up: nothing is called.
    pub fn completions(&mut self, line: &str) -> (usize, Vec<String>) {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let path = line.rfind(|c| !is_part(c)).map_or(line, |at| {
            let width = line[at..].chars().next().map_or(1, char::len_utf8);
            &line[at + width..]
        });
        let (object, word) = path.rsplit_once('.').map_or((None, path), |(object, word)| (Some(object), word));
        let mut names = match object {
            Some(object) => self.looked_up(object).map(|value| self.attribute_names(&value)).unwrap_or_default(),
            None if word.is_empty() => Vec::new(),
            None => self.names_in_reach(),
        };
        let is_hidden = |name: &String| name.starts_with('_') && !word.starts_with('_');
        names.retain(|name| name.starts_with(word) && !is_hidden(name));
        names.sort_unstable();
        names.dedup();
        (word.len(), names)
    }

    fn names_in_reach(&self) -> Vec<String> {
        let main = self.main_globals().map(|main| main.names()).unwrap_or_default();
        let own = main.into_iter().chain(self.builtin_names()).map(|name| name.to_string());
        own.chain(KEYWORDS.iter().map(|word| (*word).to_owned())).collect()
    }

    /// The value of a dotted name.
    fn looked_up(&mut self, path: &str) -> Option<Value> {
        let mut parts = path.split('.');
        let first = parts.next()?;
        let mut value = self.main_globals().and_then(|main| main.get(first)).or_else(|| self.builtin(first))?;
        for part in parts {
            value = self.get_attr(&value, part).ok()?;
        }
        Some(value)
    }
}
