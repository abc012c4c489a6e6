//! The most expensive things of a run in words: the numbers, what to try, and the lesson that teaches it.

use super::words;
use crate::common::text::{bytes, count, plural};
use crate::status::Status;
use crate::status::costs::{Cost, Expense, cores, costs, total};

/// More than these nobody works on at once.
const SHOWN: usize = 3;

/// What the workshop would try against something expensive.
struct Cure {
    lesson: &'static str,
    attempt: &'static str,
}

/// The most expensive things, each with its cure, as plain text.
#[must_use]
pub fn text(status: &Status) -> String {
    let costs = costs(status);
    let all = total(status);
    if costs.is_empty() {
        return "The log tells of no time that anything could save.\n".to_owned();
    }
    let mut text = format!(
        "{} on {} are {} core seconds. What cost most of them:\n",
        words::moment(status.now),
        plural(cores(status), "core"),
        number(all)
    );
    for (place, cost) in costs.iter().take(SHOWN).enumerate() {
        let share = cost.core_seconds * 100.0 / all;
        let cure = cure(&cost.what);
        text.push_str(&format!(
            "\n{}. {} core seconds ({share:.0} %): {}\n   Try: {} (lesson {}: `batchlab learn {}`)\n",
            place + 1,
            number(cost.core_seconds),
            fact(status, cost),
            cure.attempt,
            cure.lesson,
            cure.lesson
        ));
    }
    text.push_str("\nThe same seconds may stand in several of these; each is what its cure could save at most.\n");
    text
}

/// Seconds with as many digits as tell something.
fn number(seconds: f64) -> String {
    match seconds {
        few if few < 1.0 => format!("{few:.3}"),
        some if some < 1000.0 => format!("{some:.1}"),
        many => count(many.round() as u64),
    }
}

/// What was expensive, with its numbers.
fn fact(status: &Status, cost: &Cost) -> String {
    match &cost.what {
        Expense::NoJob { seconds, before_the_first, queries } => format!(
            "for {} s no job ran, {} s of it before the first; the run had {}.",
            number(*seconds),
            number(*before_the_first),
            if *queries == 1 { "1 query".to_owned() } else { format!("{} queries", count(*queries)) }
        ),
        Expense::Skew { stage, tasks, slowest, middle } => format!(
            "in {} the slowest of {} took {}, the middle one {}; the other cores waited.",
            words::stage(status, *stage),
            plural(*tasks, "task"),
            words::length(*slowest),
            words::length(*middle)
        ),
        Expense::FewTasks { stage, tasks, cores, seconds } => format!(
            "{} ran {} on {} for {} s.",
            words::stage(status, *stage),
            plural(*tasks, "task"),
            plural(*cores, "core"),
            number(*seconds)
        ),
        Expense::TinyTasks { stage, tasks, middle } => format!(
            "{} ran {}, the middle one {} long: hardly worth their start.",
            words::stage(status, *stage),
            plural(*tasks, "task"),
            words::length(*middle)
        ),
        Expense::Spill { stage, tasks, bytes: spilled } => format!(
            "{} of {} did not fit their memory and spilled {}.",
            plural(*tasks, "task"),
            words::stage(status, *stage),
            bytes(*spilled)
        ),
        Expense::Fetching { stage, bytes: read } => {
            format!(
                "tasks of {} waited for the {} that they read of shuffles.",
                words::stage(status, *stage),
                bytes(*read)
            )
        }
        Expense::Again { failed, again } => {
            format!("{} failed, and {} did work again.", plural(*failed, "attempt"), plural(*again, "attempt"))
        }
        Expense::ReadAgain { source, stages, bytes: read } => format!(
            "{} of {} were read {} times, by {}.",
            bytes(*read),
            words::line(source, 40),
            stages.len(),
            words::short_list(&stages.iter().map(ToString::to_string).collect::<Vec<_>>())
        ),
        Expense::Scan { stage, bytes: read, records } => {
            format!("{} read most: {} in {}.", words::stage(status, *stage), bytes(*read), plural(*records, "record"))
        }
    }
}

fn cure(what: &Expense) -> Cure {
    let (lesson, attempt) = match what {
        Expense::NoJob { .. } => {
            ("L5", "fewer actions: every action is planned and scheduled anew; a session that is there already")
        }
        Expense::Skew { .. } => (
            "L6",
            "look at the keys of the slowest partition: salt them, broadcast the small side, or let AQE split it",
        ),
        Expense::FewTasks { .. } => (
            "L6",
            "more partitions where data is large (files that can be split, shuffle partitions); a smaller cluster where it is not",
        ),
        Expense::TinyTasks { .. } => {
            ("L6", "fewer and larger partitions: coalesce, fewer small files, a lower spark.sql.shuffle.partitions")
        }
        Expense::Spill { .. } => (
            "L7",
            "more memory for each task: more partitions, fewer cores per executor, fewer columns before the shuffle",
        ),
        Expense::Fetching { .. } => {
            ("L5", "move less: filter and aggregate before the exchange, broadcast the small side of a join")
        }
        Expense::Again { .. } => (
            "L3",
            "find why the first one failed (`batchlab why LOG --task`); shorten the lineage by a checkpoint where machines come and go",
        ),
        Expense::ReadAgain { .. } => ("L5", "cache what several actions read, and unpersist it after the last"),
        Expense::Scan { .. } => {
            ("L7", "read less: Parquet instead of text, only the columns needed, filters that reach the files")
        }
    };
    Cure { lesson, attempt }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn costs_are_told_with_numbers_and_a_lesson() {
        let told = text(&Status::of(&fixture::node_death()));
        assert!(told.starts_with(char::is_numeric) && told.contains("1. ") && told.contains("(lesson L"), "{told}");
        assert!(told.contains("did work again. \n") || told.contains("did work again.\n"), "{told}");
        assert!(text(&Status::default()).contains("no time"));
    }
}
