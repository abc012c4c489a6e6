//! Pages of lessons and cards as lines of a given width: the same lines for the plain terminal and for the lesson reader.

use super::picture;
use crate::workshop::lesson::Piece;
use crate::workshop::markdown::{Block, Span, Style, plain};
use crate::workshop::predict::Asked;
use unicode_width::UnicodeWidthStr;

/// How a piece of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Text,
    Title,
    Strong,
    Code,
    Dim,
    Key,
    Good,
    Bad,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageLine(pub Vec<(Ink, String)>);

impl PageLine {
    /// A line in one ink.
    #[must_use]
    pub fn of(ink: Ink, text: impl Into<String>) -> PageLine {
        PageLine(vec![(ink, text.into())])
    }

    /// Its words alone.
    #[must_use]
    pub fn plain(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect::<String>().trim_end().to_owned()
    }
}

/// The words of lines alone, each ended.
#[must_use]
pub fn words_of(lines: &[PageLine]) -> String {
    lines.iter().map(|line| line.plain() + "\n").collect()
}

/// The lines of a page's pieces: a list is followed by a blank line.
#[must_use]
pub fn pieces(pieces: &[Piece], width: usize, answering: impl Fn(usize) -> Answering) -> Vec<PageLine> {
    let item = |piece: Option<&Piece>| matches!(piece, Some(Piece::Text(Block::Item(..))));
    let mut lines = Vec::new();
    for (index, one) in pieces.iter().enumerate() {
        lines.extend(piece(one, width, answering(index)));
        if item(Some(one)) && !item(pieces.get(index + 1)) {
            lines.push(PageLine::default());
        }
    }
    lines
}

/// How far a question is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answering {
    /// The option that is marked.
    pub marked: Option<usize>,
    /// Whether the answer may be seen.
    pub revealed: bool,
    /// Whether its options have numbers, not letters.
    pub is_numbered: bool,
}

impl Answering {
    /// No option is marked; the answer may be seen or not.
    #[must_use]
    pub fn unmarked(revealed: bool) -> Self {
        Answering { revealed, ..Self::default() }
    }
}

/// The lines of a piece; pictures and questions included.
#[must_use]
pub fn piece(piece: &Piece, width: usize, answering: Answering) -> Vec<PageLine> {
    match piece {
        Piece::Text(text) => block(text, width),
        Piece::Picture(shown) => {
            let mut lines = picture::picture(shown, width);
            lines.push(PageLine::default());
            lines
        }
        Piece::Predict(asked) => predict(asked, width, answering),
    }
}

/// The lines of a block, with a blank line after it.
#[must_use]
pub fn block(block: &Block, width: usize) -> Vec<PageLine> {
    let mut lines = match block {
        Block::Heading(1, spans) => vec![PageLine::of(Ink::Title, plain(spans).to_uppercase())],
        Block::Heading(_, spans) => vec![PageLine::of(Ink::Title, plain(spans))],
        Block::Paragraph(spans) => flow(spans, width, "", ""),
        Block::Quote(spans) => flow(spans, width, "  | ", "  | "),
        Block::Item(depth, mark, spans) => {
            let indent = "  ".repeat(*depth);
            let first = format!("{indent}{mark} ");
            return flow(spans, width, &first, &" ".repeat(first.width()));
        }
        Block::Code(_, text) => text
            .lines()
            .map(|line| PageLine::of(Ink::Code, format!("    {}", cut(line, width.saturating_sub(4)))))
            .collect(),
        Block::Table(rows) => table(rows, width),
        Block::Break => vec![PageLine::of(Ink::Dim, "-".repeat(width.min(20)))],
    };
    lines.push(PageLine::default());
    lines
}

/// Words flow into lines of at most `width` cells.
fn flow(spans: &[Span], width: usize, first: &str, rest: &str) -> Vec<PageLine> {
    let mut lines = vec![PageLine::of(Ink::Text, first)];
    let (mut used, mut is_fresh) = (first.width(), true);
    for word in whole_words(spans) {
        let wide: usize = word.iter().map(|(_, part)| part.width()).sum();
        if !is_fresh && used + 1 + wide > width {
            lines.push(PageLine::of(Ink::Text, rest));
            (used, is_fresh) = (rest.width(), true);
        }
        if !is_fresh {
            push(&mut lines, Ink::Text, " ");
            used += 1;
        }
        for (ink, part) in word {
            push(&mut lines, ink, part);
        }
        (used, is_fresh) = (used + wide, false);
    }
    lines
}

/// What stands between blanks, in one ink or several: the comma behind a piece of code belongs to it.
fn whole_words(spans: &[Span]) -> Vec<Vec<(Ink, &str)>> {
    let mut words = vec![Vec::new()];
    for span in spans {
        for (index, part) in span.text.split(' ').enumerate() {
            if index > 0 {
                words.push(Vec::new());
            }
            if let Some(word) = words.last_mut().filter(|_| !part.is_empty()) {
                word.push((ink(span.style), part));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn push(lines: &mut [PageLine], ink: Ink, text: &str) {
    let Some(line) = lines.last_mut() else { return };
    match line.0.last_mut() {
        Some((last, words)) if *last == ink => words.push_str(text),
        _ => line.0.push((ink, text.to_owned())),
    }
}

fn ink(style: Style) -> Ink {
    match style {
        Style::Plain | Style::Emphasis => Ink::Text,
        Style::Strong => Ink::Strong,
        Style::Code => Ink::Code,
        Style::Link => Ink::Key,
    }
}

/// Words longer than this may be cut.
const LONG_WORD: usize = 20;

/// Text of at most so many cells, cut between words where one is near.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut rest = text.chars();
    while kept.width() + 2 <= width {
        let Some(c) = rest.next() else { break };
        kept.push(c);
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if rest.next().is_some_and(is_word) {
        let word = kept.chars().rev().take_while(|c| is_word(*c)).count();
        if word <= LONG_WORD && word < kept.chars().count() {
            kept = kept.chars().take(kept.chars().count() - word).collect();
        }
    }
    kept.push('…');
    kept
}

/// Columns as wide as their widest cell; the last one takes what is left and flows.
fn table(rows: &[Vec<Vec<Span>>], width: usize) -> Vec<PageLine> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| plain(cell).width()).max();
    let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
    let before: usize = widths.iter().take(columns.saturating_sub(1)).map(|width| width + 2).sum();
    let last = width.saturating_sub(before).max(10);
    let mut lines = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let mut start = String::new();
        for (cell, width) in row.iter().zip(&widths).take(columns.saturating_sub(1)) {
            let text = plain(cell);
            start.push_str(&text);
            start.push_str(&" ".repeat(width.saturating_sub(text.width()) + 2));
        }
        let end = row.get(columns.saturating_sub(1)).map(|cell| flow(cell, last, "", "")).unwrap_or_default();
        for (index, line) in end.into_iter().enumerate() {
            let lead = if index == 0 { start.clone() } else { " ".repeat(before) };
            let head = if number == 0 { Ink::Strong } else { Ink::Text };
            let mut spans = vec![(head, lead)];
            spans.extend(line.0.into_iter().map(|(ink, text)| (if number == 0 { Ink::Strong } else { ink }, text)));
            lines.push(PageLine(spans));
        }
    }
    lines
}

/// A question with its options, and its answer once that may be seen.
#[must_use]
pub fn predict(asked: &Asked, width: usize, answering: Answering) -> Vec<PageLine> {
    let words = |text: &str, style: Style| vec![Span { text: text.to_owned(), style }];
    let mut lines = vec![PageLine::of(Ink::Key, "Predict")];
    lines.extend(flow(&words(&asked.ask, Style::Plain), width, "  ", "  "));
    for (index, option) in asked.options.iter().enumerate() {
        let marked = answering.marked == Some(index);
        let sign = if marked { "(•)" } else { "( )" };
        let letter = char::from(if answering.is_numbered { b'1' } else { b'a' } + index as u8);
        let mut option_lines =
            flow(&words(option, Style::Plain), width, &format!("    {sign} {letter}  "), "           ");
        if answering.revealed && (marked || index == asked.right) {
            let ink = if index == asked.right { Ink::Good } else { Ink::Bad };
            for line in &mut option_lines {
                line.0.iter_mut().for_each(|(old, _)| *old = ink);
            }
        }
        lines.append(&mut option_lines);
    }
    if answering.revealed {
        let verdict = match answering.marked {
            None => "The run says",
            Some(marked) if marked == asked.right => "Right. The run says",
            Some(_) => "Not this time. The run says",
        };
        lines.push(PageLine::of(Ink::Strong, format!("  {verdict}: {}", asked.options[asked.right])));
        lines.extend(flow(&words(&asked.tells, Style::Plain), width, "  ", "  "));
    }
    lines.push(PageLine::default());
    lines
}

/// Plain words as lines of at most `width` cells.
#[must_use]
pub fn words(text: &str, width: usize, indent: &str) -> Vec<PageLine> {
    text.split("\n\n")
        .flat_map(|paragraph| {
            let joined = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
            flow(&[Span { text: joined, style: Style::Plain }], width, indent, indent)
        })
        .collect()
}

/// Lines as text, each with a line end.
#[must_use]
pub fn text(lines: &[PageLine]) -> String {
    lines.iter().fold(String::new(), |text, line| text + &line.plain() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::markdown::blocks;

    fn check(markdown: &str, width: usize, expected: &str) {
        let lines: Vec<PageLine> = blocks(markdown).iter().flat_map(|one| block(one, width)).collect();
        assert_eq!(text(&lines).trim_end(), expected, "{markdown}");
    }

    #[test]
    fn words_flow_and_keep_their_marks() {
        check("one two three four", 9, "one two\nthree\nfour");
        check("a **b**, `c`.", 40, "a b, c.");
        check("one `two`, three", 7, "one\ntwo,\nthree");
        check("- one two\n- three", 8, "- one\n  two\n- three");
        check("| a | bb |\n|---|---|\n| ccc | d e f |", 12, "a    bb\nccc  d e f");
    }

    #[test]
    fn an_answer_is_shown_only_when_it_may_be_seen() {
        let asked = Asked {
            ask: "How many?".to_owned(),
            options: vec!["3".to_owned(), "12".to_owned()],
            right: 0,
            tells: "Three were lost.".to_owned(),
        };
        let hidden = text(&predict(&asked, 40, Answering::default()));
        assert!(!hidden.contains("Three were lost"), "{hidden}");
        let shown = text(&predict(&asked, 40, Answering { marked: Some(1), revealed: true, ..Answering::default() }));
        assert!(shown.contains("Not this time. The run says: 3") && shown.contains("Three were lost."), "{shown}");
    }
}
