//! `batchlab.toml` of the working folder: what a person wants wherever the command line says nothing else.
//!
//! ```toml
//! cluster = "mine"                 # as --cluster takes it, or a name from below
//!
//! [screen]
//! theme = "light"                  # and glyphs, color, motion, no_mouse: as the options of these names
//!
//! [clusters.mine]                  # as in a cluster file
//! nodes = 8
//! cores = 4
//!
//! [keys]                           # what is pressed, and the key of the tables (`?`) that it stands for
//! h = "Left"
//! ```

use super::stage::ScreenArgs;
use crate::cluster::ClusterConfig;
use crate::common::{ErrorClass, Result, SparkError};
use crate::tui::keys;
use crossterm::event::KeyCode;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

/// The file, below the working folder.
const FILE: &str = "batchlab.toml";
/// Nobody writes more settings than this.
const BYTES_MAX: u64 = 1 << 20;

static CONFIG: OnceLock<Config> = OnceLock::new();

/// What the file says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    cluster: Option<String>,
    pub screen: ScreenArgs,
    clusters: BTreeMap<String, toml::Table>,
    keys: BTreeMap<String, String>,
}

/// The file's settings; none before [`load`].
pub(crate) fn get() -> &'static Config {
    CONFIG.get_or_init(Config::default)
}

/// Reads the file of the working folder, if there is one, for the whole program.
pub(crate) fn load() -> Result<()> {
    let path = Path::new(FILE);
    let Some(meta) = path.metadata().ok().filter(std::fs::Metadata::is_file) else { return Ok(()) };
    if meta.len() > BYTES_MAX {
        let size = crate::common::text::bytes(meta.len());
        return Err(refused(format!(
            "it has {size}; settings are a few lines, at most {}",
            crate::common::text::bytes(BYTES_MAX)
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let config = Config::parse(&text)?;
    keys::set(config.moved_keys()?);
    // A second time there is none.
    let _ = CONFIG.set(config);
    Ok(())
}

fn refused(why: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{FILE} of this folder cannot be used: {why}"))
        .with_help("it may hold cluster, [screen], [clusters.NAME] and [keys]; without it everything has its default")
}

impl Config {
    fn parse(text: &str) -> Result<Config> {
        let config: Config = toml::from_str(text).map_err(|error| refused(error.to_string().trim_end().to_owned()))?;
        for name in config.clusters.keys() {
            config.own_cluster(name).transpose()?;
        }
        Ok(config)
    }

    fn moved_keys(&self) -> Result<Vec<(KeyCode, KeyCode)>> {
        let pair = |(pressed, stands_for): (&String, &String)| {
            Ok((keys::parse(pressed).map_err(refused)?, keys::parse(stands_for).map_err(refused)?))
        };
        self.keys.iter().map(pair).collect()
    }

    /// A cluster that has a name here.
    fn own_cluster(&self, name: &str) -> Option<Result<ClusterConfig>> {
        let table = self.clusters.get(name)?;
        let config = toml::to_string(table).map_err(|error| refused(error.to_string()));
        let config = config.and_then(|text| ClusterConfig::from_toml(&text));
        Some(config.map(|config| ClusterConfig { name: name.to_owned(), ..config }))
    }

    /// The cluster that a word means: a name of the file, a ready shape, or the path of a cluster file.
    pub(crate) fn cluster_named(&self, word: &str) -> Result<ClusterConfig> {
        if let Some(own) = self.own_cluster(word) {
            return own;
        }
        if Path::new(word).extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(word).map_err(|error| {
                let message = format!("the cluster file {word} cannot be read: {error}");
                SparkError::new(ErrorClass::IllegalArgumentException, message)
            })?;
            return ClusterConfig::from_toml(&text);
        }
        ClusterConfig::parse(word)
    }

    /// What scripts run on where nobody says anything else.
    pub(crate) fn default_cluster(&self) -> Result<ClusterConfig> {
        self.cluster.as_deref().map_or_else(ClusterConfig::w4, |word| self.cluster_named(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_a_name_and_keys_move() {
        let text = "cluster = \"mine\"\n[clusters.mine]\nnodes = 3\ncores = 2\n[keys]\nh = \"Left\"\n";
        let config = Config::parse(text).expect("it is well-formed");
        let cluster = config.default_cluster().expect("it is described");
        assert_eq!((cluster.nodes(), cluster.slots(), cluster.name.as_str()), (3, 6, "mine"));
        assert_eq!(config.cluster_named("6x2").expect("a shape").nodes(), 6);
        assert_eq!(config.moved_keys().expect("keys"), [(KeyCode::Char('h'), KeyCode::Left)]);
        assert_eq!(Config::default().default_cluster().expect("W4").name, "W4");
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        for text in ["clutser = 1", "[screen]\ntheme = \"pink\"", "[clusters.a]\nnodes = 1", "x"] {
            assert!(Config::parse(text).is_err(), "{text}");
        }
        assert!(Config::parse("[keys]\nHyper = \"q\"").expect("it parses").moved_keys().is_err());
    }
}
