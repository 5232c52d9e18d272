//! How wide a text will be, before anything has drawn it.
//!
//! Widths are those of `DejaVu` Sans by class of character, rounded up; other fonts a browser may
//! take instead are narrower. Exact measuring would mean reading the font for every label.

/// Width in pixels at a font size in pixels.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

/// Width of the widest.
pub(crate) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    texts.into_iter().map(|text| width(text, size)).fold(0.0, f64::max)
}

fn em(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | '\'' => 0.28,
        ' ' | '.' | ',' | 'I' | ':' | ';' | '|' | '\u{b7}' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '-' | '/' => 0.41,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.99,
        '0'..='9' | 'a'..='z' => 0.637,
        'A'..='Z' => 0.75,
        '+' | '=' | '<' | '>' | '\u{2212}' => 0.838,
        '\u{80}'..='\u{2fff}' => 0.84,
        other if other.is_ascii() => 0.65,
        _ => 1.05,
    }
}

/// The text, cut with an ellipsis where it would be wider than allowed.
pub(crate) fn fitted(text: &str, size: f64, width_max: f64) -> String {
    if width(text, size) <= width_max {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = width("\u{2026}", size);
    for character in text.chars() {
        used += em(character) * size;
        if used > width_max {
            break;
        }
        kept.push(character);
    }
    format!("{}\u{2026}", kept.trim_end())
}

/// The text in lines no wider than allowed, broken between words.
pub(crate) fn wrapped(text: &str, size: f64, width_max: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(word, size) + size * 0.34 <= width_max => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(|line| fitted(&line, size, width_max)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_within_their_room() {
        assert_eq!(fitted("short", 16.0, 200.0), "short");
        let cut = fitted("a feature with a very long name indeed", 16.0, 120.0);
        assert!(cut.ends_with('\u{2026}') && width(&cut, 16.0) <= 120.0, "{cut}");
        let lines = wrapped("one two three four five six seven", 16.0, 120.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 16.0) <= 120.0));
    }
}
