//! `catalog`: filters, entries, the table.

use crate::shopwire::run;

fn names(arguments: &[&str]) -> Vec<String> {
    let run = run(&[&["catalog", "--json"], arguments].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let topics = run.lines().into_iter().filter(|line| line["wildcard"].is_null());
    topics.map(|line| format!("{} {}", text(&line["dialect"]), text(&line["name"]))).collect()
}

#[test]
fn filters_narrow_the_list() {
    let topics: usize = shopwire_dialects::all().iter().map(|dialect| dialect.catalog().topics.len()).sum();
    assert_eq!(names(&[]).len(), topics);
    assert_eq!(names(&["--native"]).len() + names(&["--canonical"]).len(), topics);
    assert_eq!(
        names(&["--event-type", "order.created"]),
        [
            "ecwid order.created",
            "bigcommerce store/order/created",
            "shoptet order:create",
            "shoplazza orders/create",
            "duda ECOMM_ORDER_CREATED",
        ]
    );
    assert_eq!(names(&["duda", "--event-type", "order.created"]), ["duda ECOMM_ORDER_CREATED"]);
    let scope = shopwire_dialects::all()
        .iter()
        .flat_map(|d| d.catalog().topics)
        .find_map(|topic| topic.scope)
        .unwrap();
    assert!(!names(&["--scope", scope]).is_empty());
    assert_eq!(names(&["--scope", "no such scope"]), Vec::<String>::new());
    assert!(names(&["--search", "ORDER_created"]).contains(&"duda ECOMM_ORDER_CREATED".to_owned()));
}

#[test]
fn an_entry_tells_all_and_has_a_sample() {
    let shown = run(&["catalog", "show", "bigcommerce", "store/order/created", "--json"]).json();
    assert_eq!(
        (&shown["event_type"], &shown["sample"]["scope"]),
        (&"order.created".into(), &"store/order/created".into())
    );
    let wrong = run(&["catalog", "show", "ecwid", "order.craeted"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("did you mean `order.created`"), "{}", wrong.stderr);
    let wrong = run(&["catalog", "--event-type", "order.piad"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("did you mean `order.paid`"), "{}", wrong.stderr);
}

#[test]
fn wildcards_are_listed_below_the_topics() {
    let wildcards = |arguments: &[&str]| {
        let lines = run(&[&["catalog", "--json"], arguments].concat()).lines();
        lines.into_iter().filter(|line| line["wildcard"].is_string()).collect::<Vec<_>>()
    };
    let all = wildcards(&["bigcommerce"]);
    assert_eq!(
        all.len(),
        shopwire_dialects::get(shopwire_core::DialectId::BigCommerce).unwrap().catalog().wildcards.len()
    );
    assert!(all.iter().all(|line| !line["covers"].as_array().unwrap().is_empty()), "{all:?}");
    assert_eq!(wildcards(&["bigcommerce", "--search", "every line item that"]).len(), 1);
    for none in
        [&["ecwid"][..], &["bigcommerce", "--native"], &["bigcommerce", "--event-type", "order.created"]]
    {
        assert_eq!(wildcards(none).len(), 0, "{none:?}");
    }
    let text = run(&["catalog", "bigcommerce"]).stdout;
    assert!(
        text.contains("bigcommerce  store/order/*") && text.contains("22 wildcards, for subscribing"),
        "{text}"
    );
    assert!(!run(&["catalog", "duda"]).stdout.contains("wildcard"));
}

#[test]
fn a_wildcard_is_shown_with_what_it_covers() {
    let show = |name, more: &[&str]| run(&[&["catalog", "show", "bigcommerce", name], more].concat());
    let shown = show("store/order/*", &["--json"]).json();
    assert!(shown["covers"].as_array().unwrap().contains(&"store/order/created".into()), "{shown}");
    let text = show("store/order/*", &[]).stdout;
    assert!(
        text.contains("BigCommerce store/order/*") && text.contains("store/order/refund/created"),
        "{text}"
    );
    let none = show("store/nothing/*", &[]);
    assert_eq!(none.code, 2, "{}", none.stdout);
}

#[test]
fn the_table_is_the_event_map() {
    let map = include_str!("../../../dialects/tests/it/event-map.tsv");
    let table = run(&["catalog", "table", "--json"]).lines();
    assert_eq!(table.len(), map.lines().count() - 1);
    for (row, line) in table.iter().zip(map.lines().skip(1)) {
        let cells: Vec<&str> = line.split('\t').collect();
        let topics = ["ecwid", "bigcommerce", "shoptet", "shoplazza", "duda"]
            .map(|name| row[name].as_str().unwrap_or(""));
        assert_eq!(row["event_type"], cells[0]);
        assert_eq!(topics.as_slice(), &cells[2..]);
    }
    let markdown = run(&["catalog", "table", "--markdown"]).stdout;
    assert_eq!(markdown.lines().nth(1), Some("|---|---|---|---|---|---|"));
    assert!(
        markdown.contains("| `order.created` | `order.created` | `store/order/created` | `order:create` |"),
        "{markdown}"
    );
}
