//! For tests: a screen in every size and look, as text.

use super::{GlyphSet, ScreenOptions, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// The three forms of a screen.
pub(in crate::tui) const FORMS: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

/// The letters of a buffer, without the blanks at the end of its rows.
pub(in crate::tui) fn letters(buffer: &Buffer) -> String {
    let Rect { width, height, .. } = buffer.area;
    let row = |y| -> String { (0..width).map(|x| buffer[(x, y)].symbol()).collect() };
    (0..height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
}

/// Compares a screen in three sizes and three looks with its snapshots.
pub(in crate::tui) fn snapshots(name: &str, mut draw: impl FnMut(ScreenOptions, &mut Buffer, Rect)) {
    let plain = ScreenOptions::default();
    let looks = [
        ("unicode", plain),
        ("ascii", ScreenOptions { glyphs: GlyphSet::Ascii, ..plain }),
        ("mono", ScreenOptions { theme: Theme::Mono, ..plain }),
    ];
    for (look, options) in looks {
        let mut text = String::new();
        for (width, height) in FORMS {
            let area = Rect { x: 0, y: 0, width, height };
            let mut buffer = Buffer::empty(area);
            draw(options, &mut buffer, area);
            text += &format!("{width} x {height}\n{}\n", letters(&buffer));
            if look == "mono" {
                text += &emphasis(&buffer);
            }
        }
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("screen_{name}_{look}"), text);
        });
    }
}

/// Where cells are bold, dim, underlined or reversed: what speaks when there is no colour.
fn emphasis(buffer: &Buffer) -> String {
    const LETTERS: [(Modifier, char); 5] = [
        (Modifier::BOLD, 'b'),
        (Modifier::DIM, 'd'),
        (Modifier::UNDERLINED, 'u'),
        (Modifier::REVERSED, 'r'),
        (Modifier::ITALIC, 'i'),
    ];
    let word = |x: u16, y: u16| -> String {
        let found = LETTERS.iter().filter(|(modifier, _)| buffer[(x, y)].modifier.contains(*modifier));
        found.map(|(_, letter)| letter).collect()
    };
    let Rect { width, height, .. } = buffer.area;
    let mut text = String::new();
    for y in 0..height {
        let mut runs = Vec::new();
        let mut x = 0;
        while x < width {
            let (start, emphasis) = (x, word(x, y));
            while x < width && word(x, y) == emphasis {
                x += 1;
            }
            if !emphasis.is_empty() {
                runs.push(format!("{start}-{} {emphasis}", x - 1));
            }
        }
        if !runs.is_empty() {
            text += &format!("{y}: {}\n", runs.join(", "));
        }
    }
    text + "\n"
}
