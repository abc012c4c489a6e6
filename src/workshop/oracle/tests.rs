use super::*;
use crate::workshop::edit::Edit;

fn data(tables: &[&str]) -> Dataset {
    let tables: Vec<String> = tables.iter().map(|table| (*table).to_owned()).collect();
    Dataset::new(42, 10_000, false, Edit::None, &tables)
}

/// Rows as real Spark 4.3 gave them for seed 42.
#[track_caller]
fn check(oracle: &str, count: usize, row: &str) {
    let right = answer(oracle, &data(&[])).expect("an oracle");
    assert_eq!(right.rows.len(), count, "{oracle}");
    let shown = |row: &Vec<Cell>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
    assert!(right.rows.iter().any(|cells| shown(cells) == row), "{oracle} has no {row}: {:?}", right.rows.first());
}

#[test]
fn oracles_agree_with_what_real_spark_answered() {
    check("older_than_30", 196, "Mei Castro|59|Finance");
    check("clean_departments", 6, "Sales|62|4|3");
    check("headcount", 6, "Support|29|44.38");
    check("known_departments", 1967, "Nadia Jansen|Marketing|Business|88500");
    check("orphans", 33, "1|99");
    check("empty_departments", 1, "Legal");
    check("revenue_per_category", 4, "Display|2018392.6");
    check("department_report", 7, "Engineering|Technology|50525500|89267.67|566|110000|70000");
    check("revenue_per_customer", 1000, "CUST_000003|Company 3|12343.4");
    check("best_paid", 21, "Data|2|1|1|0|1217|112000");
    check("running_revenue", 2794, "East|2023-01-02|7227.7");
    check("industry_totals", 4, "Finance|1111|1217364.42");
    check("tech_quarters", 4, "2024-Q2|564958.02");
    check("unreadable_lines", 1, "10140|65");
    check("big_sales", 3, "SMB|2576478");
    check("monthly_report", 96, "2023|1|West|93130.68|31527.68|78|1193.98");
    check("product_margins", 8, "Monitor|Display|1780039.8|547829.8|4249|0.3078");
    check("north_2024", 8, "Headset|37714.3");
    check("revenue_per_region", 4, "East|2712795.83");
    check("broken_rules", 1, "15|35|25|40|100|140|110");
    check("inconsistent_rows", 3, "wrong_total|280");
    check("repeated_ids", 1, "120|140|100|40");
    check("price_outliers", 20, "TXN_000008189|Mouse|3500");
    check("broken_reasons", 4, "bad_amount|140");
    check("quality_scores", 5, "consistency|96.15");
    check("quality_alerts", 3, "uniqueness");
    check("customer_totals", 1000, "CUST_000785|6123.5");
    check("monthly_completeness", 24, "2023-02|263|98.1|1.41|false");
    check("top_titles", 9, "ap|4|1383.4|2");
    check("buffering_windows", 4, "2024-11-01 20:25:00|edge-eu-2|71|49.3");
    check("too_late", 1, "383");
}
