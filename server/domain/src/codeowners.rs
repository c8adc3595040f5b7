//! CODEOWNERS: which paths of a repository have which owners, as GitHub, GitLab, Gitea and Bitbucket read the file.
//!
//! The last pattern that matches a path decides (GitHub's documentation, "About code owners"); in a file with GitLab's
//! sections, the last one of each section does (GitLab's, "Code Owners syntax"). Patterns are those of `.gitignore`
//! without `!`: a leading slash anchors, a trailing slash is a folder with all below it, `*` stays within a segment,
//! `**` does not.

use regex::{Regex, RegexBuilder};

/// The largest file that is read, in bytes, as GitHub bounds it.
pub const MAX_FILE_BYTES: usize = 3 * 1024 * 1024;

/// The most rules of one file.
pub const MAX_RULES: usize = 10_000;

/// The most memory that one pattern may take, in bytes; longer ones are passed over.
const MAX_PATTERN_BYTES: usize = 64 * 1024;

/// The places of the file in a repository, the first that exists counts.
pub const PLACES: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

/// One line of the file.
#[derive(Clone, Debug)]
pub struct OwnerRule {
    /// The pattern as it is written.
    pub pattern: String,
    /// Who owns what it matches: `@acme/payments`, `@ada`, `ada@acme.example`; empty means nobody.
    pub owners: Vec<String>,
    /// The section that it stands in; empty outside of sections.
    pub section: String,
    matcher: Regex,
}

/// A whole file.
#[derive(Clone, Debug, Default)]
pub struct CodeOwners {
    rules: Vec<OwnerRule>,
}

impl CodeOwners {
    /// Reads a file. Lines that are no rules, and patterns that cannot be read, are passed over, as the hosts do.
    pub fn read(text: &str) -> Self {
        let text = text.get(..text.floor_char_boundary(MAX_FILE_BYTES)).unwrap_or_default();
        let mut rules = Vec::new();
        let (mut section, mut section_owners) = (String::new(), Vec::new());
        for line in text.lines() {
            let line = without_comment(line);
            if let Some((name, owners)) = section_of(line) {
                (section, section_owners) = (name, owners);
                continue;
            }
            let Some(rule) = rule(line, &section, &section_owners) else { continue };
            if rules.len() == MAX_RULES {
                break;
            }
            rules.push(rule);
        }
        Self { rules }
    }

    /// Every rule, in the order of the file.
    pub fn rules(&self) -> &[OwnerRule] {
        &self.rules
    }

    /// The rules that decide about a path, given without a leading slash: one, or one of each section.
    pub fn deciding(&self, path: &str) -> Vec<&OwnerRule> {
        let mut deciding: Vec<&OwnerRule> = Vec::new();
        for rule in self.rules.iter().rev() {
            // What a section has decided is not compared again: of most files one rule counts.
            if deciding.iter().all(|known| known.section != rule.section) && rule.matcher.is_match(path) {
                deciding.push(rule);
            }
        }
        deciding.reverse();
        deciding
    }

    /// The owners of a path, each once, in the order of the file.
    pub fn owners(&self, path: &str) -> Vec<&str> {
        let mut owners: Vec<&str> = Vec::new();
        for owner in self.deciding(path).into_iter().flat_map(|rule| &rule.owners) {
            if !owners.contains(&owner.as_str()) {
                owners.push(owner);
            }
        }
        owners
    }
}

/// A line up to the `#` that begins a comment; one behind a backslash is a part of the pattern.
fn without_comment(line: &str) -> &str {
    let mut previous = ' ';
    for (index, character) in line.char_indices() {
        if character == '#' && previous.is_whitespace() {
            return line.get(..index).unwrap_or_default().trim();
        }
        previous = character;
    }
    line.trim()
}

/// `[Name]`, `^[Name]`, `[Name][2] @owner`: the name and the owners of what is listed without owners.
fn section_of(line: &str) -> Option<(String, Vec<String>)> {
    let rest = line.strip_prefix('^').unwrap_or(line).strip_prefix('[')?;
    let (name, rest) = rest.split_once(']')?;
    let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((count, rest)) if count.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        Some(_) | None => rest,
    };
    let owners: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    owners.iter().all(|owner| is_owner(owner)).then(|| (name.trim().to_lowercase(), owners))
}

fn rule(line: &str, section: &str, section_owners: &[String]) -> Option<OwnerRule> {
    let (pattern, rest) = split_pattern(line)?;
    let owners: Vec<String> = rest.split_whitespace().filter(|owner| is_owner(owner)).map(str::to_owned).collect();
    let owners = if owners.is_empty() { section_owners.to_vec() } else { owners };
    let matcher = RegexBuilder::new(&expression(&pattern)).size_limit(MAX_PATTERN_BYTES).build().ok()?;
    Some(OwnerRule { pattern, owners, section: section.to_owned(), matcher })
}

/// The pattern, in which a backslash keeps the next character, and what follows it.
fn split_pattern(line: &str) -> Option<(String, &str)> {
    let mut pattern = String::new();
    let mut characters = line.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => pattern.extend(characters.next().map(|(_, kept)| kept)),
            character if character.is_whitespace() => return Some((pattern, line.get(index..).unwrap_or_default())),
            character => pattern.push(character),
        }
    }
    (!pattern.is_empty()).then_some((pattern, ""))
}

fn is_owner(text: &str) -> bool {
    text.contains('@') && text.len() > 1
}

/// A pattern as a regular expression over a path without a leading slash.
fn expression(pattern: &str) -> String {
    let is_folder = pattern.ends_with('/');
    let trimmed = pattern.trim_end_matches('/');
    let is_anchored = trimmed.contains('/');
    let trimmed = trimmed.trim_start_matches('/');
    let mut expression = String::from(if is_anchored { r"\A" } else { r"\A(?:.*/)?" });
    let mut rest = trimmed;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            expression.push_str("(?:.*/)?");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("**") {
            expression.push_str(".*");
            rest = after;
        } else {
            match character {
                '*' => expression.push_str("[^/]*"),
                '?' => expression.push_str("[^/]"),
                character => expression.push_str(&regex::escape(character.encode_utf8(&mut [0; 4]))),
            }
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
        }
    }
    // `docs/*` is the files in the folder; `docs` and `docs/` are the folder with all below it.
    let last_is_star = trimmed.ends_with('*') && !trimmed.ends_with("**") && is_anchored;
    expression.push_str(match (is_folder, last_is_star) {
        (true, _) => r"/.*\z",
        (false, true) => r"\z",
        (false, false) => r"(?:/.*)?\z",
    });
    expression
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::CodeOwners;

    const FILE: &str = "\
# owners of everything
*                   @acme/shop        # the shop
*.js                @ada
/build/logs/        @grace
docs/*              docs@acme.example
apps/               @acme/apps
/apps/github
**/migrations/      @acme/data
path\\ with\\ spaces/ @edsger
/src/**/test_*.rs   @barbara @ada
";

    #[test]
    fn the_last_pattern_that_matches_decides() {
        let owners = CodeOwners::read(FILE);
        for (path, expected) in [
            ("README.md", vec!["@acme/shop"]),
            ("ui/app.js", vec!["@ada"]),
            ("build/logs/a.txt", vec!["@grace"]),
            ("other/build/logs/a.txt", vec!["@acme/shop"]),
            ("docs/a.md", vec!["docs@acme.example"]),
            ("docs/deep/a.md", vec!["@acme/shop"]),
            ("x/apps/y/z", vec!["@acme/apps"]),
            ("apps/github/x", vec![]),
            ("a/b/migrations/1.sql", vec!["@acme/data"]),
            ("path with spaces/x", vec!["@edsger"]),
            ("src/a/b/test_x.rs", vec!["@barbara", "@ada"]),
            ("src/test_x.rs", vec!["@barbara", "@ada"]),
        ] {
            assert_eq!(owners.owners(path), expected, "{path}");
        }
    }

    #[test]
    fn each_section_has_its_say() {
        let owners = CodeOwners::read(
            "* @acme/shop\n[Documentation][2] @acme/docs\ndocs/\nREADME.md @ada\n^[Data]\n*.sql @acme/data\n",
        );
        assert_eq!(owners.owners("docs/a.md"), ["@acme/shop", "@acme/docs"]);
        assert_eq!(owners.owners("README.md"), ["@acme/shop", "@ada"]);
        assert_eq!(owners.owners("docs/a.sql"), ["@acme/shop", "@acme/docs", "@acme/data"]);
        assert_eq!(owners.rules().len(), 4);
    }

    proptest! {
        #[test]
        fn any_file_can_be_read(text in "[ -~\n]{0,200}", path in "[a-z/.]{0,20}") {
            let owners = CodeOwners::read(&text);
            let _ = owners.owners(&path);
        }
    }
}
