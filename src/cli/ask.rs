//! `--ask`: a run that is over is told, and at each question the person predicts before it goes on.

use super::{classroom, output};
use crate::event::Event;
use crate::report::ask::{Question, questions};
use crate::report::page::{self, Answering};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Columns of a question.
const WIDTH: usize = 84;

/// Tells events in order with `tell`, and puts questions between them; what is said goes where the telling goes.
pub(crate) fn told(events: &[Arc<Event>], say: fn(&str), mut tell: impl FnMut(&[Arc<Event>])) {
    let mut desk = Desk { say, is_heard: true, guesses: BTreeMap::new() };
    let all = questions(events);
    // An answer comes before the next question of the same moment.
    let mut turns: Vec<(usize, bool, usize)> = Vec::new();
    for (index, question) in all.iter().enumerate() {
        turns.push((question.put_at, true, index));
        turns.push((question.told_at, false, index));
    }
    turns.sort_unstable();
    let mut position = 0;
    for (at, is_put, index) in turns {
        tell(&events[position..at]);
        position = at;
        if is_put {
            desk.put(index, &all[index]);
        } else {
            desk.answer(index, &all[index]);
        }
    }
    tell(&events[position..]);
}

struct Desk {
    say: fn(&str),
    /// The person's input has not ended.
    is_heard: bool,
    guesses: BTreeMap<usize, usize>,
}

impl Desk {
    fn put(&mut self, index: usize, question: &Question) {
        if !self.is_heard {
            return;
        }
        for line in page::predict(&question.asked, WIDTH, Answering::default()) {
            (self.say)(&format!("{}\n", line.plain()));
        }
        match classroom::guess(&question.asked, "Your prediction: ", self.say) {
            Some(guess) => drop(self.guesses.insert(index, guess)),
            None => {
                self.is_heard = false;
                (self.say)("  No more answers: the rest is told without questions.\n");
            }
        }
    }

    fn answer(&self, index: usize, question: &Question) {
        let Some(guess) = self.guesses.get(&index) else { return };
        (self.say)(&format!("  You were asked: {}\n", question.asked.ask));
        for line in classroom::verdict(&question.asked, WIDTH, *guess) {
            (self.say)(&format!("{}\n", line.plain()));
        }
    }
}

/// What the script printed goes to standard output, everything else is told.
pub(crate) fn with_output(events: &[Arc<Event>], mut tell: impl FnMut(&[Arc<Event>])) {
    for event in events {
        if let crate::event::EventKind::Printed { text } = &event.kind {
            output::out(text);
        }
        tell(std::slice::from_ref(event));
    }
}
