//! The address to listen on.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use super::Check;
use super::probe;

const NAME: &str = "listen address";

/// Whether the address is free, or it is us who listen there.
pub(super) fn check(address: SocketAddr) -> Check {
    match TcpListener::bind(address) {
        Ok(_) => Check::ok(NAME, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => taken(address),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Check::problem(
            NAME,
            format!("{address} is not ours to take: {error}"),
            "choose a port above 1023 as `server.listen`, or allow the process to bind low ports",
        ),
        Err(error) => Check::problem(
            NAME,
            format!("{address} can't be listened on: {error}"),
            "choose an address of this machine as `server.listen`; `0.0.0.0` is all of them",
        ),
    }
}

fn taken(address: SocketAddr) -> Check {
    match probe::get(address, "/healthz") {
        Ok(200) => Check::ok(NAME, format!("a running server answers on {address}")),
        _ => Check::problem(
            NAME,
            format!("{address} is taken by another program"),
            format!(
                "stop it (`ss -ltnp 'sport = :{}'` names it), or choose another `server.listen`",
                address.port()
            ),
        ),
    }
}
