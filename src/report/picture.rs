//! Pictures of a run at a moment, as lines: stages, nodes, blocks, rows, cores, plans, sentences.

use super::narrator::{Depth, Format, Narrator, Sentence};
use super::page::{Ink, PageLine, cut};
use super::words;
use crate::common::ids::NodeId;
use crate::common::text::{bytes, count, plural, visible, without_ids};
use crate::common::time::VirtualTime;
use crate::event::Event;
use crate::status::{Attempt, CachedBlock, Query, Stage, Status};
use crate::workshop::lesson::{Picture, Show};
use crate::workshop::scene::figures::final_plan;
use crate::worlds::WorldOutcome;
use std::fmt::Write as _;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Lines of a plan, a story or an output when the text does not say.
const LINES: usize = 16;
/// Columns before a sentence that goes on below: it stands behind its moment.
const BELOW: usize = 9;
/// What stands before each line.
const INDENT: &str = "  ";

/// The picture with its caption.
#[must_use]
pub fn picture(picture: &Picture, width: usize) -> Vec<PageLine> {
    if let Some(world) = &picture.take.world {
        return of_world(picture, world, width);
    }
    let status = picture.at.status(&picture.take);
    let mut lines = vec![title(picture, &status, width)];
    let drawn = drawn(picture, &status, width);
    let limit = limit(picture);
    let more = drawn.len().saturating_sub(limit);
    lines.extend(drawn.iter().take(limit).flat_map(|line| rows(picture, line, width)));
    if more > 0 {
        lines.push(PageLine::of(Ink::Dim, format!("  … {more} more")));
    }
    if let Some(caption) = &picture.caption {
        lines.extend(
            super::page::words(caption, width, "  ").into_iter().map(|line| PageLine::of(Ink::Dim, line.plain())),
        );
    }
    lines
}

/// Whether so many columns are too few for some of its lines.
#[must_use]
pub fn is_cut(picture: &Picture, width: usize) -> bool {
    let lines = match &picture.take.world {
        Some(world) => drawn_world(picture, world),
        None => drawn(picture, &picture.at.status(&picture.take), width),
    };
    !is_prose(picture) && lines.iter().take(limit(picture)).any(|line| line.width() + INDENT.len() > width)
}

/// Whether it changes as time passes.
#[must_use]
pub fn is_timed(picture: &Picture) -> bool {
    picture.take.world.is_some()
        || matches!(
            picture.spec.show,
            Show::Stages | Show::Nodes | Show::Matrix | Show::Partitions | Show::Timeline | Show::Story
        )
}

fn limit(picture: &Picture) -> usize {
    picture.spec.lines.unwrap_or(LINES)
}

/// What is shown, without its title and caption.
fn drawn(picture: &Picture, status: &Status, width: usize) -> Vec<String> {
    match picture.spec.show {
        Show::Stages => stages(status, width),
        Show::Nodes => nodes(status, width),
        Show::Matrix => matrix(status, picture.spec.stage, width),
        Show::Partitions => partitions(status, picture.spec.stage, width),
        Show::Timeline => timeline(status, width),
        Show::Plan => match &picture.spec.only {
            Some(only) => operators(&plan(picture), only),
            None => plan(picture),
        },
        Show::Story => story(picture),
        Show::Output => picture.take.printed.lines().map(visible).collect(),
        Show::Script => script(picture),
        Show::Rules => rules(picture),
    }
}

/// The operators of a plan whose text holds this, without the branches of the tree.
fn operators(plan: &[String], only: &str) -> Vec<String> {
    let found = plan.iter().filter(|line| line.contains(only));
    found.map(|line| line.trim_start_matches([' ', ':', '+', '-']).to_owned()).collect()
}

/// Whether its lines may go on below: sentences, and operators that are written out.
fn is_prose(picture: &Picture) -> bool {
    match picture.take.world {
        Some(_) => picture.spec.show != Show::Timeline,
        None => matches!(picture.spec.show, Show::Story | Show::Rules) || picture.spec.only.is_some(),
    }
}

/// The rows of a line: of what is no sentence the rest is cut.
fn rows(picture: &Picture, line: &str, width: usize) -> Vec<PageLine> {
    let room = width.saturating_sub(INDENT.len());
    let rows = if is_prose(picture) { words::wrap(line, room.max(1), BELOW) } else { vec![cut(line, room)] };
    rows.into_iter().map(|row| PageLine::of(Ink::Code, format!("{INDENT}{row}"))).collect()
}

/// What has happened in a world, or its timeline, until the moment.
fn of_world(picture: &Picture, world: &WorldOutcome, width: usize) -> Vec<PageLine> {
    let what = if is_prose(picture) { "what happened last" } else { "what happened to whom" };
    let title = format!("[{what}; world {}, simulated time]", world.world);
    let mut lines = vec![PageLine::of(Ink::Dim, cut(&title, width))];
    lines.extend(drawn_world(picture, world).iter().flat_map(|line| rows(picture, line, width)));
    lines
}

fn drawn_world(picture: &Picture, world: &WorldOutcome) -> Vec<String> {
    if !is_prose(picture) {
        return super::world::timeline(world, picture.at.position);
    }
    let lines = super::world::story(world, picture.at.position);
    lines[lines.len().saturating_sub(limit(picture))..].to_vec()
}

fn title(picture: &Picture, status: &Status, width: usize) -> PageLine {
    let what = match picture.spec.show {
        Show::Stages => "stages and their tasks",
        Show::Nodes => "what is where",
        Show::Matrix => "blocks: map outputs x reduce partitions",
        Show::Partitions => "rows of each task",
        Show::Timeline => "what each core did",
        Show::Plan if picture.spec.only.is_some() => "of the physical plan",
        Show::Plan => "the physical plan",
        Show::Story => "what happened",
        Show::Output => "what the script printed",
        Show::Script => "the script",
        Show::Rules => "what the optimizer did",
    };
    let shape = &picture.take.scene.cluster;
    let text = if is_timed(picture) {
        format!("[{what}; {} simulated, {shape}]", words::moment(status.now))
    } else {
        format!("[{what}]")
    };
    PageLine::of(Ink::Dim, cut(&text, width))
}

fn shown_stages(status: &Status) -> impl Iterator<Item = &Stage> {
    status.stages.values().map(AsRef::as_ref).filter(|stage| !stage.submissions.is_empty())
}

/// The stages that were submitted, with a sign for each task.
#[must_use]
pub fn stages(status: &Status, width: usize) -> Vec<String> {
    let name = |stage: &Stage| words::stage(status, stage.definition.stage);
    let wide = shown_stages(status).map(|stage| name(stage).chars().count()).max().unwrap_or(0);
    let room = width.saturating_sub(wide + 30).clamp(12, 48);
    let mut lines = Vec::new();
    for stage in shown_stages(status) {
        let asked = (0..stage.asked()).filter_map(|place| stage.tasks().get(stage.asked_at(place) as usize));
        let mut glyphs: String = asked.take(room).map(|task| task.state.glyph()).collect();
        if stage.asked() > room {
            glyphs.push('…');
        }
        let of = |run: &&Attempt| run.stage.stage == stage.definition.stage && run.succeeded();
        let written: u64 =
            status.attempts.values().map(AsRef::as_ref).filter(of).map(|run| run.metrics.shuffle_write_bytes).sum();
        let rows: u64 =
            status.attempts.values().map(AsRef::as_ref).filter(of).map(|run| run.metrics.shuffle_write_rows).sum();
        let wrote =
            if written > 0 { format!("  -> {}, {}", plural(rows, "row"), bytes(written)) } else { String::new() };
        let again = stage.submissions.len().saturating_sub(1);
        let again = if again > 0 { format!("  attempt {}", again + 1) } else { String::new() };
        lines.push(format!("{:<wide$}  {glyphs} {}/{}{again}{wrote}", name(stage), stage.done(), stage.asked()));
    }
    if lines.is_empty() {
        lines.push("no stage has started".to_owned());
    }
    lines
}

/// What each node holds and runs.
#[must_use]
pub fn nodes(status: &Status, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for node in status.nodes.values() {
        let state = match node.died {
            Some(at) => format!("LOST at {}", words::moment(at)),
            None if node.given_up.is_some() => "given up".to_owned(),
            None => "up".to_owned(),
        };
        let mut held = Vec::new();
        for shuffle in status.shuffles.values().filter(|shuffle| !shuffle.released) {
            for (map, output) in shuffle.maps().iter().enumerate() {
                if output.as_ref().is_some_and(|output| output.node == node.node) {
                    let lost = output.as_ref().is_some_and(|output| output.lost.is_some());
                    let sign = if lost { '✗' } else { '■' };
                    held.push(format!("{sign}{}", status.task_name(shuffle.writer, map as u32)));
                }
            }
        }
        held.extend(cached_on(status, node.node));
        // The driver may not know it yet: on a machine that is gone nothing runs.
        let sign = if node.died.is_some() { '✗' } else { '►' };
        let running: Vec<String> =
            node.running.iter().flatten().map(|task| format!("{sign}{}", status.attempt_name(*task))).collect();
        let all = held.into_iter().chain(running).collect::<Vec<_>>().join(" ");
        lines.push(cut(&format!("{:<7} {state:<16} {all}", node.node.to_string()), width));
    }
    lines
}

/// `◆3 cached partitions +3 copies ✗1`; nothing where there is none.
fn cached_on(status: &Status, node: NodeId) -> Option<String> {
    let blocks: Vec<&CachedBlock> =
        status.caches.values().filter(|cache| !cache.dropped).flat_map(|cache| cache.blocks.values()).collect();
    let here = blocks.iter().copied().filter(|block| block.node == node);
    let (lost, kept): (Vec<&CachedBlock>, Vec<&CachedBlock>) = here.partition(|block| block.lost.is_some());
    let copies = blocks.iter().filter(|block| block.copies.iter().any(|(on, _)| *on == node)).count();
    if lost.len() + kept.len() + copies == 0 {
        return None;
    }
    let mut text = format!("◆{}", plural(kept.len() as u64, "cached partition"));
    if copies > 0 {
        let _ = write!(text, " +{copies} {}", if copies == 1 { "copy" } else { "copies" });
    }
    if !lost.is_empty() {
        let _ = write!(text, " ✗{}", lost.len());
    }
    Some(text)
}

fn matrix(status: &Status, stage: Option<u32>, width: usize) -> Vec<String> {
    let of = |shuffle: &&crate::status::Shuffle| stage.is_none_or(|wanted| shuffle.writer.0 == wanted);
    let Some(shuffle) = status.shuffles.values().map(AsRef::as_ref).find(of) else {
        return vec!["nothing has been written for a shuffle".to_owned()];
    };
    let reduces = shuffle.reduces as usize;
    let columns = reduces.min(width.saturating_sub(34) / 4).max(1);
    let most =
        shuffle.maps().iter().flatten().flat_map(|output| output.bytes.iter()).copied().max().unwrap_or(0).max(1);
    let head = (0..columns).map(|column| format!("{:>4}", format!("r{column}"))).collect::<Vec<_>>().concat();
    let mut lines = vec![format!("{:<10}{head}  node", "map")];
    for (map, output) in shuffle.maps().iter().enumerate() {
        let Some(output) = output else {
            lines.push(format!("{:<10}{}", status.task_name(shuffle.writer, map as u32), "   ·".repeat(columns)));
            continue;
        };
        let cells = output
            .bytes
            .iter()
            .take(columns)
            .map(|size| format!("   {}", shade(*size, most)))
            .collect::<Vec<_>>()
            .concat();
        let gone = if output.lost.is_some() { " ✗ gone" } else { "" };
        lines.push(format!("{:<10}{cells}  {}{gone}", status.task_name(shuffle.writer, map as u32), output.node));
    }
    let total = shuffle.made_bytes();
    let beyond = if reduces > columns { format!("; {} more columns", reduces - columns) } else { String::new() };
    lines.push(format!("· empty  ░ ▒ ▓ █ up to {} a block; {} in all{beyond}", bytes(most), bytes(total)));
    lines
}

fn shade(size: u64, most: u64) -> char {
    match size * 4 {
        0 => '·',
        size if size <= most => '░',
        size if size <= most * 2 => '▒',
        size if size <= most * 3 => '▓',
        _ => '█',
    }
}

fn partitions(status: &Status, stage: Option<u32>, width: usize) -> Vec<String> {
    let wanted = |run: &&Attempt| stage.is_none_or(|stage| run.stage.stage.0 == stage) && run.succeeded();
    let rows = |run: &Attempt| run.metrics.rows_in;
    let mut read: Vec<(u32, u64, VirtualTime)> = status
        .attempts
        .values()
        .map(AsRef::as_ref)
        .filter(wanted)
        .map(|run| (run.partition, rows(run), VirtualTime(run.ended.unwrap_or(run.started).since(run.started).0)))
        .collect();
    read.sort_unstable();
    read.dedup_by_key(|(partition, _, _)| *partition);
    let most = read.iter().map(|(_, rows, _)| *rows).max().unwrap_or(0).max(1);
    let room = width.saturating_sub(34).clamp(8, 40) as u64;
    read.iter()
        .map(|(partition, rows, took)| {
            let bar = "█".repeat((rows * room).div_ceil(most) as usize);
            format!("p{partition:<4}{:>8} rows {:>9}  {bar}", count(*rows), words::moment(*took))
        })
        .collect()
}

fn timeline(status: &Status, width: usize) -> Vec<String> {
    let room = width.saturating_sub(18).clamp(20, 100);
    let end = status.now.0.max(1);
    // The legend first: what is too long is cut at its end.
    let digits = "digits: the stage; ↻ again; ✗ lost or failed; ╌ gone";
    let mut lines = vec![format!("0 to {}; {digits}", words::moment(status.now))];
    for node in status.nodes.values() {
        let gone = node.died.or(node.given_up);
        for core in 0..node.cores {
            let of = |run: &&Attempt| run.node == node.node && run.core == core;
            let runs: Vec<&Attempt> = status.attempts.values().map(AsRef::as_ref).filter(of).collect();
            let cells: String = (0..room as u64)
                .map(|cell| cell_at(&runs, gone, [cell, cell + 1].map(|at| at * end / room as u64), end))
                .collect();
            lines.push(format!("{:<7} c{core:<2} {cells}", node.node.to_string()));
        }
    }
    lines
}

/// What a core did in a span of time: at its beginning, or, where it was idle then, as soon as it had work.
fn cell_at(runs: &[&Attempt], gone: Option<VirtualTime>, [at, until]: [u64; 2], end: u64) -> char {
    let overlaps = |run: &Attempt, until: u64| run.started.0 <= until && run.ended.map_or(end, |ended| ended.0) > at;
    let first = runs.iter().rev().find(|run| overlaps(run, at));
    let last = until.saturating_sub(1).max(at);
    match first.or_else(|| runs.iter().find(|run| overlaps(run, last))) {
        Some(run) if run.is_again() => '↻',
        Some(run) if run.outcome.is_some() && !run.succeeded() => '✗',
        Some(run) => char::from_digit(run.stage.stage.0 % 10, 10).unwrap_or('?'),
        None if gone.is_some_and(|gone| gone.0 <= at) => '╌',
        None => '·',
    }
}

fn plan(picture: &Picture) -> Vec<String> {
    let queries = &picture.take.status.queries;
    let wanted = |query: &&Query| picture.query.is_none_or(|wanted| query.query == wanted);
    queries.values().find(wanted).map_or_else(|| vec!["no action".to_owned()], plan_of)
}

/// The plan of an action without the numbers that tell equal names apart.
#[must_use]
pub fn plan_of(query: &Query) -> Vec<String> {
    let lines = final_plan(&query.plan).lines().skip_while(|line| line.starts_with("=="));
    lines.filter(|line| !line.trim().is_empty()).map(|line| visible(&named(line))).collect()
}

/// A line of a plan without its numbers.
fn named(line: &str) -> String {
    let line = without_ids(line);
    line.split_once(", [plan_id=").map_or_else(|| line.clone(), |(kept, _)| kept.to_owned())
}

fn story(picture: &Picture) -> Vec<String> {
    told(&picture.take.events[..picture.at.position.min(picture.take.events.len())], picture.from.position)
}

/// These events in sentences, a line each, without those of the events before position `from`.
#[must_use]
pub fn told(events: &[Arc<Event>], from: usize) -> Vec<String> {
    let narrator = Narrator::new(Depth::Normal, Format::Text);
    let mut status = Status::default();
    let mut lines = Vec::new();
    for (index, event) in events.iter().enumerate() {
        status.apply(event);
        if index + 1 >= from {
            lines.extend(narrator.narrate(event, &status).iter().map(Sentence::unbroken));
        }
    }
    lines
}

fn script(picture: &Picture) -> Vec<String> {
    let first = picture.line.unwrap_or(1).max(1) as usize;
    let numbered = picture.take.source.lines().enumerate().skip(first - 1);
    numbered.map(|(index, line)| format!("{:>3}  {}", index + 1, visible(line))).collect()
}

fn rules(picture: &Picture) -> Vec<String> {
    let line = picture.query.and_then(|query| picture.take.status.queries.get(&query)).map(|query| query.line);
    let wanted = |query: &&crate::session::ExplainedQuery| line.is_none_or(|line| query.line == line);
    let Some(query) = picture.take.explained.iter().find(wanted) else { return vec!["no action".to_owned()] };
    query.rules.iter().map(|(rule, why)| format!("{rule}: {}", visible(why))).collect()
}
