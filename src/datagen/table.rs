//! The tables by name: their columns, rows and files.

use super::cell::Cell;
use super::clean;
use super::dirty::{DirtyPeople, DirtySales, Truth};
use super::viewing::ViewingEvent;
use crate::logical::DataType;

/// Names of all tables, in the order in which they are made.
pub static NAMES: [&str; 11] = [
    "people",
    "people_dirty",
    "employees",
    "departments",
    "products",
    "customers",
    "sales",
    "sales_skew",
    "sales_small_files",
    "sales_dirty",
    "viewing_events",
];

static PEOPLE: [(&str, DataType); 5] = [
    ("id", DataType::Integer),
    ("name", DataType::String),
    ("age", DataType::Integer),
    ("department", DataType::String),
    ("email", DataType::String),
];
static EMPLOYEES: [(&str, DataType); 5] = [
    ("emp_id", DataType::Integer),
    ("name", DataType::String),
    ("dept_id", DataType::Integer),
    ("salary", DataType::Integer),
    ("hire_date", DataType::Date),
];
static DEPARTMENTS: [(&str, DataType); 3] =
    [("dept_id", DataType::Integer), ("dept_name", DataType::String), ("division", DataType::String)];
static PRODUCTS: [(&str, DataType); 4] = [
    ("product", DataType::String),
    ("category", DataType::String),
    ("cost", DataType::Double),
    ("list_price", DataType::Double),
];
static CUSTOMERS: [(&str, DataType); 6] = [
    ("customer_id", DataType::String),
    ("company_name", DataType::String),
    ("region", DataType::String),
    ("industry", DataType::String),
    ("annual_revenue", DataType::Integer),
    ("signup_date", DataType::Date),
];
static SALES: [(&str, DataType); 10] = [
    ("transaction_id", DataType::String),
    ("transaction_date", DataType::Date),
    ("product", DataType::String),
    ("region", DataType::String),
    ("sales_rep", DataType::String),
    ("quantity", DataType::Integer),
    ("unit_price", DataType::Double),
    ("total_amount", DataType::Double),
    ("customer_segment", DataType::String),
    ("customer_id", DataType::String),
];
static EVENTS: [(&str, DataType); 10] = [
    ("event_id", DataType::Integer),
    ("event_time", DataType::String),
    ("arrival_time", DataType::String),
    ("profile_id", DataType::String),
    ("title_id", DataType::Integer),
    ("region", DataType::String),
    ("edge_node", DataType::String),
    ("event_type", DataType::String),
    ("watch_ms", DataType::Integer),
    ("buffer_ms", DataType::Integer),
];

/// A table that can be made, row by row, in any order.
#[derive(Debug)]
pub struct Table {
    name: &'static str,
    seed: u64,
    /// Rows of the sales tables, which the size of every other table follows from.
    scale: u64,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    People,
    PeopleDirty(DirtyPeople),
    Employees,
    Departments,
    Products,
    Customers,
    Sales { skewed: bool },
    SalesDirty(DirtySales),
    Events,
}

impl Table {
    /// The table of this name, or nothing for an unknown one. `rows` is the size of the sales tables.
    #[must_use]
    pub fn new(name: &str, seed: u64, rows: u64, vary: bool) -> Option<Table> {
        let name = NAMES.iter().find(|known| **known == name)?;
        let kind = match *name {
            "people" => Kind::People,
            "people_dirty" => Kind::PeopleDirty(DirtyPeople::new(seed, people_rows(rows), vary)),
            "employees" => Kind::Employees,
            "departments" => Kind::Departments,
            "products" => Kind::Products,
            "customers" => Kind::Customers,
            "sales" | "sales_small_files" => Kind::Sales { skewed: false },
            "sales_skew" => Kind::Sales { skewed: true },
            "sales_dirty" => Kind::SalesDirty(DirtySales::new(seed, rows, customer_rows(rows), vary)),
            _ => Kind::Events,
        };
        Some(Table { name, seed, scale: rows, kind })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match &self.kind {
            Kind::People => people_rows(self.scale),
            Kind::PeopleDirty(dirty) => dirty.len(),
            Kind::Employees => (self.scale / 5).max(60),
            Kind::Departments | Kind::Products => 8,
            Kind::Customers => customer_rows(self.scale),
            Kind::Sales { .. } => self.scale,
            Kind::SalesDirty(dirty) => dirty.len(),
            Kind::Events => self.scale * 2,
        }
    }

    /// The number of files it is written into.
    #[must_use]
    pub fn parts(&self) -> u64 {
        match self.name {
            "people" | "people_dirty" => 4,
            "employees" => 6,
            "departments" | "products" => 1,
            "customers" => 2,
            "sales_small_files" => 500,
            _ => 12,
        }
    }

    /// Names and types of its columns. Columns that defects may spoil still have the type they should have.
    #[must_use]
    pub fn columns(&self) -> &'static [(&'static str, DataType)] {
        match &self.kind {
            Kind::People | Kind::PeopleDirty(_) => &PEOPLE,
            Kind::Employees => &EMPLOYEES,
            Kind::Departments => &DEPARTMENTS,
            Kind::Products => &PRODUCTS,
            Kind::Customers => &CUSTOMERS,
            Kind::Sales { .. } | Kind::SalesDirty(_) => &SALES,
            Kind::Events => &EVENTS,
        }
    }

    /// Whether values may not be of their column's type.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        matches!(self.kind, Kind::PeopleDirty(_) | Kind::SalesDirty(_))
    }

    /// The row at `position`.
    #[must_use]
    pub fn row(&self, position: u64) -> Vec<Cell> {
        match &self.kind {
            Kind::People => clean::person(self.seed, position),
            Kind::PeopleDirty(dirty) => dirty.row(position),
            Kind::Employees => clean::employee(self.seed, position),
            Kind::Departments => clean::department(position),
            Kind::Products => clean::product(position),
            Kind::Customers => clean::customer(self.seed, position),
            Kind::Sales { skewed } => clean::sale(self.seed, position, customer_rows(self.scale), *skewed).cells(),
            Kind::SalesDirty(dirty) => dirty.row(position),
            Kind::Events => ViewingEvent::at(self.seed, position, self.rows()).cells(),
        }
    }

    /// What was injected; nothing for a clean table.
    #[must_use]
    pub fn truth(&self) -> Option<&Truth> {
        match &self.kind {
            Kind::PeopleDirty(dirty) => Some(&dirty.truth),
            Kind::SalesDirty(dirty) => Some(&dirty.truth),
            _ => None,
        }
    }
}

fn people_rows(rows: u64) -> u64 {
    (rows * 240 / 10_000).max(48)
}

fn customer_rows(rows: u64) -> u64 {
    (rows / 10).max(1)
}
