//! The only place that touches the terminal: enter, draw, read, leave, and leave in every case.
//!
//! [`Screen`] puts the terminal into raw mode on the alternate screen with mouse and bracketed paste. It is restored when the value is
//! dropped, before a panic is reported, after SIGTERM, SIGHUP and SIGINT (seen as [`Screen::is_interrupted`], like a terminal that has gone
//! away), and around a suspension.
//! A panic on another thread, such as an engine's, leaves the screen alone; what it says is written when the screen is closed.

#[cfg(unix)]
use super::hang_up::{GONE, HangUp};
use super::pace::Pace;
use super::{Bell, ScreenOptions};
use crate::common::base64;
use crate::common::text::plural;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Seek, Stdout, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// The terminal has gone away; crossterm would read for ever.
    Gone,
    /// A bell that is heard only once: whoever waits looks for news.
    Rung,
    /// Input, or the time is over.
    Otherwise,
}

/// A wait that no bell can end.
const DEAF: Duration = Duration::from_millis(40);

/// Whether the terminal is ours now; read by the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();
/// The thread that draws.
static DRAWS: Mutex<Option<ThreadId>> = Mutex::new(None);
/// What other threads said in panic while the screen was up.
static LATER: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The terminal while a screen is shown.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    stop: Arc<AtomicBool>,
    /// Rung by signals: one that comes just before a wait ends it, too.
    alarm: Bell,
    signals: Vec<signal_hook::SigId>,
    /// Absent where keys do not come from standard input.
    #[cfg(unix)]
    _hang_up: Option<HangUp>,
    /// Keys come from standard input; otherwise crossterm opens the terminal itself.
    reads_stdin: bool,
    /// The mouse speaks to us, not to the terminal.
    takes_mouse: bool,
    /// The size of the last frame.
    drawn: Size,
    /// When that was, and how fast the next may follow.
    drawn_at: Instant,
    pace: Pace,
    /// The rate of frames, since the line was found to be slow.
    slowed: Option<u32>,
    /// Where copies are kept for terminals that do not take them.
    copies: Option<(PathBuf, File)>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(options: ScreenOptions) -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if TAKEN.load(Ordering::SeqCst) && !draws() {
                    held(&LATER).push(panic.to_string());
                    return;
                }
                leave();
                before(panic);
            }));
        });
        *held(&DRAWS) = Some(std::thread::current().id());
        let stop = Arc::new(AtomicBool::new(false));
        let alarm = Bell::new()?;
        let signals = register(&stop, &alarm)?;
        let takes_mouse = !options.no_mouse;
        enter(takes_mouse)?;
        let writer = BufWriter::with_capacity(64 * 1024, io::stdout());
        let terminal = Terminal::new(CrosstermBackend::new(writer)).inspect_err(|_| leave())?;
        let reads_stdin = io::stdin().is_terminal();
        let drawn = Size::default();
        let (drawn_at, pace) = (Instant::now(), Pace::new(options.is_remote));
        let mut screen = Screen {
            terminal,
            #[cfg(unix)]
            _hang_up: reads_stdin.then(|| HangUp::watch(Arc::clone(&stop))).transpose().inspect_err(|_| leave())?,
            stop,
            alarm,
            signals,
            reads_stdin,
            takes_mouse,
            drawn,
            drawn_at,
            pace,
            slowed: None,
            copies: None,
        };
        screen.blank()?;
        // The first look at the input also starts the watch on the terminal's size: none may change unseen after the first frame.
        crossterm::event::poll(Duration::ZERO)?;
        Ok(screen)
    }

    /// Draws one frame inside a synchronised update, and gives the area that it covers.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame, Rect)) -> io::Result<Rect> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let mut viewed = Instant::now();
        let draw = |frame: &mut Frame| {
            view(frame, frame.area());
            viewed = Instant::now();
        };
        let area = self.terminal.draw(draw)?.area;
        self.drawn = area.as_size();
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        io::Write::flush(self.terminal.backend_mut())?;
        let slowed = self.pace.wrote(viewed.elapsed(), viewed.duration_since(self.drawn_at));
        self.slowed = slowed.or(self.slowed);
        self.drawn_at = viewed;
        Ok(area)
    }

    /// The least time from one frame to the next.
    #[must_use]
    pub fn between_frames(&self) -> Duration {
        self.pace.between()
    }

    /// The rate of frames, told once when the line is found to be slow.
    pub fn slowed(&mut self) -> Option<u32> {
        self.slowed.take()
    }

    /// The cells of the screen.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn area(&self) -> io::Result<Rect> {
        Ok(Rect::from((Position::ORIGIN, self.terminal.size()?)))
    }

    /// Asks the terminal to put a text into the clipboard (OSC 52); not every terminal does.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        write!(out, "\x1b]52;c;{}\x07", base64::encode(text.as_bytes()))?;
        out.flush()
    }

    /// Copies a text, keeps it in a file as well, and says so.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn hand_over(&mut self, text: &str) -> io::Result<String> {
        self.copy(text)?;
        let lines = plural(text.lines().count() as u64, "line");
        // Whether the terminal takes it, nobody tells us.
        Ok(match self.keep(text) {
            Ok(path) => format!("copied: {lines}, also in {}", path.display()),
            Err(_) => format!("copied: {lines}, if the terminal allows it"),
        })
    }

    /// Keeps a text in a file of this process, in the place of the one before, and says where.
    ///
    /// # Errors
    /// When the folder for temporary files takes none.
    pub fn keep(&mut self, text: &str) -> io::Result<&Path> {
        let (path, file) = match self.copies.take() {
            Some(known) => known,
            None => {
                let path = std::env::temp_dir().join(format!("batchlab-copy-{}.txt", std::process::id()));
                // Only a file that was not there is ours.
                let file = File::create_new(&path)?;
                (path, file)
            }
        };
        let (path, file) = self.copies.insert((path, file));
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(text.as_bytes())?;
        Ok(path)
    }

    /// Waits at most `timeout` for input; then everything that is there already.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn read(&self, timeout: Duration) -> io::Result<Vec<Event>> {
        self.read_waking(timeout, None)
    }

    /// The same; also comes back, with nothing, when the bell is rung.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn read_or_bell(&self, timeout: Duration, bell: &Bell) -> io::Result<Vec<Event>> {
        self.read_waking(timeout, Some(bell))
    }

    fn read_waking(&self, timeout: Duration, bell: Option<&Bell>) -> io::Result<Vec<Event>> {
        let mut events = Vec::new();
        for wait in [Duration::ZERO, timeout] {
            let woken = self.wait(wait, bell)?;
            if woken == Woken::Gone {
                self.stop.store(true, Ordering::Relaxed);
            }
            if self.is_interrupted() {
                break;
            }
            while events.len() < 256 && crossterm::event::poll(Duration::ZERO)? {
                events.push(crossterm::event::read()?);
            }
            if !events.is_empty() || woken == Woken::Rung {
                break;
            }
        }
        Ok(events)
    }

    /// Waits at most `timeout` for input, a signal or the bell.
    fn wait(&self, timeout: Duration, bell: Option<&Bell>) -> io::Result<Woken> {
        #[cfg(unix)]
        if self.reads_stdin {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            let input = io::stdin();
            let bells = [Some(&self.alarm), bell];
            let mut watched = vec![PollFd::new(&input, PollFlags::IN)];
            watched.extend(bells.into_iter().flatten().map(|bell| PollFd::new(bell.ear(), PollFlags::IN)));
            let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
            match poll(&mut watched, Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let rung = bells.into_iter().flatten().zip(&watched[1..]).filter(|(_, ear)| !ear.revents().is_empty());
            let has_rung = rung.map(|(bell, _)| bell.hush()).count() > 0;
            return Ok(match watched[0].revents() {
                input if input.intersects(GONE) => Woken::Gone,
                _ if has_rung => Woken::Rung,
                _ => Woken::Otherwise,
            });
        }
        // Here a bell cannot cut a wait short.
        crossterm::event::poll(if bell.is_some() { timeout.min(DEAF) } else { timeout })?;
        Ok(Woken::Otherwise)
    }

    /// Whether the last frame has another size than the terminal. One that falls between two reads may come as no event.
    #[must_use]
    pub fn is_resized(&self) -> bool {
        self.terminal.size().is_ok_and(|size| size != self.drawn)
    }

    /// Whether a signal asked the program to end.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Gives the terminal back, stops the process as Ctrl-Z does, and takes the terminal again when it goes on.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        leave();
        #[cfg(unix)]
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        enter(self.takes_mouse)?;
        self.blank()
    }

    /// An empty screen that is drawn whole next time. `Terminal::clear` would ask the terminal where its cursor is and wait for the answer.
    fn blank(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // What a broken frame left in the buffer goes out before the terminal is given back, not after.
        let _ = io::Write::flush(self.terminal.backend_mut());
        let _ = execute!(io::stdout(), EndSynchronizedUpdate);
        leave();
        for text in held(&LATER).drain(..) {
            let _ = writeln!(io::stderr(), "{text}");
        }
        for id in self.signals.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

/// Whether this thread draws.
fn draws() -> bool {
    *held(&DRAWS) == Some(std::thread::current().id())
}

/// What a lock holds, also when its last holder panicked.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Signals that ask for the end set `stop`, then ring.
#[cfg(unix)]
fn register(stop: &Arc<AtomicBool>, alarm: &Bell) -> io::Result<Vec<signal_hook::SigId>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let flags = [SIGTERM, SIGHUP, SIGINT].map(|signal| signal_hook::flag::register(signal, Arc::clone(stop)));
    let rings = [SIGTERM, SIGHUP, SIGINT].map(|signal| alarm.ring_at(signal));
    flags.into_iter().chain(rings).collect()
}

/// Signals that ask for the end set `stop`.
#[cfg(not(unix))]
fn register(stop: &Arc<AtomicBool>, _: &Bell) -> io::Result<Vec<signal_hook::SigId>> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    [SIGTERM, SIGINT].map(|signal| signal_hook::flag::register(signal, Arc::clone(stop))).into_iter().collect()
}

fn enter(takes_mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    if takes_mouse {
        queue!(out, EnableMouseCapture)?;
    }
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide).inspect_err(|_| leave())
}

/// Gives the terminal back, once, whatever goes wrong on the way.
fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // First the settings: who sees the screen given back finds them as they were.
    let _ = disable_raw_mode();
    let mut out = io::stdout();
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = out.flush();
}
