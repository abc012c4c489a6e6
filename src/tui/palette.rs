//! The keys and commands of a screen in one list: what is typed narrows them, Enter does the chosen one.
//!
//! ```text
//!   ┌ Keys and commands ─────────────┐
//!   │ > ki                           │      typed
//!   │                                │
//!   │ > K        break something now │      found, the chosen one marked
//!   └────────────────────────────────┘
//! ```
//! Each screen has its own rows; what a row does is the screen's.

use super::theatre::hits::Target;
use super::theatre::view::footer::Hint;
use super::theatre::view::paint::{Brush, wrap};
use super::theme::Tone;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// A key, what it does, and the same to be done from the list.
#[derive(Debug)]
pub struct Row<T> {
    pub keys: &'static str,
    pub does: &'static str,
    /// Absent: the row only tells.
    pub action: Option<T>,
}

/// A row that can be done from the list.
pub const fn row<T>(keys: &'static str, does: &'static str, action: T) -> Row<T> {
    Row { keys, does, action: Some(action) }
}

/// A row that only tells.
pub const fn told<T>(keys: &'static str, does: &'static str) -> Row<T> {
    Row { keys, does, action: None }
}

/// The column in which it stands what a key does.
const DOES: u16 = 18;

/// The keys while the list is open.
pub const HINTS: [Hint; 2] = [("Enter", "does it"), ("Esc", "closes the list")];

/// The open list: what was typed, and which of the rows that were found is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Palette {
    pub query: String,
    pub choice: usize,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<T> {
    Open,
    Closed,
    /// The list is closed, and this is to be done.
    Do(T),
}

/// The rows that hold all words of a query, in their order.
pub fn found<'a, T>(rows: impl IntoIterator<Item = &'a Row<T>>, query: &str) -> Vec<&'a Row<T>> {
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let holds = |row: &&Row<T>| {
        let text = format!("{} {}", row.keys, row.does.to_lowercase());
        words.iter().all(|word| text.contains(word.as_str()))
    };
    rows.into_iter().filter(holds).collect()
}

impl Palette {
    /// Takes a key in. `?` and `:` in an empty list close it again, as they opened it.
    pub fn key<T: Copy>(&mut self, key: KeyEvent, rows: &[Row<T>]) -> Answer<T> {
        let found = found(rows, &self.query);
        let last = found.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc => return Answer::Closed,
            KeyCode::Char('?' | ':') if self.query.is_empty() => return Answer::Closed,
            KeyCode::Enter => {
                let chosen = found.get(self.choice.min(last)).and_then(|row| row.action);
                return chosen.map_or(Answer::Closed, Answer::Do);
            }
            KeyCode::Up => self.choice = self.choice.min(last).saturating_sub(1),
            KeyCode::Down => self.choice = (self.choice + 1).min(last),
            KeyCode::Backspace => {
                self.query.pop();
                self.choice = 0;
            }
            KeyCode::Char(c) => {
                self.query.push(c);
                self.choice = 0;
            }
            _ => {}
        }
        Answer::Open
    }

    /// A press on a row: the first chooses it, one more does it.
    pub fn press<T: Copy>(&mut self, line: usize, rows: &[Row<T>]) -> Answer<T> {
        if self.choice == line {
            return self.key(KeyEvent::from(KeyCode::Enter), rows);
        }
        self.choice = line;
        Answer::Open
    }
}

/// A framed, blank area in the middle; gives its inside. The line of keys stays in view, and a blank column keeps frames apart.
pub fn window(brush: &mut Brush, screen: Rect, size: (u16, u16), title: &str) -> Rect {
    framed(brush, screen, size, title).0
}

/// The same; gives its inside and its frame.
pub fn framed(brush: &mut Brush, screen: Rect, size: (u16, u16), title: &str) -> (Rect, Rect) {
    let free = screen.height.saturating_sub(1);
    let (width, height) = ((size.0 + 4).min(screen.width), size.1.min(free));
    let y = ((screen.height - height) / 2).min(free - height);
    let area = Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + y, width, height };
    let around = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area };
    brush.clear(around.intersection(screen));
    (brush.pane(area, title, true), area)
}

/// Draws the list; `legend` stands below it where there is room.
pub fn draw<T>(brush: &mut Brush, screen: Rect, palette: &Palette, rows: &[&Row<T>], legend: &[&str]) {
    // A screen of a few cells shows only that it is too small.
    if screen.width < 20 || screen.height < 6 {
        return;
    }
    let Palette { query, choice } = palette;
    let most = screen.height.saturating_sub(4).min(40);
    let wanted = if legend.is_empty() { (rows.len() as u16).max(1) + 4 } else { most };
    let area = window(brush, screen, (74, most.min(wanted).max(8)), "Keys and commands");
    let x = brush.tone(area, 0, 0, "> ", Tone::Key);
    let x = brush.tone(area, x, 0, query, Tone::Title);
    brush.mark(area, x, 0, 1);
    if query.is_empty() {
        brush.tone(area, x + 2, 0, "type to find, Enter does it, Esc closes", Tone::Dim);
    }
    let room = usize::from(area.width.max(1));
    let legend: Vec<String> = legend.iter().flat_map(|text| wrap(text, room, 0)).collect();
    let legend = if usize::from(area.height) > legend.len() + 12 { legend } else { Vec::new() };
    let height = usize::from(area.height).saturating_sub(2 + legend.len() + usize::from(!legend.is_empty()));
    let choice = (*choice).min(rows.len().saturating_sub(1));
    // What is too long goes on below: the list is where it is read whole.
    let wide = usize::from(area.width.saturating_sub(DOES)).max(1);
    let folded = |(index, row): (usize, &&Row<T>)| {
        let does = wrap(row.does, wide, 0).into_iter().enumerate();
        let keys = row.keys;
        does.map(move |(part, does)| (index, if part == 0 { keys } else { "" }, does)).collect::<Vec<_>>()
    };
    let lines: Vec<(usize, &str, String)> = rows.iter().enumerate().flat_map(folded).collect();
    let last = lines.iter().rposition(|(index, _, _)| *index == choice).unwrap_or(0);
    // The key stands on the first line of its row: that one is in sight, however little room there is.
    let top = lines.iter().position(|(index, _, _)| *index == choice).unwrap_or(0);
    let first = (last + 2).saturating_sub(height).min(lines.len().saturating_sub(height)).min(top);
    for (y, (index, keys, does)) in (2..).zip(lines.iter().skip(first).take(height)) {
        let is_chosen = *index == choice;
        brush.tone(area, 0, y, if is_chosen && !keys.is_empty() { ">" } else { " " }, Tone::Title);
        brush.tone(area, 2, y, keys, Tone::Key);
        brush.tone(area, DOES, y, does, if is_chosen { Tone::Title } else { Tone::Text });
        brush.hit(area, 0, y, area.width, Target::Line(*index));
    }
    if rows.is_empty() {
        brush.tone(area, 2, 2, "No key or command says that.", Tone::Dim);
    }
    let bottom = area.height.saturating_sub(legend.len() as u16);
    for (y, line) in legend.iter().enumerate() {
        brush.tone(area, 0, bottom + y as u16, line, Tone::Dim);
    }
    let hidden = lines.get(first + height).map_or(0, |(index, _, _)| rows.len() - index);
    if hidden > 0 {
        let more = format!(" {hidden} more: arrows ");
        let below = Rect { height: area.height + 1, ..area };
        brush.tone(below, area.width.saturating_sub(more.width() as u16), area.height, &more, Tone::Key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [Row<u8>; 3] = [row("a", "one thing", 1), told("b", "another"), row("c", "one more thing", 3)];

    fn press(palette: &mut Palette, code: KeyCode) -> Answer<u8> {
        palette.key(KeyEvent::from(code), &ROWS)
    }

    #[test]
    fn what_is_typed_narrows_and_enter_does_it() {
        let mut palette = Palette::default();
        for c in "thing one".chars() {
            assert_eq!(press(&mut palette, KeyCode::Char(c)), Answer::Open);
        }
        assert_eq!(found(&ROWS, &palette.query).len(), 2);
        press(&mut palette, KeyCode::Down);
        press(&mut palette, KeyCode::Down);
        assert_eq!(press(&mut palette, KeyCode::Enter), Answer::Do(3));
    }

    #[test]
    fn a_row_that_only_tells_closes_the_list() {
        let mut palette = Palette::default();
        assert_eq!(palette.press(1, &ROWS), Answer::Open, "chosen");
        assert_eq!(palette.press(1, &ROWS), Answer::Closed);
        assert_eq!(press(&mut Palette::default(), KeyCode::Char('?')), Answer::Closed);
    }
}
