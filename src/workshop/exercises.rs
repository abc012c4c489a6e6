//! The four exercises. The binary carries their pipelines, so that it is a workshop on its own.

use include_dir::{Dir, include_dir};

static SOLUTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/solutions");

/// One of the workshop's four exercises.
#[derive(Debug, Clone, Copy)]
pub struct Exercise {
    pub folder: &'static str,
    pub title: &'static str,
    /// What a learner sees there, in one sentence.
    pub about: &'static str,
}

/// The exercises in order.
pub const EXERCISES: [Exercise; 4] = [
    Exercise {
        folder: "01_basics",
        title: "Basic operations",
        about: "rows and files, filters, derived columns, and the moment at which work starts",
    },
    Exercise {
        folder: "02_joins",
        title: "Joins and aggregations",
        about: "two tables meet: broadcast or shuffle, totals per group, ranks inside a group",
    },
    Exercise {
        folder: "03_files",
        title: "File operations and partitioning",
        about: "from sales to reports, a cache, and a lake whose folders answer questions",
    },
    Exercise {
        folder: "04_quality",
        title: "Data quality",
        about: "a dirty delivery measured: what is missing, wrong, doubled or too good to be true",
    },
];

/// The text of an exercise's whole pipeline.
pub fn pipeline(exercise: &Exercise) -> Option<&'static str> {
    SOLUTIONS.get_file(format!("{}/pipeline.py", exercise.folder))?.contents_utf8()
}
