//! The worlds by name, and their settings from TOML and `KEY=VALUE`.

use super::{WorldOutcome, edge, pages, pools, store, stream, styles};
use crate::common::text::nearest;
use crate::common::{ErrorClass, Result, SparkError, VirtualTime};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A world and its settings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum World {
    Stream(stream::StreamConfig),
    Store(store::StoreConfig),
    Edge(edge::EdgeConfig),
    Pools(pools::PoolsConfig),
    Styles(styles::StylesConfig),
    Pages(pages::PagesConfig),
}

impl World {
    /// Names of all worlds, with what they show.
    pub const ALL: [(&'static str, &'static str); 6] = [
        ("stream", "one log of events, read in batches, micro-batches or record by record"),
        ("store", "three to five replicas of a small store, and a cut network between them"),
        ("edge", "edge servers near their viewers, an origin behind them, and an evening with a rush"),
        ("pools", "a long and a short job on one cluster: first come first served, or fair pools"),
        ("styles", "one question, carried out eagerly, on the threads of one machine, or by a cluster"),
        ("pages", "a source that answers page by page, so many a second, and its readers"),
    ];

    /// Who is in the world of this name, what will come over them, and what to look for; empty for an unknown name.
    #[must_use]
    pub fn scene(name: &str) -> &'static str {
        match name {
            "stream" => {
                "Producers write a day of events into a log that keeps them, not always in order. A consumer reads it, applies a rule and \
                 counts by windows of event time. Look for how long an answer takes, what comes too late for its window, and what a \
                 crash makes happen twice or not at all."
            }
            "store" => {
                "Two clients, left and right, write to replicas A, B, C of one small store, each to the replica on its side. For a while the \
                 network between the sides is cut. With mode = cp a replica answers only with a majority behind it, with mode = ap it \
                 answers alone. Look for who is refused, who reads what is old, and whose write is gone."
            }
            "edge" => {
                "Viewers ask the edge server near them; a title that it does not have it fetches from the origin. The router sends a viewer \
                 elsewhere when a server is full or down. In the evening everybody watches. Look for who waits, who is turned away, and \
                 what the origin has to carry."
            }
            "pools" => {
                "A long job has the cores of a cluster when a short one comes. First come first served lets it wait for free cores; fair \
                 pools give it a share of those that become free. Look for when the short one ends, and what that costs the long one."
            }
            "styles" => {
                "One question, a sum by customer over all sales, in one of three ways: statement by statement in memory, lazily on the \
                 threads of one machine, or in tasks over a cluster. Look for how much memory it takes, what goes to disk, and what \
                 crosses the network."
            }
            "pages" => {
                "A source gives its rows page by page, and only so many pages a second; only the page before says where the next begins. \
                 Several readers have a slice each. Look for who is refused, when they come back, and what more readers are good for."
            }
            _ => "",
        }
    }

    /// The world of this name, with the settings of a TOML text and then `KEY=VALUE` pairs over its defaults.
    ///
    /// # Errors
    /// For an unknown world or setting, or a value that does not fit.
    pub fn configure(name: &str, toml_text: Option<&str>, sets: &[(String, String)]) -> Result<World> {
        let mut table: toml::Table = toml::from_str(toml_text.unwrap_or_default())
            .map_err(|error| refused(format!("the settings do not parse: {error}")))?;
        for (key, value) in sets {
            table.insert(key.clone(), parse_value(value));
        }
        let world = match name {
            "stream" => World::Stream(read::<stream::StreamConfig>(table)?),
            "store" => World::Store(read::<store::StoreConfig>(table)?),
            "edge" => World::Edge(read::<edge::EdgeConfig>(table)?),
            "pools" => World::Pools(read::<pools::PoolsConfig>(table)?),
            "styles" => World::Styles(read::<styles::StylesConfig>(table)?),
            "pages" => World::Pages(read::<pages::PagesConfig>(table)?),
            _ => return Err(unknown(name)),
        };
        world.check()?;
        Ok(world)
    }

    fn check(&self) -> Result<()> {
        match self {
            World::Stream(config) => config.check(),
            World::Store(config) => config.check(),
            World::Edge(config) => config.check(),
            World::Pools(config) => config.check(),
            World::Styles(config) => config.check(),
            World::Pages(config) => config.check(),
        }
    }

    /// The same world with one more clock that goes wrong at a moment: that of the first producer whose clock is right all the time. None
    /// where no clock matters, or none is left.
    #[must_use]
    pub fn with_wrong_clock(&self, at: VirtualTime) -> Option<World> {
        const AHEAD_S: i64 = 900;
        let World::Stream(config) = self else { return None };
        let is_right =
            |node: &String| config.faults.iter().all(|fault| fault.node != *node) && config.skewed_node != *node;
        let node = stream::producers().into_iter().find(is_right)?;
        let mut config = config.clone();
        config.faults.push(stream::ClockFault { node, skew_s: AHEAD_S, at_s: at.as_secs_f64() as u64 });
        Some(World::Stream(config))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            World::Stream(_) => "stream",
            World::Store(_) => "store",
            World::Edge(_) => "edge",
            World::Pools(_) => "pools",
            World::Styles(_) => "styles",
            World::Pages(_) => "pages",
        }
    }

    /// Lets it happen.
    #[must_use]
    pub fn run(&self, seed: u64) -> WorldOutcome {
        match self {
            World::Stream(config) => stream::run(config, seed),
            World::Store(config) => store::run(config, seed),
            World::Edge(config) => edge::run(config, seed),
            World::Pools(config) => pools::run(config, seed),
            World::Styles(config) => styles::run(config, seed),
            World::Pages(config) => pages::run(config, seed),
        }
    }

    /// The settings as TOML, one a line.
    ///
    /// # Errors
    /// Never; settings are plain values.
    pub fn settings(&self) -> Result<String> {
        toml::to_string(self).map_err(|error| SparkError::internal(format!("settings cannot be written: {error}")))
    }
}

/// Numbers, `true`, lists and quoted text as in TOML; anything else is text.
fn parse_value(text: &str) -> toml::Value {
    toml::from_str::<toml::Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

fn read<T: DeserializeOwned>(table: toml::Table) -> Result<T> {
    table.try_into().map_err(|error: toml::de::Error| refused(error.message().to_owned()))
}

fn unknown(name: &str) -> SparkError {
    let names = || World::ALL.iter().map(|(name, _)| *name);
    let mut error = refused(format!("there is no world `{name}`"));
    if let Some(near) = nearest(name, names(), 1).first() {
        error = error.with_help(format!("did you mean `{near}`?"));
    }
    error.with_help(format!("the worlds are: {}", names().collect::<Vec<_>>().join(", ")))
}

/// A setting that makes no sense.
pub(super) fn refused(message: impl Into<String>) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
}

/// Refuses a number outside its range.
pub(super) fn within(name: &str, value: u64, least: u64, most: u64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(refused(format!("{name} = {value} is out of range")).with_help(format!("give {least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str, value: &str) -> Result<World> {
        World::configure("store", None, &[(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn settings_come_from_toml_and_pairs() {
        let World::Store(config) = set("mode", "ap").expect("a mode") else { panic!("another world") };
        assert_eq!(config.mode, store::Mode::Ap);
        assert!(World::configure("store", Some("replicas = 5\n"), &[]).is_ok());
    }

    #[test]
    fn every_world_says_what_to_look_for() {
        assert!(World::ALL.iter().all(|(name, _)| World::scene(name).contains("Look for")));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_next_step() {
        assert!(set("replicsa", "3").expect_err("a typo").message().contains("replicas"));
        assert!(set("replicas", "17").expect_err("too many").help()[0].contains("3 to 5"));
        assert!(World::configure("stroe", None, &[]).expect_err("a typo").help()[0].contains("store"));
    }
}
