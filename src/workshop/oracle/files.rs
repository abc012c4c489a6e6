//! Exercise 3.

use super::{Row, int, money, rounded, rows};
use crate::workshop::dataset::Dataset;
use crate::workshop::rows::{Cell, Rows};
use std::collections::BTreeMap;

/// A date as the CSV reader takes it: `yyyy-MM-dd`, and a day that exists.
pub(super) fn is_date(text: &str) -> bool {
    date(text).is_some()
}

/// The day that `2024-01-31` names.
pub(super) fn date(text: &str) -> Option<chrono::NaiveDate> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    chrono::NaiveDate::from_ymd_opt(digits(year, 4)? as i32, digits(month, 2)?, digits(day, 2)?)
}

/// A number of exactly so many digits.
pub(super) fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

pub(super) fn unreadable_lines(data: &Dataset) -> Rows {
    let sales = data.table("sales_dirty");
    let is_bad = |row: &Row<'_>| {
        let is_no_number = |column| row.get(column).is_some_and(|text| text.parse::<f64>().is_err());
        row.get("transaction_date").is_some_and(|date| !is_date(date))
            || row.get("quantity").is_some_and(|quantity| quantity.parse::<i32>().is_err())
            || is_no_number("unit_price")
            || is_no_number("total_amount")
    };
    let bad = rows(&sales).filter(is_bad).count();
    Rows::of(&[("total", "bigint"), ("unreadable", "bigint")]).with(vec![vec![int(sales.rows.len()), int(bad)]])
}

/// Category and cost of each product.
fn catalogue(data: &Dataset) -> BTreeMap<String, (String, i64)> {
    let products = data.table("products");
    rows(&products)
        .map(|row| (row.owned("product"), (row.owned("category"), row.cents("cost").unwrap_or_default())))
        .collect()
}

fn year_month(row: &Row<'_>) -> Option<(i64, i64)> {
    let date = row.get("transaction_date")?;
    Some((date.get(..4)?.parse().ok()?, date.get(5..7)?.parse().ok()?))
}

pub(super) fn enriched_sales(data: &Dataset) -> Rows {
    let (sales, catalogue) = (data.table("sales"), catalogue(data));
    let found = rows(&sales).filter_map(|row| {
        let (category, cost) = catalogue.get(row.get("product")?)?;
        let (year, month) = year_month(&row)?;
        let (total, quantity) = (row.cents("total_amount")?, row.int("quantity")?);
        let band = match total {
            ..50_000 => "small",
            50_000..200_000 => "medium",
            _ => "large",
        };
        Some(vec![
            row.text("transaction_id"),
            Cell::Int(year),
            Cell::Int(month),
            row.text("region"),
            row.text("product"),
            Cell::text(category),
            Cell::Int(quantity),
            money(total),
            money(total - quantity * cost),
            Cell::text(band),
        ])
    });
    Rows::of(&[
        ("transaction_id", "string"),
        ("year", "int"),
        ("month", "int"),
        ("region", "string"),
        ("product", "string"),
        ("category", "string"),
        ("quantity", "int"),
        ("total_amount", "double"),
        ("profit", "double"),
        ("size_band", "string"),
    ])
    .with(found.collect())
}

fn segments(data: &Dataset) -> Vec<Vec<Cell>> {
    let sales = data.table("sales");
    let mut sums: BTreeMap<Option<&str>, i64> = BTreeMap::new();
    let all: Vec<Row<'_>> = rows(&sales).collect();
    for row in &all {
        if let Some(total) = row.cents("total_amount").filter(|total| *total >= 200_000) {
            *sums.entry(row.get("customer_segment")).or_default() += total;
        }
    }
    sums.into_iter().map(|(segment, sum)| vec![segment.map_or(Cell::Null, Cell::text), money(sum)]).collect()
}

pub(super) fn big_sales(data: &Dataset) -> Rows {
    Rows::of(&[("customer_segment", "string"), ("revenue", "double")]).with(segments(data))
}

pub(super) fn big_sales_dict(data: &Dataset) -> Rows {
    Rows::of(&[("key", "any"), ("value", "any")]).with(segments(data))
}

pub(super) fn monthly_report(data: &Dataset) -> Rows {
    let (sales, catalogue) = (data.table("sales"), catalogue(data));
    let mut sums: BTreeMap<(i64, i64, String), (i64, i64, usize)> = BTreeMap::new();
    for row in rows(&sales) {
        let Some((_, cost)) = row.get("product").and_then(|product| catalogue.get(product)) else { continue };
        let Some((year, month)) = year_month(&row) else { continue };
        let total = row.cents("total_amount").unwrap_or_default();
        let sum = sums.entry((year, month, row.owned("region"))).or_default();
        let profit = total - row.int("quantity").unwrap_or_default() * cost;
        *sum = (sum.0 + total, sum.1 + profit, sum.2 + 1);
    }
    let mut found: Vec<_> = sums.into_iter().collect();
    found.sort_by_key(|((year, month, _), (revenue, ..))| (*year, *month, std::cmp::Reverse(*revenue)));
    let row = |((year, month, region), (revenue, profit, count)): ((i64, i64, String), (i64, i64, usize))| {
        let average = rounded(revenue as f64 / 100.0 / count as f64, 2);
        vec![
            Cell::Int(year),
            Cell::Int(month),
            Cell::Text(region),
            money(revenue),
            money(profit),
            int(count),
            Cell::Float(average),
        ]
    };
    Rows::of(&[
        ("year", "int"),
        ("month", "int"),
        ("region", "string"),
        ("revenue", "double"),
        ("profit", "double"),
        ("sales", "bigint"),
        ("avg_sale", "double"),
    ])
    .with(found.into_iter().map(row).collect())
}

pub(super) fn product_margins(data: &Dataset) -> Rows {
    let (sales, catalogue) = (data.table("sales"), catalogue(data));
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in rows(&sales) {
        let sum = sums.entry(row.owned("product")).or_default();
        let units = row.int("quantity").unwrap_or_default();
        *sum = (sum.0 + row.cents("total_amount").unwrap_or_default(), sum.1 + units);
    }
    let found = sums.into_iter().filter_map(|(product, (revenue, units))| {
        let (category, cost) = catalogue.get(&product)?;
        let profit = revenue - units * cost;
        let margin = rounded(profit as f64 / revenue as f64, 4);
        let category = Cell::text(category);
        Some(vec![Cell::Text(product), category, money(revenue), money(profit), Cell::Int(units), Cell::Float(margin)])
    });
    Rows::of(&[
        ("product", "string"),
        ("category", "string"),
        ("revenue", "double"),
        ("profit", "double"),
        ("units", "bigint"),
        ("margin", "double"),
    ])
    .with(found.collect())
}

pub(super) fn default_partitions(data: &Dataset) -> Rows {
    let given = data.setting("spark.sql.shuffle.partitions").and_then(|count| count.parse().ok());
    Rows::of(&[("value", "any")]).with(vec![vec![Cell::Int(given.unwrap_or(200))]])
}

pub(super) fn all_sales(data: &Dataset) -> Rows {
    // The step's own table: one of several small files has the same sales.
    let sales = data.table(data.tables.first().map_or("sales", String::as_str));
    let found = rows(&sales).map(|row| {
        vec![
            row.text("transaction_id"),
            row.text("transaction_date"),
            row.text("product"),
            row.text("region"),
            row.text("sales_rep"),
            row.int_cell("quantity"),
            row.cents("unit_price").map_or(Cell::Null, money),
            row.cents("total_amount").map_or(Cell::Null, money),
            row.text("customer_segment"),
            row.text("customer_id"),
        ]
    });
    Rows::of(&[
        ("transaction_id", "string"),
        ("transaction_date", "date"),
        ("product", "string"),
        ("region", "string"),
        ("sales_rep", "string"),
        ("quantity", "int"),
        ("unit_price", "double"),
        ("total_amount", "double"),
        ("customer_segment", "string"),
        ("customer_id", "string"),
    ])
    .with(found.collect())
}

pub(super) fn region_desks(data: &Dataset) -> Rows {
    let sales = data.table("sales");
    let regions: std::collections::BTreeSet<String> = rows(&sales).map(|row| row.owned("region")).collect();
    let desks = [&["North", "South"] as &[&str], &["East"], &["West"]];
    let desk = |names: &&[&str]| {
        let there = names.iter().filter(|name| regions.contains(**name));
        vec![Cell::List(there.map(|name| Cell::text(*name)).collect())]
    };
    Rows::of(&[("value", "any")]).with(desks.iter().map(desk).collect())
}

fn revenue_by(data: &Dataset, table: &str, column: &str, keep: impl Fn(&Row<'_>) -> bool) -> Rows {
    let sales = data.table(table);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(&sales).filter(keep) {
        *sums.entry(row.owned(column)).or_default() += row.cents("total_amount").unwrap_or_default();
    }
    let found = sums.into_iter().map(|(name, sum)| vec![Cell::Text(name), money(sum)]);
    Rows::of(&[(column, "string"), ("revenue", "double")]).with(found.collect())
}

pub(super) fn north_2024(data: &Dataset) -> Rows {
    revenue_by(data, "sales", "product", |row| {
        row.get("region") == Some("North") && year_month(row).is_some_and(|(year, _)| year == 2024)
    })
}

pub(super) fn revenue_per_region(data: &Dataset) -> Rows {
    revenue_by(data, "sales_small_files", "region", |_| true)
}
