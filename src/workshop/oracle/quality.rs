//! Exercise 4.

use super::files::is_date;
use super::{Row, int, money, rounded, rows};
use crate::workshop::dataset::Dataset;
use crate::workshop::rows::{Cell, Rows};
use std::collections::{BTreeMap, BTreeSet};

const REGIONS: [&str; 4] = ["North", "South", "East", "West"];

fn one_row(names: &[String], counts: Vec<usize>) -> Rows {
    let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "bigint")).collect();
    Rows::of(&columns).with(vec![counts.into_iter().map(int).collect()])
}

pub(super) fn missing_values(data: &Dataset) -> Rows {
    let sales = data.table("sales_dirty");
    let mut names = vec!["row_count".to_owned()];
    let mut counts = vec![sales.rows.len()];
    for (at, column) in sales.columns.iter().enumerate() {
        names.push(format!("missing_{column}"));
        counts.push(sales.rows.iter().filter(|row| row[at].is_none()).count());
    }
    one_row(&names, counts)
}

fn is_id(text: &str) -> bool {
    text.strip_prefix("TXN_").is_some_and(|digits| digits.len() == 9 && digits.bytes().all(|b| b.is_ascii_digit()))
}

pub(super) fn broken_rules(data: &Dataset) -> Rows {
    let sales = data.table("sales_dirty");
    let count = |is_broken: fn(&Row<'_>) -> bool| rows(&sales).filter(is_broken).count();
    let counts = vec![
        count(|row| !row.get("transaction_id").is_some_and(is_id)),
        count(|row| !row.get("transaction_date").is_some_and(is_date)),
        count(|row| row.get("transaction_date").is_some_and(|date| is_date(date) && date > "2024-12-31")),
        count(|row| row.get("transaction_date").is_some_and(|date| is_date(date) && date < "2023-01-01")),
        count(|row| row.int("quantity").is_none_or(|quantity| quantity <= 0)),
        count(|row| row.cents("total_amount").is_none_or(|amount| amount < 0)),
        count(|row| !row.get("region").is_some_and(|region| REGIONS.contains(&region))),
    ];
    let names = ["id_format", "date", "future", "stale", "quantity", "amount", "region"].map(str::to_owned);
    one_row(&names, counts)
}

pub(super) fn inconsistent_rows(data: &Dataset) -> Rows {
    let (sales, products, customers) = (data.table("sales_dirty"), data.table("products"), data.table("customers"));
    let products: BTreeSet<String> = rows(&products).map(|row| row.owned("product")).collect();
    let customers: BTreeSet<String> = rows(&customers).map(|row| row.owned("customer_id")).collect();
    let is_wrong = |row: &Row<'_>| {
        let parts = row.cents("total_amount").zip(row.int("quantity")).zip(row.cents("unit_price"));
        parts.is_some_and(|((total, quantity), price)| (total - quantity * price).abs() > 1)
    };
    let counts = [
        ("wrong_total", rows(&sales).filter(is_wrong).count()),
        (
            "orphan_product",
            rows(&sales).filter(|row| row.get("product").is_some_and(|name| !products.contains(name))).count(),
        ),
        (
            "orphan_customer",
            rows(&sales).filter(|row| !row.get("customer_id").is_some_and(|id| customers.contains(id))).count(),
        ),
    ];
    let found = counts.map(|(name, count)| vec![Cell::text(name), int(count)]);
    Rows::of(&[("check", "string"), ("bad_rows", "bigint")]).with(found.to_vec())
}

pub(super) fn repeated_ids(data: &Dataset) -> Rows {
    let sales = data.table("sales_dirty");
    // Copies and different contents of each id.
    let mut ids: BTreeMap<&Option<String>, (usize, BTreeSet<&Vec<_>>)> = BTreeMap::new();
    for row in &sales.rows {
        let entry = ids.entry(&row[0]).or_default();
        entry.0 += 1;
        entry.1.insert(row);
    }
    let counts = vec![
        ids.values().filter(|(copies, _)| *copies > 1).count(),
        ids.values().map(|(copies, _)| copies - 1).sum(),
        ids.values().map(|(copies, versions)| copies - versions.len()).sum(),
        ids.values().filter(|(_, versions)| versions.len() > 1).count(),
    ];
    let names = ["repeated_ids", "surplus_rows", "exact_copies", "conflicting_ids"].map(str::to_owned);
    one_row(&names, counts)
}

/// The value at a quartile, as an approximate percentile that is exact for this few values gives it.
fn quartile(sorted: &[i64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1] as f64 / 100.0
}

pub(super) fn price_outliers(data: &Dataset) -> Rows {
    let (sales, products) = (data.table("sales_dirty"), data.table("products"));
    let known: BTreeSet<String> = rows(&products).map(|row| row.owned("product")).collect();
    let mut prices: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in rows(&sales) {
        if let (Some(product), Some(price)) = (row.get("product"), row.cents("unit_price")) {
            prices.entry(product.to_owned()).or_default().push(price);
        }
    }
    let fences: BTreeMap<String, (f64, f64)> = prices
        .into_iter()
        .map(|(product, mut prices)| {
            prices.sort_unstable();
            let (first, third) = (quartile(&prices, 0.25), quartile(&prices, 0.75));
            (product, (first - 1.5 * (third - first), third + 1.5 * (third - first)))
        })
        .collect();
    let found = rows(&sales).filter_map(|row| {
        let (product, price) = (row.get("product")?, row.cents("unit_price")? as f64 / 100.0);
        let (low, high) = fences.get(product)?;
        let is_out = known.contains(product) && (price < *low || price > *high);
        is_out.then(|| vec![row.text("transaction_id"), Cell::text(product), Cell::Float(price)])
    });
    Rows::of(&[("transaction_id", "string"), ("product", "string"), ("unit_price", "double")]).with(found.collect())
}

/// The rules that a row breaks.
fn reasons(row: &Row<'_>) -> Vec<&'static str> {
    let number = |column: &str| row.get(column).and_then(|text| text.trim().parse::<f64>().ok());
    let (quantity, price, total) = (number("quantity"), number("unit_price"), number("total_amount"));
    let mut broken = Vec::new();
    if row.get("product").is_none() {
        broken.push("no_product");
    }
    if quantity.is_none_or(|quantity| quantity <= 0.0) || row.int("quantity").is_none() {
        broken.push("bad_quantity");
    }
    if total.is_none_or(|total| total < 0.0) {
        broken.push("bad_amount");
    }
    let product = quantity.zip(price).map(|(quantity, price)| quantity * price);
    if total.zip(product).is_none_or(|(total, product)| (total - product).abs() > 0.01) {
        broken.push("bad_total");
    }
    broken
}

pub(super) fn broken_reasons(data: &Dataset) -> Rows {
    let sales = data.table("sales_dirty");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows(&sales) {
        for reason in reasons(&row) {
            *counts.entry(reason).or_default() += 1;
        }
    }
    let found = counts.into_iter().map(|(reason, count)| vec![Cell::text(reason), int(count)]);
    Rows::of(&[("reason", "string"), ("rows", "bigint")]).with(found.collect())
}

pub(super) fn clean_rows(data: &Dataset) -> Rows {
    let sales = data.table("sales_dirty");
    let columns: Vec<(&str, &str)> = sales.columns.iter().map(|name| (*name, "string")).collect();
    let good = rows(&sales).filter(|row| reasons(row).is_empty());
    let found = good.map(|row| row.cells.iter().map(|cell| cell.as_ref().map_or(Cell::Null, Cell::text)).collect());
    Rows::of(&columns).with(found.collect())
}

pub(super) fn quarantined_rows(data: &Dataset) -> Rows {
    let sales = data.table("sales_dirty");
    let columns = sales.columns.iter().map(|name| (*name, "string")).chain([("reasons", "array<string>")]);
    let found = rows(&sales).filter_map(|row| {
        let reasons = reasons(&row);
        let cells = row.cells.iter().map(|cell| cell.as_ref().map_or(Cell::Null, Cell::text));
        let why = Cell::List(reasons.iter().map(|reason| Cell::text(*reason)).collect());
        (!reasons.is_empty()).then(|| cells.chain([why]).collect())
    });
    Rows::of(&columns.collect::<Vec<_>>()).with(found.collect())
}

/// Name, score, weight and limit.
fn scores(data: &Dataset) -> Vec<(&'static str, f64, f64, f64)> {
    let sales = data.table("sales_dirty");
    let count = sales.rows.len() as f64;
    let share = |good: &dyn Fn(&Row<'_>) -> bool| {
        rounded(100.0 * rows(&sales).filter(|row| good(row)).count() as f64 / count, 2)
    };
    let ids: BTreeSet<&Option<String>> = sales.rows.iter().map(|row| &row[0]).filter(|id| id.is_some()).collect();
    // An amount that is no number is NULL to a reader with a schema.
    let complete = |row: &Row<'_>| {
        ["product", "customer_segment"].iter().all(|column| row.get(column).is_some())
            && row.cents("total_amount").is_some()
    };
    let valid = |row: &Row<'_>| {
        row.int("quantity").is_some_and(|quantity| quantity > 0)
            && row.cents("total_amount").is_some_and(|total| total >= 0)
    };
    let consistent = |row: &Row<'_>| {
        let parts = row.cents("total_amount").zip(row.int("quantity")).zip(row.cents("unit_price"));
        parts.is_some_and(|((total, quantity), price)| (total - quantity * price).abs() <= 1)
    };
    vec![
        ("completeness", share(&complete), 0.25, 95.0),
        ("validity", share(&valid), 0.30, 98.0),
        ("consistency", share(&consistent), 0.25, 99.0),
        ("uniqueness", rounded(100.0 * ids.len() as f64 / count, 2), 0.20, 99.5),
    ]
}

fn overall(data: &Dataset) -> f64 {
    rounded(scores(data).iter().map(|(_, score, weight, _)| score * weight).sum(), 2)
}

pub(super) fn quality_scores(data: &Dataset) -> Rows {
    let mut found: Vec<Vec<Cell>> =
        scores(data).iter().map(|(name, score, ..)| vec![Cell::text(*name), Cell::Float(*score)]).collect();
    found.push(vec![Cell::text("overall"), Cell::Float(overall(data))]);
    Rows::of(&[("metric", "string"), ("value", "double")]).with(found)
}

pub(super) fn quality_overall(data: &Dataset) -> Rows {
    Rows::of(&[("value", "any")]).with(vec![vec![Cell::Float(overall(data))]])
}

pub(super) fn quality_alerts(data: &Dataset) -> Rows {
    let mut names: Vec<&str> =
        scores(data).iter().filter(|(_, score, _, limit)| score < limit).map(|(name, ..)| *name).collect();
    names.sort_unstable();
    Rows::of(&[("value", "any")]).with(names.into_iter().map(|name| vec![Cell::text(name)]).collect())
}

pub(super) fn customer_totals(data: &Dataset) -> Rows {
    let sales = data.table("sales");
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(&sales) {
        *sums.entry(row.owned("customer_id")).or_default() += row.cents("total_amount").unwrap_or_default();
    }
    let found = sums.into_iter().map(|(id, sum)| vec![Cell::Text(id), money(sum)]);
    Rows::of(&[("customer_id", "string"), ("revenue", "double")]).with(found.collect())
}

fn month_of(row: &Row<'_>) -> Option<String> {
    let date = row.get("transaction_date")?;
    let (year, month, day) = (date.get(..4)?, date.get(5..7)?, date.get(8..)?);
    let is_known = matches!(year, "2023" | "2024") && month.parse().is_ok_and(|month: u32| (1..=12).contains(&month));
    let is_day = day.len() == 2 && day.bytes().all(|b| b.is_ascii_digit());
    let dashes = date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
    (is_known && is_day && dashes).then(|| date[..7].to_owned())
}

pub(super) fn monthly_completeness(data: &Dataset) -> Rows {
    let sales = data.table("sales_dirty");
    let mut months: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in rows(&sales) {
        if let Some(month) = month_of(&row) {
            let count = months.entry(month).or_default();
            *count = (count.0 + 1, count.1 + usize::from(row.get("customer_segment").is_some()));
        }
    }
    let mut before: Option<f64> = None;
    let found = months.into_iter().map(|(month, (count, filled))| {
        let share = rounded(100.0 * filled as f64 / count as f64, 2);
        let change = before.map(|before| rounded(share - before, 2));
        before = Some(share);
        let alert = change.is_some_and(|change| change <= -5.0);
        let change = change.map_or(Cell::Null, Cell::Float);
        vec![Cell::Text(month), int(count), Cell::Float(share), change, Cell::Bool(alert)]
    });
    Rows::of(&[
        ("month", "string"),
        ("n", "bigint"),
        ("completeness", "double"),
        ("change", "double"),
        ("alert", "boolean"),
    ])
    .with(found.collect())
}
