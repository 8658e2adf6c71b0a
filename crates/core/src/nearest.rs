//! What someone may have meant.

/// At most this many are suggested.
const SUGGESTED_MAX: usize = 3;

/// The candidates most like `given`, best first: those that hold it or are held by it, and those a few typing mistakes
/// away.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let given = given.to_lowercase();
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| Some((strangeness(&given, &candidate.to_lowercase())?, candidate)))
        .collect();
    near.sort_by_key(|(strangeness, _)| *strangeness);
    near.into_iter().take(SUGGESTED_MAX).map(|(_, candidate)| candidate).collect()
}

/// `did you mean …?`, or nothing if nothing is near.
pub fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = nearest(given, candidates);
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(" or ")))
}

/// How far apart two names are; `None` if too far to be the same.
fn strangeness(given: &str, candidate: &str) -> Option<usize> {
    let edits = edits(given, candidate);
    let longer = given.len().max(candidate.len());
    let held = given.len() >= 3 && (candidate.contains(given) || given.contains(candidate));
    (edits * 3 <= longer || held).then_some(edits)
}

/// How many characters have to be added, removed, replaced or swapped with their neighbour.
fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let replaced = above[j] + usize::from(a != b);
            let mut best = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_typing_mistakes() {
        for (from, to, expected) in [
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("lisetn", "listen", 1),
            ("kitten", "sitting", 3),
            ("ü", "u", 1),
        ] {
            assert_eq!(edits(from, to), expected, "{from} {to}");
            assert_eq!(edits(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let topics = ["order.created", "order.updated", "order.deleted", "product.created"];
        assert_eq!(nearest("order.craeted", topics), ["order.created", "order.deleted", "order.updated"]);
        assert_eq!(nearest("Order", topics), ["order.created", "order.updated", "order.deleted"]);
        assert_eq!(nearest("quantum", topics), Vec::<&str>::new());
        assert_eq!(did_you_mean("quantum", topics), None);
        assert_eq!(did_you_mean("lisen", ["listen", "threads"]).as_deref(), Some("did you mean `listen`?"));
    }
}
