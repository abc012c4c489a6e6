//! The first page of help: commands by who needs them, the seven of a learner first.

use crate::report::words::wrap;
use clap::{Command, CommandFactory};

/// Titles, and the commands below each in the order in which they are needed.
const GROUPS: [(&str, &[&str]); 5] = [
    ("To learn", &["init", "learn", "watch", "check", "hint", "list", "report"]),
    ("More for learners", &["quiz", "advise", "solution", "reset"]),
    (
        "With a script",
        &["run", "shell", "explain", "why", "compare", "replay", "logs", "metrics", "world", "data", "api"],
    ),
    ("For instructors", &["demo", "class", "concepts"]),
    ("Upkeep", &["simulate", "doctor", "dev", "completions", "help"]),
];

/// Columns of a title, of a command's name, and of a line.
const TITLE: usize = 2;
const NAME: usize = 13;
const WIDTH: usize = 79;

/// The command line with that page.
pub(crate) fn command() -> Command {
    let command = super::Cli::command();
    let page = groups(&command);
    let template = format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{page}{{all-args}}");
    // They stand in the groups.
    command.help_template(template).mut_subcommands(|command| command.hide(true))
}

fn groups(command: &Command) -> String {
    let mut page = String::new();
    for (title, names) in GROUPS {
        page.push_str(&format!("{title}:\n"));
        for name in names {
            let about = match command.find_subcommand(name).and_then(Command::get_about) {
                Some(about) => about.to_string(),
                None => "This page, or the help of a command".to_owned(),
            };
            page.push_str(&entry(name, &about));
        }
        page.push('\n');
    }
    page
}

/// A command's line; what it is about goes on below itself.
fn entry(name: &str, about: &str) -> String {
    let lines = wrap(about, WIDTH - TITLE - NAME, 0);
    format!("{:TITLE$}{name:<NAME$}{}\n", "", lines.join(&format!("\n{:1$}", "", TITLE + NAME)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_group() {
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = super::super::Cli::command();
        let mut all: Vec<&str> = command.get_subcommands().map(Command::get_name).chain(["help"]).collect();
        listed.sort_unstable();
        all.sort_unstable();
        assert_eq!(listed, all);
    }

    #[test]
    fn the_page_fits_a_terminal_and_begins_with_a_learners_commands() {
        let page = command().render_help().to_string();
        assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
        assert!(page.contains("--theme <THEME>") && page.contains("--version"), "{page}");
        assert!(page.contains("To learn:\n  init         Make a workshop folder"), "{page}");
    }
}
