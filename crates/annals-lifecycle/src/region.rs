//! Which stages can never be entered: conditions as boxes in the space of all facts, and what is
//! left of a box when the boxes before it are cut away.
//!
//! Every fact is taken to be free of the others, save that a fact which needs a count (silence
//! needs an occasion) is bound to it. So what is called unreachable is unreachable; a stage that
//! no customer can enter for subtler reasons (silence is never longer than tenure) passes.

use crate::condition::Condition;
use crate::fact::Fact;

/// Inclusive ranges, one for each fact in the order of [`Fact::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region([(i64, i64); Fact::ALL.len()]);

/// Cutting splits boxes; rulesets that would need more than this many are taken at their word.
const PIECES_MAX: usize = 4096;

impl Region {
    /// Where all conditions hold; `None` where they never do.
    pub(crate) fn of(conditions: &[Condition]) -> Option<Self> {
        let mut region =
            Self(Fact::ALL.map(|fact| (0, if fact.is_yes_or_no() { 1 } else { i64::MAX })));
        for condition in conditions {
            let fact = condition.fact;
            // A ratio may lie between two neighbouring millionths: those are the odd places.
            let scale = if fact == Fact::RhythmRatio { 2 } else { 1 };
            let (min, max) =
                (condition.min.saturating_mul(scale), condition.max.saturating_mul(scale));
            region.narrow(fact, min, max);
            if let Some((needed, count)) = fact.needs() {
                region.narrow(needed, count, i64::MAX);
            }
        }
        region.is_something().then_some(region)
    }

    fn narrow(&mut self, fact: Fact, min: i64, max: i64) {
        for (known, range) in Fact::ALL.iter().zip(&mut self.0) {
            if *known == fact {
                *range = (range.0.max(min), range.1.min(max));
            }
        }
    }

    /// Whether anything of this region is outside all the others.
    pub(crate) fn reaches_beyond(&self, others: &[Self]) -> bool {
        let mut left = vec![self.clone()];
        for other in others {
            left = left.iter().flat_map(|piece| piece.without(other)).collect();
            if left.len() > PIECES_MAX {
                return true;
            }
        }
        !left.is_empty()
    }

    /// What is left when another region is cut away: fact by fact, the part below and the part
    /// above; what is inside in all facts is gone.
    fn without(&self, other: &Self) -> Vec<Self> {
        let overlaps =
            self.0.iter().zip(&other.0).all(|(one, two)| one.0 <= two.1 && two.0 <= one.1);
        if !overlaps {
            return vec![self.clone()];
        }
        let mut pieces = Vec::new();
        let mut inside = self.clone();
        for (fact, (low, high)) in Fact::ALL.into_iter().zip(other.0) {
            let below = low.checked_sub(1).map(|end| (i64::MIN, end));
            let above = high.checked_add(1).map(|start| (start, i64::MAX));
            for (min, max) in below.into_iter().chain(above) {
                let mut piece = inside.clone();
                piece.narrow(fact, min, max);
                pieces.extend(piece.is_something().then_some(piece));
            }
            inside.narrow(fact, low, high);
        }
        pieces
    }

    fn is_something(&self) -> bool {
        self.0.iter().all(|(min, max)| min <= max)
    }
}
