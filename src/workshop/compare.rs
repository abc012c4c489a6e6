//! Compares an answer with the right one and finds the first thing to tell.
//!
//! Column order never matters, names do; numbers may differ by a tolerance. Where rows differ, one row is shown beside the wanted one with the
//! columns that differ, so that the learner sees one place and not two tables. Rows belong together when they have the same key (a column, or two,
//! whose values never repeat in the answer), otherwise when they are most alike. Of all pairs the one is shown that differs furthest to the left:
//! a column that is computed from others stands behind them, so the cause is shown before what follows from it.

use super::rows::{Cell, Column, Rows};
use serde::Deserialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// How strictly to compare.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strictness {
    pub ordered: bool,
    pub tolerance: f64,
    /// Types must be the very ones, not only of the same family.
    pub exact_types: bool,
    pub nullability: bool,
    /// What holds for single columns.
    pub columns: BTreeMap<String, Precision>,
}

/// How exact the numbers of one column must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precision {
    /// Instead of the answer's tolerance.
    pub tolerance: Option<f64>,
    /// Digits that may stand behind the point: more are no rounded number.
    pub decimals: Option<usize>,
}

impl Strictness {
    /// The tolerance of each column.
    fn tolerances(&self, columns: &[Column]) -> Vec<f64> {
        let own = |column: &Column| self.columns.get(&column.name).and_then(|precision| precision.tolerance);
        columns.iter().map(|column| own(column).unwrap_or(self.tolerance)).collect()
    }
}

/// Where an answer is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub aspect: Aspect,
    pub got: String,
    pub wanted: String,
    /// Row and column, or what about the whole.
    pub place: String,
}

/// What about an answer is wrong; each is looked at only when those before it are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// Names of the columns, so rows say nothing yet.
    Columns,
    /// Types of the columns, or whether they may be NULL.
    Types,
    Rows,
    Order,
    /// Numbers have more decimals than the task asks for.
    Decimals,
}

/// What came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Rows of the right answer that are not there.
    pub missing: usize,
    /// Rows that should not be there.
    pub extra: usize,
    pub difference: Option<Difference>,
    /// Two columns that have only changed places.
    pub exchanged: Option<(String, String)>,
}

impl Comparison {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.difference.is_none()
    }

    /// Whether this is what is wrong.
    #[must_use]
    pub fn is_wrong_in(&self, aspect: Aspect) -> bool {
        self.difference.as_ref().is_some_and(|difference| difference.aspect == aspect)
    }
}

/// Compares rows.
#[must_use]
pub fn compare(got: &Rows, wanted: &Rows, how: &Strictness) -> Comparison {
    if let Some(difference) = columns_differ(got, wanted, how) {
        let (missing, extra) = (wanted.rows.len(), got.rows.len());
        return Comparison { missing, extra, difference: Some(difference), exchanged: None };
    }
    let places: Vec<usize> = wanted.columns.iter().filter_map(|column| got.column(&column.name)).collect();
    let as_it_is: Vec<Vec<Cell>> =
        got.rows.iter().map(|row| places.iter().map(|at| row[*at].clone()).collect()).collect();
    let got_rows = rounded(&as_it_is, &wanted.columns, how);
    let tolerances = how.tolerances(&wanted.columns);
    let (extra, missing) = unmatched(&got_rows, &wanted.rows, &tolerances);
    let difference = if missing.is_empty() && extra.is_empty() {
        let order = if how.ordered { order_differs(&got_rows, wanted, &tolerances) } else { None };
        order.or_else(|| decimals_differ(&as_it_is, &wanted.columns, how))
    } else {
        Some(rows_differ(&got_rows, wanted, &extra, &missing, &tolerances))
    };
    let may_be = !missing.is_empty() && got_rows.len() == wanted.rows.len();
    let exchanged = if may_be { exchanged(&got_rows, wanted, &tolerances) } else { None };
    Comparison { missing: missing.len(), extra: extra.len(), difference, exchanged }
}

/// Two columns whose values would be right if each stood under the name of the other.
fn exchanged(got: &[Vec<Cell>], wanted: &Rows, tolerances: &[f64]) -> Option<(String, String)> {
    let sorted = |rows: &[Vec<Cell>], at: usize| {
        let mut cells: Vec<Cell> = rows.iter().map(|row| row[at].clone()).collect();
        cells.sort_by(Cell::order);
        cells
    };
    let columns = 0..wanted.columns.len();
    let there: Vec<Vec<Cell>> = columns.clone().map(|at| sorted(got, at)).collect();
    let right: Vec<Vec<Cell>> = columns.clone().map(|at| sorted(&wanted.rows, at)).collect();
    let equal = |left: usize, right_at: usize| {
        let mut pairs = there[left].iter().zip(&right[right_at]);
        pairs.all(|(left, right)| cells_equal(left, right, tolerances[right_at]))
    };
    let pairs = columns.clone().flat_map(|a| (a + 1..wanted.columns.len()).map(move |b| (a, b)));
    let mut candidates = pairs.filter(|(a, b)| equal(*a, *b) && equal(*b, *a));
    let would_be_right = |(a, b): &(usize, usize)| {
        let mut rows = got.to_vec();
        for row in &mut rows {
            row.swap(*a, *b);
        }
        let (extra, missing) = unmatched(&rows, &wanted.rows, tolerances);
        extra.is_empty() && missing.is_empty()
    };
    let (a, b) = candidates.find(would_be_right)?;
    Some((wanted.columns[a].name.clone(), wanted.columns[b].name.clone()))
}

fn columns_differ(got: &Rows, wanted: &Rows, how: &Strictness) -> Option<Difference> {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>().join(", ");
    let same = wanted.columns.iter().all(|column| got.column(&column.name).is_some())
        && got.columns.len() == wanted.columns.len();
    if !same {
        return Some(Difference {
            aspect: Aspect::Columns,
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
                aspect: Aspect::Types,
                got: found.data_type.clone(),
                wanted: column.data_type.clone(),
                place: format!("the type of column {}", column.name),
            });
        }
        if how.nullability && found.nullable != column.nullable {
            let word = |nullable: bool| if nullable { "may be NULL" } else { "never NULL" }.to_owned();
            return Some(Difference {
                aspect: Aspect::Types,
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

fn rows_equal(left: &[Cell], right: &[Cell], tolerances: &[f64]) -> bool {
    left.iter().zip(right).zip(tolerances).all(|((left, right), tolerance)| cells_equal(left, right, *tolerance))
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
fn unmatched(got: &[Vec<Cell>], wanted: &[Vec<Cell>], tolerances: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let sorted = |rows: &[Vec<Cell>]| {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| sort_order(&rows[*a], &rows[*b]));
        order
    };
    let (left, right) = (sorted(got), sorted(wanted));
    let (mut extra, mut missing, mut l, mut r) = (Vec::new(), Vec::new(), 0, 0);
    while l < left.len() || r < right.len() {
        match (left.get(l), right.get(r)) {
            (Some(a), Some(b)) if rows_equal(&got[*a], &wanted[*b], tolerances) => {
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

fn order_differs(got: &[Vec<Cell>], wanted: &Rows, tolerances: &[f64]) -> Option<Difference> {
    let at = got.iter().zip(&wanted.rows).position(|(got, wanted)| !rows_equal(got, wanted, tolerances))?;
    Some(Difference {
        aspect: Aspect::Order,
        got: row_text(&wanted.columns, &got[at]),
        wanted: row_text(&wanted.columns, &wanted.rows[at]),
        place: format!("row {}: the rows are right, their order is not", at + 1),
    })
}

/// The rows with the numbers rounded that should be, so that a number that only is not rounded counts as right here.
fn rounded(rows: &[Vec<Cell>], columns: &[Column], how: &Strictness) -> Vec<Vec<Cell>> {
    let places = |column: &Column| how.columns.get(&column.name).and_then(|precision| precision.decimals);
    let places: Vec<Option<usize>> = columns.iter().map(places).collect();
    let round = |(cell, places): (&Cell, &Option<usize>)| match (cell, places) {
        (Cell::Float(number), Some(places)) => {
            format!("{number:.places$}").parse().map_or_else(|_| cell.clone(), Cell::Float)
        }
        _ => cell.clone(),
    };
    rows.iter().map(|row| row.iter().zip(&places).map(round).collect()).collect()
}

/// The first number with more digits behind the point than its column may have.
fn decimals_differ(got: &[Vec<Cell>], columns: &[Column], how: &Strictness) -> Option<Difference> {
    for (at, column) in columns.iter().enumerate() {
        let Some(places) = how.columns.get(&column.name).and_then(|precision| precision.decimals) else { continue };
        let digits = |cell: &Cell| match cell {
            Cell::Float(number) => number.to_string().split_once('.').map_or(0, |(_, digits)| digits.len()),
            _ => 0,
        };
        if let Some(row) = got.iter().position(|row| digits(&row[at]) > places) {
            let number = got[row][at].number().unwrap_or_default();
            return Some(Difference {
                aspect: Aspect::Decimals,
                got: format!("{} = {number}", column.name),
                wanted: format!("{} = {number:.places$}", column.name),
                place: format!("row {}: the rows are right, the column {} is not rounded", row + 1, column.name),
            });
        }
    }
    None
}

fn rows_differ(got: &[Vec<Cell>], wanted: &Rows, extra: &[usize], missing: &[usize], tolerances: &[f64]) -> Difference {
    let is_single = got.len() == 1 && wanted.rows.len() == 1;
    let counts = if got.len() == wanted.rows.len() {
        format!("{} of {} rows differ", extra.len(), got.len())
    } else {
        format!("{} rows, {} wanted", got.len(), wanted.rows.len())
    };
    let told = |got: String, wanted: String, place: String| Difference { aspect: Aspect::Rows, got, wanted, place };
    let key = key_columns(wanted);
    let by_key = first_cause(got, &wanted.rows, extra, missing, &key, tolerances);
    let pair =
        is_single.then_some((0, 0)).or(by_key).or_else(|| nearest_pair(got, &wanted.rows, extra, missing, tolerances));
    let Some((there, right)) = pair else {
        return match (extra.first(), missing.first()) {
            (Some(at), _) => told(
                row_text(&wanted.columns, &got[*at]),
                "no such row".to_owned(),
                format!("{counts}; row {} should not be there", at + 1),
            ),
            (None, Some(at)) => told(
                "no such row".to_owned(),
                row_text(&wanted.columns, &wanted.rows[*at]),
                format!("{counts}; a row is missing"),
            ),
            (None, None) => told(counts.clone(), "the same rows".to_owned(), counts),
        };
    };
    let differing: Vec<usize> = (0..wanted.columns.len())
        .filter(|column| !cells_equal(&got[there][*column], &wanted.rows[right][*column], tolerances[*column]))
        .collect();
    let named = |row: &[Cell]| {
        let cells = differing.iter().map(|at| format!("{} = {}", wanted.columns[*at].name, row[*at]));
        cells.collect::<Vec<_>>().join(", ")
    };
    let same = (0..wanted.columns.len()).filter(|column| !differing.contains(column));
    let telling: Vec<usize> = if by_key.is_some() { key } else { same.take(4).collect() };
    let which =
        telling.iter().map(|at| format!("{} = {}", wanted.columns[*at].name, got[there][*at])).collect::<Vec<_>>();
    let columns: Vec<&str> = differing.iter().map(|at| wanted.columns[*at].name.as_str()).collect();
    if is_single {
        let place = if wanted.columns.len() == 1 {
            "its value".to_owned()
        } else {
            format!("the only row, column {}", columns.join(", "))
        };
        return told(named(&got[there]), named(&wanted.rows[right]), place);
    }
    let row =
        if which.is_empty() { format!("row {}", there + 1) } else { format!("the row with {}", which.join(", ")) };
    told(named(&got[there]), named(&wanted.rows[right]), format!("{counts}; {row}, column {}", columns.join(", ")))
}

/// The column, or the two, whose values never repeat in the right answer; none where there are none, or only fractions.
fn key_columns(wanted: &Rows) -> Vec<usize> {
    let is_exact = |at: &usize| !wanted.rows.iter().any(|row| matches!(row[*at], Cell::Float(_) | Cell::Null));
    let exact: Vec<usize> = (0..wanted.columns.len()).filter(is_exact).collect();
    let never_repeats = |columns: &[usize]| {
        let mut rows: Vec<&Vec<Cell>> = wanted.rows.iter().collect();
        let order = |a: &Vec<Cell>, b: &Vec<Cell>| {
            columns.iter().map(|at| a[*at].order(&b[*at])).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        rows.sort_unstable_by(|a, b| order(a, b));
        rows.windows(2).all(|pair| order(pair[0], pair[1]).is_ne())
    };
    let single = exact.iter().map(|at| vec![*at]);
    let pairs = exact.iter().enumerate().flat_map(|(i, a)| exact[i + 1..].iter().map(|b| vec![*a, *b]));
    single.chain(pairs).find(|columns| never_repeats(columns)).unwrap_or_default()
}

/// Of the rows with the key of a missing one, the one that differs furthest to the left; of several the first of the right answer.
fn first_cause(
    got: &[Vec<Cell>],
    wanted: &[Vec<Cell>],
    extra: &[usize],
    missing: &[usize],
    key: &[usize],
    tolerances: &[f64],
) -> Option<(usize, usize)> {
    let of = |row: &[Cell]| key.iter().map(|at| row[*at].to_string()).collect::<Vec<_>>();
    if key.is_empty() {
        return None;
    }
    let there: BTreeMap<Vec<String>, usize> = extra.iter().rev().map(|at| (of(&got[*at]), *at)).collect();
    let pairs = missing.iter().filter_map(|right| Some((*there.get(&of(&wanted[*right]))?, *right)));
    pairs.min_by_key(|(there, right)| {
        let cells = got[*there].iter().zip(&wanted[*right]).zip(tolerances);
        (cells.take_while(|((got, wanted), tolerance)| cells_equal(got, wanted, **tolerance)).count(), *right)
    })
}

/// A row that is there and the wanted one that it most resembles; none when nothing is alike.
fn nearest_pair(
    got: &[Vec<Cell>],
    wanted: &[Vec<Cell>],
    extra: &[usize],
    missing: &[usize],
    tolerances: &[f64],
) -> Option<(usize, usize)> {
    let alike = |there: usize, right: usize| {
        let cells = got[there].iter().zip(&wanted[right]).zip(tolerances);
        cells.filter(|((got, wanted), tolerance)| cells_equal(got, wanted, **tolerance)).count()
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

    fn loose() -> Strictness {
        Strictness { tolerance: 0.01, ..Strictness::default() }
    }

    fn rows(cells: &[(&str, f64)]) -> Rows {
        let cells = cells.iter().map(|(name, number)| vec![Cell::text(*name), Cell::Float(*number)]).collect();
        Rows::of(&[("name", "string"), ("sum", "double")]).with(cells)
    }

    #[track_caller]
    fn check(got: &Rows, wanted: &Rows, how: Strictness, place: Option<&str>) {
        let comparison = compare(got, wanted, &how);
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
        check(&rows(&[("b", 2.009), ("a", 1.0)]), &wanted, loose(), None);
        check(&rows(&[("b", 2.0), ("a", 1.0)]), &wanted, Strictness { ordered: true, ..loose() }, Some("order"));
        check(
            &rows(&[("b", 2.02), ("a", 1.0)]),
            &wanted,
            loose(),
            Some("1 of 2 rows differ; the row with name = b, column sum"),
        );
    }

    #[test]
    fn two_columns_that_have_changed_places_are_named() {
        let columns = [("name", "string"), ("low", "int"), ("high", "int")];
        let row = |name: &str, low, high| vec![Cell::text(name), Cell::Int(low), Cell::Int(high)];
        let wanted = Rows::of(&columns).with(vec![row("a", 1, 9), row("b", 2, 8)]);
        let swapped = Rows::of(&columns).with(vec![row("a", 9, 1), row("b", 8, 2)]);
        let names = Some(("low".to_owned(), "high".to_owned()));
        assert_eq!(compare(&swapped, &wanted, &loose()).exchanged, names);
        let other = Rows::of(&columns).with(vec![row("a", 9, 1), row("b", 8, 3)]);
        assert_eq!(compare(&other, &wanted, &loose()).exchanged, None);
    }

    #[test]
    fn missing_and_extra_rows_are_counted() {
        let wanted = rows(&[("a", 1.0), ("b", 2.0)]);
        let comparison = compare(&rows(&[("a", 1.0)]), &wanted, &loose());
        assert_eq!((comparison.missing, comparison.extra), (1, 0));
        check(&rows(&[("a", 1.0)]), &wanted, loose(), Some("1 rows, 2 wanted; a row is missing"));
        check(&rows(&[("a", 1.0), ("a", 1.0), ("b", 2.0)]), &wanted, loose(), Some("should not be there"));
    }

    #[test]
    fn columns_are_compared_by_name_and_type() {
        let wanted = rows(&[("a", 1.0)]);
        let mut other = wanted.clone();
        other.columns[1].name = "total".to_owned();
        check(&other, &wanted, loose(), Some("the columns"));
        let mut other = wanted.clone();
        other.columns[1].data_type = "string".to_owned();
        check(&other, &wanted, loose(), Some("the type of column sum"));
    }

    #[test]
    fn the_cause_is_shown_before_what_follows_from_it() {
        let of = |cells: [(&str, i64, i64); 3]| {
            let rows = cells.map(|(month, count, change)| vec![Cell::text(month), Cell::Int(count), Cell::Int(change)]);
            Rows::of(&[("month", "string"), ("n", "bigint"), ("change", "bigint")]).with(rows.to_vec())
        };
        let wanted = of([("01", 7, 0), ("02", 7, 0), ("03", 7, 0)]);
        let found = compare(&of([("03", 7, -1), ("02", 8, 1), ("01", 7, 5)]), &wanted, &loose()).difference;
        let found = found.expect("a difference");
        assert_eq!(found.place, "3 of 3 rows differ; the row with month = 02, column n, change");
        assert_eq!((found.got.as_str(), found.wanted.as_str()), ("n = 8, change = 1", "n = 7, change = 0"));
    }

    #[test]
    fn a_column_may_have_to_be_rounded_and_be_more_exact_than_the_others() {
        let rounded = |decimals, tolerance| {
            let sum = Precision { tolerance, decimals: Some(decimals) };
            Strictness { columns: [("sum".to_owned(), sum)].into(), ..loose() }
        };
        let wanted = rows(&[("a", 1.25)]);
        check(&rows(&[("a", 1.25)]), &wanted, rounded(2, None), None);
        check(&rows(&[("a", 1.2513)]), &wanted, rounded(2, None), Some("the column sum is not rounded"));
        check(&rows(&[("a", 1.26)]), &wanted, rounded(2, None), None);
        check(&rows(&[("a", 1.26)]), &wanted, rounded(2, Some(0.0)), Some("the only row, column sum"));
    }
}
