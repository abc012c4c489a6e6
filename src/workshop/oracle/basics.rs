//! Exercise 1.

use super::{Row, int, rounded, rows};
use crate::workshop::dataset::Dataset;
use crate::workshop::rows::{Cell, Rows};
use std::collections::BTreeMap;

pub(super) fn six_rows(_data: &Dataset) -> Rows {
    let people = [
        (1, "Ada", 28, "Engineering"),
        (2, "Bruno", 35, "Marketing"),
        (3, "Chioma", 42, "Engineering"),
        (4, "Dilnoza", 31, "Sales"),
        (5, "Elif", 26, "Marketing"),
        (6, "Farid", 45, "Engineering"),
    ];
    let mut right = Rows::of(&[("id", "int"), ("name", "string"), ("age", "int"), ("department", "string")]);
    right.columns.iter_mut().for_each(|column| column.nullable = false);
    let row =
        |(id, name, age, department)| vec![Cell::Int(id), Cell::text(name), Cell::Int(age), Cell::text(department)];
    right.with(people.map(row).to_vec())
}

fn is_older(row: &Row<'_>) -> bool {
    row.int("age").is_some_and(|age| age > 30)
}

pub(super) fn older_than_30(data: &Dataset) -> Rows {
    let people = data.table("people");
    let found = rows(&people).filter(is_older);
    let found = found.map(|row| vec![row.text("name"), row.int_cell("age"), row.text("department")]);
    Rows::of(&[("name", "string"), ("age", "int"), ("department", "string")]).with(found.collect())
}

fn person(row: &Row<'_>) -> Vec<Cell> {
    vec![row.int_cell("id"), row.text("name"), row.int_cell("age"), row.text("department"), row.text("email")]
}

const PERSON: [(&str, &str); 5] =
    [("id", "int"), ("name", "string"), ("age", "int"), ("department", "string"), ("email", "string")];

pub(super) fn people(data: &Dataset) -> Rows {
    let people = data.table("people");
    Rows::of(&PERSON).with(rows(&people).map(|row| person(&row)).collect())
}

pub(super) fn career_columns(data: &Dataset) -> Rows {
    let people = data.table("people");
    let found = rows(&people).filter(is_older).map(|row| {
        let age = row.int("age").unwrap_or_default();
        let stage = match age {
            ..35 => "early",
            35..45 => "mid",
            _ => "senior",
        };
        let domain = row.get("email").map(|email| email.split_once('@').map_or("", |(_, domain)| domain));
        let mut cells = person(&row);
        cells.extend([Cell::Int(age * 2), Cell::text(stage), domain.map_or(Cell::Null, Cell::text)]);
        cells
    });
    let mut columns = PERSON.to_vec();
    columns.extend([("age_doubled", "int"), ("career_stage", "string"), ("email_domain", "string")]);
    Rows::of(&columns).with(found.collect())
}

pub(super) fn clean_departments(data: &Dataset) -> Rows {
    let dirty = data.table("people_dirty");
    let mut seen = std::collections::BTreeSet::new();
    let mut counts: BTreeMap<Option<String>, [usize; 3]> = BTreeMap::new();
    for row in rows(&dirty).filter(|row| seen.insert(row.cells.to_vec())) {
        let count = counts.entry(row.get("department").map(tidy)).or_default();
        count[0] += 1;
        count[1] += usize::from(row.int("age").is_none());
        count[2] += usize::from(row.get("email").is_none());
    }
    let found = counts.into_iter().map(|(name, [people, age, email])| {
        vec![name.map_or(Cell::Null, Cell::Text), int(people), int(age), int(email)]
    });
    Rows::of(&[("department", "string"), ("people", "bigint"), ("unknown_age", "bigint"), ("no_email", "bigint")])
        .with(found.collect())
}

/// No spaces around it, the first letter large, the rest small.
fn tidy(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

pub(super) fn older_names(data: &Dataset) -> Rows {
    let people = data.table("people");
    let found = rows(&people).filter(is_older).map(|row| vec![row.text("name"), row.text("department")]);
    Rows::of(&[("name", "string"), ("department", "string")]).with(found.collect())
}

fn doubled(row: &Row<'_>) -> Cell {
    row.int("age").map_or(Cell::Null, |age| Cell::Int(age * 2))
}

pub(super) fn over_30(data: &Dataset) -> Rows {
    let people = data.table("people");
    let found = rows(&people).filter(is_older).map(|row| {
        let mut cells = person(&row);
        cells.push(doubled(&row));
        cells
    });
    let mut columns = PERSON.to_vec();
    columns.push(("age_doubled", "int"));
    Rows::of(&columns).with(found.collect())
}

pub(super) fn age_report(data: &Dataset) -> Rows {
    let people = data.table("people");
    let found = rows(&people).filter(is_older).map(|row| vec![row.text("name"), row.int_cell("age"), doubled(&row)]);
    Rows::of(&[("name", "string"), ("age", "int"), ("age_doubled", "int")]).with(found.collect())
}

pub(super) fn headcount(data: &Dataset) -> Rows {
    let people = data.table("people");
    // People of each department, and the ages that are known.
    let mut departments: BTreeMap<String, (usize, Vec<i64>)> = BTreeMap::new();
    for row in rows(&people) {
        let (count, ages) = departments.entry(row.owned("department")).or_default();
        *count += 1;
        ages.extend(row.int("age"));
    }
    let mut found: Vec<(String, (usize, Vec<i64>))> = departments.into_iter().collect();
    found.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    let row = |(name, (count, ages)): (String, (usize, Vec<i64>))| {
        let mean = ages.iter().sum::<i64>() as f64 / ages.len() as f64;
        vec![Cell::Text(name), int(count), if ages.is_empty() { Cell::Null } else { Cell::Float(rounded(mean, 2)) }]
    };
    Rows::of(&[("department", "string"), ("headcount", "bigint"), ("avg_age", "double")])
        .with(found.into_iter().map(row).collect())
}
