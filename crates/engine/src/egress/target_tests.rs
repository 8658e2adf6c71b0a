use super::*;

#[test]
fn a_url_is_taken_apart_once() {
    for (url, shown, port, authority, path_and_query) in [
        ("https://example.com", "https://example.com", 443, "example.com", "/"),
        (
            "HTTPS://EXAMPLE.com:443/a b".trim_end_matches(" b"),
            "https://example.com",
            443,
            "example.com",
            "/a",
        ),
        (
            "https://example.com:8443/a?b=c&d",
            "https://example.com:8443",
            8443,
            "example.com:8443",
            "/a?b=c&d",
        ),
        ("http://example.com./x", "http://example.com.", 80, "example.com.", "/x"),
        (
            "https://bücher.example/ü",
            "https://xn--bcher-kva.example",
            443,
            "xn--bcher-kva.example",
            "/%C3%BC",
        ),
        ("http://[::1]:8080/", "http://[::1]:8080", 8080, "[::1]:8080", "/"),
        ("https://example.com\\@evil.example/", "https://example.com", 443, "example.com", "/@evil.example/"),
    ] {
        let target = Target::parse(url).unwrap();
        assert_eq!(target.to_string(), shown);
        let parts = (target.port(), target.authority(), target.path_and_query());
        assert_eq!(parts, (port, authority, path_and_query), "{url}");
    }
}

#[test]
fn debug_shows_no_path_or_query() {
    let target = Target::parse("https://example.com/hooks/T0KEN?key=s3cret").unwrap();
    assert_eq!(format!("{target:?}"), "Target(https://example.com)");
}

#[test]
fn every_other_url_is_refused_in_words() {
    let long = format!("https://example.com/{}", "x".repeat(URL_BYTES_MAX));
    let mut said = String::new();
    for url in [
        "",
        "example.com",
        "//example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "gopher://example.com:70/_x",
        "javascript:alert(1)",
        "unix:/run/x.sock",
        "https://",
        "https://user@example.com",
        "https://user:secret@example.com",
        "https://example.com@10.0.0.1/",
        "https://example.com/#top",
        "https://example.com/#",
        "https://exa mple.com",
        "https://example.com/a b",
        "https://exa\nmple.com",
        "https://example.com/\r\nX: y",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://-/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://999.1.1.1/",
        "https://exa%00mple.com/",
        "https://a..b/",
        &long,
    ] {
        let error = Target::parse(url).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
        said.push_str(&format!("`{}`\n    {error}\n", url.get(..40).unwrap_or(url).escape_debug()));
    }
    insta::assert_snapshot!(said);
}
