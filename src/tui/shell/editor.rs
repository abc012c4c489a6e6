//! The text at a prompt: several lines, a cursor, and the entries that were typed before.

/// A tab stop of Python code.
const INDENT: &str = "    ";

/// What a key does to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    Insert(char),
    Left,
    Right,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    /// A line up, or an earlier entry.
    Up,
    /// A line down, or a later entry.
    Down,
    Backspace,
    Delete,
    /// From the start of the line to the cursor.
    CutToStart,
    /// From the cursor to the end of the line.
    CutToEnd,
    CutWord,
}

/// The text and its cursor.
#[derive(Debug, Clone, Default)]
pub struct Editor {
    text: String,
    /// In bytes; always between characters.
    cursor: usize,
    history: Vec<String>,
    /// Which entry of the history is shown, and what was typed before it was.
    recalled: Option<(usize, String)>,
    /// Blanks that a new line began with and that nobody has typed: who types them all the same means these.
    offered: usize,
}

impl Editor {
    /// An empty prompt after these entries.
    #[must_use]
    pub fn new(history: Vec<String>) -> Self {
        Editor { history, ..Self::default() }
    }

    /// What is typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All entries, the oldest first.
    #[must_use]
    pub fn history(&self) -> &[String] {
        &self.history
    }

    /// The line of the cursor, from 0, and the text of that line before it.
    #[must_use]
    pub fn position(&self) -> (usize, &str) {
        let before = &self.text[..self.cursor];
        (before.matches('\n').count(), &before[self.line_start()..])
    }

    /// Whether the cursor stands behind everything.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.cursor == self.text.len()
    }

    /// Empties the prompt and keeps its text as the last entry.
    pub fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.clear();
        let entry = text.trim_end();
        if !entry.is_empty() && self.history.last().is_none_or(|last| last != entry) {
            self.history.push(entry.to_owned());
        }
        text
    }

    /// Empties the prompt.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
        self.recalled = None;
        self.offered = 0;
    }

    /// Writes at the cursor. Line ends of any kind are line feeds, tabs are blanks.
    pub fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', INDENT);
        let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
        self.recalled = None;
    }

    /// A new line as far in as the one before, and further after a colon.
    pub fn new_line(&mut self) {
        let (_, before) = self.position();
        let blanks: String = before.chars().take_while(|c| *c == ' ').collect();
        let further = if before.trim_end().ends_with(':') { INDENT } else { "" };
        self.insert(&format!("\n{blanks}{further}"));
        self.offered = blanks.len() + further.len();
    }

    /// Blanks up to the next tab stop.
    pub fn indent(&mut self) {
        let column = self.position().1.chars().count();
        self.insert(&INDENT[column % INDENT.len()..]);
    }

    /// Writes `name` over the last `replaced` bytes before the cursor.
    pub fn complete(&mut self, replaced: usize, name: &str) {
        let start = self.cursor.saturating_sub(replaced);
        if self.text.is_char_boundary(start) {
            self.cut(start, self.cursor);
            self.insert(name);
        }
    }

    /// Does what a key says.
    pub fn edit(&mut self, edit: Edit) {
        let offered = std::mem::take(&mut self.offered);
        match edit {
            Edit::Insert(' ') if offered > 0 => self.offered = offered - 1,
            Edit::Insert(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            Edit::Left => self.cursor = self.before(1),
            Edit::Right => self.cursor = self.after(1),
            Edit::WordLeft => self.cursor = self.word_left(),
            Edit::WordRight => self.cursor = self.word_right(),
            Edit::LineStart => self.cursor = self.line_start(),
            Edit::LineEnd => self.cursor = self.line_end(),
            Edit::Up => self.up(),
            Edit::Down => self.down(),
            Edit::Backspace => {
                let (_, before) = self.position();
                let is_indent = !before.is_empty() && before.chars().all(|c| c == ' ');
                let count = if is_indent { (before.len() - 1) % INDENT.len() + 1 } else { 1 };
                self.cut(self.before(count), self.cursor);
            }
            Edit::Delete => self.cut(self.cursor, self.after(1)),
            Edit::CutToStart => self.cut(self.line_start(), self.cursor),
            Edit::CutToEnd => self.cut(self.cursor, self.line_end()),
            Edit::CutWord => self.cut(self.word_left(), self.cursor),
        }
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
        self.recalled = None;
    }

    /// The place so many characters before the cursor.
    fn before(&self, count: usize) -> usize {
        self.text[..self.cursor].char_indices().rev().nth(count - 1).map_or(0, |(at, _)| at)
    }

    fn after(&self, count: usize) -> usize {
        self.text[self.cursor..].char_indices().nth(count).map_or(self.text.len(), |(at, _)| self.cursor + at)
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn word_left(&self) -> usize {
        let before = self.text[..self.cursor].trim_end_matches(|c: char| !is_word(c));
        before.trim_end_matches(is_word).len()
    }

    fn word_right(&self) -> usize {
        let after = self.text[self.cursor..].trim_start_matches(|c: char| !is_word(c));
        self.text.len() - after.trim_start_matches(is_word).len()
    }

    fn up(&mut self) {
        match self.line_start().checked_sub(1) {
            Some(end) => self.go_to_line_ending_at(end),
            None => self.recall_earlier(),
        }
    }

    fn down(&mut self) {
        let end = self.line_end();
        if end == self.text.len() {
            self.recall_later();
            return;
        }
        let next_end = self.text[end + 1..].find('\n').map_or(self.text.len(), |at| end + 1 + at);
        self.go_to_line_ending_at(next_end);
    }

    fn go_to_line_ending_at(&mut self, end: usize) {
        let column = self.position().1.chars().count();
        let start = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        let line = &self.text[start..end];
        self.cursor = start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    }

    /// The last entry before the one shown that begins as what was typed.
    fn recall_earlier(&mut self) {
        let (shown, typed) = self.recalled.clone().unwrap_or_else(|| (self.history.len(), self.text.clone()));
        let found = self.history[..shown].iter().rposition(|entry| entry.starts_with(&typed));
        if let Some(index) = found {
            self.show(index, typed);
        }
    }

    fn recall_later(&mut self) {
        let Some((shown, typed)) = self.recalled.clone() else { return };
        let later = self.history.iter().enumerate().skip(shown + 1).find(|(_, entry)| entry.starts_with(&typed));
        match later.map(|(index, _)| index) {
            Some(index) => self.show(index, typed),
            None => {
                self.recalled = None;
                self.cursor = typed.len();
                self.text = typed;
            }
        }
    }

    fn show(&mut self, index: usize, typed: String) {
        self.text.clone_from(&self.history[index]);
        self.cursor = self.text.len();
        self.recalled = Some((index, typed));
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, edits: &[Edit]) -> String {
        let mut editor = Editor::default();
        editor.insert(text);
        for edit in edits {
            editor.edit(*edit);
        }
        editor.insert("|");
        editor.text().to_owned()
    }

    #[test]
    fn the_cursor_goes_by_characters_words_and_lines() {
        assert_eq!(typed("größe", &[Edit::Left, Edit::Left]), "grö|ße");
        assert_eq!(typed("df.filter(a)", &[Edit::WordLeft, Edit::WordLeft]), "df.|filter(a)");
        assert_eq!(typed("a b", &[Edit::LineStart, Edit::WordRight]), "a| b");
        assert_eq!(typed("abc\nde", &[Edit::Up]), "ab|c\nde");
        assert_eq!(typed("ab\ncde", &[Edit::Up, Edit::Down]), "ab\ncd|e");
        assert_eq!(typed("x = 12", &[Edit::CutWord, Edit::CutToStart]), "|");
        assert_eq!(typed("ab", &[Edit::Left, Edit::Delete, Edit::Backspace]), "|");
    }

    #[test]
    fn blocks_are_indented() {
        let mut editor = Editor::default();
        editor.insert("for x in y:");
        editor.new_line();
        assert_eq!(editor.text(), "for x in y:\n    ");
        editor.insert("if x:");
        editor.new_line();
        editor.edit(Edit::Backspace);
        assert_eq!(editor.position(), (2, "    "));
    }

    #[test]
    fn who_types_the_blanks_of_a_block_means_those_that_are_there() {
        let mut editor = Editor::default();
        editor.insert("def twice(x):");
        editor.new_line();
        "    y = x".chars().for_each(|c| editor.edit(Edit::Insert(c)));
        editor.new_line();
        "      z".chars().for_each(|c| editor.edit(Edit::Insert(c)));
        assert_eq!(editor.text(), "def twice(x):\n    y = x\n      z");
    }

    #[test]
    fn earlier_entries_come_back() {
        let mut editor = Editor::new(vec!["a = 1".into(), "df.show()".into(), "a = 2".into()]);
        editor.insert("a");
        editor.edit(Edit::Up);
        assert_eq!(editor.text(), "a = 2");
        editor.edit(Edit::Up);
        assert_eq!(editor.text(), "a = 1", "what begins otherwise is passed over");
        editor.edit(Edit::Up);
        editor.edit(Edit::Down);
        assert_eq!(editor.text(), "a = 2");
        editor.edit(Edit::Down);
        assert_eq!(editor.text(), "a", "what was typed is still there");
        assert_eq!(editor.take(), "a");
        assert_eq!(editor.history().len(), 4);
    }

    #[test]
    fn pasted_text_controls_nothing() {
        assert_eq!(typed("a\u{1b}[2J\r\nb\tc", &[]), "a[2J\nb    c|");
    }
}
