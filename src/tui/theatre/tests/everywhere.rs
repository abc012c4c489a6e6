//! The keys of the table on every page, and the panes of the smallest form.

use super::*;
use crate::status::why::Subject;
use crate::tui::theatre::pages::{Page, data, plan};

fn open(page: Action) -> Model {
    let mut model = two_runs(ScreenOptions::default());
    press(&mut model, page);
    model
}

#[test]
fn what_only_the_theatre_shows_leads_back_to_it() {
    for page in [Action::Plan, Action::Data, Action::Compare] {
        let mut model = open(page);
        press(&mut model, Action::Matrix);
        assert!(model.pages.is_empty() && model.overlay == Overlay::Matrix, "{page:?}");
        let mut model = open(page);
        press(&mut model, Action::Kill);
        assert!(model.pages.is_empty() && matches!(model.overlay, Overlay::Fault(_)), "{page:?}");
        let mut model = open(page);
        press(&mut model, Action::Runs);
        assert!(matches!(model.overlay, Overlay::Runs { .. }), "{page:?}");
    }
}

#[test]
fn why_on_the_data_page_asks_about_its_partition() {
    let mut model = open(Action::Data);
    press(&mut model, Action::Down);
    let Some(Page::Data(page)) = model.pages.last() else { panic!("the data page is open") };
    let (stage, partition) = (page.stage.expect("a stage"), page.choice as u32);
    press(&mut model, Action::Why);
    assert!(model.pages.is_empty());
    assert_eq!(model.why, Some(Subject::Task(stage, partition)));
}

#[test]
fn panes_of_a_page_are_reached_by_their_numbers_and_zoomed() {
    let mut model = open(Action::Data);
    press(&mut model, Action::Pane(2));
    assert!(matches!(model.pages.last(), Some(Page::Data(page)) if page.pane == data::Pane::Rows));
    assert!(draw(&model, 120, 40).contains("1 Rows per partition"));
    press(&mut model, Action::Zoom);
    let zoomed = draw(&model, 120, 40);
    assert!(zoomed.contains("3 Rows") && !zoomed.contains("per partition"), "{zoomed}");
    press(&mut model, Action::Close);
    assert!(!model.zoom && model.pages.len() == 1, "first the pane is small again");
    let mut model = open(Action::Plan);
    press(&mut model, Action::Pane(1));
    assert!(matches!(model.pages.last(), Some(Page::Plan(page)) if page.pane == plan::Pane::Plan));
}

#[test]
fn the_smallest_form_shows_what_is_asked() {
    let mut model = at(5.1, ScreenOptions::default());
    assert!(!draw(&model, 40, 12).contains('┌'), "the story has no frame");
    for _ in 0..3 {
        press(&mut model, Action::MarkOn);
    }
    let asked = draw(&model, 40, 12);
    assert!(asked.contains("4 Which must be made again?") && asked.contains("Enter answer"), "{asked}");
    press(&mut model, Action::Pane(1));
    assert!(draw(&model, 40, 12).contains("2 Nodes"), "a pane is shown beside what is told");
    press(&mut model, Action::MarkOn);
    assert!(draw(&model, 40, 12).contains("run again?"), "the next beat is told");
    let mut model = at(7.0, ScreenOptions::default());
    press(&mut model, Action::Pane(1));
    assert!(draw(&model, 40, 12).contains("2 Nodes"));
    press(&mut model, Action::Why);
    assert!(draw(&model, 40, 12).contains("4 Why"));
    press(&mut model, Action::Close);
    assert!(draw(&model, 40, 12).contains("2 Nodes"), "an answer that is closed gives the pane before back");
}

#[test]
fn a_living_machine_says_what_its_cores_do() {
    let mut model = at(4.5, ScreenOptions::default());
    model.selected = Selected::Node(NodeId(1));
    press(&mut model, Action::Why);
    assert_eq!(model.why, Some(Subject::Node(NodeId(1))));
    let frame = draw(&model, 120, 40);
    assert!(frame.contains("It is up."), "{frame}");
    assert!(frame.contains("c0 runs") || frame.contains("idle"), "{frame}");
}
