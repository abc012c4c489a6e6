//! `batchlab concepts`.

use crate::cli::{classroom, launch, output};
use crate::common::Result;
use crate::workshop::concept::{self, Map, ROLES, Role, Row};
use serde_json::json;

/// Print the map of what is taught: each concept with the places that teach it, show it and check it
///
/// The map is made from the content's own tags. What has no place yet says so.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only the sections or concepts that contain this text
    text: Vec<String>,
    /// Only concepts that lack a place
    #[arg(long)]
    open: bool,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn try_run(args: &Args) -> Result<()> {
    let map = concept::map(&classroom::content())?;
    let wanted = args.text.join(" ").to_lowercase();
    let gaps = map.gaps();
    let open = |row: &Row| {
        let number = row.concept.number;
        gaps.taught.contains(&number) || gaps.shown.contains(&number) || gaps.checked.contains(&number)
    };
    let shown = |section: &str, row: &Row| {
        (!args.open || open(row))
            && (section.to_lowercase().contains(&wanted) || row.concept.text.to_lowercase().contains(&wanted))
    };
    if args.json {
        output::out(&json_of(&map, &shown));
        return Ok(());
    }
    let mut text = String::new();
    for (id, title, rows) in &map.sections {
        let rows: Vec<&Row> = rows.iter().filter(|row| shown(title, row)).collect();
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{id}  {title}\n"));
        for row in rows {
            text.push_str(&format!("{:>4}  {}\n", row.concept.number, row.concept.text));
            for role in ROLES {
                text.push_str(&format!("        {:<8} {}\n", word(role), places(row, role)));
            }
        }
    }
    if text.is_empty() && !wanted.is_empty() {
        text.push_str(&format!("\nNo section and no concept contains `{wanted}`.\n"));
    }
    let total = map.rows().count();
    text.push_str(&format!(
        "\n{total} concepts: {} taught, {} shown in a run, {} checked; {} are explained only, because nothing of them can honestly run here.\n",
        total - gaps.taught.len(),
        with(&map, Role::Shows),
        with(&map, Role::Checks),
        map.rows().filter(|row| row.concept.told).count()
    ));
    output::out(&text);
    Ok(())
}

fn with(map: &Map, role: Role) -> usize {
    map.rows().filter(|row| !row.places[&role].is_empty()).count()
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Teaches => "taught",
        Role::Shows => "shown",
        Role::Checks => "checked",
    }
}

fn places(row: &Row, role: Role) -> String {
    let places = &row.places[&role];
    if !places.is_empty() {
        places.join(", ")
    } else if row.concept.told && role != Role::Teaches {
        "(explained only)".to_owned()
    } else {
        "no place yet".to_owned()
    }
}

fn json_of(map: &Map, shown: &dyn Fn(&str, &Row) -> bool) -> String {
    let rows: Vec<serde_json::Value> = map
        .sections
        .iter()
        .flat_map(|(id, title, rows)| rows.iter().filter(|row| shown(title, row)).map(move |row| (id, row)))
        .map(|(id, row)| {
            json!({
                "concept": row.concept.number,
                "section": id,
                "text": row.concept.text,
                "explained_only": row.concept.told,
                "taught": row.places[&Role::Teaches],
                "shown": row.places[&Role::Shows],
                "checked": row.places[&Role::Checks],
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(rows))
}
