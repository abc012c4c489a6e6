//! Floor 6, the classroom: the exercises and their order; lessons, cards, quiz, demos and the advisor, all of them data.
//!
//! [`content`] finds files (a workshop folder's own win over the binary's); [`scene`] really runs what a text speaks about;
//! [`lesson`], [`card`], [`quiz`], [`demo`] and [`advise`] know the shape of their files; [`concept`] joins their tags to the map.

pub mod advise;
pub mod card;
pub mod concept;
pub mod content;
pub mod demo;
pub mod exercises;
pub mod lesson;
pub mod markdown;
pub mod predict;
pub mod quiz;
pub mod scene;
