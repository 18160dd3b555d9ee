//! Writes messages. Whatever is not a literal of ours passes `text`, which cannot express CR, LF or NUL, so that no
//! value from outside ever becomes a header of its own.

use std::net::SocketAddr;

pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Writer<'a> {
        Writer { out }
    }

    /// A literal of ours.
    pub(crate) fn raw(&mut self, literal: &'static str) -> &mut Self {
        self.out.extend_from_slice(literal.as_bytes());
        self
    }

    /// Anything else. A fold becomes one space, a stray control byte too.
    pub(crate) fn text(&mut self, bytes: &[u8]) -> &mut Self {
        if memchr::memchr3(b'\r', b'\n', 0, bytes).is_none() {
            self.out.extend_from_slice(bytes);
            return self;
        }
        let mut spaced = false;
        for &b in bytes {
            let control = matches!(b, b'\r' | b'\n' | 0);
            if !control {
                self.out.push(b);
            } else if !spaced {
                self.out.push(b' ');
            }
            spaced = control;
        }
        self
    }

    /// Whole header lines that this writer wrote before.
    pub(crate) fn text_lines(&mut self, lines: &[u8]) -> &mut Self {
        self.out.extend_from_slice(lines);
        self
    }

    pub(crate) fn number(&mut self, mut n: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (n % 10) as u8;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[at..]);
        self
    }

    pub(crate) fn end_line(&mut self) -> &mut Self {
        self.raw("\r\n")
    }

    /// `Name: value`.
    pub(crate) fn header(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        self.raw(name).raw(": ").text(value).end_line()
    }

    pub(crate) fn header_number(&mut self, name: &'static str, value: u64) -> &mut Self {
        self.raw(name).raw(": ").number(value).end_line()
    }

    /// The value of `quoted` within quotes; quotes and backslashes in it are escaped.
    pub(crate) fn quoted(&mut self, bytes: &[u8]) -> &mut Self {
        self.out.push(b'"');
        for part in bytes.split_inclusive(|&b| b == b'"' || b == b'\\') {
            match part {
                [head @ .., last @ (b'"' | b'\\')] => {
                    self.text(head);
                    self.out.extend_from_slice(&[b'\\', *last]);
                }
                whole => {
                    self.text(whole);
                }
            }
        }
        self.out.push(b'"');
        self
    }

    /// Closes the headers: without a body.
    pub(crate) fn no_body(&mut self) {
        self.raw("Content-Length: 0\r\n\r\n");
    }

    /// Closes the headers and adds an SDP body.
    pub(crate) fn sdp_body(&mut self, sdp: &[u8]) {
        self.raw("Content-Type: application/sdp\r\n");
        self.header_number("Content-Length", sdp.len() as u64).end_line();
        self.out.extend_from_slice(sdp);
    }
}

/// An address as it stands in a URI or a Via: IPv6 in brackets.
pub(crate) fn host_port(addr: SocketAddr) -> String {
    addr.to_string()
}

/// Characters that may stand unescaped in the user part of a URI (RFC 3261 section 25.1).
pub(crate) fn is_user_text(user: &[u8]) -> bool {
    let fine = |b: &u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
            || matches!(b, b'&' | b'=' | b'+' | b'$' | b',' | b';' | b'?' | b'/' | b'%')
    };
    !user.is_empty() && user.len() <= 128 && user.iter().all(fine)
}

/// Characters of a host name or an address.
pub(crate) fn is_host_text(host: &[u8]) -> bool {
    let fine = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'[' | b']' | b'_');
    !host.is_empty() && host.len() <= 255 && host.iter().all(fine)
}

/// The reason phrase of a status code. (rsip's prints the names of its variants: "404 NotFound".)
pub(crate) fn reason_phrase(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        _ => match code / 100 {
            1 => "Progress",
            2 => "OK",
            3 => "Redirected",
            4 => "Refused",
            5 => "Server Failure",
            _ => "Global Failure",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_nul_cannot_be_expressed() {
        let mut out = Vec::new();
        Writer::new(&mut out).header("To", b"<sip:a@b>\r\nEvil: yes\0\n").quoted(b"a\"b\\\r\nc");
        assert_eq!(out, b"To: <sip:a@b> Evil: yes \r\n\"a\\\"b\\\\ c\"");
    }

    #[test]
    fn numbers() {
        let mut out = Vec::new();
        Writer::new(&mut out).number(0).raw(" ").number(4_294_967_295).raw(" ").number(u64::MAX);
        assert_eq!(out, b"0 4294967295 18446744073709551615");
    }
}
