//! A platform's words for states against the canonical ones, as data.

/// A table of (canonical word, the platform's word). Going out, the first line with the canonical word counts; coming in,
/// the first line with the platform's. So a line further down can say how a foreign word is put without disturbing how
/// the platform's own is read. Words that stand in no line are passed on as they are.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub &'static [(&'static str, &'static str)]);

impl Words {
    /// The canonical word for a platform's.
    pub fn ours<'w>(&self, theirs: &'w str) -> &'w str {
        self.0.iter().find(|(_, word)| *word == theirs).map_or(theirs, |(ours, _)| ours)
    }

    /// The platform's word for a canonical one.
    pub fn theirs<'w>(&self, ours: &'w str) -> &'w str {
        self.0.iter().find(|(word, _)| *word == ours).map_or(ours, |(_, theirs)| theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: Words =
        Words(&[("shipped", "SHIPPED"), ("delivered", "DELIVERED"), ("finished", "DELIVERED")]);

    #[test]
    fn every_word_of_the_platform_comes_back_as_itself() {
        for theirs in ["SHIPPED", "DELIVERED", "SOMETHING_NEW"] {
            assert_eq!(STATES.theirs(STATES.ours(theirs)), theirs);
        }
        assert_eq!((STATES.theirs("finished"), STATES.ours("DELIVERED")), ("DELIVERED", "delivered"));
    }
}
