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

#[test]
fn a_bracket_joins_a_copy_with_what_it_races_against() {
    let recording = Recording::recorded(fixture::race());
    let mut model = Model::new("orders".to_owned(), recording, ScreenOptions::default(), true, true);
    let frame_at = |model: &mut Model, secs| {
        super::super::player::to_time(model, VirtualTime::from_secs_f64(secs));
        model.seek();
        draw(model, 120, 40)
    };
    let column = |line: &str, wanted: char| line.chars().position(|c| c == wanted);
    let lanes_of = |frame: &str| -> Vec<String> {
        let from_title = frame.lines().skip_while(|line| !line.contains("3 Timeline"));
        from_title.skip(1).take(6).map(str::to_owned).collect()
    };
    let before = lanes_of(&frame_at(&mut model, 3.0));
    assert!(before.iter().all(|line| !line.contains(['┌', '┴'])), "{before:#?}");
    let frame = frame_at(&mut model, 5.0);
    let lanes = lanes_of(&frame);
    let bends = (column(&lanes[0], '┌'), column(&lanes[5], '┴'));
    assert!(bends.0.is_some() && bends.0 == bends.1, "{frame}");
    let passes = |line: &String| line.chars().nth(bends.0.unwrap_or(0)) == Some('│');
    assert!(lanes[1..5].iter().all(passes), "{frame}");
}

#[test]
fn the_memory_bar_tells_work_from_cached_data() {
    let busy = draw(&at(1.0, ScreenOptions::default()), 120, 40);
    assert!(busy.contains("memory ▓▓░░░░░░ ▓ 128.0 MiB"), "two tasks of 64 MiB in 512 MiB:\n{busy}");
    let cached = draw(&at(4.5, ScreenOptions::default()), 120, 40);
    assert!(cached.contains("▒░░░░░░ ◆ 8.8 KiB"), "{cached}");
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
