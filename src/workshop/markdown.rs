//! Markdown as a list of blocks: what lessons need of it, nothing more.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    Strong,
    Emphasis,
    Code,
    /// A word that a card explains.
    Link,
}

/// Text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    pub style: Style,
}

/// A block of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Its level, from 1.
    Heading(u8, Vec<Span>),
    Paragraph(Vec<Span>),
    /// A point of a list: how deep, its mark, its text.
    Item(usize, String, Vec<Span>),
    Quote(Vec<Span>),
    /// A fenced block: the words after the fence, and its text.
    Code(String, String),
    /// Rows of cells; the first row is the head.
    Table(Vec<Vec<Vec<Span>>>),
    /// A thematic break: a new page.
    Break,
}

/// The blocks of a text.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let mut builder = Builder::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        builder.take(event);
    }
    builder.blocks
}

/// The words of a line of spans.
#[must_use]
pub fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

#[derive(Default)]
struct Builder {
    blocks: Vec<Block>,
    spans: Vec<Span>,
    styles: Vec<Style>,
    /// The next number of each open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    mark: Option<String>,
    quoted: bool,
    code: Option<(String, String)>,
    rows: Vec<Vec<Vec<Span>>>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.push(&text, None),
            },
            // `missing_<column>` is no tag of HTML here.
            Event::InlineHtml(text) | Event::Html(text) => self.push(&text, None),
            Event::Code(text) => self.push(&text, Some(Style::Code)),
            Event::SoftBreak | Event::HardBreak => self.push(" ", None),
            Event::Rule => self.blocks.push(Block::Break),
            _ => {}
        }
    }

    fn push(&mut self, text: &str, style: Option<Style>) {
        let style = style.unwrap_or_else(|| self.styles.last().copied().unwrap_or(Style::Plain));
        self.spans.push(Span { text: text.to_owned(), style });
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.styles.push(Style::Strong),
            Tag::Emphasis => self.styles.push(Style::Emphasis),
            Tag::Link { .. } => self.styles.push(Style::Link),
            Tag::BlockQuote(_) => self.quoted = true,
            Tag::List(first) => {
                self.flush_item();
                self.lists.push(first);
            }
            Tag::Item => {
                self.mark = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "-".to_owned(),
                });
            }
            Tag::CodeBlock(kind) => {
                let words = if let CodeBlockKind::Fenced(words) = kind { words.to_string() } else { String::new() };
                self.code = Some((words, String::new()));
            }
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Link => {
                self.styles.pop();
            }
            TagEnd::Heading(level) => {
                let spans = std::mem::take(&mut self.spans);
                self.blocks.push(Block::Heading(depth(level), spans));
            }
            TagEnd::Paragraph | TagEnd::HtmlBlock if self.mark.is_none() => {
                let spans = std::mem::take(&mut self.spans);
                self.blocks.push(if self.quoted { Block::Quote(spans) } else { Block::Paragraph(spans) });
            }
            TagEnd::BlockQuote(_) => self.quoted = false,
            TagEnd::Item => self.flush_item(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.blocks.extend(self.code.take().map(|(words, text)| Block::Code(words, text))),
            TagEnd::TableCell => {
                let spans = std::mem::take(&mut self.spans);
                if let Some(row) = self.rows.last_mut() {
                    row.push(spans);
                }
            }
            TagEnd::Table => self.blocks.push(Block::Table(std::mem::take(&mut self.rows))),
            _ => {}
        }
    }

    fn flush_item(&mut self) {
        if let Some(mark) = self.mark.take() {
            let spans = std::mem::take(&mut self.spans);
            self.blocks.push(Block::Item(self.lists.len().saturating_sub(1), mark, spans));
        }
    }
}

fn depth(level: HeadingLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_blocks() {
        let text = "## Head\n\nOne *two* `x`\nthree.\n\n1. a\n2. b\n\n```picture now\nshow = 1\n```\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        let blocks = blocks(text);
        assert_eq!(blocks.len(), 7, "{blocks:?}");
        assert!(matches!(&blocks[0], Block::Heading(2, spans) if plain(spans) == "Head"));
        assert!(matches!(&blocks[1], Block::Paragraph(spans) if plain(spans) == "One two x three."));
        assert!(matches!(&blocks[3], Block::Item(0, mark, _) if mark == "2."));
        assert!(matches!(&blocks[4], Block::Code(words, text) if words == "picture now" && text == "show = 1\n"));
        assert!(matches!(&blocks[6], Block::Table(rows) if rows.len() == 2 && rows[1].len() == 2));
    }
}
