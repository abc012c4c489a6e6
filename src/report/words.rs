//! Small words that several sentences share: names of tasks, lists, places.

use crate::common::ids::{InputBlockId, NodeId, QueryId, StageId};
use crate::common::text::{bytes, plural, visible};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::{MemoryHolder, PlanStep};
use crate::status::Status;
use crate::status::model::Exhausted;
use crate::status::need::Need;
use std::collections::{BTreeMap, BTreeSet};
use unicode_width::UnicodeWidthStr;

/// At most so many names before "and 7 more".
const NAMED: usize = 6;

/// A step of a plan: `filter (amount > 10)`.
#[must_use]
pub fn plan_step(step: &PlanStep) -> String {
    let with = if step.with.is_empty() { String::new() } else { format!(" {}", line(&step.with, 100)) };
    format!("{}{with}", step.does)
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn list(words: &[String]) -> String {
    match words {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// The same, cut after a few: `a, b, c and 7 more`.
#[must_use]
pub fn short_list(words: &[String]) -> String {
    if words.len() <= NAMED + 1 {
        return list(words);
    }
    format!("{} and {} more", words[..NAMED].join(", "), words.len() - NAMED)
}

/// A line of code or of a plan as lines of at most `width` cells, broken after a blank, a comma or a bracket; the later ones are indented two
/// columns more than the first.
#[must_use]
pub fn fold(text: &str, width: usize) -> Vec<String> {
    let text = visible(text);
    let indent = " ".repeat(text.len() - text.trim_start_matches(' ').len() + 2);
    let (mut lines, mut line): (Vec<String>, String) = (Vec::new(), String::new());
    for word in text.split_inclusive([' ', ',', '(', '[', '=']) {
        if line.width() + word.trim_end().width() > width && !line.trim().is_empty() {
            lines.push(line.trim_end().to_owned());
            line.clone_from(&indent);
        }
        line.push_str(if line == indent { word.trim_start() } else { word });
    }
    lines.push(line);
    lines
}

/// `S0.m4 and S0.m5`; three or more in a row become `S0.m0 to m5`.
#[must_use]
pub fn tasks(status: &Status, stage: StageId, partitions: &[u32]) -> String {
    short_list(&task_words(status, stage, partitions))
}

/// `S0.m4, S0.m5 and S3.p1`, over several stages.
#[must_use]
pub fn stage_tasks(status: &Status, tasks: &[(StageId, u32)]) -> String {
    let mut by_stage: BTreeMap<StageId, BTreeSet<u32>> = BTreeMap::new();
    for (stage, partition) in tasks {
        by_stage.entry(*stage).or_default().insert(*partition);
    }
    let mut words = Vec::new();
    for (stage, partitions) in by_stage {
        let partitions: Vec<u32> = partitions.into_iter().collect();
        words.extend(task_words(status, stage, &partitions));
    }
    short_list(&words)
}

fn task_words(status: &Status, stage: StageId, partitions: &[u32]) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = partitions;
    while let Some(first) = rest.first() {
        let run = rest.iter().zip(*first..).take_while(|(partition, expected)| **partition == *expected).count();
        if run >= 3 {
            let last = status.task_name(stage, rest[run - 1]);
            let last = last.split_once('.').map_or(last.as_str(), |(_, task)| task).to_owned();
            words.push(format!("{} to {last}", status.task_name(stage, *first)));
            rest = &rest[run..];
        } else {
            words.push(status.task_name(stage, *first));
            rest = &rest[1..];
        }
    }
    words
}

/// Who needs it: `S1.p1, S1.p2 and S1.p3`.
#[must_use]
pub fn needed_by(status: &Status, by: &[(StageId, Vec<u32>)]) -> String {
    let tasks: Vec<(StageId, u32)> =
        by.iter().flat_map(|(stage, partitions)| partitions.iter().map(|partition| (*stage, *partition))).collect();
    stage_tasks(status, &tasks)
}

/// `S0 (orders)`.
#[must_use]
pub fn stage(status: &Status, stage: StageId) -> String {
    match status.stages.get(&stage) {
        Some(known) if !known.definition.name.is_empty() => format!("{stage} ({})", visible(&known.definition.name)),
        _ => stage.to_string(),
    }
}

/// The nodes, as a list.
#[must_use]
pub fn nodes(nodes: &[NodeId]) -> String {
    short_list(&nodes.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// What took more memory than there was, and where.
#[must_use]
pub fn exhausted(status: &Status, one: &Exhausted) -> String {
    let what = match one.holder {
        MemoryHolder::Broadcast => "the relation that is broadcast",
        MemoryHolder::HashTable => "the hash table of a join's own side",
        MemoryHolder::Objects => "the values of one group or row",
    };
    let (who, place) = match one.task {
        Some(task) => (format!(" of {}", status.attempt_name(task)), "its executor"),
        None => (String::new(), "the driver"),
    };
    let (wanted, had) = (bytes(one.bytes), bytes(one.limit_bytes));
    format!("{what}{who} cannot be spilled: with it {wanted} would be held, and {place} had {had}")
}

/// A piece of an input file, by name and place.
#[must_use]
pub fn input_block(status: &Status, block: InputBlockId) -> String {
    match status.input_blocks.get(&block) {
        Some(known) => format!("{block} ({}, from byte {})", line(&known.path, 60), known.start),
        None => block.to_string(),
    }
}

/// `2 map outputs, 1 running task and 1 cached partition`; `nothing` when all are zero.
#[must_use]
pub fn inventory(outputs: usize, running: usize, cached: usize) -> String {
    let counted = [(outputs, "map output"), (running, "running task"), (cached, "cached partition")];
    let words: Vec<String> =
        counted.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| plural(*count as u64, noun)).collect();
    if words.is_empty() { "nothing".to_owned() } else { list(&words) }
}

/// Things that share one answer to "is it still needed", in the order of first appearance.
#[must_use]
pub fn by_need<'a, T>(things: &'a [T], need: impl Fn(&'a T) -> &'a Need) -> Vec<(&'a Need, Vec<&'a T>)> {
    let mut groups: Vec<(&Need, Vec<&T>)> = Vec::new();
    for thing in things {
        let key = need(thing);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, members)) => members.push(thing),
            None => groups.push((key, vec![thing])),
        }
    }
    groups
}

/// A moment with as many digits as tell it apart: `0.031 s`, `12.50 s`.
#[must_use]
pub fn moment(at: VirtualTime) -> String {
    let secs = at.as_secs_f64();
    if secs < 10.0 { format!("{secs:.3} s") } else { format!("{secs:.2} s") }
}

/// A length of virtual time, in the same way.
#[must_use]
pub fn length(length: VirtualDuration) -> String {
    moment(VirtualTime(length.0))
}

/// An action as the script spells it.
#[must_use]
pub fn action(action: &str) -> String {
    match action {
        "showString" => "show".to_owned(),
        other => line(other, 60),
    }
}

/// A query with what asked for it. Logs of real Spark do not always say which line that was.
#[must_use]
pub fn query(query: QueryId, line: u32, action: &str) -> String {
    let place = if line == 0 { String::new() } else { format!(", line {line}") };
    format!("{query}{place}: {}", self::action(action))
}

/// One line of untrusted text, made safe and cut to `width` characters.
#[must_use]
pub fn line(text: &str, width: usize) -> String {
    let first = text.trim().lines().next().unwrap_or_default();
    let safe = visible(first);
    if safe.chars().count() <= width && text.trim().lines().count() <= 1 {
        return safe;
    }
    let cut: String = safe.chars().take(width.saturating_sub(3)).collect();
    format!("{cut}...")
}

/// Lines of at most `width` cells, broken between words; lines after the first are indented.
#[must_use]
pub fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in pieces(&visible(text)) {
        let fresh = used == 0 || line.trim().is_empty();
        if !fresh && used + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
            line = " ".repeat(indent);
            used = indent;
        } else if used > 0 && !line.trim().is_empty() {
            line.push(' ');
            used += 1;
        }
        line.push_str(&word);
        used += word.width();
    }
    lines.push(line);
    lines
}

const UNITS: [&str; 8] = ["B", "KiB", "MiB", "GiB", "TiB", "s", "ms", "%"];

/// The words between which a line may be broken: a number stays with its unit.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let unit = UNITS.contains(&word.trim_end_matches([',', ';', '.', ')', ':']));
        match pieces.last_mut() {
            Some(last) if unit && last.ends_with(|c: char| c.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_operator_is_broken_where_it_can_be_read() {
        let folded = fold("HashAggregate(keys=[country], functions=[sum(amount)])", 24);
        assert_eq!(folded, ["HashAggregate(keys=[", "  country], functions=[", "  sum(amount)])"]);
    }

    #[test]
    fn a_long_line_of_code_goes_on_below_its_own_beginning() {
        let folded = fold("    .withColumn(\"month\", F.month(\"day\"))", 30);
        assert_eq!(folded, ["    .withColumn(\"month\",", "      F.month(\"day\"))"]);
        assert_eq!(fold("    x = 1", 30), ["    x = 1"]);
    }
}
