//! A ledger of the bytes in flight in requests that may outlive the page. All of them share 64 KiB per page (Fetch
//! standard, "HTTP-network-or-cache fetch"); a request above that fails as a whole.

use waymark_protocol::limits;

/// What this SDK uses of the shared allowance; the rest is the site's.
const SHARE: usize = limits::KEEPALIVE_BYTES - 4 * 1024;

/// The ledger.
#[derive(Debug, Default)]
pub struct Ledger {
    in_flight: usize,
}

impl Ledger {
    /// Nothing in flight.
    pub const fn new() -> Ledger {
        Ledger { in_flight: 0 }
    }

    /// Bytes that may still be sent.
    pub fn free(&self) -> usize {
        SHARE.saturating_sub(self.in_flight)
    }

    /// Books a request's body.
    pub fn add(&mut self, bytes: usize) {
        self.in_flight += bytes;
    }

    /// A request has ended.
    pub fn release(&mut self, bytes: usize) {
        self.in_flight = self.in_flight.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_flight_are_not_given_out_twice() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.free(), 60 * 1024);
        ledger.add(60_000);
        assert_eq!(ledger.free(), 60 * 1024 - 60_000);
        ledger.add(5_000);
        assert_eq!(ledger.free(), 0);
        ledger.release(60_000);
        ledger.release(5_000);
        assert_eq!(ledger.free(), 60 * 1024);
    }
}
