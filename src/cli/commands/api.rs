//! `batchlab api [NAME]`.

use crate::cli::output;
use crate::common::text;
use crate::pyspark;

/// The widest line.
const WIDTH: usize = 79;

/// List what of PySpark is supported, made from the code itself
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A name to look for, such as groupBy or regexp
    name: Option<String>,

    /// Classes with their names, as one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    let surface = pyspark::surface();
    let wanted = args.name.as_deref().unwrap_or_default().to_lowercase();
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for (class, names) in &surface {
        let names: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| name.to_lowercase().contains(&wanted)).collect();
        if !names.is_empty() {
            found.push((class, names));
        }
    }
    if args.json {
        let classes: serde_json::Map<String, serde_json::Value> =
            found.iter().map(|(class, names)| ((*class).to_owned(), serde_json::json!(names))).collect();
        output::out(&format!("{:#}\n", serde_json::Value::Object(classes)));
        return u8::from(found.is_empty());
    }
    for (class, names) in &found {
        output::out(&format!("{class} ({})\n{}", names.len(), listed(names)));
    }
    if !found.is_empty() {
        return 0;
    }
    let near = text::nearest(&wanted, surface.iter().flat_map(|(_, names)| names.iter().map(String::as_str)), 3);
    let help = if near.is_empty() {
        "`batchlab api` lists everything".to_owned()
    } else {
        format!("the nearest names are {}", near.join(", "))
    };
    output::err(&format!("batchlab: nothing of the name {} is supported\n  Help: {help}\n", text::visible(&wanted)));
    1
}

/// Names in lines that fit any terminal.
fn listed(names: &[&str]) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for name in names {
        if width == 0 || width + 1 + name.len() > WIDTH {
            lines.push_str(if width == 0 { "  " } else { "\n  " });
            width = 2 + name.len();
        } else {
            lines.push(' ');
            width += 1 + name.len();
        }
        lines.push_str(name);
    }
    lines.push('\n');
    lines
}
