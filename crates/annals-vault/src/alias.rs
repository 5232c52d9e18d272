//! Aliases as they are compared: the same telephone number written in two ways is one alias.

use annals_events::IdType;

/// The form of an identifier that is hashed: e-mail addresses trimmed and in lower case, telephone
/// numbers as their digits behind a leading `+` where there is one, everything else trimmed.
/// `None` where nothing is left.
pub(crate) fn normalised(id_type: IdType, value: &str) -> Option<String> {
    let value = value.trim();
    let (text, is_something) = match id_type {
        IdType::Email => (value.to_lowercase(), !value.is_empty()),
        IdType::Phone => {
            let mut text = String::with_capacity(value.len());
            if value.starts_with('+') {
                text.push('+');
            }
            text.extend(value.chars().filter(char::is_ascii_digit));
            let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
            (text, has_digits)
        }
        _ => (value.to_owned(), !value.is_empty()),
    };
    is_something.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_identifier_written_differently_is_one_alias() {
        let phone = |text| normalised(IdType::Phone, text);
        assert_eq!(phone("+49 (30) 123-45"), phone(" +493012345 "));
        assert_ne!(phone("+493012345"), phone("493012345"));
        assert_eq!(phone("ext."), None);
        assert_eq!(phone("+"), None);
        let email = |text| normalised(IdType::Email, text);
        assert_eq!(email(" Li@Example.ORG "), email("li@example.org"));
        assert_eq!(normalised(IdType::MemberNo, " M-7 "), Some("M-7".to_owned()));
        assert_ne!(normalised(IdType::MemberNo, "m-7"), normalised(IdType::MemberNo, "M-7"));
        assert_eq!(normalised(IdType::Plate, "  "), None);
    }
}
