//! Every character that the screens may draw, and its twin for terminals that only have ASCII.
//!
//! Screens are drawn with the Unicode set; [`to_ascii`] replaces cell by cell at the end. So a glyph that is missing here can not slip through.

use super::theme::GlyphSet;
use ratatui::buffer::Buffer;

/// Unicode and its ASCII twin; all are one cell wide and none has an emoji form.
pub const TWINS: [(char, char); 63] = [
    ('─', '-'),
    ('━', '='),
    ('═', '='),
    ('│', '|'),
    ('┃', '|'),
    ('║', '|'),
    ('┌', '+'),
    ('┐', '+'),
    ('└', '+'),
    ('┘', '+'),
    ('├', '+'),
    ('┤', '+'),
    ('┬', '+'),
    ('┴', '+'),
    ('┼', '+'),
    ('┏', '+'),
    ('┓', '+'),
    ('┗', '+'),
    ('┛', '+'),
    ('┣', '+'),
    ('┫', '+'),
    ('┳', '+'),
    ('┻', '+'),
    ('╋', '+'),
    ('╔', '#'),
    ('╗', '#'),
    ('╚', '#'),
    ('╝', '#'),
    ('╠', '#'),
    ('╣', '#'),
    ('╦', '#'),
    ('╩', '#'),
    ('╬', '#'),
    ('╌', '-'),
    ('╎', ':'),
    ('█', '='),
    ('▀', '"'),
    ('▄', '.'),
    ('▓', '%'),
    ('▒', ':'),
    ('░', '.'),
    ('▏', '|'),
    ('·', '.'),
    ('○', 'o'),
    ('⇣', ','),
    ('►', '>'),
    ('◄', '<'),
    ('■', '#'),
    ('»', '='),
    ('◆', 'C'),
    ('▽', 'v'),
    ('✗', 'X'),
    ('↻', 'R'),
    ('≈', 's'),
    ('●', '*'),
    ('↺', '@'),
    ('…', '~'),
    ('▸', '>'),
    ('╳', 'x'),
    ('┄', '.'),
    ('┆', ':'),
    ('□', '+'),
    ('◇', '^'),
];

/// Replaces what the terminal can not show.
pub fn finish(buffer: &mut Buffer, glyphs: GlyphSet) {
    if glyphs == GlyphSet::Unicode {
        return;
    }
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if !symbol.is_ascii() {
            let twin = symbol.chars().next().map_or(' ', to_ascii);
            cell.set_char(twin);
        }
    }
}

/// The twin of a character; `?` for text from outside that has none.
#[must_use]
pub fn to_ascii(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    TWINS.iter().find(|(unicode, _)| *unicode == c).map_or('?', |(_, ascii)| *ascii)
}
