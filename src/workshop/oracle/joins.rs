//! Exercise 2.

use super::{int, money, rounded, rows};
use crate::workshop::dataset::Dataset;
use crate::workshop::rows::{Cell, Rows};
use std::collections::{BTreeMap, BTreeSet};

/// Name and division of each department.
fn departments(data: &Dataset) -> BTreeMap<i64, (String, String)> {
    let table = data.table("departments");
    let entry = |row: super::Row<'_>| Some((row.int("dept_id")?, (row.owned("dept_name"), row.owned("division"))));
    rows(&table).filter_map(entry).collect()
}

pub(super) fn known_departments(data: &Dataset) -> Rows {
    let (employees, departments) = (data.table("employees"), departments(data));
    let found = rows(&employees).filter_map(|row| {
        let (name, division) = departments.get(&row.int("dept_id")?)?;
        Some(vec![row.text("name"), Cell::text(name), Cell::text(division), row.int_cell("salary")])
    });
    Rows::of(&[("name", "string"), ("dept_name", "string"), ("division", "string"), ("salary", "int")])
        .with(found.collect())
}

pub(super) fn orphans(data: &Dataset) -> Rows {
    let (employees, departments) = (data.table("employees"), departments(data));
    let known = |row: &super::Row<'_>| row.int("dept_id").is_some_and(|id| departments.contains_key(&id));
    let found =
        rows(&employees).filter(|row| !known(row)).map(|row| vec![row.int_cell("emp_id"), row.int_cell("dept_id")]);
    Rows::of(&[("emp_id", "int"), ("dept_id", "int")]).with(found.collect())
}

pub(super) fn empty_departments(data: &Dataset) -> Rows {
    let employees = data.table("employees");
    let used: BTreeSet<i64> = rows(&employees).filter_map(|row| row.int("dept_id")).collect();
    let table = data.table("departments");
    // A department without an id is nobody's either: NULL equals nothing.
    let empty = rows(&table).filter(|row| !row.int("dept_id").is_some_and(|id| used.contains(&id)));
    Rows::of(&[("dept_name", "string")]).with(empty.map(|row| vec![row.text("dept_name")]).collect())
}

pub(super) fn all_employees(data: &Dataset) -> Rows {
    let (employees, departments) = (data.table("employees"), departments(data));
    let found = rows(&employees).map(|row| {
        let name = row.int("dept_id").and_then(|id| departments.get(&id));
        vec![row.int_cell("emp_id"), name.map_or(Cell::Null, |(name, _)| Cell::text(name))]
    });
    Rows::of(&[("emp_id", "int"), ("dept_name", "string")]).with(found.collect())
}

pub(super) fn revenue_per_category(data: &Dataset) -> Rows {
    let (sales, products) = (data.table("sales"), data.table("products"));
    let category: BTreeMap<String, String> =
        rows(&products).map(|row| (row.owned("product"), row.owned("category"))).collect();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(&sales) {
        if let (Some(category), Some(total)) = (category.get(&row.owned("product")), row.cents("total_amount")) {
            *sums.entry(category.clone()).or_default() += total;
        }
    }
    let found = sums.into_iter().map(|(name, sum)| vec![Cell::Text(name), money(sum)]);
    Rows::of(&[("category", "string"), ("revenue", "double")]).with(found.collect())
}

pub(super) fn department_report(data: &Dataset) -> Rows {
    let (employees, departments) = (data.table("employees"), departments(data));
    // People of each department, and the salaries that are known.
    let mut salaries: BTreeMap<(String, String), (usize, Vec<i64>)> = BTreeMap::new();
    for row in rows(&employees) {
        if let Some(department) = row.int("dept_id").and_then(|id| departments.get(&id)) {
            let (people, known) = salaries.entry(department.clone()).or_default();
            *people += 1;
            known.extend(row.int("salary"));
        }
    }
    let mut found: Vec<Vec<Cell>> = salaries
        .into_iter()
        .map(|((name, division), (people, salaries))| {
            let total: i64 = salaries.iter().sum();
            let average = rounded(total as f64 / salaries.len() as f64, 2);
            let (most, least) = (salaries.iter().max().copied(), salaries.iter().min().copied());
            let numbers = [Cell::Int(total), Cell::Float(average), int(people)];
            let ends = [most, least].map(|salary| Cell::Int(salary.unwrap_or_default()));
            [Cell::Text(name), Cell::Text(division)].into_iter().chain(numbers).chain(ends).collect()
        })
        .collect();
    found.sort_by(|a, b| b[2].order(&a[2]));
    Rows::of(&[
        ("dept_name", "string"),
        ("division", "string"),
        ("total_salary", "bigint"),
        ("avg_salary", "double"),
        ("headcount", "bigint"),
        ("max_salary", "int"),
        ("min_salary", "int"),
    ])
    .with(found)
}

pub(super) fn revenue_per_customer(data: &Dataset) -> Rows {
    let (sales, customers) = (data.table("sales"), data.table("customers"));
    let company: BTreeMap<String, String> =
        rows(&customers).map(|row| (row.owned("customer_id"), row.owned("company_name"))).collect();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(&sales) {
        if let Some(total) = row.cents("total_amount") {
            *sums.entry(row.owned("customer_id")).or_default() += total;
        }
    }
    let found = sums.into_iter().filter_map(|(id, sum)| {
        let company = Cell::text(company.get(&id)?);
        Some(vec![Cell::Text(id), company, money(sum)])
    });
    Rows::of(&[("customer_id", "string"), ("company_name", "string"), ("revenue", "double")]).with(found.collect())
}

pub(super) fn best_paid(data: &Dataset) -> Rows {
    let (employees, departments) = (data.table("employees"), departments(data));
    let mut staff: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for row in rows(&employees) {
        if let (Some((name, _)), Some(salary), Some(id)) =
            (row.int("dept_id").and_then(|id| departments.get(&id)), row.int("salary"), row.int("emp_id"))
        {
            staff.entry(name.clone()).or_default().push((-salary, id));
        }
    }
    let mut found = Vec::new();
    for (name, mut people) in staff {
        people.sort_unstable();
        let count = people.len();
        for (at, (salary, id)) in people.iter().enumerate().take(3) {
            let rank = people.iter().filter(|(other, _)| other < salary).count() + 1;
            let better: BTreeSet<i64> = people.iter().map(|(other, _)| *other).filter(|other| other < salary).collect();
            let percent = if count > 1 { (rank - 1) as f64 / (count - 1) as f64 } else { 0.0 };
            found.push(vec![
                Cell::text(&name),
                int(at + 1),
                int(rank),
                int(better.len() + 1),
                Cell::Float(rounded(percent, 4)),
                Cell::Int(*id),
                Cell::Int(-salary),
            ]);
        }
    }
    Rows::of(&[
        ("dept_name", "string"),
        ("position", "int"),
        ("rank", "int"),
        ("dense_rank", "int"),
        ("percentile", "double"),
        ("emp_id", "int"),
        ("salary", "int"),
    ])
    .with(found)
}

pub(super) fn running_revenue(data: &Dataset) -> Rows {
    let sales = data.table("sales");
    let mut days: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in rows(&sales) {
        *days.entry((row.owned("region"), row.owned("transaction_date"))).or_default() +=
            row.cents("total_amount").unwrap_or_default();
    }
    let (mut running, mut region_now) = (0, String::new());
    let found = days.into_iter().map(|((region, date), sum)| {
        if region != region_now {
            (running, region_now) = (0, region.clone());
        }
        running += sum;
        vec![Cell::Text(region), Cell::Text(date), money(running)]
    });
    Rows::of(&[("region", "string"), ("transaction_date", "date"), ("running_revenue", "double")]).with(found.collect())
}

pub(super) fn industry_totals(data: &Dataset) -> Rows {
    let (sales, customers) = (data.table("sales_skew"), data.table("customers"));
    let industry: BTreeMap<String, String> =
        rows(&customers).map(|row| (row.owned("customer_id"), row.owned("industry"))).collect();
    let mut sums: BTreeMap<&String, (usize, i64)> = BTreeMap::new();
    for row in rows(&sales) {
        if let Some(industry) = industry.get(&row.owned("customer_id")) {
            let sum = sums.entry(industry).or_default();
            *sum = (sum.0 + 1, sum.1 + row.cents("total_amount").unwrap_or_default());
        }
    }
    let found = sums.into_iter().map(|(name, (count, sum))| vec![Cell::text(name), int(count), money(sum)]);
    Rows::of(&[("industry", "string"), ("sales", "bigint"), ("revenue", "double")]).with(found.collect())
}

pub(super) fn tech_quarters(data: &Dataset) -> Rows {
    let (sales, customers) = (data.table("sales"), data.table("customers"));
    let tech: BTreeSet<String> = rows(&customers)
        .filter(|row| row.get("industry") == Some("Tech"))
        .map(|row| row.owned("customer_id"))
        .collect();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(&sales).filter(|row| tech.contains(&row.owned("customer_id"))) {
        let date = row.owned("transaction_date");
        if let (Some("2024"), Some(month)) = (date.get(..4), date.get(5..7).and_then(|month| month.parse::<u32>().ok()))
        {
            *sums.entry(format!("2024-Q{}", (month - 1) / 3 + 1)).or_default() +=
                row.cents("total_amount").unwrap_or_default();
        }
    }
    let found = sums.into_iter().map(|(quarter, sum)| vec![Cell::Text(quarter), money(sum)]);
    Rows::of(&[("quarter", "string"), ("revenue", "double")]).with(found.collect())
}
