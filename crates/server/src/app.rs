//! The server as a whole: what its handlers share, and its surfaces: the door for webhooks, and one router for all else.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::response::Response;
use axum::{Router, middleware};
use http::Request;
use hyper::body::Incoming;
use shopwire_engine::Engine;
use shopwire_store::IdempotencyKey;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::{Code, Problem};
use crate::serve::Answers;
use crate::{api, auth, health, idempotency, ingest, metrics, openapi, scope};

/// What the operator can set about the surfaces. Limits are the engine's.
#[derive(Debug, Clone, Default)]
pub struct ServerConfig {
    /// The URL under which platforms reach this server, without a slash at its end; used to show where sources are.
    pub public_url: Option<String>,
    /// The directory below which backups may be made; without it none can be asked for.
    pub backups: Option<PathBuf>,
}

/// What all handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    engine: Engine,
    config: ServerConfig,
    openapi: bytes::Bytes,
    /// Idempotency keys of requests under way.
    under_way: Mutex<HashSet<IdempotencyKey>>,
    bulk_room: Arc<Semaphore>,
    backing_up: tokio::sync::Mutex<()>,
}

impl App {
    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    pub(crate) fn openapi(&self) -> bytes::Bytes {
        self.0.openapi.clone()
    }

    /// Room for lines of bulk requests.
    pub(crate) fn bulk_room(&self) -> &Arc<Semaphore> {
        &self.0.bulk_room
    }

    /// Held while a backup is made: one at a time.
    pub(crate) fn backing_up(&self) -> &tokio::sync::Mutex<()> {
        &self.0.backing_up
    }

    pub(crate) fn under_way(&self) -> &Mutex<HashSet<IdempotencyKey>> {
        &self.0.under_way
    }
}

/// Every route with its documentation: what asks for a token, and what does not.
pub(crate) fn routes() -> (OpenApiRouter<App>, OpenApiRouter<App>) {
    let guarded = api::routes().routes(routes!(metrics::metrics));
    let open = OpenApiRouter::default()
        .routes(routes!(ingest::receive))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(openapi::document));
    (guarded, open)
}

/// All surfaces of an engine.
#[derive(Clone)]
pub struct Surfaces {
    app: App,
    router: Router,
}

impl Answers for Surfaces {
    /// Webhooks do not go through the router: they are most of what comes, and all of its layers but one are not theirs.
    async fn answer(&self, request: Request<Incoming>) -> Response {
        match ingest::source_of(&request) {
            Some(source) => ingest::answer(&self.app, source, request).await,
            None => self.router.answer(request).await,
        }
    }
}

/// All surfaces of an engine.
pub fn router(engine: Engine, config: ServerConfig) -> Surfaces {
    let openapi = bytes::Bytes::from(openapi::openapi_json());
    let bulk_room = api::bulk_room(engine.limits().bulk_bytes_max);
    let (under_way, backing_up) = Default::default();
    let app = App(Arc::new(Shared { engine, config, openapi, under_way, bulk_room, backing_up }));
    let (guarded, open) = routes();
    // Layers run from the last to the first: who asks is known before keys are looked up.
    let guarded = guarded
        .route_layer(middleware::from_fn_with_state(app.clone(), idempotency::replay_or_run))
        .route_layer(middleware::from_fn_with_state(app.clone(), auth::require));
    let (router, _) = open.merge(guarded).split_for_parts();
    let router = router
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(app.clone(), scope::request))
        .with_state(app.clone());
    Surfaces { app, router }
}

async fn unknown_route(uri: axum::http::Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(
        Code::NotFound,
        format!("there is nothing at `{path}`: see `/openapi.json` for what there is"),
    )
}

async fn unknown_method(method: axum::http::Method) -> Problem {
    Problem::new(Code::MethodNotAllowed, format!("`{method}` is not served here: see the `Allow` header"))
}
