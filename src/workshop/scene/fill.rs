//! Puts figures into a text: `{{ kill.outputs_again }}`, `{{ plain.makespan | seconds }}`.
//!
//! Forms after the bar: `bytes` (`1.5 KiB`), `seconds` (`2.52 s`), `percent` (of a share), `words` (`three`), `lines` (each line as it stands),
//! or a noun (`{{ tasks | task }}` gives `12 tasks`).

use super::formula::{Value, compute};
use super::studio::{Scenes, refused};
use crate::common::Result;
use crate::common::text::{bytes, plural};

/// The text with every placeholder filled.
///
/// # Errors
/// When a placeholder is not closed or its formula cannot be computed.
pub fn fill(text: &str, scenes: &Scenes) -> Result<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        filled.push_str(&rest[..open]);
        let close = rest[open..].find("}}").ok_or_else(|| refused("a placeholder is not closed".to_owned()))? + open;
        filled.push_str(&placeholder(&rest[open + 2..close], scenes)?);
        rest = &rest[close + 2..];
    }
    filled.push_str(rest);
    Ok(filled)
}

fn placeholder(inside: &str, scenes: &Scenes) -> Result<String> {
    let (formula, form) =
        inside.rsplit_once('|').map_or((inside, None), |(formula, form)| (formula, Some(form.trim())));
    let value = compute(formula.trim(), scenes)?;
    let Some(form) = form else { return Ok(value.shown()) };
    let Value::Number(number) = value else { return Ok(value.shown()) };
    Ok(match form {
        "bytes" => bytes(number.max(0.0).round() as u64),
        "seconds" => seconds(number),
        "percent" => format!("{:.0} %", number * 100.0),
        "words" => words(number),
        noun => plural(number.max(0.0).round() as u64, noun),
    })
}

/// A length of time as people say it.
#[must_use]
pub fn seconds(number: f64) -> String {
    match number.abs() {
        size if size < 0.01 => format!("{:.1} ms", number * 1000.0),
        size if size < 1.0 => format!("{:.0} ms", number * 1000.0),
        size if size < 100.0 => format!("{number:.2} s"),
        _ => format!("{number:.0} s"),
    }
}

fn words(number: f64) -> String {
    const WORDS: [&str; 13] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let index = number.round();
    if index >= 0.0 && (index as usize) < WORDS.len() && (index - number).abs() < 1e-9 {
        WORDS[index as usize].to_owned()
    } else {
        Value::Number(number).shown()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_take_a_form() {
        let text =
            "a {{ 12 | task }}, {{ 0.5 | percent }}, {{ 3 | words }}, {{ 1536 | bytes }}, {{ 0.25 | seconds }} z";
        let filled = fill(text, &Scenes::default()).expect("all can be computed");
        assert_eq!(filled, "a 12 tasks, 50 %, three, 1.5 KiB, 250 ms z");
        assert!(fill("{{ 1", &Scenes::default()).is_err());
    }
}
