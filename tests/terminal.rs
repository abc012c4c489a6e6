//! The theatre in a real terminal: it comes up, follows the size, and gives the terminal back whatever ends it.

#![cfg(unix)]

use batchlab::common::ids::NodeId;
use batchlab::common::time::VirtualTime;
use batchlab::event::log::{self, EventLog};
use batchlab::event::{ClusterShape, EventKind};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// The program in a terminal of its own.
struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    _folder: tempfile::TempDir,
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn session(cols: u16, rows: u16) -> Session {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.jsonl");
    let mut file = std::fs::File::create(&path).expect("a file");
    log::write(&small_run().snapshot(), &mut file).expect("a log");
    let pair = native_pty_system().openpty(size(cols, rows)).expect("a terminal");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_batchlab"));
    command.args(["replay", path.to_str().expect("a plain path")]);
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
    Session { child, master: pair.master, keys, output, screen, _folder: folder }
}

fn small_run() -> EventLog {
    let log = EventLog::new();
    let cluster = ClusterShape { name: "w2".into(), nodes: 2, cores_per_node: 2, memory_per_node_bytes: 1 << 30 };
    let start = EventKind::ApplicationStarted {
        name: "x.py".into(),
        script: String::new(),
        seed: 42,
        cluster,
        conf: Vec::new(),
    };
    log.push(VirtualTime::ZERO, start);
    for node in [1, 2] {
        log.push(VirtualTime::ZERO, EventKind::NodeAdded { node: NodeId(node), cores: 2, memory_bytes: 1 << 30 });
    }
    log.push(VirtualTime::from_secs_f64(1.0), EventKind::NodeDied { node: NodeId(2) });
    log.push(VirtualTime::from_secs_f64(2.0), EventKind::ApplicationEnded { exit: 0 });
    log
}

impl Session {
    /// Reads until the screen shows a text.
    fn shows(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.screen.screen().contents().contains(text) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    self.child.kill().expect("it runs");
                    panic!("{text:?} was not shown:\n{}", self.screen.screen().contents())
                }
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a keyboard");
        self.keys.flush().expect("a keyboard");
    }

    /// Waits for the end; gives the exit status, with the terminal as it was left.
    fn end(mut self) -> (u32, vt100::Parser) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if Instant::now() > end {
                self.child.kill().expect("it runs");
                panic!("it does not end");
            }
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.screen.process(&bytes);
            }
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.screen.process(&bytes);
        }
        (status.exit_code(), self.screen)
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
    let id = session.child.process_id().expect("a running program").to_string();
    let killed = std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill");
    assert!(killed.success());
    let (status, screen) = session.end();
    assert_eq!(status, 130);
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
    session.press("?");
    let Session { mut child, master, keys, output, .. } = session;
    // The reader holds the terminal too: it ends at the first bytes that nobody wants.
    drop((master, keys, output));
    let end = Instant::now() + PATIENCE;
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > end {
            child.kill().expect("it runs");
            panic!("it goes on without a terminal");
        }
        std::thread::sleep(Duration::from_millis(20));
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
