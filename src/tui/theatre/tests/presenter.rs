//! A window that moves with a presenter's.

use super::*;
use crate::tui::theatre::player;
use crate::tui::theatre::presenter::{Following, Led, Shown};

/// What the presenter shows now, to the follower.
fn show(presenter: &Model, follower: &mut Model) {
    update(follower, Message::Led(Led::Shown(Shown::of(presenter))));
}

#[test]
fn the_follower_s_frame_is_the_presenter_s() {
    let (mut presenter, mut follower) = (model(ScreenOptions::default()), model(ScreenOptions::default()));
    show(&presenter, &mut follower);
    let all = [
        Action::MarkOn,
        Action::MarkOn,
        Action::NextPane,
        Action::Down,
        Action::Why,
        Action::Close,
        Action::Zoom,
        Action::Zoom,
        Action::Matrix,
        Action::Matrix,
        Action::DeathOn,
        Action::MarkOn,
        Action::MarkOn,
        Action::Plan,
        Action::Down,
        Action::Theatre,
        Action::Data,
        Action::Down,
        Action::Close,
        Action::LineOn,
        Action::End,
    ];
    for (number, action) in all.into_iter().enumerate() {
        press(&mut presenter, action);
        presenter.toast = None;
        show(&presenter, &mut follower);
        follower.toast = None;
        let here = draw(&presenter, 120, 40);
        let there = draw(&follower, 120, 40).replace(" · with the presenter", "");
        let body = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(body(&here), body(&there), "after key {number}, {action:?}");
        assert!(follower.following.as_ref().is_some_and(Following::is_led));
    }
}

#[test]
fn a_branch_comes_before_it_is_shown_and_grows() {
    let mut follower = model(ScreenOptions::default());
    let mut presenter = two_runs(ScreenOptions::default());
    presenter.current = 1;
    player::to_time(&mut presenter, VirtualTime::from_secs_f64(2.0));
    show(&presenter, &mut follower);
    assert_eq!(follower.current, 0, "it is not known yet");
    let handle = RunHandle::default();
    update(&mut follower, Message::Led(Led::Branch { name: "cut short".to_owned(), handle }));
    show(&presenter, &mut follower);
    assert_eq!((follower.current, follower.cursor.position), (1, 0), "as far as it has come");
    let events = presenter.run().history.events().to_vec();
    update(&mut follower, Message::Grew { run: 1, events });
    assert_eq!(follower.cursor, presenter.cursor);
}

#[test]
fn a_death_is_told_when_the_log_has_come_there() {
    let (mut presenter, mut follower) = (model(ScreenOptions::default()), model(ScreenOptions::default()));
    presenter.runs.push(Recording::recorded(fixture::node_death()).named("again".to_owned()));
    presenter.current = 1;
    press(&mut presenter, Action::DeathOn);
    update(&mut follower, Message::Led(Led::Branch { name: "again".to_owned(), handle: RunHandle::default() }));
    show(&presenter, &mut follower);
    draw(&follower, 120, 40);
    assert_eq!(follower.cursor.beat, None);
    update(&mut follower, Message::Grew { run: 1, events: presenter.run().history.events().to_vec() });
    assert_eq!(follower.cursor.beat, presenter.cursor.beat);
}

#[test]
fn who_moves_looks_alone_until_f() {
    let (mut presenter, mut follower) = (at(2.0, ScreenOptions::default()), model(ScreenOptions::default()));
    show(&presenter, &mut follower);
    press(&mut follower, Action::Projector);
    press(&mut follower, Action::Help);
    press(&mut follower, Action::Close);
    assert!(follower.following.as_ref().is_some_and(Following::is_led), "that is no other moment");
    press(&mut follower, Action::MarkOn);
    let own = follower.cursor;
    player::to_time(&mut presenter, VirtualTime::from_secs_f64(7.0));
    show(&presenter, &mut follower);
    assert_eq!(follower.cursor, own);
    assert!(draw(&follower, 120, 40).contains("on your own"));
    press(&mut follower, Action::Follow);
    assert_eq!(follower.cursor.time, presenter.cursor.time);
    update(&mut follower, Message::Led(Led::Gone("the presenter has left".to_owned())));
    assert!(draw(&follower, 120, 40).contains("the presenter has left: this window goes on alone"));
}

#[test]
fn two_windows_that_play_do_not_tremble() {
    let (mut presenter, mut follower) = (at(2.0, ScreenOptions::default()), model(ScreenOptions::default()));
    press(&mut presenter, Action::PlayPause);
    show(&presenter, &mut follower);
    assert!(follower.playing);
    update(&mut follower, Message::Tick(0.1));
    let ahead = follower.cursor.time;
    show(&presenter, &mut follower);
    assert_eq!(follower.cursor.time, ahead, "a little ahead is near enough");
    press(&mut presenter, Action::Start);
    show(&presenter, &mut follower);
    assert_eq!((follower.cursor.time, follower.playing), (VirtualTime::ZERO, false));
}

#[test]
fn what_is_shown_is_read_again() {
    let shown = Shown::of(&at(5.2, ScreenOptions::default()));
    assert_eq!(Shown::read(&shown.text()), Ok(shown));
    assert!(Shown::read("").is_err());
}
