//! Webhooks accepted: verified, deduplicated, on disk, answered. Each platform's, beside the same server that keeps nothing.

use shopwire_core::DialectId;

use super::super::conductor::Bench;
use super::super::order::{Load, Sent};
use super::super::server::Kind;
use super::super::store::Wanted;

/// The platforms with their rows.
const PLATFORMS: [(DialectId, &str); 5] = [
    (DialectId::Ecwid, "accept_ecwid"),
    (DialectId::BigCommerce, "accept_bigcommerce"),
    (DialectId::Shoptet, "accept_shoptet"),
    (DialectId::Shoplazza, "accept_shoplazza"),
    (DialectId::Duda, "accept_duda"),
];

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let pump_per_s = bench.pump().await?;
    for (dialect, id) in PLATFORMS {
        let bare = one(bench, dialect, Kind::Bare).await?;
        let real = one(bench, dialect, Kind::Real).await?;
        bench.figures.note_beside(id, real.per_s(), bare.per_s());
        if dialect == DialectId::BigCommerce {
            bench.figures.note_beside("bare_accept", bare.per_s(), pump_per_s);
            let p99_ms = |sent: &Sent| sent.latency.p99_us as f64 / 1e3;
            bench.figures.note_beside("accept_saturated_p99", p99_ms(&real), p99_ms(&bare));
        }
    }
    Ok(())
}

/// As fast as one platform's webhooks are accepted, with nobody to deliver to.
async fn one(bench: &mut Bench, dialect: DialectId, kind: Kind) -> anyhow::Result<Sent> {
    let wanted = Wanted { shops: 1, dialects: vec![dialect], endpoints: |_: &[_]| Vec::new() };
    let store = bench.store(wanted).await?;
    let server = bench.serve(&store, kind).await?;
    let load = Load { dialect, ..bench.load(&store, &server, 1) };
    let sent = bench.send(load, bench.for_a_while()).await?;
    server.stop().await?;
    Ok(sent)
}
