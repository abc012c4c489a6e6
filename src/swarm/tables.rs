//! Two small tables with holes in them, in several files each, as CSV and as Parquet.

use super::dice::Dice;
use std::fmt::Write;
use std::io;
use std::path::Path;

/// Columns of the first table.
pub const A: &str = "id int, k int, s string, x double, d date";
/// Columns of the second table.
pub const B: &str = "k int, name string, y int";

/// Writes the tables as CSV; [`as_parquet`] is the script that writes them as Parquet.
///
/// # Errors
/// When the folder cannot be written.
pub fn make_tables(folder: &Path, seed: u64) -> io::Result<()> {
    let mut dice = Dice(seed);
    write(
        folder,
        "a.csv",
        "id,k,s,x,d",
        &[rows_of_a(&mut dice, 0, 70), rows_of_a(&mut dice, 70, 75), rows_of_a(&mut dice, 75, 160)],
    )?;
    write(folder, "b.csv", "k,name,y", &[rows_of_b(&mut dice, 9), rows_of_b(&mut dice, 6)])
}

/// The script that makes Parquet tables of the CSV ones.
#[must_use]
pub fn as_parquet() -> String {
    format!(
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n\
         spark.read.csv('a.csv', header=True, schema='{A}').repartition(3).write.parquet('a.parquet')\n\
         spark.read.csv('b.csv', header=True, schema='{B}').write.parquet('b.parquet')\n"
    )
}

fn write(folder: &Path, name: &str, header: &str, parts: &[String]) -> io::Result<()> {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder)?;
    for (i, part) in parts.iter().enumerate() {
        std::fs::write(folder.join(format!("part-{i}.csv")), format!("{header}\n{part}"))?;
    }
    Ok(())
}

fn rows_of_a(dice: &mut Dice, from: usize, to: usize) -> String {
    (from..to).fold(String::new(), |mut text, id| {
        let maybe = |empty: bool, value: String| if empty { String::new() } else { value };
        let key = maybe(dice.roll(9) == 0, dice.roll(12).to_string());
        let word = maybe(dice.roll(9) == 0, ["a", "ab", "bc", "\"c, d\"", "cab"][dice.roll(5)].to_owned());
        let quarters = maybe(dice.roll(9) == 0, format!("{}.{}", dice.roll(20), ["0", "25", "5", "75"][dice.roll(4)]));
        let day = maybe(dice.roll(9) == 0, format!("2024-{:02}-{:02}", 1 + dice.roll(12), 1 + dice.roll(28)));
        let _ = writeln!(text, "{id},{key},{word},{quarters},{day}");
        text
    })
}

fn rows_of_b(dice: &mut Dice, rows: usize) -> String {
    (0..rows).fold(String::new(), |mut text, _| {
        let _ = writeln!(text, "{},n{},{}", dice.roll(14), dice.roll(6), dice.roll(9));
        text
    })
}
