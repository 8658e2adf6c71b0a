//! Reading bodies within bounds of size and time.

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::Body;

use crate::app::App;
use crate::problem::{Code, Problem};

/// Bytes that are set aside at once for a body on its `Content-Length`'s word alone.
const ANNOUNCED_BYTES_MAX: usize = 64 << 10;

/// The body of a request: at most `body_bytes_max` bytes, within `request_deadline_ms`. One that announces more is
/// refused before anything of it is read.
pub(crate) async fn of_request<B>(app: &App, headers: &HeaderMap, body: B) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    let limits = app.engine().limits();
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limits.body_bytes_max as u64) {
        return Err(too_large(limits.body_bytes_max));
    }
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let sleep = app.engine().timer().sleep_ms(limits.request_deadline_ms);
    tokio::select! {
        biased;
        read = read(body, announced.unwrap_or(0) as usize, limits.body_bytes_max) => read,
        () = sleep => Err(Problem::new(
            Code::RequestTimeout,
            format!("the body did not arrive within {} ms", limits.request_deadline_ms),
        )),
    }
}

/// Reads a body of at most `bytes_max` bytes. What comes out holds no more memory than it has bytes.
pub(crate) async fn read<B>(mut body: B, announced: usize, bytes_max: usize) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut bytes = Vec::with_capacity(announced.min(ANNOUNCED_BYTES_MAX));
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Problem::new(Code::MalformedRequest, "the body broke off before its end"))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        bytes.extend_from_slice(&data);
    }
    // A body that was not announced has grown by doubling, and its event may wait in memory for long.
    bytes.shrink_to_fit();
    Ok(Bytes::from(bytes))
}

fn too_large(bytes_max: usize) -> Problem {
    let detail = format!("the body has more than the {bytes_max} bytes that limit `body_bytes_max` allows");
    Problem::new(Code::BodyTooLarge, detail).with("limit", "body_bytes_max").with("max", bytes_max)
}

/// Whether a `Content-Type`, if there is one, says JSON.
pub(crate) fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE).filter(|value| *value != "application/json") else {
        return Ok(());
    };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let structured = essence.starts_with("application/") && essence.ends_with("+json");
    if structured || matches!(essence.as_str(), "application/json" | "text/json") {
        return Ok(());
    }
    let shown: String = essence.chars().take(80).collect();
    let detail = format!("the content type is `{shown}`: send `application/json`");
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use http_body_util::Full;

    #[tokio::test]
    async fn what_was_read_holds_no_more_memory_than_it_has_bytes() {
        for (announced, len) in [(0, 5), (5, 5), (0, 100_001), (100_001, 100_001)] {
            let read =
                read(Full::new(Bytes::from(vec![7; len])), announced, len).await.expect("a small body");
            let bytes = read.try_into_mut().expect("nobody else has it");
            assert_eq!((bytes.len(), bytes.capacity()), (len, len), "announced {announced}");
        }
    }

    #[test]
    fn json_comes_under_several_names() {
        let of = |value| {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]);
            check_content_type(&headers).is_ok()
        };
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/cloudevents+json",
            "text/json",
        ] {
            assert!(of(good), "{good}");
        }
        for bad in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/x+json"]
        {
            assert!(!of(bad), "{bad}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_ok());
    }
}
