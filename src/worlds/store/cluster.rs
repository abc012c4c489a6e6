//! The loop: clients ask, replicas tell each other, the network is cut and heals.

use super::history::{self, Answer, Operation, Request, Side, WriteId};
use super::replica::{Conflict, Replica, Value, Version};
use super::{Mode, StoreConfig, Workload, at_ms};
use crate::common::ids::NodeId;
use crate::common::rng::stream;
use crate::common::{VirtualDuration, VirtualTime};
use crate::worlds::WorldOutcome;
use crate::worlds::agenda::Agenda;
use crate::worlds::outcome::{Journal, Mark, percentile};
use crate::worlds::wire::{Next, Wire, next};
use rand::RngExt;
use std::collections::{BTreeMap, BTreeSet};

/// Size of a message on the network.
const MESSAGE_BYTES: u64 = 200;

/// What replicas tell each other. `op` is the request it belongs to.
#[derive(Debug, Clone)]
enum Message {
    /// Which version have you?
    Ask {
        op: usize,
    },
    Have {
        op: usize,
        value: Value,
    },
    Keep {
        op: usize,
        value: Value,
    },
    Kept {
        op: usize,
    },
    /// Take over what I have of this key.
    Gossip {
        key: u64,
        value: Value,
    },
}

#[derive(Debug)]
enum Due {
    Begin(usize),
    Expire(usize),
    Cut,
    Heal,
}

/// How far a request under CP is.
#[derive(Debug)]
enum Phase {
    Asking { answers: usize, newest: Value },
    Keeping { answers: usize, value: Value },
    Done,
}

/// What a client will ask, and how far it is.
#[derive(Debug)]
struct Pending {
    client: Side,
    key: u64,
    request: Request,
    began: VirtualTime,
    phase: Phase,
}

/// The store, its clients and their network.
#[derive(Debug)]
pub(super) struct StoreCluster<'a> {
    config: &'a StoreConfig,
    replicas: BTreeMap<u32, Replica>,
    wire: Wire<Message>,
    agenda: Agenda<Due>,
    pending: Vec<Pending>,
    history: Vec<Operation>,
    conflicts: Vec<Conflict>,
    /// The place of each stored write in its key's order.
    versions: BTreeMap<WriteId, Version>,
    journal: Journal,
    now: VirtualTime,
}

impl<'a> StoreCluster<'a> {
    pub(super) fn new(config: &'a StoreConfig, seed: u64) -> Self {
        let latency = VirtualDuration::from_millis(config.latency_ms);
        let mut cluster = StoreCluster {
            config,
            replicas: (1..=config.replicas as u32).map(|id| (id, Replica::default())).collect(),
            wire: Wire::new(config.network_bytes_per_sec, latency),
            agenda: Agenda::new(),
            pending: Vec::new(),
            history: Vec::new(),
            conflicts: Vec::new(),
            versions: BTreeMap::new(),
            journal: Journal::default(),
            now: VirtualTime::ZERO,
        };
        if config.heal_ms > config.cut_ms {
            cluster.agenda.add(at_ms(config.cut_ms), Due::Cut);
            cluster.agenda.add(at_ms(config.heal_ms), Due::Heal);
        }
        cluster.plan_requests(seed);
        cluster
    }

    /// Each client writes at even distances, and reads the key again a little later.
    fn plan_requests(&mut self, seed: u64) {
        let mut chance = stream(seed, "store.keys");
        let config = self.config;
        let own_left = (config.keys - config.shared_keys) / 3;
        let left: Vec<u64> = (1..=(own_left + config.shared_keys).max(1)).collect();
        let right: Vec<u64> = (own_left + 1..=config.keys).collect();
        for turn in 0..config.writes {
            let client = if turn % 2 == 0 { Side::Left } else { Side::Right };
            let keys = if client == Side::Left { &left } else { &right };
            let key = match config.workload {
                Workload::Turns => keys[(turn / 2) as usize % keys.len()],
                Workload::Random => chance.random_range(1..=config.keys),
            };
            // The clients write half a distance apart, and read after a quarter.
            let at = at_ms(config.every_ms * (2 + turn) / 2);
            self.plan(client, key, Request::Write(WriteId(turn + 1)), at);
            let other = keys[(turn / 2 + 1) as usize % keys.len()];
            self.plan(client, other, Request::Read, at + VirtualDuration::from_millis(config.every_ms / 4));
        }
    }

    fn plan(&mut self, client: Side, key: u64, request: Request, at: VirtualTime) {
        let op = self.pending.len();
        self.pending.push(Pending { client, key, request, began: at, phase: Phase::Done });
        self.agenda.add(at, Due::Begin(op));
    }

    /// Runs to the end.
    pub(super) fn run(mut self, seed: u64) -> WorldOutcome {
        while let Some((at, next)) = next(&mut self.agenda, &mut self.wire) {
            self.now = at;
            match next {
                Next::Due(what) => self.happen(what),
                Next::Letters(letters) => {
                    for letter in letters {
                        self.receive(letter.from, letter.to, letter.body);
                    }
                }
            }
        }
        self.conclude(seed)
    }

    fn happen(&mut self, what: Due) {
        match what {
            Due::Begin(op) => self.begin(op),
            Due::Expire(op) => self.expire(op),
            Due::Cut => {
                let left: Vec<NodeId> = (1..=self.config.left_replicas as u32).map(NodeId).collect();
                self.wire.cut(self.now, &left);
                let (left, right) = self.sides();
                self.journal.tell(
                    self.now,
                    "network",
                    Mark::Fault,
                    format!("the network was cut: {left} on the left, {right} on the right"),
                );
            }
            Due::Heal => self.heal(),
        }
    }

    fn sides(&self) -> (String, String) {
        let names = |from: u64, to: u64| (from..=to).map(|id| letter(id as u32)).collect::<Vec<_>>().join(", ");
        (names(1, self.config.left_replicas), names(self.config.left_replicas + 1, self.config.replicas))
    }

    /// The replica that a client talks to: the first of its side.
    fn home(&self, client: Side) -> NodeId {
        match client {
            Side::Left => NodeId(1),
            Side::Right => NodeId(self.config.left_replicas as u32 + 1),
        }
    }

    fn replica(&mut self, node: NodeId) -> &mut Replica {
        self.replicas.entry(node.0).or_default()
    }

    fn others(&self, node: NodeId) -> Vec<NodeId> {
        self.replicas.keys().filter(|id| **id != node.0).map(|id| NodeId(*id)).collect()
    }

    fn begin(&mut self, op: usize) {
        match self.config.mode {
            Mode::Cp => self.begin_quorum(op),
            Mode::Ap => self.answer_at_once(op),
        }
    }

    /// AP: this replica's word is enough; the others are told when they can be reached.
    fn answer_at_once(&mut self, op: usize) {
        let (client, key, request) = (self.pending[op].client, self.pending[op].key, self.pending[op].request);
        let home = self.home(client);
        match request {
            Request::Read => {
                let value = self.replica(home).get(key);
                self.answer(op, Answer::Value(value.write));
            }
            Request::Write(write) => {
                let now = self.now;
                let value = self.replica(home).accept(home.0, key, write, now.0);
                self.versions.insert(write, value.version);
                for other in self.others(home) {
                    let body = Message::Gossip { key, value: value.clone() };
                    self.wire.send(self.now, home, other, MESSAGE_BYTES, body);
                }
                self.answer(op, Answer::Acknowledged);
            }
        }
    }

    /// CP: first ask a majority which version is the newest.
    fn begin_quorum(&mut self, op: usize) {
        let (client, key) = (self.pending[op].client, self.pending[op].key);
        let home = self.home(client);
        let mine = self.replica(home).get(key);
        self.pending[op].phase = Phase::Asking { answers: 1, newest: mine };
        for other in self.others(home) {
            self.wire.send(self.now, home, other, MESSAGE_BYTES, Message::Ask { op });
        }
        self.agenda.add(self.now + VirtualDuration::from_millis(self.config.timeout_ms), Due::Expire(op));
    }

    fn receive(&mut self, from: NodeId, to: NodeId, message: Message) {
        match message {
            Message::Ask { op } => {
                let key = self.pending[op].key;
                let value = self.replica(to).get(key);
                self.wire.send(self.now, to, from, MESSAGE_BYTES, Message::Have { op, value });
            }
            Message::Have { op, value } => self.heard(op, value),
            Message::Keep { op, value } => {
                let key = self.pending[op].key;
                self.replica(to).store(key, value);
                self.wire.send(self.now, to, from, MESSAGE_BYTES, Message::Kept { op });
            }
            Message::Kept { op } => self.kept(op),
            Message::Gossip { key, value } => self.gossiped(to, key, value),
        }
    }

    /// A replica said which version it has; at a majority, a newer one is stored (or, for a read, the newest is stored back).
    fn heard(&mut self, op: usize, value: Value) {
        let majority = self.config.majority();
        let Phase::Asking { answers, newest } = &mut self.pending[op].phase else { return };
        *answers += 1;
        if value.version > newest.version {
            *newest = value;
        }
        if *answers < majority {
            return;
        }
        let mut value = std::mem::take(newest);
        let (home, key) = (self.home(self.pending[op].client), self.pending[op].key);
        if let Request::Write(write) = self.pending[op].request {
            // This replica may have given out a newer version since it asked.
            let newest = self.replica(home).get(key).version.count;
            let count = value.version.count.max(newest) + 1;
            value.version = Version { count, maker: home.0 };
            value.write = Some(write);
            self.versions.insert(write, value.version);
        }
        self.replica(home).store(key, value.clone());
        for other in self.others(home) {
            let body = Message::Keep { op, value: value.clone() };
            self.wire.send(self.now, home, other, MESSAGE_BYTES, body);
        }
        self.pending[op].phase = Phase::Keeping { answers: 1, value };
    }

    fn kept(&mut self, op: usize) {
        let majority = self.config.majority();
        let Phase::Keeping { answers, value } = &mut self.pending[op].phase else { return };
        *answers += 1;
        if *answers < majority {
            return;
        }
        let write = value.write;
        let answer = match (self.pending[op].request, write) {
            (Request::Write(_), _) => Answer::Acknowledged,
            (Request::Read, write) => Answer::Value(write),
        };
        self.check_majority(op);
        self.answer(op, answer);
    }

    /// No answer in time. What was asked but not stored is refused; a write that some replica may have is unknown.
    fn expire(&mut self, op: usize) {
        let answer = match (&self.pending[op].phase, self.pending[op].request) {
            (Phase::Done, _) => return,
            (Phase::Keeping { .. }, Request::Write(_)) => Answer::Unknown,
            (Phase::Asking { .. }, _) | (Phase::Keeping { .. }, Request::Read) => Answer::Refused,
        };
        self.answer(op, answer);
    }

    fn answer(&mut self, op: usize, answer: Answer) {
        let pending = &mut self.pending[op];
        pending.phase = Phase::Done;
        let (client, key, request) = (pending.client, pending.key, pending.request);
        let home = letter(self.home(client).0);
        let lane = client.name();
        let told = match (request, answer) {
            (Request::Write(write), Answer::Acknowledged) => {
                Some((Mark::Result, format!("write {} was acknowledged by {home}", name(write, key))))
            }
            (Request::Write(write), Answer::Refused) => Some((
                Mark::Refusal,
                format!(
                    "write {} was refused: {home} reached no majority of {}",
                    name(write, key),
                    self.config.replicas
                ),
            )),
            (Request::Write(write), _) => Some((
                Mark::Refusal,
                format!("write {} got no answer in time: it may or may not be there", name(write, key)),
            )),
            (Request::Read, Answer::Refused) => {
                Some((Mark::Refusal, format!("a read of k{key} was refused: {home} reached no majority")))
            }
            (Request::Read, _) => None,
        };
        if let Some((mark, text)) = told {
            self.journal.tell(self.now, lane, mark, text);
        }
        let began = self.pending[op].began;
        self.history.push(Operation { client, key, request, began, ended: self.now, answer });
    }

    /// What is acknowledged lies at a majority, or something newer does.
    fn check_majority(&self, op: usize) {
        let Phase::Keeping { value, .. } = &self.pending[op].phase else { return };
        let key = self.pending[op].key;
        let holding = self.replicas.values().filter(|replica| replica.get(key).version >= value.version).count();
        assert!(holding >= self.config.majority(), "k{key} is acknowledged with {holding} copies only");
    }

    /// The cut heals: each replica tells each other one what it has.
    fn heal(&mut self) {
        self.wire.heal(self.now);
        self.journal.tell(
            self.now,
            "network",
            Mark::Recovery,
            "the network healed; the replicas compare what they have",
        );
        for key in 1..=self.config.keys {
            let held: BTreeSet<Option<WriteId>> =
                self.replicas.values().map(|replica| replica.get(key).write).collect();
            if held.len() > 1 {
                let each: Vec<String> = self.replicas.iter().map(|(id, replica)| held_by(*id, replica, key)).collect();
                self.journal.tell(self.now, "network", Mark::Step, format!("k{key} differs: {}", each.join(", ")));
            }
        }
        let ids: Vec<u32> = self.replicas.keys().copied().collect();
        for from in ids {
            let values: Vec<(u64, Value)> =
                self.replica(NodeId(from)).values.iter().map(|(key, value)| (*key, value.clone())).collect();
            for to in self.others(NodeId(from)) {
                for (key, value) in &values {
                    let body = Message::Gossip { key: *key, value: value.clone() };
                    self.wire.send(self.now, NodeId(from), to, MESSAGE_BYTES, body);
                }
            }
        }
    }

    /// A replica hears what another has.
    fn gossiped(&mut self, to: NodeId, key: u64, value: Value) {
        if self.config.mode == Mode::Cp {
            // Versions that a majority gave out never conflict.
            self.replica(to).store(key, value);
            return;
        }
        let Some(conflict) = self.replica(to).merge(key, value) else { return };
        if self.conflicts.contains(&conflict) {
            return;
        }
        self.journal.tell(
            self.now,
            "network",
            Mark::Loss,
            format!(
                "k{key} was written on both sides: w{} stays (it is later), the acknowledged w{} is gone",
                conflict.kept.0, conflict.dropped.0
            ),
        );
        self.conflicts.push(conflict);
    }

    fn conclude(mut self, seed: u64) -> WorldOutcome {
        let versions = &self.versions;
        let order =
            |write: WriteId| versions.get(&write).map_or(0, |version| (version.count << 8) + u64::from(version.maker));
        let findings = history::check(&self.history, order);
        let last: BTreeMap<u64, WriteId> = self
            .replicas
            .values()
            .flat_map(|replica| &replica.values)
            .filter_map(|(key, value)| Some((*key, value.write?)))
            .collect();
        let dropped: BTreeSet<WriteId> = self.conflicts.iter().map(|conflict| conflict.dropped).collect();
        let lost = history::lost_writes(&self.history, &dropped, &last);
        let differing = (1..=self.config.keys).filter(|key| self.differs(*key)).count();
        if self.config.mode == Mode::Cp {
            assert!(findings.stale_reads.is_empty(), "a majority store gave an old value: {findings:?}");
            assert!(lost.is_empty() && self.conflicts.is_empty(), "a majority store lost {lost:?}");
        }
        assert!(differing == 0, "{differing} keys differ after the network healed");
        for at in &findings.stale_reads {
            let read = &self.history[*at];
            let text = format!("a read of k{} gave an outdated value", read.key);
            self.journal.tell(read.ended, read.client.name(), Mark::Refusal, text);
        }
        let waits = |write: bool| {
            let mut waits: Vec<u64> = self
                .history
                .iter()
                .filter(|operation| write == matches!(operation.request, Request::Write(_)))
                .filter(|operation| !matches!(operation.answer, Answer::Refused | Answer::Unknown))
                .map(|operation| operation.ended.since(operation.began).0)
                .collect();
            waits.sort_unstable();
            percentile(&waits, 500) as f64 / 1e6
        };
        let (write_ms, read_ms) = (waits(true), waits(false));
        let conflicting: BTreeSet<u64> = self.conflicts.iter().map(|conflict| conflict.key).collect();
        let counts = self.wire.counts;
        for (figure, value) in [
            ("writes", self.config.writes as usize),
            ("writes accepted", findings.writes_acknowledged),
            ("writes refused", findings.writes_refused),
            ("writes unknown", findings.writes_unknown),
            ("reads answered", findings.reads_answered),
            ("reads refused", findings.reads_refused),
            ("stale reads", findings.stale_reads.len()),
            ("conflicting keys", conflicting.len()),
            ("acknowledged writes lost", lost.len()),
            ("messages sent", counts.sent),
            ("messages lost", counts.lost),
        ] {
            self.journal.count(figure, value);
        }
        self.journal.figure("write p50 ms", write_ms);
        self.journal.figure("read p50 ms", read_ms);
        self.journal.close("store", seed, self.now)
    }

    fn differs(&self, key: u64) -> bool {
        let mut held = self.replicas.values().map(|replica| replica.get(key).write);
        let first = held.next();
        held.any(|other| Some(other) != first)
    }
}

/// `w7 (k2)`.
fn name(write: WriteId, key: u64) -> String {
    format!("w{} (k{key})", write.0)
}

fn held_by(id: u32, replica: &Replica, key: u64) -> String {
    let held = replica.get(key).write.map_or_else(|| "nothing".to_owned(), |write| format!("w{}", write.0));
    format!("{} has {held}", letter(id))
}

fn letter(id: u32) -> String {
    char::from_u32(u32::from('A') + id - 1).map_or_else(|| id.to_string(), String::from)
}
