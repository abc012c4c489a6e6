//! The blocks of a shuffle, near: rows are map outputs, columns are reduce partitions, the shade is bytes.
//!
//! ```text
//!              r0  r1  r2  r3
//!   S0.m0      ▓■  ░■  ▒⇣  ░        42.1 KiB on node-1
//!   S0.m1      ✗   ✗   ✗   ✗        38.0 KiB was on node-2
//!   sum, KiB   52  13  30  9
//! ```
//!
//! Where blocks do not fit one by one, several share a cell: the largest gives the shade, the worst the sign.

use super::super::model::{Model, Selected};
use super::super::pages::data::facts::slices;
use super::super::select::stages_on_screen;
use super::paint::Brush;
use crate::common::ids::NodeId;
use crate::common::text::{bytes, plural};
use crate::common::time::VirtualTime;
use crate::report::words;
use crate::status::{MapOutput, Shuffle, Stage, Status};
use crate::tui::palette::window;
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

/// Columns for the names, and for what stands behind a row: its size and its place, or its size only.
const NAMES: u16 = 11;
const MARGINS: [u16; 2] = [26, 11];
/// What the signs mean, as much as fits.
const CAPTIONS: [&str; 3] = [
    "A column is what one reduce task reads; darker is more. ■ read  ⇣ on its way  ✗ gone",
    "A column is one reduce task's. ■ read  ⇣ on its way  ✗ gone",
    "■ read  ⇣ on its way  ✗ gone",
];
/// Columns of a block that stands alone, with its sign.
const WIDE: usize = 4;

/// How a block stands; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Block {
    /// Its reader has it.
    Read,
    /// Nobody has asked for it.
    Waits,
    Comes,
    Gone,
}

impl Block {
    fn sign(self) -> (char, Tone) {
        match self {
            Block::Read => (State::Done.glyph(), Tone::State(State::Done)),
            Block::Waits => (' ', Tone::Text),
            Block::Comes => (State::Fetching.glyph(), Tone::State(State::Fetching)),
            Block::Gone => (State::Lost.glyph(), Tone::State(State::Lost)),
        }
    }
}

/// What a task that reads a part of the shuffle has: everything, or what has come from some nodes.
#[derive(Clone)]
enum Reading {
    All,
    From(BTreeMap<NodeId, bool>),
}

/// Which map outputs of one reduce partition a task reads, and how far it is.
type Part = (Range<u32>, Reading);

/// Draws it over the theatre.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, screen: Rect) {
    let Some(shuffle) = chosen(model, status) else {
        let area = window(brush, screen, (50, 3), "Blocks");
        brush.tone(area, 0, 0, "No shuffle has been written here yet.", Tone::Dim);
        return;
    };
    let (maps, reduces) = (shuffle.maps().len(), shuffle.reduces as usize);
    let writer = words::stage(status, shuffle.writer);
    let title = format!("Blocks of {writer}: {maps} map outputs x {reduces} reduce partitions");
    let around = if screen.width < 60 { (4, 2) } else { (16, 6) };
    let room = (screen.width.saturating_sub(around.0), screen.height.saturating_sub(around.1));
    let area = window(brush, screen, (room.0.min(100), room.1.min(maps as u16 + 8)), &title);
    let margin = MARGINS[usize::from(area.width < 60)];
    let space = usize::from(area.width.saturating_sub(NAMES + margin)).max(1);
    let wide = if reduces * WIDE <= space { WIDE } else { 1 };
    let grid = Grid {
        rows: usize::from(area.height.saturating_sub(5)).min(maps).max(1),
        columns: (space / wide).min(reduces).max(1),
        wide,
        margin,
    };
    let readers = reading(status, shuffle, model.cursor.time);
    let most = shuffle.maps().iter().flatten().flat_map(|output| output.bytes.iter()).max().copied().unwrap_or(0);
    for column in (0..grid.columns).filter(|_| wide == WIDE) {
        brush.tone(area, grid.x(column), 0, &format!("r{column}"), Tone::Dim);
    }
    for row in 0..grid.rows {
        let of = share(row, grid.rows, maps);
        map_row(brush, (model, status), area, (shuffle, &readers), &grid, (row, of), most.max(1));
    }
    sums(brush, area, shuffle, &grid);
    let y = area.height.saturating_sub(2);
    let fitting = CAPTIONS.into_iter().find(|caption| caption.width() <= usize::from(area.width));
    brush.tone(area, 0, y, fitting.unwrap_or_default(), Tone::Dim);
    let x = brush.tone(area, 0, y + 1, "j k", Tone::Key);
    let x = brush.tone(area, x, y + 1, " another stage   ", Tone::Dim);
    let x = brush.tone(area, x, y + 1, "Esc", Tone::Key);
    brush.tone(area, x, y + 1, " back", Tone::Dim);
}

/// Cells for the blocks.
struct Grid {
    rows: usize,
    columns: usize,
    wide: usize,
    /// Columns behind a row.
    margin: u16,
}

impl Grid {
    /// The first row: below the names of the columns, where they have any.
    fn top(&self) -> u16 {
        u16::from(self.wide == WIDE)
    }

    fn x(&self, column: usize) -> u16 {
        NAMES + (column * self.wide) as u16
    }
}

/// The part of `all` that a cell of `cells` stands for.
fn share(cell: usize, cells: usize, all: usize) -> Range<usize> {
    cell * all / cells..(cell + 1) * all / cells
}

fn map_row(
    brush: &mut Brush,
    (model, status): (&Model, &Status),
    area: Rect,
    (shuffle, readers): (&Shuffle, &[Vec<Part>]),
    grid: &Grid,
    (row, maps): (usize, Range<usize>),
    most: u64,
) {
    let y = grid.top() + row as u16;
    let first = status.task_name(shuffle.writer, maps.start as u32);
    let name = if maps.len() == 1 { first } else { format!("{first}-{}", maps.end - 1) };
    let x = brush.tone(area, 0, y, &name, Tone::Text);
    if maps.clone().any(|map| model.is_marked(shuffle.writer, map as u32)) {
        brush.mark(area, 0, y, x);
    }
    let made: Vec<(u32, &MapOutput)> =
        maps.clone().filter_map(|map| Some((map as u32, shuffle.maps().get(map)?.as_ref()?))).collect();
    let Some((_, one)) = made.first() else {
        brush.tone(area, NAMES, y, "· not made yet", Tone::State(State::Pending));
        return;
    };
    for column in 0..grid.columns {
        let reduces = share(column, grid.columns, shuffle.reduces as usize);
        let cells = || made.iter().flat_map(|(map, output)| reduces.clone().map(move |reduce| (*map, *output, reduce)));
        let size = cells().map(|(_, output, reduce)| output.bytes.get(reduce).copied().unwrap_or(0)).max().unwrap_or(0);
        let worst = cells().map(|(map, output, reduce)| block(map, output, &readers[reduce])).max();
        cell(brush, area, (grid.x(column), y), grid.wide, size * 4 / most, size, worst.unwrap_or(Block::Waits));
    }
    let lost = made.iter().filter(|(_, output)| output.lost.is_some()).count();
    let size = bytes(made.iter().map(|(_, output)| output.total_bytes()).sum());
    let words = match (maps.len(), lost) {
        _ if grid.margin < MARGINS[0] => size,
        (1, 0) => format!("{size} on {}", one.node),
        (1, _) => format!("{size} was on {}", one.node),
        (_, 0) => format!("{size} of {}", plural(made.len() as u64, "output")),
        (_, lost) => format!("{size}, {lost} of {} lost", made.len()),
    };
    let tone = if lost > 0 { Tone::State(State::Lost) } else { Tone::Dim };
    brush.tone(area, grid.x(grid.columns) + 1, y, &words, tone);
}

fn cell(brush: &mut Brush, area: Rect, (x, y): (u16, u16), wide: usize, shade: u64, size: u64, block: Block) {
    let heat = if size == 0 { '·' } else { heat(shade) };
    let (sign, tone) = block.sign();
    let mut put = |x: u16, glyph: char| {
        let style = brush.style(tone);
        brush.put(area, i32::from(x), i32::from(y), glyph, style);
    };
    // One alone shows both; what is empty is never asked for.
    match (wide, block) {
        (_, Block::Gone) => put(x, sign),
        (1, Block::Comes) => put(x, sign),
        (WIDE, Block::Comes | Block::Read) if size > 0 => {
            put(x, heat);
            put(x + 1, sign);
        }
        _ => put(x, heat),
    }
}

/// In quarters of the largest block.
fn heat(quarters: u64) -> char {
    match quarters {
        0 => '░',
        1 => '▒',
        2 => '▓',
        _ => '█',
    }
}

/// What each reduce partition is in all: numbers where there is room, else shades.
fn sums(brush: &mut Brush, area: Rect, shuffle: &Shuffle, grid: &Grid) {
    let y = grid.top() + grid.rows as u16;
    let of = |reduce: usize| -> u64 {
        shuffle.maps().iter().flatten().map(|output| output.bytes.get(reduce).copied().unwrap_or(0)).sum()
    };
    let sums: Vec<u64> = (0..grid.columns)
        .map(|column| share(column, grid.columns, shuffle.reduces as usize).map(of).max().unwrap_or(0))
        .collect();
    let most = sums.iter().max().copied().unwrap_or(0).max(1);
    let (unit, name) = match most {
        0..=999 => (1, "B"),
        1_000..=1_022_976 => (1 << 10, "KiB"),
        1_022_977..=1_047_527_424 => (1 << 20, "MiB"),
        _ => (1 << 30, "GiB"),
    };
    let label = if grid.wide == WIDE { format!("sum, {name}") } else { "sum".to_owned() };
    brush.tone(area, 0, y, &label, Tone::Dim);
    for (column, sum) in sums.into_iter().enumerate() {
        if grid.wide == WIDE {
            brush.tone(area, grid.x(column), y, &sum.div_ceil(unit).to_string(), Tone::Text);
        } else {
            let style = brush.style(Tone::Text);
            let glyph = if sum == 0 { '·' } else { heat(sum * 4 / most) };
            brush.put(area, i32::from(grid.x(column)), i32::from(y), glyph, style);
        }
    }
}

fn block(map: u32, output: &MapOutput, parts: &[Part]) -> Block {
    if output.lost.is_some() {
        return Block::Gone;
    }
    let Some((_, reading)) = parts.iter().rev().find(|(maps, _)| maps.contains(&map)) else { return Block::Waits };
    match reading {
        Reading::All => Block::Read,
        Reading::From(nodes) => match nodes.get(&output.node) {
            Some(true) => Block::Read,
            Some(false) => Block::Comes,
            None => Block::Waits,
        },
    }
}

/// By reduce partition: the tasks that read it or have read it.
fn reading(status: &Status, shuffle: &Shuffle, now: VirtualTime) -> Vec<Vec<Part>> {
    let mut parts: Vec<Vec<Part>> = (0..shuffle.reduces).map(|_| Vec::new()).collect();
    let readers = shuffle.readers.iter().filter_map(|reader| status.stages.get(reader));
    for stage in readers {
        for partition in 0..stage.tasks().len() {
            let Some(reading) = reading_of(status, shuffle, stage, partition, now) else { continue };
            for slice in slices(stage, partition).into_iter().filter(|slice| slice.shuffle == shuffle.shuffle) {
                for reduce in slice.reduces.0..slice.reduces.1.min(shuffle.reduces) {
                    parts[reduce as usize].push((slice.maps.0..slice.maps.1, reading.clone()));
                }
            }
        }
    }
    parts
}

/// How far the last attempt of a task is with this shuffle; nothing when none reads or has read.
fn reading_of(
    status: &Status,
    shuffle: &Shuffle,
    stage: &Stage,
    partition: usize,
    now: VirtualTime,
) -> Option<Reading> {
    let task = stage.tasks().get(partition)?;
    let attempts = task.runs.iter().rev().filter_map(|run| status.attempts.get(run));
    let attempt =
        attempts.into_iter().find(|attempt| attempt.succeeded() || (attempt.ended.is_none() && !attempt.orphaned))?;
    if attempt.succeeded() {
        return Some(Reading::All);
    }
    let of_this = attempt.fetches.iter().filter(|fetch| fetch.shuffle == shuffle.shuffle && fetch.sent <= now);
    Some(Reading::From(of_this.map(|fetch| (fetch.from, fetch.arrives <= now)).collect()))
}

/// The shuffle of the selected stage or task, else the first on screen.
fn chosen<'a>(model: &Model, status: &'a Status) -> Option<&'a Shuffle> {
    let selected = match model.selected {
        Selected::Stage(stage) | Selected::Task(stage, _) => Some(stage),
        Selected::Node(_) | Selected::Nothing => None,
    };
    let of_stage = |stage| status.shuffles.values().find(|shuffle| shuffle.writer == stage);
    let fallback = || stages_on_screen(model).into_iter().find_map(of_stage);
    selected.and_then(of_stage).or_else(fallback).map(AsRef::as_ref)
}
