//! What the theatre costs on a large run: `cargo bench --bench screens`, and `cargo bench --bench screens -- FILE` for a log of Spark,
//! with a frame after each jump.
//!
//! | | at most |
//! |---|---|
//! | a frame of 200 x 60 over 64 machines and 10,000 tasks | median 1.5 ms, 99 of 100 within 4 ms |
//! | a jump to any moment of 1,000,000 events | 16 ms |
//! | from a key to the last byte of its frame, while playing | 99 of 100 within 33 ms and a frame |

use batchlab::common::time::VirtualTime;
use batchlab::event::{Event, log};
use batchlab::status::History;
use batchlab::swarm::synthetic::Synthetic;
use batchlab::tui::ScreenOptions;
use batchlab::tui::theatre::model::Model;
use batchlab::tui::theatre::recording::Recording;
use batchlab::tui::theatre::{player, view};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    println!("{:<40}{:>12}{:>12}{:>12}", "", "median ms", "99 of 100", "most");
    if let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        let log = batchlab::spark_log::read::open(Path::new(&path)).expect("a log of Spark");
        return told(&format!("jump and frame in {} events", log.events.len()), scrubs(log.events));
    }
    let large = Synthetic::new(64, 4, 10_000).run().expect("such a cluster can be").log.snapshot();
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let model =
            Model::new("large".to_owned(), Recording::recorded(large.clone()), ScreenOptions::default(), false, true);
        told(&format!("frame {width} x {height}, 10,000 tasks"), frames(model, Rect { x: 0, y: 0, width, height }));
    }
    let long = Synthetic::new(1000, 16, 262_000).run().expect("such a cluster can be").log.snapshot();
    told(&format!("jump in {} events", long.len()), jumps(History::new(long)));
    told("key to frame, playing, 120 x 40", keys(&large));
}

fn told(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("{name:<40}{:>12.2}{:>12.2}{:>12.2}", at(50), at(99), at(100));
}

/// Frames over the whole run, in the order of time.
fn frames(mut model: Model, screen: Rect) -> Vec<Duration> {
    let end = model.run().history.end();
    let mut buffer = Buffer::empty(screen);
    let frame = |number: u64| {
        player::to_time(&mut model, VirtualTime(end.0 * number / 500));
        model.seek();
        let started = Instant::now();
        buffer.reset();
        view::view(&model, model.run().history.current(), &mut buffer, screen);
        started.elapsed()
    };
    (0..500).map(frame).collect()
}

/// Jumps to moments all over a recorded run, each with the frame that shows it.
fn scrubs(events: Vec<Arc<Event>>) -> Vec<Duration> {
    let mut model = Model::new("log".to_owned(), Recording::recorded(events), ScreenOptions::default(), false, true);
    let (end, screen) = (model.run().history.end(), Rect { x: 0, y: 0, width: 120, height: 40 });
    let mut buffer = Buffer::empty(screen);
    let scrub = |number: u64| {
        let time = VirtualTime(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % (end.0 + 1));
        let started = Instant::now();
        player::to_time(&mut model, time);
        model.seek();
        buffer.reset();
        view::view(&model, model.run().history.current(), &mut buffer, screen);
        started.elapsed()
    };
    (1..300).map(scrub).collect()
}

/// Jumps to moments all over the run.
fn jumps(mut history: History) -> Vec<Duration> {
    let jump = |number: u64| {
        let position = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % history.len() as u64) as usize;
        let started = Instant::now();
        history.seek(position);
        started.elapsed()
    };
    (1..300).map(jump).collect()
}

/// Opens and closes the keys in a real terminal while the run is played.
fn keys(events: &[Arc<Event>]) -> Vec<Duration> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.jsonl");
    log::write(events, &mut std::fs::File::create(&path).expect("a file")).expect("a log");
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a terminal");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_batchlab"));
    command.args(["replay", path.to_str().expect("a plain path")]);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    let mut child = pair.slave.spawn_command(command).expect("the program");
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let mut writer = pair.master.take_writer().expect("a keyboard");
    let mut screen = vt100::Parser::new(40, 120, 0);
    let mut buffer = [0; 8192];
    let mut until = |screen: &mut vt100::Parser, wanted: &dyn Fn(&str) -> bool| {
        while !wanted(&screen.screen().contents()) {
            let count = reader.read(&mut buffer).expect("a terminal");
            screen.process(&buffer[..count]);
        }
    };
    until(&mut screen, &|text| text.contains("1 Stages"));
    writer.write_all(b" ").expect("a keyboard");
    let mut times = Vec::new();
    for number in 0..200 {
        let is_opened = number % 2 == 0;
        let started = Instant::now();
        writer.write_all(if is_opened { b"?" } else { b"\x1b" }).expect("a keyboard");
        writer.flush().expect("a keyboard");
        until(&mut screen, &|text| text.contains("Keys and commands") == is_opened);
        times.push(started.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    writer.write_all(b"\x03").expect("a keyboard");
    drop((writer, pair));
    let _ = child.kill();
    times
}
