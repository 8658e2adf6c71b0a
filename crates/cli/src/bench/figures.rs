//! What has been found so far.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::measure::{Bound, MEASURES, Measure, Target};
use super::order::Tally;
use super::statistics::median;

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct Figures {
    found: BTreeMap<&'static str, Vec<Figure>>,
    tallies: BTreeMap<String, Tally>,
    details: Map<String, Value>,
    left_out: Vec<(String, String)>,
}

/// One round's figure, with what it is a ratio to.
#[derive(Debug, Clone, Copy)]
struct Figure {
    value: f64,
    base: Option<f64>,
}

/// A measure with what was found of it.
pub(super) struct Row {
    pub(super) measure: &'static Measure,
    /// The median.
    pub(super) value: f64,
    /// The median of the rounds' ratios.
    pub(super) ratio: Option<f64>,
    rounds: Vec<Figure>,
}

impl Figures {
    /// Notes a value.
    pub(super) fn note(&mut self, id: &str, value: f64) {
        self.add(id, Figure { value, base: None });
    }

    /// Notes a value with what it is a ratio to, measured beside it.
    pub(super) fn note_beside(&mut self, id: &str, value: f64, base: f64) {
        self.add(id, Figure { value, base: Some(base) });
    }

    fn add(&mut self, id: &str, figure: Figure) {
        let measure = MEASURES.iter().find(|measure| measure.id == id);
        let id = measure.map(|measure| measure.id).expect("what is measured has a row");
        self.found.entry(id).or_default().push(figure);
    }

    /// Notes what was sent against what arrived.
    pub(super) fn check(&mut self, scenario: &str, tally: Tally) {
        let sum = self.tallies.entry(scenario.to_owned()).or_default();
        sum.expected += tally.expected;
        sum.lost += tally.lost;
        sum.duplicates += tally.duplicates;
        sum.strays += tally.strays;
    }

    /// Notes something for programs.
    pub(super) fn detail(&mut self, name: &str, value: Value) {
        self.details.insert(name.to_owned(), value);
    }

    /// Notes that something could not be measured, and why.
    pub(super) fn leave_out(&mut self, scenario: String, why: String) {
        self.left_out.push((scenario, why));
    }

    /// The median of what was found of a measure.
    pub(super) fn median(&self, id: &str) -> Option<f64> {
        let values: Vec<_> = self.found.get(id)?.iter().map(|figure| figure.value).collect();
        Some(median(&values))
    }

    /// The rows, in the order of the table.
    pub(super) fn rows(&self) -> Vec<Row> {
        let row = |measure: &'static Measure| {
            let rounds = self.found.get(measure.id)?.clone();
            let values: Vec<_> = rounds.iter().map(|figure| figure.value).collect();
            let ratios: Vec<_> = rounds.iter().filter_map(|figure| figure.ratio()).collect();
            let ratio = (!ratios.is_empty()).then(|| median(&ratios));
            Some(Row { measure, value: median(&values), ratio, rounds })
        };
        MEASURES.iter().filter_map(row).collect()
    }

    /// What was sent against what arrived, over everything.
    pub(super) fn tally(&self) -> Tally {
        self.tallies.values().fold(Tally::default(), |sum, tally| Tally {
            expected: sum.expected + tally.expected,
            lost: sum.lost + tally.lost,
            duplicates: sum.duplicates + tally.duplicates,
            strays: sum.strays + tally.strays,
        })
    }

    /// What could not be measured, and why.
    pub(super) fn left_out(&self) -> &[(String, String)] {
        &self.left_out
    }

    /// All of it, for programs.
    pub(super) fn json(&self) -> Value {
        let left_out: Map<_, _> =
            self.left_out.iter().map(|(scenario, why)| (scenario.clone(), json!(why))).collect();
        json!({
            "rows": self.rows().iter().map(Row::json).collect::<Vec<_>>(),
            "events": { "all": self.tally(), "by_scenario": self.tallies },
            "details": self.details,
            "left_out": left_out,
        })
    }
}

impl Figure {
    fn ratio(&self) -> Option<f64> {
        self.base.filter(|base| *base > 0.0).map(|base| self.value / base)
    }
}

impl Row {
    /// Whether the target is met; `None` if there is none.
    pub(super) fn is_met(&self) -> Option<bool> {
        match self.measure.target {
            Target::None => None,
            Target::Value(bound) => Some(bound.holds(self.value)),
            Target::Ratio(bound) => Some(self.ratio.is_some_and(|ratio| bound.holds(ratio))),
        }
    }

    /// The target for people; empty if there is none.
    pub(super) fn target(&self) -> String {
        let (bound, shown): (_, &dyn Fn(f64) -> String) = match self.measure.target {
            Target::None => return String::new(),
            Target::Value(bound) => (bound, &|value| self.measure.unit.shown(value)),
            Target::Ratio(bound) => (bound, &|value| format!("{value:.2} of {}", self.measure.base)),
        };
        match bound {
            Bound::AtLeast(least) => format!("≥ {}", shown(least)),
            Bound::AtMost(most) => format!("≤ {}", shown(most)),
        }
    }

    fn json(&self) -> Value {
        let base = self.ratio.map(|ratio| json!({ "of": self.measure.base, "ratio": ratio }));
        let (what, bound) = match self.measure.target {
            Target::None => (None, None),
            Target::Value(bound) => (Some("value"), Some(bound)),
            Target::Ratio(bound) => (Some("ratio"), Some(bound)),
        };
        let target = bound.map(|bound| match bound {
            Bound::AtLeast(least) => json!({ "of": what, "at_least": least }),
            Bound::AtMost(most) => json!({ "of": what, "at_most": most }),
        });
        let rounds: Vec<_> =
            self.rounds.iter().map(|figure| json!({ "value": figure.value, "base": figure.base })).collect();
        json!({
            "id": self.measure.id,
            "name": self.measure.name.trim(),
            "value": self.value,
            "unit": self.measure.unit.name(),
            "base": base,
            "target": target,
            "met": self.is_met(),
            "rounds": rounds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_the_median_of_its_rounds_and_is_judged_by_its_target() {
        let mut figures = Figures::default();
        for (value, base) in [(30.0, 100.0), (20.0, 50.0), (10.0, 100.0)] {
            figures.note_beside("end_to_end_1", value, base);
        }
        figures.note("disk", 1700.0);
        figures.note("pump", 1.0);
        let rows = figures.rows();
        let found: Vec<_> =
            rows.iter().map(|row| (row.measure.id, row.value, row.ratio, row.is_met())).collect();
        let expected = [
            ("pump", 1.0, None, None),
            ("end_to_end_1", 20.0, Some(0.3), Some(true)),
            ("disk", 1700.0, None, Some(false)),
        ];
        assert_eq!(found, expected);
        assert_eq!(rows[1].target(), "≥ 0.30 of the pump");
        assert_eq!(rows[2].target(), "≤ 1638 bytes");
    }

    #[test]
    fn a_target_of_a_ratio_without_a_base_is_missed() {
        let mut figures = Figures::default();
        figures.note("drain", 10.0);
        assert_eq!(figures.rows()[0].is_met(), Some(false));
    }

    #[test]
    fn what_is_lost_anywhere_is_lost() {
        let mut figures = Figures::default();
        figures.check("a", Tally { expected: 2, lost: 1, duplicates: 0, strays: 0 });
        figures.check("a", Tally { expected: 2, lost: 0, duplicates: 3, strays: 0 });
        figures.check("b", Tally { expected: 1, lost: 0, duplicates: 0, strays: 1 });
        assert_eq!(figures.tally(), Tally { expected: 5, lost: 1, duplicates: 3, strays: 1 });
    }
}
