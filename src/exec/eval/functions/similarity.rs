//! Where a text stands in another, and how alike two texts are.

use super::super::call::{Call, Kernel};
use super::super::errors;
use super::strings::find;
use crate::common::Result;
use arrow::array::ArrayRef;
use arrow::datatypes::{Float64Type, Int32Type};

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "instr" => instr,
        "levenshtein" => levenshtein,
        "jaro_winkler_similarity" => |call| {
            let (a, b) = (call.texts(0)?, call.texts(1)?);
            call.to_numbers::<Float64Type>(|row| Ok(a.get(row).zip(b.get(row)).map(|(a, b)| jaro_winkler(a, b))))
        },
        _ => return None,
    })
}

fn levenshtein(call: &Call<'_>) -> Result<ArrayRef> {
    let (a, b) = (call.texts(0)?, call.texts(1)?);
    let limit = if call.args.len() > 2 { Some(call.numbers::<Int32Type>(2)?) } else { None };
    call.to_numbers::<Int32Type>(|row| {
        let (Some(a), Some(b)) = (a.get(row), b.get(row)) else { return Ok(None) };
        let distance = crate::common::text::edit_distance(a, b) as i32;
        Ok(match limit.as_ref().map(|limit| limit.get(row)) {
            Some(None) => None,
            Some(Some(limit)) if distance > limit => Some(-1),
            _ => Some(distance),
        })
    })
}

/// With a start, the occurrence that is asked for; a negative start counts from the end and looks backwards.
fn instr(call: &Call<'_>) -> Result<ArrayRef> {
    if call.args.len() == 2 {
        return find(call, 1, 0);
    }
    let (s, part) = (call.texts(0)?, call.texts(1)?);
    let (start, occurrence) = (call.numbers::<Int32Type>(2)?, call.numbers::<Int32Type>(3)?);
    call.to_numbers::<Int32Type>(|row| {
        let (Some(s), Some(part), Some(start), Some(occurrence)) =
            (s.get(row), part.get(row), start.get(row), occurrence.get(row))
        else {
            return Ok(None);
        };
        if start == 0 || occurrence < 1 {
            return Err(errors::parameter(
                "START",
                "instr",
                "the start must not be 0, the occurrence must be positive",
            ));
        }
        let (s, part): (Vec<char>, Vec<char>) = (s.chars().collect(), part.chars().collect());
        let holds = |at: &usize| s[*at..].starts_with(&part);
        let (skipped, nth) = (start.unsigned_abs() as usize - 1, occurrence as usize - 1);
        let found = if start > 0 {
            (skipped..=s.len()).filter(holds).nth(nth)
        } else {
            s.len().checked_sub(skipped + 1).and_then(|last| (0..=last).rev().filter(holds).nth(nth))
        };
        Ok(Some(found.map_or(0, |at| at as i32 + 1)))
    })
}

/// How alike two texts are, from 0 to 1; a common beginning counts more.
fn jaro_winkler(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; b.len()];
    let mut common = Vec::new();
    for (i, c) in a.iter().enumerate() {
        let window = i.saturating_sub(reach)..(i + reach + 1).min(b.len());
        if let Some(j) = window.into_iter().find(|j| !taken[*j] && b[*j] == *c) {
            taken[j] = true;
            common.push(*c);
        }
    }
    if common.is_empty() {
        return 0.0;
    }
    let others = b.iter().zip(&taken).filter_map(|(c, taken)| taken.then_some(*c));
    let crossed = common.iter().zip(others).filter(|(x, y)| **x != *y).count() / 2;
    let m = common.len() as f64;
    let jaro = (m / a.len() as f64 + m / b.len() as f64 + (m - crossed as f64) / m) / 3.0;
    let prefix = a.iter().zip(&b).take(4).take_while(|(x, y)| x == y).count() as f64;
    jaro + prefix * 0.1 * (1.0 - jaro)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_texts_are_near_one() {
        assert!((jaro_winkler("MARTHA", "MARHTA") - 0.961_111).abs() < 1e-6);
        assert_eq!(jaro_winkler("", "a"), 0.0);
    }
}
