//! Any request as a webhook of any platform: verified, read, understood, passed on, translated.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shopwire_core::delivery::ContentMode;
use shopwire_core::{DialectId, Event, Headers, LoggedEvent, Origin, Secret, Seq};
use shopwire_dialects::cloudevents::{self, SigningKey};
use shopwire_dialects::{Canonical, Draft, Happening, Key, Rejection, json, translate};
use shopwire_fuzz::{NOW, SECRET, Webhook, identity, incoming, keys, stamp};

fuzz_target!(|input: &[u8]| {
    let Some(webhook) = Webhook::parse(input) else { return };
    // A stranger's request: whatever is answered, it ends.
    drop(webhook.dialect.verify(&webhook.incoming(), &keys(), NOW));
    verified_by_ours(&webhook);
    signed_is_genuine(&webhook);
    let read = webhook.dialect.read(&webhook.incoming());
    let received = translate::received(webhook.dialect, &webhook.incoming(), &stamp());
    assert_eq!(read.is_ok(), received.is_ok());
    // Only such bodies get past the door.
    if let (Ok(event), Ok(())) = (received, json::check(&webhook.draft.body, 64)) {
        passed_on(&webhook, &event);
        said_in_every_dialect(&event);
    }
});

fn verified_by_ours(webhook: &Webhook) {
    let key =
        SigningKey::parse(&Secret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")).expect("a key");
    let Draft { headers, body, .. } = &webhook.draft;
    drop(cloudevents::verify(headers, body, std::slice::from_ref(&key), NOW));
    let mut signed = Headers::new();
    cloudevents::sign(&mut signed, "evt_1", body, [&key], NOW);
    assert!(cloudevents::verify(&signed, body, &[key], NOW).is_ok());
}

/// What we sign is genuine, unless there is nothing in the body that could be signed.
fn signed_is_genuine(webhook: &Webhook) {
    let draft = Draft { headers: Headers::new(), ..webhook.draft.clone() };
    let signed = webhook.dialect.sign(draft, &Key::Signing(Secret::new(SECRET)), NOW);
    if let Err(rejection) = webhook.dialect.verify(&incoming(&signed), &keys(), NOW) {
        assert!(
            !matches!(
                rejection,
                Rejection::WrongSignature | Rejection::BadEncoding { .. } | Rejection::NoKey
            ),
            "{rejection}"
        );
    }
}

fn passed_on(webhook: &Webhook, event: &Event) {
    let canonical = shopwire_dialects::canonical(event);
    if let (Some(canonical), Some(kind)) = (&canonical, event.subject.kind()) {
        let json = canonical.to_json();
        assert_eq!(Canonical::from_json(kind, &json).map(|read| read.to_json()), Ok(json));
    }
    let logged = LoggedEvent { seq: Seq(1), event: event.clone() };
    let rendered = cloudevents::render(&logged);
    for mode in [ContentMode::Structured, ContentMode::Binary] {
        assert_eq!(
            json::check(rendered.body(mode), 120),
            Ok(()),
            "{}",
            String::from_utf8_lossy(rendered.body(mode))
        );
    }
    let (Origin::Webhook(received), Some(canonical)) = (&event.origin, &canonical) else { return };
    let (identity, subject) = (identity(), &event.subject);
    let happening = Happening {
        id: event.id,
        event_type: &event.event_type,
        subject,
        occurred_at: event.occurred_at,
        shop: event.shop,
        identity: &identity,
        canonical,
        api_version: None,
    };
    assert_eq!(webhook.dialect.forward(received, &happening).body, webhook.draft.body);
}

/// Whatever a dialect is made to say, its own receivers can read.
fn said_in_every_dialect(event: &Event) {
    for id in DialectId::PLATFORMS {
        let Ok(said) = translate::into(event, id, &identity()) else { continue };
        let dialect = shopwire_dialects::get(id).expect("a platform");
        let read = dialect.read(&incoming(&said.draft));
        assert!(read.is_ok(), "{id}: {read:?} of {}", String::from_utf8_lossy(&said.draft.body));
    }
}
