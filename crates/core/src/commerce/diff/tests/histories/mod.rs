//! Random histories against models of the rules that are written without a look at them: over small states instead of
//! entities, and in other words. Both must give the same events, about the same things.

mod app;
mod cart;
mod order;
mod product;
mod small;

use std::fmt::Debug;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Story, entity};
use crate::commerce::diff::Arisen;
use crate::commerce::entity::Entity;
use crate::commerce::{ArisesFrom, Canonical, EntityKind};

/// The rules of one kind over small states.
trait Model: Default {
    /// What such an entity can be like, as far as the rules care.
    type State: Clone + Debug + PartialEq;
    /// The kind.
    const KIND: EntityKind;

    /// The state as an entity.
    fn json(state: &Self::State) -> Value;

    /// The events of a change, each as `order.paid order/1`, in any order. States that differ, or one is missing.
    fn change(
        &mut self,
        before: Option<&Self::State>,
        after: Option<&Self::State>,
        by_order: bool,
        minute: i64,
    ) -> Vec<String>;

    /// The events of the time that passed until this minute.
    fn pass(&mut self, _state: Option<&Self::State>, _minute: i64) -> Vec<String> {
        Vec::new()
    }
}

#[derive(Debug, Clone)]
enum Step<S> {
    Put(S, bool),
    /// The last state once more, written at another time.
    Touch,
    Delete,
    Wait(i64),
}

fn steps<S: Debug + Clone + 'static>(
    states: impl Strategy<Value = S> + 'static,
) -> impl Strategy<Value = Vec<Step<S>>> {
    let step = prop_oneof![
        6 => (states, any::<bool>()).prop_map(|(state, by_order)| Step::Put(state, by_order)),
        1 => Just(Step::Touch),
        1 => Just(Step::Delete),
        3 => (1..=70_i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..12)
}

/// Lives through a history in both worlds.
fn live<M: Model>(steps: Vec<Step<M::State>>) -> Result<(), TestCaseError> {
    let (mut model, mut story) = (M::default(), Story::of(M::KIND));
    let mut state: Option<M::State> = None;
    let mut minute = 0;
    for step in steps {
        let former = story.entity.clone();
        let (expected, found) = match step.clone() {
            Step::Wait(minutes) => {
                minute += minutes;
                (model.pass(state.as_ref(), minute), story.wait(minutes * 60_000))
            }
            Step::Touch => {
                let mut touched = state.as_ref().map_or(Value::Null, M::json);
                // A subscription does not say when it was changed.
                if let (Value::Object(touched), true) = (&mut touched, M::KIND != EntityKind::Subscription) {
                    touched.insert("updated_at".to_owned(), story.now.to_string().into());
                }
                (Vec::new(), story.put(touched))
            }
            Step::Delete => told(&mut model, &mut story, (&mut state, None), false, minute),
            Step::Put(next, by_order) => {
                told(&mut model, &mut story, (&mut state, Some(next)), by_order, minute)
            }
        };
        prop_assert_eq!(sorted(expected), sorted(found.iter().map(line).collect()), "{:?}", step);
        for event in &found {
            holds_together(event, former.as_ref(), M::KIND)?;
        }
        let once_more = story.entity.as_ref().map_or(Value::Null, |entity| Value::Object(entity.to_map()));
        prop_assert!(story.put(once_more).is_empty(), "the same again gives nothing");
    }
    Ok(())
}

fn told<M: Model>(
    model: &mut M,
    story: &mut Story,
    (state, next): (&mut Option<M::State>, Option<M::State>),
    by_order: bool,
    minute: i64,
) -> (Vec<String>, Vec<Arisen>) {
    let expected = if *state == next {
        Vec::new()
    } else {
        model.change(state.as_ref(), next.as_ref(), by_order, minute)
    };
    *state = next;
    let json = state.as_ref().map_or(Value::Null, M::json);
    (expected, story.change(json, by_order.then_some("order")))
}

fn line(event: &Arisen) -> String {
    format!("{} {}", event.event_type, event.subject)
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// What is true of every event, whatever the rules.
fn holds_together(event: &Arisen, former: Option<&Entity>, kind: EntityKind) -> Result<(), TestCaseError> {
    let Canonical { object, previous, .. } = &event.canonical;
    prop_assert_eq!(event.subject.kind(), Some(event.event_type.kind()));
    prop_assert_eq!(event.subject.id(), object.id(), "an event is about its object");
    let read = Canonical::from_json(event.event_type.kind(), &event.canonical.to_json());
    prop_assert_eq!(read.as_ref(), Ok(&event.canonical), "what is stored reads back");
    let is_own_update =
        event.event_type.kind() == kind && event.event_type.arises_from() == ArisesFrom::Changed;
    if let (true, Some(former)) = (is_own_update, former) {
        let mut undone = object.to_map();
        for (name, value) in previous {
            match value {
                Value::Null => drop(undone.remove(name)),
                value => drop(undone.insert(name.clone(), value.clone())),
            }
        }
        prop_assert_eq!(
            &Value::Object(undone),
            &Value::Object(former.to_map()),
            "the former values lead back"
        );
    }
    Ok(())
}

/// A state without the fields that have no value.
fn known(fields: Vec<(&str, Value)>) -> Value {
    let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

proptest! {
    #[test]
    fn orders(steps in steps(order::states())) {
        live::<order::Orders>(steps)?;
    }

    #[test]
    fn carts(steps in steps(cart::states())) {
        live::<cart::Carts>(steps)?;
    }

    #[test]
    fn products(steps in steps(product::states())) {
        live::<product::Products>(steps)?;
    }

    #[test]
    fn apps(steps in steps(app::states())) {
        live::<app::Apps>(steps)?;
    }

    #[test]
    fn subscriptions(steps in steps(small::subscriptions())) {
        live::<small::Subscriptions>(steps)?;
    }

    #[test]
    fn shops(steps in steps(small::settings())) {
        live::<small::Shops>(steps)?;
    }

    #[test]
    fn customers(steps in steps(small::people())) {
        live::<small::Customers>(steps)?;
    }
}

#[test]
fn the_models_speak_of_readable_entities() {
    assert!(entity(EntityKind::Cart, known(vec![("email", "a".into()), ("number", Value::Null)])).is_some());
}
