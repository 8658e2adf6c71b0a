//! Whom we trust, and how we encrypt.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::client::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{DEFAULT_VERSIONS, RootCertStore};
use tokio_rustls::TlsConnector;

use super::config::EgressError;
use crate::Timer;

/// A TLS client for HTTP/1.1 that trusts the web's roots and `extra_roots`.
pub(super) fn connector(extra_roots: &[Bytes], timer: Arc<dyn Timer>) -> Result<TlsConnector, EgressError> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for (index, given) in extra_roots.iter().enumerate() {
        add(&mut roots, given)
            .map_err(|detail| EgressError::RootCertificate { number: index + 1, detail })?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(TimerTime(timer)))
        .with_protocol_versions(DEFAULT_VERSIONS)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn add(roots: &mut RootCertStore, given: &[u8]) -> Result<(), String> {
    if !given.trim_ascii_start().starts_with(b"-----BEGIN") {
        return roots.add(CertificateDer::from(given.to_vec())).map_err(|e| e.to_string());
    }
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(given) {
        roots.add(certificate.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
    }
    if roots.len() == before { Err("the PEM text holds no certificate".to_owned()) } else { Ok(()) }
}

/// Certificates are judged by the same clock as everything else.
struct TimerTime(Arc<dyn Timer>);

impl TimeProvider for TimerTime {
    fn current_time(&self) -> Option<UnixTime> {
        let ms = u64::try_from(self.0.now().as_ms()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(ms)))
    }
}

impl fmt::Debug for TimerTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TimerTime")
    }
}
