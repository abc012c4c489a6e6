//! Edge cases that a variant puts into its data: what ordinary rows rarely are, so that a script that is only nearly right shows it.

use super::dataset::Source;
use serde::Deserialize;

/// An edge case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    #[default]
    None,
    /// The step's first table has no row.
    Empty,
    /// Every table is one file.
    OneFile,
    /// All rows have the same key: one department, one customer, one region.
    OneKey,
    /// A column that may be NULL is NULL everywhere.
    NullColumn,
    /// Three rows in ten have lost product, amount or quantity.
    Disaster,
    /// All segments of September 2024 are missing.
    Outage,
    /// Values are missing that are usually there: ages, names, addresses, ids of sales, sellers.
    Gaps,
    /// Some rows are there twice, and values are missing that are usually there.
    Copies,
    /// Sales of products and to customers that no other table knows, and a product and a customer without a sale.
    Strangers,
    /// The sales of ten years.
    Decade,
    /// Values that stand exactly on a border of a rule or just beside it, and ties.
    Borders,
    /// Seven regions.
    SevenRegions,
    /// Exactly two dirty sales in a hundred have a quantity of 0, the others have values that are allowed.
    AtLimit,
    /// Two dirty sales in five have a wrong total, and nothing else is wrong anywhere: scores of 100, 100, 60 and 100.
    AtGate,
    /// Dates that are written in other ways than the others, and a month whose completeness falls by a little less than five points.
    OddDates,
}

/// Names of the regions where a variant has seven.
const SEVEN_REGIONS: [&str; 7] = ["North", "South", "East", "West", "Centre", "Coast", "Islands"];

/// So many rows are there twice where a variant has copies.
const COPIES: usize = 40;

/// Puts the edge case into a table's rows; `is_first` tells whether it is the step's first table.
pub(super) fn apply(edit: Edit, table: &str, is_first: bool, source: &mut Source) {
    match edit {
        Edit::Empty if is_first => source.rows.clear(),
        Edit::OneFile => source.files = 1,
        Edit::OneKey if is_first => one_key(source),
        Edit::NullColumn if is_first => {
            for column in ["customer_segment", "age"] {
                source.each(column, |_, cell| *cell = None);
            }
        }
        Edit::Disaster => disaster(source),
        Edit::Outage => outage(source),
        Edit::Gaps => gaps(source),
        Edit::Copies if is_first => {
            source.each("sales_rep", |row, cell| {
                if row % 9 == 2 {
                    *cell = None;
                }
            });
            let again: Vec<Cells> = source.rows.iter().take(COPIES).cloned().collect();
            source.rows.extend(again);
        }
        Edit::Strangers => strangers(table, source),
        Edit::Decade => ten_years(source),
        Edit::Borders => match table {
            "sales_dirty" => dirty_borders(source),
            "viewing_events" => event_borders(source),
            "people" => odd_people(source),
            "people_dirty" => people_borders(source),
            "employees" => odd_employees(source),
            "departments" => odd_departments(source),
            "customers" => source.set("industry", &["Biotech", "tech", "Telecom", "Tech ", "Technology"].repeat(8)),
            "products" => source.set("cost", &["800.75", "310.50", "290.25", "42.75"]),
            table if table.starts_with("sales") => sale_borders(source),
            _ => {}
        },
        Edit::SevenRegions => source.each("region", |row, cell| *cell = Some(SEVEN_REGIONS[row % 7].to_owned())),
        Edit::AtLimit if is_first => two_in_a_hundred(source),
        Edit::AtGate if is_first => two_in_five(source),
        Edit::OddDates if is_first => odd_dates(source),
        Edit::None
        | Edit::Empty
        | Edit::OneKey
        | Edit::NullColumn
        | Edit::Copies
        | Edit::AtLimit
        | Edit::AtGate
        | Edit::OddDates => {}
    }
}

impl Source {
    fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| *known == column)
    }

    /// Changes a column's cells; a table without it stays as it is.
    fn each(&mut self, column: &str, mut change: impl FnMut(usize, &mut Option<String>)) {
        let Some(at) = self.place(column) else { return };
        self.rows.iter_mut().enumerate().for_each(|(row, cells)| change(row, &mut cells[at]));
    }

    /// Gives the first rows these cells.
    fn set(&mut self, column: &str, values: &[&str]) {
        self.each(column, |row, cell| {
            if let Some(value) = values.get(row) {
                *cell = Some((*value).to_owned());
            }
        });
    }
}

/// A row in nine has lost its age or its id, another one its address or its seller, a third one its name.
fn gaps(source: &mut Source) {
    for (column, place) in [("age", 4), ("transaction_id", 4), ("email", 2), ("sales_rep", 2), ("name", 6)] {
        source.each(column, |row, cell| {
            if row % 9 == place {
                *cell = None;
            }
        });
    }
}

/// Sales of a product and to a customer that nobody knows, and sales without one; a product that nobody buys, and a customer who buys nothing.
fn strangers(table: &str, source: &mut Source) {
    let columns = source.columns.clone();
    let row = |cells: &[(&str, &str)]| -> Cells {
        let cell = |column: &&str| cells.iter().find(|(name, _)| name == column).map(|(_, text)| (*text).to_owned());
        columns.iter().map(cell).collect()
    };
    match table {
        "products" => source.rows.push(row(&[
            ("product", "Typewriter"),
            ("category", "Antiques"),
            ("cost", "90.00"),
            ("list_price", "120.00"),
        ])),
        "customers" => source.rows.push(row(&[
            ("customer_id", "CUST_000000"),
            ("company_name", "Company 0"),
            ("region", "North"),
            ("industry", "Museums"),
            ("annual_revenue", "0"),
            ("signup_date", "2023-01-01"),
        ])),
        table if table.starts_with("sales") => {
            for (column, first, unknown) in [("product", 0, "Gizmo"), ("customer_id", 4, "CUST_999999")] {
                source.each(column, |row, cell| match row.checked_sub(first) {
                    Some(0..3) => *cell = Some(unknown.to_owned()),
                    Some(3) => *cell = None,
                    _ => {}
                });
            }
        }
        _ => {}
    }
}

/// The days of the sales run through ten years.
fn ten_years(source: &mut Source) {
    let first = chrono::NaiveDate::from_ymd_opt(2015, 1, 1).unwrap_or_default();
    source.each("transaction_date", |row, cell| {
        *cell = Some((first + chrono::Days::new(row as u64 * 7 % 3653)).to_string());
    });
}

/// Employees of departments that do not exist or have two rows' names, and some in real ones who earn nothing, or whose pay, first day or name is
/// not known.
fn odd_employees(source: &mut Source) {
    source.set("dept_id", &["98", "0", "9", "-1", "12", "12", "12"]);
    for (column, first, text) in
        [("salary", 20, Some("0")), ("salary", 30, None), ("hire_date", 40, None), ("name", 50, None)]
    {
        source.each(column, |row, cell| {
            if (first..first + 5).contains(&row) {
                *cell = text.map(str::to_owned);
            }
        });
    }
}

/// People with an age of one and of three digits, with one that is no number, without an age, a department or an address, and with a domain in large letters.
fn odd_people(source: &mut Source) {
    let place = |column| source.place(column).unwrap_or_default();
    let Some(first) = source.rows.first().cloned() else { return };
    let (age, email) = (place("age"), place("email"));
    let mut id = 90_000;
    let mut like_first = |column: usize, text: Option<&str>| {
        id += 1;
        let mut person = first.clone();
        (person[place("id")], person[age]) = (Some(id.to_string()), Some("47".to_owned()));
        person[column] = text.map(str::to_owned);
        person
    };
    let more = [
        like_first(age, Some("9")),
        like_first(age, Some("104")),
        like_first(age, None),
        like_first(age, Some("n/a")),
        like_first(place("department"), None),
        like_first(email, None),
        like_first(email, Some("loud@EXAMPLE.Org")),
    ];
    source.rows.extend(more);
}

/// A department without an id, and one with the name of another in another division.
fn odd_departments(source: &mut Source) {
    let columns = source.columns.clone();
    let row = |id: Option<&str>, name: &str, division: &str| -> Cells {
        let cell = |column: &&str| match *column {
            "dept_id" => id.map(str::to_owned),
            "dept_name" => Some(name.to_owned()),
            "division" => Some(division.to_owned()),
            _ => None,
        };
        columns.iter().map(cell).collect()
    };
    let more = [row(None, "Unassigned", "Operations"), row(Some("12"), "Support", "Business")];
    source.rows.extend(more);
}

fn one_key(source: &mut Source) {
    for (column, value) in [
        ("department", "Sales"),
        ("dept_id", "4"),
        ("region", "West"),
        ("customer_id", "CUST_000001"),
        ("product", "Mouse"),
    ] {
        source.each(column, |_, cell| *cell = Some(value.to_owned()));
    }
}

fn disaster(source: &mut Source) {
    for (column, place, value) in [("product", 1, None), ("total_amount", 4, Some("-1.00")), ("quantity", 7, Some("0"))]
    {
        source.each(column, |row, cell| {
            if row % 10 == place {
                *cell = value.map(str::to_owned);
            }
        });
    }
}

/// Amounts beside the limits of the size bands, many sales around the turn of a year, and large amounts whose cents do not add up to short
/// doubles.
fn sale_borders(source: &mut Source) {
    const TURNS: [&str; 4] = ["2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01"];
    source.set("total_amount", &["500.00", "499.99", "2000.00", "1999.99", "0.00"]);
    source.each("transaction_date", |row, cell| {
        if (5..85).contains(&row) {
            *cell = Some(TURNS[row % TURNS.len()].to_owned());
        }
    });
    source.each("total_amount", |row, cell| {
        if (85..600).contains(&row) {
            *cell = Some(format!("{}.{:02}", 2000 + 13 * row, 37 * row % 100));
        }
    });
}

fn two_in_a_hundred(source: &mut Source) {
    source.rows.truncate(source.rows.len() / 50 * 50);
    let is_count = |text: &str| text.parse::<u32>().is_ok_and(|count| count > 0);
    let is_amount = |text: &str| text.parse::<f64>().is_ok_and(|amount| amount >= 0.0);
    source.each("quantity", |row, cell| {
        if row % 50 == 0 {
            *cell = Some("0".to_owned());
        } else if !cell.as_deref().is_some_and(is_count) {
            *cell = Some("1".to_owned());
        }
    });
    source.each("total_amount", |_, cell| {
        if !cell.as_deref().is_some_and(is_amount) {
            *cell = Some("1.00".to_owned());
        }
    });
}

fn two_in_five(source: &mut Source) {
    source.rows.truncate(source.rows.len() / 5 * 5);
    source.each("transaction_id", |row, cell| *cell = Some(format!("TXN_{row:09}")));
    for (column, value) in [("product", "Mouse"), ("customer_segment", "SMB")] {
        source.each(column, |_, cell| {
            cell.get_or_insert_with(|| value.to_owned());
        });
    }
    for (column, value) in [("quantity", "2"), ("unit_price", "35.00")] {
        source.each(column, |_, cell| *cell = Some(value.to_owned()));
    }
    source.each("total_amount", |row, cell| *cell = Some(if row % 5 < 2 { "71.00" } else { "70.00" }.to_owned()));
}

fn outage(source: &mut Source) {
    let Some(date) = source.place("transaction_date") else { return };
    let Some(segment) = source.place("customer_segment") else { return };
    for row in &mut source.rows {
        if row[date].as_deref().is_some_and(|date| date.starts_with("2024-09")) {
            row[segment] = None;
        }
    }
}

/// Places of the columns that the rules of a dirty sale look at.
struct Sale {
    id: usize,
    date: usize,
    product: usize,
    region: usize,
    quantity: usize,
    price: usize,
    total: usize,
    segment: usize,
    customer: usize,
}

type Cells = Vec<Option<String>>;

/// Dates, ids and amounts beside what the rules allow; totals a few cents off; prices between the usual fences and wider or narrower ones;
/// copies and conflicts of all kinds; a month whose completeness falls by five points exactly.
fn dirty_borders(source: &mut Source) {
    let place = |column| source.place(column).unwrap_or_default();
    let sale = Sale {
        id: place("transaction_id"),
        date: place("transaction_date"),
        product: place("product"),
        region: place("region"),
        quantity: place("quantity"),
        price: place("unit_price"),
        total: place("total_amount"),
        segment: place("customer_segment"),
        customer: place("customer_id"),
    };
    odd_sales(&sale, source);
    // At last, so that no copy and no other date changes the share.
    five_points(&sale, &mut source.rows);
}

fn odd_sales(sale: &Sale, source: &mut Source) {
    let mut sound = source.rows.iter_mut().filter(|row| sale.is_sound(row));
    for cents in [2, -2, 5, -5, 9, -9, 50, -50] {
        let Some(row) = sound.next() else { return };
        sale.set_price(row, sale.cents_of_price(row), cents);
    }
    for (column, value) in [
        (sale.date, Some("2024-12-31")),
        (sale.date, Some("2025-01-01")),
        (sale.date, Some("2022-12-31")),
        (sale.date, Some("2023-01-01")),
        (sale.date, Some("05/03/2024")),
        (sale.id, Some("txn_000000011")),
        (sale.id, Some("TXN_0000000012")),
        (sale.id, Some("XTXN_000000013")),
        (sale.id, Some("TXN_00000014A")),
        (sale.id, None),
        (sale.region, None),
        (sale.total, Some("0.00")),
        (sale.total, Some("free")),
        (sale.region, Some("South ")),
        (sale.product, Some("Gadget")),
        (sale.product, Some("Laptop ")),
        (sale.product, Some("laptop")),
        (sale.customer, Some("CUST_999999")),
        (sale.customer, Some("CUST_999999")),
        (sale.customer, Some("CUST_000000")),
        (sale.customer, Some("CUST_000002 ")),
        (sale.customer, None),
        (sale.price, Some("n/a")),
    ] {
        let Some(row) = sound.next() else { return };
        row[column] = value.map(str::to_owned);
    }
    // Off by one cent, which even doubles hold exactly where the price is 0.
    let Some(free) = sound.find(|row| row[sale.product].as_deref() == Some("Tablet")) else { return };
    sale.set_price(free, 0, 1);
    // In percent of the list price: prices are drawn evenly from 90 to 110, so the fences stand at about 80 and 120.
    for (product, list_cents) in [("Laptop", 120_000), ("Mouse", 3_500)] {
        for percent in [73, 83, 117, 127] {
            let Some(row) = sound.find(|row| row[sale.product].as_deref() == Some(product)) else { return };
            sale.set_price(row, list_cents * percent / 100, 0);
        }
    }
    fences(sale, &mut source.rows);
    repeat(sale, &mut source.rows);
}

/// Prices whose fences are known to the cent: of webcams a third each costs 80, 90 and 100, so the fences stand at 50 and 130, and there are
/// prices on them; headsets have fences at 50.875 and 129.875; keyboards are spread evenly from 60 to 80, with prices just beside the
/// fences at about 50 and 90.
fn fences(sale: &Sale, rows: &mut [Cells]) {
    for (product, usual, beside) in [
        ("Webcam", vec![8_000, 9_000, 10_000], [4_999, 5_000, 13_000, 13_001]),
        ("Headset", vec![8_050, 9_000, 10_025], [5_087, 5_088, 12_987, 12_988]),
        ("Keyboard", (0..101).map(|step| 6_000 + 20 * step).collect(), [4_940, 5_010, 8_990, 9_040]),
    ] {
        let sound = rows.iter_mut().filter(|row| sale.is_sound(row) && row[sale.product].as_deref() == Some(product));
        let prices = beside.iter().chain(usual.iter().cycle());
        for (row, price) in sound.zip(prices) {
            sale.set_price(row, *price, 0);
        }
    }
}

/// Exact copies of a good row, of an unreadable one, of one without an id, of one without a product and of one with a price too high; an id
/// with a copy and two conflicts, and one with another date; two rows of one id that differ only in which of two cells is empty.
fn repeat(sale: &Sale, rows: &mut Vec<Cells>) {
    let has_no_good_id = |row: &&Cells| row[sale.id].as_deref().is_none_or(|id| !id.starts_with("TXN_"));
    let is_unreadable = |row: &&Cells| row[sale.quantity].as_deref().is_some_and(|text| text.parse::<i64>().is_err());
    let is_too_dear = |row: &&Cells| sale.cents_of_price(row) > 150_000;
    let mut more: Vec<Cells> = rows.iter().filter(has_no_good_id).take(3).cloned().collect();
    more.extend(rows.iter().find(is_unreadable).cloned());
    more.extend(rows.iter().find(is_too_dear).cloned());
    more.extend(rows.iter().find(|row| row[sale.product].is_none()).cloned());
    if let Some(good) = rows.iter().find(|row| sale.is_sound(row)) {
        let of_customer = |customer: &str| {
            let mut other = good.clone();
            other[sale.customer] = Some(customer.to_owned());
            other
        };
        more.extend([good.clone(), of_customer("CUST_000002"), of_customer("CUST_000003")]);
    }
    if let Some(mut redated) = rows.iter().filter(|row| sale.is_sound(row)).nth(1).cloned() {
        redated[sale.date] = Some("2023-06-15".to_owned());
        more.push(redated);
    }
    if let Some(sound) = rows.iter().filter(|row| sale.is_sound(row)).nth(2).cloned() {
        more.extend(apart_in_what_is_missing(sale, sound));
    }
    rows.append(&mut more);
}

/// Two rows of a new id, with the same word in one of two neighbouring cells; the other one is empty.
fn apart_in_what_is_missing(sale: &Sale, mut left: Cells) -> [Cells; 2] {
    left[sale.id] = Some("TXN_999999998".to_owned());
    let mut right = left.clone();
    let next = sale.region + 1;
    (left[sale.region], left[next]) = (Some("East".to_owned()), None);
    (right[sale.region], right[next]) = (None, Some("East".to_owned()));
    [left, right]
}

impl Sale {
    /// Whether its total is right and its date ordinary.
    fn is_sound(&self, row: &Cells) -> bool {
        let total = row[self.total].as_deref().and_then(cents);
        let quantity = row[self.quantity].as_deref().and_then(|text| text.parse::<i64>().ok());
        let product = quantity.zip(row[self.price].as_deref().and_then(cents)).map(|(count, price)| count * price);
        total.is_some() && total == product && row[self.date].as_deref().is_some_and(|date| date.starts_with("202"))
    }

    fn cents_of_price(&self, row: &Cells) -> i64 {
        row[self.price].as_deref().and_then(cents).unwrap_or_default()
    }

    /// Another price, and a total that is `off` by so many cents.
    fn set_price(&self, row: &mut Cells, price: i64, off: i64) {
        let quantity = row[self.quantity].as_deref().and_then(|text| text.parse::<i64>().ok()).unwrap_or(1);
        let written = |cents: i64| Some(format!("{}.{:02}", cents / 100, cents % 100));
        row[self.price] = written(price);
        row[self.total] = written(quantity * price + off);
    }
}

fn cents(text: &str) -> Option<i64> {
    text.replace('.', "").parse().ok().filter(|_| text.len() > 3 && text.as_bytes()[text.len() - 3] == b'.')
}

/// Dates that begin or end otherwise than the others, have another sign between, or a month 00 or 13; July 2023 has every segment, and in
/// August forty-eight in a thousand lack it.
fn odd_dates(source: &mut Source) {
    const ODD: [&str; 10] = [
        "2023/05/17",
        "2023.05.17",
        "2023-13-05",
        "2023-00-05",
        "2023-05-7",
        "2024-06-155",
        "2024-06-15 10:00",
        " 2024-06-15",
        "12024-06-15",
        "2024-06",
    ];
    let (Some(date), Some(segment)) = (source.place("transaction_date"), source.place("customer_segment")) else {
        return;
    };
    let in_month = |row: &Cells, month: &str| row[date].as_deref().is_some_and(|date| date.starts_with(month));
    for row in source.rows.iter_mut().filter(|row| in_month(row, "2023-07")) {
        row[segment].get_or_insert_with(|| "SMB".to_owned());
    }
    let august: Vec<usize> = (0..source.rows.len()).filter(|at| in_month(&source.rows[*at], "2023-08")).collect();
    for (seen, at) in august.iter().enumerate() {
        source.rows[*at][segment] = (seen >= august.len() * 48 / 1000).then(|| "SMB".to_owned());
    }
    let sound = source.rows.iter_mut().filter(|row| in_month(row, "2023-1"));
    for (row, text) in sound.zip(ODD) {
        row[date] = Some(text.to_owned());
    }
}

/// March 2023 has every segment, April lacks one in twenty.
fn five_points(sale: &Sale, rows: &mut [Cells]) {
    let in_month = |row: &Cells, month: &str| row[sale.date].as_deref().is_some_and(|date| date.starts_with(month));
    for row in rows.iter_mut().filter(|row| in_month(row, "2023-03") || in_month(row, "2023-04")) {
        row[sale.segment].get_or_insert_with(|| "SMB".to_owned());
    }
    let april: Vec<usize> = (0..rows.len()).filter(|at| in_month(&rows[*at], "2023-04")).collect();
    let kept = april.len() / 20 * 20;
    for at in &april[kept..] {
        rows[*at][sale.date] = Some("2023-05-15".to_owned());
    }
    for at in &april[..kept / 20] {
        rows[*at][sale.segment] = None;
    }
}

/// A person whose id somebody else has as well, one who differs from a copy only in what tidying takes away, one with another address, three
/// without a department, and ages below zero and of zero, which are numbers.
fn people_borders(source: &mut Source) {
    let place = |column| source.place(column).unwrap_or_default();
    let (id, name, age, department) = (place("id"), place("name"), place("age"), place("department"));
    let Some(first) = source.rows.iter().find(|row| row[department].is_some()).cloned() else { return };
    let like_first = |column: usize, text: Option<&str>| {
        let mut person = first.clone();
        person[column] = text.map(str::to_owned);
        person
    };
    let loud = first[department].as_ref().map(|text| format!("  {}", text.to_uppercase()));
    let mut more = vec![
        like_first(name, Some("Somebody Else")),
        like_first(department, loud.as_deref()),
        like_first(place("email"), Some("another.address@example.net")),
    ];
    for (number, text) in [("90001", "33"), ("90002", "n/a"), ("90003", "-1")] {
        let mut stranger = like_first(department, None);
        (stranger[id], stranger[age]) = (Some(number.to_owned()), Some(text.to_owned()));
        more.push(stranger);
    }
    for (person, text) in [("Not Yet Born", "-3"), ("Just Born", "0")] {
        let mut young = like_first(age, Some(text));
        young[name] = Some(person.to_owned());
        more.push(young);
    }
    source.rows.append(&mut more);
}

/// Six titles that are watched equally long in each region; windows of exactly 20 events and of exactly 30 percent; events that arrive two
/// minutes late to the millisecond.
fn event_borders(source: &mut Source) {
    const TIED: [&str; 6] = ["31", "7", "22", "12", "38", "17"];
    const NODE: &str = "edge-ap-4";
    let place = |column| source.place(column).unwrap_or_default();
    let (region, title, kind, watched) = (place("region"), place("title_id"), place("event_type"), place("watch_ms"));
    let (time, arrival, node) = (place("event_time"), place("arrival_time"), place("edge_node"));
    let waited = place("buffer_ms");
    let mut first_seen = std::collections::BTreeSet::new();
    for row in source.rows.iter_mut().filter(|row| row[kind].as_deref() == Some("stop")) {
        if row[title].as_deref().is_some_and(|title| TIED.contains(&title)) {
            let is_first = first_seen.insert((row[region].clone(), row[title].clone()));
            // 1500.0 minutes, one title a little more before rounding.
            let all = if row[title].as_deref() == Some("38") { "90001200" } else { "90000000" };
            row[watched] = Some(if is_first { all } else { "0" }.to_owned());
            // Who watched may have waited as well; that is no watched time.
            row[waited] = Some("7000".to_owned());
        }
    }
    // Window, events in it, and how many of them are no `stop` but a `buffer`.
    let windows = [("03:10", 20, 8), ("03:20", 19, 19), ("03:30", 30, 9), ("03:40", 40, 11)];
    let mut plays = source.rows.iter_mut().filter(|row| row[kind].as_deref() == Some("play"));
    for (minute, events, buffering) in windows {
        for at in 0..events {
            let Some(row) = plays.next() else { return };
            row[time] = Some(format!("2024-11-01 {minute}:00.{at:03}"));
            row[arrival] = Some(format!("2024-11-01 {minute}:01.000"));
            row[node] = Some(NODE.to_owned());
            if at < buffering {
                row[kind] = Some("buffer".to_owned());
                // A player that went on at once has buffered too.
                row[waited] = Some(if at == 0 { "0" } else { "1500" }.to_owned());
            }
        }
    }
    for millis in ["000", "001", "000"] {
        let Some(row) = plays.next() else { return };
        row[time] = Some("2024-11-01 04:10:00.000".to_owned());
        row[arrival] = Some(format!("2024-11-01 04:12:00.{millis}"));
    }
}
