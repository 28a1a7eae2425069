//! Placeholders in texts of rules: `{field}`, `{evidence.field}`, `{field|what to say without it}`.

/// Fills the placeholders of a text. `lookup` gets the evidence id (or `None`) and the field.
pub fn fill(text: &str, lookup: &dyn Fn(Option<&str>, &str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let inner = &rest[open + 1..];
        let Some(close) = inner.find('}') else {
            out.push_str(&rest[open..]);
            return out;
        };
        let (name, fallback) = inner[..close]
            .split_once('|')
            .map_or((&inner[..close], None), |(n, f)| (n, Some(f)));
        let known = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '#'));
        if known {
            let (evidence, field) = name.rsplit_once('.').map_or((None, name), |(e, f)| (Some(e), f));
            match lookup(evidence, field).filter(|v| !v.is_empty()) {
                Some(value) => out.push_str(&value),
                None => out.push_str(fallback.unwrap_or("?")),
            }
        } else {
            out.push_str(&rest[open..open + close + 2]);
        }
        rest = &inner[close + 1..];
    }
    out.push_str(rest);
    out
}

/// A text as it is read without an incident: the words after `|`, else the name of the field in angle brackets.
pub fn unfilled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else { break };
        let inner = &rest[open + 1..open + close];
        match inner.split_once('|') {
            Some((_, words)) => out.push_str(words),
            None => out.push_str(&format!("<{}>", inner.rsplit('.').next().unwrap_or(inner))),
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_read_well_without_an_incident() {
        assert_eq!(
            super::unfilled("open {dial.addr|10909} on {host}"),
            "open 10909 on <host>"
        );
        assert_eq!(super::unfilled("plain?"), "plain?");
    }

    #[test]
    fn placeholders_are_filled() {
        let look = |e: Option<&str>, f: &str| match (e, f) {
            (None, "addr") => Some("10.0.0.1:10909".to_string()),
            (Some("pause"), "max") => Some("3000".to_string()),
            _ => None,
        };
        for (text, want) in [
            ("open {addr}", "open 10.0.0.1:10909"),
            ("{pause.max} ms, {x|the broker} {y}", "3000 ms, the broker ?"),
            ("{ not a name } and {", "{ not a name } and {"),
        ] {
            assert_eq!(super::fill(text, &look), want);
        }
    }
}
