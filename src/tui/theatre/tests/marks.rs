//! Moments that are marked on the bar: by the person, and by checks.

use super::*;

#[test]
fn marked_moments_are_come_back_to() {
    let mut model = at(2.0, ScreenOptions::default());
    press(&mut model, Action::ToMark);
    assert!(model.toast.as_ref().is_some_and(|(text, _)| text.contains("no moment is marked")));
    press(&mut model, Action::SetMark);
    crate::tui::theatre::player::to_time(&mut model, VirtualTime::from_secs_f64(7.0));
    assert!(draw(&model, 120, 40).lines().any(|line| line.starts_with(" 0 s") && line.contains("'a")));
    press(&mut model, Action::SetMark);
    let (first, second) = (VirtualTime::from_secs_f64(2.0), VirtualTime::from_secs_f64(7.0));
    let go = |model: &mut Model, letter: char| {
        press(model, Action::ToMark);
        assert!(draw(model, 120, 40).contains("to the mark a 2.000 s  b 7.000 s"), "the marks are told");
        update(model, Message::Typed(letter));
        assert_eq!(model.overlay, Overlay::None);
        model.cursor.time
    };
    assert_eq!(go(&mut model, 'a'), first);
    assert_eq!(go(&mut model, 'b'), second);
    assert_eq!(go(&mut model, '\''), first, "the next, around the end");
    go(&mut model, 'z');
    assert!(model.toast.as_ref().is_some_and(|(text, _)| text.contains("no moment is marked z")));
    press(&mut model, Action::SetMark);
    assert_eq!(model.marks().collect::<Vec<_>>(), [('b', second)]);
}

#[test]
fn a_check_that_failed_stands_on_the_bar_where_it_was_decided() {
    let mut model = at(2.0, ScreenOptions::default());
    let position = model.run().history.position_at(VirtualTime::from_secs_f64(7.0));
    model.verdicts = vec![(position, "check 2".to_owned())];
    let drawn = draw(&model, 120, 40);
    let bar = drawn.lines().find(|line| line.starts_with(" 0 s")).expect("the bar");
    let labels = drawn.lines().find(|line| line.contains("! check 2")).expect("its label");
    let column = |line: &str| line.chars().position(|c| c == '!');
    assert_eq!(column(bar), column(labels));
}
