//! One row is followed.

use super::*;
use crate::common::ids::ShuffleId;
use crate::tui::theatre::follow::{Journey, Leaves, Station};
use crate::tui::theatre::pages::data::facts::RowId;

fn followed() -> Model {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Data);
    find(&mut model, "it");
    press(&mut model, Action::Follow);
    model
}

#[test]
fn a_row_goes_from_its_map_task_to_its_result() {
    let head = fixture::node_death().iter().fold(Status::default(), |mut status, event| {
        status.apply(event);
        status
    });
    let row = RowId { shuffle: ShuffleId(0), map: 4, index: 0 };
    let reduce = row.find(&head).expect("a drawn row").row.reduce;
    let journey = Journey::of(&head, row).expect("its way");
    let map = Station { stage: StageId(0), partition: 4, leaves: Leaves::As(row) };
    assert_eq!(journey.stations, [map, Station { stage: StageId(1), partition: reduce, leaves: Leaves::Ends }]);
    assert_eq!(Journey::of(&head, RowId { index: 99, ..row }), None);
}

#[test]
fn the_row_is_stepped_from_moment_to_moment() {
    let mut model = followed();
    assert!(model.pages.is_empty(), "the theatre shows it");
    let mut stops = vec![(model.cursor.time.as_secs_f64(), model.selected)];
    for _ in 0..2 {
        press(&mut model, Action::MarkOn);
        stops.push((model.cursor.time.as_secs_f64(), model.selected));
    }
    let writer = Selected::Task(StageId(0), 0);
    assert_eq!(stops[..2], [(0.2, writer), (3.0, writer)], "it is written, and lies there");
    assert!(matches!(stops[2].1, Selected::Task(StageId(1), _)), "then it is read");
    snapshot("full_follow", &draw(&model, 120, 40));
    snapshot("compact_follow", &draw(&model, 80, 24));
    press(&mut model, Action::MarkBack);
    assert_eq!(model.selected, writer);
    press(&mut model, Action::Close);
    assert_eq!((model.followed, model.selected), (None, Selected::Nothing));
}

#[test]
fn a_partition_without_drawn_rows_says_so() {
    let mut model = at(0.5, ScreenOptions::default());
    press(&mut model, Action::Data);
    press(&mut model, Action::Follow);
    assert!(model.followed.is_none() && model.toast.is_some());
}
