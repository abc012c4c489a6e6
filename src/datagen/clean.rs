//! The tables without defects. Each row is computed on its own.

use super::cell::Cell;
use super::chance::Stream;
use chrono::{Datelike, Days, NaiveDate};

static FIRST: [&str; 20] = [
    "Ada", "Bruno", "Chioma", "Dilnoza", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Kamola", "Lars", "Mei",
    "Nadia", "Omar", "Priya", "Quentin", "Rosa", "Sanjar", "Tove",
];
static LAST: [&str; 20] = [
    "Abbas",
    "Berg",
    "Castro",
    "Duarte",
    "Eriksen",
    "Fontaine",
    "Gupta",
    "Haddad",
    "Ivanov",
    "Jansen",
    "Karimov",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Rahimov",
    "Silva",
    "Tanaka",
    "Weber",
];
static DOMAINS: [(&str, u64); 4] =
    [("example.com", 50), ("example.org", 25), ("mail.example.net", 15), ("corp.example", 10)];
static PEOPLE_DEPARTMENTS: [(&str, u64); 6] =
    [("Engineering", 30), ("Data", 12), ("Marketing", 14), ("Sales", 24), ("Finance", 10), ("Support", 10)];
/// Ages on the edges of the exercises' conditions come first.
static EDGE_AGES: [i64; 8] = [30, 31, 34, 35, 44, 45, 18, 67];
static DEPARTMENTS: [(i64, &str, &str); 8] = [
    (1, "Engineering", "Technology"),
    (2, "Data", "Technology"),
    (3, "Marketing", "Business"),
    (4, "Sales", "Business"),
    (5, "Finance", "Business"),
    (6, "People", "Operations"),
    (7, "Support", "Operations"),
    (8, "Legal", "Operations"),
];
static EMPLOYEE_DEPARTMENTS: [(i64, u64); 7] = [(1, 30), (2, 12), (3, 12), (4, 22), (5, 8), (6, 6), (7, 10)];
static BASE_SALARIES: [i64; 7] = [70_000, 72_000, 52_000, 48_000, 60_000, 50_000, 42_000];

/// Name, category, cost and list price in cents, weight.
#[derive(Clone, Copy)]
struct Product(&'static str, &'static str, i64, i64);

static PRODUCTS: [(Product, u64); 8] = [
    (Product("Laptop", "Computing", 80_000, 120_000), 18),
    (Product("Tablet", "Computing", 31_000, 45_000), 12),
    (Product("Monitor", "Display", 29_000, 42_000), 14),
    (Product("Webcam", "Display", 4_200, 8_000), 10),
    (Product("Keyboard", "Accessories", 4_500, 9_000), 16),
    (Product("Mouse", "Accessories", 1_500, 3_500), 18),
    (Product("Headset", "Audio", 7_000, 13_000), 8),
    (Product("Speaker", "Audio", 5_200, 9_900), 4),
];
static REGIONS: [&str; 4] = ["North", "South", "East", "West"];
static SKEWED_REGIONS: [(&str, u64); 4] = [("West", 80), ("North", 8), ("South", 7), ("East", 5)];
static SEGMENTS: [(&str, u64); 3] = [("Enterprise", 20), ("SMB", 35), ("Consumer", 45)];
static INDUSTRIES: [(&str, u64); 4] = [("Tech", 35), ("Healthcare", 20), ("Finance", 20), ("Retail", 25)];
static MONTHS: [(u32, u64); 12] =
    [(1, 7), (2, 6), (3, 7), (4, 7), (5, 8), (6, 8), (7, 7), (8, 7), (9, 8), (10, 9), (11, 13), (12, 13)];
pub(super) fn person(seed: u64, i: u64) -> Vec<Cell> {
    const FIRST_NAME: Stream = Stream::new("people.first");
    const LAST_NAME: Stream = Stream::new("people.last");
    const AGE: Stream = Stream::new("people.age");
    const DEPARTMENT: Stream = Stream::new("people.department");
    const DOMAIN: Stream = Stream::new("people.domain");
    let first = FIRST[FIRST_NAME.below(seed, i, 20) as usize];
    let last = LAST[LAST_NAME.below(seed, i, 20) as usize];
    let age = EDGE_AGES.get(i as usize).copied().unwrap_or_else(|| 18 + AGE.below(seed, i, 50) as i64);
    let domain = DOMAIN.pick(seed, i, &DOMAINS);
    vec![
        Cell::Int(i as i64 + 1),
        Cell::Text(format!("{first} {last}")),
        Cell::Int(age),
        Cell::Word(DEPARTMENT.pick(seed, i, &PEOPLE_DEPARTMENTS)),
        Cell::Text(format!("{}.{}{}@{domain}", first.to_lowercase(), last.to_lowercase(), i + 1)),
    ]
}

pub(super) fn employee(seed: u64, i: u64) -> Vec<Cell> {
    const ORPHAN: Stream = Stream::new("employees.orphan");
    const DEPARTMENT: Stream = Stream::new("employees.dept");
    const FIRST_NAME: Stream = Stream::new("employees.first");
    const LAST_NAME: Stream = Stream::new("employees.last");
    const SALARY: Stream = Stream::new("employees.salary");
    const HIRE: Stream = Stream::new("employees.hire");
    let chance = ORPHAN.below(seed, i, 1000);
    let id = DEPARTMENT.pick(seed, i, &EMPLOYEE_DEPARTMENTS);
    let department = if i == 0 || chance < 10 {
        Cell::Int(99)
    } else if i == 1 || chance < 15 {
        Cell::Empty
    } else {
        Cell::Int(id)
    };
    let first = FIRST[FIRST_NAME.below(seed, i, 20) as usize];
    let last = LAST[LAST_NAME.below(seed, i, 20) as usize];
    let salary = BASE_SALARIES[id as usize - 1] + 500 * SALARY.below(seed, i, 81) as i64;
    vec![
        Cell::Int(i as i64 + 1),
        Cell::Text(format!("{first} {last}")),
        department,
        Cell::Int(salary),
        day_after(2015, HIRE.below(seed, i, 3652)),
    ]
}

fn day_after(year: i32, days: u64) -> Cell {
    let start = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let day = start.checked_add_days(Days::new(days)).unwrap_or(start);
    Cell::Date(day.year(), day.month(), day.day())
}

pub(super) fn department(i: u64) -> Vec<Cell> {
    let (id, name, division) = DEPARTMENTS[i as usize];
    vec![Cell::Int(id), Cell::Word(name), Cell::Word(division)]
}

pub(super) fn product(i: u64) -> Vec<Cell> {
    let (Product(name, category, cost, price), _) = PRODUCTS[i as usize];
    vec![Cell::Word(name), Cell::Word(category), Cell::Cents(cost), Cell::Cents(price)]
}

pub(super) fn customer(seed: u64, i: u64) -> Vec<Cell> {
    const REGION: Stream = Stream::new("customers.region");
    const INDUSTRY: Stream = Stream::new("customers.industry");
    const REVENUE: Stream = Stream::new("customers.revenue");
    const SIGNUP: Stream = Stream::new("customers.signup");
    vec![
        Cell::Text(format!("CUST_{:06}", i + 1)),
        Cell::Text(format!("Company {}", i + 1)),
        Cell::Word(REGIONS[REGION.below(seed, i, 4) as usize]),
        Cell::Word(INDUSTRY.pick(seed, i, &INDUSTRIES)),
        Cell::Int(100_000 + REVENUE.below(seed, i, 9_900_001) as i64),
        day_after(2018, SIGNUP.below(seed, i, 2191)),
    ]
}

/// A sale before it is written.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) id: Cell,
    pub(super) date: Cell,
    pub(super) product: Cell,
    pub(super) region: Cell,
    pub(super) rep: Cell,
    pub(super) quantity: Cell,
    /// Cents.
    pub(super) unit_price: i64,
    /// Cents; absent where the value is missing.
    pub(super) total: Option<i64>,
    pub(super) segment: Cell,
    pub(super) customer: Cell,
    /// The quantity as a number, whatever is written.
    pub(super) count: i64,
}

/// Year and month of a sale.
pub(super) fn sale_month(seed: u64, i: u64) -> (i32, u32) {
    const YEAR: Stream = Stream::new("sales.year");
    const MONTH: Stream = Stream::new("sales.month");
    let year = if YEAR.below(seed, i, 100) < 45 { 2023 } else { 2024 };
    (year, MONTH.pick(seed, i, &MONTHS))
}

pub(super) fn sale(seed: u64, i: u64, customers: u64, skewed: bool) -> Sale {
    const DAY: Stream = Stream::new("sales.day");
    const PRODUCT: Stream = Stream::new("sales.product");
    const PRICE: Stream = Stream::new("sales.price");
    const QUANTITY: Stream = Stream::new("sales.quantity");
    const REGION: Stream = Stream::new("sales.region");
    const REGION_SKEW: Stream = Stream::new("sales.region_skew");
    const CUSTOMER: Stream = Stream::new("sales.customer");
    const HOT: Stream = Stream::new("sales.hot");
    const REP: Stream = Stream::new("sales.rep");
    const SEGMENT: Stream = Stream::new("sales.segment");
    let (year, month) = sale_month(seed, i);
    let day = 1 + DAY.below(seed, i, days_in(year, month)) as u32;
    let Product(name, _, _, price) = PRODUCT.pick(seed, i, &PRODUCTS);
    let unit_price = price * (90 + PRICE.below(seed, i, 21) as i64) / 100;
    let count = 1 + QUANTITY.below(seed, i, 5) as i64;
    let region =
        if skewed { REGION_SKEW.pick(seed, i, &SKEWED_REGIONS) } else { REGIONS[REGION.below(seed, i, 4) as usize] };
    let is_hot = skewed && HOT.below(seed, i, 100) < 40;
    let customer = if is_hot { 1 } else { 1 + CUSTOMER.below(seed, i, customers) };
    Sale {
        id: Cell::Text(format!("TXN_{:09}", i + 1)),
        date: Cell::Date(year, month, day),
        product: Cell::Word(name),
        region: Cell::Word(region),
        rep: Cell::Text(format!("Rep_{:02}", 1 + REP.below(seed, i, 20))),
        quantity: Cell::Int(count),
        unit_price,
        total: Some(count * unit_price),
        segment: Cell::Word(SEGMENT.pick(seed, i, &SEGMENTS)),
        customer: Cell::Text(format!("CUST_{customer:06}")),
        count,
    }
}

fn days_in(year: i32, month: u32) -> u64 {
    match month {
        2 if year % 4 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Sale {
    pub(super) fn cells(self) -> Vec<Cell> {
        vec![
            self.id,
            self.date,
            self.product,
            self.region,
            self.rep,
            self.quantity,
            Cell::Cents(self.unit_price),
            self.total.map_or(Cell::Empty, Cell::Cents),
            self.segment,
            self.customer,
        ]
    }
}
