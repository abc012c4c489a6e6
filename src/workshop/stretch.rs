//! A stretch goal: which lines of a script are its own, and what is said of it.
//!
//! Whoever is done with a step adds lines for its stretch goal. The step is judged on the script without them, so they can neither spoil its
//! figures nor be taken for a slip; the stretch goal is judged on the whole script, in a run of its own.
//!
//! ```text
//!   result = …              the step's               result = …              ──▶ run ──▶ the step's verdict
//!   result.show()
//!   # stretch               everything below         (blank)
//!   week = Window…          belongs to the goal      (blank)
//!   stretch = …                                      (blank)                     whole script ──▶ run ──▶ the goal's verdict
//! ```
//!
//! Without the line `# stretch` its statements are found by what they name: those that set or use `stretch` or a folder that only the goal asks
//! for, what they alone need, what is made of them, and what stands between them.

use super::rule::{Rule, Value};
use super::step::{Step, Stretch};
use crate::common::text::words;
use crate::session::{TopLevel, top_level};
use std::collections::BTreeSet;

/// The name that holds the answer to a stretch goal.
pub const NAME: &str = "stretch";

/// Where a learner writes the lines for it.
pub const PLACE: &str =
    "Write it at the end of the script, below a line `# stretch`: the checks of the step leave those lines out.";

/// A script in two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The script without the lines of the stretch goal; the others stand where they stood.
    pub step: String,
    /// The lines of the goal, from 1, in order.
    pub lines: Vec<u32>,
}

/// Takes the lines of the stretch goal out of a script; nothing when it has none.
#[must_use]
pub fn parts(step: &Step, source: &str) -> Option<Parts> {
    let stretch = step.stretch.as_ref()?;
    let lines: Vec<&str> = source.lines().collect();
    let own = match marker(&lines) {
        Some(at) => (at..=lines.len() as u32).collect(),
        None => own_lines(&top_level(source), &step_names(step), &own_texts(step, stretch)),
    };
    let says_something = |line: &u32| {
        let text = lines.get(*line as usize - 1).map_or("", |line| line.trim());
        !text.is_empty() && !text.starts_with('#')
    };
    if !own.iter().any(says_something) {
        return None;
    }
    let kept = lines.iter().zip(1..).map(|(line, number)| if own.contains(&number) { "" } else { *line });
    let step = kept.collect::<Vec<_>>().join("\n") + "\n";
    Some(Parts { step, lines: own.into_iter().filter(says_something).collect() })
}

impl Parts {
    /// `line 14`, `lines 14 to 17`.
    #[must_use]
    pub fn place(&self) -> String {
        match (self.lines.first(), self.lines.last()) {
            (Some(first), Some(last)) if first != last => format!("lines {first} to {last}"),
            (Some(first), _) => format!("line {first}"),
            (None, _) => "no line".to_owned(),
        }
    }
}

/// The line `# stretch`, from 1.
fn marker(lines: &[&str]) -> Option<u32> {
    let is_marker = |line: &&str| {
        let words = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim().to_lowercase());
        words.is_some_and(|words| words.split(|c: char| !c.is_alphabetic()).next() == Some(NAME))
    };
    lines.iter().position(is_marker).map(|at| at as u32 + 1)
}

/// Names that the step itself is judged by.
fn step_names(step: &Step) -> BTreeSet<String> {
    let mut names = step.names();
    names.remove(NAME);
    names
}

/// Folders below `out/` that the goal asks for and the step does not.
fn own_texts(step: &Step, stretch: &Stretch) -> BTreeSet<String> {
    let texts = |rules: &[&Rule]| {
        let mut found = BTreeSet::new();
        for rule in rules {
            rule.visit_literals(&mut |value| {
                if let Value::Text(text) = value
                    && text.starts_with("out/")
                {
                    found.insert(text.clone());
                }
            });
        }
        found
    };
    let goal = stretch.checks.iter().map(|check| &check.holds).collect::<Vec<_>>();
    let answers = step.answers.iter().map(|answer| answer.place.name().to_owned());
    let others: BTreeSet<String> = texts(&step.rules_of_checks()).into_iter().chain(answers).collect();
    texts(&goal).difference(&others).cloned().collect()
}

/// The lines of the statements that only the goal needs.
fn own_lines(script: &[TopLevel], step_names: &BTreeSet<String>, own_texts: &BTreeSet<String>) -> BTreeSet<u32> {
    let mut own: BTreeSet<usize> = BTreeSet::new();
    loop {
        let before = own.len();
        for at in 0..script.len() {
            let statement = &script[at];
            let is_free = statement.binds.is_disjoint(step_names);
            let names_it = statement.binds.contains(NAME)
                || statement.reads.contains(NAME)
                || !statement.texts.is_disjoint(own_texts);
            let belongs = names_it
                || is_made_of(script, &own, at)
                || is_only_for(script, step_names, &own, at)
                || is_kept_for(script, &own, at)
                || is_late_setting(script, step_names, &own, at);
            if is_free && belongs {
                own.insert(at);
            }
        }
        if own.len() == before {
            break;
        }
    }
    own.extend(between(script, &own));
    own.iter().flat_map(|at| script[*at].lines.0..=script[*at].lines.1).collect()
}

/// Whether a statement uses a value that one of the goal's statements made.
fn is_made_of(script: &[TopLevel], own: &BTreeSet<usize>, at: usize) -> bool {
    let maker = |name: &String| script[..at].iter().rposition(|earlier| earlier.binds.contains(name));
    script[at].reads.iter().filter_map(maker).any(|maker| own.contains(&maker))
}

/// Whether what a statement makes is used by the goal's statements and by no other. Once the step has all its answers, a line that keeps nothing,
/// such as `week.count()`, is nobody else's.
fn is_only_for(script: &[TopLevel], step_names: &BTreeSet<String>, own: &BTreeSet<usize>, at: usize) -> bool {
    let is_late = is_answered(script, step_names, at);
    let reads = |reader: &TopLevel| !reader.reads.is_disjoint(&script[at].binds);
    let readers = script
        .iter()
        .enumerate()
        .filter(|(index, reader)| *index != at && reads(reader) && (*index > at || reader.is_function))
        .collect::<Vec<_>>();
    let is_own = |index: usize| own.contains(&index);
    let is_nobodys = |reader: &TopLevel| is_late && reader.is_expression;
    readers.iter().any(|(index, _)| is_own(*index))
        && readers.iter().all(|(index, reader)| is_own(*index) || is_nobodys(reader))
}

/// Whether the step has all its answers before this statement.
fn is_answered(script: &[TopLevel], step_names: &BTreeSet<String>, at: usize) -> bool {
    script[at..].iter().all(|later| later.binds.is_disjoint(step_names))
}

/// Statements between two of the goal's, where nothing there gives a name a value.
fn between(script: &[TopLevel], own: &BTreeSet<usize>) -> BTreeSet<usize> {
    let all: Vec<usize> = own.iter().copied().collect();
    let gaps = all.windows(2).map(|pair| pair[0] + 1..pair[1]);
    gaps.filter(|gap| script[gap.clone()].iter().all(|statement| statement.is_expression)).flatten().collect()
}

/// Whether a table, a view or a folder is made here whose name only the goal's statements ask for.
fn is_kept_for(script: &[TopLevel], own: &BTreeSet<usize>, at: usize) -> bool {
    let is_own = |name: &String| {
        let asks = |other: &usize| {
            let statement = &script[*other];
            *other != at && !keeps(statement) && statement.texts.iter().any(|text| has_word(text, name))
        };
        let mut asking = (0..script.len()).filter(asks).peekable();
        asking.peek().is_some() && asking.all(|other| own.contains(&other))
    };
    keeps(&script[at]) && script[at].texts.iter().any(is_own)
}

/// Whether a statement makes a table, a view or a folder.
fn keeps(statement: &TopLevel) -> bool {
    const KEEPERS: [&str; 6] = ["createOrReplaceTempView", "csv", "json", "parquet", "save", "saveAsTable"];
    statement.is_expression && statement.ends_with.as_deref().is_some_and(|method| KEEPERS.contains(&method))
}

/// Whether a text is a name, or a query with that name in it.
fn has_word(text: &str, name: &str) -> bool {
    text == name || words(text).any(|word| word == name)
}

/// Whether a setting is made when the step has all its answers already, and the goal comes after it.
fn is_late_setting(script: &[TopLevel], step_names: &BTreeSet<String>, own: &BTreeSet<usize>, at: usize) -> bool {
    let is_setting = script[at].is_expression && script[at].ends_with.as_deref() == Some("set");
    is_setting && is_answered(script, step_names, at) && own.last().is_some_and(|last| *last > at)
}
