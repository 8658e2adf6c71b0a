//! Who may call: bearer tokens, of which only hashes are kept.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method, header};
use shopwire_core::{Role, Token};

use crate::app::App;
use crate::problem::{Code, Problem};

/// Lets a request pass whose token may do it, and notes the token for whoever comes behind.
pub(crate) async fn require(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let text = bearer(request.headers()).ok_or_else(|| {
        let detail = "the request has no token: send `Authorization: Bearer swt_…`";
        Problem::new(Code::Unauthorized, detail).with_header(header::WWW_AUTHENTICATE, "Bearer")
    })?;
    let token = app.engine().directory().token(&Token::hash(text)).ok_or_else(|| {
        let detail = "the token is not known: it was mistyped, or has been deleted";
        let challenge = "Bearer error=\"invalid_token\"";
        Problem::new(Code::Unauthorized, detail).with_header(header::WWW_AUTHENTICATE, challenge)
    })?;
    let looks_only = matches!(*request.method(), Method::GET | Method::HEAD);
    if token.role != Role::Admin && !looks_only {
        let detail = format!("token `{}` may look and change nothing: use an admin's", token.id);
        return Err(Problem::new(Code::Forbidden, detail));
    }
    request.extensions_mut().insert(token.id);
    Ok(next.run(request).await)
}

/// The text of the bearer token. The scheme's name is read without case (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn reads_bearer_tokens_and_nothing_else() {
        for (value, text) in [
            ("Bearer swt_1", Some("swt_1")),
            ("bearer  swt_1 ", Some("swt_1")),
            ("Basic swt_1", None),
            ("Bearer", None),
            ("Bearer ", None),
            ("swt_1", None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(bearer(&headers), text, "{value}");
        }
    }
}
