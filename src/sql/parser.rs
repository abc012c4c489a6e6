//! The cursor over tokens that all parts of the parser share.

use super::lexer::{Spot, Token, syntax_error, tokens};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::functions::calendar::Zone;

/// How deep expressions and queries may nest.
const MAX_DEPTH: usize = 200;

/// A parser over one text.
pub(super) struct Parser<'a> {
    pub text: &'a str,
    /// Where timestamps without a zone are.
    pub zone: Zone,
    spots: Vec<Spot>,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, zone: Zone) -> Result<Self> {
        Ok(Parser { text, zone, spots: tokens(text)?, at: 0, depth: 0 })
    }

    pub(super) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> &Token {
        let i = (self.at + ahead).min(self.spots.len() - 1);
        &self.spots[i].token
    }

    /// Where the next token starts.
    pub(super) fn position(&self) -> usize {
        self.spots[self.at.min(self.spots.len() - 1)].start
    }

    /// Whether the next two tokens touch.
    pub(super) fn touches(&self) -> bool {
        let next = self.spots.get(self.at + 1);
        next.is_some_and(|next| next.start == self.spots[self.at].end)
    }

    /// Continues behind byte `to` of the text.
    pub(super) fn skip_to(&mut self, to: usize) {
        while !matches!(self.peek(), Token::End) && self.position() < to {
            self.at += 1;
        }
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        if self.at < self.spots.len() - 1 {
            self.at += 1;
        }
        token
    }

    /// A place to come back to.
    pub(super) fn mark(&self) -> usize {
        self.at
    }

    pub(super) fn reset(&mut self, mark: usize) {
        self.at = mark;
    }

    /// Runs `f` one level deeper, so that no text can exhaust the stack.
    pub(super) fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(SparkError::new(ErrorClass::ParseException, "the SQL text is nested too deeply")
                .with_condition("FAILED_TO_PARSE_TOO_COMPLEX"));
        }
        self.depth += 1;
        let done = f(self);
        self.depth -= 1;
        done
    }

    pub(super) fn error(&self) -> SparkError {
        let spot = &self.spots[self.at.min(self.spots.len() - 1)];
        let near = self.text.get(spot.start..spot.end).unwrap_or_default();
        syntax_error(self.text, spot.start, near)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    pub(super) fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// All of these words in a row, or none.
    pub(super) fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(i, word)| self.is_word_at(i, word));
        if found {
            self.at += words.len();
        }
        found
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.error()) }
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.is_symbol_at(0, symbol)
    }

    pub(super) fn is_symbol_at(&self, ahead: usize, symbol: &str) -> bool {
        matches!(self.peek_at(ahead), Token::Symbol(found) if *found == symbol)
    }

    pub(super) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.error()) }
    }

    /// A name: a word or backticks.
    pub(super) fn name(&mut self) -> Result<String> {
        match self.peek().clone() {
            Token::Word(name) | Token::Quoted(name) => {
                self.advance();
                Ok(name)
            }
            _ => Err(self.error()),
        }
    }

    /// `a.b.c`.
    pub(super) fn dotted_name(&mut self) -> Result<Vec<String>> {
        let mut parts = vec![self.name()?];
        while self.is_symbol(".") && matches!(self.peek_at(1), Token::Word(_) | Token::Quoted(_)) {
            self.advance();
            parts.push(self.name()?);
        }
        Ok(parts)
    }

    /// `(a, b)`.
    pub(super) fn name_list(&mut self) -> Result<Vec<String>> {
        self.expect_symbol("(")?;
        let names = self.separated(Self::name)?;
        self.expect_symbol(")")?;
        Ok(names)
    }

    pub(super) fn string(&mut self) -> Result<String> {
        match self.peek().clone() {
            Token::Text(text) => {
                self.advance();
                Ok(text)
            }
            _ => Err(self.error()),
        }
    }

    pub(super) fn separated<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Nothing but an optional semicolon may follow.
    pub(super) fn expect_end(&mut self) -> Result<()> {
        while self.eat_symbol(";") {}
        if matches!(self.peek(), Token::End) { Ok(()) } else { Err(self.error()) }
    }
}
