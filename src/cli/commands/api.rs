//! `batchlab api [NAME]`, `batchlab api --missing SCRIPT`.

use crate::cli::launch;
use crate::cli::{EXIT_UNSUPPORTED, output};
use crate::common::{ErrorClass, Result, SparkError, text};
use crate::pyspark::{self, Missing};
use std::path::{Path, PathBuf};

/// The widest line.
const WIDTH: usize = 79;

/// List what of PySpark is supported, made from the code itself
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A name to look for, such as groupBy or regexp
    name: Option<String>,

    /// What this script needs that is not supported, with its line; nothing runs. Exit status 3 when there is something
    #[arg(long, value_name = "SCRIPT", conflicts_with = "name")]
    missing: Option<PathBuf>,

    /// As one JSON document: classes with their names, or what is missing
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    match &args.missing {
        Some(script) => launch::status(tell_missing(script, args.json)),
        None => search(args),
    }
}

fn tell_missing(path: &Path, is_json: bool) -> Result<u8> {
    let script = launch::read(path)?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let is_beside = |module: &str| {
        let first = folder.join(module.split('.').next().unwrap_or(module));
        first.with_extension("py").is_file() || first.is_dir()
    };
    let found = pyspark::missing(&script.source, &script.file, &is_beside).map_err(|error| {
        let message = format!("{} does not parse, line {}: {}", script.file, error.line, error.message);
        SparkError::new(ErrorClass::IllegalArgumentException, message)
            .with_help("`batchlab run` draws the place where it stops making sense")
    })?;
    if is_json {
        output::out(&format!("{:#}\n", found.iter().map(described).collect::<serde_json::Value>()));
    } else {
        for missing in &found {
            output::out(&format!("line {}: {}\n", missing.line, text::visible(&missing.message)));
            missing.help.iter().for_each(|help| output::out(&format!("  Help: {}\n", text::visible(help))));
        }
        if found.is_empty() {
            output::out(
                "Every name is supported. Arguments, options and SQL text are looked at when the script runs.\n",
            );
        }
    }
    Ok(if found.is_empty() { 0 } else { EXIT_UNSUPPORTED })
}

fn described(missing: &Missing) -> serde_json::Value {
    serde_json::json!({
        "line": missing.line, "name": missing.name, "message": missing.message, "help": missing.help,
    })
}

fn search(args: &Args) -> u8 {
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
    let calls = if wanted.is_empty() { Vec::new() } else { pyspark::calls_of(&wanted) };
    if !found.is_empty() && !calls.is_empty() {
        output::out(&format!("how it is called (`=…` may be left out)\n  {}\n", calls.join("\n  ")));
    }
    if !found.is_empty() {
        return 0;
    }
    let known = surface.iter().flat_map(|(_, names)| names.iter().map(String::as_str));
    let help = text::suggestion(&wanted, known, "`batchlab api` lists everything");
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
