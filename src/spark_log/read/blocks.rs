//! A log's lines, read by several threads.
//!
//! ```text
//!   reader ── cuts the text into blocks of whole lines ──▶ parser 0, 1, … in turn ──▶ the caller takes them in the same turn
//! ```
//!
//! **Invariant.** Block `i` goes to parser `i % n` and is taken from it as the `i`th: the order is that of the log, whoever is faster.

use super::parse::{Parsed, Parser};
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes of a block; a longer line makes a longer one.
const BLOCK: usize = 1 << 20;
/// Blocks that wait on either side of a parser.
const WAITING: usize = 2;
/// More are not fed by one reader.
const PARSERS_MAX: usize = 8;

/// Gives what each block says to `take`, in order.
pub(super) fn each(input: impl Read + Send, mut take: impl FnMut(Parsed)) {
    let count = std::thread::available_parallelism().map_or(2, usize::from).min(PARSERS_MAX);
    std::thread::scope(|scope| {
        let (mut inlets, mut outlets) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (inlet, blocks) = sync_channel::<Vec<u8>>(WAITING);
            let (parsed, outlet) = sync_channel(WAITING);
            scope.spawn(move || parse(&blocks, &parsed));
            inlets.push(inlet);
            outlets.push(outlet);
        }
        let reader = scope.spawn(move || cut(input, &inlets));
        for outlet in outlets.iter().cycle() {
            let Ok(parsed) = outlet.recv() else { break };
            take(parsed);
        }
        let is_broken = reader.join().unwrap_or(true);
        take(Parsed { torn: is_broken, ..Parsed::default() });
    });
}

fn parse(blocks: &Receiver<Vec<u8>>, parsed: &SyncSender<Parsed>) {
    let mut parser = Parser::default();
    for block in blocks {
        if parsed.send(parser.block(&block)).is_err() {
            return;
        }
    }
}

/// Hands out blocks until the input ends. True when it breaks before: what stands before the break is whole lines.
fn cut(mut input: impl Read, inlets: &[SyncSender<Vec<u8>>]) -> bool {
    let mut rest = Vec::new();
    for inlet in inlets.iter().cycle() {
        let mut block = std::mem::replace(&mut rest, Vec::with_capacity(BLOCK + BLOCK / 8));
        let end = fill(&mut input, &mut block);
        let lines = match end {
            End::Input => block.len(),
            End::Block | End::Break => block.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
        };
        rest.extend_from_slice(&block[lines..]);
        block.truncate(lines);
        if inlet.send(block).is_err() || end != End::Block {
            return end == End::Break;
        }
    }
    false
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// There may be more.
    Block,
    Input,
    Break,
}

/// Reads on until a block is full and holds the end of a line.
fn fill(input: &mut impl Read, block: &mut Vec<u8>) -> End {
    loop {
        let before = block.len();
        match input.by_ref().take(BLOCK as u64).read_to_end(block) {
            Ok(0) => return End::Input,
            Ok(_) if block[before..].contains(&b'\n') => return End::Block,
            Ok(_) => {}
            Err(_) => return End::Break,
        }
    }
}
