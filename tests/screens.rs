//! The theatre on a large run: 64 machines, 10,000 tasks, machines that die. What a frame costs in bytes, and that time can be jumped in.

use batchlab::common::time::VirtualTime;
use batchlab::event::{Event, EventKind, RowSample};
use batchlab::status::{History, Status};
use batchlab::swarm::synthetic::Synthetic;
use batchlab::tui::ScreenOptions;
use batchlab::tui::theatre::follow::{Journey, Leaves};
use batchlab::tui::theatre::model::Model;
use batchlab::tui::theatre::pages::data::facts::RowId;
use batchlab::tui::theatre::recording::Recording;
use batchlab::tui::theatre::view::paint::Brush;
use batchlab::tui::theatre::view::{network, timeline};
use batchlab::tui::theatre::{player, view};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

const WIDE: Rect = Rect { x: 0, y: 0, width: 200, height: 60 };
/// Most bytes of a frame in which time has moved on.
const MOVING_BYTES: usize = 10 << 10;
/// Most bytes of a frame in which nothing has changed.
const STILL_BYTES: usize = 64;

fn large_run() -> &'static [Arc<Event>] {
    static RUN: OnceLock<Vec<Arc<Event>>> = OnceLock::new();
    RUN.get_or_init(|| {
        let job = Synthetic { faults: 6, ..Synthetic::new(64, 4, 10_000) };
        job.run().expect("such a cluster can be").log.snapshot()
    })
}

fn theatre() -> Model {
    let recording = Recording::recorded(large_run().to_vec());
    Model::new("large".to_owned(), recording, ScreenOptions::default(), false, true)
}

/// What a terminal would receive.
#[derive(Clone, Default)]
struct Line(Rc<RefCell<Vec<u8>>>);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_frame_sends_few_bytes() {
    let line = Line::default();
    let options = TerminalOptions { viewport: Viewport::Fixed(WIDE) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(line.clone()), options).expect("memory");
    let mut model = theatre();
    let end = model.run().history.end();
    let mut frame = |model: &mut Model, at: VirtualTime| {
        player::to_time(model, at);
        model.seek();
        line.0.borrow_mut().clear();
        let draw = |frame: &mut ratatui::Frame| {
            view::view(model, model.run().history.current(), frame.buffer_mut(), WIDE);
        };
        terminal.draw(draw).expect("memory");
        line.0.borrow().len()
    };
    // 45 s for the whole run, 30 frames a second.
    let step = end.0 / (45 * 30);
    let mut sizes = Vec::new();
    for number in 0..120 {
        let at = VirtualTime(end.0 / 3 + number * step);
        sizes.push(frame(&mut model, at));
        assert!(frame(&mut model, at) <= STILL_BYTES, "a still picture sends nothing");
    }
    sizes.remove(0);
    sizes.sort_unstable();
    let (median, most) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    println!("bytes of a moving frame: median {median}, most {most}");
    assert!(median <= MOVING_BYTES, "{median} bytes of a moving frame");
}

/// 1,000 jumps back and forth over several checkpoints; what is expected is folded once, from the start.
#[test]
fn jumping_in_time_gives_what_folding_gives() {
    let job = Synthetic { faults: 6, ..Synthetic::new(16, 4, 3_000) };
    let events = job.run().expect("such a cluster can be").log.snapshot();
    assert!(events.len() > 8192, "{} events are too few for two checkpoints", events.len());
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut draw = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % (events.len() as u64 + 1)) as usize
    };
    let jumps: Vec<usize> = (0..1_000).map(|_| draw()).collect();
    let mut order = jumps.clone();
    order.sort_unstable();
    let mut folded = Status::default();
    let mut expected = BTreeMap::new();
    for position in order {
        for event in &events[folded.applied..position] {
            folded.apply(event);
        }
        expected.insert(position, folded.clone());
    }
    let mut history = History::new(events.clone());
    for position in jumps {
        assert!(history.seek(position) == &expected[&position], "after a jump to event {position}");
    }
}

const SKEWED_JOIN: &str = r#"
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.config("spark.sql.shuffle.partitions", "8").getOrCreate()
spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
orders = spark.range(0, 20000, 1, 8).withColumn("land", F.when(F.col("id") % 10 < 9, "DE").otherwise((F.col("id") % 7).cast("string")))
lands = orders.select("land").distinct()
print(orders.join(lands, "land").groupBy("land").count().count())
"#;

/// Runs of scripts through the program itself: files with a node that dies in the shuffle, and a skewed join.
fn runs_of_scripts() -> [(&'static str, Vec<Arc<Event>>); 2] {
    let pipeline = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/solutions/03_files/pipeline.py"));
    let pipeline = pipeline.expect("the pipeline");
    let killed = logged(&pipeline, &["--nodes", "4", "--cores", "2", "--kill", "2@0.7"]);
    [("03_files, node-2 dies", killed), ("a skewed join", logged(SKEWED_JOIN, &["--nodes", "4"]))]
}

#[test]
fn runs_are_scrubbed_without_a_wrong_frame() {
    for (_, events) in runs_of_scripts() {
        let mut scrubbed = Scrubbed::of(events);
        scrubbed.round(200, 20);
    }
}

/// A minute of random jumps for each of three runs, or as many seconds as `BATCHLAB_SCRUB_SECS` says.
#[test]
#[ignore = "takes minutes: cargo test --release --test screens -- --ignored --nocapture scrubbed_for_a_minute"]
fn runs_are_scrubbed_for_a_minute() {
    let wanted = std::env::var("BATCHLAB_SCRUB_SECS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let large = ("64 nodes, 10,000 tasks", large_run().to_vec());
    for (name, events) in runs_of_scripts().into_iter().chain([large]) {
        let mut scrubbed = Scrubbed::of(events);
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(wanted) {
            scrubbed.round(100, 4);
        }
        let Scrubbed { events, jumps, frames, .. } = scrubbed;
        let secs = started.elapsed().as_secs();
        println!("{name}: {jumps} jumps in {} events, {frames} frames compared, {secs} s, none wrong", events.len());
    }
}

/// A theatre whose cursor jumps about, and what that has shown so far.
struct Scrubbed {
    events: Vec<Arc<Event>>,
    model: Model,
    random: u64,
    jumps: usize,
    frames: usize,
}

impl Scrubbed {
    fn of(events: Vec<Arc<Event>>) -> Self {
        let model = theatre_of(events.clone());
        Scrubbed { events, model, random: 0x9E37_79B9_7F4A_7C15, jumps: 0, frames: 0 }
    }

    fn draw(&mut self) -> usize {
        self.random = self.random.wrapping_mul(0xD129_0251_48DE_9A23).wrapping_add(1);
        (self.random >> 33) as usize % (self.events.len() + 1)
    }

    /// So many random jumps: each state is what folding from the start gives, and of each so many a frame is that of a cursor that only ever
    /// went forward.
    fn round(&mut self, count: usize, each: usize) {
        let positions: Vec<usize> = (0..count).map(|_| self.draw()).collect();
        let mut order: Vec<(usize, bool)> =
            positions.iter().zip(0..).map(|(at, index)| (*at, index % each == 0)).collect();
        order.sort_unstable();
        let (mut folded, mut straight) = (Status::default(), theatre_of(self.events.clone()));
        let (mut states, mut frames) = (BTreeMap::new(), BTreeMap::new());
        for (position, is_compared) in order {
            for event in &self.events[folded.applied..position] {
                folded.apply(event);
            }
            states.insert(position, folded.clone());
            if is_compared {
                player::to_position(&mut straight, position);
                straight.seek();
                frames.insert(position, frame(&straight));
            }
        }
        for position in positions {
            player::to_position(&mut self.model, position);
            self.model.seek();
            assert!(self.model.run().history.current() == &states[&position], "at event {position}");
            if let Some(expected) = frames.get(&position) {
                assert!(frame(&self.model) == *expected, "the frame at event {position}");
                self.frames += 1;
            }
            self.jumps += 1;
        }
    }
}

/// The log of a script that the program runs.
fn logged(script: &str, options: &[&str]) -> Vec<Arc<Event>> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("x.py"), script).expect("a script");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_batchlab"));
    command.args(["run", "x.py", "--quiet", "--no-tui", "--events", "x.jsonl"]).args(options);
    command.stdout(std::process::Stdio::null()).current_dir(folder.path());
    assert!(command.status().expect("the program").success());
    let file = std::fs::File::open(folder.path().join("x.jsonl")).expect("a log");
    batchlab::event::log::read(std::io::BufReader::new(file)).expect("a log").events
}

fn theatre_of(events: Vec<Arc<Event>>) -> Model {
    Model::new("x".to_owned(), Recording::recorded(events), ScreenOptions::default(), false, true)
}

fn frame(model: &Model) -> Buffer {
    let screen = Rect { x: 0, y: 0, width: 120, height: 40 };
    let mut buffer = Buffer::empty(screen);
    view::view(model, model.run().history.current(), &mut buffer, screen);
    buffer
}

/// The panes that change in every frame of a run that is played.
#[test]
fn timeline_and_lanes_are_drawn_without_memory() {
    let small = Synthetic { faults: 2, ..Synthetic::new(4, 2, 200) };
    let small = small.run().expect("such a cluster can be").log.snapshot();
    let mut lanes_seen = 0;
    for events in [large_run().to_vec(), small] {
        let mut model = Model::new("x".to_owned(), Recording::recorded(events), ScreenOptions::default(), false, true);
        let end = model.run().history.end();
        for part in 1..40 {
            player::to_time(&mut model, VirtualTime(end.0 * part / 40));
            model.seek();
            let mut buffer = Buffer::empty(WIDE);
            let mut brush = Brush::new(&mut buffer, model.options);
            let status = model.run().history.current();
            let counted = allocation_counter::measure(|| {
                timeline::draw(&mut brush, &model, status, Rect { height: 20, ..WIDE }, false);
                network::draw(&mut brush, &model, status, Rect { y: 30, height: 8, ..WIDE });
            });
            assert_eq!(counted.count_total, 0, "allocations at {part} of 40");
            // Each lane begins with the name of a node.
            lanes_seen += usize::from((30..38).any(|y| buffer[(2, y)].symbol() == "d"));
        }
    }
    assert!(lanes_seen > 0, "nothing moved between machines");
}

#[test]
fn a_log_keeps_how_plans_were_improved_and_some_rows_of_shuffles() {
    const SCRIPT: &str = r#"
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
rows = spark.range(0, 2000, 1, 8).withColumn("land", F.when(F.col("id") % 10 == 0, "AT").otherwise("DE"))
rows.repartition(4, "land").filter("id > 10").select("id", "land").groupBy("land").agg(F.collect_set("id")).count()
"#;
    let events = logged(SCRIPT, &[]);
    let rules = events.iter().find_map(|event| match &event.kind {
        EventKind::QueryOptimized { rules, left_out: 0, .. } => Some(rules),
        _ => None,
    });
    assert!(rules.is_some_and(|rules| rules.iter().any(|change| change.rule == "PushDownPredicates")));
    let samples: Vec<&RowSample> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::RowsSampled(sample) => Some(sample.as_ref()),
            _ => None,
        })
        .collect();
    let first = samples.first().expect("a shuffle was written");
    assert_eq!((first.by.as_str(), first.keys.as_slice()), ("hash", ["land".to_owned()].as_slice()));
    let of_first = samples.iter().filter(|sample| sample.shuffle == first.shuffle);
    let cells: Vec<&str> =
        of_first.flat_map(|sample| &sample.rows).filter_map(|row| row.cells.first().map(String::as_str)).collect();
    assert!((40..=64).contains(&cells.len()), "{}", cells.len());
    assert!(cells.iter().all(|cell| ["AT", "DE"].contains(cell)) && cells.contains(&"DE"), "{cells:?}");
}

/// 500 groups, of which a shuffle draws an eighth: without looking for them most rows would be lost from sight behind the aggregate.
#[test]
fn what_becomes_of_a_drawn_row_is_drawn() {
    const SCRIPT: &str = r#"
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
rows = spark.range(0, 4000, 1, 4).withColumn("k", F.col("id") % 500)
print(len(rows.groupBy("k").count().repartition(3, "count").collect()))
"#;
    let status = Status::of(&logged(SCRIPT, &[]));
    let first = status.shuffles.keys().next().copied().expect("a shuffle");
    let samples = &status.shuffles.get(&first).expect("it is there").samples;
    let rows = samples.iter().flat_map(|(map, sample)| (0..sample.rows.len()).map(|index| (*map, index)));
    let mut followed = 0;
    for (map, index) in rows {
        let row = RowId { shuffle: first, map, index };
        let journey = Journey::of(&status, row).expect("its way");
        let [.., group, last] = &journey.stations[..] else { panic!("{journey:?}") };
        assert!(matches!(group.leaves, Leaves::As(_)), "its group was not drawn: {journey:?}");
        assert_eq!(last.leaves, Leaves::Ends, "{journey:?}");
        followed += 1;
    }
    assert!(followed >= 40, "{followed} rows were drawn");
}
