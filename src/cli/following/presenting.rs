//! What a presenter's theatre shows, in files beside the log, for windows that follow it.
//!
//! ```text
//!   run.jsonl             the log (`.inprogress` while it is written)
//!   run.jsonl.shown       what the presenter shows: one line, replaced whole, so that nobody reads a half
//!   run.jsonl.branch-1    the log of the first branch, as far as it has come
//! ```
//! They are there as long as the presenter is.

use super::{POLL, own};
use crate::cli::following::Scribe;
use crate::event::log::EventLog;
use crate::storage::{beside, in_progress, write_whole};
use crate::tui::theatre::presenter::{Leader, Led, Presenting, Shown};
use crate::tui::{RunEnd, RunHandle};
use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is shown is not written more often than this.
const BETWEEN: Duration = Duration::from_millis(100);
/// Looks at something that cannot be read after which it is said: a folder of another machine may show a file before its text.
const PATIENCE: u32 = 5;

fn shown_path(log: &Path) -> PathBuf {
    beside(log, "shown")
}

fn branch_path(log: &Path, number: usize) -> PathBuf {
    beside(log, &format!("branch-{number}"))
}

/// The presenter's side. The files are gone with it.
pub(in crate::cli) struct Stand {
    log: PathBuf,
    shown: Option<Sender<Shown>>,
    writing: Option<JoinHandle<()>>,
    branches: Rc<RefCell<Vec<Scribe>>>,
}

impl Stand {
    /// Beside this log; what cannot be written there is not followed, and the presenter's theatre goes on.
    pub(in crate::cli) fn beside(log: &Path) -> Stand {
        let (shown, news) = channel();
        let path = shown_path(log);
        let writing = std::thread::spawn(move || write_shown(&path, &news));
        Stand { log: log.to_owned(), shown: Some(shown), writing: Some(writing), branches: Rc::default() }
    }

    /// The theatre's way to it.
    pub(in crate::cli) fn presenting(&self) -> Presenting {
        let (shown, branches, log) = (self.shown.clone(), Rc::clone(&self.branches), self.log.clone());
        Presenting {
            on_shown: Box::new(move |now| {
                // A writer that has gone could not write.
                if let Some(shown) = &shown {
                    let _ = shown.send(now.clone());
                }
            }),
            on_branch: Box::new(move |number, events: &EventLog| {
                let path = branch_path(&log, number);
                if let Ok(scribe) = Scribe::start(&path, events) {
                    branches.borrow_mut().push(scribe);
                }
            }),
        }
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.shown = None;
        if let Some(writing) = self.writing.take() {
            let _ = writing.join();
        }
        let count = self.branches.borrow().len();
        // Their writers end with them; the files that they leave are removed.
        self.branches.borrow_mut().drain(..).for_each(Scribe::leave);
        let branches = (1..=count).map(|number| in_progress(&branch_path(&self.log, number)));
        for path in branches.chain([shown_path(&self.log)]) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Writes what is shown, the newest of what has come meanwhile, until nobody shows anything any more.
fn write_shown(path: &Path, news: &Receiver<Shown>) {
    while let Ok(first) = news.recv() {
        let newest = news.try_iter().last().unwrap_or(first);
        if write_whole(path, |out| out.write_all(newest.text().as_bytes())).is_err() {
            return;
        }
        std::thread::sleep(BETWEEN);
    }
}

/// The follower's side: reads what the presenter of a log shows, until it is told to stop.
pub(super) fn attend(log: PathBuf, leader: Leader, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut looking = Looking { log, ..Looking::default() };
        while !stop.load(Ordering::Relaxed) {
            for led in looking.look(&stop) {
                leader.tell(led);
            }
            std::thread::sleep(POLL);
        }
    })
}

/// How far what a presenter shows was read.
#[derive(Default)]
struct Looking {
    log: PathBuf,
    /// What was read last.
    text: Option<String>,
    branches: usize,
    /// Looks in a row at something that cannot be read.
    misses: u32,
}

impl Looking {
    /// What is new.
    fn look(&mut self, stop: &Arc<AtomicBool>) -> Vec<Led> {
        let Ok(text) = std::fs::read_to_string(shown_path(&self.log)) else {
            let was_there = self.text.take().is_some();
            return was_there.then(|| Led::Gone("the presenter has left".to_owned())).into_iter().collect();
        };
        if self.text.as_ref() == Some(&text) {
            return Vec::new();
        }
        match Shown::read(&text) {
            Ok(shown) => {
                self.misses = 0;
                self.text = Some(text);
                let mut news = self.branches(&shown, stop);
                news.push(Led::Shown(shown));
                news
            }
            Err(reason) => {
                self.misses += 1;
                if self.misses != PATIENCE {
                    return Vec::new();
                }
                (self.text, self.misses) = (Some(text), 0);
                let path = shown_path(&self.log);
                let name = path.file_name().unwrap_or(path.as_os_str()).display();
                vec![Led::Gone(format!("{name} cannot be read ({reason})"))]
            }
        }
    }

    /// The branches that are new, each read by a thread of its own.
    fn branches(&mut self, shown: &Shown, stop: &Arc<AtomicBool>) -> Vec<Led> {
        let first = self.branches + 1;
        self.branches = self.branches.max(shown.branches.len());
        let new = (first..=shown.branches.len()).zip(shown.branches.iter().skip(first - 1));
        new.map(|(number, name)| {
            let handle = RunHandle::new(EventLog::new(), Arc::clone(stop));
            let (path, told) = (in_progress(&branch_path(&self.log, number)), handle.clone());
            std::thread::spawn(move || {
                let read = own::follow_into(&path, &told);
                let error = read.err().map(|error| error.message().to_owned());
                told.finish(RunEnd { exit: i32::from(error.is_some()), error });
            });
            Led::Branch { name: name.clone(), handle }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::NodeId;
    use crate::common::time::VirtualTime;
    use crate::event::EventKind;
    use crate::tui::ScreenOptions;
    use crate::tui::theatre::model::Model;
    use crate::tui::theatre::recording::Recording;

    fn shown(run: usize, branches: &[&str]) -> Shown {
        let model = Model::new("x".to_owned(), Recording::default(), ScreenOptions::default(), false, true);
        let branches = branches.iter().map(|name| (*name).to_owned()).collect();
        Shown { branches, run, ..Shown::of(&model) }
    }

    /// Looks until something is new.
    fn news(looking: &mut Looking, stop: &Arc<AtomicBool>) -> Vec<Led> {
        for _ in 0..200 {
            let news = looking.look(stop);
            if !news.is_empty() {
                return news;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Vec::new()
    }

    #[test]
    fn a_follower_hears_of_moments_branches_and_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("run.jsonl");
        let (mut looking, stop) = (Looking { log: log.clone(), ..Looking::default() }, Arc::default());
        assert!(looking.look(&stop).is_empty(), "nobody presents");
        let stand = Stand::beside(&log);
        let mut way = stand.presenting();
        (way.on_shown)(&shown(0, &[]));
        let first = news(&mut looking, &stop);
        assert!(matches!(&first[..], [Led::Shown(first)] if *first == shown(0, &[])), "{first:?}");
        let branch = EventLog::new();
        (way.on_branch)(1, &branch);
        (way.on_shown)(&shown(1, &["node-2 dies"]));
        let second = news(&mut looking, &stop);
        let [Led::Branch { name, handle }, Led::Shown(now)] = &second[..] else { panic!("{second:?}") };
        assert_eq!((name.as_str(), now.run), ("node-2 dies", 1));
        branch.push(VirtualTime(7), EventKind::NodeDied { node: NodeId(2) });
        for _ in 0..200 {
            if handle.log.len() == 1 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(handle.log.snapshot(), branch.snapshot(), "the branch grows here, too");
        drop((way, stand));
        assert!(matches!(&news(&mut looking, &stop)[..], [Led::Gone(_)]));
        stop.store(true, Ordering::Relaxed);
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder").collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn what_is_torn_is_told_once_and_clearly() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("run.jsonl");
        let whole = shown(0, &[]).text();
        std::fs::write(shown_path(&log), &whole[..whole.len() / 2]).expect("it is written");
        let (mut looking, stop) = (Looking { log: log.clone(), ..Looking::default() }, Arc::default());
        let told: Vec<Led> = (0..20).flat_map(|_| looking.look(&stop)).collect();
        let [Led::Gone(why)] = &told[..] else { panic!("{told:?}") };
        assert!(why.contains("run.jsonl.shown") && why.contains("it is not whole"), "{why}");
        std::fs::write(shown_path(&log), whole.replace("\"version\":1", "\"version\":99")).expect("it is written");
        let told: Vec<Led> = (0..20).flat_map(|_| looking.look(&stop)).collect();
        let [Led::Gone(why)] = &told[..] else { panic!("{told:?}") };
        assert!(why.contains("another version"), "{why}");
        std::fs::write(shown_path(&log), whole).expect("it is written");
        assert!(matches!(&looking.look(&stop)[..], [Led::Shown(_)]), "and what is whole again is followed");
    }
}
