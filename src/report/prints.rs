//! Whether two runs printed the same; where not, what kind of difference it is and its first line.
//!
//! ```text
//!   text ── names that no two runs share (folders, ids) made alike ──▶ same?  ── without plans ──▶ same?  ── sorted ──▶ without digits
//! ```
//!
//! Names and plans are no difference of the answer: they are told, and both count as the same. Another order or other numbers count as
//! different: only the person knows whether an order was asked for, or whether a number is a time.

use super::words;
use crate::common::diff;
use crate::common::text::plural;
use regex::{Captures, Regex};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Whether something is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Same,
    Differs,
    /// One of the logs does not say.
    Unknown,
}

impl Verdict {
    pub(super) fn of(same: bool) -> Verdict {
        if same { Verdict::Same } else { Verdict::Differs }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Verdict::Same => "the same",
            Verdict::Differs => "NOT the same",
            Verdict::Unknown => "unknown: a log of real Spark does not hold what was printed",
        }
    }

    pub(super) fn json(self) -> serde_json::Value {
        match self {
            Verdict::Same => true.into(),
            Verdict::Differs => false.into(),
            Verdict::Unknown => serde_json::Value::Null,
        }
    }
}

/// What two runs printed, compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prints {
    pub verdict: Verdict,
    /// Absent where not a letter differs.
    pub apart: Option<Apart>,
}

/// How two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    pub by: By,
    /// How many lines have no partner at their place.
    pub lines: usize,
    /// The first of them, with its number; absent where that text has ended.
    pub a: Option<(usize, String)>,
    pub b: Option<(usize, String)>,
}

/// By what two texts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Folders, and ids that count up in a session.
    Names,
    /// What `explain()` prints; only beside real Spark.
    Plans,
    Order,
    Numbers,
    Text,
}

impl By {
    fn is_same(self) -> bool {
        matches!(self, By::Names | By::Plans)
    }

    fn word(self) -> &'static str {
        match self {
            By::Names => "names",
            By::Plans => "plans",
            By::Order => "order",
            By::Numbers => "numbers",
            By::Text => "text",
        }
    }
}

/// Compares what both printed; plans of real Spark may be others.
pub(super) fn compare(a: &str, b: &str, any_real: bool) -> Prints {
    if a == b {
        return Prints { verdict: Verdict::Same, apart: None };
    }
    let (raw_a, raw_b) = (numbered(a), numbered(b));
    let (neutral_a, neutral_b) = (neutral(a), neutral(b));
    let (alike_a, alike_b) = (numbered(&neutral_a), numbered(&neutral_b));
    let (by, found) = if neutral_a == neutral_b {
        (By::Names, first_apart(&raw_a, &raw_b))
    } else {
        let (rest_a, rest_b) = if any_real {
            (without_plans(&alike_a), without_plans(&alike_b))
        } else {
            (alike_a.clone(), alike_b.clone())
        };
        if texts(&rest_a) == texts(&rest_b) {
            (By::Plans, first_apart(&alike_a, &alike_b))
        } else {
            (kind(&texts(&rest_a), &texts(&rest_b)), first_apart(&rest_a, &rest_b))
        }
    };
    // Lines are counted and shown as they were printed.
    let shown = |at: Option<usize>, raw: &[(usize, &str)]| at.map(|at| (at, raw[at - 1].1.to_owned()));
    let (lines, at_a, at_b) = found;
    let apart = Apart { by, lines, a: shown(at_a, &raw_a), b: shown(at_b, &raw_b) };
    Prints { verdict: Verdict::of(by.is_same()), apart: Some(apart) }
}

fn numbered(text: &str) -> Vec<(usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).collect()
}

fn texts<'a>(lines: &[(usize, &'a str)]) -> Vec<&'a str> {
    lines.iter().map(|(_, line)| *line).collect()
}

/// How many lines are in the longer text and not, at their place, in the other; and the numbers of the first.
fn first_apart(a: &[(usize, &str)], b: &[(usize, &str)]) -> (usize, Option<usize>, Option<usize>) {
    let (texts_a, texts_b) = (texts(a), texts(b));
    let alike = texts_a.iter().zip(&texts_b).take_while(|(a, b)| a == b).count();
    let lines = a.len().max(b.len()) - diff::pairs(&texts_a, &texts_b).len();
    (lines, a.get(alike).map(|(number, _)| *number), b.get(alike).map(|(number, _)| *number))
}

fn kind(a: &[&str], b: &[&str]) -> By {
    let sorted = |lines: &[&str]| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        lines.sort_unstable();
        lines
    };
    let without_digits = |lines: &[&str]| -> Vec<String> {
        let text = |line: &&str| line.chars().filter(|c| !c.is_ascii_digit() && *c != ' ' && *c != '.').collect();
        lines.iter().map(text).collect()
    };
    if sorted(a) == sorted(b) {
        By::Order
    } else if without_digits(a) == without_digits(b) {
        By::Numbers
    } else {
        By::Text
    }
}

/// A text without the places of files: a branch writes into a folder of its own, and a printed plan names it.
#[must_use]
pub fn placeless(text: &str) -> String {
    let mut parts = text.split("file:/");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find([']', ',', ' ', '\n', '"', '\'']).unwrap_or(part.len());
        out.push_str("file:");
        out.push_str(&part[end..]);
    }
    out
}

/// A text without the places of files, and with ids as if each were the first of its plan: `name#17L`, `plan_id=93`, `RDD[12]`,
/// `local-1700000000000`.
fn neutral(text: &str) -> String {
    static IDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"([\w)\]'`]#)(\d+)|(plan_id=)(\d+)|(RDD\[)(\d+)|\b(local-|app-|application_)(\d[\d_-]*)").ok()
    });
    let text = placeless(text);
    let Some(ids) = IDS.as_ref() else { return text };
    // A plan begins with its heading.
    let sections: Vec<String> = text.split("\n== ").map(|section| renumbered(ids, section)).collect();
    sections.join("\n== ")
}

/// A text with each kind of id counted from 1 on, in the order in which they come.
fn renumbered(ids: &Regex, text: &str) -> String {
    let mut known: BTreeMap<(usize, String), usize> = BTreeMap::new();
    let renamed = ids.replace_all(text, |found: &Captures<'_>| {
        let kind = (1..=7).step_by(2).find(|group| found.get(*group).is_some()).unwrap_or(1);
        let next = known.range((kind, String::new())..(kind + 1, String::new())).count() + 1;
        let number = known.entry((kind, found[kind + 1].to_owned())).or_insert(next);
        format!("{}{number}", &found[kind])
    });
    renamed.into_owned()
}

/// The lines that `explain()` did not print, without empty ones.
fn without_plans<'a>(lines: &[(usize, &'a str)]) -> Vec<(usize, &'a str)> {
    let (mut kept, mut inside, mut may_go_on) = (Vec::new(), false, false);
    for (number, line) in lines {
        let is_blank = line.trim().is_empty();
        let is_heading = line.starts_with("== ") && line.ends_with(" ==") && line.contains("Plan");
        // `formatted` describes each operator below the tree, in paragraphs of their own.
        let is_paragraph = line.strip_prefix('(').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            || line.starts_with("===== Subqueries");
        inside = is_heading || (inside && !is_blank && (!may_go_on || is_paragraph)) || (inside && is_blank);
        may_go_on = inside && is_blank;
        if !inside && !is_blank {
            kept.push((*number, *line));
        }
    }
    kept
}

impl Prints {
    /// The verdict, and below it the first line of each that differs.
    #[must_use]
    pub fn text(&self) -> String {
        let Some(apart) = &self.apart else { return self.verdict.words().to_owned() };
        let [a, b] = apart.sides(100);
        format!("{}\n  A {a}\n  B {b}", apart.words())
    }

    /// For a program.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let side = |side: &Option<(usize, String)>| {
            side.as_ref().map(|(line, text)| serde_json::json!({ "line": line, "text": text }))
        };
        serde_json::json!(self.apart.as_ref().map(|apart| serde_json::json!({
            "kind": apart.by.word(),
            "lines": apart.lines,
            "a": side(&apart.a),
            "b": side(&apart.b),
        })))
    }
}

impl Apart {
    /// The kind of difference, ending where its first lines belong.
    #[must_use]
    pub fn words(&self) -> String {
        let lines = plural(self.lines as u64, "line");
        match self.by {
            By::Names => format!("the same but for names of folders and ids, in {lines}; the first:"),
            By::Plans => format!("the same but for the plans of explain(), in {lines}; the first:"),
            By::Order => {
                format!(
                    "NOT in the same order: the same lines, {lines} elsewhere (rows without an orderBy may be); the first:"
                )
            }
            By::Numbers => format!("NOT the same: numbers (are they times?), in {lines}; the first:"),
            By::Text => format!("NOT the same, in {lines}; the first:"),
        }
    }

    /// The first line of each, from shortly before the letter that differs.
    #[must_use]
    pub fn sides(&self, width: usize) -> [String; 2] {
        let text = |side: &Option<(usize, String)>| side.as_ref().map_or("", |(_, text)| text).to_owned();
        let (a, b) = (text(&self.a), text(&self.b));
        let alike = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
        let from = if alike > width * 2 / 3 { alike - width / 3 } else { 0 };
        [(&self.a, a), (&self.b, b)].map(|(side, text)| match side {
            None => "(it had ended)".to_owned(),
            Some((number, _)) => {
                let rest: String = text.chars().skip(from).collect();
                let dots = if from > 0 { "..." } else { "" };
                format!("line {number}: {dots}{}", words::line(&rest, width))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, by: By, same: bool, first: &str) {
        let prints = compare(a, b, true);
        let apart = prints.apart.as_ref().expect("they differ");
        assert_eq!((apart.by, prints.verdict), (by, Verdict::of(same)), "{}", prints.text());
        assert!(prints.text().contains(first), "{}", prints.text());
    }

    #[test]
    fn names_and_plans_are_no_difference_of_the_answer() {
        assert_eq!(compare("a\n", "a\n", true).text(), "the same");
        let plan = |id: u32, folder: &str| {
            format!(
                "1\n== Physical Plan ==\nFilter (id#{id}L > 3)\n+- Exchange [plan_id={id}] file:/{folder}/x, y\n\n2\n"
            )
        };
        check(
            &plan(7, "home/ada"),
            &plan(61, "tmp/0"),
            By::Names,
            true,
            "in 2 lines; the first:\n  A line 3: Filter (id#7L",
        );
        let other = plan(7, "x").replace("Filter", "Project");
        check(&plan(7, "x"), &other, By::Plans, true, "B line 3: Project");
        check(&plan(7, "x"), &other.replace("\n2\n", "\n3\n"), By::Numbers, false, "A line 6: 2\n  B line 6: 3");
        let formatted = "== Physical Plan ==\nScan (1)\n\n\n(1) Scan\nOutput: a\n\n\nend\n";
        check(formatted, &formatted.replace("Output: a", "Output: b"), By::Plans, true, "A line 6: Output: a");
        check(formatted, &formatted.replace("end", "END"), By::Text, false, "A line 9: end");
    }

    #[test]
    fn another_order_and_other_numbers_are_told_as_such() {
        check("a\nb\nc\n", "a\nc\nb\n", By::Order, false, "A line 2: b\n  B line 2: c");
        check("took 0.3 s\nx\n", "took 12.25 s\nx\n", By::Numbers, false, "in 1 line;");
        check("a\nx\n", "b\nx\n", By::Text, false, "in 1 line;");
        check("a\n", "a\nmore\n", By::Text, false, "A (it had ended)\n  B line 2: more");
        // What counts up in the text of a script is no id.
        check("item #3\n", "item #4\n", By::Numbers, false, "item #3");
    }

    #[test]
    fn a_long_line_is_shown_where_it_differs() {
        let long = |end: &str| format!("{}{end}\n", "x".repeat(400));
        check(&long("one"), &long("two"), By::Text, false, "xxxone");
    }

    #[test]
    fn the_place_of_a_file_is_not_a_result() {
        let plan =
            |folder: &str| format!("Location: [file:/{folder}/out/lake], PartitionFilters: []\nfile:/{folder}/x");
        assert_eq!(placeless(&plan("home/ada")), placeless(&plan("tmp/branch/0")));
        assert_eq!(placeless("no file at all"), "no file at all");
        assert_ne!(placeless("[file:/a], 1"), placeless("[file:/a], 2"));
    }
}
