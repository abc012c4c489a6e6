//! The tables with defects, and the counts of what was injected.
//!
//! A row has at most one defect. Only which rows, and which defect, is kept in memory; a row's text is made when it is written.

use super::cell::Cell;
use super::chance::Stream;
use super::clean::{Sale, person, sale, sale_month};
use std::collections::BTreeMap;

/// Counts of defects by name, in the order in which they were injected.
pub type Truth = Vec<(&'static str, u64)>;

/// A defect's count per unit: fixed for the visible data, 60 to 160 % of it for hidden variants.
fn rate(seed: u64, index: u64, count: u64, vary: bool) -> u64 {
    const RATE: Stream = Stream::new("dirty.rate");
    if vary { count * (60 + RATE.below(seed, index, 101)) / 100 } else { count }
}

/// `people_dirty`.
#[derive(Debug)]
pub(super) struct DirtyPeople {
    seed: u64,
    rows: u64,
    /// Row → defect and its number.
    defects: BTreeMap<u32, (u8, u32)>,
    duplicates: Vec<u32>,
    pub(super) truth: Truth,
}

static PEOPLE_DEFECTS: [(&str, u64); 5] = [
    ("age_malformed", 12),
    ("age_missing", 8),
    ("department_noise", 20),
    ("email_missing", 6),
    ("exact_duplicates", 4),
];

impl DirtyPeople {
    pub(super) fn new(seed: u64, rows: u64, vary: bool) -> Self {
        const ORDER: Stream = Stream::new("people_dirty.order");
        let order = ORDER.permutation(seed, rows);
        let mut made = DirtyPeople { seed, rows, defects: BTreeMap::new(), duplicates: Vec::new(), truth: Vec::new() };
        let mut taken = 0;
        for (index, (name, count)) in PEOPLE_DEFECTS.iter().enumerate() {
            let wanted = (rate(seed, index as u64, *count, vary) * rows / 240).max(1) as usize;
            let chosen = &order[taken.min(order.len())..(taken + wanted).min(order.len())];
            taken += wanted;
            made.truth.push((name, chosen.len() as u64));
            if *name == "exact_duplicates" {
                made.duplicates.extend_from_slice(chosen);
            } else {
                made.defects.extend(chosen.iter().enumerate().map(|(j, row)| (*row, (index as u8, j as u32))));
            }
        }
        made.truth.push(("rows", made.len()));
        made
    }

    pub(super) fn len(&self) -> u64 {
        self.rows + self.duplicates.len() as u64
    }

    pub(super) fn row(&self, position: u64) -> Vec<Cell> {
        if position >= self.rows {
            return person(self.seed, u64::from(self.duplicates[(position - self.rows) as usize]));
        }
        let mut row = person(self.seed, position);
        let Some((defect, j)) = self.defects.get(&(position as u32)) else { return row };
        match defect {
            0 => row[2] = Cell::Word(["n/a", "unknown", "41.5", "?"][*j as usize % 4]),
            1 => row[2] = Cell::Empty,
            2 => {
                let department = row[3].text().unwrap_or_default();
                row[3] = Cell::Text(match j % 4 {
                    0 => format!("  {department}"),
                    1 => department.to_uppercase(),
                    2 => department.to_lowercase(),
                    _ => format!("{department} "),
                });
            }
            _ => row[4] = Cell::Empty,
        }
        row
    }
}

/// `sales_dirty`.
#[derive(Debug)]
pub(super) struct DirtySales {
    seed: u64,
    rows: u64,
    customers: u64,
    /// Row → index into [`SALES_DEFECTS`] and the defect's number.
    defects: BTreeMap<u32, (u8, u32)>,
    /// Rows that come once more, as they are or with another sale under their id.
    extra: Vec<(u32, bool)>,
    /// Which row stands at which place.
    places: Vec<u32>,
    pub(super) truth: Truth,
}

static SALES_DEFECTS: [(&str, u64); 19] = [
    ("missing_product", 120),
    ("missing_segment", 300),
    ("missing_amount", 80),
    ("negative_amount", 60),
    ("nonpositive_quantity", 70),
    ("inconsistent_amount", 150),
    ("orphan_product", 50),
    ("orphan_customer", 45),
    ("future_date", 25),
    ("malformed_date", 35),
    ("malformed_quantity", 30),
    ("region_noise", 90),
    ("region_unknown", 20),
    ("price_outlier", 20),
    ("bad_id", 15),
    ("stale_date", 40),
    ("dup_once", 60),
    ("dup_twice", 20),
    ("id_collision", 40),
];

/// Hands out rows in a fixed order, each at most once.
struct Taker {
    order: Vec<u32>,
    used: Vec<bool>,
    first_unused: usize,
}

impl Taker {
    fn take(&mut self, count: usize, accepts: &dyn Fn(u32) -> bool) -> Vec<u32> {
        let mut taken = Vec::new();
        while self.first_unused < self.order.len() && self.used[self.order[self.first_unused] as usize] {
            self.first_unused += 1;
        }
        for row in &self.order[self.first_unused..] {
            if taken.len() == count {
                break;
            }
            if !self.used[*row as usize] && accepts(*row) {
                taken.push(*row);
                self.used[*row as usize] = true;
            }
        }
        taken
    }
}

impl DirtySales {
    pub(super) fn new(seed: u64, rows: u64, customers: u64, vary: bool) -> Self {
        const ORDER: Stream = Stream::new("sales_dirty.order");
        const PLACE: Stream = Stream::new("sales_dirty.place");
        let mut taker =
            Taker { order: ORDER.permutation(seed, rows), used: vec![false; rows as usize], first_unused: 0 };
        let mut made = DirtySales {
            seed,
            rows,
            customers,
            defects: BTreeMap::new(),
            extra: Vec::new(),
            places: Vec::new(),
            truth: Vec::new(),
        };
        for (index, (name, count)) in SALES_DEFECTS.iter().enumerate() {
            let wanted = (rate(seed, index as u64, *count, vary) * rows / 10_000).max(1) as usize;
            let chosen = if *name == "missing_segment" {
                let mut chosen = taker.take(wanted / 3, &|row| sale_month(seed, u64::from(row)) == (2024, 6));
                chosen.extend(taker.take(wanted - chosen.len(), &|_| true));
                chosen
            } else {
                taker.take(wanted, &|_| true)
            };
            made.truth.push((name, chosen.len() as u64));
            for (j, row) in chosen.iter().enumerate() {
                match *name {
                    "dup_once" => made.extra.push((*row, false)),
                    "dup_twice" => made.extra.extend([(*row, false), (*row, false)]),
                    "id_collision" => made.extra.push((*row, true)),
                    _ => {
                        made.defects.insert(*row, (index as u8, j as u32));
                    }
                }
            }
        }
        made.truth.push(("rows", made.len()));
        made.truth.push(("extra_rows", made.extra.len() as u64));
        made.places = PLACE.permutation(seed, made.len());
        made
    }

    pub(super) fn len(&self) -> u64 {
        self.rows + self.extra.len() as u64
    }

    pub(super) fn row(&self, position: u64) -> Vec<Cell> {
        let row = u64::from(self.places[position as usize]);
        if row >= self.rows {
            let (source, collides) = self.extra[(row - self.rows) as usize];
            let copy = sale(self.seed, u64::from(source), self.customers, false);
            return if collides { collided(copy) } else { copy }.cells();
        }
        let clean = sale(self.seed, row, self.customers, false);
        match self.defects.get(&(row as u32)) {
            Some((defect, j)) => spoiled(clean, SALES_DEFECTS[usize::from(*defect)].0, *j as usize, row).cells(),
            None => clean.cells(),
        }
    }
}

/// Another sale under the same id.
fn collided(mut sale: Sale) -> Sale {
    sale.count = sale.count % 5 + 1;
    sale.quantity = Cell::Int(sale.count);
    sale.total = Some(sale.count * sale.unit_price);
    sale.rep = Cell::Word("Rep_21");
    sale
}

fn spoiled(mut sale: Sale, defect: &str, j: usize, row: u64) -> Sale {
    let month = j % 12 + 1;
    match defect {
        "missing_product" => sale.product = Cell::Empty,
        "missing_segment" => sale.segment = Cell::Empty,
        "missing_amount" => sale.total = None,
        "negative_amount" => sale.total = sale.total.map(|total| -total),
        "nonpositive_quantity" => sale.quantity = Cell::Int(if j.is_multiple_of(2) { 0 } else { -sale.count }),
        "inconsistent_amount" => {
            sale.total = sale.total.map(|total| total * if j.is_multiple_of(2) { 110 } else { 90 } / 100);
        }
        "orphan_product" => sale.product = Cell::Word(["Gizmo", "Widget"][j % 2]),
        "orphan_customer" => sale.customer = Cell::Text(format!("CUST_X{j:05}")),
        "future_date" => sale.date = Cell::Text(format!("2031-{month:02}-15")),
        "malformed_date" => {
            sale.date = Cell::Word(["31/12/2024", "not-a-date", "2024-13-01", "2024-02-30", "20240105x"][j % 5]);
        }
        "malformed_quantity" => sale.quantity = Cell::Word(["two", "3 pcs", "1.5"][j % 3]),
        "region_noise" => {
            let region = sale.region.text().unwrap_or_default();
            sale.region = Cell::Text(match j % 3 {
                0 => format!(" {region}"),
                1 => region.to_uppercase(),
                _ => region.to_lowercase(),
            });
        }
        "region_unknown" => sale.region = Cell::Word(["Nort", "Central"][j % 2]),
        "price_outlier" => {
            sale.unit_price *= 100;
            sale.total = sale.total.map(|total| total * 100);
        }
        "bad_id" => sale.id = Cell::Text(format!("TX-{}", row + 1)),
        _ => sale.date = Cell::Text(format!("2019-{month:02}-03")),
    }
    sale
}
