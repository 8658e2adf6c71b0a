//! `/metrics`: what the engine counts, in the text format of Prometheus (OpenMetrics).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use shopwire_core::DialectId;
use shopwire_engine::Engine;
use shopwire_engine::metrics::{LATENCY_BOUNDS_US, Latency};

use crate::app::App;
use crate::problem::{Code, Problem};

/// What is counted and measured, for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "health",
    responses((status = 200, description = "The metrics as OpenMetrics text.", body = String, content_type = "application/openmetrics-text")),
)]
pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let mut registry = Registry::with_prefix("shopwire");
    // What can't be counted at the moment is left out rather than told wrong.
    let dead_letters = app.engine().ledger().dead_letter_count().await.ok();
    registry.register_collector(Box::new(EngineMetrics { engine: app.engine().clone(), dead_letters }));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| {
        tracing::error!(%error, "the metrics could not be written");
        Problem::new(Code::Internal, "the metrics could not be written: the server's log says why")
    })?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
}

struct EngineMetrics {
    engine: Engine,
    dead_letters: Option<u64>,
}

impl std::fmt::Debug for EngineMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EngineMetrics")
    }
}

type Written = Result<(), std::fmt::Error>;

impl Collector for EngineMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Written {
        self.webhooks(&mut encoder)?;
        self.changes(&mut encoder)?;
        self.deliveries(&mut encoder)?;
        self.levels(&mut encoder)?;
        self.log(&mut encoder)?;
        self.replays(&mut encoder)?;
        let metrics = self.engine.metrics();
        let accept = "From a webhook's arrival to its being synced.";
        latency(&mut encoder, "accept_seconds", accept, &metrics.accept)?;
        let change = "From a write's begin to its being synced, or found to change nothing.";
        latency(&mut encoder, "change_seconds", change, &metrics.change)?;
        latency(&mut encoder, "exchange_seconds", "One exchange with a receiver.", &metrics.exchange)?;
        let end_to_end = "From an event's being received to its being delivered.";
        latency(&mut encoder, "end_to_end_seconds", end_to_end, &metrics.end_to_end)
    }
}

impl EngineMetrics {
    fn webhooks(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let help = "Webhooks that came in, by what became of them.";
        let mut family = encoder.encode_descriptor("webhooks", help, None, MetricType::Counter)?;
        for dialect in DialectId::PLATFORMS {
            let (received, merged, rejected) = self.engine.metrics().webhooks(dialect);
            for (result, count) in [("received", received), ("merged", merged), ("rejected", rejected)] {
                let labels = [("dialect", dialect.as_str()), ("result", result)];
                ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    fn changes(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let metrics = self.engine.metrics();
        counter(encoder, "changes", "Changes of entities that were committed.", metrics.changes.get())?;
        counter(encoder, "changes_idle", "Writes that changed nothing.", metrics.changes_idle.get())?;
        let conflicts = "Times a write began anew, since somebody else was first.";
        counter(encoder, "change_conflicts", conflicts, metrics.change_conflicts.get())?;
        counter(encoder, "occurrences", "Occurrences that were told.", metrics.occurrences.get())?;
        counter(encoder, "timers_fired", "Timers that fired.", metrics.timers_fired.get())?;
        let arisen = "Events that changes, occurrences and timers gave.";
        counter(encoder, "events_arisen", arisen, metrics.arisen.get())
    }

    fn deliveries(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let metrics = self.engine.metrics();
        let help = "Attempts to deliver, by their outcome.";
        let mut family = encoder.encode_descriptor("attempts", help, None, MetricType::Counter)?;
        for (outcome, count) in metrics.attempts() {
            ConstCounter::new(count).encode(family.encode_family(&[("outcome", outcome)])?)?;
        }
        let blocked =
            "Times that a host failed too often and was left alone for a while, as its platform does.";
        counter(encoder, "hosts_blocked", blocked, metrics.hosts_blocked.get())?;
        self.care(encoder)?;
        counter(encoder, "dead_letters", "Deliveries given up.", metrics.dead.get())?;
        let unkept = "Rejected requests of which nothing could be kept, since too many came at once.";
        counter(encoder, "rejections_unkept", unkept, metrics.rejections_unkept.get())
    }

    fn care(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let metrics = self.engine.metrics();
        let opened =
            "Times that an endpoint took nothing and was left alone for a while, failed probes included.";
        counter(encoder, "breakers_opened", opened, metrics.breaker_opened.get())?;
        let narrowed =
            "Times that fewer deliveries were let in flight, since the receiver could not take as many.";
        counter(encoder, "windows_narrowed", narrowed, metrics.window_narrowed.get())?;
        let disabled = "Endpoints that were disabled, or removed as their platform does.";
        counter(encoder, "endpoints_disabled", disabled, metrics.endpoints_disabled.get())?;
        let failing = "Endpoints that nothing reaches, those that were disabled for it included.";
        gauge(encoder, "endpoints_failing", failing, metrics.endpoints_failing.get())
    }

    fn replays(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let metrics = self.engine.metrics();
        let (queued, running) = self.engine.unfinished_replays();
        let help = "Replays that have not ended.";
        let mut family = encoder.encode_descriptor("replays", help, None, MetricType::Gauge)?;
        for (state, count) in [("queued", queued), ("running", running)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            ConstGauge::new(count).encode(family.encode_family(&[("state", state)])?)?;
        }
        let help = "Events that replays have dealt with, by what became of them.";
        let mut family = encoder.encode_descriptor("replayed_events", help, None, MetricType::Counter)?;
        for (result, count) in [("queued", &metrics.replayed), ("skipped", &metrics.replay_skipped)] {
            ConstCounter::new(count.get()).encode(family.encode_family(&[("result", result)])?)?;
        }
        let help = "Dead letters that were taken off the list without being sent again.";
        let mut family =
            encoder.encode_descriptor("dead_letters_dropped", help, None, MetricType::Counter)?;
        for (reason, count) in
            [("dismissed", &metrics.dead_letters_dismissed), ("expired", &metrics.dead_letters_expired)]
        {
            ConstCounter::new(count.get()).encode(family.encode_family(&[("reason", reason)])?)?;
        }
        let Some(count) = self.dead_letters else { return Ok(()) };
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        gauge(encoder, "dead_letters_listed", "Deliveries on the dead-letter list.", count)
    }

    fn levels(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let metrics = self.engine.metrics();
        gauge(encoder, "deliveries_in_flight", "Deliveries in flight.", metrics.in_flight.get())?;
        let queued = "Bytes of committed events held in memory for the lanes.";
        gauge(encoder, "queued_event_bytes", queued, metrics.queued_bytes.get())?;
        gauge(encoder, "lanes_running", "Lanes that run.", metrics.lanes_running.get())?;
        let hot = "Lanes that follow the log in memory, rather than read it.";
        gauge(encoder, "lanes_hot", hot, metrics.lanes_hot.get())
    }
}

impl EngineMetrics {
    fn log(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        const MS_PER_S: i64 = 1_000;
        let log = &self.engine.metrics().log;
        gauge(encoder, "log_bytes", "Bytes of the log on the disk.", log.bytes.get())?;
        gauge(encoder, "log_events", "Events in the log.", log.events.get())?;
        gauge(encoder, "log_first_place", "The place of the first event in the log.", log.first_place.get())?;
        let first = "When the first event in the log was received; 0 if there is none.";
        gauge(encoder, "log_first_timestamp_seconds", first, log.first_received_ms.get() / MS_PER_S)?;
        let events = "Events that were let go of, being old or too many.";
        counter(encoder, "log_events_let_go", events, log.let_go_events.get())?;
        let bytes = "Bytes of the log that were freed.";
        counter(encoder, "log_bytes_let_go", bytes, log.let_go_bytes.get())?;
        let full = "1 if the store had no room for what was to be written last, else 0.";
        gauge(encoder, "store_full", full, self.engine.metrics().store_full.get())?;
        let lapsed = "Deliveries that an endpoint had still to get when the event was let go of.";
        counter(encoder, "deliveries_lapsed", lapsed, log.lapsed.get())
    }
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, count: u64) -> Written {
    ConstCounter::new(count).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, level: i64) -> Written {
    ConstGauge::new(level).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

fn latency(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, latency: &Latency) -> Written {
    const US_PER_S: f64 = 1_000_000.0;
    let (counts, sum_us) = latency.snapshot();
    let bounds = LATENCY_BOUNDS_US.iter().map(|us| *us as f64 / US_PER_S).chain([f64::INFINITY]);
    let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
    let mut encoder: MetricEncoder<'_> =
        encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    encoder.encode_histogram::<NoLabelSet>(sum_us as f64 / US_PER_S, counts.iter().sum(), &buckets, None)
}
