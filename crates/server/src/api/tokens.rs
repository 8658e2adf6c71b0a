//! Tokens.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shopwire_core::{Role, Timestamp, Token, TokenId};
use shopwire_engine::configure::TokenDraft;
use utoipa::{IntoParams, ToSchema};

use super::{Created, created};
use crate::app::App;
use crate::extract::{Given, Id, Params};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// Who may call the API, without the token's text.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenView {
    #[schema(value_type = String)]
    id: TokenId,
    /// A name for people.
    name: String,
    /// `admin` (everything) or `read_only`.
    #[schema(value_type = String)]
    role: Role,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Token> for TokenView {
    fn from(token: &Token) -> Self {
        Self { id: token.id, name: token.name.clone(), role: token.role, created_at: token.created_at }
    }
}

/// A new token with its text.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenWithText {
    #[serde(flatten)]
    token: TokenView,
    /// What to send as `Authorization: Bearer …`. Shown here and never again.
    text: String,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// A name for people, 1 to 200 characters.
    name: String,
    /// `admin` (everything) or `read_only`.
    #[schema(value_type = String)]
    role: Role,
}

/// Which tokens are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenQuery {
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Makes a token. Its text is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "tokens", request_body = NewToken,
    responses((status = 201, description = "The token with its text.", body = TokenWithText)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Given(new): Given<NewToken>,
) -> Result<Created<TokenWithText>, Problem> {
    let draft = TokenDraft { name: new.name, role: new.role };
    let (token, text) = app.engine().create_token(draft).await?;
    let made = TokenWithText { token: TokenView::from(&token), text: text.expose().to_owned() };
    Ok(created(format!("/v1/tokens/{}", token.id), made))
}

/// The tokens, in the order they were made.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "tokens", params(TokenQuery),
    responses((status = 200, description = "One page.", body = List<TokenView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<TokenQuery>,
) -> Result<Json<List<TokenView>>, Problem> {
    let engine = app.engine();
    let wanted = Wanted::read("tokens", query.limit, query.cursor.as_deref(), engine.limits())?;
    let (tokens, more) = engine.directory().tokens.page(wanted.place, wanted.size, |_| true);
    let next = tokens.last().filter(|_| more).map(|token| token.id);
    let items = tokens.iter().map(|token| TokenView::from(token.as_ref())).collect();
    Ok(Json(List::page("tokens", items, next)))
}

/// One token.
#[utoipa::path(
    get, path = "/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 200, description = "The token.", body = TokenView)),
)]
pub(crate) async fn get(State(app): State<App>, Id(id): Id<TokenId>) -> Result<Json<TokenView>, Problem> {
    let token = app.engine().directory().tokens.get(id);
    let token = token.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no token `{id}`")))?;
    Ok(Json(TokenView::from(token.as_ref())))
}

/// Removes a token: its bearer is no longer let in. The last admin's can't be removed.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204, description = "It is gone.")),
)]
pub(crate) async fn delete(State(app): State<App>, Id(id): Id<TokenId>) -> Result<StatusCode, Problem> {
    app.engine().delete_token(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
