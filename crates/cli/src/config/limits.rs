//! `[limits]`: every limit of the core, each a key of the same name.

use serde_json::Value;
use shopwire_core::Limits;

use super::{Key, Raw, Section, Setting};

const WEEK_MS: u64 = 7 * 24 * 3_600_000;
/// What the JSON reader itself can follow.
const JSON_DEPTH_MAX: usize = 120;

fn values(limits: &Limits) -> serde_json::Map<String, Value> {
    match serde_json::to_value(limits) {
        Ok(Value::Object(values)) => values,
        _ => unreachable!("limits are an object of numbers"),
    }
}

impl Section for Limits {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn about(&self) -> &'static str {
        "How much of everything. Whatever is full is answered with 503 or 4xx, never by losing something."
    }

    fn keys(&self) -> Vec<Key> {
        let key = |(name, _, meaning): (&'static str, u64, &'static str)| Key {
            name,
            form: u64::FORM,
            meaning: meaning.to_owned(),
            secret: false,
        };
        Self::reference().into_iter().map(key).collect()
    }

    fn set(&mut self, key: &str, raw: &Raw) -> Result<(), String> {
        let mut all = values(self);
        all.insert(key.to_owned(), u64::read(raw)?.into());
        *self =
            serde_json::from_value(Value::Object(all)).map_err(|_| "expected a smaller number".to_owned())?;
        Ok(())
    }

    fn show(&self, key: &str) -> Value {
        values(self).get(key).cloned().unwrap_or_default()
    }

    fn check(&self) -> Vec<(&'static str, String)> {
        let too_deep = self.json_depth_max > JSON_DEPTH_MAX;
        let too_short = self.dedup_keep_ms < WEEK_MS;
        let connects_longer = self.connect_timeout_ms > self.exchange_deadline_ms;
        let narrow = self.in_flight_per_endpoint_max > self.in_flight_max;
        let said = [
            too_deep.then(|| ("json_depth_max", format!("at most {JSON_DEPTH_MAX} levels can be followed: lower it"))),
            too_short.then(|| ("dedup_keep_ms", format!("platforms send again for days: at least 7 days, {WEEK_MS}"))),
            connects_longer.then(|| {
                let deadline = self.exchange_deadline_ms;
                ("connect_timeout_ms", format!("longer than the whole exchange may take (`exchange_deadline_ms`, {deadline}): lower it"))
            }),
            narrow.then(|| {
                let overall = self.in_flight_max;
                ("in_flight_per_endpoint_max", format!("more than may be in flight overall (`in_flight_max`, {overall}): lower it"))
            }),
        ];
        let said: Vec<_> = said.into_iter().flatten().collect();
        let broken =
            || self.validate().err().map(|error| (error.name, format!("expected {}", error.expected)));
        if said.is_empty() { broken().into_iter().collect() } else { said }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_can_be_set_by_its_name() {
        for key in Limits::default().keys() {
            let mut limits = Limits::default();
            limits.set(key.name, &Raw::Integer(7)).expect(key.name);
            assert_eq!(limits.show(key.name), Value::from(7));
            assert_eq!(limits.keys().len(), values(&limits).len(), "nothing else was added");
        }
    }

    #[test]
    fn what_cannot_work_is_said() {
        assert_eq!(Limits::default().check(), []);
        for (key, value) in [
            ("json_depth_max", 121),
            ("dedup_keep_ms", 1),
            ("connect_timeout_ms", 15_001),
            ("in_flight_per_endpoint_max", 1_025),
            ("retention_ms", 8 * 24 * 3_600_000 - 1),
            ("retention_undelivered_ms", 1),
            ("log_bytes_max", 1),
            ("log_segment_bytes", 1),
        ] {
            let mut limits = Limits::default();
            limits.set(key, &Raw::Integer(value)).expect(key);
            assert_eq!(limits.check().iter().map(|(key, _)| *key).collect::<Vec<_>>(), [key]);
        }
    }
}
