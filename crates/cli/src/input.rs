//! Files and standard input, never more than a named limit of them.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};
use shopwire_core::Limits;
use shopwire_dialects::json;

use crate::http_text::Request;

/// A file's bytes, or those of standard input (`-`): no more than a request may have.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let limits = Limits::default();
    let bytes_max = limits.body_bytes_max + limits.header_bytes_max;
    let mut bytes = Vec::new();
    let limit = bytes_max as u64 + 1;
    let done = if path == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    done.with_context(|| format!("`{}` can't be read", path.display()))?;
    if bytes.len() > bytes_max {
        bail!("`{}` has more than {bytes_max} bytes: no webhook is that long", path.display());
    }
    Ok(bytes)
}

/// A file with one JSON object.
pub(crate) fn object(path: &Path) -> anyhow::Result<Map<String, Value>> {
    let bytes = read(path)?;
    let what = || format!("`{}` is not a JSON object", path.display());
    json::check(&bytes, Limits::default().json_depth_max).with_context(what)?;
    serde_json::from_slice(&bytes).with_context(what)
}

/// A captured request, if the bytes are one; `None` if they are a body alone, which begins as JSON does.
pub(crate) fn captured(bytes: &[u8]) -> anyhow::Result<Option<Request>> {
    let start = bytes.trim_ascii_start().first();
    if matches!(start, Some(b'{' | b'[')) { Ok(None) } else { Request::parse(bytes).map(Some) }
}
