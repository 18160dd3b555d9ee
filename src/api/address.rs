//! Where a request comes from. It refuses to believe anyone but a proxy on this machine.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address that a request comes from.
#[derive(Debug, Clone, Copy)]
pub struct From(pub IpAddr);

impl From {
    /// `serve` says who is at the other end; without it nobody is believed.
    pub fn of(request: &Extensions, headers: &HeaderMap) -> From {
        let peer = request.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        From(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| of(peer, headers)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<From, Infallible> {
        Ok(From::of(&parts.extensions, &parts.headers))
    }
}

/// A proxy on this machine says for whom it speaks, last in the list; anyone else's word is not asked for.
fn of(peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()).and_then(|text| text.trim().parse().ok());
    last.filter(|_| peer.ip().is_loopback()).unwrap_or_else(|| peer.ip())
}

/// What counts as one address: a household has 2^64 of IPv6 (RFC 6177).
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "203.0.113.9".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.1, 198.51.100.7".parse().unwrap());
        let near: SocketAddr = "127.0.0.1:9".parse().unwrap();
        let far: SocketAddr = "192.0.2.1:9".parse().unwrap();
        assert_eq!(of(near, &headers).to_string(), "198.51.100.7");
        assert_eq!(of(far, &headers).to_string(), "192.0.2.1");
        assert_eq!(neighbourhood("2001:db8:1:2:3::4".parse().unwrap()).to_string(), "2001:db8:1:2::");
        assert_eq!(neighbourhood("::ffff:192.0.2.1".parse().unwrap()).to_string(), "192.0.2.1");
    }
}
