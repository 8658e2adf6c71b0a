//! Asking a server on this machine.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);
/// The head of an answer is looked at so far.
const HEAD_BYTES_MAX: u64 = 4 << 10;
const HEADERS_MAX: usize = 32;

/// The status with which a server that listens on `address` answers a GET.
pub(super) fn get(address: SocketAddr, path: &str) -> io::Result<u16> {
    let address = SocketAddr::new(reachable(address.ip()), address.port());
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut head = Vec::new();
    stream.take(HEAD_BYTES_MAX).read_to_end(&mut head)?;
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    response.parse(&head).map_err(io::Error::other)?;
    response.code.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Who listens on all addresses is reached on loopback.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}
