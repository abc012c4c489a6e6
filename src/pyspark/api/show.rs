//! The table that `show()` prints, in Spark's exact layout.
//!
//! Cells arrive as text already; here they are escaped, cut and padded.

use std::fmt::Write as _;

/// How a table is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Longest cell in UTF-16 units; 0 prints all.
    pub truncate: usize,
    /// One line per cell instead of one per row.
    pub vertical: bool,
    /// How many rows were asked for.
    pub rows: usize,
}

/// The text of a table of at most `layout.rows` rows; one more row in `cells` says that there are more.
#[must_use]
pub fn table(names: &[String], mut cells: Vec<Vec<String>>, layout: Layout) -> String {
    let more = cells.len() > layout.rows;
    cells.truncate(layout.rows);
    let names: Vec<String> = names.iter().map(|name| escape(name)).collect();
    for row in &mut cells {
        for cell in row {
            *cell = cut(&escape(cell), layout.truncate);
        }
    }
    let empty = cells.is_empty();
    let mut text = if layout.vertical { vertical(&names, &cells) } else { horizontal(&names, &cells, layout.truncate) };
    if layout.vertical && empty {
        text.push_str("(0 rows)");
    } else if more {
        let plural = if layout.rows == 1 { "row" } else { "rows" };
        let _ = write!(text, "only showing top {} {plural}", layout.rows);
    }
    text
}

fn horizontal(names: &[String], cells: &[Vec<String>], truncate: usize) -> String {
    let mut widths: Vec<usize> = names.iter().map(|name| width(name).max(3)).collect();
    for row in cells {
        for (slot, cell) in widths.iter_mut().zip(row) {
            *slot = (*slot).max(width(cell));
        }
    }
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let rule = format!("+{}+\n", dashes.join("+"));
    let mut text = rule.clone();
    let line = |text: &mut String, row: &[String]| {
        let padded = row.iter().zip(&widths).map(|(cell, slot)| {
            let gap = " ".repeat(slot.saturating_sub(width(cell)));
            if truncate > 0 { gap + cell } else { format!("{cell}{gap}") }
        });
        let _ = writeln!(text, "|{}|", padded.collect::<Vec<_>>().join("|"));
    };
    line(&mut text, names);
    text.push_str(&rule);
    for row in cells {
        line(&mut text, row);
    }
    text.push_str(&rule);
    text
}

fn vertical(names: &[String], cells: &[Vec<String>]) -> String {
    let name_width = names.iter().map(|name| width(name)).max().unwrap_or(0).max(3);
    let cell_width = cells.iter().flatten().map(|cell| width(cell)).max().unwrap_or(0).max(3);
    let mut text = String::new();
    for (i, row) in cells.iter().enumerate() {
        let head = format!("-RECORD {i}");
        let dashes = (name_width + cell_width + 5).saturating_sub(head.len());
        let _ = writeln!(text, "{head}{}", "-".repeat(dashes));
        for (name, cell) in names.iter().zip(row) {
            let name_gap = " ".repeat(name_width.saturating_sub(width(name)));
            let cell_gap = " ".repeat(cell_width.saturating_sub(width(cell)));
            let _ = writeln!(text, " {name}{name_gap} | {cell}{cell_gap} ");
        }
    }
    text
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\u{c}' => escaped.push_str("\\f"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{b}' => escaped.push_str("\\v"),
            '\u{7}' => escaped.push_str("\\a"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn cut(text: &str, truncate: usize) -> String {
    if truncate == 0 || utf16_len(text) <= truncate {
        return text.to_owned();
    }
    let keep = if truncate < 4 { truncate } else { truncate - 3 };
    let mut units = 0;
    let mut kept = String::new();
    for c in text.chars() {
        units += c.len_utf16();
        if units > keep {
            break;
        }
        kept.push(c);
    }
    if truncate >= 4 {
        kept.push_str("...");
    }
    kept
}

fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The columns a text takes: UTF-16 units, one more for each East Asian wide character.
fn width(text: &str) -> usize {
    utf16_len(text) + text.chars().filter(|c| is_wide(*c)).count()
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE10..=0xFE19
        | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["id".to_owned(), "name".to_owned()]
    }

    fn row(id: &str, name: &str) -> Vec<String> {
        vec![id.to_owned(), name.to_owned()]
    }

    #[test]
    fn a_truncated_table_pads_left_and_cuts_with_dots() {
        let layout = Layout { truncate: 8, vertical: false, rows: 20 };
        let text = table(&names(), vec![row("1", "short"), row("2", "rather long")], layout);
        assert_eq!(
            text,
            "+---+--------+\n| id|    name|\n+---+--------+\n|  1|   short|\n|  2|rathe...|\n+---+--------+\n"
        );
    }

    #[test]
    fn a_full_table_pads_right_and_more_rows_are_mentioned() {
        let layout = Layout { truncate: 0, vertical: false, rows: 1 };
        let text = table(&names(), vec![row("1", "日本"), row("2", "x")], layout);
        assert_eq!(text, "+---+----+\n|id |name|\n+---+----+\n|1  |日本|\n+---+----+\nonly showing top 1 row");
    }

    #[test]
    fn a_vertical_table_has_a_record_line_per_row() {
        let layout = Layout { truncate: 20, vertical: true, rows: 20 };
        assert_eq!(table(&names(), vec![row("0", "0")], layout), "-RECORD 0---\n id   | 0   \n name | 0   \n");
        assert_eq!(table(&names(), Vec::new(), layout), "(0 rows)");
    }
}
