//! Every screen of the theatre in every size and look, and what must hold for all of them.

use super::*;
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthChar;

/// A screen: its name, and the keys that open it from the theatre.
type Way = (&'static str, &'static [Action]);

const WAYS: [Way; 8] = [
    ("theatre", &[]),
    ("why", &[Action::Why]),
    ("plan", &[Action::Plan, Action::Down, Action::Down]),
    ("data", &[Action::Data]),
    ("compare", &[Action::Compare]),
    ("faults", &[Action::Kill]),
    ("matrix", &[Action::Matrix]),
    ("keys", &[Action::Help]),
];
const FORMS: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

fn opened(keys: &[Action], options: ScreenOptions) -> Model {
    let mut model = two_runs(options);
    for key in keys {
        press(&mut model, *key);
    }
    model
}

#[test]
fn every_screen_in_every_look() {
    let plain = ScreenOptions::default();
    let looks = [("unicode", plain), ("ascii", ascii()), ("mono", ScreenOptions { theme: Theme::Mono, ..plain })];
    for (name, keys) in WAYS {
        for (look, options) in looks {
            let model = opened(keys, options);
            let mut text = String::new();
            for (width, height) in FORMS {
                text += &format!("{width} x {height}\n{}\n", draw(&model, width, height));
                if options.theme == Theme::Mono {
                    text += &emphasis(&model, width, height);
                }
            }
            snapshot(&format!("screen_{name}_{look}"), &text);
        }
    }
}

/// Where cells are bold, dim, underlined or reversed: what speaks when there is no colour.
fn emphasis(model: &Model, width: u16, height: u16) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    view(model, model.run().history.current(), &mut buffer, area);
    let letters = [
        (Modifier::BOLD, 'b'),
        (Modifier::DIM, 'd'),
        (Modifier::UNDERLINED, 'u'),
        (Modifier::REVERSED, 'r'),
        (Modifier::ITALIC, 'i'),
    ];
    let word = |x: u16, y: u16| -> String {
        let found = letters.iter().filter(|(modifier, _)| buffer[(x, y)].modifier.contains(*modifier));
        found.map(|(_, letter)| letter).collect()
    };
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

#[test]
fn the_way_to_all_keys_is_always_there() {
    for (name, keys) in WAYS.iter().filter(|(name, _)| *name != "keys") {
        let model = opened(keys, ScreenOptions::default());
        for width in (40..=140).step_by(9) {
            for height in (12..=44).step_by(7) {
                let frame = draw(&model, width, height);
                let last = frame.lines().last().unwrap_or_default();
                assert!(last.ends_with("? keys"), "{name} at {width} x {height}:\n{frame}");
            }
        }
    }
}

#[test]
fn all_glyphs_are_one_cell_wide() {
    for (unicode, ascii) in TWINS {
        assert_eq!((unicode.width(), ascii.width()), (Some(1), Some(1)), "{unicode:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_size_breaks_a_screen(width in 1..300_u16, height in 1..100_u16, way in 0..WAYS.len(), secs in 0.0..11.0_f64) {
        let mut model = opened(WAYS[way].1, ScreenOptions::default());
        super::super::player::to_time(&mut model, VirtualTime::from_secs_f64(secs));
        model.seek();
        draw(&model, width, height);
    }
}
