//! The engine as a whole: its parts, its start and its end.

use std::sync::Arc;

use shopwire_core::delivery::{Endpoint, Standing};
use shopwire_core::{EndpointId, Limits, Random};
use shopwire_store::{Ledger, Noun, NounId, StoreError};
use tokio_util::sync::CancellationToken;

use crate::capture::Capture;
use crate::configure::RegistrationConfig;
use crate::deliver::{Courier, CourierParts, policy_of};
use crate::dispatch::{Cares, EndpointHealth, Lanes, keep_telling};
use crate::egress::Egress;
use crate::receive::RejectedKeeper;
use crate::replay::{self, Replays};
use crate::sweep::sweep;
use crate::timers::{self, Alarm};
use crate::{Directory, Metrics, Timer, retention};

/// Milliseconds before something is stored again that the store has refused.
pub(crate) const STORE_RETRY_MS: u64 = 1_000;

/// What an engine is made of.
pub struct EngineParts {
    /// Where everything is kept.
    pub ledger: Arc<dyn Ledger>,
    /// The present, and waiting for the future.
    pub timer: Arc<dyn Timer>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The guarded way out.
    pub egress: Egress,
    /// The limits.
    pub limits: Limits,
    /// Which of the platforms' rules for endpoints are relaxed.
    pub registration: RegistrationConfig,
}

/// A running engine. Cheap to clone: all clones are the same one.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Running>);

/// The parts of a running engine.
pub(crate) struct Running {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) egress: Egress,
    pub(crate) limits: Limits,
    pub(crate) registration: RegistrationConfig,
    pub(crate) directory: Arc<Directory>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) cares: Arc<Cares>,
    pub(crate) lanes: Lanes,
    pub(crate) rejected: RejectedKeeper,
    pub(crate) capture: Capture,
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) replays: Arc<Replays>,
    /// One change of the configuration at a time: store and memory must not disagree about which came last.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// Ends what runs beside the lanes.
    stop: CancellationToken,
}

impl Engine {
    /// Loads the configuration, takes up every lane where it stood, and begins to follow the log.
    pub async fn start(parts: EngineParts) -> Result<Self, StoreError> {
        let EngineParts { ledger, timer, random, egress, limits, registration } = parts;
        let directory = Arc::new(Directory::new(ledger.configuration().await?));
        let metrics = Arc::new(Metrics::default());
        let cares = Arc::new(Cares::default());
        let courier = Courier::new(CourierParts {
            ledger: Arc::clone(&ledger),
            timer: Arc::clone(&timer),
            random: Arc::clone(&random),
            egress: egress.clone(),
            limits: limits.clone(),
            metrics: Arc::clone(&metrics),
            directory: Arc::clone(&directory),
            cares: Arc::clone(&cares),
        });
        let lanes = Lanes::new(courier);
        let rejected = RejectedKeeper::start(Arc::clone(&ledger), Arc::clone(&metrics));
        let changing = tokio::sync::Mutex::new(());
        let stop = CancellationToken::new();
        tokio::spawn(sweep(Arc::clone(&ledger), Arc::clone(&timer), limits.clone(), stop.clone()));
        let engine = Self(Arc::new(Running {
            ledger,
            timer,
            random,
            egress,
            limits,
            registration,
            directory,
            metrics,
            cares,
            lanes,
            rejected,
            capture: Capture::default(),
            alarm: Arc::default(),
            replays: Arc::default(),
            changing,
            stop,
        }));
        // The tail is asked for before the lanes start: what is committed meanwhile is seen by one or the other.
        engine.0.lanes.follow(engine.0.ledger.tail(), engine.0.ledger.head().await?);
        for endpoint in engine.0.directory.endpoints.all() {
            engine.0.metrics.count_standing(Standing::Well, Standing::of(endpoint.trouble.as_ref()));
            engine.0.lanes.put(endpoint);
        }
        engine.keep_closed();
        tokio::spawn(keep_telling(Arc::downgrade(&engine.0), engine.0.stop.clone()));
        engine.see_to_replays();
        tokio::spawn(timers::run(Arc::downgrade(&engine.0), engine.0.stop.clone()));
        tokio::spawn(retention::run(Arc::downgrade(&engine.0), engine.0.stop.clone()));
        tokio::spawn(retention::finish_erasures(Arc::downgrade(&engine.0), engine.0.stop.clone()));
        Ok(engine)
    }

    /// Writes down when a receiver's answers have closed its endpoint.
    fn keep_closed(&self) {
        let weak = Arc::downgrade(&self.0);
        let mut closed = self.0.lanes.closed();
        tokio::spawn(async move {
            while let Some((endpoint, closing)) = closed.recv().await {
                // However often it takes: until then the lane rests, and an active endpoint that rests would be a riddle.
                loop {
                    let Some(engine) = weak.upgrade().map(Self) else { return };
                    let Err(error) = engine.close(&endpoint, &closing).await else { break };
                    tracing::error!(endpoint.id = %endpoint.id, %error, "that an endpoint is closed can't be stored, trying again");
                    let pause = engine.0.timer.sleep_ms(STORE_RETRY_MS);
                    drop(engine);
                    pause.await;
                }
            }
        });
    }

    /// Lets replays go on, and dead letters expire.
    fn see_to_replays(&self) {
        let running = &self.0;
        tokio::spawn(replay::run(Arc::downgrade(running), running.stop.clone()));
        let (ledger, timer) = (Arc::clone(&running.ledger), Arc::clone(&running.timer));
        let (limits, metrics) = (running.limits.clone(), Arc::clone(&running.metrics));
        tokio::spawn(replay::expire(ledger, timer, limits, metrics, running.stop.clone()));
    }

    /// What is configured.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// The log and all else that is stored, to look things up.
    pub fn ledger(&self) -> &dyn Ledger {
        self.0.ledger.as_ref()
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The present.
    pub fn timer(&self) -> &Arc<dyn Timer> {
        &self.0.timer
    }

    /// Chance.
    pub fn random(&self) -> &dyn Random {
        self.0.random.as_ref()
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Stores a noun and lets it take effect.
    pub(crate) async fn put(&self, noun: Noun) -> Result<(), StoreError> {
        self.0.ledger.save(noun.clone()).await?;
        if let Some(endpoint) = self.0.directory.put(noun) {
            self.0.lanes.put(endpoint);
            self.0.replays.ring();
        }
        Ok(())
    }

    /// Removes a noun. The lane of an endpoint ends first, so that nothing is recorded for what is gone; if the store
    /// refuses, all is as before.
    pub(crate) async fn take(&self, id: NounId) -> Result<(), StoreError> {
        let endpoint = if let NounId::Endpoint(id) = id {
            self.0.lanes.take(id).await;
            self.0.directory.endpoints.get(id)
        } else {
            None
        };
        let removed = self.0.ledger.remove(id).await;
        match (&removed, endpoint) {
            (Ok(()), _) => {
                self.forget_care(id);
                self.0.directory.take(id);
            }
            (Err(_), Some(endpoint)) => self.0.lanes.put(endpoint),
            (Err(_), None) => {}
        }
        // A replay may have lost its endpoint.
        self.0.replays.ring();
        removed
    }

    fn forget_care(&self, id: NounId) {
        if let NounId::Endpoint(id) = id {
            let told = self.0.directory.endpoints.get(id).and_then(|endpoint| endpoint.trouble.clone());
            self.0.metrics.count_standing(Standing::of(told.as_ref()), Standing::Well);
            self.0.cares.forget(id);
        }
    }

    /// How an endpoint is sent to just now.
    pub fn endpoint_health(&self, endpoint: &Endpoint) -> EndpointHealth {
        let (policy, now) = (policy_of(endpoint), self.0.timer.now());
        self.0.cares.health(endpoint, &policy, &self.0.limits, now)
    }

    /// Opens the lane of a new endpoint at the end of the log: it gets what happens from now on.
    pub(crate) async fn open_lane(&self, id: EndpointId) -> Result<(), StoreError> {
        let head = self.0.ledger.head().await?;
        self.0.ledger.open_lane(id, head).await.map(drop)
    }

    /// Stops taking events, lets what is in flight land (at most one exchange's deadline), stores where every lane
    /// stands, and closes the store.
    pub async fn shutdown(&self) -> Result<(), StoreError> {
        self.0.stop.cancel();
        self.0.lanes.stop().await;
        self.store_replays().await;
        self.0.ledger.close().await
    }
}
