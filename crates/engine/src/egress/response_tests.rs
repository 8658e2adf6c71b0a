use super::*;

const LIMITS: Limits = Limits { head_bytes_max: 1024, kept_bytes_max: 8, drain_bytes_max: 16 };

/// Reads `wire`, given in pieces that end at `cuts`, then the end of the connection if `ends`.
fn read(wire: &[u8], cuts: &[usize], ends: bool) -> Result<Option<(Response, bool)>, ProtocolError> {
    let (mut reader, mut input, mut start) = (Reader::new(LIMITS), BytesMut::new(), 0);
    for &cut in cuts.iter().chain([&wire.len()]) {
        input.extend_from_slice(&wire[start..cut]);
        start = cut;
        if let Some(reusable) = reader.advance(&mut input)? {
            // What comes after the answer is also on the connection.
            let reusable = reusable && start == wire.len();
            return Ok(reader.finish().map(|response| (response, reusable)));
        }
    }
    if ends && reader.is_complete_at_end() {
        return Ok(reader.finish().map(|response| (response, false)));
    }
    Ok(None)
}

fn whole(wire: &str) -> (u16, String, bool, bool) {
    let (response, reusable) = read(wire.as_bytes(), &[], true).unwrap().unwrap();
    let body = String::from_utf8(response.body_start.to_vec()).unwrap();
    (response.status, body, response.body_truncated, reusable)
}

#[test]
fn reads_every_framing_within_its_limits() {
    for (wire, body, truncated, reusable) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false, true),
        ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "", false, true),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "ok", false, true),
        ("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false, true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay", "ok", false, false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", "12345678", true, true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n123456789", "12345678", true, false),
        ("HTTP/1.1 200 OK\r\n\r\n12345678", "12345678", false, false),
        ("HTTP/1.1 200 OK\r\n\r\n123456789 123456789 123456789", "12345678", true, false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok", false, true),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n",
            "ok",
            false,
            true,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0;123456789 123456789 123\r\n\r\n",
            "",
            false,
            true,
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
            "1",
            false,
            true,
        ),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false, false),
    ] {
        assert_eq!(whole(wire), (200, body.to_owned(), truncated, reusable), "{wire}");
    }
    assert_eq!(whole("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n"), (204, String::new(), false, true));
}

#[test]
fn chunk_overhead_counts_against_the_limit() {
    let wire = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", "1\r\na\r\n".repeat(5));
    assert_eq!(whole(&wire), (200, "aaaaa".to_owned(), true, false));
}

#[test]
fn heads_and_interim_answers_are_bounded() {
    let bytes_max = LIMITS.head_bytes_max;
    let too_large = Err(ProtocolError::HeadTooLarge { bytes_max });
    let endless = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(bytes_max));
    assert_eq!(read(endless.as_bytes(), &[], false), too_large);
    let every_byte: Vec<_> = (0..endless.len()).collect();
    assert_eq!(read(endless.as_bytes(), &every_byte, false), too_large);
    assert_eq!(read(format!("{endless}\r\n\r\n").as_bytes(), &[], false), too_large);
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(usize::from(INTERIM_MAX) + 1);
    assert_eq!(read(interim.as_bytes(), &[], false), Err(ProtocolError::TooManyInterim { max: INTERIM_MAX }));
    let switch = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
    assert_eq!(read(switch, &[], false), Err(ProtocolError::Status(101)));
    assert_eq!(read(b"HTTP/1.1 042 Low\r\n\r\n", &[], false), Err(ProtocolError::Status(42)));
}

#[test]
fn an_answer_that_stops_is_not_complete() {
    for wire in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        assert_eq!(read(wire.as_bytes(), &[], true), Ok(None), "{wire}");
    }
}

#[test]
fn what_is_no_http_is_refused_before_its_end() {
    assert!(matches!(read(b"SSH-2.0-OpenSSH_9.9\r\n", &[], false), Err(ProtocolError::Head(_))));
}

proptest::proptest! {
    #[test]
    fn never_panics(wire in proptest::collection::vec(0u8.., 0..400), ends: bool) {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let every_byte: Vec<_> = (0..wire.len()).collect();
        drop(read(&wire, &every_byte, ends));
        drop(read(&[head, wire.as_slice()].concat(), &[], ends));
    }

    #[test]
    fn never_panics_on_what_looks_like_http(
        wire in "HTTP/1\\.[01] [0-9]{3}( [a-z]*)?\r?\n((Content-Length|Transfer-Encoding|Connection): ?[0-9a-z, ]{0,12}\r?\n){0,3}\r?\n[0-9a-f\r\n;]{0,40}",
        ends: bool,
    ) {
        let every_byte: Vec<_> = (0..wire.len()).collect();
        let at_once = read(wire.as_bytes(), &[], ends);
        let bytewise = read(wire.as_bytes(), &every_byte, ends);
        // However it is split, the same answer is read; only whether the rest is drained may differ.
        if let (Ok(Some((a, _))), Ok(Some((b, _)))) = (&at_once, &bytewise) {
            proptest::prop_assert_eq!((a.status, &a.headers, &a.body_start), (b.status, &b.headers, &b.body_start));
        }
    }

    #[test]
    fn reads_the_same_however_it_is_split(cuts in proptest::collection::vec(0usize..150, 0..8)) {
        let wire = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n";
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(wire.len())).collect();
        cuts.sort_unstable();
        proptest::prop_assert_eq!(read(wire, &cuts, false), read(wire, &[], false));
        proptest::prop_assert!(read(wire, &[], false).unwrap().is_some());
    }
}
