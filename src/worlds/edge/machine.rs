//! The loop: plays come, are routed, wait for titles, run and end; sites fail, grow and shrink.

use super::config::{EdgeConfig, Scaling};
use super::demand::{Play, plays};
use super::router::{Wish, choose, distance_ms};
use super::scaling::{Forecast, servers_at_start, servers_wanted};
use super::site::{SITES, Site, name_of, number_of};
use crate::common::ids::NodeId;
use crate::common::{VirtualDuration, VirtualTime};
use crate::worlds::WorldOutcome;
use crate::worlds::agenda::Agenda;
use crate::worlds::outcome::{Journal, Mark, percent, percentile};
use crate::worlds::wire::{Next, Wire, next};
use std::collections::BTreeMap;

/// The origin's place on the network; sites have the numbers after it.
const ORIGIN: NodeId = NodeId(0);

#[derive(Debug)]
enum Due {
    Play(usize),
    /// A player that got no answer asks again.
    Retry(usize),
    /// A running stream finds its site dead at its next segment.
    Broken(usize),
    End(usize, u32),
    Kill(usize),
    Back(usize),
    Health,
    OriginDown,
    OriginUp,
    Weak(usize, u64),
    Decide,
    /// A full hour: the state of things is told.
    Hour,
    Booted(usize, u64),
}

/// Why a play failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    NoRoom,
    SiteLost,
    OriginDown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not yet answered by a site.
    Asking,
    /// At a site that fetches its title.
    Waiting(usize),
    Running(usize),
    /// Its site died; it will notice at its next segment.
    Stalled,
    Ended,
    Failed(Cause),
}

/// A play and its way.
#[derive(Debug)]
struct Stream {
    play: Play,
    state: State,
    tried: Vec<usize>,
    started: Option<VirtualTime>,
    /// Sites that sent segments of it.
    parts: Vec<usize>,
    /// Grows when it moves, so that an end that was planned before is not taken for the new one.
    turn: u32,
    /// When its site died under it.
    broken: Option<VirtualTime>,
    /// Whether the origin was down when it wanted to begin.
    begins_without_origin: bool,
}

/// The edge at one moment.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    config: &'a EdgeConfig,
    forecast: Forecast,
    sites: Vec<Site>,
    streams: Vec<Stream>,
    /// Titles on their way to a site, and who waits for them.
    fetches: BTreeMap<(usize, u64), Vec<usize>>,
    origin_is_up: bool,
    agenda: Agenda<Due>,
    wire: Wire<(usize, u64)>,
    journal: Journal,
    now: VirtualTime,
    /// Requests and hits by hour of the day.
    hours: BTreeMap<u64, (usize, usize)>,
    server_ns: u128,
    servers_since: VirtualTime,
    redirected: usize,
    retried: usize,
    failovers: Vec<u64>,
    open: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(config: &'a EdgeConfig, seed: u64) -> Self {
        let forecast = Forecast::of_yesterday(config, seed);
        let sites = (0..SITES).map(|site| Site::new(config, servers_at_start(config, &forecast, site))).collect();
        let streams: Vec<Stream> = plays(config, seed).into_iter().map(Stream::new).collect();
        let mut machine = Machine {
            config,
            forecast,
            sites,
            open: streams.len(),
            streams,
            fetches: BTreeMap::new(),
            origin_is_up: true,
            agenda: Agenda::new(),
            wire: Wire::new(config.network_mb_per_s * 1_000_000, VirtualDuration::from_millis(config.far_ms)),
            journal: Journal::default(),
            now: VirtualTime::ZERO,
            hours: BTreeMap::new(),
            server_ns: 0,
            servers_since: VirtualTime::ZERO,
            redirected: 0,
            retried: 0,
            failovers: Vec::new(),
        };
        machine.plan();
        machine
    }

    fn plan(&mut self) {
        let config = self.config;
        if let Some(site) = number_of(&config.kill) {
            self.agenda.add(at_s(config.kill_s), Due::Kill(site));
            if config.back_s > 0 {
                self.agenda.add(at_s(config.back_s), Due::Back(site));
            }
        }
        if config.origin_up_s > config.origin_down_s {
            self.agenda.add(at_s(config.origin_down_s), Due::OriginDown);
            self.agenda.add(at_s(config.origin_up_s), Due::OriginUp);
        }
        if let Some(site) = number_of(&config.weak).filter(|_| config.weak_to_s > config.weak_from_s) {
            self.agenda.add(at_s(config.weak_from_s), Due::Weak(site, config.weak_percent));
            self.agenda.add(at_s(config.weak_to_s), Due::Weak(site, 100));
        }
        if matches!(config.scaling, Scaling::Reactive | Scaling::Predictive) {
            self.agenda.add(VirtualTime::ZERO, Due::Decide);
        }
        (1..24).for_each(|hour| self.agenda.add(at_s(hour * 3_600), Due::Hour));
        for (number, stream) in self.streams.iter().enumerate() {
            let at = VirtualTime::ZERO + VirtualDuration::from_millis(stream.play.at_ms);
            self.agenda.add(at, Due::Play(number));
        }
        let text = format!("{} plays will come; the caches are empty", self.streams.len());
        self.journal.tell(VirtualTime::ZERO, "router", Mark::Step, text);
    }

    /// Runs until the last stream has ended.
    pub(super) fn run(mut self, seed: u64) -> WorldOutcome {
        while self.open > 0 {
            let Some((at, next)) = next(&mut self.agenda, &mut self.wire) else { break };
            self.now = at;
            match next {
                Next::Due(what) => self.happen(what),
                Next::Letters(letters) => {
                    for letter in letters {
                        self.fetched(letter.body.0, letter.body.1);
                    }
                }
            }
            self.check();
        }
        assert!(self.open == 0, "{} plays neither ended nor failed", self.open);
        self.pay();
        conclude(self, seed)
    }

    fn happen(&mut self, what: Due) {
        match what {
            Due::Play(stream) => {
                self.streams[stream].begins_without_origin = !self.origin_is_up;
                self.ask(stream);
            }
            Due::Retry(stream) => self.ask(stream),
            Due::Broken(stream) => self.broken(stream),
            Due::End(stream, turn) => self.end(stream, turn),
            Due::Kill(site) => self.kill(site),
            Due::Back(site) => self.back(site),
            Due::Health => self.check_health(),
            Due::OriginDown => self.origin_down(),
            Due::OriginUp => {
                self.wire.heal(self.now);
                self.origin_is_up = true;
                self.journal.tell(self.now, "origin", Mark::Recovery, "the origin is back");
            }
            Due::Weak(site, percent) => self.weaken(site, percent),
            Due::Decide => self.decide(),
            Due::Hour => self.tell_hour(),
            Due::Booted(site, servers) => {
                self.pay();
                self.sites[site].booting -= servers;
                self.sites[site].servers += servers;
            }
        }
    }

    /// A player asks the router, and the site that it names.
    fn ask(&mut self, number: usize) {
        let stream = &self.streams[number];
        let (near, title) = (stream.play.near, stream.play.title);
        let wish = Wish { near, tried: &stream.tried, cached: None };
        let Some(site) = choose(self.config, &self.sites, wish) else {
            let is_lost = stream.tried.iter().any(|site| !self.sites[*site].is_up);
            return self.fail(number, if is_lost { Cause::SiteLost } else { Cause::NoRoom });
        };
        if !self.sites[site].is_up {
            return self.unanswered(number, site);
        }
        if site != near && self.sites[near].is_up && stream.tried.is_empty() {
            self.redirected += 1;
            let lane = name_of(near);
            self.journal.tell_some("a play was redirected", self.now, &lane, Mark::Refusal, || {
                format!("is busy: a play goes to {} instead", name_of(site))
            });
        }
        if self.origin_is_up || self.sites[site].has_title(title) {
            self.serve(number, site);
        } else {
            self.serve_without_origin(number);
        }
    }

    /// The site does not answer: ask another after a moment, or give up.
    fn unanswered(&mut self, number: usize, site: usize) {
        if !self.config.failover {
            return self.fail(number, Cause::SiteLost);
        }
        self.retried += 1;
        self.streams[number].tried.push(site);
        self.streams[number].broken.get_or_insert(self.now);
        self.agenda.add(self.now + VirtualDuration::from_millis(self.config.retry_ms), Due::Retry(number));
    }

    /// The origin cannot help: another site that keeps the title can.
    fn serve_without_origin(&mut self, number: usize) {
        let play = self.streams[number].play;
        let wish = Wish { near: play.near, tried: &self.streams[number].tried, cached: Some(play.title) };
        let other =
            choose(self.config, &self.sites, wish).filter(|site| self.config.failover && self.sites[*site].is_up);
        match other {
            Some(site) => self.serve(number, site),
            None => self.fail(number, Cause::OriginDown),
        }
    }

    /// A site takes a stream: from its cache, or after a fetch from the origin.
    fn serve(&mut self, number: usize, site: usize) {
        let title = self.streams[number].play.title;
        self.sites[site].streams.insert(number);
        self.note_load(site);
        let is_hit = self.sites[site].read(title);
        let hour = self.hours.entry(self.now.0 / 3_600_000_000_000).or_default();
        hour.0 += 1;
        hour.1 += usize::from(is_hit);
        if is_hit {
            return self.start(number, site);
        }
        self.streams[number].state = State::Waiting(site);
        let waiting = self.fetches.entry((site, title)).or_default();
        waiting.push(number);
        if waiting.len() == 1 {
            let to = NodeId(site as u32 + 1);
            self.wire.send(self.now, ORIGIN, to, self.config.title_mb * 1_000_000, (site, title));
            self.journal.tell_some("a title was fetched", self.now, &name_of(site), Mark::Step, || {
                format!("has no title {title} and fetches it from the origin")
            });
        }
    }

    fn fetched(&mut self, site: usize, title: u64) {
        // A site that died meanwhile has forgotten its fetches.
        let Some(waiting) = self.fetches.remove(&(site, title)) else { return };
        self.sites[site].keep(title);
        for number in waiting {
            self.start(number, site);
        }
    }

    /// The first segment, or the first one from this site, flows.
    fn start(&mut self, number: usize, site: usize) {
        let distance = VirtualDuration::from_millis(distance_ms(self.config, self.streams[number].play.near, site));
        let now = self.now + distance;
        let stream = &mut self.streams[number];
        if let Some(broken) = stream.broken.take() {
            self.failovers.push(now.since(broken).0);
        }
        let started = *stream.started.get_or_insert(now);
        stream.state = State::Running(site);
        stream.tried.clear();
        stream.parts.push(site);
        stream.turn += 1;
        let end = started + VirtualDuration::from_secs(stream.play.watch_s);
        self.agenda.add(end.max(now), Due::End(number, stream.turn));
    }

    fn end(&mut self, number: usize, turn: u32) {
        let stream = &mut self.streams[number];
        let State::Running(site) = stream.state else { return };
        if stream.turn == turn {
            stream.state = State::Ended;
            self.sites[site].streams.remove(&number);
            self.open -= 1;
        }
    }

    fn fail(&mut self, number: usize, cause: Cause) {
        self.streams[number].state = State::Failed(cause);
        self.open -= 1;
        let lane = name_of(self.streams[number].play.near);
        let (kind, why) = match cause {
            Cause::NoRoom => ("a play failed: no room", "no site has room"),
            Cause::SiteLost => ("a play failed: site lost", "its site does not answer"),
            Cause::OriginDown => ("a play failed: origin down", "no site has its title and the origin is down"),
        };
        self.journal.tell_some(kind, self.now, &lane, Mark::Loss, || format!("a play failed: {why}"));
    }

    fn kill(&mut self, site: usize) {
        let carried = self.sites[site].die();
        self.journal.tell(self.now, name_of(site), Mark::Fault, format!("died with {} streams", carried.len()));
        self.fetches.retain(|(at, _), _| *at != site);
        for number in carried {
            let stream = &mut self.streams[number];
            let is_running = matches!(stream.state, State::Running(_));
            stream.broken = Some(self.now);
            stream.state = State::Stalled;
            // A running stream notices when it wants its next segment, one that waited for its first at once.
            let into = self.now.since(stream.started.unwrap_or(self.now)).0;
            let segment = VirtualDuration::from_secs(self.config.segment_s).0;
            let next = if is_running { segment - into % segment } else { 0 };
            self.agenda.add(self.now + VirtualDuration(next), Due::Broken(number));
        }
        self.agenda.add(self.next_health(), Due::Health);
    }

    /// Health checks come at even distances.
    fn next_health(&self) -> VirtualTime {
        let every = VirtualDuration::from_secs(self.config.health_s).0;
        VirtualTime((self.now.0 / every + 1) * every)
    }

    fn back(&mut self, site: usize) {
        self.sites[site].is_up = true;
        self.journal.tell(self.now, name_of(site), Mark::Recovery, "is back, with an empty cache");
        self.agenda.add(self.next_health(), Due::Health);
    }

    fn check_health(&mut self) {
        for (number, site) in self.sites.iter_mut().enumerate().filter(|(_, site)| site.looks_up != site.is_up) {
            site.looks_up = site.is_up;
            let (mark, text) = if site.is_up {
                (Mark::Recovery, "passed a health check and gets plays again")
            } else {
                (Mark::Step, "failed a health check: nobody is sent there any more")
            };
            self.journal.tell(self.now, name_of(number), mark, text);
        }
    }

    /// A stream wants its next segment from a dead site.
    fn broken(&mut self, number: usize) {
        if !self.config.failover {
            return self.fail(number, Cause::SiteLost);
        }
        self.retried += 1;
        self.streams[number].state = State::Asking;
        let dead = self.streams[number].parts.last().copied().filter(|site| !self.sites[*site].is_up);
        self.streams[number].tried.extend(dead);
        self.agenda.add(self.now + VirtualDuration::from_millis(self.config.retry_ms), Due::Retry(number));
    }

    fn origin_down(&mut self) {
        self.origin_is_up = false;
        self.wire.cut(self.now, &[ORIGIN]);
        self.journal.tell(self.now, "origin", Mark::Fault, "the origin is down: only titles in a cache can play");
        for ((site, _), waiting) in std::mem::take(&mut self.fetches) {
            for number in waiting {
                self.sites[site].streams.remove(&number);
                self.streams[number].begins_without_origin |= self.streams[number].started.is_none();
                self.serve_without_origin(number);
            }
        }
    }

    fn weaken(&mut self, site: usize, percent: u64) {
        self.sites[site].percent = percent;
        let (mark, text) = if percent < 100 {
            (Mark::Fault, format!("has {percent} % of its capacity left"))
        } else {
            (Mark::Recovery, "has its whole capacity again".to_owned())
        };
        self.journal.tell(self.now, name_of(site), mark, text);
        if self.config.balancing {
            self.shed(site);
        }
        self.note_load(site);
    }

    /// Moves running streams to other sites until the rest fits.
    fn shed(&mut self, site: usize) {
        let spare = self.sites[site].streams.len().saturating_sub(self.sites[site].capacity() as usize);
        let moving: Vec<usize> = self.sites[site].streams.iter().rev().take(spare).copied().collect();
        let count = moving.len();
        for number in moving {
            self.sites[site].streams.remove(&number);
            if let State::Waiting(_) = self.streams[number].state {
                self.fetches.values_mut().for_each(|waiting| waiting.retain(|other| *other != number));
            }
            self.streams[number].state = State::Asking;
            self.streams[number].tried = vec![site];
            self.redirected += 1;
            self.ask(number);
        }
        if count > 0 {
            let text = format!("gave {count} running streams to other sites");
            self.journal.tell(self.now, name_of(site), Mark::Recovery, text);
        }
    }

    /// Orders or gives back servers.
    fn decide(&mut self) {
        self.pay();
        let now_s = self.now.0 / 1_000_000_000;
        for number in 0..SITES {
            let streams = self.sites[number].streams.len() as u64;
            let wanted = servers_wanted(self.config, &self.forecast, number, streams, now_s);
            let site = &mut self.sites[number];
            let have = site.servers + site.booting;
            if wanted > have {
                let more = wanted - have;
                site.booting += more;
                let ready = self.now + VirtualDuration::from_secs(self.config.boot_s);
                self.agenda.add(ready, Due::Booted(number, more));
                self.journal.tell_some("servers were ordered", self.now, &name_of(number), Mark::Step, || {
                    format!("orders {more} more servers: {streams} streams on {have}")
                });
            } else if wanted < site.servers && site.booting == 0 && streams <= site.capacity_of(wanted) {
                site.servers = wanted;
            }
        }
        if self.open > 0 {
            self.agenda.add(self.now + VirtualDuration::from_secs(self.config.decide_s), Due::Decide);
        }
    }

    fn tell_hour(&mut self) {
        let streams: usize = self.sites.iter().map(|site| site.streams.len()).sum();
        let servers: u64 = self.sites.iter().map(|site| site.servers).sum();
        let fullest = self.sites.iter().map(Site::load_permille).max().unwrap_or(0) / 10;
        let text = format!("{streams} streams on {servers} servers; the fullest site is at {fullest} %");
        self.journal.tell(self.now, "router", Mark::Step, text);
    }

    /// Adds up what the servers cost until now, those that boot included.
    fn pay(&mut self) {
        let servers: u64 = self.sites.iter().map(|site| site.servers + site.booting).sum();
        self.server_ns += u128::from(servers) * u128::from(self.now.since(self.servers_since).0);
        self.servers_since = self.now;
    }

    fn note_load(&mut self, site: usize) {
        let load = self.sites[site].load_permille();
        self.sites[site].peak_permille = self.sites[site].peak_permille.max(load);
    }

    fn check(&self) {
        for (number, site) in self.sites.iter().enumerate() {
            assert!(site.is_up || site.streams.is_empty(), "{} is down and carries streams", name_of(number));
            let fits = site.streams.len() as u64 <= site.capacity();
            assert!(!self.config.balancing || fits, "{} carries more than it can", name_of(number));
        }
    }
}

impl Stream {
    fn new(play: Play) -> Self {
        let state = State::Asking;
        Stream {
            play,
            state,
            tried: Vec::new(),
            started: None,
            parts: Vec::new(),
            turn: 0,
            broken: None,
            begins_without_origin: false,
        }
    }
}

fn at_s(s: u64) -> VirtualTime {
    VirtualTime::ZERO + VirtualDuration::from_secs(s)
}

/// The figures.
fn conclude(machine: Machine<'_>, seed: u64) -> WorldOutcome {
    let plays = machine.streams.len();
    let failed = |cause| machine.streams.iter().filter(|stream| stream.state == State::Failed(cause)).count();
    let (no_room, lost, origin) = (failed(Cause::NoRoom), failed(Cause::SiteLost), failed(Cause::OriginDown));
    let mut journal = machine.journal;
    let all = no_room + lost + origin;
    journal.count("plays", plays);
    journal.count("failed plays", all);
    journal.count("failed: no room", no_room);
    journal.count("failed: site lost", lost);
    journal.count("failed: origin down", origin);
    let available = percent(plays - all, plays);
    journal.figure("availability %", available);
    journal.figure("minutes down a year", (100.0 - available) / 100.0 * 365.25 * 24.0 * 60.0);
    let sum = |part: fn(&Site) -> usize| machine.sites.iter().map(part).sum::<usize>();
    journal.figure("hit rate %", percent(sum(|site| site.hits), sum(|site| site.requests)));
    let rate = |hour: Option<&(usize, usize)>| hour.map_or(0.0, |(requests, hits)| percent(*hits, *requests));
    journal.figure("hit rate of the first hour %", rate(machine.hours.values().next()));
    journal.figure("hit rate of the last hour %", rate(machine.hours.values().next_back()));
    let peak = machine.sites.iter().map(|site| site.peak_permille).max().unwrap_or(0);
    journal.figure("highest load %", peak as f64 / 10.0);
    for (number, site) in machine.sites.iter().enumerate() {
        journal.figure(format!("{} hit rate %", name_of(number)), percent(site.hits, site.requests));
        journal.figure(format!("{} highest load %", name_of(number)), site.peak_permille as f64 / 10.0);
    }
    journal.count("redirected", machine.redirected);
    journal.count("retried requests", machine.retried);
    let mut failovers = machine.failovers;
    failovers.sort_unstable();
    journal.count("failed over", failovers.len());
    journal.figure("time to fail over p50 s", percentile(&failovers, 500) as f64 / 1e9);
    journal.figure("time to fail over max s", percentile(&failovers, 1000) as f64 / 1e9);
    let several = |stream: &&Stream| stream.parts.iter().any(|site| Some(site) != stream.parts.first());
    journal.count("streams from several sites", machine.streams.iter().filter(several).count());
    journal.count("fetches from the origin", machine.wire.counts.sent);
    journal.figure("GB from the origin", machine.wire.counts.bytes as f64 / 1e9);
    let without_origin: Vec<&Stream> = machine.streams.iter().filter(|stream| stream.begins_without_origin).collect();
    let (asked, played) =
        (without_origin.len(), without_origin.iter().filter(|stream| stream.started.is_some()).count());
    journal.count("plays while the origin was down", asked);
    journal.figure("of these played from a cache %", percent(played, asked));
    journal.figure("server hours", machine.server_ns as f64 / 3.6e12);
    journal.close("edge", seed, machine.now)
}
