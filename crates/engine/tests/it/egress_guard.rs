//! No way to a special address: neither in a URL's spelling, nor through DNS, nor later.

use std::sync::Arc;

use shopwire_engine::egress::{Egress, EgressConfig, Failure, Refusal, TargetError};
use shopwire_testkit::{Reply, SimClock};

use crate::egress::{Lane, NOW, ScriptedResolver, egress, loopback, request};

fn strict(answers: &[&[&str]]) -> (Egress, Arc<ScriptedResolver>) {
    let resolver = ScriptedResolver::answering(answers);
    (egress(EgressConfig::default(), &SimClock::at(NOW), Arc::clone(&resolver)), resolver)
}

#[tokio::test]
async fn literal_addresses_are_refused_in_every_spelling() {
    let (egress, resolver) = strict(&[&["8.8.8.8"]]);
    for (host, address) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7F.1", "127.0.0.1"),
        ("0x7f.0x0.0x0.0x1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("%31%32%37.0.0.1", "127.0.0.1"),
        ("127%2e0%2e0%2e1", "127.0.0.1"),
        ("１２７.０.０.１", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("①②⑦.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("0x", "0.0.0.0"),
        ("10.1", "10.0.0.1"),
        ("0xa9fea9fe", "169.254.169.254"),
        ("2852039166", "169.254.169.254"),
        ("169.254.43518", "169.254.169.254"),
        ("[::]", "::"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("[::ffff:7f00:1]", "::ffff:127.0.0.1"),
        ("[::127.0.0.1]", "::7f00:1"),
        ("[64:ff9b::10.0.0.1]", "64:ff9b::a00:1"),
        ("[2002:7f00:1::]", "2002:7f00:1::"),
        ("[fd00:ec2::254]", "fd00:ec2::254"),
        ("[FE80::1]", "fe80::1"),
    ] {
        for url in
            [format!("https://{host}/"), format!("http://{host}:8080/x"), format!("https:\\\\{host}\\x")]
        {
            match egress.check(&url).await {
                Err(TargetError::Refused { refusal, .. }) => {
                    assert_eq!(refusal.address.to_string(), address, "{url}")
                }
                other => panic!("{url}: {other:?}"),
            }
        }
    }
    // None of these was taken for a name.
    assert_eq!(resolver.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn the_refusal_says_what_and_why() {
    let (egress, _) = strict(&[&["10.0.0.1", "fd00::1"]]);
    let error = egress.check("https://intern.example/").await.unwrap_err();
    insta::assert_snapshot!(error, @"host `intern.example` cannot be sent to: address 10.0.0.1 is refused (private network); the operator can allow its network");
    let (egress, resolver) = strict(&[&["8.8.8.8"]]);
    let error = egress.check("http://8.8.8.8/").await.unwrap_err();
    insta::assert_snapshot!(error, @"host `8.8.8.8` cannot be sent to: address 8.8.8.8 is refused (plain http to a public address, use https); the operator can allow its network");
    let error = egress.check("http://shop.example/").await.unwrap_err();
    insta::assert_snapshot!(error, @"host `shop.example` cannot be sent to over plain http: use `https`; the operator can allow plain http (`plain_http`) or the host's network (`allowed`)");
    assert!(resolver.asked().is_empty(), "whatever it resolved to would be refused");
}

#[tokio::test]
async fn an_endpoint_is_accepted_if_one_address_is_permitted() {
    let (egress, resolver) = strict(&[&["10.0.0.1", "8.8.8.8"]]);
    assert_eq!(egress.check("https://LocalHost.Example:8443/x").await.unwrap().port(), 8443);
    assert_eq!(resolver.asked(), ["localhost.example"]);
    let (egress, _) = strict(&[&["127.0.0.1", "::1"]]);
    for url in ["https://localhost/", "https://localhost./", "https://localtest.example/"] {
        assert!(matches!(egress.check(url).await, Err(TargetError::Refused { .. })), "{url}");
    }
}

#[tokio::test]
async fn names_that_are_loopback_by_definition_are_refused_though_they_do_not_resolve() {
    for name in ["localhost", "localhost.", "LOCALHOST.", "app.localhost", "a.b.localhost."] {
        let (strict, resolver) = strict(&[&[]]);
        let refused = strict.check(&format!("https://{name}/")).await;
        let refusal = Refusal { address: [127, 0, 0, 1].into(), reason: "loopback" };
        let host = name.to_lowercase();
        assert_eq!(refused, Err(TargetError::Refused { host, refusal }), "{name}");
        assert!(resolver.asked().is_empty());
        for allowed in ["127.0.0.0/8", "::1/128"] {
            let config = EgressConfig { allowed: vec![allowed.parse().unwrap()], ..EgressConfig::default() };
            let egress = egress(config, &SimClock::at(NOW), ScriptedResolver::answering(&[&[]]));
            for scheme in ["https", "http"] {
                assert!(egress.check(&format!("{scheme}://{name}/")).await.is_ok(), "{scheme} {name}");
            }
        }
    }
    for name in ["localhost.example", "notlocalhost", "localhosts"] {
        let (egress, _) = strict(&[&[]]);
        assert!(egress.check(&format!("https://{name}/")).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_refused_literal_is_not_connected_to_even_if_it_was_never_checked() {
    let lane = Lane::replying([Reply::status(200)]).await;
    let egress =
        egress(EgressConfig { plain_http: true, ..EgressConfig::default() }, &lane.clock, Arc::default());
    let exchange = egress.pool(lane.pool.target().clone(), 1).exchange(&request("{}")).await;
    let refusal = Refusal { address: [127, 0, 0, 1].into(), reason: "loopback" };
    assert_eq!((exchange.result, exchange.remote), (Err(Failure::Refused(refusal)), None));
    assert_eq!(lane.receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_turns_to_loopback_after_the_check_is_refused_when_connecting() {
    let lane = Lane::replying([Reply::status(200)]).await;
    let (egress, resolver) = strict(&[&["8.8.8.8"], &["127.0.0.1"]]);
    let url = format!("https://rebind.example:{}/", lane.receiver.address().port());
    let target = egress.check(&url).await.unwrap();
    let failure = egress.pool(target, 1).exchange(&request("{}")).await.result.unwrap_err();
    assert_eq!(failure, Failure::Refused(Refusal { address: [127, 0, 0, 1].into(), reason: "loopback" }));
    assert_eq!((resolver.asked().len(), lane.receiver.connections()), (2, 0));
}

#[tokio::test]
async fn what_was_refused_at_the_check_is_judged_anew_and_looked_up_once_for_a_connection() {
    let lane = Lane::replying([Reply::status(200)]).await;
    // Were there a second look-up between judging and connecting, it would get the third answer.
    let resolver = ScriptedResolver::answering(&[&["10.0.0.1"], &["127.0.0.1"], &["10.0.0.1"]]);
    let egress = egress(loopback(), &lane.clock, Arc::clone(&resolver));
    let url = format!("http://rebind.example:{}/", lane.receiver.address().port());
    assert!(matches!(egress.check(&url).await, Err(TargetError::Refused { .. })));
    let pool = egress.pool(shopwire_engine::egress::Target::parse(&url).unwrap(), 1);
    assert_eq!(pool.exchange(&request("{}")).await.result.unwrap().status, 200);
    // The open connection is used on without a look-up; it goes where it went.
    assert!(pool.exchange(&request("{}")).await.reused);
    assert_eq!(resolver.asked().len(), 2);
}

#[tokio::test]
async fn plain_http_goes_only_where_all_addresses_are_allowed_unless_permitted_everywhere() {
    let lane = Lane::replying([Reply::status(200)]).await;
    let url = format!("http://mixed.example:{}/", lane.receiver.address().port());
    for (config, permitted) in [(loopback(), false), (EgressConfig { plain_http: true, ..loopback() }, true)]
    {
        let resolver = ScriptedResolver::answering(&[&["10.0.0.1", "127.0.0.1"]]);
        let egress = egress(config, &lane.clock, resolver);
        let pool = egress.pool(shopwire_engine::egress::Target::parse(&url).unwrap(), 1);
        let exchange = pool.exchange(&request("{}")).await;
        assert_eq!(exchange.result.is_ok(), permitted, "{exchange:?}");
        assert_eq!(egress.check(&url).await.is_ok(), permitted);
    }
    assert_eq!(lane.receiver.connections(), 1);
}
