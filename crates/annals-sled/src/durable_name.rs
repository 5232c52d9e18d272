//! Names that become file names: of projections and of consumers.

/// What a durable name must be, for messages.
pub(crate) const EXPECTED: &str =
    "1 to 64 of the characters a-z, 0-9, '_', '-' and '.', not beginning with '.'";

/// Whether a text can stand in a file name on every system, and is no hidden file and no parent.
pub(crate) fn is_durable_name(name: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('.')
}
