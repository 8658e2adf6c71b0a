//! `serve --demo`: what it tells is what happened.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::shopwire::command;

#[test]
fn webhooks_come_in_from_all_five_platforms_and_go_out_to_all_five() {
    let directory = tempfile::tempdir().unwrap();
    let mut demo = command(directory.path(), &["serve", "--demo", "--listen", "127.0.0.1:0", "--json"]);
    // Killed, it can not remove its store: that goes with the directory.
    demo.env("TMPDIR", directory.path());
    let mut child = demo.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let mut told: Vec<Value> = told.take_while(|told| told.get("admin_token").is_none()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    told.remove(0);
    let accepted = told.iter().filter(|told| told.get("accepted").is_some()).count();
    let received: Vec<_> = told.iter().filter_map(|told| told.get("received")?.as_str()).collect();
    assert_eq!(accepted, 5);
    assert_eq!(
        received,
        [
            "order.updated",
            "store/order/updated",
            "store/order/statusUpdated",
            "order:update",
            "orders/update",
            "orders/paid",
            "ECOMM_ORDER_UPDATED",
            "ECOMM_ORDER_PAID",
        ]
    );
    let sent = told.iter().find(|told| told.get("changed").is_some()).unwrap();
    assert_eq!(sent["events"], serde_json::json!(["order.updated", "order.status_changed", "order.paid"]));
}
