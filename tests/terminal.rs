//! The theatre in a real terminal: it comes up, follows the size, and gives the terminal back whatever ends it.

#![cfg(unix)]

use batchlab::common::ids::NodeId;
use batchlab::common::time::VirtualTime;
use batchlab::event::log::{self, EventLog};
use batchlab::event::{Application, ClusterShape, EventKind};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything may take, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a condition that nobody announces is looked at.
const POLL: Duration = Duration::from_millis(20);

/// The program in a terminal of its own.
struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// How the terminal was set before the program came.
    settings: String,
    folder: tempfile::TempDir,
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// A saved run in the theatre.
fn session(cols: u16, rows: u16) -> Session {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.jsonl");
    let mut file = std::fs::File::create(&path).expect("a file");
    log::write(&small_run().snapshot(), &mut file).expect("a log");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_batchlab"));
    command.args(["replay", path.to_str().expect("a plain path")]);
    in_terminal(command, folder, cols, rows)
}

/// A script that runs in the theatre, in a folder of its own.
fn script(text: &str, arguments: &[&str]) -> Session {
    program(text, &[&["run", "x.py"], arguments].concat())
}

/// The program in a folder with a script.
fn program(text: &str, arguments: &[&str]) -> Session {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("x.py"), text).expect("a script");
    std::fs::create_dir(folder.path().join("scratch")).expect("a folder");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_batchlab"));
    command.args(arguments);
    command.env("TMPDIR", folder.path().join("scratch"));
    command.cwd(folder.path());
    in_terminal(command, folder, 120, 40)
}

fn in_terminal(mut command: CommandBuilder, folder: tempfile::TempDir, cols: u16, rows: u16) -> Session {
    let pair = native_pty_system().openpty(size(cols, rows)).expect("a terminal");
    let settings = settings(pair.master.as_ref());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    let child = pair.slave.spawn_command(command).expect("the program");
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let (sender, output) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count) = reader.read(&mut buffer) {
            if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let keys = pair.master.take_writer().expect("a keyboard");
    let screen = vt100::Parser::new(rows, cols, 0);
    Session { child, master: pair.master, keys, output, screen, settings, folder }
}

/// Raw or cooked, echo or none, and all the rest.
fn settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

fn small_run() -> EventLog {
    let log = EventLog::new();
    let cluster =
        ClusterShape { name: "w2".into(), nodes: 2, cores_per_node: 2, memory_per_node_bytes: 1 << 30, is_real: false };
    let start = EventKind::ApplicationStarted(Arc::new(Application {
        name: "x.py".into(),
        script: String::new(),
        seed: 42,
        cluster,
        conf: Vec::new(),
    }));
    log.push(VirtualTime::ZERO, start);
    for node in [1, 2] {
        log.push(
            VirtualTime::ZERO,
            EventKind::NodeAdded { node: NodeId(node), cores: 2, memory_bytes: 1 << 30, rack: 0, is_spot: false },
        );
    }
    log.push(VirtualTime::from_secs_f64(1.0), EventKind::NodeDied { node: NodeId(2) });
    log.push(VirtualTime::from_secs_f64(2.0), EventKind::ApplicationEnded { exit: 0 });
    log
}

impl Session {
    /// Reads until the screen shows a text.
    fn shows(&mut self, text: &str) {
        self.reads_until(text, |screen| screen.contents().contains(text));
    }

    /// Reads until something is true of the screen.
    fn reads_until(&mut self, text: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(self.screen.screen()) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    self.child.kill().expect("it runs");
                    panic!("{text:?} was not shown:\n{}", self.screen.screen().contents())
                }
            }
        }
    }

    /// Sends the program a signal, such as `TERM`.
    fn signal(&self, name: &str) {
        let id = self.child.process_id().expect("a running program").to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill");
        assert!(sent.success());
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a keyboard");
        self.keys.flush().expect("a keyboard");
    }

    /// Waits until the program has stopped, as a shell does before it offers its prompt.
    fn is_stopped(&mut self) {
        use rustix::process::{Pid, WaitOptions, waitpid};
        let id = self.child.process_id().and_then(|id| Pid::from_raw(id.try_into().ok()?)).expect("a running program");
        let end = Instant::now() + PATIENCE;
        while waitpid(Some(id), WaitOptions::UNTRACED | WaitOptions::NOHANG).expect("a child").is_none() {
            if Instant::now() > end {
                self.child.kill().expect("it runs");
                panic!("it does not stop");
            }
            std::thread::sleep(POLL);
        }
    }

    /// Nanoseconds on a core and times that it went to sleep by itself, over all threads, where the system tells.
    fn effort(&self) -> Option<(u64, u64)> {
        let tasks = format!("/proc/{}/task", self.child.process_id()?);
        let mut sum = (0, 0);
        for task in std::fs::read_dir(tasks).ok()? {
            let folder = task.ok()?.path();
            let spent = std::fs::read_to_string(folder.join("schedstat")).ok()?;
            let status = std::fs::read_to_string(folder.join("status")).ok()?;
            let sleeps = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            sum = (sum.0 + spent.split(' ').next()?.parse::<u64>().ok()?, sum.1 + sleeps.trim().parse::<u64>().ok()?);
        }
        Some(sum)
    }

    /// Nothing is sent for five seconds, and next to nobody wakes up. Gives what [`effort`](Self::effort) this took.
    fn rests(&mut self) -> Option<(u64, u64)> {
        while self.output.recv_timeout(Duration::from_millis(700)).is_ok() {}
        let before = self.effort();
        assert!(self.output.recv_timeout(Duration::from_secs(5)).is_err(), "bytes for a still picture");
        let (after, before) = (self.effort()?, before?);
        let (busy, woken) = (after.0 - before.0, after.1 - before.1);
        println!("in 5 s: {woken} wake-ups, {:.3} ms of a core", busy as f64 / 1e6);
        // One more may fall into the first moment.
        assert!(woken <= 6, "{woken} wake-ups in 5 s");
        Some((busy, woken))
    }

    /// Waits for the end; gives the exit status.
    fn wait(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.exit_code();
            }
            if Instant::now() > end {
                self.child.kill().expect("it runs");
                panic!("it does not end");
            }
            if let Ok(bytes) = self.output.recv_timeout(POLL) {
                self.screen.process(&bytes);
            }
        }
    }

    /// The same, with the terminal as it was left.
    fn end(mut self) -> (u32, vt100::Parser) {
        let status = self.wait();
        // The last bytes are followed by the end of the line: nobody else holds the terminal.
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.screen.process(&bytes);
        }
        assert_eq!(settings(self.master.as_ref()), self.settings, "the terminal is set as before");
        (status, self.screen)
    }
}

fn assert_given_back(parser: &vt100::Parser) {
    let screen = parser.screen();
    assert!(!screen.alternate_screen(), "the alternate screen is left");
    assert!(!screen.hide_cursor(), "the cursor is shown");
    assert!(!screen.bracketed_paste(), "pasting is plain again");
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
}

#[test]
fn q_gives_the_terminal_back() {
    let mut session = session(120, 40);
    session.shows("1 Stages");
    session.press("]");
    session.shows("LOST at 1.000 s");
    session.press("q");
    let (status, screen) = session.end();
    assert_eq!(status, 0);
    assert_given_back(&screen);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let mut session = session(80, 24);
    session.shows("1 Stages");
    session.signal("TERM");
    let (status, screen) = session.end();
    assert_eq!(status, 130);
    assert_given_back(&screen);
}

#[test]
fn a_hang_up_gives_the_terminal_back() {
    let mut session = session(80, 24);
    session.shows("1 Stages");
    session.signal("HUP");
    let (status, screen) = session.end();
    assert_eq!(status, 130);
    assert_given_back(&screen);
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_the_program_goes_on() {
    let mut session = session(80, 24);
    session.shows("1 Stages");
    session.press("\u{1a}");
    session.reads_until("the terminal given back", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    });
    assert_eq!(settings(session.master.as_ref()), session.settings, "the terminal is set as before");
    session.is_stopped();
    session.signal("CONT");
    session.reads_until("the screen again", vt100::Screen::alternate_screen);
    session.shows("1 Stages");
    session.press("q");
    let (status, screen) = session.end();
    assert_eq!(status, 0);
    assert_given_back(&screen);
}

#[test]
fn ctrl_c_gives_the_terminal_back() {
    let mut session = session(80, 24);
    session.shows("1 Stages");
    session.press("\u{3}");
    let (status, screen) = session.end();
    assert_eq!(status, 130);
    assert_given_back(&screen);
}

#[test]
fn a_closed_terminal_ends_the_program() {
    let mut session = session(80, 24);
    session.shows("1 Stages");
    let Session { mut child, master, mut keys, output, .. } = session;
    // The reader holds the terminal too: it ends at the first bytes that nobody wants, such as the answer to a key.
    drop(output);
    keys.write_all(b"?").expect("a key");
    drop((master, keys));
    let end = Instant::now() + PATIENCE;
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > end {
            child.kill().expect("it runs");
            panic!("it goes on without a terminal");
        }
        std::thread::sleep(POLL);
    }
}

#[test]
fn the_screen_follows_the_size() {
    let mut session = session(120, 40);
    session.shows("3 Timeline per core");
    session.master.resize(size(40, 12)).expect("a new size");
    session.screen.screen_mut().set_size(12, 40);
    session.shows("? keys");
    session.press("q");
    assert_eq!(session.end().0, 0);
}

/// A workshop folder at its first screen, opened as a new learner does.
fn workshop() -> Session {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_batchlab"));
    command.cwd(folder.path());
    let mut session = in_terminal(command, folder, 120, 40);
    session.shows("Begin the workshop");
    session.press("\r");
    session.shows("E1.1  Your first cluster table");
    session
}

#[test]
fn a_save_is_answered_and_nothing_moves_on_by_itself() {
    let mut session = workshop();
    session.shows("everything after");
    let solution = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("solutions/01_basics/s1_session.py");
    let script = session.folder.path().join("batchlab-workshop/exercises/01_basics/s1_session.py");
    std::fs::write(&script, "raise ValueError('half done')\n").expect("the learner's file");
    session.shows("half done");
    std::fs::copy(&solution, &script).expect("the learner's file");
    session.shows("Right, on all data.");
    session.shows("1 of 37 steps passed");
    session.press("t");
    session.shows("1 Stages");
    session.shows("simulated time");
    assert!(!session.screen.screen().contents().contains("cut off"), "a check keeps the end of its run");
    session.press("q");
    session.shows("Right, on all data.");
    session.press(">");
    session.shows("E1.2  Nothing happens until you ask");
    session.press("q");
    session.shows("1 of 37 steps are passed");
    session.press("q");
    let (status, screen) = session.end();
    assert_eq!(status, 0);
    assert_given_back(&screen);
}

#[test]
fn reset_keeps_what_was_written() {
    let mut session = workshop();
    session.shows("everything after");
    let root = session.folder.path().join("batchlab-workshop");
    let script = root.join("exercises/01_basics/s1_session.py");
    std::fs::write(&script, "mine = 1\n").expect("the learner's file");
    session.shows("run 2");
    session.press("Rreset\r");
    session.shows("Your text is kept in");
    session.press("q");
    session.shows("steps are passed");
    session.press("q");
    assert_eq!(session.wait(), 0);
    let kept = std::fs::read_to_string(root.join(".batchlab/attic/01_basics-s1_session-001.py")).expect("the attic");
    assert_eq!(kept, "mine = 1\n");
    assert!(std::fs::read_to_string(&script).expect("the starter").contains("TODO"));
}

const SHUFFLE: &str = r#"
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("x").config("spark.sql.shuffle.partitions", "4").getOrCreate()
rows = spark.range(0, 20000, 1, 8).groupBy((F.col("id") % 7).alias("k")).count()
print("groups:", rows.orderBy("k").count())
"#;

#[test]
fn a_screen_on_which_nothing_moves_sends_nothing_and_sleeps() {
    let mut session = session(120, 40);
    session.shows("? keys");
    // A busy machine makes each wake-up dearer, never cheaper: one quiet rest of three is enough.
    let is_quiet = (0..3).any(|_| session.rests().is_none_or(|(busy, _)| busy <= 5_000_000));
    assert!(is_quiet, "three times more than 0.1 % of 5 s");
    session.press("q");
    assert_eq!(session.end().0, 0);
}

#[test]
fn a_run_that_tells_nothing_does_not_wake_the_screen() {
    let mut session = script("while True: pass\n", &["--steps", "100000000000"]);
    session.shows("? keys");
    session.rests();
    session.press("q");
    assert_eq!(session.wait(), 130);
}

#[test]
fn pages_open_over_the_theatre_and_go_back_to_it() {
    let mut session = script(SHUFFLE, &["--nodes", "4", "--cores", "2"]);
    session.shows("1 Stages");
    session.press("G");
    session.shows("the script has ended");
    session.press("p");
    session.shows("step 1 of");
    session.press("d");
    session.shows("per partition");
    session.press("\u{1b}");
    session.shows("step 1 of");
    session.press("t");
    session.shows("2 Nodes");
    session.press("?");
    session.shows("type to find");
    session.press("rule by");
    session.shows("> rule by");
    session.press("\r");
    session.shows("step 1 of");
    session.press("\u{3}");
    assert_eq!(session.end().0, 130);
}

#[test]
fn what_the_script_printed_is_there_after_the_theatre() {
    let mut session = script(SHUFFLE, &["--nodes", "4", "--cores", "2"]);
    session.shows("1 Stages");
    session.press("G");
    session.shows("the script has ended");
    session.press("q");
    let (status, screen) = session.end();
    assert_eq!(status, 0);
    assert_given_back(&screen);
    assert!(screen.screen().contents().contains("groups: 7"), "{}", screen.screen().contents());
}

#[test]
fn a_node_killed_in_the_theatre_makes_a_branch_that_leaves_nothing_behind() {
    let mut session = script(SHUFFLE, &["--nodes", "4", "--cores", "2"]);
    session.shows("1 Stages");
    session.press("G");
    session.shows("the script has ended");
    session.press("g}}");
    session.press("K");
    session.shows("Break something at");
    session.press("\r");
    session.shows("BRANCH");
    session.press(" G=");
    session.shows("printed and wrote the same");
    session.press("=");
    let scratch = session.folder.path().join("scratch");
    session.press("q");
    let left = || std::fs::read_dir(&scratch).map_or(0, std::iter::Iterator::count);
    assert_eq!(session.wait(), 0);
    assert_eq!(left(), 0);
}

#[test]
fn a_script_that_fails_says_so_on_the_screen_and_after_it() {
    let mut session = script("x = 1\nprint(undefined_name)\n", &[]);
    session.shows("What went wrong");
    session.shows("undefined_name");
    session.press("q");
    let (status, screen) = session.end();
    assert_eq!(status, 1);
    assert_given_back(&screen);
    assert!(screen.screen().contents().contains("undefined_name"));
}

#[test]
fn a_script_is_stepped_and_an_action_lights_its_plan() {
    let mut session = script(SHUFFLE, &["--nodes", "4", "--cores", "2", "--until", "line:5"]);
    session.shows("Script and plan: line 5");
    session.shows("no plan yet");
    session.shows("no action yet, so no stage");
    session.press(">");
    session.shows("· groupBy");
    session.shows("Script and plan: line 6");
    session.press(">");
    session.shows("► groupBy");
    session.press(">");
    session.shows("the script has ended");
    session.press("<");
    session.shows("Script and plan: line 6");
    session.press("q");
    let (status, screen) = session.end();
    assert_eq!(status, 0);
    assert_given_back(&screen);
}

#[test]
fn lines_are_typed_beside_the_theatre() {
    let mut session = program("", &["shell", "--nodes", "2", "--cores", "2"]);
    session.shows("SparkSession is there as `spark`");
    session.press("df = spark.range(100)\r");
    session.shows("· range 0 to 100");
    session.press("1 / 0\r");
    session.shows("ZeroDivisionError");
    session.press("df.cou\t");
    session.shows(">>> df.count");
    session.press("() + 1\r");
    session.shows("\n 101");
    session.shows("■ range 0 to 100");
    session.press("\u{1b}");
    session.shows("THEATRE");
    session.press("q");
    session.shows("SHELL");
    session.press("\u{4}");
    let (status, screen) = session.end();
    assert_eq!(status, 0);
    assert_given_back(&screen);
    assert!(screen.screen().contents().contains(">>> df.count() + 1\n101"), "{}", screen.screen().contents());
}

#[test]
fn what_was_typed_is_done_again_with_a_fault() {
    let mut session = program("", &["shell", "--nodes", "2", "--cores", "2"]);
    session.shows("SparkSession is there as `spark`");
    session.press("spark.range(4000).repartition(8).count()\r");
    session.shows("\n 4000");
    session.press("\u{1b}");
    session.shows("THEATRE");
    session.press("g}}K");
    session.shows("Break something");
    session.press("\r");
    session.shows("BRANCH node-");
    session.press("q");
    session.shows("SHELL");
    session.press("1 + 1\r");
    session.shows("\n 2");
    session.press("\u{4}");
    assert_eq!(session.wait(), 0);
}

#[test]
fn a_world_is_played_on_its_own_screen() {
    let mut session = program("", &["world", "store", "--set", "writes=12"]);
    session.shows("WORLD  store");
    session.press("]]");
    session.shows("what do you expect?");
    session.press("G");
    session.shows("acknowledged writes lost");
    session.press("q");
    let (status, screen) = session.end();
    assert_eq!(status, 0);
    assert_given_back(&screen);
}

#[test]
fn an_endless_entry_is_stopped_and_the_shell_goes_on() {
    let mut session = program("", &["shell", "--nodes", "1", "--cores", "1"]);
    session.shows("SparkSession is there as `spark`");
    session.press("while True: pass\r\r");
    session.shows("Ctrl-C stop");
    session.press("\u{3}");
    session.shows("KeyboardInterrupt");
    session.press("6 * 7\r");
    session.shows("\n 42");
    session.press("exit(5)\r");
    assert_eq!(session.end().0, 5);
}

/// Not a test by itself: the program of the test below.
#[test]
#[ignore = "panics while it draws; run by the test below"]
fn a_frame_that_panics() {
    let mut screen =
        batchlab::tui::terminal::Screen::open(batchlab::tui::ScreenOptions::default()).expect("a terminal");
    let engine = std::thread::spawn(|| panic!("an engine's panic"));
    assert!(engine.join().is_err());
    screen.draw(|_, _| panic!("a panic while drawing")).expect("a frame");
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = CommandBuilder::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "a_frame_that_panics", "--ignored", "--nocapture"]);
    let session = in_terminal(command, folder, 120, 40);
    let (status, screen) = session.end();
    assert_ne!(status, 0);
    assert_given_back(&screen);
    let text = screen.screen().contents();
    assert!(text.contains("a panic while drawing") && text.contains("an engine's panic"), "{text}");
}
