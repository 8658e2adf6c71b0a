//! `verify`: exit codes, reasons and hints.

use std::fmt::Write as _;

use shopwire_core::DialectId;

use crate::shopwire::{Run, captured, dialects, run, run_on, secret};

fn verify(dialect: DialectId, secret: &str, request: &str, more: &[&str]) -> Run {
    let arguments = [&["verify", dialect.as_str(), "-", "--secret", secret], more].concat();
    run_on(request.as_bytes(), &arguments)
}

/// Verdict, reasons and hints, with the numbers that change from run to run left out.
fn judgement(run: &Run) -> String {
    let mut text = format!("exit {}\n", run.code);
    let wanted =
        |line: &&str| !line.starts_with("  ") || line.starts_with("  why") || line.starts_with("  hint");
    for line in run.stdout.lines().filter(wanted) {
        let words = line.split(' ').map(|word| {
            let digits = word.len() > 4 && word.bytes().all(|byte| byte.is_ascii_digit());
            if digits { "N" } else { word }
        });
        writeln!(text, "{}", words.collect::<Vec<_>>().join(" ")).expect("a string");
    }
    text
}

/// The header that carries the signature.
const fn signature_header(dialect: DialectId) -> &'static str {
    match dialect {
        DialectId::Ecwid => "X-Ecwid-Webhook-Signature",
        DialectId::Shoptet => "Shoptet-Webhook-Signature",
        DialectId::Shoplazza => "X-Shoplazza-Hmac-Sha256",
        DialectId::Duda => "x-duda-signature",
        DialectId::BigCommerce | DialectId::CloudEvents => "webhook-signature",
    }
}

fn without_header(request: &str, name: &str) -> String {
    let prefix = format!("{}:", name.to_lowercase());
    let kept: Vec<&str> =
        request.split("\r\n").filter(|line| !line.to_lowercase().starts_with(&prefix)).collect();
    assert_ne!(kept.len(), request.split("\r\n").count(), "{name} was there");
    kept.join("\r\n")
}

#[test]
fn a_captured_request_is_genuine_in_every_dialect_and_form() {
    for dialect in dialects() {
        let request = captured(dialect);
        let secret = secret(dialect);
        let (head, body) = request.split_once("\r\n\r\n").expect("a head");
        let line_feeds = format!("{}\n\n{body}", head.replace("\r\n", "\n"));
        let curl: String = head.split("\r\n").map(|line| format!("> {line}\r\n")).collect();
        for form in [&request, &line_feeds, &format!("* Connected\n{curl}> \r\n{body}\n")] {
            let run = verify(dialect, secret, form, &[]);
            assert_eq!(run.code, 0, "{dialect}: {}{}", run.stdout, run.stderr);
            assert!(run.stdout.starts_with(&format!("genuine: {dialect}\n")), "{}", run.stdout);
        }
        let told = verify(dialect, secret, &request, &["--json"]).json();
        assert_eq!(
            (&told["genuine"], &told["event_type"]),
            (&true.into(), &"order.created".into()),
            "{told}"
        );
    }
}

#[test]
fn what_is_not_genuine_is_said_with_the_reason() {
    let mut said = String::new();
    for dialect in dialects() {
        let request = captured(dialect);
        let right = secret(dialect);
        let wrong = match dialect {
            DialectId::Duda => "b3RoZXJzZWNyZXQ=",
            DialectId::CloudEvents => "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            _ => "other",
        };
        let header = signature_header(dialect);
        let tampered = match dialect {
            // Ecwid signs the time and the id of the event, not the body.
            DialectId::Ecwid => request.replace("\"eventId\":\"", "\"eventId\":\"0"),
            _ => request.replacen("\r\n\r\n{", "\r\n\r\n{\"total\":0,", 1),
        };
        let tampered = without_header(&tampered, "Content-Length");
        let later = ["--at", "2035-01-01T00:00:00Z"];
        for (what, run) in [
            ("wrong secret", verify(dialect, wrong, &request, &[])),
            ("tampered body", verify(dialect, right, &tampered, &[])),
            ("missing header", verify(dialect, right, &without_header(&request, header), &[])),
            ("years later", verify(dialect, right, &request, &later)),
            ("years before", verify(dialect, right, &request, &["--at", "2025-01-01T00:00:00Z"])),
        ] {
            write!(said, "--- {dialect}, {what}: {}", judgement(&run)).expect("a string");
        }
        let aged = verify(dialect, right, &request, &["--ignore-age"]);
        assert_eq!(aged.code, 0, "{dialect}");
    }
    insta::assert_snapshot!(said);
}

#[test]
fn an_old_capture_can_be_judged_without_its_age() {
    // Signed in 2025 by the scheme's public rules, body and all.
    let sign_time = "2025-11-24T16:00:00Z";
    let body = "{\"id\":1}";
    let mac = shopwire_dialects::mac::hmac_sha256(b"s", &[b"x.1764000000.", body.as_bytes()]);
    let signature = shopwire_dialects::mac::base64(&mac);
    let request = format!(
        "POST / HTTP/1.1\nwebhook-id: x\nwebhook-timestamp: 1764000000\nwebhook-signature: v1,{signature}\n\n{body}"
    );
    let code = |more: &[&str]| verify(DialectId::BigCommerce, "s", &request, more).code;
    assert_eq!((code(&[]), code(&["--ignore-age"]), code(&["--at", sign_time])), (1, 0, 0));
}

#[test]
fn the_likely_cause_of_a_wrong_signature_is_found() {
    let mut said = String::new();
    let shoptet = captured(DialectId::Shoptet);
    let pretty = {
        let (head, body) = shoptet.split_once("\r\n\r\n").expect("a head");
        let value: serde_json::Value = serde_json::from_str(body).expect("JSON");
        let head = without_header(&format!("{head}\r\n"), "Content-Length");
        format!("{}\r\n\r\n{}", head.trim_end(), serde_json::to_string_pretty(&value).expect("JSON"))
    };
    let newline = without_header(&shoptet, "Content-Length") + "\n";
    let duda = captured(DialectId::Duda);
    let bigcommerce = captured(DialectId::BigCommerce);
    for (what, run) in [
        ("written again", verify(DialectId::Shoptet, secret(DialectId::Shoptet), &pretty, &[])),
        ("a line end more", verify(DialectId::Shoptet, secret(DialectId::Shoptet), &newline, &[])),
        (
            "space in the secret",
            verify(DialectId::Shoptet, &format!(" {}", secret(DialectId::Shoptet)), &shoptet, &[]),
        ),
        ("decoded secret", verify(DialectId::Duda, "mysecretsecret", &duda, &[])),
        ("no base64", verify(DialectId::Duda, "no base64 at all!", &duda, &[])),
        ("encoded secret", verify(DialectId::BigCommerce, "dGVzdF9jbGllbnRfc2VjcmV0", &bigcommerce, &[])),
        ("another platform's", verify(DialectId::Ecwid, "test_client_secret", &bigcommerce, &[])),
    ] {
        write!(said, "--- {what}: {}", judgement(&run)).expect("a string");
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_body_and_its_headers_can_be_given_apart() {
    let request = captured(DialectId::Shoptet);
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    let signature = head.lines().find(|line| line.starts_with("Shoptet-Webhook-Signature")).expect("signed");
    let arguments =
        ["verify", "shoptet", "--body", "-", "--header", signature, "--secret", secret(DialectId::Shoptet)];
    assert_eq!(run_on(body.as_bytes(), &arguments).code, 0);
    assert_eq!(run_on(b"{}", &arguments).code, 1);
}

#[test]
fn input_that_can_not_be_used_ends_with_2() {
    for (input, says) in [
        ("", "no request in it"),
        ("{}\n\n", "is not a request line"),
        ("POST / HTTP/1.1\nA: b\n", "never ends"),
    ] {
        let run = verify(DialectId::Ecwid, "s", input, &[]);
        assert_eq!(run.code, 2, "{input}");
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
    let missing = run(&["verify", "ecwid", "no/such/file", "--secret", "s", "--json"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.starts_with("{\"error\":\"`no/such/file` can't be read"), "{}", missing.stderr);
    let huge = verify(DialectId::Ecwid, "s", &" ".repeat(2 << 20), &[]);
    assert_eq!(huge.code, 2);
    assert!(huge.stderr.contains("no webhook is that long"), "{}", huge.stderr);
}
