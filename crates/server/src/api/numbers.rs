//! Numbers that stand for ids on platforms that number everything.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::collection::{In, Numbered};
use crate::app::App;
use crate::problem::{Code, Problem};

/// The id behind a number.
#[derive(Serialize, ToSchema)]
#[schema(as = NumberedId)]
pub(crate) struct NumberedView {
    number: u64,
    #[schema(example = "orders")]
    collection: &'static str,
    #[schema(example = "cf7c9a10")]
    id: String,
}

/// The id behind a number by which a webhook in the form of BigCommerce or Ecwid names an entity.
///
/// An id that is a whole number stays what it is there; any other is given a number of its own, the same for ever.
#[utoipa::path(
    get, path = "/v1/shops/{shop}/numbers/{collection}/{number}", tag = "entities",
    params(("shop" = String, Path), ("collection" = String, Path, example = "orders"), ("number" = u64, Path)),
    responses((status = 200, description = "The id.", body = NumberedView)),
)]
pub(crate) async fn id_behind(
    State(app): State<App>,
    Numbered { of: In { shop, kind }, number }: Numbered,
) -> Result<Json<NumberedView>, Problem> {
    let id = app.engine().id_behind(shop, kind, number).await?;
    let id = id.ok_or_else(|| {
        let detail = format!("the number {number} was never given to a {kind} of this shop");
        Problem::new(Code::NotFound, detail)
    })?;
    Ok(Json(NumberedView { number, collection: kind.collection(), id }))
}
