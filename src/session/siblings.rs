//! `spark.newSession()`: sessions side by side, each with settings, temporary views and functions of its own. Tables, caches and the
//! cluster are shared.

use super::Session;
use super::catalog::Own;
use crate::common::Conf;
use std::collections::BTreeMap;

/// The sessions of a script; one of them is in place, the others wait.
#[derive(Debug, Default)]
pub(super) struct Siblings {
    current: u32,
    /// The settings that a new session begins with: those of the builder.
    first: Conf,
    waiting: BTreeMap<u32, (Conf, Own)>,
}

impl Session {
    /// The settings as they are now are those that new sessions begin with.
    pub(super) fn keep_first_settings(&mut self) {
        if self.siblings.first == Conf::default() {
            self.siblings.first = self.conf.clone();
        }
    }

    pub(super) fn current_sibling(&self) -> u32 {
        self.siblings.current
    }

    pub(super) fn add_sibling(&mut self) -> u32 {
        let known = self.siblings.waiting.last_key_value().map_or(0, |(number, _)| *number);
        let number = known.max(self.siblings.current) + 1;
        self.siblings.waiting.insert(number, (self.siblings.first.clone(), Own::default()));
        number
    }

    pub(super) fn enter_sibling(&mut self, number: u32) {
        let Some((mut conf, mut own)) = self.siblings.waiting.remove(&number) else { return };
        std::mem::swap(&mut conf, &mut self.conf);
        self.catalog.exchange(&mut own);
        self.siblings.waiting.insert(self.siblings.current, (conf, own));
        self.siblings.current = number;
    }
}
