use super::*;

fn guard(allowed: &[&str]) -> Guard {
    Guard::new(allowed.iter().map(|net| net.parse().unwrap()).collect(), false)
}

fn reason(address: &str) -> Option<&'static str> {
    guard(&[]).check(address.parse().unwrap()).err().map(|refusal| refusal.reason)
}

#[test]
fn special_addresses_are_refused_with_their_reason() {
    for (address, expected) in [
        ("0.0.0.0", "unspecified, this network"),
        ("0.1.2.3", "unspecified, this network"),
        ("10.255.255.255", "private network"),
        ("100.64.0.1", "shared by carriers (CGNAT)"),
        ("100.100.100.200", "shared by carriers (CGNAT)"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "cloud platform service"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private network"),
        ("172.31.255.255", "private network"),
        ("192.0.0.8", "protocol assignments"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4 relay"),
        ("192.168.1.1", "private network"),
        ("198.18.0.1", "benchmarking"),
        ("198.19.255.255", "benchmarking"),
        ("198.51.100.7", "documentation"),
        ("203.0.113.7", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved, broadcast"),
        ("255.255.255.255", "reserved, broadcast"),
        ("::", "unspecified, this network"),
        ("::1", "unspecified, this network"),
        ("::127.0.0.1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:a00:1", "private network"),
        ("::ffff:0:169.254.169.254", "link-local"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::10.0.0.1", "private network"),
        ("64:ff9b:1::8.8.8.8", "local NAT64"),
        ("100::1", "discard"),
        ("2001::1", "protocol assignments, Teredo, ORCHID"),
        ("2001:1ff::1", "protocol assignments, Teredo, ORCHID"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::1", "loopback"),
        ("2002:c0a8:101::1", "private network"),
        ("2600::5efe:10.0.0.1", "private network"),
        ("2600::200:5efe:127.0.0.1", "loopback"),
        ("3fff::1", "documentation"),
        ("4000::1", "not a public address"),
        ("5f00::1", "segment routing"),
        ("fc00::1", "unique local"),
        ("fd00:ec2::254", "unique local"),
        ("fe80::1", "link-local"),
        ("fec0::1", "site-local"),
        ("fe00::1", "not a public address"),
        ("ff02::1", "multicast"),
    ] {
        assert_eq!(reason(address), Some(expected), "{address}");
    }
}

#[test]
fn neighbours_of_special_networks_are_permitted() {
    for address in [
        "1.0.0.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.15",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.0.3.1",
        "192.88.98.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2001:200::1",
        "2002:808:808::1",
        "2606:4700::1111",
        "2600::5efe:8.8.8.8",
        "3ffe::1",
    ] {
        assert_eq!(reason(address), None, "{address}");
    }
}

#[test]
fn allowed_networks_are_permitted_also_when_mapped_and_only_they() {
    let guard = guard(&["127.0.0.1/32", "fd00::/8"]);
    for (address, permitted) in [
        ("127.0.0.1", true),
        ("::ffff:127.0.0.1", true),
        ("fd12::1", true),
        ("127.0.0.2", false),
        ("::ffff:127.0.0.2", false),
        ("::127.0.0.1", false),
        ("64:ff9b::127.0.0.1", false),
        ("fc00::1", false),
        ("::1", false),
    ] {
        assert_eq!(guard.check(address.parse().unwrap()).is_ok(), permitted, "{address}");
    }
}

#[test]
fn of_several_addresses_the_permitted_ones_remain_and_plain_http_wants_all_allowed() {
    let addresses = |list: &[&str]| list.iter().map(|a| a.parse().unwrap()).collect::<Vec<IpAddr>>();
    let strict = guard(&["127.0.0.0/8"]);
    let mixed = addresses(&["10.0.0.1", "127.0.0.1", "8.8.8.8"]);
    assert_eq!(strict.permitted(Scheme::Https, &mixed), Ok(addresses(&["127.0.0.1", "8.8.8.8"])));
    let refusal = strict.permitted(Scheme::Https, &addresses(&["10.0.0.1", "::1"])).unwrap_err();
    assert_eq!(refusal, Refusal { address: "10.0.0.1".parse().unwrap(), reason: "private network" });
    assert_eq!(
        refusal.to_string(),
        "address 10.0.0.1 is refused (private network); the operator can allow its network"
    );

    assert_eq!(strict.permitted(Scheme::Http, &mixed).unwrap_err().reason, "private network");
    let half_public = addresses(&["127.0.0.1", "8.8.8.8"]);
    assert_eq!(strict.permitted(Scheme::Http, &half_public).unwrap_err().reason, PLAIN_HTTP);
    let local = addresses(&["127.0.0.1", "127.0.0.2"]);
    assert_eq!(strict.permitted(Scheme::Http, &local), Ok(local));

    let open = Guard::new(Vec::new(), true);
    assert_eq!(open.permitted(Scheme::Http, &half_public), Ok(addresses(&["8.8.8.8"])));
}
