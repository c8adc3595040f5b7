//! Resource specifiers: `proj/shop:env/production;live:flag/retry` names a project, an environment with tags, and a flag.

/// What is written for "any" or "all".
const ALL: &[&str] = &["*", "~"];

/// The value of one level of a specifier: of `env` it is `production`; `None` where the level is missing or means all.
pub(super) fn level<'a>(specifier: &'a str, level: &str) -> Option<&'a str> {
    let values = specifier.split(':').filter_map(|part| part.split_once('/'));
    let (_, value) = values.into_iter().find(|(name, _)| *name == level)?;
    let value = value.split(';').next().unwrap_or_default().trim();
    named(value)
}

/// A key, unless it is empty or means all.
pub(super) fn named(key: &str) -> Option<&str> {
    Some(key).filter(|key| !key.is_empty() && !ALL.contains(key))
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn each_level_is_found_without_its_tags() {
        let specifier = "proj/shop;web:env/production;eu,live:flag/retry";
        for (name, expected) in
            [("proj", Some("shop")), ("env", Some("production")), ("flag", Some("retry")), ("x", None)]
        {
            assert_eq!(level(specifier, name), expected, "{name}");
        }
        assert_eq!(level("proj/*:env/~", "proj"), None);
        assert_eq!(level("proj/*:env/~", "env"), None);
        assert_eq!(level("", "env"), None);
    }
}
