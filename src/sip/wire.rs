//! What waits to be sent: one growing buffer and a list of cuts, emptied together, so that a message costs no
//! allocation of its own.

use super::api::Transmit;
use super::transport::Peer;
use std::collections::VecDeque;

pub(crate) struct Wire {
    pub(crate) bytes: Vec<u8>,
    queue: VecDeque<(Peer, usize, usize)>,
    limit: usize,
    pub(crate) sent: u64,
    pub(crate) dropped: u64,
}

impl Wire {
    pub(crate) fn new(limit: usize) -> Wire {
        Wire { bytes: Vec::new(), queue: VecDeque::new(), limit, sent: 0, dropped: 0 }
    }

    /// Where the message that is about to be written begins.
    pub(crate) fn begin(&mut self) -> usize {
        self.reclaim();
        self.bytes.len()
    }

    /// The message from `begin` to here goes to this peer.
    pub(crate) fn commit(&mut self, peer: Peer, begin: usize) {
        let end = self.bytes.len();
        if end > self.limit {
            self.bytes.truncate(begin);
            self.dropped += 1;
            return;
        }
        self.sent += 1;
        self.queue.push_back((peer, begin, end));
    }

    pub(crate) fn send(&mut self, peer: Peer, message: &[u8]) {
        let begin = self.begin();
        self.bytes.extend_from_slice(message);
        self.commit(peer, begin);
    }

    pub(crate) fn poll(&mut self) -> Option<Transmit<'_>> {
        let Some((peer, begin, end)) = self.queue.pop_front() else {
            self.reclaim();
            return None;
        };
        Some(Transmit { transport: peer.transport, to: peer.addr, bytes: &self.bytes[begin..end] })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Transmit<'_>> {
        self.queue.iter().map(|(peer, begin, end)| Transmit {
            transport: peer.transport,
            to: peer.addr,
            bytes: &self.bytes[*begin..*end],
        })
    }

    /// Forgets the first `count` messages: they are on their way.
    pub(crate) fn drop_first(&mut self, count: usize) {
        self.queue.drain(..count.min(self.queue.len()));
        self.reclaim();
    }

    fn reclaim(&mut self) {
        if self.queue.is_empty() {
            self.bytes.clear();
        }
    }
}
