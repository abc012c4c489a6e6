//! Looking for a word on a screen: the places that have it, in their order, and the next one from here, around the end.

use super::theatre::view::paint::Brush;
use super::theme::Tone;
use crate::report::page::PageLine;
use ratatui::layout::Rect;

/// What is said when there is nothing to look for.
pub const NOTHING: &str = "nothing was looked for yet: / and a word";

/// A place that can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<P> {
    pub at: P,
    pub text: String,
    /// Its text goes on in the next place.
    pub goes_on: bool,
}

/// The lines of a pane as places: `at` gives the place of a line, counted from 1.
pub fn places<P>(lines: &[PageLine], at: impl Fn(usize) -> P) -> Vec<Place<P>> {
    let place = |(index, line): (usize, &PageLine)| Place { at: at(index + 1), text: line.plain(), goes_on: true };
    lines.iter().enumerate().map(place).collect()
}

/// What was looked for last, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finder<P> {
    /// In small letters.
    pub word: String,
    /// Where the screen stands because of it; absent once the person has moved on.
    pub at: Option<P>,
}

impl<P> Default for Finder<P> {
    fn default() -> Self {
        Finder { word: String::new(), at: None }
    }
}

impl<P: Copy + Ord> Finder<P> {
    /// Something else is looked for, from where the person is.
    pub fn start(&mut self, typed: &str) {
        self.word = typed.trim().to_lowercase();
        self.at = None;
    }

    /// The next place with the word, or the one before, and what to say of it.
    ///
    /// # Errors
    /// A sentence, where there is none.
    pub fn next(&mut self, places: &[Place<P>], here: P, is_forward: bool) -> Result<(P, String), String> {
        if self.word.is_empty() {
            return Err(NOTHING.to_owned());
        }
        let found: Vec<P> =
            (0..places.len()).filter(|index| self.is_at(places, *index)).map(|i| places[i].at).collect();
        let here = self.at.unwrap_or(here);
        let count = found.len();
        let (index, is_around) = if is_forward {
            let next = found.partition_point(|at| *at <= here);
            if next < count { (next, false) } else { (0, true) }
        } else {
            let after = found.partition_point(|at| *at < here);
            if after > 0 { (after - 1, false) } else { (count.saturating_sub(1), true) }
        };
        let Some(at) = found.get(index).copied() else { return Err(nowhere(&self.word)) };
        self.at = Some(at);
        let around = if is_around && count > 1 { ", around the end" } else { "" };
        Ok((at, format!("{:?}: {} of {count}{around}", self.word, index + 1)))
    }

    /// Whether a place has the word, or its beginning where the text goes on in the next.
    fn is_at(&self, places: &[Place<P>], index: usize) -> bool {
        let text = places[index].text.to_lowercase();
        if text.contains(&self.word) {
            return true;
        }
        let text = text.trim_end();
        let Some(next) = places.get(index + 1).filter(|_| places[index].goes_on && !text.is_empty()) else {
            return false;
        };
        let both = format!("{text} {}", next.text.to_lowercase().trim_start());
        // What lies in the next place alone is found there.
        both.match_indices(&self.word).any(|(at, _)| at < text.len())
    }
}

/// What is said when no place has a word.
#[must_use]
pub fn nowhere(word: &str) -> String {
    format!("{word:?} is not found here")
}

/// The first index after `here` for which something holds, around the end; `here` itself comes last.
pub fn around(len: usize, here: usize, is_forward: bool, holds: impl Fn(usize) -> bool) -> Option<usize> {
    let step = |far: usize| if is_forward { (here + far) % len } else { (here + len - far) % len };
    (1..=len).map(step).find(|at| holds(*at))
}

/// The line in which something is typed, in the place of the keys.
pub fn draw_line(brush: &mut Brush, line: Rect, sign: &str, typed: &str, hint: &str) {
    brush.clear(line);
    let x = brush.tone(line, 1, 0, sign, Tone::Key);
    let x = brush.tone(line, x, 0, typed, Tone::Title);
    brush.mark(line, x, 0, 1);
    brush.tone(line, x + 3, 0, hint, Tone::Dim);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(at: usize, text: &str) -> Place<usize> {
        Place { at, text: text.to_owned(), goes_on: true }
    }

    #[test]
    fn places_are_found_around_the_end() {
        let places = [place(1, "A Shuffle"), place(2, "nothing"), place(3, "the shuffle moves")];
        let mut finder = Finder::default();
        assert_eq!(finder.next(&places, 0, true), Err(NOTHING.to_owned()));
        finder.start(" Shuffle ");
        assert_eq!(finder.next(&places, 0, true), Ok((1, "\"shuffle\": 1 of 2".to_owned())));
        assert_eq!(finder.next(&places, 0, true).map(|(at, _)| at), Ok(3));
        assert_eq!(finder.next(&places, 0, true), Ok((1, "\"shuffle\": 1 of 2, around the end".to_owned())));
        assert_eq!(finder.next(&places, 0, false).map(|(at, _)| at), Ok(3));
        finder.start("exchange");
        assert_eq!(finder.next(&places, 0, true), Err("\"exchange\" is not found here".to_owned()));
    }

    #[test]
    fn words_that_lines_break_are_found_where_they_begin() {
        let places = [place(1, "it writes its map "), place(2, "  output, all map"), place(3, "outputs")];
        let mut finder = Finder::default();
        finder.start("map output");
        let found: Vec<usize> = (0..3).filter_map(|_| finder.next(&places, 0, true).ok()).map(|(at, _)| at).collect();
        assert_eq!(found, [1, 2, 1]);
    }
}
