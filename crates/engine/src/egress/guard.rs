//! Which addresses may be sent to.
//!
//! Anything that is not an ordinary public address is refused, unless the operator has allowed its network. An IPv6
//! address that carries an IPv4 address is judged by that one. The tables follow the IANA special-purpose
//! registries, with some addresses on which cloud platforms offer their own services.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::target::Scheme;

/// An address that is not sent to, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("address {address} is refused ({reason}); the operator can allow its network")]
pub struct Refusal {
    /// The address.
    pub address: IpAddr,
    /// What is special about it, in a few words.
    pub reason: &'static str,
}

const PLAIN_HTTP: &str = "plain http to a public address, use https";

/// The rules for addresses.
#[derive(Debug, Clone)]
pub struct Guard {
    allowed: Vec<IpNet>,
    plain_http: bool,
}

impl Guard {
    /// Public addresses are permitted, and those in `allowed`. Without TLS only the latter, unless `plain_http`.
    pub fn new(allowed: Vec<IpNet>, plain_http: bool) -> Self {
        Self { allowed, plain_http }
    }

    /// Judges one address.
    ///
    /// # Errors
    /// If it may not be sent to.
    pub fn check(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.allows(address) {
            return Ok(());
        }
        special(address).map_or(Ok(()), |reason| Err(Refusal { address, reason }))
    }

    /// Whether there is any address that is sent to without TLS.
    pub(super) fn permits_plain_http(&self) -> bool {
        self.plain_http || !self.allowed.is_empty()
    }

    /// Judges a name by itself. `localhost` and all names below it are loopback (RFC 6761 §6.3), whether or not the
    /// resolver at hand knows them.
    ///
    /// # Errors
    /// If it is such a name, and neither loopback address may be sent to.
    pub(super) fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let name = name.trim_end_matches('.');
        if name != "localhost" && !name.ends_with(".localhost") {
            return Ok(());
        }
        self.check(Ipv4Addr::LOCALHOST.into())
            .or_else(|refusal| self.check(Ipv6Addr::LOCALHOST.into()).map_err(|_| refusal))
    }

    /// Those of a host's addresses that may be sent to, in their order.
    ///
    /// # Errors
    /// With the first refusal if none may. Without TLS, unless that is allowed everywhere, a single address
    /// outside the allowed networks refuses the host: which of them is connected to would be a matter of luck.
    pub(super) fn permitted(&self, scheme: Scheme, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Refusal> {
        if scheme == Scheme::Http && !self.plain_http {
            return match addresses.iter().find(|address| !self.allows(**address)) {
                None => Ok(addresses.to_vec()),
                Some(&address) => Err(Refusal { address, reason: special(address).unwrap_or(PLAIN_HTTP) }),
            };
        }
        let permitted: Vec<_> = addresses.iter().copied().filter(|a| self.check(*a).is_ok()).collect();
        match addresses.first() {
            Some(first) if permitted.is_empty() => self.check(*first).map(|()| permitted),
            _ => Ok(permitted),
        }
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|net| net.contains(&address) || net.contains(&address.to_canonical()))
    }
}

/// What is special about an address; `None` if it is an ordinary public one.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    SPECIAL_V4.iter().find(|(net, _)| net.contains(&address)).map(|(_, reason)| *reason)
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some((_, start)) = CARRIES_V4.iter().find(|(net, _)| net.contains(&address)) {
        return special_v4(carried(address, *start));
    }
    // ISATAP puts the IPv4 address of a tunnel's end behind this interface identifier, in any network.
    let [.., 0x0000 | 0x0200, 0x5efe, _, _] = address.segments() else {
        return special_v6_native(address);
    };
    special_v4(carried(address, 12)).or_else(|| special_v6_native(address))
}

fn special_v6_native(address: Ipv6Addr) -> Option<&'static str> {
    let known = SPECIAL_V6.iter().find(|(net, _)| net.contains(&address)).map(|(_, reason)| *reason);
    known.or_else(|| (!GLOBAL_V6.contains(&address)).then_some("not a public address"))
}

/// The IPv4 address that stands at this byte.
fn carried(address: Ipv6Addr, start: usize) -> Ipv4Addr {
    let bytes = address.octets();
    Ipv4Addr::new(bytes[start], bytes[start + 1], bytes[start + 2], bytes[start + 3])
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(start: [u16; 6], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f] = start;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, 0, 0), prefix)
}

const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (v4(0, 0, 0, 0, 8), "unspecified, this network"),
    (v4(10, 0, 0, 0, 8), "private network"),
    (v4(100, 64, 0, 0, 10), "shared by carriers (CGNAT)"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(168, 63, 129, 16, 32), "cloud platform service"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "private network"),
    (v4(192, 0, 0, 0, 24), "protocol assignments"),
    (v4(192, 0, 2, 0, 24), "documentation"),
    (v4(192, 88, 99, 0, 24), "6to4 relay"),
    (v4(192, 168, 0, 0, 16), "private network"),
    (v4(198, 18, 0, 0, 15), "benchmarking"),
    (v4(198, 51, 100, 0, 24), "documentation"),
    (v4(203, 0, 113, 0, 24), "documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(240, 0, 0, 0, 4), "reserved, broadcast"),
];

const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    // Which part of such an address is the IPv4 address only the network itself knows.
    (v6([0x64, 0xff9b, 1, 0, 0, 0], 48), "local NAT64"),
    (v6([0x100, 0, 0, 0, 0, 0], 64), "discard"),
    (v6([0x2001, 0, 0, 0, 0, 0], 23), "protocol assignments, Teredo, ORCHID"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0], 32), "documentation"),
    (v6([0x3fff, 0, 0, 0, 0, 0], 20), "documentation"),
    (v6([0x5f00, 0, 0, 0, 0, 0], 16), "segment routing"),
    (v6([0xfc00, 0, 0, 0, 0, 0], 7), "unique local"),
    (v6([0xfe80, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0], 10), "site-local"),
    (v6([0xff00, 0, 0, 0, 0, 0], 8), "multicast"),
];

/// All that is assigned to the public internet.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0], 3);

/// Networks whose addresses carry an IPv4 address, and at which byte.
const CARRIES_V4: &[(Ipv6Net, usize)] = &[
    (v6([0, 0, 0, 0, 0, 0], 96), 12),         // compatible; also `::` and `::1`
    (v6([0, 0, 0, 0, 0, 0xffff], 96), 12),    // mapped
    (v6([0, 0, 0, 0, 0xffff, 0], 96), 12),    // translated (SIIT)
    (v6([0x64, 0xff9b, 0, 0, 0, 0], 96), 12), // NAT64
    (v6([0x2002, 0, 0, 0, 0, 0], 16), 2),     // 6to4
];

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
