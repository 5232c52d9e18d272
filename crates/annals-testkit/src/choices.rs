//! Where random values come from: a row of numbers, each read as one choice.
//!
//! Every value of the vocabulary is made from such a row (see [`crate::FromChoices`]), so that one
//! description of a value serves random tests and fixed samples alike. Nought is always the
//! simplest choice and a row that has run out goes on with noughts; so a row shrinks, and the value
//! with it, by making its numbers smaller and fewer.

/// What is done with fields that may be left out, and with lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Each as it is chosen.
    Chosen,
    /// Every field is given, every list has two elements.
    Always,
    /// No such field is given, every list is empty.
    Never,
}

/// A row of choices being read.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    row: Row<'a>,
    presence: Presence,
}

#[derive(Clone, Debug)]
enum Row<'a> {
    Given(&'a [u64]),
    Steady(u64),
}

impl<'a> Choices<'a> {
    /// Reads the choices given, then noughts.
    pub fn given(row: &'a [u64]) -> Self {
        Self { row: Row::Given(row), presence: Presence::Chosen }
    }

    /// An endless row that is the same for a seed for ever (`SplitMix64`).
    pub fn steady(seed: u64, presence: Presence) -> Self {
        Self { row: Row::Steady(seed), presence }
    }

    /// The next choice.
    pub fn next_number(&mut self) -> u64 {
        match &mut self.row {
            Row::Given(row) => row.split_off_first().copied().unwrap_or(0),
            Row::Steady(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
        }
    }

    /// A number below a bound, which is at least 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_number() % bound.max(1)
    }

    /// A number from `min` to `max`: mostly near the one closest to nought, at times an end.
    pub fn between(&mut self, min: i64, max: i64) -> i64 {
        let shape = self.below(8);
        let choice = self.next_number();
        let near = 0_i64.clamp(min, max);
        let reach = |limit: u64| i64::try_from(choice % limit).unwrap_or(0);
        match shape {
            0..=3 => near.saturating_add(reach(100)).min(max),
            4 => near.saturating_sub(reach(100)).max(min),
            5 => {
                let span = u128::from(max.abs_diff(min)) + 1;
                let step = i128::try_from(u128::from(choice) % span).unwrap_or(0);
                i64::try_from(i128::from(min) + step).unwrap_or(max)
            }
            6 => min,
            _ => max,
        }
    }

    /// One of several values; the first where there is no choice left.
    ///
    /// # Panics
    /// Where there are none.
    pub fn one_of<T: Clone>(&mut self, values: &[T]) -> T {
        let index = usize::try_from(self.below(values.len() as u64)).unwrap_or(0);
        values.get(index).cloned().expect("a choice is made among at least one value")
    }

    /// Whether a field that may be left out is given.
    pub fn is_given(&mut self) -> bool {
        match self.presence {
            Presence::Chosen => self.below(2) == 1,
            Presence::Always => true,
            Presence::Never => false,
        }
    }

    /// How many elements a list has: 0 to 3.
    pub fn length(&mut self) -> usize {
        match self.presence {
            Presence::Chosen => usize::try_from(self.below(4)).unwrap_or(0),
            Presence::Always => 2,
            Presence::Never => 0,
        }
    }

    /// Whether a value is to be an unlikely one; fixed samples stay readable.
    pub fn is_wild(&mut self) -> bool {
        self.presence == Presence::Chosen && self.below(4) == 3
    }

    /// Text of at most so many characters, from plain letters to anything Unicode has.
    pub fn text(&mut self, characters_max: u64) -> String {
        if self.presence != Presence::Chosen {
            return self.one_of(&["Guten Tag", "客户满意", "as promised"]).to_owned();
        }
        let count = self.below(characters_max + 1);
        (0..count)
            .map(|_| {
                let shape = self.below(8);
                let letter = b'a' + u8::try_from(self.below(26)).unwrap_or(0);
                match shape {
                    0..=4 => char::from(letter),
                    5 => char::from(u8::try_from(self.below(95)).unwrap_or(0) + b' '),
                    6 => self.one_of(&['客', 'ü', 'ß', '\u{1F600}', '"', '\\', '\n', '\u{0}']),
                    _ => u32::try_from(self.below(0x11_0000))
                        .ok()
                        .and_then(char::from_u32)
                        .unwrap_or('a'),
                }
            })
            .collect()
    }
}
