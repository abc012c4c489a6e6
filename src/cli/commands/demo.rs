//! `batchlab demo [D05]`.

use crate::cli::cluster_args::ClusterArgs;
use crate::cli::stage::{self, ScreenArgs};
use crate::cli::{classroom, launch, output};
use crate::cluster::ClusterConfig;
use crate::common::{ErrorClass, Result, SparkError, text};
use crate::report::page::{self, Answering, Ink, PageLine};
use crate::report::picture;
use crate::workshop::demo::{self, Demo, PlayedDemo};
use crate::workshop::scene::studio::NOW_MICROS;
use crate::workshop::scene::{Changes, Scene, Studio};
use crate::worlds::World;
use std::io::IsTerminal;

/// Play a demo, or list them
///
/// A demo runs its scripts, tells them in beats, asks the room a question and checks that its figures come out. In a terminal it opens in
/// the theatre; otherwise, or with --no-tui, it is told in text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab demo                the list
  batchlab demo D01            in the theatre
  batchlab demo D01 --no-tui   told in text
  batchlab demo D01 --present  on a projector; P does the same inside
  batchlab demo D01 --nodes 8 --cores 2   on another cluster
  batchlab demo D14 --set poll_events=10  a knob turned; --notes lists them
  batchlab demo --verify       checks every figure of every demo")]
pub(crate) struct Args {
    /// Demos such as D05; all for --verify and --notes when none is named
    what: Vec<String>,
    /// Only check the figures; exit status 1 when one does not come out
    #[arg(long)]
    verify: bool,
    /// The presenter's notes instead of the demo
    #[arg(long)]
    notes: bool,
    /// The answer beside the question
    #[arg(long)]
    answers: bool,
    /// Put the question on standard input before the answer is told (plain text)
    #[arg(long)]
    ask: bool,
    /// For a room: big titles, strong colours, nothing dim, and no notes; these go on a second terminal, with --notes
    #[arg(long, conflicts_with = "no_tui")]
    present: bool,
    /// Plain text instead of the theatre
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    screen: ScreenArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let studio = classroom::studio();
    let mut demos = demo::demos(studio.content())?;
    if !args.what.is_empty() {
        demos = args.what.iter().map(|what| named(&demos, what)).collect::<Result<_>>()?;
    }
    if args.notes {
        demos.iter().try_for_each(notes)?;
        return Ok(0);
    }
    if args.verify {
        if !args.cluster.is_untouched() {
            return Ok(output::usage(
                "figures are asserted of a demo as it is",
                "leave --verify out, and the demo tells which figures still hold",
            ));
        }
        return verify(&demos, &studio);
    }
    if args.what.is_empty() {
        list(&demos);
        return Ok(0);
    }
    for demo in demos {
        let demo = if args.cluster.is_untouched() { demo } else { changed(demo, &args.cluster)? };
        let status = play(&demo, &studio, args)?;
        if status != 0 {
            return Ok(status);
        }
    }
    Ok(0)
}

fn named(demos: &[Demo], what: &str) -> Result<Demo> {
    let found = demos.iter().find(|demo| demo.id.eq_ignore_ascii_case(what));
    found.cloned().ok_or_else(|| {
        let help = text::suggestion(what, demos.iter().map(|demo| demo.id.as_str()), "`batchlab demo` lists them");
        refused(format!("there is no demo {}", text::visible(what))).with_help(help)
    })
}

fn refused(message: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
}

/// The demo on another cluster, with more faults, or with its knobs turned.
fn changed(mut demo: Demo, args: &ClusterArgs) -> Result<Demo> {
    let (conf, knobs): (Vec<_>, Vec<_>) = args.settings()?.into_iter().partition(|(key, _)| key.contains('.'));
    for knob in &knobs {
        let known = knobs_of(&demo)?;
        if !known.contains_key(&knob.0) {
            let none = if known.is_empty() { "it has none" } else { "`--notes` lists its knobs" };
            let help = text::suggestion(&knob.0, known.keys().map(String::as_str), none);
            return Err(refused(format!("{} has no knob {}", demo.id, text::visible(&knob.0))).with_help(help));
        }
    }
    for scene in &mut demo.scene {
        if let Some(world) = &scene.world {
            let free = free_settings(world, scene)?;
            scene.set.extend(knobs.iter().filter(|(key, _)| free.contains_key(key)).cloned());
            scene.seed = args.seed;
        } else {
            let changes = changes(&scene.config()?, &conf, args)?;
            scene.cluster.clone_from(&changes.cluster.name);
            scene.changes = Some(Box::new(changes));
        }
    }
    demo.is_changed = true;
    Ok(demo)
}

fn changes(base: &ClusterConfig, conf: &[(String, String)], args: &ClusterArgs) -> Result<Changes> {
    let cluster = args.over(base.clone())?;
    Ok(Changes {
        faults: args.faults(&cluster)?,
        cluster,
        conf: conf.to_vec(),
        seed: args.seed,
        now_micros: args.now_micros(NOW_MICROS)?,
        steps_max: args.steps,
        process_memory_bytes: args.process_memory_bytes()?,
        allow: args.allow_path.clone(),
        words: args.words(),
    })
}

/// What can be turned in the worlds of a demo, and where it stands in the first of them that leaves it free: what a scene sets itself is what
/// the demo compares.
fn knobs_of(demo: &Demo) -> Result<toml::Table> {
    let mut knobs = toml::Table::new();
    for scene in &demo.scene {
        let Some(world) = &scene.world else { continue };
        for (key, value) in free_settings(world, scene)? {
            knobs.entry(key).or_insert(value);
        }
    }
    Ok(knobs)
}

/// The settings of a scene's world that the scene leaves as they are.
fn free_settings(world: &str, scene: &Scene) -> Result<toml::Table> {
    let sets: Vec<(String, String)> = scene.set.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let table = World::configure(world, None, &sets)?.settings()?.parse::<toml::Table>();
    let table = table.map_err(|error| SparkError::internal(format!("settings that do not read back: {error}")))?;
    Ok(table.into_iter().filter(|(key, _)| !scene.set.contains_key(key)).collect())
}

fn list(demos: &[Demo]) {
    let width = classroom::width().min(100);
    let mut lines = vec![PageLine::of(Ink::Title, "Demos"), PageLine::default()];
    for demo in demos {
        lines.push(PageLine(vec![
            (Ink::Key, format!("  {}", demo.id)),
            (Ink::Text, format!("  {}", demo.title)),
            (Ink::Dim, format!("  {} min", demo.minutes)),
        ]));
        lines.extend(page::words(&demo.about, width, "       "));
    }
    classroom::show(&lines);
}

fn notes(demo: &Demo) -> Result<()> {
    let width = classroom::width().min(84);
    let mut lines = vec![PageLine::of(Ink::Title, format!("{}  {}: for the presenter", demo.id, demo.title))];
    lines.extend(page::words(&demo.notes, width, "  "));
    lines.push(PageLine::of(Ink::Strong, "  Ask the room"));
    lines.extend(page::words(&demo.question.ask, width, "    "));
    lines.push(PageLine::of(Ink::Strong, "  Beats"));
    for (number, beat) in demo.beat.iter().enumerate() {
        let stop = if beat.ask {
            ", ask here"
        } else if beat.stop {
            ", stop here"
        } else {
            ""
        };
        lines.push(PageLine::of(Ink::Text, format!("    {}. {}{stop}", number + 1, beat.at)));
    }
    let knobs = knobs_of(demo)?;
    if !knobs.is_empty() {
        lines.push(PageLine::of(Ink::Strong, "  Knobs, each with --set KEY=VALUE"));
        let words: Vec<String> = knobs.iter().map(|(key, value)| format!("{key}={value}")).collect();
        lines.extend(page::words(&words.join(", "), width, "    "));
    }
    lines.push(PageLine::default());
    classroom::show(&lines);
    Ok(())
}

fn verify(demos: &[Demo], studio: &Studio) -> Result<u8> {
    let (mut wrong, mut all) = (0, 0);
    for demo in demos {
        let played = demo.play(studio)?;
        for (say, holds) in &played.figures {
            all += 1;
            wrong += usize::from(!holds);
            output::out(&format!("{}  {}  {say}\n", demo.id, if *holds { "holds " } else { "BROKEN" }));
        }
    }
    output::out(&format!("{} of {all} figures come out\n", all - wrong));
    Ok(u8::from(wrong > 0))
}

fn play(demo: &Demo, studio: &Studio, args: &Args) -> Result<u8> {
    let played = demo.play(studio)?;
    if !args.no_tui && !args.ask && std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        let screen = if args.present { args.screen.for_a_room() } else { args.screen };
        return stage::demo(demo, &played, screen);
    }
    let mut parts = told(demo, &played, args.answers);
    if args.ask && !parts.after_question.is_empty() {
        classroom::show(&parts.until_question);
        parts.until_question = Vec::new();
        if let Some(guess) = classroom::guess(&played.question, "Your prediction: ", output::out) {
            parts.answer = classroom::verdict(&played.question, classroom::width().min(100), guess);
            parts.answer.push(PageLine::default());
        }
    }
    let lines = [parts.until_question, parts.after_question, parts.answer, parts.figures].concat();
    classroom::show(&lines);
    Ok(0)
}

/// A demo in text: beats in order, the question where the room is asked, the answer after the last beat.
struct Told {
    until_question: Vec<PageLine>,
    after_question: Vec<PageLine>,
    answer: Vec<PageLine>,
    figures: Vec<PageLine>,
}

fn told(demo: &Demo, played: &PlayedDemo, answers: bool) -> Told {
    let width = classroom::width().min(100);
    let mut lines = vec![PageLine::of(Ink::Title, format!("{}  {}", demo.id, demo.title))];
    lines.extend(page::words(&demo.about, width, "  "));
    for (name, take) in &played.scenes.0 {
        lines.push(PageLine::of(Ink::Dim, format!("  run {name}: {}", Scene::command(&take.scene))));
    }
    lines.push(PageLine::default());
    let mut asked_at = None;
    for (number, beat) in played.beats.iter().enumerate() {
        lines.push(PageLine::of(Ink::Strong, format!("{}. (run {})", number + 1, beat.run)));
        lines.extend(page::words(&beat.say, width, "   "));
        let mut shown = beat.picture.as_ref().map(|shown| picture::picture(shown, width)).unwrap_or_default();
        shown.push(PageLine::default());
        let question = beat.ask.then(|| page::predict(&played.question, width, Answering::unmarked(answers)));
        let pieces = if beat.covered { [question, Some(shown)] } else { [Some(shown), question] };
        for (piece, is_question) in pieces.into_iter().zip([beat.covered, !beat.covered]) {
            lines.extend(piece.into_iter().flatten());
            asked_at = if is_question && beat.ask { Some(lines.len()) } else { asked_at };
        }
    }
    let after_question = lines.split_off(asked_at.unwrap_or(lines.len()));
    let answer = if answers { Vec::new() } else { answer(played, width) };
    Told { until_question: lines, after_question, answer, figures: figures(played) }
}

fn answer(played: &PlayedDemo, width: usize) -> Vec<PageLine> {
    let right = &played.question.options[played.question.right];
    let mut lines = vec![PageLine::of(Ink::Strong, format!("The answer: {right}"))];
    lines.extend(page::words(&played.question.tells, width, "  "));
    lines.push(PageLine::default());
    lines
}

fn figures(played: &PlayedDemo) -> Vec<PageLine> {
    let mut lines = vec![PageLine::of(Ink::Title, "Figures")];
    for (say, holds) in &played.figures {
        let ink = if *holds { Ink::Good } else { Ink::Bad };
        lines.push(PageLine(vec![(ink, format!("  {}: ", played.sign(*holds))), (Ink::Text, say.clone())]));
    }
    lines
}
