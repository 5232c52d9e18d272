//! How a measure is computed, in words and with the values put in.

use serde_json::Value;

/// How a measure of a view is computed.
///
/// A measure such as `stages.*` stands for one formula each for whatever the view has there; the
/// star in the formula and in the rules then stands for its name.
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
    /// as `scheme.A-E`, or `alert.*` for all of them. Of a list in a list, `scheme.A-E.exit` is the
    /// whole table; places of the view may stand in it in braces.
    pub rules: &'static [&'static str],
}

/// A formula as it holds for a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormulaOfView {
    /// The measure it gives.
    pub measure: String,
    /// The formula.
    pub formula: String,
    /// The keys of the ruleset it reads.
    pub rules: Vec<String>,
}

impl Formula {
    /// The formula for each measure of the view that it is of.
    pub fn of_view(&self, view: &Value) -> Vec<FormulaOfView> {
        let named = |name: &str| FormulaOfView {
            measure: self.measure.replace('*', name),
            formula: self.formula.replace('*', name),
            rules: self.rules.iter().map(|key| filled(&key.replace('*', name), view)).collect(),
        };
        match self.measure.split_once(".*") {
            None => vec![FormulaOfView {
                measure: self.measure.to_owned(),
                formula: self.formula.to_owned(),
                rules: self.rules.iter().map(ToString::to_string).collect(),
            }],
            Some((place, _)) => {
                let there = value_at(view, place).and_then(Value::as_object);
                there.into_iter().flatten().map(|(name, _)| named(name)).collect()
            }
        }
    }
}

impl FormulaOfView {
    /// The formula with the values of a view put in; what the view does not have stays in braces.
    pub fn with_values(&self, view: &Value) -> String {
        filled(&self.formula, view)
    }
}

/// A text with the values of a view in the place of what stands in braces.
fn filled(text: &str, view: &Value) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((place, behind)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match value_at(view, place) {
            Some(Value::String(value)) => filled.push_str(value),
            Some(value) => filled.push_str(&value.to_string()),
            None => {
                filled.push('{');
                filled.push_str(place);
                filled.push('}');
            }
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// The value at a place such as `complaints.open`.
pub fn value_at<'v>(view: &'v Value, place: &str) -> Option<&'v Value> {
    place.split('.').try_fold(view, |value, key| value.get(key))
}

/// The line of a ruleset that sets a key such as `nps.promoter_min`: its number, from 1, and its
/// text. Of a list of tables such as `[[scheme]]`, `scheme.A-E` is the line that names one of them:
/// `id = "A-E"`, or with `code` or `name` in place of `id`; `scheme.*` is the line of each, and
/// `scheme.A-E.exit` all lines of the table with the id `exit` in a list within that of `A-E`.
pub fn rule_lines<'t>(text: &'t str, key: &str) -> Vec<(usize, &'t str)> {
    let (section, name) = key.split_once('.').unwrap_or(("", key));
    if let Some((outer, inner)) = name.split_once('.') {
        return table_lines(text, section, outer, inner);
    }
    let (mut at, mut in_list) = ("", false);
    let mut lines = Vec::new();
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
            let is_named = || name == "*" || value.trim().trim_matches('"') == name;
            let names_it = || ["id", "code", "name"].contains(&set) && is_named();
            let found = if in_list { names_it() } else { set == name };
            if found {
                lines.push((index + 1, trimmed));
                if name != "*" {
                    break;
                }
            }
        }
    }
    lines
}

/// The lines of the table with an id in a list within a table with an id of another list: from the
/// line with the id to the next header, comment or empty line. What the outer table gives to those
/// who are in none of the list (`none = "..."`) has that one line.
fn table_lines<'t>(
    text: &'t str,
    section: &str,
    outer: &str,
    inner: &str,
) -> Vec<(usize, &'t str)> {
    let sets = |line: &str, wanted: &str, id: &str| {
        let set = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
        set.is_some_and(|(key, value)| key == wanted && value.trim_matches('"') == id)
    };
    let mut lines = text.lines().map(str::trim).enumerate();
    let list = format!("[[{section}]]");
    let (mut in_outer, mut header) = (false, "");
    let found = lines.find(|(_, line)| {
        if line.starts_with('[') {
            header = line;
        } else if header == list && line.starts_with("id") {
            in_outer = sets(line, "id", outer);
        }
        let key = if header == list { "none" } else { "id" };
        in_outer && !line.starts_with('[') && sets(line, key, inner)
    });
    let is_table = header != list;
    let behind = lines.take_while(|(_, line)| {
        is_table && !(line.is_empty() || line.starts_with('#') || line.starts_with("[["))
    });
    found.into_iter().chain(behind).map(|(index, line)| (index + 1, line)).collect()
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
        let of_view = formula.of_view(&view);
        let with_values: Vec<_> = of_view.iter().map(|one| one.with_values(&view)).collect();
        assert_eq!(with_values, ["100 x (3 - 1) / 4, {nowhere}"]);
    }

    #[test]
    fn a_star_stands_for_each_name_the_view_has_there() {
        let formula = Formula {
            measure: "stages.*",
            formula: "{stages.*.stage}",
            source: "",
            rules: &["scheme.*", "scheme.*.{stages.*.stage}"],
        };
        let view = json!({"stages": {"mine": {"stage": "new"}, "yours": {"stage": "old"}}});
        let of_view = formula.of_view(&view);
        let measures: Vec<_> = of_view.iter().map(|one| one.measure.as_str()).collect();
        assert_eq!(measures, ["stages.mine", "stages.yours"]);
        let last = of_view.last().expect("two of them");
        assert_eq!(last.with_values(&view), "old");
        assert_eq!(last.rules, ["scheme.yours", "scheme.yours.old"]);
        assert!(formula.of_view(&json!({})).is_empty());
    }

    #[test]
    fn a_rule_is_found_by_its_key() {
        let text = "version = 1\n[nps]\nmin = 0\n\n[csat]\nmin = 1\n";
        assert_eq!(rule_lines(text, "csat.min"), [(6, "min = 1")]);
        assert_eq!(rule_lines(text, "version"), [(1, "version = 1")]);
        assert!(rule_lines(text, "ces.min").is_empty());
    }

    #[test]
    fn a_table_of_a_list_is_found_by_its_name() {
        let text = "name = \"a\"\n[[scheme]]\nid = \"a\"\n[[scheme.stage]]\nid = \"b\"\n\n\
                    [[scheme]]\nid = \"b\"\nnone = \"a\"\n";
        assert_eq!(rule_lines(text, "scheme.a"), [(3, "id = \"a\"")]);
        assert_eq!(rule_lines(text, "scheme.b"), [(8, "id = \"b\"")]);
        assert_eq!(rule_lines(text, "scheme.*"), [(3, "id = \"a\""), (8, "id = \"b\"")]);
        assert!(rule_lines(text, "scheme.id").is_empty());
    }

    #[test]
    fn a_table_in_a_list_within_a_table_is_found_whole() {
        let text = "[[scheme]]\nid = \"a\"\n[[scheme.stage]]\nid = \"x\"\nwhen = []\n\n\
                    [[scheme]]\nid = \"b\"\n[[scheme.stage]]\nid = \"y\"\n[[scheme.stage]]\n\
                    id = \"x\"\nwhen = [\n  { closed = true },\n]\n# no more\nlever = 1\n";
        let found = rule_lines(text, "scheme.b.x");
        let numbers: Vec<_> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(numbers, [12, 13, 14, 15]);
        assert_eq!(rule_lines(text, "scheme.a.x"), [(4, "id = \"x\""), (5, "when = []")]);
        assert!(rule_lines(text, "scheme.a.y").is_empty());
    }
}
