//! Reads and sends SIP datagrams many at a time (recvmmsg, sendmmsg). It refuses to know what they say.

use crate::sip::Stack;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// Datagrams per system call.
pub(super) const BATCH: usize = 32;
/// The largest datagram.
const DATAGRAM_BYTES_MAX: usize = 65_536;
/// Room for bursts while the thread works: a thousand calls answering at once.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

pub(super) struct SipSocket {
    socket: UdpSocket,
    buffers: Vec<[u8; DATAGRAM_BYTES_MAX]>,
    received: [(usize, Option<SocketAddr>); BATCH],
    read_headers: MultiHeaders<SockaddrStorage>,
    send_headers: MultiHeaders<SockaddrStorage>,
}

impl SipSocket {
    /// What a socket needs before its thread has it.
    pub(super) fn prepare(socket: &UdpSocket) -> io::Result<()> {
        socket.set_nonblocking(true)?;
        let options = socket2::SockRef::from(socket);
        // The kernel may grant less; then bursts are retransmitted.
        options.set_recv_buffer_size(SOCKET_BUFFER_BYTES)?;
        options.set_send_buffer_size(SOCKET_BUFFER_BYTES)
    }

    pub(super) fn new(socket: UdpSocket) -> SipSocket {
        SipSocket {
            socket,
            buffers: vec![[0; DATAGRAM_BYTES_MAX]; BATCH],
            received: [(0, None); BATCH],
            read_headers: MultiHeaders::preallocate(BATCH, None),
            send_headers: MultiHeaders::preallocate(BATCH, None),
        }
    }

    /// How many datagrams came; 0: none wait.
    pub(super) fn receive(&mut self) -> io::Result<usize> {
        let buffers: &mut [[u8; DATAGRAM_BYTES_MAX]; BATCH] =
            self.buffers.as_mut_slice().try_into().expect("it was made with BATCH buffers");
        let mut slices = buffers.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
        let fd = self.socket.as_raw_fd();
        match recvmmsg(fd, &mut self.read_headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None) {
            Ok(results) => {
                let mut count = 0;
                for (place, message) in self.received.iter_mut().zip(results) {
                    *place = (message.bytes, message.address.as_ref().and_then(to_std));
                    count += 1;
                }
                Ok(count)
            }
            // ECONNREFUSED: somebody's port is closed; that is no fault of this socket.
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNREFUSED) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn received(&self, count: usize) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        self.received[..count]
            .iter()
            .zip(&self.buffers)
            .filter_map(|((length, from), buffer)| Some(((*from)?, &buffer[..*length])))
    }

    /// Sends what the stack has. False: the socket takes no more now.
    pub(super) fn send(&mut self, stack: &mut Stack) -> bool {
        loop {
            let (waiting, result) = self.send_batch(stack);
            if waiting == 0 {
                return true;
            }
            match result {
                Ok(sent) => stack.transmitted(sent),
                Err(Errno::EAGAIN | Errno::ENOBUFS) => return false,
                Err(Errno::EINTR) => {}
                // This one cannot go (no route, too long, a closed port): the others can. Its timers will tell.
                Err(error) => {
                    tracing::debug!(%error, "a SIP message was not sent");
                    stack.transmitted(1);
                }
            }
        }
    }

    fn send_batch(&mut self, stack: &Stack) -> (usize, Result<usize, Errno>) {
        let mut addresses: [Option<SockaddrStorage>; BATCH] = [None; BATCH];
        let mut slices: [[IoSlice<'_>; 1]; BATCH] = std::array::from_fn(|_| [IoSlice::new(&[])]);
        let mut waiting = 0;
        for ((address, slice), transmit) in addresses.iter_mut().zip(&mut slices).zip(stack.transmits()) {
            *address = Some(SockaddrStorage::from(transmit.to));
            *slice = [IoSlice::new(transmit.bytes)];
            waiting += 1;
        }
        if waiting == 0 {
            return (0, Ok(0));
        }
        let fd = self.socket.as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT;
        let result = sendmmsg(fd, &mut self.send_headers, slices[..waiting].iter(), &addresses[..waiting], [], flags);
        (waiting, result.map(Iterator::count))
    }
}

impl AsFd for SipSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn to_std(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddr::V4(SocketAddrV4::from(*v4)));
    }
    let v6 = address.as_sockaddr_in6()?;
    Some(SocketAddr::V6(SocketAddrV6::from(*v6)))
}
