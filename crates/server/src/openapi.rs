//! The OpenAPI 3.1 document: made from the same declarations as the routes.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema};

use crate::app::{self, App};

const BEARER: &str = "bearer";

/// A refusal (RFC 9457). Some kinds have further members, as `field`, `parameter`, `limit` or `reason`; what an endpoint's
/// platform would refuse has `dialect`, `rule`, and in `platform_answer` the body that the platform itself answers with.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "says in the document what `problem` writes")]
struct ProblemShape {
    /// A URI that names the kind of problem.
    r#type: String,
    /// What it is, the same for every occurrence.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time, and what to do.
    detail: String,
    /// The kind of problem, as a stable word.
    code: String,
    /// Names the request, as in the server's log; not there if what came could not be read as a request at all.
    #[schema(nullable = false)]
    request_id: Option<String>,
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "health",
    responses((status = 200, description = "The OpenAPI 3.1 document.", body = Object)),
)]
pub(crate) async fn document(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi()).into_response()
}

/// The document as pretty JSON with a line end, as it is served and committed.
pub fn openapi_json() -> String {
    let (guarded, open) = app::routes();
    let mut guarded = guarded.into_openapi();
    let mut open = open.into_openapi();
    for item in guarded.paths.paths.values_mut() {
        operations(item).for_each(|operation| {
            operation.security = Some(vec![SecurityRequirement::new::<_, [_; 0], String>(BEARER, [])]);
        });
    }
    open.merge(guarded);
    for (path, item) in &mut open.paths.paths {
        operations(item).for_each(|operation| {
            name_uniquely(operation, path);
            with_problem(operation);
        });
    }
    let mut document = frame();
    document.merge(open);
    let mut json = serde_json::to_string_pretty(&document).expect("the document is JSON");
    json.push('\n');
    json
}

fn frame() -> OpenApi {
    let info = InfoBuilder::new().title("Shopwire").version(env!("CARGO_PKG_VERSION")).description(Some(
        "The webhook engine for commerce: the platforms' webhooks in, signed canonical events out.",
    ));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let components =
        ComponentsBuilder::new().schema("Problem", ProblemShape::schema()).security_scheme(BEARER, bearer);
    OpenApiBuilder::new().info(info.build()).components(Some(components.build())).build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// Puts the noun before what is done to it: `shops_list`.
fn name_uniquely(operation: &mut Operation, path: &str) {
    let noun = path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next());
    if let (Some(noun), Some(verb)) = (noun, &operation.operation_id) {
        operation.operation_id = Some(format!("{noun}_{verb}"));
    }
}

/// Every operation may be refused.
fn with_problem(operation: &mut Operation) {
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let refused = ResponseBuilder::new()
        .description("It was refused.")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refused));
}
