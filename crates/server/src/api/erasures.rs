//! Erasures: what is known of a subject is taken out of the log and the snapshots.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shopwire_core::commerce::Subject;
use shopwire_core::{ShopId, Timestamp};
use shopwire_engine::EraseError;
use shopwire_store::Erasure;
use utoipa::{IntoParams, ToSchema};

use super::collection::OfShop;
use crate::app::App;
use crate::extract::{Given, Params};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// What is to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewErasure {
    /// A subject.
    #[schema(example = "customer/42")]
    subject: Option<String>,
    /// Several subjects: a customer's orders and carts are subjects of their own.
    #[serde(default)]
    #[schema(example = json!(["customer/42", "order/169"]))]
    subjects: Vec<String>,
}

/// That a subject was erased. Of what was known, nothing but the subject's name stands in it.
#[derive(Serialize, ToSchema)]
#[schema(as = Erasure)]
pub(crate) struct ErasureView {
    #[schema(value_type = String)]
    shop: ShopId,
    #[schema(example = "customer/42")]
    subject: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When nothing of it was left; null while it is under way: it is gone on with by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// Events that were emptied.
    events: u64,
    /// Attempts whose kept answers and details were emptied.
    attempts: u64,
    /// Snapshots that were deleted.
    snapshots: u64,
}

impl From<Erasure> for ErasureView {
    fn from(erasure: Erasure) -> Self {
        let Erasure { shop, subject, at, finished_at, events, attempts, snapshots } = erasure;
        Self { shop, subject: subject.to_string(), at, finished_at, events, attempts, snapshots }
    }
}

/// Which erasures are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ErasureQuery {
    /// Items at most.
    limit: Option<usize>,
}

/// Erases all that the log and the snapshots hold about subjects of a shop: what one customer asks for.
///
/// The events stand where they stood, with id, type and times, without what they said. What of them was still to be
/// delivered is given up, but for what is on its way at that moment. Backups that were made before still have it.
#[utoipa::path(
    post, path = "/v1/shops/{shop}/erasures", tag = "shops", params(("shop" = String, Path)),
    request_body = NewErasure,
    responses((status = 200, description = "One record for each subject.", body = List<ErasureView>)),
)]
pub(crate) async fn erase(
    State(app): State<App>,
    OfShop(shop): OfShop,
    Given(new): Given<NewErasure>,
) -> Result<Json<List<ErasureView>>, Problem> {
    let erased = app.engine().erase(shop, subjects(new)?).await?;
    Ok(Json(List::whole(erased.into_iter().map(ErasureView::from))))
}

fn subjects(new: NewErasure) -> Result<Vec<Subject>, Problem> {
    let given = new.subject.into_iter().map(|text| ("subject", text));
    let given = given.chain(new.subjects.into_iter().map(|text| ("subjects", text)));
    let read = |(field, text): (&'static str, String)| {
        text.parse::<Subject>().map_err(|error| Problem::new(Code::InvalidField, error).with("field", field))
    };
    given.map(read).collect()
}

/// The records of erasures of a shop, newest first.
#[utoipa::path(
    get, path = "/v1/shops/{shop}/erasures", tag = "shops",
    params(("shop" = String, Path), ErasureQuery),
    responses((status = 200, description = "The newest ones.", body = List<ErasureView>)),
)]
pub(crate) async fn erasures(
    State(app): State<App>,
    OfShop(shop): OfShop,
    Params(query): Params<ErasureQuery>,
) -> Result<Json<List<ErasureView>>, Problem> {
    let limits = app.engine().limits();
    let wanted = Wanted::<u64>::read("erasures", query.limit, None, limits)?;
    let records = app.engine().ledger().erasures(limits.scan_rows_max).await?;
    let of_shop = records.into_iter().filter(|record| record.shop == shop).take(wanted.size);
    Ok(Json(List::whole(of_shop.map(ErasureView::from))))
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        let detail = error.to_string();
        match error {
            EraseError::UnknownShop(_) => Self::new(Code::NotFound, detail),
            EraseError::Nothing => Self::new(Code::InvalidField, detail).with("field", "subjects"),
            EraseError::TooMany { max, .. } => {
                Self::new(Code::LimitReached, detail).with("limit", "erasure_subjects_max").with("max", max)
            }
            EraseError::Broken => Self::new(Code::Internal, detail),
            EraseError::Store(error) => error.into(),
        }
    }
}
