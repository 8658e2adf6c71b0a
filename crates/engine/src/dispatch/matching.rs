//! Whether an endpoint wants an event.

use shopwire_core::LoggedEvent;
use shopwire_core::delivery::Endpoint;

/// Whether `endpoint` wants this event: its shop, and one of its topics. The index gives the same answer for many
/// endpoints at once.
pub fn wants(endpoint: &Endpoint, logged: &LoggedEvent) -> bool {
    if endpoint.shop.is_some_and(|shop| shop != logged.event.shop) {
        return false;
    }
    let event_type = logged.event.event_type.to_string();
    endpoint.topics.iter().any(|pattern| pattern.matches(&event_type))
}
