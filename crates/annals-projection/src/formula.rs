//! How a measure is computed, in words and with the values put in.

use serde_json::Value;

/// How a measure of a view is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formula {
    /// The measure: a place in the view, such as `nps.score`.
    pub measure: &'static str,
    /// The formula; places of the view in braces stand for their values:
    /// `100 x ({nps.promoters} - {nps.detractors}) / {nps.n}`.
    pub formula: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    /// The keys of the ruleset it reads, such as `nps.promoter_min`, and the tables of a list, such
    /// as `scheme.A-E`.
    pub rules: &'static [&'static str],
}

impl Formula {
    /// The formula with the values of a view put in; what the view does not have stays in braces.
    pub fn with_values(&self, view: &Value) -> String {
        let mut text = String::new();
        let mut rest = self.formula;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((place, behind)) = after.split_once('}') else {
                text.push('{');
                rest = after;
                continue;
            };
            match value_at(view, place) {
                Some(Value::String(value)) => text.push_str(value),
                Some(value) => text.push_str(&value.to_string()),
                None => {
                    text.push('{');
                    text.push_str(place);
                    text.push('}');
                }
            }
            rest = behind;
        }
        text.push_str(rest);
        text
    }
}

/// The value at a place such as `complaints.open`.
pub fn value_at<'v>(view: &'v Value, place: &str) -> Option<&'v Value> {
    place.split('.').try_fold(view, |value, key| value.get(key))
}

/// The line of a ruleset that sets a key such as `nps.promoter_min`: its number, from 1, and its
/// text. Of a list of tables such as `[[scheme]]`, `scheme.A-E` is the line that names one of them:
/// `id = "A-E"`, or with `code` or `name` in place of `id`.
pub fn rule_line<'t>(text: &'t str, key: &str) -> Option<(usize, &'t str)> {
    let (section, name) = key.split_once('.').unwrap_or(("", key));
    let (mut at, mut in_list) = ("", false);
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if let Some(header) = trimmed.strip_prefix('[').and_then(|header| header.strip_suffix(']'))
        {
            in_list = header.starts_with('[');
            at = header.trim_matches(['[', ']']);
        } else if at == section
            && let Some((set, value)) = trimmed.split_once('=')
        {
            let set = set.trim();
            let names_it =
                || ["id", "code", "name"].contains(&set) && value.trim().trim_matches('"') == name;
            let found = if in_list { names_it() } else { set == name };
            if found {
                return Some((index + 1, trimmed));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_take_the_place_of_their_places() {
        let formula = Formula {
            measure: "nps.score",
            formula: "100 x ({nps.promoters} - {nps.detractors}) / {nps.n}, {nowhere}",
            source: "",
            rules: &[],
        };
        let view = json!({"nps": {"promoters": 3, "detractors": 1, "n": 4}});
        assert_eq!(formula.with_values(&view), "100 x (3 - 1) / 4, {nowhere}");
    }

    #[test]
    fn a_rule_is_found_by_its_key() {
        let text = "version = 1\n[nps]\nmin = 0\n\n[csat]\nmin = 1\n";
        assert_eq!(rule_line(text, "csat.min"), Some((6, "min = 1")));
        assert_eq!(rule_line(text, "version"), Some((1, "version = 1")));
        assert_eq!(rule_line(text, "ces.min"), None);
    }

    #[test]
    fn a_table_of_a_list_is_found_by_its_name() {
        let text = "name = \"a\"\n[[scheme]]\nid = \"a\"\n[[scheme.stage]]\nid = \"b\"\n\n\
                    [[scheme]]\nid = \"b\"\nnone = \"a\"\n";
        assert_eq!(rule_line(text, "scheme.a"), Some((3, "id = \"a\"")));
        assert_eq!(rule_line(text, "scheme.b"), Some((8, "id = \"b\"")));
        assert_eq!(rule_line(text, "scheme.id"), None);
    }
}
