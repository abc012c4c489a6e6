//! `batchlab api [NAME]`.

use crate::cli::output;
use crate::common::text;
use crate::pyspark;

/// List what of PySpark is supported, made from the code itself
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A name to look for, such as groupBy or regexp
    name: Option<String>,
}

pub(crate) fn run(args: &Args) -> u8 {
    let surface = pyspark::surface();
    let wanted = args.name.as_deref().unwrap_or_default().to_lowercase();
    let mut found = 0;
    for (class, names) in &surface {
        let names: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| name.to_lowercase().contains(&wanted)).collect();
        if !names.is_empty() {
            found += names.len();
            output::out(&format!("{class} ({})\n  {}\n", names.len(), names.join(" ")));
        }
    }
    if found > 0 {
        return 0;
    }
    let near =
        text::nearest(&wanted, surface.iter().flat_map(|(_, names)| names.iter().map(String::as_str)), 3).join(", ");
    output::err(&format!(
        "batchlab: nothing of the name {wanted} is supported\n  Help: the nearest names are {near}\n"
    ));
    1
}
