//! The check that every catalogue passes when the crate is built.

#[expect(dead_code, reason = "the build script reads more of a catalogue than its tests do")]
#[path = "../../build/source.rs"]
mod source;

/// Two topics that together have everything a topic can have.
const GOOD: &str = r#"
[dialect]
name = "duda"
title = "Duda"
docs = ["https://example.com"]
requires = ["scope"]

[[wildcard]]
name = "orders/*"
summary = "All about orders."

[[topic]]
name = "orders/created"
event_type = "order.created"
subject = "order"
id = ["/data/id"]
identifier = "number"
scope = "orders"
conflicts = ["orders/changed"]
aliases = ["orders/create"]
summary = "An order was placed."
listed = "seed"
sample = '{"id":1}'

[[topic]]
name = "orders/changed"
event_type = "order.updated"
subject = "order"
id = ["/data/id", "/id"]
identifier = "string"
min_version = "2"
rest = "GET /orders/{id}"
fields = ["status"]
beta = true
summary = "An order changed."
note = "Not always."
listed = "later"

[[topic]]
name = "drones/landed"
subject = "drone"
id = ["/data/id"]
identifier = "uuid"
summary = "A drone came down."
listed = "later"
"#;

/// What is said of [`GOOD`] after one change.
fn refusal(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the change must change something: {from}");
    match source::read("duda", &GOOD.replacen(from, to, 1)) {
        Ok(_) => panic!("accepted with {to:?}"),
        Err(error) => error,
    }
}

#[test]
fn a_good_catalogue_is_read_whole() {
    let catalog = source::read("duda", GOOD).expect("good");
    assert_eq!((catalog.topic.len(), catalog.wildcard.len()), (3, 1));
    assert_eq!(catalog.topic[0].aliases, ["orders/create"]);
    assert!(catalog.topic[1].beta && !catalog.topic[0].beta);
}

#[test]
fn the_catalogues_of_this_crate_are_good() {
    for dialect in ["ecwid", "bigcommerce", "shoptet", "shoplazza", "duda"] {
        let path = format!("{}/src/{dialect}/catalog.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).expect(&path);
        source::read(dialect, &text).expect(dialect);
    }
}

#[test]
fn a_topic_stands_there_once() {
    for (from, to) in [
        ("name = \"orders/changed\"", "name = \"orders/created\""),
        ("name = \"orders/changed\"", "name = \"orders/create\""),
        ("aliases = [\"orders/create\"]", "aliases = [\"drones/landed\"]"),
        ("aliases = [\"orders/create\"]", "aliases = [\"x\", \"x\"]"),
        ("name = \"orders/*\"", "name = \"orders/created\""),
    ] {
        let error = refusal(from, to);
        let named = to.rsplit('"').nth(1).expect("a name in quotes");
        assert_eq!(error, format!("topic `{named}` stands there twice"));
    }
}

#[test]
fn an_event_type_exists_and_belongs_to_one_topic_of_its_kind() {
    for (from, to, says) in [
        (
            "order.updated",
            "order.created",
            "topic `orders/changed`: event type `order.created` is already claimed by topic `orders/created`",
        ),
        (
            "order.created",
            "order.exploded",
            "topic `orders/created`: event type `order.exploded` is not in the event map",
        ),
        ("event_type = \"order.created\"\n", "", "topic `orders/created`: missing field `event_type`"),
        (
            "subject = \"order\"",
            "subject = \"cart\"",
            "topic `orders/created`: subject is `cart`, but `order.created` is about a order",
        ),
    ] {
        assert_eq!(refusal(from, to), says);
    }
}

#[test]
fn fields_are_there_and_say_something() {
    for (from, to, says) in [
        (
            "summary = \"An order was placed.\"",
            "summary = \" \"",
            "topic `orders/created`: `summary` and `subject` must say something",
        ),
        ("subject = \"drone\"", "subject = \"drone/x\"", "topic `drones/landed`: `summary` and `subject`"),
        ("subject = \"drone\"", "subject = \"\"", "topic `drones/landed`: `summary` and `subject`"),
        ("\"number\"", "\"integer\"", "topic `orders/created`: identifier `integer` is none of"),
        ("id = [\"/data/id\", \"/id\"]", "id = []", "topic `orders/changed`: `id` must be"),
        ("id = [\"/data/id\", \"/id\"]", "id = [\"data/id\"]", "topic `orders/changed`: `id` must be"),
        (
            "conflicts = [\"orders/changed\"]",
            "conflicts = [\"orders/lost\"]",
            "topic `orders/created`: conflicts with `orders/lost`, which is not in",
        ),
        ("'{\"id\":1}'", "'{\"id\":+1}'", "topic `orders/created`: sample: "),
        ("scope = \"orders\"\n", "", "topic `orders/created`: missing field `scope`"),
        (
            "requires = [\"scope\"]",
            "requires = [\"colour\"]",
            "topic `orders/created`: [dialect] requires `colour`",
        ),
        ("name = \"duda\"", "name = \"dudu\"", "[dialect] name is `dudu`, expected `duda`"),
    ] {
        let error = refusal(from, to);
        assert!(error.starts_with(says), "{to}: {error}");
    }
}

/// What does not even have the form is told by its line.
#[test]
fn a_wrong_form_is_shown_where_it_stands() {
    for (from, to, says) in [
        ("summary = \"A drone came down.\"\n", "", "missing field `summary`"),
        ("identifier = \"uuid\"\n", "", "missing field `identifier`"),
        ("listed = \"seed\"", "listed = \"soon\"", "unknown variant `soon`"),
        ("beta = true", "betta = true", "unknown field `betta`"),
        ("title = \"Duda\"\n", "", "missing field `title`"),
    ] {
        let error = refusal(from, to);
        assert!(error.contains(says) && error.contains("at line "), "{to}: {error}");
    }
}
