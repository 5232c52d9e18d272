//! What comes of opening a sealed field: four outcomes that are never confused.

/// A personal field, opened or not.
#[derive(Clone, PartialEq, Eq)]
pub enum Opened {
    /// The text.
    Text(String),
    /// The data subject was erased: nobody can read the text any more.
    Shredded,
    /// There is no key-encryption key here: whoever has it can read the text.
    Locked,
    /// The field or its key is not what was written; why.
    Damaged(String),
}

/// Never shows the text: debug output ends in logs.
impl std::fmt::Debug for Opened {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => out.write_str("Text(hidden)"),
            Self::Shredded => out.write_str("Shredded"),
            Self::Locked => out.write_str("Locked"),
            Self::Damaged(why) => write!(out, "Damaged({why})"),
        }
    }
}
