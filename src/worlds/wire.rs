//! Messages between machines on the shared [`Network`]: each is a flow that shares links fairly, then travels for the latency.
//!
//! A cut separates some machines from all others: what is under way across it is lost, and so is what is sent across it.
//!
//! **Invariants.** Every message sent has arrived, was lost to a cut, or is under way.

use super::agenda::Agenda;
use crate::common::ids::NodeId;
use crate::common::{VirtualDuration, VirtualTime};
use crate::network::{FlowId, Network, Place, Wiring};
use std::collections::BTreeMap;

/// A message and its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter<M> {
    pub from: NodeId,
    pub to: NodeId,
    pub body: M,
}

/// How many messages went where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct WireCounts {
    pub sent: usize,
    pub arrived: usize,
    pub lost: usize,
    pub bytes: u64,
}

/// The network, with messages on it.
#[derive(Debug)]
pub(super) struct Wire<M> {
    network: Network,
    latency: VirtualDuration,
    flowing: BTreeMap<FlowId, Letter<M>>,
    landing: BTreeMap<(VirtualTime, u64), Letter<M>>,
    next: u64,
    pub counts: WireCounts,
}

impl<M> Wire<M> {
    pub(super) fn new(bytes_per_sec: u64, latency: VirtualDuration) -> Self {
        let place = Place { rack: 0, card_bytes_per_sec: bytes_per_sec, disk_bytes_per_sec: bytes_per_sec };
        Wire {
            network: Network::new(Wiring::new(place)),
            latency,
            flowing: BTreeMap::new(),
            landing: BTreeMap::new(),
            next: 0,
            counts: WireCounts::default(),
        }
    }

    /// Whether two machines can reach each other.
    pub(super) fn connects(&self, a: NodeId, b: NodeId) -> bool {
        self.network.wiring().can_talk(a, b)
    }

    /// Sends a message; across a cut it is lost.
    pub(super) fn send(&mut self, now: VirtualTime, from: NodeId, to: NodeId, bytes: u64, body: M) {
        self.counts.sent += 1;
        self.counts.bytes += bytes;
        if !self.connects(from, to) {
            self.counts.lost += 1;
            return;
        }
        let flow = self.network.start(now, from, to, bytes);
        self.flowing.insert(flow, Letter { from, to, body });
    }

    /// When something next moves.
    pub(super) fn next_at(&mut self) -> Option<VirtualTime> {
        let flow = self.network.next_end();
        let landing = self.landing.keys().next().map(|(at, _)| *at);
        flow.into_iter().chain(landing).min()
    }

    /// Moves time on; gives what has arrived.
    pub(super) fn arrived(&mut self, now: VirtualTime) -> Vec<Letter<M>> {
        for flow in self.network.ended(now) {
            if let Some(letter) = self.flowing.remove(&flow) {
                self.landing.insert((now + self.latency, self.next), letter);
                self.next += 1;
            }
        }
        let mut letters = Vec::new();
        while self.landing.keys().next().is_some_and(|(at, _)| *at <= now) {
            letters.extend(self.landing.pop_first().map(|(_, letter)| letter));
        }
        self.counts.arrived += letters.len();
        self.check();
        letters
    }

    /// Cuts these machines off from all others.
    pub(super) fn cut(&mut self, now: VirtualTime, away: &[NodeId]) {
        self.network.rewire(now, |wiring| wiring.separate(away));
        self.drop_unconnected(now);
    }

    /// Joins all machines again.
    pub(super) fn heal(&mut self, now: VirtualTime) {
        self.network.rewire(now, |wiring| {
            let away: Vec<NodeId> = wiring.separated().collect();
            for node in away {
                wiring.rejoin(node);
            }
        });
    }

    fn drop_unconnected(&mut self, now: VirtualTime) {
        let wiring = self.network.wiring();
        let severed = |letter: &Letter<M>| !wiring.can_talk(letter.from, letter.to);
        let flows: Vec<FlowId> =
            self.flowing.iter().filter(|(_, letter)| severed(letter)).map(|(flow, _)| *flow).collect();
        let before = self.landing.len();
        self.landing.retain(|_, letter| !severed(letter));
        for flow in &flows {
            self.network.cancel(now, *flow);
            self.flowing.remove(flow);
        }
        self.counts.lost += flows.len() + before - self.landing.len();
        self.check();
    }

    fn check(&self) {
        let under_way = self.flowing.len() + self.landing.len();
        let counts = self.counts;
        assert!(counts.sent == counts.arrived + counts.lost + under_way, "a message vanished: {counts:?} {under_way}");
    }
}

/// What happens next in a world whose machines send each other letters.
pub(super) enum Next<E, M> {
    Due(E),
    Letters(Vec<Letter<M>>),
}

/// Moves time on to the next thing; what is due goes before what arrives at the same moment. Nothing when all is over.
pub(super) fn next<E, M>(agenda: &mut Agenda<E>, wire: &mut Wire<M>) -> Option<(VirtualTime, Next<E, M>)> {
    match (agenda.next_at(), wire.next_at()) {
        (Some(due), arrival) if arrival.is_none_or(|arrival| due <= arrival) => {
            agenda.take().map(|(at, what)| (at, Next::Due(what)))
        }
        (_, Some(arrival)) => {
            agenda.pass(arrival);
            Some((arrival, Next::Letters(wire.arrived(arrival))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_takes_its_bytes_and_the_latency() {
        let mut wire = Wire::new(1000, VirtualDuration::from_millis(10));
        wire.send(VirtualTime::ZERO, NodeId(1), NodeId(2), 100, "hello");
        assert_eq!(wire.next_at(), Some(VirtualTime::from_secs_f64(0.1)));
        assert!(wire.arrived(VirtualTime::from_secs_f64(0.1)).is_empty());
        assert_eq!(wire.next_at(), Some(VirtualTime::from_secs_f64(0.11)));
        assert_eq!(wire.arrived(VirtualTime::from_secs_f64(0.11))[0].body, "hello");
    }

    #[test]
    fn a_cut_loses_what_is_under_way_across_it() {
        let mut wire = Wire::new(1000, VirtualDuration::from_millis(10));
        wire.send(VirtualTime::ZERO, NodeId(1), NodeId(2), 100, "across");
        wire.send(VirtualTime::ZERO, NodeId(2), NodeId(3), 100, "inside");
        wire.cut(VirtualTime::from_secs_f64(0.05), &[NodeId(1)]);
        let mut letters = Vec::new();
        while let Some(at) = wire.next_at() {
            letters.extend(wire.arrived(at).into_iter().map(|letter| letter.body));
        }
        assert_eq!(letters, ["inside"]);
        assert_eq!(wire.counts.lost, 1);
        wire.heal(VirtualTime::from_secs_f64(1.0));
        assert!(wire.connects(NodeId(1), NodeId(2)));
    }
}
