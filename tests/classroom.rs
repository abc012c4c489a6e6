//! The content of the classroom: lessons, cards, quiz, demos, advice and the map of concepts, all of it really run.

use batchlab::common::text::count;
use batchlab::workshop::advise::{self, Answers};
use batchlab::workshop::concept::{self, Map};
use batchlab::workshop::content::Content;
use batchlab::workshop::lesson::Lesson;
use batchlab::workshop::scene::Studio;
use batchlab::workshop::{author, card, demo, lesson, quiz};
use std::sync::OnceLock;

/// The project's own files; that the binary carries the same is a test of its own.
fn content() -> Content {
    Content::of(env!("CARGO_MANIFEST_DIR").into())
}

/// One studio for all tests: a scene that two of them speak about is run once.
fn studio() -> &'static Studio {
    static STUDIO: OnceLock<Studio> = OnceLock::new();
    STUDIO.get_or_init(|| Studio::new(content(), 2, std::sync::Arc::default()))
}

/// Everything that the content says.
fn all_texts() -> Vec<(String, String)> {
    let content = content();
    let folders = [("lessons", ".md"), ("lessons/cards", ".md"), ("quiz", ".toml"), ("demos", ".toml")];
    let mut paths: Vec<String> = folders.iter().flat_map(|(folder, ending)| content.list(folder, ending)).collect();
    paths.push("lessons/advise.toml".to_owned());
    paths.dedup();
    paths.into_iter().map(|path| (path.clone(), content.text(&path).expect("a listed file").into_owned())).collect()
}

#[test]
fn every_lesson_comes_out_of_its_runs() {
    let studio = studio();
    let lessons = lesson::lessons(&content()).expect("lessons");
    assert_eq!(
        lessons.iter().map(|lesson: &Lesson| lesson.head.id.as_str()).collect::<Vec<_>>(),
        ["L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9"]
    );
    for lesson in &lessons {
        let problems = author::lesson_problems(lesson, studio).unwrap_or_else(|error| panic!("{}", error.message()));
        assert!(problems.is_empty(), "{}: {}", lesson.head.id, problems.join("; "));
    }
}

#[test]
fn every_card_comes_out_of_its_runs() {
    let studio = studio();
    let lessons = lesson::lessons(&content()).expect("lessons");
    let cards = card::cards(&content()).expect("cards");
    let mut seen = std::collections::BTreeSet::new();
    for card in &cards {
        let played = card.play(studio).unwrap_or_else(|error| panic!("{}", error.message()));
        let length = author::words(&played);
        assert!((12..=170).contains(&length), "the card {} has {length} words", card.head.word);
        assert!(lessons.iter().any(|lesson| lesson.head.id == card.head.lesson), "{}", card.head.word);
        for word in std::iter::once(&card.head.word).chain(&card.head.also) {
            assert!(seen.insert(word.to_lowercase()), "{word} has two cards");
        }
    }
}

#[test]
fn every_question_is_answered_by_its_run() {
    let studio = studio();
    let chapters = quiz::chapters(&content()).expect("chapters");
    let mut ids = std::collections::BTreeSet::new();
    for question in chapters.iter().flat_map(|chapter| &chapter.question) {
        let answered = question.answer(studio, None).unwrap_or_else(|error| panic!("{}", error.message()));
        assert!(answered.asked.options.len() >= 2, "{}", question.id);
        let distinct: std::collections::BTreeSet<_> = answered.asked.options.iter().collect();
        assert_eq!(distinct.len(), answered.asked.options.len(), "{}: two options are the same", question.id);
        assert!(ids.insert(question.id.clone()), "{} stands twice", question.id);
    }
}

#[test]
fn every_figure_of_every_demo_comes_out() {
    let studio = studio();
    for demo in demo::demos(&content()).expect("demos") {
        let problems = author::demo_problems(&demo, studio).unwrap_or_else(|error| panic!("{}", error.message()));
        assert!(problems.is_empty(), "{}: {}", demo.id, problems.join("; "));
    }
}

#[test]
fn another_seed_gives_other_numbers_and_still_an_answer() {
    let studio = studio();
    let chapters = quiz::chapters(&content()).expect("chapters");
    for question in chapters.iter().flat_map(|chapter| &chapter.question).filter(|question| !question.scene.is_empty())
    {
        question.answer(studio, Some(7)).unwrap_or_else(|error| panic!("{}", error.message()));
    }
}

#[test]
fn the_map_is_whole_and_its_gaps_are_the_known_ones() {
    let content = content();
    let map: Map = concept::map(&content).expect("a map");
    let numbers: Vec<u32> = map.rows().map(|row| row.concept.number).collect();
    assert_eq!(numbers, (1..=311).collect::<Vec<u32>>());
    let (found, known) = (map.gaps(), concept::known_gaps(&content).expect("gaps"));
    assert_eq!(found, known, "lessons/gaps.toml lists exactly what has no place yet; it may only shrink");
    let taught = map.rows().count() - found.taught.len();
    assert!(taught > 0, "{} concepts are taught", count(taught as u64));
}

#[test]
fn every_place_holds_what_it_claims() {
    let content = content();
    let sections = concept::sections(&content).expect("sections");
    let places = concept::places(&content).expect("places");
    let broken = concept::broken_claims(&sections, &places);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_binary_carries_the_same_texts() {
    let embedded = Content::embedded();
    for (path, text) in all_texts() {
        assert_eq!(embedded.text(&path).ok().as_deref(), Some(text.as_str()), "{path}");
    }
}

#[test]
fn texts_do_not_repeat_what_a_run_refutes() {
    // Claims of older material that real runs refute, and words of advertising.
    let banned = [
        "rand() * 10",
        "pick two of three\".\n",
        "hash join is for medium",
        "cache is filled by the first action",
        "mesos as an option",
        "3–10",
        "3-10x",
        "10x faster",
        "blazing",
        "seamless",
        "powerful",
        "cutting-edge",
        "leverage",
        "simply ",
        "obviously",
        "delve",
        "game-chang",
        "effortless",
        "revolution",
    ];
    for (path, text) in all_texts() {
        let lower = text.to_lowercase();
        for word in banned {
            assert!(!lower.contains(word), "{path} says {word:?}");
        }
    }
}

#[test]
fn the_advisor_explains_every_choice() {
    let content = content();
    let rules = advise::rules(&content).expect("rules");
    let known = |id: &str| rules.choice.iter().any(|choice| choice.id == id);
    for rule in &rules.rule {
        assert!(rule.choices.iter().all(|id| known(id)), "{}", rule.because);
        for (question, options) in &rule.when {
            for option in options {
                let answers: Answers = [(question.clone(), option.clone())].into();
                advise::advise(&content, &answers)
                    .unwrap_or_else(|error| panic!("{}: {}", rule.because, error.message()));
            }
        }
    }
    for choice in &rules.choice {
        let spoken = rules.rule.iter().any(|rule| rule.points > 0 && rule.choices.contains(&choice.id));
        assert!(spoken, "nothing speaks for {}", choice.id);
    }
}
