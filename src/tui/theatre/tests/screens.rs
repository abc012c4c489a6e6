//! Every screen of the theatre in every size and look, and what must hold for all of them.

use super::*;
use crate::tui::looks;
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

fn opened(keys: &[Action], options: ScreenOptions) -> Model {
    let mut model = two_runs(options);
    for key in keys {
        press(&mut model, *key);
    }
    model
}

#[test]
fn every_screen_in_every_look() {
    for (name, keys) in WAYS {
        looks::snapshots(name, |options, buffer, area| {
            let model = opened(keys, options);
            view(&model, model.run().history.current(), buffer, area);
        });
    }
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
