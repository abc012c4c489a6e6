//! A log's lines, read by several threads.
//!
//! ```text
//!   reader ── cuts the text into blocks of whole lines ──▶ parser 0, 1, … in turn ──▶ the caller takes them in the same turn
//! ```
//!
//! Blocks that were parsed go back to the reader and are filled again: fresh memory costs as much as reading does.
//!
//! **Invariant.** Block `i` goes to parser `i % n` and is taken from it as the `i`th: the order is that of the log, whoever is faster.

use super::parse::{Parsed, Parser};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Bytes of a block; a longer line makes a longer one.
const BLOCK: usize = 1 << 20;
/// Blocks that wait on either side of a parser.
const WAITING: usize = 2;
/// More are not fed by one reader.
const PARSERS_MAX: usize = 8;

/// Gives what each block says to `take`, in order. The error is what the input broke off with.
pub(super) fn each(input: impl Read + Send, mut take: impl FnMut(Parsed)) -> Option<io::Error> {
    let count = std::thread::available_parallelism().map_or(2, usize::from).min(PARSERS_MAX);
    std::thread::scope(|scope| {
        let (mut inlets, mut outlets) = (Vec::new(), Vec::new());
        let (used, empty) = channel();
        for _ in 0..count {
            let (inlet, blocks) = sync_channel::<Vec<u8>>(WAITING);
            let (parsed, outlet) = sync_channel(WAITING);
            let used = used.clone();
            scope.spawn(move || parse(&blocks, &parsed, &used));
            inlets.push(inlet);
            outlets.push(outlet);
        }
        drop(used);
        let reader = scope.spawn(move || cut(input, &inlets, &empty));
        for outlet in outlets.iter().cycle() {
            let Ok(parsed) = outlet.recv() else { break };
            take(parsed);
        }
        reader.join().unwrap_or_else(|_| Some(io::Error::other("the reader was lost")))
    })
}

fn parse(blocks: &Receiver<Vec<u8>>, parsed: &SyncSender<Parsed>, used: &Sender<Vec<u8>>) {
    let mut parser = Parser::default();
    for block in blocks {
        if parsed.send(parser.block(&block)).is_err() {
            return;
        }
        // At the end nobody fills it again.
        let _ = used.send(block);
    }
}

/// Hands out blocks until the input ends, or breaks: what stands before the break is whole lines.
fn cut(mut input: impl Read, inlets: &[SyncSender<Vec<u8>>], empty: &Receiver<Vec<u8>>) -> Option<io::Error> {
    let mut rest: Vec<u8> = Vec::new();
    for inlet in inlets.iter().cycle() {
        let mut block = empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(BLOCK + BLOCK / 8));
        block.clear();
        block.append(&mut rest);
        let end = fill(&mut input, &mut block);
        let lines = match end {
            End::Input => block.len(),
            End::Block | End::Break(_) => block.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
        };
        rest.extend_from_slice(&block[lines..]);
        block.truncate(lines);
        let is_taken = inlet.send(block).is_ok();
        match end {
            End::Block if is_taken => {}
            End::Block | End::Input => return None,
            End::Break(error) => return Some(error),
        }
    }
    None
}

#[derive(Debug)]
enum End {
    /// There may be more.
    Block,
    Input,
    Break(io::Error),
}

/// Reads on until a block is full and holds the end of a line.
fn fill(input: &mut impl Read, block: &mut Vec<u8>) -> End {
    loop {
        let before = block.len();
        match input.by_ref().take(BLOCK as u64).read_to_end(block) {
            Ok(0) => return End::Input,
            Ok(_) if block[before..].contains(&b'\n') => return End::Block,
            Ok(_) => {}
            Err(error) => return End::Break(error),
        }
    }
}
