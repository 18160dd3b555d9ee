//! SIP, bytes in and bytes out: scanner, transactions, dialogs, legs, registrar, digest, SDP. No sockets, no clock.
