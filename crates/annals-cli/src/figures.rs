//! JSON laid flat: one place and value per figure, for CSV and for short lists.
//!
//! Places are names joined with dots. An element of a list is named by its `month` or `cohort`
//! where it has one, else by its number, from 0: `cohorts.1997-01.retained.3`.

use serde_json::Value;

/// All figures of a value in their order. Nulls have an empty value, empty lists and objects none.
pub(crate) fn figures(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect("", value, &mut found);
    found
}

fn collect(place: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let below = |name: &str| {
        if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
    };
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                collect(&below(name), value, found);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let name = ["month", "cohort"].iter().find_map(|key| element.get(*key)?.as_str());
                let name = name.map_or_else(|| index.to_string(), str::to_owned);
                collect(&below(&name), element, found);
            }
        }
        Value::Null => found.push((place.to_owned(), String::new())),
        Value::String(text) => found.push((place.to_owned(), text.clone())),
        other => found.push((place.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_cohorts_name_their_rows_and_lists_are_numbered() {
        let value = serde_json::json!({
            "gini": 0.5, "why": null,
            "cohorts": [{"cohort": "1997-01", "retained": [7, 3]}],
        });
        let expected = [
            ("gini", "0.5"),
            ("why", ""),
            ("cohorts.1997-01.cohort", "1997-01"),
            ("cohorts.1997-01.retained.0", "7"),
            ("cohorts.1997-01.retained.1", "3"),
        ];
        let expected = expected.map(|(place, value)| (place.to_owned(), value.to_owned()));
        assert_eq!(figures(&value), expected);
    }
}
