use super::*;

fn with(file: &str, environment: &[(&str, &str)], set: &[&str]) -> Result<Loaded, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("shopwire.toml");
    std::fs::write(&path, file).expect("a file");
    let args =
        ConfigArgs { config: Some(path.clone()), set: set.iter().map(|text| (*text).to_owned()).collect() };
    let environment = Environment {
        file: None,
        entries: environment
            .iter()
            .map(|(name, value)| {
                let lower = name.trim_start_matches(environment::PREFIX).to_lowercase();
                let (section, key) = lower.split_once('_').unwrap_or((&lower, ""));
                Entry {
                    section: section.to_owned(),
                    key: key.to_owned(),
                    raw: Raw::Bare((*value).to_owned()),
                    at: Origin::Environment((*name).to_owned()),
                }
            })
            .collect(),
    };
    let place = path.display().to_string();
    Loaded::merge(&args, environment)
        .map_err(|mistakes| mistakes.to_string().replace(&place, "shopwire.toml"))
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let loaded = with("", &[], &[]).expect("good");
    assert_eq!(loaded.config.server.listen.to_string(), "127.0.0.1:7480");
    assert_eq!(loaded.config.limits, Limits::default());
    assert_eq!(loaded.origin("server", "listen"), &Origin::Default);
}

#[test]
fn the_environment_wins_over_the_file_and_flags_over_both() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\nthreads = 1\n[store]\npath = \"file\"\n";
    let environment = [("SHOPWIRE_SERVER_LISTEN", "127.0.0.1:2"), ("SHOPWIRE_STORE_PATH", "environment")];
    let loaded = with(file, &environment, &["server.listen=127.0.0.1:3"]).expect("good");
    assert_eq!(loaded.config.server.listen.port(), 3);
    assert_eq!(loaded.config.store.path, PathBuf::from("environment"));
    assert_eq!(loaded.config.server.threads, Some(1));
    let origin = |section, key| loaded.origin(section, key).to_string();
    assert_eq!(origin("server", "listen"), "--set");
    assert_eq!(origin("store", "path"), "SHOPWIRE_STORE_PATH");
    assert!(origin("server", "threads").ends_with("shopwire.toml:3:1"), "{}", origin("server", "threads"));
}

#[test]
fn every_mistake_is_told_at_once_with_its_place_and_cure() {
    let file = "[server]\nlisen = \"127.0.0.1:1\"\nlisten = 7480\n\n[limits]\nbody_bytes_mx = 1\npage_size_max = \"a\"\n\
                [sever]\nlisten = \"x\"\n[egress]\nallowed = [\"10.0.0.0/8\", \"ten\"]\n[log]\nlevel = \"loud\"\n";
    let environment =
        [("SHOPWIRE_LIMITS_BODY_BYTES_MX", "2"), ("SHOPWIRE_LISTEN", "x"), ("SHOPWIRE_LOG_FORMAT", "xml")];
    let said = with(file, &environment, &["limits.json_depth_max=500", "listen=1", "server.threads"])
        .expect_err("wrong");
    insta::assert_snapshot!(said);
}

#[test]
fn a_secret_is_in_no_mistake_and_in_no_list() {
    let said = with("[secrets]\nkey = \"swordfish\"\nkeyy = \"swordfish\"\n", &[], &[]).expect_err("wrong");
    assert!(!said.contains("swordfish"), "{said}");
    let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let loaded = with("", &[("SHOPWIRE_SECRETS_KEY", key)], &[]).expect("good");
    assert_eq!(loaded.config.secrets.show("key"), "(hidden)");
    assert!(!format!("{loaded:?}").contains("AQEB"), "{loaded:?}");
    let both =
        with("[secrets]\nkey_file = \"k\"\n", &[("SHOPWIRE_SECRETS_KEY", key)], &[]).expect_err("both");
    assert!(both.starts_with("shopwire.toml:2:1: `secrets.key_file`"), "{both}");
}

#[test]
fn a_named_file_must_be_there() {
    let args = ConfigArgs { config: Some(PathBuf::from("no/such.toml")), set: Vec::new() };
    let said = Loaded::merge(&args, Environment::default()).expect_err("missing").to_string();
    assert!(said.starts_with("no/such.toml: the configuration file can't be read"), "{said}");
}
