//! From a name to its addresses.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;

/// How many addresses of a name are considered.
const ADDRESSES_MAX: usize = 16;

/// A look-up under way.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Finds the addresses of a host name. Called for every new connection; may cache, but need not.
pub trait Resolve: Send + Sync {
    /// All addresses of `host`, the preferred ones first.
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a>;
}

/// The operating system's resolver, with its configuration, its order and its caches.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            let mut addresses = Vec::new();
            for found in tokio::net::lookup_host((host, 0)).await? {
                // One entry for each kind of socket comes back from some systems.
                if !addresses.contains(&found.ip()) && addresses.len() < ADDRESSES_MAX {
                    addresses.push(found.ip());
                }
            }
            Ok(addresses)
        })
    }
}
