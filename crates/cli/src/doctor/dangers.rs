//! Settings that are allowed, and worth a second thought.

use std::net::IpAddr;

use super::Check;
use crate::config::Config;

const NAME: &str = "settings";
/// A list of networks that are allowed says enough with its first ones.
const SHOWN_MAX: usize = 4;

/// What is configured that opens something, one finding for each; one that all is well if there is none.
pub(super) fn check(config: &Config) -> Vec<Check> {
    let found = [allowed(config), plain_http(config), relaxed(config), in_clear(config), unbounded(config)];
    let found: Vec<Check> = found.into_iter().flatten().collect();
    if found.is_empty() {
        vec![Check::ok(NAME, "nothing is opened that is closed by default")]
    } else {
        found
    }
}

fn allowed(config: &Config) -> Option<Check> {
    let allowed = &config.egress.allowed;
    let mut shown: Vec<String> = allowed.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
    if allowed.len() > SHOWN_MAX {
        shown.push("…".to_owned());
    }
    let found = format!(
        "`egress.allowed` lets whoever makes endpoints reach {}, which are closed by default",
        shown.join(", ")
    );
    let cure =
        "keep it as narrow as can be: metadata services and databases are reached by private addresses";
    (!allowed.is_empty()).then(|| Check::warning(NAME, found, cure))
}

fn plain_http(config: &Config) -> Option<Check> {
    let found = "`egress.plain_http`: webhooks go to public addresses in clear, customers' data with them";
    config.egress.plain_http.then(|| Check::warning(NAME, found, "use it for trying things out only"))
}

fn relaxed(config: &Config) -> Option<Check> {
    let registration = &config.registration;
    let found = "`[registration]` lets endpoints be made that their platform would refuse";
    let cure = "use it for receivers on the own machine only";
    (registration.plain_http || registration.any_port).then(|| Check::warning(NAME, found, cure))
}

fn in_clear(config: &Config) -> Option<Check> {
    let listen = config.server.listen;
    let is_open = |ip: IpAddr| !ip.is_loopback();
    let found = format!(
        "`server.listen` is {listen}: others reach it, in clear: tokens, secrets when they are shown"
    );
    let cure = "put a proxy in front that speaks TLS, and listen on loopback";
    is_open(listen.ip()).then(|| Check::warning(NAME, found, cure))
}

/// Whoever backs a log up that may grow for ever should know.
fn unbounded(config: &Config) -> Option<Check> {
    const YEAR_MS: u64 = 365 * 24 * 3_600_000;
    let limits = &config.limits;
    let is_endless = limits.log_bytes_max == 0 && limits.retention_ms > YEAR_MS;
    let found =
        "events are kept for more than a year and the log has no bound: the disk will be full one day";
    is_endless
        .then(|| Check::warning(NAME, found, "set `limits.log_bytes_max`, or lower `limits.retention_ms`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn what_is_closed_by_default_is_worth_no_word() {
        let checks = check(&Config::default());
        assert_eq!((checks.len(), checks[0].level), (1, Level::Ok));
    }

    #[test]
    fn each_thing_that_is_opened_is_named_with_a_cure() {
        let mut config = Config::default();
        config.egress.allowed = ["10.0.0.0/8", "127.0.0.0/8"].map(|net| net.parse().unwrap()).to_vec();
        config.egress.plain_http = true;
        config.registration.any_port = true;
        config.server.listen = "0.0.0.0:7480".parse().unwrap();
        config.limits.retention_ms = u64::MAX;
        let checks = check(&config);
        assert_eq!(checks.len(), 5);
        assert!(checks.iter().all(|check| check.level == Level::Warning && check.cure.is_some()));
        for (check, says) in
            checks.iter().zip(["10.0.0.0/8, 127", "plain_http", "registration", "0.0.0.0", "year"])
        {
            assert!(check.found.contains(says), "{says}: {}", check.found);
        }
    }
}
