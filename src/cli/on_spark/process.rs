//! A program with everything that it starts, as one group: what it says, and an end that leaves nothing behind.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Something that the program wrote: a line with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Out(String),
    Err(String),
}

/// A running program in a process group of its own. Dropped, the whole group is ended at once.
pub(super) struct Group {
    child: Child,
    heard: Receiver<Heard>,
}

impl Group {
    /// Starts it; it reads nothing, and what it writes is heard here.
    pub(super) fn start(mut command: Command) -> io::Result<Group> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let (sender, heard) = channel();
        if let Some(stdout) = child.stdout.take() {
            listen(stdout, Heard::Out, sender.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            listen(stderr, Heard::Err, sender);
        }
        Ok(Group { child, heard })
    }

    /// The next line, waiting for it this long at most.
    pub(super) fn hear(&self, patience: Duration) -> Option<Heard> {
        match self.heard.recv_timeout(patience) {
            Ok(heard) => Some(heard),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                // Both ends are closed; the program will be gone in a moment.
                std::thread::sleep(patience);
                None
            }
        }
    }

    /// Its status, once it has ended.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Asks the group to end.
    pub(super) fn ask_to_end(&mut self) {
        self.signal(false);
    }

    /// Ends the group, whatever it is doing.
    pub(super) fn end_now(&mut self) {
        self.signal(true);
    }

    /// A group that has ended takes no signal, and needs none.
    #[cfg(unix)]
    fn signal(&mut self, now: bool) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = if now { Signal::KILL } else { Signal::TERM };
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _now: bool) {
        let _ = self.child.kill();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end_now();
        // It has been ended; waiting only removes its entry.
        let _ = self.child.wait();
    }
}

/// Sends the lines of a stream, those that are no UTF-8 repaired.
fn listen(stream: impl Read + Send + 'static, kind: fn(String) -> Heard, sender: Sender<Heard>) {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if sender.send(kind(String::from_utf8_lossy(&line).into_owned())).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// The last lines of what a program complained about.
#[derive(Debug, Default)]
pub(super) struct Complaints(VecDeque<String>);

impl Complaints {
    const KEPT: usize = 400;
    const SHOWN: usize = 12;

    pub(super) fn push(&mut self, line: String) {
        if self.0.len() == Self::KEPT {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// What went wrong: Python's last traceback, or the last lines where there is none.
    pub(super) fn essence(&self) -> String {
        let lines: Vec<&str> = self.0.iter().map(|line| line.trim_end()).filter(|line| !is_chatter(line)).collect();
        let traceback = lines.iter().rposition(|line| line.starts_with("Traceback (most recent call last)"));
        let from = traceback.unwrap_or(lines.len().saturating_sub(Self::SHOWN));
        // Below the traceback's last line stand the Java frames, which help nobody who wrote Python.
        let shown = lines[from..].iter().take_while(|line| !line.starts_with("JVM stacktrace:"));
        shown.fold(String::new(), |text, line| text + "  " + &crate::common::text::visible(line) + "\n")
    }
}

/// A line of Spark's own log (`26/01/31 12:00:00 INFO …`), or what it says while it starts.
fn is_chatter(line: &str) -> bool {
    let mut words = line.split(' ');
    let date = words.next().is_some_and(|word| word.len() == 8 && word.matches('/').count() == 2);
    let time = words.next().is_some_and(|word| word.matches(':').count() == 2);
    let level = words.next().is_some_and(|word| matches!(word, "INFO" | "WARN" | "DEBUG"));
    (date && time && level)
        || line.starts_with("WARNING: Using incubator modules")
        || line.starts_with("Using Spark's default log4j")
        || line.starts_with("Setting default log level")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn shell(script: &str) -> Group {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Group::start(command).expect("a shell")
    }

    #[cfg(unix)]
    #[test]
    fn what_a_program_says_is_heard_and_its_status_known() {
        let mut group = shell("echo one; echo two >&2; exit 3");
        let mut heard = Vec::new();
        let status = loop {
            heard.extend(group.hear(Duration::from_millis(5)));
            if let (Some(status), 2) = (group.ended().expect("its status"), heard.len()) {
                break status;
            }
        };
        assert_eq!(status.code(), Some(3));
        assert!(heard.contains(&Heard::Out("one\n".to_owned())) && heard.contains(&Heard::Err("two\n".to_owned())));
    }

    #[cfg(unix)]
    #[test]
    fn the_end_of_a_group_is_the_end_of_its_children() {
        let group = shell("sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait");
        let Some(Heard::Out(child)) = group.hear(Duration::from_secs(20)) else { panic!("the child says who it is") };
        let child: i32 = child.trim().parse().expect("a number");
        let is_there = || {
            let pid = rustix::process::Pid::from_raw(child).expect("a process");
            rustix::process::test_kill_process(pid).is_ok()
        };
        assert!(is_there());
        drop(group);
        // Who adopted it takes a moment to clear its entry.
        assert!((0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            !is_there() || is_zombie(child)
        }));
    }

    #[cfg(unix)]
    fn is_zombie(pid: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    }

    #[test]
    fn the_essence_is_the_last_traceback_without_spark_s_chatter() {
        let mut complaints = Complaints::default();
        for line in [
            "26/11/21 23:07:55 INFO MemoryStore: MemoryStore cleared",
            "Traceback (most recent call last):",
            "  File \"a.py\", line 3, in <module>",
            "26/11/21 23:07:55 WARN TaskSetManager: Lost task",
            "ValueError: no",
            "",
            "JVM stacktrace:",
            "org.apache.spark.SparkException",
        ] {
            complaints.push(format!("{line}\n"));
        }
        let shown = complaints.essence();
        assert_eq!(
            shown.trim_end(),
            "  Traceback (most recent call last):\n    File \"a.py\", line 3, in <module>\n  ValueError: no"
        );
    }
}
