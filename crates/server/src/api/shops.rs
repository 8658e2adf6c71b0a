//! Shops.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shopwire_core::{DialectId, Shop, ShopId, Timestamp};
use shopwire_engine::configure::{ShopChange, ShopDraft};
use utoipa::{IntoParams, ToSchema};

use super::{Created, created};
use crate::app::App;
use crate::extract::{Given, Id, Params};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// A shop's identities: by dialect, by the platform's own names.
type Identities = BTreeMap<DialectId, BTreeMap<String, String>>;

/// A tenant: one store, e-shop or site.
#[derive(Serialize, ToSchema)]
#[schema(as = Shop)]
pub(crate) struct ShopView {
    #[schema(value_type = String, example = "shop_0190000000007fffbfffffffffffffff")]
    id: ShopId,
    /// A name for people.
    name: String,
    /// Its identity on each platform, by the platform's own names.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, String>>, example = json!({"ecwid": {"store_id": "1003"}}))]
    identities: Identities,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Shop> for ShopView {
    fn from(shop: &Shop) -> Self {
        Self {
            id: shop.id,
            name: shop.name.clone(),
            identities: shop.identities.clone(),
            created_at: shop.created_at,
            updated_at: shop.updated_at,
        }
    }
}

/// A shop to be made known.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShop {
    /// A name for people, 1 to 200 characters.
    name: String,
    /// Its identity on each platform: ecwid `store_id`; bigcommerce `store_id`, `store_hash`; shoptet `eshop_id`;
    /// shoplazza `shop_domain`, `store_id`; duda `site_name`. A webhook that contradicts it is refused.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, BTreeMap<String, String>>>)]
    identities: Identities,
}

/// What is to be changed of a shop; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShopPatch {
    name: Option<String>,
    /// All identities together.
    #[schema(value_type = Option<BTreeMap<String, BTreeMap<String, String>>>)]
    identities: Option<Identities>,
}

/// Which shops are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShopQuery {
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Makes a shop known.
#[utoipa::path(
    post, path = "/v1/shops", tag = "shops", request_body = NewShop,
    responses((status = 201, description = "The shop.", body = ShopView)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Given(new): Given<NewShop>,
) -> Result<Created<ShopView>, Problem> {
    let draft = ShopDraft { name: new.name, identities: new.identities };
    let shop = app.engine().create_shop(draft).await?;
    Ok(created(format!("/v1/shops/{}", shop.id), ShopView::from(&shop)))
}

/// The shops, in the order they were made.
#[utoipa::path(
    get, path = "/v1/shops", tag = "shops", params(ShopQuery),
    responses((status = 200, description = "One page.", body = List<ShopView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<ShopQuery>,
) -> Result<Json<List<ShopView>>, Problem> {
    let engine = app.engine();
    let wanted = Wanted::read("shops", query.limit, query.cursor.as_deref(), engine.limits())?;
    let (shops, more) = engine.directory().shops.page(wanted.place, wanted.size, |_| true);
    let next = shops.last().filter(|_| more).map(|shop| shop.id);
    let items = shops.iter().map(|shop| ShopView::from(shop.as_ref())).collect();
    Ok(Json(List::page("shops", items, next)))
}

/// One shop.
#[utoipa::path(
    get, path = "/v1/shops/{id}", tag = "shops", params(("id" = String, Path)),
    responses((status = 200, description = "The shop.", body = ShopView)),
)]
pub(crate) async fn get(State(app): State<App>, Id(id): Id<ShopId>) -> Result<Json<ShopView>, Problem> {
    let shop = app.engine().directory().shops.get(id);
    let shop = shop.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no shop `{id}`")))?;
    Ok(Json(ShopView::from(shop.as_ref())))
}

/// Changes a shop.
#[utoipa::path(
    patch, path = "/v1/shops/{id}", tag = "shops", params(("id" = String, Path)), request_body = ShopPatch,
    responses((status = 200, description = "The shop as it is now.", body = ShopView)),
)]
pub(crate) async fn update(
    State(app): State<App>,
    Id(id): Id<ShopId>,
    Given(patch): Given<ShopPatch>,
) -> Result<Json<ShopView>, Problem> {
    let change = ShopChange { name: patch.name, identities: patch.identities };
    let shop = app.engine().update_shop(id, change).await?;
    Ok(Json(ShopView::from(&shop)))
}

/// Forgets a shop that no source and no endpoint belongs to. Its events stay in the log.
#[utoipa::path(
    delete, path = "/v1/shops/{id}", tag = "shops", params(("id" = String, Path)),
    responses((status = 204, description = "It is forgotten.")),
)]
pub(crate) async fn delete(State(app): State<App>, Id(id): Id<ShopId>) -> Result<StatusCode, Problem> {
    app.engine().delete_shop(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
