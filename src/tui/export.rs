//! Pictures of the theatre for other places: one frame as SVG, a whole run as a terminal recording (asciicast v3 with chapters).

use super::ScreenOptions;
use super::theatre::model::Model;
use super::theatre::player;
use super::theatre::recording::Recording;
use super::theatre::update::{Message, update};
use super::theatre::view;
use crate::common::time::VirtualTime;
use crate::event::Event;
use crate::status::marks::{self, MarkKind};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::{Terminal, TerminalOptions, Viewport};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

/// Cells of an exported screen.
pub const SIZE: (u16, u16) = (120, 40);
/// Frames for each second of a recording.
const FRAMES_PER_SEC: f64 = 10.0;
/// A recording never gets longer than this, in seconds.
const LONGEST_SECS: f64 = 600.0;

fn theatre(title: &str, events: &[Arc<Event>], options: ScreenOptions) -> Model {
    let recording = Recording::recorded(events.to_vec());
    let mut model = Model::new(title.to_owned(), recording, options, false, false);
    player::choose_speed(&mut model);
    player::to_time(&mut model, VirtualTime::ZERO);
    model
}

/// The theatre at a moment of a run, as a picture.
#[must_use]
pub fn svg(title: &str, events: &[Arc<Event>], at: VirtualTime, options: ScreenOptions) -> String {
    let mut model = theatre(title, events, options);
    model.playing = false;
    player::to_time(&mut model, at);
    model.seek();
    let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    let mut buffer = Buffer::empty(area);
    view::view(&model, model.run().history.current(), &mut buffer, area);
    draw_svg(&buffer, options)
}

/// Width and height of a cell in an SVG, in its units.
const CELL: (f64, f64) = (8.4, 18.0);

fn draw_svg(buffer: &Buffer, options: ScreenOptions) -> String {
    let (width, height) = (f64::from(buffer.area.width) * CELL.0, f64::from(buffer.area.height) * CELL.1);
    let is_light = options.theme == super::Theme::Light;
    let (paper, ink) = if is_light { ("#ffffff", "#1c1c1c") } else { ("#16181d", "#d8dbe2") };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" fill=\"{paper}\"/>\n"
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let style = look(&buffer[(x, y)], paper, ink);
            let start = x;
            let mut text = String::new();
            while x < buffer.area.width && look(&buffer[(x, y)], paper, ink) == style {
                text.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            draw_run(&mut svg, (start, x, y), &text, &style, paper);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

#[derive(Debug, PartialEq)]
struct Look {
    ink: String,
    paper: String,
    bold: bool,
    underlined: bool,
}

fn look(cell: &Cell, paper: &str, ink: &str) -> Look {
    let (mut fore, mut back) = (colour(cell.fg, ink), colour(cell.bg, paper));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut fore, &mut back);
    }
    if cell.modifier.contains(Modifier::DIM) && cell.fg == Color::Reset {
        "#8b93a3".clone_into(&mut fore);
    }
    Look {
        ink: fore,
        paper: back,
        bold: cell.modifier.contains(Modifier::BOLD),
        underlined: cell.modifier.contains(Modifier::UNDERLINED),
    }
}

fn draw_run(svg: &mut String, (from, to, y): (u16, u16, u16), text: &str, look: &Look, paper: &str) {
    let (left, top) = (f64::from(from) * CELL.0, f64::from(y) * CELL.1);
    let width = f64::from(to - from) * CELL.0;
    if look.paper != paper {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
            CELL.1, look.paper
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
    let line = if look.underlined { " text-decoration=\"underline\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{}\"{weight}{line} textLength=\"{width:.1}\" xml:space=\"preserve\">{text}</text>",
        top + 13.5,
        look.ink
    );
}

/// A colour as SVG writes it; the terminal's own is `otherwise`.
fn colour(colour: Color, otherwise: &str) -> String {
    let rgb = match colour {
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Indexed(index) => of_256(index),
        Color::Black => of_256(0),
        Color::Red => of_256(1),
        Color::Green => of_256(2),
        Color::Yellow => of_256(3),
        Color::Blue => of_256(4),
        Color::Magenta => of_256(5),
        Color::Cyan => of_256(6),
        Color::Gray => of_256(7),
        Color::DarkGray => of_256(8),
        Color::LightRed => of_256(9),
        Color::LightGreen => of_256(10),
        Color::LightYellow => of_256(11),
        Color::LightBlue => of_256(12),
        Color::LightMagenta => of_256(13),
        Color::LightCyan => of_256(14),
        Color::White => of_256(15),
        Color::Reset => return otherwise.to_owned(),
    };
    format!("#{:02x}{:02x}{:02x}", rgb.0, rgb.1, rgb.2)
}

/// The usual 256 colours: sixteen named ones, a cube of six steps, a ramp of greys.
fn of_256(index: u8) -> (u8, u8, u8) {
    const NAMED: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 49, 49),
        (13, 188, 121),
        (229, 229, 16),
        (36, 114, 200),
        (188, 63, 188),
        (17, 168, 205),
        (204, 204, 204),
        (102, 102, 102),
        (241, 76, 76),
        (35, 209, 139),
        (245, 245, 67),
        (59, 142, 234),
        (214, 112, 214),
        (41, 184, 219),
        (255, 255, 255),
    ];
    match index {
        0..=15 => NAMED[usize::from(index)],
        16..=231 => {
            let cube = index - 16;
            let step = |value: u8| if value == 0 { 0 } else { 55 + value * 40 };
            (step(cube / 36), step(cube / 6 % 6), step(cube % 6))
        }
        232..=255 => {
            let grey = 8 + (index - 232) * 10;
            (grey, grey, grey)
        }
    }
}

/// The run played from its start in the theatre, as an asciicast (version 3): `o` lines are output, `m` lines are chapters.
///
/// # Errors
/// When the picture cannot be encoded.
pub fn cast(title: &str, events: &[Arc<Event>], options: ScreenOptions) -> io::Result<String> {
    let mut model = theatre(title, events, options);
    let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    let tape = Tape::default();
    let mut terminal = Terminal::with_options(
        CrosstermBackend::new(tape.clone()),
        TerminalOptions { viewport: Viewport::Fixed(area) },
    )?;
    let header = serde_json::json!({
        "version": 3,
        "term": { "cols": SIZE.0, "rows": SIZE.1 },
        "title": title,
        "command": "batchlab",
    });
    let mut cast = format!("{header}\n");
    let marks = marks::all(events);
    let mut told = 0;
    let mut waited = 0.0;
    let frames = (LONGEST_SECS * FRAMES_PER_SEC) as usize;
    for _ in 0..frames {
        terminal.draw(|frame| view::view(&model, model.run().history.current(), frame.buffer_mut(), area))?;
        let bytes = std::mem::take(&mut *tape.0.borrow_mut());
        if !bytes.is_empty() {
            let text = String::from_utf8_lossy(&bytes);
            let _ = writeln!(cast, "{}", serde_json::json!([rounded(waited), "o", text]));
            waited = 0.0;
        }
        while let Some(mark) = marks.get(told).filter(|mark| mark.position <= model.cursor.position) {
            told += 1;
            if let Some(chapter) = chapter(mark.kind) {
                let _ = writeln!(cast, "{}", serde_json::json!([rounded(waited), "m", chapter]));
                waited = 0.0;
            }
        }
        if !model.playing {
            break;
        }
        update(&mut model, Message::Tick(1.0 / FRAMES_PER_SEC));
        waited += 1.0 / FRAMES_PER_SEC;
    }
    Ok(cast)
}

/// What a terminal would have been sent.
#[derive(Debug, Clone, Default)]
struct Tape(Rc<RefCell<Vec<u8>>>);

impl io::Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn rounded(secs: f64) -> f64 {
    (secs * 1000.0).round() / 1000.0
}

fn chapter(kind: MarkKind) -> Option<String> {
    match kind {
        MarkKind::QueryStarts { line } => Some(format!("line {line}")),
        MarkKind::NodeDies(node) => Some(format!("{node} dies")),
        MarkKind::NodeCutOff(node) => Some(format!("{node} is cut off")),
        MarkKind::NodeReturns(node) => Some(format!("{node} is back")),
        MarkKind::StageAgain(stage) => Some(format!("{stage} again")),
        MarkKind::End => Some("the end".to_owned()),
        MarkKind::StageStarts(_)
        | MarkKind::StageEnds(_)
        | MarkKind::StageFails(_)
        | MarkKind::NodeGivenUp(_)
        | MarkKind::Committed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn a_frame_is_a_well_formed_picture() {
        let picture = svg("orders", &fixture::node_death(), VirtualTime::from_secs_f64(5.3), ScreenOptions::default());
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
        assert!(picture.contains("THEATRE"));
        assert_eq!(picture.matches("<text").count(), picture.matches("</text>").count());
        assert!(!picture.contains('\u{1b}'));
    }

    #[test]
    fn a_recording_has_frames_and_chapters_in_order() {
        let cast = cast("orders", &fixture::node_death(), ScreenOptions::default()).expect("it encodes");
        let mut lines = cast.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        assert_eq!(lines.next().expect("a header")["version"], 3);
        let events: Vec<_> = lines.collect();
        assert!(events.iter().all(|event| event[0].as_f64().is_some_and(|wait| wait >= 0.0)));
        assert!(events.iter().any(|event| event[1] == "m" && event[2] == "node-3 dies"));
        assert!(events.iter().filter(|event| event[1] == "o").count() > 10);
    }
}
