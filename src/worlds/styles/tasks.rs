//! Lazy execution: the whole question becomes tasks, which machines with several slots carry out.
//!
//! On one machine the partial sums of all threads stay in its memory, and go to its disk when that is full. On a cluster each task leaves its
//! partial sums on its machine's disk, cut by reducer; the reducers fetch them over the network.

use super::{DISK, Done, NETWORK, PARSE, Row, Style, StylesConfig, Sums, add, merge, start_up, time_for};
use crate::common::{VirtualDuration, VirtualTime};
use crate::worlds::agenda::Agenda;
use crate::worlds::outcome::{Journal, Mark};
use std::collections::{BTreeMap, BTreeSet};

/// A chunk is read piece by piece.
const PIECE: u64 = 1_000_000;
/// One fetch over the network, however small.
const FETCH: VirtualDuration = VirtualDuration(1_000_000);

pub(super) fn run(config: &StylesConfig, chunks: &[Vec<Row>], journal: &mut Journal) -> Done {
    let mut yard = Yard::new(config, chunks, journal);
    yard.run();
    yard.done
}

/// Something to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Chunk(usize),
    /// A share of the customers.
    Reduce(usize),
}

#[derive(Debug)]
enum Due {
    Ended { slot: usize, work: Work, attempt: u64 },
    Death,
}

/// A thread or core.
#[derive(Debug, Clone)]
struct Slot {
    machine: usize,
    /// What it works on, and which attempt that is.
    works: Option<(Work, u64)>,
    /// Partial sums in memory, and those that went to disk; a cluster's slots hand both over after each chunk.
    partial: Sums,
    on_disk: Sums,
}

struct Yard<'a> {
    config: &'a StylesConfig,
    chunks: &'a [Vec<Row>],
    journal: &'a mut Journal,
    agenda: Agenda<Due>,
    now: VirtualTime,
    slots: Vec<Slot>,
    alive: Vec<bool>,
    pending: BTreeSet<Work>,
    /// Partial sums by chunk, cut by reducer, and the machine whose disk they are on.
    outputs: BTreeMap<usize, (usize, Vec<Sums>)>,
    finished: BTreeSet<usize>,
    reduced: BTreeMap<usize, Sums>,
    attempts: u64,
    done: Done,
}

impl<'a> Yard<'a> {
    fn new(config: &'a StylesConfig, chunks: &'a [Vec<Row>], journal: &'a mut Journal) -> Self {
        let (machines, width) = match config.style {
            Style::Cluster => (config.nodes as usize, config.cores as usize),
            Style::Eager | Style::Threads => (1, config.threads as usize),
        };
        let slot = |at: usize| Slot { machine: at % machines, works: None, partial: Sums::new(), on_disk: Sums::new() };
        let slots: Vec<Slot> = (0..machines * width).map(slot).collect();
        let mut agenda = Agenda::new();
        if let Some(death) = config.killed_at() {
            agenda.add(death, Due::Death);
        }
        let done = Done { workers: slots.len(), ..Done::default() };
        Yard {
            config,
            chunks,
            journal,
            agenda,
            now: VirtualTime::ZERO,
            slots,
            alive: vec![true; machines],
            pending: (0..chunks.len()).map(Work::Chunk).collect(),
            outputs: BTreeMap::new(),
            finished: BTreeSet::new(),
            reduced: BTreeMap::new(),
            attempts: 0,
            done,
        }
    }

    fn is_cluster(&self) -> bool {
        self.config.style == Style::Cluster
    }

    fn name(&self, machine: usize) -> String {
        if self.is_cluster() { format!("node-{}", machine + 1) } else { "machine".to_owned() }
    }

    fn run(&mut self) {
        let ready = VirtualTime::ZERO + start_up(self.config.style);
        let text =
            format!("{} tasks are planned; the first start after {}", self.chunks.len(), start_up(self.config.style));
        self.journal.tell(VirtualTime::ZERO, "plan", Mark::Step, text);
        self.hand_out(ready);
        while self.done.answer.is_none() {
            let Some((at, due)) = self.agenda.take() else { break };
            self.now = at;
            match due {
                Due::Ended { slot, work, attempt } if self.slots[slot].works == Some((work, attempt)) => {
                    self.ended(slot, work);
                }
                Due::Ended { .. } => continue,
                Due::Death => {
                    if !self.death() {
                        break;
                    }
                }
            }
            self.hand_out(self.now);
        }
        self.done.ended = self.done.ended.max(self.now);
    }

    /// Gives work to free slots, chunks first: a reducer needs all of them.
    fn hand_out(&mut self, at: VirtualTime) {
        self.plan_reducers();
        for slot in 0..self.slots.len() {
            let is_free = self.alive[self.slots[slot].machine] && self.slots[slot].works.is_none();
            let Some(work) = self.pending.first().copied().filter(|_| is_free) else { continue };
            if matches!(work, Work::Reduce(_)) && self.outputs.len() < self.chunks.len() {
                break;
            }
            self.pending.remove(&work);
            self.attempts += 1;
            self.slots[slot].works = Some((work, self.attempts));
            let length = match work {
                Work::Chunk(chunk) => self.read(slot, chunk),
                Work::Reduce(share) => self.fetch(share, self.slots[slot].machine),
            };
            self.agenda.add(at + length, Due::Ended { slot, work, attempt: self.attempts });
        }
    }

    /// When every chunk is there, the shares of the customers become work.
    fn plan_reducers(&mut self) {
        let is_ready = self.is_cluster() && self.outputs.len() == self.chunks.len();
        let is_planned = !self.reduced.is_empty() || self.works().any(|work| matches!(work, Work::Reduce(_)));
        if is_ready && !is_planned && self.pending.is_empty() {
            self.pending.extend((0..self.slots.len()).map(Work::Reduce));
            self.journal.tell(
                self.now,
                "plan",
                Mark::Step,
                format!("every chunk is summed: {} reducers fetch", self.slots.len()),
            );
        }
    }

    fn works(&self) -> impl Iterator<Item = Work> {
        self.slots.iter().filter_map(|slot| slot.works).map(|(work, _)| work)
    }

    /// Parses a chunk and adds it to the slot's partial sums; a full memory costs ways to the disk.
    fn read(&mut self, slot: usize, chunk: usize) -> VirtualDuration {
        let config = self.config;
        let mut length = time_for(config.row_bytes(self.chunks[chunk].len()), PARSE);
        add(&mut self.slots[slot].partial, self.chunks[chunk].iter().copied());
        let machine = self.slots[slot].machine;
        while self.held(machine) > config.memory() {
            let Some(fullest) = self.fullest(machine) else { break };
            let spilled = std::mem::take(&mut self.slots[fullest].partial);
            let size = config.sum_bytes(spilled.len());
            merge(&mut self.slots[fullest].on_disk, &spilled);
            length += time_for(size, DISK);
            self.done.spilled_bytes += size;
            let name = self.name(machine);
            self.journal.tell_some("a spill", self.now, &name, Mark::Refusal, || {
                format!("memory is full: {} MB of partial sums go to disk", size / 1_000_000)
            });
        }
        self.done.peak_bytes = self.done.peak_bytes.max(self.held(machine));
        length
    }

    /// The slot of a machine with the most partial sums in memory, if any has some.
    fn fullest(&self, machine: usize) -> Option<usize> {
        let here = (0..self.slots.len()).filter(|slot| self.slots[*slot].machine == machine);
        here.max_by_key(|slot| self.slots[*slot].partial.len()).filter(|slot| !self.slots[*slot].partial.is_empty())
    }

    /// Bytes that a machine holds: the pieces of chunks that are being read, and the partial sums of its slots.
    fn held(&self, machine: usize) -> u64 {
        let piece = |works: Option<(Work, u64)>| if matches!(works, Some((Work::Chunk(_), _))) { PIECE } else { 0 };
        let here = self.slots.iter().filter(|slot| slot.machine == machine);
        here.map(|slot| piece(slot.works) + self.config.sum_bytes(slot.partial.len())).sum()
    }

    /// How long a reducer takes to fetch and merge its share.
    fn fetch(&mut self, share: usize, machine: usize) -> VirtualDuration {
        let mut length = VirtualDuration(0);
        for (home, parts) in self.outputs.values() {
            let bytes = self.config.sum_bytes(parts[share].len());
            length += time_for(bytes, DISK);
            if *home != machine {
                // A machine's slots share its network card.
                length += FETCH + time_for(bytes * u64::from(self.config.cores), NETWORK);
                self.done.moved_bytes += bytes;
            }
        }
        length
    }

    fn ended(&mut self, slot: usize, work: Work) {
        self.slots[slot].works = None;
        self.done.chunks_read += usize::from(matches!(work, Work::Chunk(_)));
        match work {
            Work::Chunk(chunk) if self.is_cluster() => {
                let mut partial = std::mem::take(&mut self.slots[slot].partial);
                merge(&mut partial, &std::mem::take(&mut self.slots[slot].on_disk));
                let mut parts = vec![Sums::new(); self.slots.len()];
                for (customer, cents) in partial {
                    parts[customer as usize % self.slots.len()].insert(customer, cents);
                }
                self.outputs.insert(chunk, (self.slots[slot].machine, parts));
            }
            Work::Chunk(chunk) => {
                self.finished.insert(chunk);
                if self.finished.len() == self.chunks.len() {
                    self.merge_on_one_machine();
                }
            }
            Work::Reduce(share) => {
                let mut sums = Sums::new();
                for (_, parts) in self.outputs.values() {
                    merge(&mut sums, &parts[share]);
                }
                self.reduced.insert(share, sums);
                if self.reduced.len() == self.slots.len() {
                    self.done.answer = Some(self.reduced.values().flatten().map(|(key, sum)| (*key, *sum)).collect());
                }
            }
        }
    }

    /// The partial sums of all threads become one; those on disk are read back.
    fn merge_on_one_machine(&mut self) {
        let mut sums = Sums::new();
        for slot in &self.slots {
            merge(&mut sums, &slot.partial);
            merge(&mut sums, &slot.on_disk);
        }
        self.done.ended = self.now + time_for(self.done.spilled_bytes, DISK);
        self.done.answer = Some(sums);
    }

    /// A machine dies. False: nobody goes on.
    fn death(&mut self) -> bool {
        let dead = self.alive.len() - 1;
        let name = self.name(dead);
        if !self.is_cluster() {
            return self.start_again(&name);
        }
        self.alive[dead] = false;
        let lost: Vec<usize> =
            self.outputs.iter().filter(|(_, (home, _))| *home == dead).map(|(chunk, _)| *chunk).collect();
        self.outputs.retain(|_, (home, _)| *home != dead);
        self.pending.extend(lost.iter().map(|chunk| Work::Chunk(*chunk)));
        let is_lost = !lost.is_empty();
        for slot in &mut self.slots {
            let Some((work, _)) = slot.works else { continue };
            // A reducer elsewhere cannot read what is gone: it starts again when the chunks are there.
            if slot.machine == dead || (is_lost && matches!(work, Work::Reduce(_))) {
                self.pending.insert(work);
                (slot.works, slot.partial, slot.on_disk) = (None, Sums::new(), Sums::new());
            }
        }
        let text = format!("it dies with the sums of {} chunks; only those are read again", lost.len());
        self.journal.tell(self.now, &name, Mark::Fault, text);
        true
    }

    /// The only machine has died: all is lost, and begins again where the input is still there.
    fn start_again(&mut self, name: &str) -> bool {
        let lost = self.finished.len();
        if !self.config.rereadable {
            let text = format!("it dies with the sums of {lost} chunks, and the input cannot be read again");
            self.journal.tell(self.now, name, Mark::Loss, text);
            return false;
        }
        self.journal.tell(
            self.now,
            name,
            Mark::Fault,
            format!("it dies with the sums of {lost} chunks; a new process reads everything again"),
        );
        self.finished.clear();
        self.done.spilled_bytes = 0;
        self.pending = (0..self.chunks.len()).map(Work::Chunk).collect();
        for slot in &mut self.slots {
            (slot.works, slot.partial, slot.on_disk) = (None, Sums::new(), Sums::new());
        }
        self.hand_out(self.now + start_up(self.config.style));
        true
    }
}
