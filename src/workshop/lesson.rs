//! The lessons: Markdown with a front matter, live pictures and questions.
//!
//! ```text
//!   lessons/L3.md   +++ id, title, minutes, concepts, [[scene]] … +++
//!                   text with {{ kill.outputs_again }}
//!                   ```picture   run, show, at          a picture of a run at a moment
//!                   ```predict   ask, options, answer   a question that the run answers
//!                   ---                                 a new page
//! ```
//!
//! Reading a lesson runs its scenes: no number of a run is ever typed into a text.

use super::content::{Content, parse};
use super::markdown::{self, Block};
use super::predict::{Asked, Predict};
use super::scene::figures::{self, line_with};
use super::scene::{Moment, Scene, Scenes, Studio, Take, fill, moment};
use crate::common::ids::QueryId;
use crate::common::{ErrorClass, Result, SparkError};
use serde::Deserialize;
use std::sync::Arc;

/// A lesson's front matter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub id: String,
    pub title: String,
    pub minutes: u32,
    /// The question that it opens with.
    pub opening: String,
    /// Steps and demos beside which it stands.
    #[serde(default)]
    pub goes_with: Vec<String>,
    /// Concepts that it teaches.
    pub concepts: Vec<u32>,
    /// Page titles of the documentation to read on in.
    #[serde(default)]
    pub read_on: Vec<String>,
    #[serde(default)]
    pub scene: Vec<Scene>,
}

/// A lesson as its file has it.
#[derive(Debug, Clone)]
pub struct Lesson {
    pub path: String,
    pub head: Head,
    pub body: String,
}

/// What a picture shows, as the text says it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureSpec {
    /// The run; the first when absent.
    pub run: Option<String>,
    pub show: Show,
    /// The moment; the end when absent.
    pub at: Option<String>,
    /// Only this stage.
    pub stage: Option<u32>,
    /// The action whose name or line holds this text, for plans; the first line, for scripts.
    pub line: Option<String>,
    /// Where a story begins.
    pub from: Option<String>,
    /// Of a plan only the operators whose text holds this, written out in full.
    pub only: Option<String>,
    /// At most so many lines.
    pub lines: Option<usize>,
    pub caption: Option<String>,
    #[serde(default)]
    pub concepts: Vec<u32>,
}

/// The kinds of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Show {
    /// Stages with a glyph for each task.
    Stages,
    /// Nodes with what runs and lies on them.
    Nodes,
    /// Which map output holds how much for which reduce partition.
    Matrix,
    /// Rows of each task of a stage, as bars.
    Partitions,
    /// What each core did over time.
    Timeline,
    /// The physical plan of an action.
    Plan,
    /// The narrator's sentences.
    Story,
    /// What the script printed.
    Output,
    /// The script.
    Script,
    /// The optimizer's rules that fired, with their reasons.
    Rules,
}

/// A picture of a run at a moment.
#[derive(Debug, Clone)]
pub struct Picture {
    pub spec: PictureSpec,
    pub take: Arc<Take>,
    pub at: Moment,
    /// Where a story begins.
    pub from: Moment,
    /// The line that a script's picture begins with.
    pub line: Option<u32>,
    /// The action that a plan belongs to; the first when absent.
    pub query: Option<QueryId>,
    pub caption: Option<String>,
}

/// A piece of a page.
#[derive(Debug, Clone)]
pub enum Piece {
    Text(Block),
    Picture(Box<Picture>),
    Predict(Asked),
}

/// A text whose runs have been made.
#[derive(Debug, Clone)]
pub struct Played {
    pub scenes: Scenes,
    pub pages: Vec<Vec<Piece>>,
}

/// Splits a file into front matters and the texts after them.
///
/// # Errors
/// When a front matter is not closed.
pub fn split(path: &str, text: &str) -> Result<Vec<(String, String)>> {
    let mut parts: Vec<String> = vec![String::new()];
    for line in text.lines() {
        if line.trim_end() == "+++" {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    if parts.len().is_multiple_of(2) || parts.len() < 3 {
        return Err(wrong(format!("{path} needs a front matter between two lines of +++")));
    }
    let mut rest = parts.into_iter().skip(1);
    let mut found = Vec::new();
    while let (Some(head), Some(body)) = (rest.next(), rest.next()) {
        found.push((head, body));
    }
    Ok(found)
}

fn wrong(message: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
}

/// All lessons, in order.
///
/// # Errors
/// When a file does not have the shape of a lesson.
pub fn lessons(content: &Content) -> Result<Vec<Lesson>> {
    let paths = content.list("lessons", ".md").into_iter().filter(|path| path.matches('/').count() == 1);
    paths
        .map(|path| {
            let text = content.text(&path)?;
            let mut parts = split(&path, &text)?;
            let (head, body) = parts.swap_remove(0);
            Ok(Lesson { head: parse(&path, &head)?, body, path })
        })
        .collect()
}

impl Lesson {
    /// Runs its scenes and puts the figures into the text.
    ///
    /// # Errors
    /// When a scene cannot be run, or a picture, a question or a placeholder does not fit it.
    pub fn play(&self, studio: &Studio) -> Result<Played> {
        play(&self.path, &self.body, &self.head.scene, studio)
    }

    /// Concepts of pictures (shown) and of questions (checked), without running anything.
    ///
    /// # Errors
    /// When a block does not have its shape.
    pub fn tags(&self) -> Result<(Vec<u32>, Vec<u32>)> {
        tags(&self.path, &self.body)
    }
}

/// Concepts of the pictures and of the questions of a text.
///
/// # Errors
/// When a block does not have its shape.
pub fn tags(path: &str, body: &str) -> Result<(Vec<u32>, Vec<u32>)> {
    let (mut shown, mut checked) = (Vec::new(), Vec::new());
    for block in markdown::blocks(body) {
        match block {
            Block::Code(kind, text) if kind == "picture" => {
                shown.extend(parse::<PictureSpec>(path, &text)?.concepts);
            }
            Block::Code(kind, text) if kind == "predict" => {
                checked.extend(parse::<Predict>(path, &text)?.concepts);
            }
            _ => {}
        }
    }
    Ok((shown, checked))
}

/// Runs scenes and makes pages of a text.
///
/// # Errors
/// As [`Lesson::play`].
pub fn play(path: &str, body: &str, scenes: &[Scene], studio: &Studio) -> Result<Played> {
    let within = |error: SparkError| {
        let named = wrong(format!("{path}: {}", error.message()));
        if error.class() == ErrorClass::Interrupted { error } else { named }
    };
    let scenes = studio.takes(scenes).map_err(within)?;
    let mut pages: Vec<Vec<Piece>> = vec![Vec::new()];
    for block in markdown::blocks(body) {
        if block == Block::Break {
            pages.push(Vec::new());
            continue;
        }
        let piece = piece(path, block, &scenes).map_err(within)?;
        if let Some(page) = pages.last_mut() {
            page.push(piece);
        }
    }
    pages.retain(|page| !page.is_empty());
    Ok(Played { scenes, pages })
}

fn piece(path: &str, block: Block, scenes: &Scenes) -> Result<Piece> {
    Ok(match block {
        Block::Code(kind, text) if kind == "picture" => {
            Piece::Picture(Box::new(Picture::new(parse(path, &text)?, scenes)?))
        }
        Block::Code(kind, text) if kind == "predict" => Piece::Predict(parse::<Predict>(path, &text)?.of(scenes)?),
        other => Piece::Text(filled(other, scenes)?),
    })
}

impl Picture {
    /// Finds the run and the moments that a text asks for.
    ///
    /// # Errors
    /// When there is no such run, or the moment never comes.
    pub fn new(spec: PictureSpec, scenes: &Scenes) -> Result<Picture> {
        let take = scenes.named(spec.run.as_deref())?.clone();
        let at = moment(&take, spec.at.as_deref().unwrap_or("end"))?;
        let from = moment(&take, spec.from.as_deref().unwrap_or("start"))?;
        let caption = spec.caption.as_deref().map(|caption| fill(caption, scenes)).transpose()?;
        let (mut line, mut query) = (None, None);
        match (spec.line.as_deref(), spec.show) {
            (Some(part), Show::Script) => line = Some(line_with(&take, part)?),
            (Some(part), _) => query = Some(figures::action(&take, part)?),
            (None, _) => {}
        }
        Ok(Picture { spec, take, at, from, line, query, caption })
    }
}

fn filled(block: Block, scenes: &Scenes) -> Result<Block> {
    let spans = |spans: Vec<markdown::Span>| -> Result<Vec<markdown::Span>> {
        // A placeholder may have been cut into several spans where it holds a mark of Markdown.
        let mut whole: Vec<markdown::Span> = Vec::new();
        for span in spans {
            match whole.last_mut() {
                Some(last) if last.style == span.style => last.text.push_str(&span.text),
                _ => whole.push(span),
            }
        }
        whole.into_iter().map(|span| Ok(markdown::Span { text: fill(&span.text, scenes)?, ..span })).collect()
    };
    Ok(match block {
        Block::Heading(level, text) => Block::Heading(level, spans(text)?),
        Block::Paragraph(text) => Block::Paragraph(spans(text)?),
        Block::Item(depth, mark, text) => Block::Item(depth, mark, spans(text)?),
        Block::Quote(text) => Block::Quote(spans(text)?),
        Block::Code(kind, text) => Block::Code(kind, fill(&text, scenes)?),
        Block::Table(rows) => {
            let row = |row: Vec<Vec<markdown::Span>>| row.into_iter().map(&spans).collect::<Result<_>>();
            Block::Table(rows.into_iter().map(row).collect::<Result<_>>()?)
        }
        Block::Break => Block::Break,
    })
}
