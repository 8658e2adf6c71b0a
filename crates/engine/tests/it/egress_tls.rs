//! Whom the client trusts.

use std::sync::Arc;

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use shopwire_engine::egress::{Egress, EgressConfig, EgressError, Failure, Pool, Target};
use shopwire_testkit::{Reply, ScriptedReceiver, SimClock};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::SimTimer;
use crate::egress::{NOW, ScriptedResolver, egress, loopback, request};

/// A certificate authority of the test.
pub(crate) struct Authority {
    pem: String,
    pub(crate) der: Bytes,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let der = Bytes::copy_from_slice(certificate.der());
        Self { pem: certificate.pem(), der, issuer: Issuer::new(params, key) }
    }
}

/// A receiver behind TLS, under one name, on a port of its own.
pub(crate) struct TlsReceiver {
    pub(crate) receiver: Arc<ScriptedReceiver>,
    pub(crate) port: u16,
}

impl TlsReceiver {
    pub(crate) async fn start(name: &str, authority: &Authority) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        Self::presenting(certificate.der().clone(), &key).await
    }

    /// One that shows this certificate.
    pub(crate) async fn presenting(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let receiver = Arc::new(ScriptedReceiver::start().await);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(terminate(listener, TlsAcceptor::from(Arc::new(config)), receiver.address()));
        Self { receiver, port }
    }

    pub(crate) fn pool(&self, egress: &Egress, name: &str) -> Pool {
        egress.pool(Target::parse(&format!("https://{name}:{}/in", self.port)).unwrap(), 2)
    }
}

async fn terminate(listener: TcpListener, tls: TlsAcceptor, to: std::net::SocketAddr) {
    while let Ok((stream, _)) = listener.accept().await {
        let tls = tls.clone();
        tokio::spawn(async move {
            if let Ok(mut clear) = tls.accept(stream).await {
                let mut plain = TcpStream::connect(to).await.unwrap();
                // How it ends is what the tests look at, from the other side.
                drop(tokio::io::copy_bidirectional(&mut clear, &mut plain).await);
            }
        });
    }
}

pub(crate) fn trusting(roots: &[Bytes], clock: &SimClock) -> Egress {
    let config = EgressConfig { extra_roots: roots.to_vec(), ..loopback() };
    egress(config, clock, ScriptedResolver::answering(&[&["127.0.0.1"]]))
}

pub(crate) async fn failure(pool: &Pool) -> String {
    match pool.exchange(&request("{}")).await.result {
        Err(Failure::Tls { detail }) => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_trusted_receiver_is_sent_to_and_its_connection_used_again() {
    let authority = Authority::new();
    let there = TlsReceiver::start("receiver.test", &authority).await;
    for root in [Bytes::from(authority.pem.clone()), authority.der.clone()] {
        let pool = there.pool(&trusting(&[root], &SimClock::at(NOW)), "receiver.test");
        for (bytes, reused) in [(2, false), (100_000, true), (3 << 20, true)] {
            let exchange = pool.exchange(&request(vec![b'x'; bytes])).await;
            assert_eq!((exchange.result.unwrap().status, exchange.reused), (200, reused));
            assert_eq!(there.receiver.requests().pop().unwrap().body.len(), bytes);
        }
    }
    let host = format!("receiver.test:{}", there.port);
    assert_eq!(there.receiver.requests()[0].header("host"), Some(host.as_str()));
}

#[tokio::test]
async fn the_dot_of_a_full_name_does_not_matter_to_the_certificate() {
    let authority = Authority::new();
    let there = TlsReceiver::start("receiver.test", &authority).await;
    let pool = there.pool(&trusting(&[authority.der], &SimClock::at(NOW)), "receiver.test.");
    assert_eq!(pool.exchange(&request("{}")).await.result.unwrap().status, 200);
}

#[tokio::test]
async fn an_encrypted_answer_without_a_goodbye_is_complete_and_a_closed_idle_connection_replaced() {
    let authority = Authority::new();
    let there = TlsReceiver::start("receiver.test", &authority).await;
    there.receiver.set_replies([
        Reply::status(200).until_close("all"),
        Reply::status(200),
        Reply::close(),
        Reply::status(202),
    ]);
    let pool = there.pool(&trusting(&[authority.der], &SimClock::at(NOW)), "receiver.test");
    assert_eq!(pool.exchange(&request("{}")).await.result.unwrap().body_start, "all");
    assert_eq!(pool.exchange(&request("{}")).await.result.unwrap().status, 200);
    let third = pool.exchange(&request("{}")).await;
    assert_eq!((third.result.unwrap().status, third.reused), (202, false));
}

#[tokio::test]
async fn strangers_wrong_names_and_old_certificates_are_refused() {
    let authority = Authority::new();
    let there = TlsReceiver::start("receiver.test", &authority).await;
    let clock = SimClock::at(NOW);

    let stranger = there.pool(&trusting(&[], &clock), "receiver.test");
    insta::assert_snapshot!(failure(&stranger).await, @"invalid peer certificate: UnknownIssuer");
    let other = trusting(&[Authority::new().der], &clock);
    assert!(!failure(&there.pool(&other, "receiver.test")).await.is_empty());

    let trusting = trusting(&[authority.der], &clock);
    let wrong_name = failure(&there.pool(&trusting, "other.test")).await;
    assert!(wrong_name.contains("certificate not valid for name \"other.test\""), "{wrong_name}");
    assert!(failure(&there.pool(&trusting, "127.0.0.1")).await.contains("not valid for name"));

    clock.advance_ms(365 * 86_400_000);
    let expired = failure(&there.pool(&trusting, "receiver.test")).await;
    assert!(expired.contains("expired"), "{expired}");
    assert_eq!(there.receiver.connections(), 0);
}

#[tokio::test]
async fn a_receiver_that_speaks_no_tls_is_a_tls_failure() {
    let receiver = ScriptedReceiver::start().await;
    let egress = trusting(&[], &SimClock::at(NOW));
    let target = Target::parse(&format!("https://{}/", receiver.address())).unwrap();
    let detail = failure(&egress.pool(target, 1)).await;
    assert!(detail.starts_with("the handshake was broken off"), "{detail}");
    assert_eq!(receiver.requests().len(), 0);
}

#[test]
fn roots_that_are_no_certificates_are_refused_by_number() {
    let good = Bytes::from(Authority::new().pem);
    for bad in [
        "",
        "not a certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN X-----",
    ] {
        let config = EgressConfig { extra_roots: vec![good.clone(), Bytes::from(bad)], ..loopback() };
        let timer = Arc::new(SimTimer(SimClock::at(NOW)));
        let error = Egress::new(config, timer, ScriptedResolver::answering(&[])).unwrap_err();
        assert!(matches!(error, EgressError::RootCertificate { number: 2, .. }), "{error}");
    }
}
