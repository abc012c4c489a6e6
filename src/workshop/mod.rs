//! Floor 6, the classroom: the exercises and their order; lessons, cards, quiz, demos and the advisor, all of them data.
//!
//! [`content`] finds files (a workshop folder's own win over the binary's); [`scene`] really runs what a text speaks about;
//! [`lesson`], [`card`], [`quiz`], [`demo`] and [`advise`] know the shape of their files; [`concept`] joins their tags to the map. [`progress`] is what
//! one learner did, [`cohort`] what a class did, [`handed_in`] what its members give away.
//!
//! [`step`] reads the exercises' steps; [`check`] runs a learner's script; [`judge`] compares answers with an [`oracle`] and what the cluster did
//! ([`facts`]) with the step's [`rule`]s; [`deciding`] finds the moment that decided a failure;
//! [`stretch`] takes a stretch goal's lines out of a script, so that the step is judged without them; [`dev`] proves that a step holds, [`author`] gives files to begin with.

pub mod advise;
pub mod author;
pub mod card;
pub mod check;
pub mod cohort;
pub mod compare;
pub mod concept;
pub mod content;
pub mod dataset;
pub mod deciding;
pub mod demo;
pub mod dev;
pub mod edit;
pub mod exercises;
pub mod facts;
pub mod handed_in;
pub mod judge;
pub mod lesson;
pub mod markdown;
pub mod metrics;
pub mod oracle;
pub mod plan_text;
pub mod predict;
pub mod progress;
pub mod quiz;
pub mod rows;
pub mod rule;
pub mod scene;
pub mod scratch;
pub mod source_text;
pub mod step;
pub mod stretch;
pub mod track;
pub mod verdict;
