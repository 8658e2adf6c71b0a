//! Where a platform sends to.

use shopwire_dialects::registration::{Refusal, Registration, Rule};
use url::Url;

use super::{RegistrationConfig, refused};

/// The first rule that stands against a URL. Messages don't repeat it: its path or query may hold a token.
pub(super) fn refusal(
    rules: &Registration,
    title: &str,
    given: &str,
    relaxed: RegistrationConfig,
) -> Option<Refusal> {
    let about = || vec![given.to_owned()];
    // Whether it is a URL at all has been checked.
    let url = Url::parse(given).ok()?;
    if rules.https_only && url.scheme() != "https" && !relaxed.plain_http {
        let message = format!(
            "{title} sends to `https://` only: give such a `url` (`registration.plain_http` in the configuration allows others)"
        );
        return refused(Rule::Https, about(), message);
    }
    let port = url.port_or_known_default()?;
    if !rules.allows_port(port) && !relaxed.any_port {
        let ports = rules.ports.unwrap_or_default();
        let message = format!(
            "{title} does not send to port {port}, only to {}: give another `url` (`registration.any_port` in the configuration allows others)",
            listed(ports)
        );
        return refused(Rule::Port, about(), message);
    }
    let (chars, max) = (given.chars().count(), rules.url_chars_max?);
    let message = format!("`url` has {chars} characters, {title} takes at most {max}: give a shorter one");
    if chars > max { refused(Rule::UrlLength, about(), message) } else { None }
}

fn listed(ranges: &[(u16, u16)]) -> String {
    let range =
        |(from, to): &(u16, u16)| if from == to { from.to_string() } else { format!("{from}–{to}") };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}

/// Whether two URLs are the same place, however they are spelt.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other || matches!((Url::parse(one), Url::parse(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use shopwire_core::DialectId;

    use super::*;

    fn rule(dialect: DialectId, url: &str, relaxed: RegistrationConfig) -> Option<Rule> {
        let rules = shopwire_dialects::get(dialect).expect("a platform").registration();
        refusal(rules, "It", url, relaxed).map(|refusal| refusal.rule)
    }

    const STRICT: RegistrationConfig = RegistrationConfig { plain_http: false, any_port: false };

    #[test]
    fn each_platform_sends_to_its_own_ports_and_schemes() {
        use DialectId::{BigCommerce, Duda, Ecwid, Shoplazza, Shoptet};
        for (dialect, url, refused) in [
            (BigCommerce, "https://a.example/hook", None),
            (BigCommerce, "https://a.example:443/", None),
            (BigCommerce, "http://a.example/", Some(Rule::Https)),
            (BigCommerce, "https://a.example:8443/", Some(Rule::Port)),
            (Shoptet, "https://a.example/", None),
            (Shoptet, "http://a.example:8080/", None),
            (Shoptet, "https://a.example:8443/", None),
            (Shoptet, "https://a.example:8444/", Some(Rule::Port)),
            (Shoplazza, "https://a.example:8444/", None),
            (Shoplazza, "http://a.example/", Some(Rule::Https)),
            (Ecwid, "https://a.example:80/", None),
            (Ecwid, "https://a.example:1024/", None),
            (Ecwid, "https://a.example:1023/", Some(Rule::Port)),
            (Ecwid, "http://a.example/", Some(Rule::Https)),
            (Duda, "https://a.example:1/", None),
            (Duda, "http://a.example/", Some(Rule::Https)),
        ] {
            assert_eq!(rule(dialect, url, STRICT), refused, "{dialect} {url}");
        }
    }

    #[test]
    fn what_the_operator_relaxes_is_what_is_relaxed() {
        let (dialect, url) = (DialectId::BigCommerce, "http://127.0.0.1:9/");
        assert_eq!(rule(dialect, url, RegistrationConfig { plain_http: true, ..STRICT }), Some(Rule::Port));
        assert_eq!(rule(dialect, url, RegistrationConfig { any_port: true, ..STRICT }), Some(Rule::Https));
        assert_eq!(rule(dialect, url, RegistrationConfig { plain_http: true, any_port: true }), None);
    }

    #[test]
    fn shoptet_takes_two_thousand_characters() {
        let url = |chars: usize| format!("https://a.example/{}", "x".repeat(chars - 18));
        assert_eq!(rule(DialectId::Shoptet, &url(2000), STRICT), None);
        assert_eq!(rule(DialectId::Shoptet, &url(2001), STRICT), Some(Rule::UrlLength));
        assert_eq!(rule(DialectId::Duda, &url(2001), STRICT), None);
    }

    #[test]
    fn a_place_is_the_same_however_it_is_spelt() {
        assert!(same("https://A.example:443/x", "https://a.example/x"));
        assert!(!same("https://a.example/x", "https://a.example/y"));
    }
}
