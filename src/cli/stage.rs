//! Brings runs to the theatre: live, saved, and branched.

use super::branches::{self, Again};
use super::{config, marks, output};
use crate::common::{ErrorClass, Result, SparkError, VirtualTime};
use crate::event::log::EventLog;
use crate::event::{Event, EventKind};
use crate::session::RunSpec;
use crate::tui::lesson::model::{Kind, Left, Reader};
use crate::tui::theatre::model::SPEEDS;
use crate::tui::theatre::presenter::Presenting;
use crate::tui::theatre::{self, Beside, Exit, Source, TheatreInput};
use crate::tui::world::model::{self as world_model, WorldModel};
use crate::tui::{self, Depth, GlyphSet, Motion, RunHandle, ScreenOptions, Theme};
use crate::workshop::demo::{Demo, PlayedDemo};
use crate::workshop::lesson::{Lesson, Piece, Played};
use crate::workshop::markdown::{Block, Span, Style};
use crate::workshop::scene::Scene;
use crate::workshop::scratch::Scratch;
use crate::worlds::{World, WorldOutcome};
use clap::ValueEnum;
use serde::Deserialize;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How screens look.
#[derive(Debug, Clone, Copy, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[command(next_help_heading = "Screen")]
pub(crate) struct ScreenArgs {
    /// Colours
    #[arg(long, value_enum)]
    theme: Option<ThemeArg>,
    /// Characters
    #[arg(long, value_enum)]
    glyphs: Option<GlyphArg>,
    /// How many colours the terminal has
    #[arg(long, value_enum)]
    color: Option<ColorArg>,
    /// How much moves
    #[arg(long, value_enum)]
    motion: Option<MotionArg>,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
    #[arg(skip)]
    #[serde(skip)]
    projector: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ThemeArg {
    Dark,
    Light,
    /// The terminal's own sixteen colours
    Terminal,
    Contrast,
    Mono,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ColorArg {
    Never,
    #[value(name = "16")]
    #[serde(rename = "16")]
    Sixteen,
    #[value(name = "256")]
    #[serde(rename = "256")]
    Indexed,
    Rgb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MotionArg {
    Full,
    /// No moving dots, four pictures a second
    Reduced,
    /// A new picture at keys and steps only
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum GlyphArg {
    Unicode,
    Ascii,
}

impl ScreenArgs {
    /// The same for a room: what `P` does in the theatre, everywhere.
    pub(crate) fn for_a_room(self) -> ScreenArgs {
        ScreenArgs { projector: true, ..self }
    }

    /// What was asked for here, else in `batchlab.toml`.
    fn with_config(self) -> ScreenArgs {
        let config = config::get().screen;
        ScreenArgs {
            theme: self.theme.or(config.theme),
            glyphs: self.glyphs.or(config.glyphs),
            color: self.color.or(config.color),
            motion: self.motion.or(config.motion),
            no_mouse: self.no_mouse || config.no_mouse,
            projector: self.projector,
        }
    }

    /// What was asked for, else what the terminal says of itself (`NO_COLOR`, `COLORTERM`, the locale).
    pub(crate) fn options(self) -> ScreenOptions {
        self.with_config().alone()
    }

    fn alone(self) -> ScreenOptions {
        let set = |name: &str| std::env::var(name).unwrap_or_default();
        let no_color = !set("NO_COLOR").is_empty() || set("TERM") == "dumb";
        let theme = match (self.color, self.theme) {
            (Some(ColorArg::Never), _) => Theme::Mono,
            (_, Some(ThemeArg::Dark)) => Theme::Dark,
            (_, Some(ThemeArg::Light)) => Theme::Light,
            (_, Some(ThemeArg::Terminal)) => Theme::Terminal,
            (_, Some(ThemeArg::Contrast)) => Theme::Contrast,
            (_, Some(ThemeArg::Mono)) => Theme::Mono,
            (None, None) if no_color => Theme::Mono,
            (_, None) => Theme::Dark,
        };
        let depth = match self.color {
            Some(ColorArg::Rgb) => Depth::Rgb,
            Some(ColorArg::Indexed) => Depth::Indexed,
            Some(ColorArg::Sixteen | ColorArg::Never) => Depth::Sixteen,
            None if matches!(set("COLORTERM").as_str(), "truecolor" | "24bit") => Depth::Rgb,
            None if set("TERM") == "linux" => Depth::Sixteen,
            None => Depth::Indexed,
        };
        let motion = match self.motion {
            None | Some(MotionArg::Full) => Motion::Full,
            Some(MotionArg::Reduced) => Motion::Reduced,
            Some(MotionArg::None) => Motion::None,
        };
        let locale =
            [set("LC_ALL"), set("LC_CTYPE"), set("LANG")].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        let glyphs = match self.glyphs {
            Some(GlyphArg::Unicode) => GlyphSet::Unicode,
            Some(GlyphArg::Ascii) => GlyphSet::Ascii,
            None if locale == "C" || locale == "POSIX" || set("TERM") == "linux" => GlyphSet::Ascii,
            None => GlyphSet::Unicode,
        };
        ScreenOptions {
            glyphs,
            theme,
            depth,
            motion,
            projector: self.projector,
            no_mouse: self.no_mouse,
            is_remote: !set("SSH_TTY").is_empty(),
        }
    }
}

/// How fast the theatre plays: virtual seconds in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Speed(f64);

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Speed, String> {
        let number = text.trim_end_matches(['x', 'X']).parse().ok();
        let known = number.filter(|number| SPEEDS.contains(number));
        known.map(Speed).ok_or_else(|| format!("the speeds are {}", SPEEDS.map(|speed| speed.to_string()).join(", ")))
    }
}

/// Where and how fast the theatre begins with a run that is over.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Start {
    /// At the first statement of this line.
    pub until: Option<u32>,
    pub at: VirtualTime,
    pub speed: Option<Speed>,
}

/// Runs a script in the theatre, into this log; gives the exit status.
pub(crate) fn watch(
    spec: &RunSpec,
    log: &EventLog,
    title: &str,
    until: Option<u32>,
    speed: Option<Speed>,
    presenting: Option<Presenting>,
    screen: ScreenArgs,
) -> Result<u8> {
    let main = branches::start(spec, log.clone());
    let input = TheatreInput {
        presenting,
        engine: Some(branches::engine(spec.clone(), Again::Script)),
        paused: false,
        until,
        speed: speed.map(|speed| speed.0),
        ..TheatreInput::new(title.to_owned(), Source::Live(main.clone()), screen.options())
    };
    let left = theatre::run(input).map_err(|error| no_terminal(&error));
    // A script that is left before its end is interrupted, however fast it stops.
    let end = main.end().cloned();
    main.stop();
    Ok(match left? {
        Exit::Interrupted => 130,
        Exit::Back => end.map_or(130, |end| {
            if let Some(error) = &end.error {
                output::err(error);
            }
            u8::try_from(end.exit).unwrap_or(1)
        }),
    })
}

/// Shows a run that is told anew as it goes on, from its first telling. Leaving it asks it to stop; nothing is shown of one that ends untold.
pub(crate) fn follow(run: &RunHandle, title: &str, screen: ScreenArgs) -> Result<()> {
    while !run.is_told() {
        if run.end().is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let left = theatre::run(TheatreInput::new(title.to_owned(), Source::Followed(run.clone()), screen.options()));
    if left.is_err() {
        run.stop();
    }
    left.map(|_| ()).map_err(|error| no_terminal(&error))
}

/// Writes what the script printed, once its screen is closed: standard output is the script's.
pub(crate) fn give_out(events: &[Arc<Event>]) {
    for event in events {
        match &event.kind {
            EventKind::Printed { text } => output::out(text),
            EventKind::ErrorPrinted { text } => output::err(text),
            _ => {}
        }
    }
}

/// Shows a saved run, to others as well where there is a way. Marks that cannot be read are left alone, and the reason is said.
pub(crate) fn replay(
    log: &Path,
    events: Vec<Arc<Event>>,
    start: Start,
    presenting: Option<Presenting>,
    screen: ScreenArgs,
) -> u8 {
    let speed = start.speed.map(|speed| speed.0);
    let (marks, greeting) = match marks::beside_log(log, events.len()) {
        Ok(marks) => (Some(marks), None),
        Err(reason) => (None, Some(reason)),
    };
    let input = TheatreInput::new(log.display().to_string(), Source::Recorded(events), screen.options());
    show(TheatreInput { at: start.at, until: start.until, speed, presenting, marks, greeting, ..input })
}

/// Shows two saved runs side by side.
pub(crate) fn compare(runs: [(String, Vec<Arc<Event>>); 2], screen: ScreenArgs) -> u8 {
    let title = format!("{} and {}", runs[0].0, runs[1].0);
    show(TheatreInput::new(title, Source::Compared(runs), screen.options()))
}

/// Shows a run that is over, from a position on; where it is known how to run it again, faults can be added to it.
pub(crate) fn review(
    spec: Option<RunSpec>,
    events: Vec<Arc<Event>>,
    title: &str,
    (from, verdicts): (usize, Vec<(usize, String)>),
    beside: Option<Beside>,
    screen: ScreenArgs,
) -> u8 {
    let input = TheatreInput::new(title.to_owned(), Source::Recorded(events), screen.options());
    let engine = spec.map(|spec| branches::engine(spec, Again::Script));
    show_beside(TheatreInput { engine, from, verdicts, ..input }, beside)
}

fn show(input: TheatreInput) -> u8 {
    show_beside(input, None)
}

fn show_beside(input: TheatreInput, beside: Option<Beside>) -> u8 {
    match theatre::run_beside(input, beside) {
        Ok(Exit::Back) => 0,
        Ok(Exit::Interrupted) => 130,
        Err(error) => super::launch::refuse(&no_terminal(&error)),
    }
}

/// Shows lessons from the one with this index on; gives the exit status.
pub(crate) fn read(lessons: &[Lesson], first: usize, screen: ScreenArgs) -> Result<u8> {
    let studio = super::classroom::studio();
    let mut backstage = Backstage::default();
    let (mut index, mut at_end) = (first, false);
    while let Some(lesson) = lessons.get(index) {
        let played = lesson.play(&studio)?;
        let head = &lesson.head;
        let mut reader = Reader::new(
            Kind::Lesson,
            format!("{}  {}", head.id, head.title),
            head.minutes,
            head.opening.clone(),
            &played,
        );
        if at_end {
            reader.page = reader.pages.len().saturating_sub(1);
        }
        loop {
            match turn_pages(&mut reader, &mut backstage, screen)? {
                Left::Back => return Ok(0),
                Left::Interrupted => return Ok(130),
                Left::Next if index + 1 < lessons.len() => {
                    (index, at_end) = (index + 1, false);
                    break;
                }
                Left::Previous if index > 0 => {
                    (index, at_end) = (index - 1, true);
                    break;
                }
                _ => {}
            }
        }
    }
    Ok(0)
}

/// Shows a demo: a page for each beat, the figures last.
pub(crate) fn demo(demo: &Demo, played: &PlayedDemo, screen: ScreenArgs) -> Result<u8> {
    let title = format!("{}  {}", demo.id, demo.title);
    let pages = Played { scenes: played.scenes.clone(), pages: beats(played) };
    let kind = Kind::Demo { id: demo.id.clone(), notes: demo.notes.trim().to_owned() };
    let mut reader = Reader::new(kind, title, demo.minutes, demo.about.clone(), &pages);
    reader.projector = screen.projector;
    let mut backstage = Backstage::default();
    loop {
        match turn_pages(&mut reader, &mut backstage, screen)? {
            Left::Back => return Ok(0),
            Left::Interrupted => return Ok(130),
            _ => {}
        }
    }
}

/// Shows pages, and the theatre when it is asked for, until the person leaves them.
fn turn_pages(reader: &mut Reader, backstage: &mut Backstage, screen: ScreenArgs) -> Result<Left> {
    loop {
        // What the room sees of the theatre looks as what it sees of the pages.
        let screen = ScreenArgs { projector: reader.projector, ..screen };
        match tui::lesson::run(reader, screen.options()).map_err(|error| no_terminal(&error))? {
            Left::Theatre if show_take(reader, backstage, screen) == 130 => return Ok(Left::Interrupted),
            Left::Theatre => {}
            left => return Ok(left),
        }
    }
}

/// Tables of scenes, laid out once, so that their runs can be broken, and compared with what came of that.
#[derive(Default)]
struct Backstage {
    sets: Vec<Set>,
}

/// What one scene is played with.
struct Set {
    scene: Scene,
    /// Removes the tables when the pages are left.
    _tables: Option<Scratch>,
    /// How to do the run again, or why it can only be watched.
    spec: std::result::Result<RunSpec, String>,
}

impl Set {
    fn up(scene: &Scene) -> Set {
        let (tables, spec) = match super::classroom::studio().set_up(scene) {
            Ok((tables, spec)) => (Some(tables), Ok(spec)),
            Err(error) => {
                let why = error.message();
                (None, Err(format!("this run can be watched, not branched: its tables could not be laid out ({why})")))
            }
        };
        Set { scene: scene.clone(), _tables: tables, spec }
    }
}

impl Backstage {
    /// How to do a scene's run again, or why it can only be watched.
    fn spec(&mut self, scene: &Scene) -> std::result::Result<RunSpec, String> {
        if let Some(known) = self.sets.iter().find(|set| set.scene == *scene) {
            return known.spec.clone();
        }
        let set = Set::up(scene);
        let spec = set.spec.clone();
        self.sets.push(set);
        spec
    }
}

/// The run of the last picture of this page, in the theatre.
fn show_take(reader: &Reader, backstage: &mut Backstage, screen: ScreenArgs) -> u8 {
    let pictures = reader.pictures().0;
    let Some(picture) = pictures.last() else { return 0 };
    let take = &picture.take;
    match &take.world {
        Some(outcome) => world(None, outcome.clone(), picture.at.position, screen),
        None => {
            let input =
                TheatreInput::new(take.scene.script.clone(), Source::Recorded(take.events.clone()), screen.options());
            let input = TheatreInput { from: picture.at.position, ..input };
            show(match backstage.spec(&take.scene) {
                Ok(spec) => TheatreInput { engine: Some(branches::engine(spec, Again::Script)), ..input },
                Err(reason) => TheatreInput { greeting: Some(reason), ..input },
            })
        }
    }
}

/// Shows a world after so many of its moments; gives the exit status.
pub(crate) fn world(world: Option<World>, outcome: WorldOutcome, position: usize, screen: ScreenArgs) -> u8 {
    let mut model = WorldModel { world, ..WorldModel::new(outcome.world.to_owned(), outcome) };
    model.to_position(position);
    match tui::world::run(&mut model, screen.options()) {
        Ok(world_model::Left::Back) => 0,
        Ok(world_model::Left::Interrupted) => 130,
        Err(error) => super::launch::refuse(&no_terminal(&error)),
    }
}

fn beats(played: &PlayedDemo) -> Vec<Vec<Piece>> {
    let words = |text: &str| vec![Span { text: text.to_owned(), style: Style::Plain }];
    let mut pages: Vec<Vec<Piece>> = Vec::new();
    for (number, beat) in played.beats.iter().enumerate() {
        let head = format!("Beat {} of {}", number + 1, played.beats.len());
        let mut page =
            vec![Piece::Text(Block::Heading(2, words(&head))), Piece::Text(Block::Paragraph(words(&beat.say)))];
        let asked = page.len();
        page.extend(beat.picture.clone().map(|picture| Piece::Picture(Box::new(picture))));
        if beat.ask {
            // What stands behind an open question is covered.
            let at = if beat.covered { asked } else { page.len() };
            page.insert(at, Piece::Predict(played.question.clone()));
        }
        pages.push(page);
    }
    let mut figures = vec![Piece::Text(Block::Heading(2, words("Figures")))];
    figures.extend(played.figures.iter().map(|(say, holds)| {
        let sign = format!("{}:", played.sign(*holds));
        Piece::Text(Block::Item(0, sign, words(say)))
    }));
    pages.push(figures);
    pages
}

pub(crate) fn no_terminal(error: &std::io::Error) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("the terminal cannot be used: {error}"))
        .with_help("--no-tui tells the run in plain text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(script: &str) -> Scene {
        toml::from_str(&format!("name = \"x\"\nscript = \"{script}\"\n")).expect("a scene")
    }

    #[test]
    fn a_scene_s_tables_are_laid_out_once() {
        let mut backstage = Backstage::default();
        let scene = scene("demos/scripts/lineage.py");
        let first = backstage.spec(&scene).expect("a run");
        let again = backstage.spec(&scene).expect("a run");
        assert_eq!((first.root, backstage.sets.len()), (again.root, 1));
    }

    #[test]
    fn a_scene_that_cannot_be_laid_out_says_why() {
        let said = Backstage::default().spec(&scene("demos/scripts/nowhere.py")).expect_err("no such script");
        assert!(said.contains("can be watched, not branched") && said.contains("nowhere.py"), "{said}");
    }
}
