//! Scenarios: faults that belong together. A few come with the program; a folder's own are its `*.faults` files.

use crate::tui::theatre::Scenario;
use std::path::Path;

/// The ending of a scenario's file.
const ENDING: &str = "faults";

/// What comes with the program: a name and its text.
const READY: [(&str, &str); 4] = [
    ("one-dead", "# a machine dies as the first stage writes, and comes back empty\nkill:2@S0\nrestart:2@9\n"),
    (
        "flaky-network",
        "# two machines lose every fifth packet, one is cut off for a while\ndrop:1x20%@0\ndrop:3x20%@0\ncut:2@S1\nmend:2@12\n",
    ),
    (
        "spot-market",
        "# machines are taken away one after the other, each told two seconds before\npreempt:2+2s@S0\npreempt:3+2s@S2\n",
    ),
    ("slow-disk", "# one machine reads and writes a fourth as fast from the start\nslow-disk:2x4@0\n"),
];

/// The text of a scenario that comes with the program.
pub(crate) fn ready(name: &str) -> Option<&'static str> {
    READY.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of those.
pub(crate) fn names() -> String {
    READY.map(|(name, _)| name).join(", ")
}

/// Those that come with the program, then a folder's own in the order of their names.
pub(crate) fn known(root: &Path) -> Vec<Scenario> {
    let ready = READY.iter().map(|(name, text)| Scenario { name: (*name).to_owned(), text: (*text).to_owned() });
    let mut own: Vec<Scenario> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let is_scenario = entry.path().extension().is_some_and(|ending| ending == ENDING);
            let text = is_scenario.then(|| std::fs::read_to_string(entry.path()).ok())??;
            Some(Scenario { name: entry.file_name().into_string().ok()?, text })
        })
        .collect();
    own.sort_by(|a, b| a.name.cmp(&b.name));
    ready.chain(own).collect()
}

/// Keeps a scenario in a folder, under a name that is free.
pub(crate) fn keep(root: &Path, text: &str) -> Result<Scenario, String> {
    let name = (1..1000).map(|number| format!("scenario-{number}.{ENDING}")).find(|name| !root.join(name).exists());
    let name = name.ok_or_else(|| "there are too many of them".to_owned())?;
    std::fs::write(root.join(&name), text).map_err(|error| error.to_string())?;
    Ok(Scenario { name, text: text.to_owned() })
}
