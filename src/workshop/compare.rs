//! Compares an answer with the right one and finds the first thing to tell.
//!
//! Column order never matters, names do; numbers may differ by a tolerance. Where rows differ, the row that is nearest to a wanted one is
//! shown with the columns that differ, so that the learner sees one place and not two tables.

use super::rows::{Cell, Column, Rows};
use std::cmp::Ordering;

/// How strictly to compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strictness {
    pub ordered: bool,
    pub tolerance: f64,
    /// Types must be the very ones, not only of the same family.
    pub exact_types: bool,
    pub nullability: bool,
}

/// Where an answer is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub got: String,
    pub wanted: String,
    /// Row and column, or what about the whole.
    pub place: String,
}

/// What came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Rows of the right answer that are not there.
    pub missing: usize,
    /// Rows that should not be there.
    pub extra: usize,
    pub difference: Option<Difference>,
    /// Whether it has other columns than the answer should have, so that rows say nothing yet.
    pub columns_differ: bool,
}

impl Comparison {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.difference.is_none()
    }
}

/// Compares rows.
#[must_use]
pub fn compare(got: &Rows, wanted: &Rows, how: Strictness) -> Comparison {
    if let Some(difference) = columns_differ(got, wanted, how) {
        let (missing, extra) = (wanted.rows.len(), got.rows.len());
        return Comparison { missing, extra, difference: Some(difference), columns_differ: true };
    }
    let places: Vec<usize> = wanted.columns.iter().filter_map(|column| got.column(&column.name)).collect();
    let got_rows: Vec<Vec<Cell>> =
        got.rows.iter().map(|row| places.iter().map(|at| row[*at].clone()).collect()).collect();
    let (extra, missing) = unmatched(&got_rows, &wanted.rows, how.tolerance);
    let (missing_rows, extra_rows) = (missing.len(), extra.len());
    let mut comparison =
        Comparison { missing: missing_rows, extra: extra_rows, difference: None, columns_differ: false };
    comparison.difference = if missing.is_empty() && extra.is_empty() {
        if how.ordered { order_differs(&got_rows, wanted, how.tolerance) } else { None }
    } else {
        Some(rows_differ(&got_rows, wanted, &extra, &missing, how.tolerance))
    };
    comparison
}

fn columns_differ(got: &Rows, wanted: &Rows, how: Strictness) -> Option<Difference> {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>().join(", ");
    let same = wanted.columns.iter().all(|column| got.column(&column.name).is_some())
        && got.columns.len() == wanted.columns.len();
    if !same {
        return Some(Difference {
            got: names(&got.columns),
            wanted: names(&wanted.columns),
            place: "the columns".to_owned(),
        });
    }
    for column in &wanted.columns {
        let found = &got.columns[got.column(&column.name)?];
        let fits = column.data_type == "any"
            || if how.exact_types {
                column.data_type == found.data_type
            } else {
                family(&column.data_type) == family(&found.data_type)
            };
        if !fits {
            return Some(Difference {
                got: found.data_type.clone(),
                wanted: column.data_type.clone(),
                place: format!("the type of column {}", column.name),
            });
        }
        if how.nullability && found.nullable != column.nullable {
            let word = |nullable: bool| if nullable { "may be NULL" } else { "never NULL" }.to_owned();
            return Some(Difference {
                got: word(found.nullable),
                wanted: word(column.nullable),
                place: format!("column {}", column.name),
            });
        }
    }
    None
}

/// Types that hold the same kind of value.
fn family(data_type: &str) -> &str {
    match data_type {
        "tinyint" | "smallint" | "int" | "bigint" => "integer",
        "float" | "double" => "fractional",
        decimal if decimal.starts_with("decimal") => "fractional",
        other => other,
    }
}

fn cells_equal(left: &Cell, right: &Cell, tolerance: f64) -> bool {
    match (left, right) {
        (Cell::Int(left), Cell::Int(right)) => left == right,
        (Cell::List(left), Cell::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| cells_equal(l, r, tolerance))
        }
        _ => match (left.number(), right.number()) {
            (Some(left), Some(right)) => {
                // Half a unit of the last place that floating point leaves uncertain.
                left == right || (left - right).abs() <= tolerance * 1.000_001 || (left.is_nan() && right.is_nan())
            }
            _ => left == right,
        },
    }
}

fn rows_equal(left: &[Cell], right: &[Cell], tolerance: f64) -> bool {
    left.iter().zip(right).all(|(left, right)| cells_equal(left, right, tolerance))
}

/// Exact cells first, fractions last, so that rows that differ within the tolerance stay side by side.
fn sort_order(left: &[Cell], right: &[Cell]) -> Ordering {
    let exact = |cell: &&Cell| !matches!(cell, Cell::Float(_));
    let by = |left: &mut dyn Iterator<Item = &Cell>, right: &mut dyn Iterator<Item = &Cell>| {
        left.zip(right).map(|(left, right)| left.order(right)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    by(&mut left.iter().filter(exact), &mut right.iter().filter(exact))
        .then_with(|| by(&mut left.iter().filter(|cell| !exact(cell)), &mut right.iter().filter(|cell| !exact(cell))))
}

/// Positions of rows without a partner: of what is there, of what should be there.
fn unmatched(got: &[Vec<Cell>], wanted: &[Vec<Cell>], tolerance: f64) -> (Vec<usize>, Vec<usize>) {
    let sorted = |rows: &[Vec<Cell>]| {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| sort_order(&rows[*a], &rows[*b]));
        order
    };
    let (left, right) = (sorted(got), sorted(wanted));
    let (mut extra, mut missing, mut l, mut r) = (Vec::new(), Vec::new(), 0, 0);
    while l < left.len() || r < right.len() {
        match (left.get(l), right.get(r)) {
            (Some(a), Some(b)) if rows_equal(&got[*a], &wanted[*b], tolerance) => {
                l += 1;
                r += 1;
            }
            (Some(a), Some(b)) => {
                if sort_order(&got[*a], &wanted[*b]).is_lt() {
                    extra.push(*a);
                    l += 1;
                } else {
                    missing.push(*b);
                    r += 1;
                }
            }
            (Some(a), None) => {
                extra.push(*a);
                l += 1;
            }
            (None, Some(b)) => {
                missing.push(*b);
                r += 1;
            }
            (None, None) => break,
        }
    }
    extra.sort_unstable();
    missing.sort_unstable();
    (extra, missing)
}

fn order_differs(got: &[Vec<Cell>], wanted: &Rows, tolerance: f64) -> Option<Difference> {
    let at = got.iter().zip(&wanted.rows).position(|(got, wanted)| !rows_equal(got, wanted, tolerance))?;
    Some(Difference {
        got: row_text(&wanted.columns, &got[at]),
        wanted: row_text(&wanted.columns, &wanted.rows[at]),
        place: format!("row {}: the rows are right, their order is not", at + 1),
    })
}

fn rows_differ(got: &[Vec<Cell>], wanted: &Rows, extra: &[usize], missing: &[usize], tolerance: f64) -> Difference {
    let counts = if got.len() == wanted.rows.len() {
        format!("{} of {} rows differ", extra.len(), got.len())
    } else {
        format!("{} rows, {} wanted", got.len(), wanted.rows.len())
    };
    let nearest = nearest_pair(got, &wanted.rows, extra, missing, tolerance);
    let Some((there, right)) = nearest else {
        return match (extra.first(), missing.first()) {
            (Some(at), _) => Difference {
                got: row_text(&wanted.columns, &got[*at]),
                wanted: "no such row".to_owned(),
                place: format!("{counts}; row {} should not be there", at + 1),
            },
            (None, Some(at)) => Difference {
                got: "no such row".to_owned(),
                wanted: row_text(&wanted.columns, &wanted.rows[*at]),
                place: format!("{counts}; a row is missing"),
            },
            (None, None) => Difference { got: counts.clone(), wanted: "the same rows".to_owned(), place: counts },
        };
    };
    let differing: Vec<usize> = (0..wanted.columns.len())
        .filter(|column| !cells_equal(&got[there][*column], &wanted.rows[right][*column], tolerance))
        .collect();
    let named = |row: &[Cell]| {
        let cells = differing.iter().map(|at| format!("{} = {}", wanted.columns[*at].name, row[*at]));
        cells.collect::<Vec<_>>().join(", ")
    };
    let same = (0..wanted.columns.len()).filter(|column| !differing.contains(column)).take(4);
    let which = same.map(|at| format!("{} = {}", wanted.columns[at].name, got[there][at])).collect::<Vec<_>>();
    let columns: Vec<&str> = differing.iter().map(|at| wanted.columns[*at].name.as_str()).collect();
    let row =
        if which.is_empty() { format!("row {}", there + 1) } else { format!("the row with {}", which.join(", ")) };
    Difference {
        got: named(&got[there]),
        wanted: named(&wanted.rows[right]),
        place: format!("{counts}; {row}, column {}", columns.join(", ")),
    }
}

/// A row that is there and the wanted one that it most resembles; none when nothing is alike.
fn nearest_pair(
    got: &[Vec<Cell>],
    wanted: &[Vec<Cell>],
    extra: &[usize],
    missing: &[usize],
    tolerance: f64,
) -> Option<(usize, usize)> {
    let alike = |there: usize, right: usize| {
        got[there].iter().zip(&wanted[right]).filter(|(got, wanted)| cells_equal(got, wanted, tolerance)).count()
    };
    let pairs = extra.iter().take(20).flat_map(|there| missing.iter().take(200).map(move |right| (*there, *right)));
    let best = pairs.max_by_key(|(there, right)| (alike(*there, *right), std::cmp::Reverse((*there, *right))))?;
    let width = got[best.0].len();
    (width == 1 || alike(best.0, best.1) * 2 >= width).then_some(best)
}

fn row_text(columns: &[Column], row: &[Cell]) -> String {
    if columns.len() == 1 {
        return row[0].to_string();
    }
    let shown = columns.iter().zip(row).take(8).map(|(column, cell)| format!("{} = {cell}", column.name));
    let more = if columns.len() > 8 { ", …" } else { "" };
    shown.collect::<Vec<_>>().join(", ") + more
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOSE: Strictness = Strictness { ordered: false, tolerance: 0.01, exact_types: false, nullability: false };

    fn rows(cells: &[(&str, f64)]) -> Rows {
        let cells = cells.iter().map(|(name, number)| vec![Cell::text(*name), Cell::Float(*number)]).collect();
        Rows::of(&[("name", "string"), ("sum", "double")]).with(cells)
    }

    #[track_caller]
    fn check(got: &Rows, wanted: &Rows, how: Strictness, place: Option<&str>) {
        let comparison = compare(got, wanted, how);
        match place {
            None => assert_eq!(comparison.difference, None),
            Some(place) => {
                let found = comparison.difference.expect("a difference");
                assert!(found.place.contains(place), "{found:?}");
            }
        }
    }

    #[test]
    fn order_and_small_differences_do_not_matter_unless_asked() {
        let wanted = rows(&[("a", 1.0), ("b", 2.0)]);
        check(&rows(&[("b", 2.009), ("a", 1.0)]), &wanted, LOOSE, None);
        check(&rows(&[("b", 2.0), ("a", 1.0)]), &wanted, Strictness { ordered: true, ..LOOSE }, Some("order"));
        check(
            &rows(&[("b", 2.02), ("a", 1.0)]),
            &wanted,
            LOOSE,
            Some("1 of 2 rows differ; the row with name = b, column sum"),
        );
    }

    #[test]
    fn missing_and_extra_rows_are_counted() {
        let wanted = rows(&[("a", 1.0), ("b", 2.0)]);
        let comparison = compare(&rows(&[("a", 1.0)]), &wanted, LOOSE);
        assert_eq!((comparison.missing, comparison.extra), (1, 0));
        check(&rows(&[("a", 1.0)]), &wanted, LOOSE, Some("1 rows, 2 wanted; a row is missing"));
        check(&rows(&[("a", 1.0), ("a", 1.0), ("b", 2.0)]), &wanted, LOOSE, Some("should not be there"));
    }

    #[test]
    fn columns_are_compared_by_name_and_type() {
        let wanted = rows(&[("a", 1.0)]);
        let mut other = wanted.clone();
        other.columns[1].name = "total".to_owned();
        check(&other, &wanted, LOOSE, Some("the columns"));
        let mut other = wanted.clone();
        other.columns[1].data_type = "string".to_owned();
        check(&other, &wanted, LOOSE, Some("the type of column sum"));
    }
}
