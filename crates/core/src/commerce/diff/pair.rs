//! Parts of an entity before and after a change, each beside what it was.

use std::collections::BTreeMap;

/// A part as it was and as it is. At least one of both is there.
pub(super) struct Pair<'a, T> {
    /// What it is known by.
    pub key: String,
    /// Its number, from 1, among the parts with that key, for those that the key does not tell apart.
    pub nth: usize,
    pub before: Option<&'a T>,
    pub after: Option<&'a T>,
}

/// Brings parts together by what they are known by: those that are there now in their order, then those that are gone.
pub(super) fn pairs<'a, T>(before: &'a [T], after: &'a [T], key: impl Fn(&T) -> String) -> Vec<Pair<'a, T>> {
    let former = numbered(before, &key).into_iter().enumerate();
    let mut gone: BTreeMap<(String, usize), (usize, &T)> =
        former.map(|(place, (key, nth, part))| ((key, nth), (place, part))).collect();
    let present = numbered(after, &key).into_iter().map(|(key, nth, part)| {
        let before = gone.remove(&(key.clone(), nth)).map(|(_, before)| before);
        Pair { key, nth, before, after: Some(part) }
    });
    let mut pairs: Vec<Pair<'_, T>> = present.collect();
    let mut gone: Vec<_> = gone.into_iter().collect();
    gone.sort_by_key(|(_, (place, _))| *place);
    pairs.extend(gone.into_iter().map(|((key, nth), (_, part))| Pair {
        key,
        nth,
        before: Some(part),
        after: None,
    }));
    pairs
}

fn numbered<T>(parts: &[T], key: impl Fn(&T) -> String) -> Vec<(String, usize, &T)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let number = |part| {
        let key = key(part);
        let nth = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(1);
        (key, *nth, part)
    };
    parts.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_key_does_not_tell_apart_is_counted() {
        let found = |before: &[&'static str], after: &[&'static str]| -> Vec<String> {
            let pairs = pairs(before, after, |part| part[..1].to_owned());
            let tell = |part: Option<&&str>| part.map_or("-".to_owned(), ToString::to_string);
            pairs.iter().map(|p| format!("{}{} {} {}", p.key, p.nth, tell(p.before), tell(p.after))).collect()
        };
        assert_eq!(found(&["a", "b", "a!"], &["c", "a?", "a"]), ["c1 - c", "a1 a a?", "a2 a! a", "b1 b -"]);
        assert_eq!(found(&["a", "a!"], &["a!"]), ["a1 a a!", "a2 a! -"]);
        assert_eq!(found(&["b", "a"], &[]), ["b1 b -", "a1 a -"], "in their order");
        assert!(found(&[], &[]).is_empty());
    }
}
