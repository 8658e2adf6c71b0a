//! The arrows between the crates are the architecture: `core ← dialects, store ← engine ← server ← cli`, `testkit → core`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Which of our crates each of them may use in what is shipped.
const ARROWS: [(&str, &[&str]); 7] = [
    ("shopwire-core", &[]),
    ("shopwire-dialects", &["shopwire-core"]),
    ("shopwire-store", &["shopwire-core"]),
    ("shopwire-engine", &["shopwire-core", "shopwire-dialects", "shopwire-store"]),
    ("shopwire-server", &["shopwire-core", "shopwire-dialects", "shopwire-engine", "shopwire-store"]),
    (
        "shopwire",
        &["shopwire-core", "shopwire-dialects", "shopwire-engine", "shopwire-server", "shopwire-store"],
    ),
    ("shopwire-testkit", &["shopwire-core"]),
];

/// What would bring I/O, async or ambient time into the rooms that must be free of it.
const NEVER_IN_PURE: [&str; 12] = [
    "tokio",
    "hyper",
    "axum",
    "rusqlite",
    "rustls",
    "reqwest",
    "async-trait",
    "futures-util",
    "getrandom",
    "rand",
    "tracing",
    "mio",
];

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"));
    command.exec().expect("cargo metadata runs wherever cargo runs")
}

#[test]
fn the_crates_use_each_other_only_along_the_arrows() {
    let metadata = metadata();
    let found: BTreeMap<String, BTreeSet<String>> = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let shipped = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
            let ours = shipped.filter(|d| d.path.is_some()).map(|d| d.name.to_string());
            (package.name.to_string(), ours.collect())
        })
        .collect();
    let expected: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(found.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected, "the rooms of the house");
    for (name, allowed) in ARROWS {
        let beyond: Vec<_> = found[name].iter().filter(|used| !allowed.contains(&used.as_str())).collect();
        assert!(beyond.is_empty(), "{name} may not use {beyond:?}");
    }
}

/// The names of all crates that `root` is built with on this machine.
fn built_with(root: &str) -> BTreeSet<String> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--manifest-path", manifest, "--package", root, "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let names: BTreeSet<String> =
        text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(names.contains("serde"), "cargo tree gave something else: {text}");
    names
}

#[test]
fn core_and_dialects_can_do_no_io() {
    for root in ["shopwire-core", "shopwire-dialects"] {
        let names = built_with(root);
        let open: Vec<_> = NEVER_IN_PURE.iter().filter(|name| names.contains(**name)).collect();
        assert!(open.is_empty(), "{root} is built with {open:?}");
    }
}

#[test]
fn there_is_one_tls_provider_and_no_openssl() {
    let names = built_with("shopwire");
    for banned in ["openssl", "openssl-sys", "native-tls", "ring"] {
        assert!(!names.contains(banned), "{banned} is in the binary");
    }
}
