//! What two lists have in common, in order, and how one becomes the other.

use serde::{Deserialize, Serialize};

/// A table of more cells than this is not looked through: what it covers counts as replaced.
const CELLS_MAX: usize = 1 << 20;

/// Lines of a text that were replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// Index of the first line that goes, in the old text.
    pub at: usize,
    /// How many go.
    pub removed: usize,
    /// What comes in their place.
    pub added: Vec<String>,
}

/// The longest common subsequence: pairs of indexes, rising in both.
#[must_use]
pub fn pairs<T: PartialEq>(before: &[T], after: &[T]) -> Vec<(usize, usize)> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (old, new) = (&before[head..], &after[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut found: Vec<(usize, usize)> = (0..head).map(|index| (index, index)).collect();
    if old.len().saturating_mul(new.len()) <= CELLS_MAX {
        found.extend(longest(old, new).into_iter().map(|(a, b)| (a + head, b + head)));
    }
    found.extend((0..tail).rev().map(|left| (before.len() - 1 - left, after.len() - 1 - left)));
    found
}

/// The same by the table of all beginnings.
fn longest<T: PartialEq>(before: &[T], after: &[T]) -> Vec<(usize, usize)> {
    let width = after.len() + 1;
    let mut best = vec![0_u32; (before.len() + 1) * width];
    for (i, a) in before.iter().enumerate().rev() {
        for (j, b) in after.iter().enumerate().rev() {
            best[i * width + j] = if a == b {
                best[(i + 1) * width + j + 1] + 1
            } else {
                best[(i + 1) * width + j].max(best[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < before.len() && j < after.len() {
        if before[i] == after[j] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

/// How `before` becomes `after`.
#[must_use]
pub fn hunks(before: &[&str], after: &[&str]) -> Vec<Hunk> {
    let mut found = Vec::new();
    let (mut old, mut new) = (0, 0);
    for (a, b) in pairs(before, after).into_iter().chain([(before.len(), after.len())]) {
        if a > old || b > new {
            let added = after[new..b].iter().map(|line| (*line).to_owned()).collect();
            found.push(Hunk { at: old, removed: a - old, added });
        }
        (old, new) = (a + 1, b + 1);
    }
    found
}

/// A text with its hunks put in. Hunks that do not fit the text change nothing.
#[must_use]
pub fn patched(before: &[String], hunks: &[Hunk]) -> Vec<String> {
    let mut after = Vec::with_capacity(before.len());
    let mut done = 0;
    for hunk in hunks.iter().filter(|hunk| hunk.at.saturating_add(hunk.removed) <= before.len()) {
        after.extend_from_slice(before.get(done..hunk.at).unwrap_or_default());
        after.extend(hunk.added.iter().cloned());
        done = done.max(hunk.at + hunk.removed);
    }
    after.extend_from_slice(before.get(done..).unwrap_or_default());
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_patched_text_is_the_new_one(before in "[a-c]{0,12}", after in "[a-c]{0,12}") {
            let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
            let (old, new) = (lines(&before), lines(&after));
            let [a, b] = [&old, &new].map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
            let found = hunks(&a, &b);
            prop_assert_eq!(patched(&old, &found), new);
        }
    }

    #[test]
    fn a_line_that_moves_goes_here_and_comes_there() {
        let found = hunks(&["filter", "join", "scan"], &["join", "filter", "scan"]);
        let gone = Hunk { at: 0, removed: 1, added: Vec::new() };
        let here = Hunk { at: 2, removed: 0, added: vec!["filter".to_owned()] };
        assert_eq!(found, [gone, here]);
    }

    #[test]
    fn a_hunk_of_another_text_changes_nothing() {
        let line = vec!["a".to_owned()];
        assert_eq!(patched(&line, &[Hunk { at: 5, removed: 1, added: Vec::new() }]), line);
    }
}
