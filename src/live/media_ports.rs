//! RTP port pairs: an even port for RTP and the odd one above it for RTCP (RFC 3550 section 11), from a configured
//! range on a configured address. The port given back longest ago is taken next, so that the last packets of a dead
//! call do not reach a new one. It refuses to know legs.
//!
//! RTCP is bound so that nobody else gets the port, and never read: the kernel keeps at most a small buffer and drops
//! the rest. We send none: every leg that needs a sign of life gets RTP all the time.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that wait in a socket nobody reads.
const RTCP_BUFFER: usize = 2048;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortError {
    /// `first` must be even, and below `last`.
    Range { first: u16, last: u16 },
    /// Every pair of the range is in use, by us or by others.
    Exhausted { first: u16, last: u16 },
    /// The address is not ours, or no more files may be opened.
    Socket { address: SocketAddr, error: String },
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortError::Range { first, last } => {
                write!(f, "RTP ports {first} to {last}: begin with an even port and end above it")
            }
            PortError::Exhausted { first, last } => write!(
                f,
                "all RTP ports from {first} to {last} are in use: widen media.rtp_ports, or lower the trunks' channels"
            ),
            PortError::Socket { address, error } => write!(
                f,
                "RTP on {address}: {error}: media.bind must be an address of this machine, and the limit of open files above two a leg (ulimit -n)"
            ),
        }
    }
}
impl std::error::Error for PortError {}

#[derive(Debug)]
pub struct PortPool {
    address: IpAddr,
    first: u16,
    last: u16,
    free: Mutex<VecDeque<u16>>,
}

/// Two bound sockets. Dropping them gives the ports back.
#[derive(Debug)]
pub struct PortPair {
    pub rtp: UdpSocket,
    _rtcp: UdpSocket,
    port: u16,
    pool: Arc<PortPool>,
}

impl PortPool {
    pub fn new(address: IpAddr, first: u16, last: u16) -> Result<Arc<PortPool>, PortError> {
        if !first.is_multiple_of(2) || first >= last {
            return Err(PortError::Range { first, last });
        }
        let free = Mutex::new((first..last).step_by(2).collect());
        Ok(Arc::new(PortPool { address, first, last, free }))
    }

    /// Pairs not in use by us.
    pub fn free(&self) -> usize {
        self.lock().len()
    }

    /// Pairs of the range.
    pub fn size(&self) -> usize {
        usize::from(self.last - self.first).div_ceil(2)
    }

    /// Sockets are opened outside the lock: reserving never waits for another's system calls.
    pub fn reserve(self: &Arc<Self>) -> Result<PortPair, PortError> {
        for _ in 0..self.size() {
            let exhausted = PortError::Exhausted { first: self.first, last: self.last };
            let port = self.lock().pop_front().ok_or(exhausted)?;
            match self.open(port) {
                Ok((rtp, rtcp)) => return Ok(PortPair { rtp, _rtcp: rtcp, port, pool: self.clone() }),
                Err(error) => {
                    self.lock().push_back(port);
                    if error.kind() != io::ErrorKind::AddrInUse {
                        let address = SocketAddr::new(self.address, port);
                        return Err(PortError::Socket { address, error: error.to_string() });
                    }
                }
            }
        }
        Err(PortError::Exhausted { first: self.first, last: self.last })
    }

    fn open(&self, port: u16) -> io::Result<(UdpSocket, UdpSocket)> {
        let rtp = UdpSocket::bind((self.address, port))?;
        let rtcp = UdpSocket::bind((self.address, port + 1))?;
        rtp.set_nonblocking(true)?;
        socket2::SockRef::from(&rtcp).set_recv_buffer_size(RTCP_BUFFER)?;
        Ok((rtp, rtcp))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<u16>> {
        // A list of ports is whole between any two statements: a panic elsewhere does not spoil it.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PortPair {
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.pool.address, self.port)
    }
}

impl Drop for PortPair {
    fn drop(&mut self) {
        self.pool.lock().push_back(self.port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn pairs_are_even_given_back_and_taken_in_turn() {
        let pool = PortPool::new(HERE, 42_100, 42_106).expect("a range");
        assert_eq!(pool.size(), 3);
        let held: Vec<PortPair> = std::iter::from_fn(|| pool.reserve().ok()).collect();
        assert!(!held.is_empty() && held.iter().all(|pair| pair.address().port() % 2 == 0));
        assert!(matches!(pool.reserve(), Err(PortError::Exhausted { .. })));
        drop(held);
        assert_eq!(pool.free(), 3);
        let first = pool.reserve().expect("free again").address().port();
        let second = pool.reserve().expect("free again").address().port();
        assert_ne!(first, second, "the port just given back rests");
    }

    #[test]
    fn a_port_that_somebody_else_holds_is_passed_over() {
        let theirs = UdpSocket::bind((HERE, 42_111)).expect("free in tests");
        let pool = PortPool::new(HERE, 42_110, 42_114).expect("a range");
        assert_eq!(pool.reserve().expect("the other pair").address().port(), 42_112);
        drop(theirs);
    }

    #[test]
    fn wrong_ranges_and_addresses_are_refused_with_the_fix() {
        assert_eq!(PortPool::new(HERE, 7, 9).err(), Some(PortError::Range { first: 7, last: 9 }));
        assert!(PortPool::new(HERE, 10, 10).is_err());
        let pool = PortPool::new("192.0.2.77".parse().expect("an address"), 42_120, 42_130).expect("a range");
        let error = pool.reserve().expect_err("not ours").to_string();
        assert!(error.contains("192.0.2.77:42120") && error.contains("media.bind"), "{error}");
        assert_eq!(pool.free(), 6 - 1);
    }
}
