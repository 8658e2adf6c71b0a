//! `/v1`: one file for each noun.

mod apps;
mod attempts;
mod backups;
mod catalog;
mod changes;
mod collection;
mod dead_letters;
mod deliveries;
mod endpoints;
mod entities;
mod erasures;
mod events;
mod grants;
mod kinds;
mod numbers;
mod occurrences;
mod received;
mod rejections;
mod replays;
mod schema;
mod shops;
mod sources;
mod story;
mod tokens;
mod writing;
mod written;

pub(crate) use changes::room as bulk_room;

use axum::Json;
use http::{HeaderName, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// Something that was made, with where it is from now on.
type Created<T> = (StatusCode, [(HeaderName, String); 1], Json<T>);

fn created<T>(place: String, made: T) -> Created<T> {
    (StatusCode::CREATED, [(header::LOCATION, place)], Json(made))
}

/// All routes of the API with their documentation.
pub(crate) fn routes() -> OpenApiRouter<App> {
    configuration().merge(state()).merge(happenings()).merge(catalogue())
}

fn configuration() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(shops::create, shops::list))
        .routes(routes!(shops::get, shops::update, shops::delete))
        .routes(routes!(apps::create, apps::list))
        .routes(routes!(apps::get, apps::update, apps::delete))
        .routes(routes!(apps::rotate_secret))
        .routes(routes!(grants::put, grants::get, grants::delete))
        .routes(routes!(sources::create, sources::list))
        .routes(routes!(sources::get, sources::update, sources::delete))
        .routes(routes!(sources::rotate_secret))
        .routes(routes!(endpoints::create, endpoints::list))
        .routes(routes!(endpoints::get, endpoints::update, endpoints::delete))
        .routes(routes!(endpoints::test))
        .routes(routes!(endpoints::rotate_secret))
        .routes(routes!(endpoints::pause))
        .routes(routes!(endpoints::resume))
        .routes(routes!(tokens::create, tokens::list))
        .routes(routes!(tokens::get, tokens::delete))
        .routes(routes!(backups::back_up))
}

fn state() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(entities::entities))
        .routes(routes!(
            entities::entity,
            entities::put_entity,
            entities::patch_entity,
            entities::delete_entity
        ))
        .routes(routes!(changes::change_many))
        .routes(routes!(occurrences::tell_occurrence))
        .routes(routes!(numbers::id_behind))
        .routes(routes!(erasures::erase, erasures::erasures))
}

fn happenings() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(events::list))
        .routes(routes!(events::get))
        .routes(routes!(deliveries::list))
        .routes(routes!(attempts::list))
        .routes(routes!(dead_letters::list, dead_letters::dismiss_many))
        .routes(routes!(dead_letters::dismiss))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(replays::create, replays::list))
        .routes(routes!(replays::get))
        .routes(routes!(replays::cancel))
        .routes(routes!(rejections::list))
}

fn catalogue() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(catalog::dialects))
        .routes(routes!(catalog::dialect))
        .routes(routes!(catalog::event_types))
        .routes(routes!(catalog::event_type))
        .routes(routes!(kinds::entity_kinds))
        .routes(routes!(kinds::entity_kind))
}
