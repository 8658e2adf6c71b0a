//! The bench with everything tiny: what it finds is of no worth, that it finds all of it is.

use std::path::Path;

use serde_json::Value;

use crate::shopwire::run_in;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("`{value}` is no number"))
}

#[test]
fn everything_tiny_gives_every_row_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (work, file) = (directory.path().join("work"), directory.path().join("bench.json"));
    std::fs::create_dir(&work).unwrap();
    let sizes = ["--rounds", "1", "--seconds", "0.1", "--connections", "4", "--endpoints", "20"];
    let events = ["--backlog", "300", "--disk-events", "300", "--log-events", "300"];
    let more =
        ["--dropped-events", "300", "--matched-endpoints", "50", "--dir", path(&work), "--out", path(&file)];
    let run = run_in(directory.path(), &[&["bench", "--json"], &sizes[..], &events, &more].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report = run.json();
    assert_eq!(report, serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()).unwrap());

    assert_eq!(report["shopwire"], env!("CARGO_PKG_VERSION"));
    assert!(report["command"].as_str().unwrap().starts_with("shopwire bench --json"));
    assert!(number(&report["machine"]["cores"]) >= 1.0 && report["machine"]["filesystem"].is_string());
    assert_eq!(number(&report["plan"]["backlog_events"]), 300.0);
    assert_eq!(number(&report["events"]["all"]["lost"]), 0.0);
    assert!(number(&report["events"]["all"]["expected"]) > 1_000.0);
    rows(&report);
    assert!(std::fs::read_dir(&work).unwrap().next().is_none(), "stores were left behind");
}

/// Every row is there, but for those of the soak and of what this store can't do.
fn rows(report: &Value) {
    let rows = report["rows"].as_array().expect("rows");
    let ids: Vec<_> = rows.iter().map(|row| row["id"].as_str().expect("an id")).collect();
    let mut expected = vec!["pump", "bare_accept"];
    expected.extend([
        "accept_ecwid",
        "accept_bigcommerce",
        "accept_shoptet",
        "accept_shoplazza",
        "accept_duda",
    ]);
    expected.extend([
        "accept_saturated_p99",
        "end_to_end_1",
        "end_to_end_10",
        "end_to_end_many",
        "fan_out_10",
    ]);
    expected.extend(["emission_changes", "emission_deliveries"]);
    expected.extend(["hanging_throughput", "hanging_p99", "refusing_throughput", "refusing_p99"]);
    expected.extend([
        "accept_100_p50",
        "accept_100_p99",
        "delivered_100_p50",
        "delivered_100_p99",
        "half_rate",
    ]);
    expected.extend(["accept_half_p50", "accept_half_p99", "delivered_half_p50", "delivered_half_p99"]);
    expected.extend(["memory_idle", "memory_loaded", "memory_undelivered", "drain", "drain_flatness"]);
    expected.extend(["memory_drain", "disk", "matching", "restart", "restart_killed"]);
    if report["left_out"]["retention"].is_null() {
        expected.push("retention");
    }
    assert_eq!(ids, expected);
    for row in rows {
        assert!(number(&row["value"]) > 0.0, "{row}");
        assert!(!row["rounds"].as_array().expect("rounds").is_empty(), "{row}");
        assert_eq!(row["met"].is_null(), row["target"].is_null(), "{row}");
        assert!(row["base"].is_null() || number(&row["base"]["ratio"]) >= 0.0, "{row}");
    }
}

#[test]
fn what_can_not_be_measured_is_said_before_anything_starts() {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (arguments, says) in [
        (["--only", "nothing"], "possible values"),
        (["--seconds", "0"], "expected a number from 0.05"),
        (["--dir", "no/such/place"], "`no/such/place` is no directory: choose one with `--dir`"),
    ] {
        let run = run_in(here, &[&["bench"], &arguments[..]].concat());
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of the test's own")
}
