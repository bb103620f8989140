//! Which client a request comes from, and how many it may make.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::error::ApiError;

/// The client's address, by the rule about trusted proxies; `None` where it cannot be told.
pub(crate) fn address(app: &App, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    app.proxies().client(peer(extensions)?, headers)
}

fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| *peer)
}

/// What one client can be expected to have of addresses: one of IPv4, a /64 of IPv6.
pub(crate) fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => Ipv6Addr::to_bits(address) >> 64 << 64,
    }
}

/// Counts a request against its client's rate. One that a trusted proxy passes on without saying for whom counts for the
/// proxy: what cannot be told is no way around the limit.
///
/// # Errors
/// 429 `rate_limited`, with the time to wait.
pub(crate) fn check_rate(
    app: &App,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    let client = address(app, extensions, headers);
    match client.or_else(|| peer(extensions).map(|peer| peer.ip())) {
        Some(address) => app
            .client_rate()
            .take(network(address))
            .map_err(|wait| ApiError::rate_limited("from this address", wait)),
        None => Ok(()),
    }
}

/// Counts a request to the reading API.
pub(crate) async fn limited(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    check_rate(&app, request.extensions(), request.headers())?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_one_client() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
