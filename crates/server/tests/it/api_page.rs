//! `docs/api.md`: its tables are those of the code.

use std::collections::BTreeMap;

use serde_json::Value;
use shopwire_server::{ProblemCode, openapi_json};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");

/// The page with what stands between the marks of `name` replaced.
fn with_part(page: &str, name: &str, part: &str) -> String {
    let (begin, end) = (format!("<!-- begin: {name} -->\n"), format!("<!-- end: {name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("the page has no `{begin}`"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the page has no `{end}`"));
    format!("{before}{begin}\n{part}\n{end}{after}")
}

fn problems() -> String {
    let row = |code: &ProblemCode| {
        format!("| {} | `{}` | {} |\n", code.status().as_u16(), code.as_str(), code.title())
    };
    let mut codes = ProblemCode::ALL.to_vec();
    codes.sort_by_key(|code| code.status().as_u16());
    format!("| status | code | title |\n|---|---|---|\n{}", codes.iter().map(row).collect::<String>())
}

/// The routes, noun by noun.
fn routes() -> String {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut nouns = BTreeMap::<&str, String>::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let noun = path.strip_prefix("/v1/").map_or("beside `/v1`", |rest| rest.split('/').next().unwrap());
        for (method, operation) in item.as_object().unwrap() {
            *nouns.entry(noun).or_default() += &route(method, path, operation);
        }
    }
    let head = "| route | token | what it does | parameters |\n|---|---|---|---|\n";
    let tables = nouns.iter().map(|(noun, rows)| format!("### {noun}\n\n{head}{rows}"));
    tables.collect::<Vec<_>>().join("\n")
}

fn route(method: &str, path: &str, operation: &Value) -> String {
    let token = match (operation["security"].is_array(), method) {
        (false, _) => "none",
        (true, "get") => "read_only",
        (true, _) => "admin",
    };
    let summary = operation["summary"].as_str().unwrap().replace('\n', " ");
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let in_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
    let names: Vec<_> =
        in_query.map(|parameter| format!("`{}`", parameter["name"].as_str().unwrap())).collect();
    format!("| `{} {path}` | {token} | {summary} | {} |\n", method.to_uppercase(), names.join(", "))
}

fn current(page: &str) -> String {
    with_part(&with_part(page, "problems", &problems()), "routes", &routes())
}

#[test]
fn the_tables_of_the_page_are_up_to_date() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    assert!(
        page == current(&page),
        "docs/api.md is out of date: run `cargo test -p shopwire-server --test it -- --ignored write_the_api_page`"
    );
}

#[test]
#[ignore = "writes docs/api.md: run it by name when a route or a problem has changed"]
fn write_the_api_page() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    std::fs::write(PAGE, current(&page)).unwrap();
}

/// What the prose says about the limits is what holds unless one says otherwise.
#[test]
fn the_page_names_the_defaults_as_they_are() {
    let (page, limits) = (std::fs::read_to_string(PAGE).unwrap(), shopwire_core::Limits::default());
    assert!(page.contains(&format!("`limit` (1 to {}, 50 if not given", limits.page_size_max)));
    assert_eq!(limits.idempotency_keep_ms, 24 * 3_600_000, "the page says that keys are kept for a day");
}
