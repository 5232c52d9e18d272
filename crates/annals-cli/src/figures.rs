//! JSON laid flat: one place and value per figure, for CSV and for short lists.
//!
//! Places are names joined with dots. An element of a list is named by its `month` or `cohort`
//! where it has one, else by its number, from 0: `cohorts.1997-01.retained.3`.

use serde_json::Value;

/// All figures of a value in their order. Nulls have an empty value, empty lists and objects none.
pub(crate) fn figures(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    each_figure(value, &mut |place, value| found.push((place.to_owned(), text(value))));
    found
}

/// Tells each figure of a value in order: its place, and what stands there.
pub(crate) fn each_figure(value: &Value, tell: &mut dyn FnMut(&str, &Value)) {
    walk(&mut String::new(), value, tell);
}

/// A figure as CSV has it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn walk(place: &mut String, value: &Value, tell: &mut dyn FnMut(&str, &Value)) {
    let mut below = |name: &str, value: &Value| {
        let end = place.len();
        if end > 0 {
            place.push('.');
        }
        place.push_str(name);
        walk(place, value, tell);
        place.truncate(end);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| below(name, value)),
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                match ["month", "cohort"].iter().find_map(|key| element.get(*key)?.as_str()) {
                    Some(name) => below(name, element),
                    None => below(&index.to_string(), element),
                }
            }
        }
        figure => tell(place, figure),
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
