//! Right answers, computed straight from the generator's rows and never by the engine under test.
//!
//! An oracle is a plain function over [`Dataset`]; step files name it. Money is counted in cents and divided last.

mod basics;
mod case;
mod files;
mod joins;
mod quality;
#[cfg(test)]
mod tests;

use super::dataset::{Dataset, Source};
use super::rows::{Cell, Rows};

type Oracle = fn(&Dataset) -> Rows;

/// In the place of an oracle, for steps whose authors write none: what the step's solution gives on the same data. Our own steps never use it,
/// because an engine cannot judge itself.
pub const SOLUTION: &str = "solution";

/// Every oracle by its name.
pub static ORACLES: &[(&str, Oracle)] = &[
    ("six_rows", basics::six_rows),
    ("older_than_30", basics::older_than_30),
    ("people", basics::people),
    ("career_columns", basics::career_columns),
    ("clean_departments", basics::clean_departments),
    ("older_names", basics::older_names),
    ("over_30", basics::over_30),
    ("age_report", basics::age_report),
    ("headcount", basics::headcount),
    ("known_departments", joins::known_departments),
    ("orphans", joins::orphans),
    ("empty_departments", joins::empty_departments),
    ("all_employees", joins::all_employees),
    ("revenue_per_category", joins::revenue_per_category),
    ("department_report", joins::department_report),
    ("revenue_per_customer", joins::revenue_per_customer),
    ("best_paid", joins::best_paid),
    ("running_revenue", joins::running_revenue),
    ("industry_totals", joins::industry_totals),
    ("tech_quarters", joins::tech_quarters),
    ("unreadable_lines", files::unreadable_lines),
    ("enriched_sales", files::enriched_sales),
    ("big_sales", files::big_sales),
    ("big_sales_dict", files::big_sales_dict),
    ("monthly_report", files::monthly_report),
    ("product_margins", files::product_margins),
    ("default_partitions", files::default_partitions),
    ("all_sales", files::all_sales),
    ("region_desks", files::region_desks),
    ("north_2024", files::north_2024),
    ("revenue_per_region", files::revenue_per_region),
    ("missing_values", quality::missing_values),
    ("broken_rules", quality::broken_rules),
    ("inconsistent_rows", quality::inconsistent_rows),
    ("repeated_ids", quality::repeated_ids),
    ("price_outliers", quality::price_outliers),
    ("broken_reasons", quality::broken_reasons),
    ("clean_rows", quality::clean_rows),
    ("quarantined_rows", quality::quarantined_rows),
    ("quality_scores", quality::quality_scores),
    ("quality_overall", quality::quality_overall),
    ("quality_alerts", quality::quality_alerts),
    ("customer_totals", quality::customer_totals),
    ("monthly_completeness", quality::monthly_completeness),
    ("top_titles", case::top_titles),
    ("buffering_windows", case::buffering_windows),
    ("too_late", case::too_late),
];

/// The right answer that a name stands for.
#[must_use]
pub fn answer(name: &str, data: &Dataset) -> Option<Rows> {
    let (_, oracle) = ORACLES.iter().find(|(known, _)| *known == name)?;
    Some(oracle(data))
}

/// A row of a table, asked by column.
struct Row<'a> {
    source: &'a Source,
    cells: &'a [Option<String>],
}

impl Row<'_> {
    /// The cell's text; empty cells are NULL.
    fn get(&self, column: &str) -> Option<&str> {
        let at = self.source.columns.iter().position(|known| *known == column)?;
        self.cells[at].as_deref()
    }

    fn text(&self, column: &str) -> Cell {
        self.get(column).map_or(Cell::Null, Cell::text)
    }

    fn owned(&self, column: &str) -> String {
        self.get(column).unwrap_or_default().to_owned()
    }

    /// A whole number as a schema with INT reads it.
    fn int(&self, column: &str) -> Option<i64> {
        self.get(column)?.parse().ok()
    }

    fn int_cell(&self, column: &str) -> Cell {
        self.int(column).map_or(Cell::Null, Cell::Int)
    }

    /// Money in cents.
    fn cents(&self, column: &str) -> Option<i64> {
        let text = self.get(column)?;
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
        Some(sign * (whole.parse::<i64>().ok()? * 100 + format!("{part:0<2}").get(..2)?.parse::<i64>().ok()?))
    }
}

fn rows(source: &Source) -> impl Iterator<Item = Row<'_>> {
    source.rows.iter().map(move |cells| Row { source, cells })
}

/// Cents as a double.
fn money(cents: i64) -> Cell {
    Cell::Float(cents as f64 / 100.0)
}

/// Rounded as Spark rounds: halves away from zero.
fn rounded(number: f64, places: i32) -> f64 {
    let factor = 10f64.powi(places);
    // A hair towards the half that decimal digits mean.
    let scaled = number * factor;
    (scaled + scaled.signum() * 1e-9).round() / factor
}

fn int(number: usize) -> Cell {
    Cell::Int(number as i64)
}
