//! Scenes without a script: one of the [`crate::worlds`], its figures and its moments.

use super::formula::Value;
use super::moment::Moment;
use super::studio::{Scene, Take, refused};
use crate::common::text::nearest;
use crate::common::{Result, VirtualTime};
use crate::status::Status;
use crate::worlds::{World, WorldOutcome};

/// Lets the world of a scene happen.
///
/// # Errors
/// For an unknown world or setting.
pub(super) fn take(scene: &Scene, world: &str) -> Result<Take> {
    let sets: Vec<(String, String)> = scene.set.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let world = World::configure(world, None, &sets)?;
    Ok(Take {
        scene: scene.clone(),
        source: String::new(),
        events: Vec::new(),
        status: Status::default(),
        printed: String::new(),
        exit: 0,
        failure: None,
        explained: Vec::new(),
        world: Some(world.run(scene.seed)),
    })
}

/// A figure by its own name, such as `figure("writes refused")`.
///
/// # Errors
/// When the take is of no world, or the world has no such figure.
pub(super) fn figure(take: &Take, arguments: &[Value]) -> Result<Value> {
    let (Some(world), Some(Value::Text(name))) = (&take.world, arguments.first()) else {
        return Err(refused("`figure` needs a world and the name of a figure".to_owned()));
    };
    world.figures.get(name).map(|value| Value::Number(*value)).ok_or_else(|| {
        let near = nearest(name, world.figures.keys().map(String::as_str), 3).join(", ");
        refused(format!("the world {} has no figure {name}; near are: {near}", world.world))
    })
}

/// A moment of a world: `start`, `end`, `4.5 s`, or words of what happened.
///
/// # Errors
/// When nothing of the kind happened.
pub(super) fn moment(world: &WorldOutcome, text: &str) -> Result<Moment> {
    let seconds = || text.strip_suffix(" s").and_then(|number| number.trim().parse::<f64>().ok());
    let position = match (text, seconds()) {
        ("start", _) => Some(0),
        ("end", _) => Some(world.log.len()),
        (_, Some(seconds)) => {
            let until = VirtualTime::from_secs_f64(seconds);
            Some(world.log.iter().take_while(|moment| moment.at <= until).count())
        }
        (words, None) => world.log.iter().position(|moment| moment.text.contains(words)).map(|at| at + 1),
    };
    let position = position.ok_or_else(|| refused(format!("`{text}` never happens in this world")))?;
    Ok(Moment { position })
}
