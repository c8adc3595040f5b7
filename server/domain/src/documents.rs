//! What the files of a repository are, by their paths: documents, alert rules, dashboards, owners and catalogs.

use std::sync::LazyLock;

use regex::Regex;

/// The most lines of a document that are searched for its title.
const MAX_TITLE_LINES: usize = 400;

/// The longest title that is kept, in characters.
const MAX_TITLE_CHARS: usize = 300;

/// What sort of document a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// How something is to be built, and why so.
    Design,
    /// What to do when something goes wrong.
    Runbook,
    /// What went wrong, and what follows from it.
    Postmortem,
    /// A decision, as it was taken.
    Adr,
    /// What a folder holds.
    Readme,
    /// Anything else that is written for people.
    Guide,
}

impl Category {
    /// The word that stands for the category, as the attribute of that name has it.
    pub const fn word(self) -> &'static str {
        match self {
            Category::Design => "design",
            Category::Runbook => "runbook",
            Category::Postmortem => "postmortem",
            Category::Adr => "adr",
            Category::Readme => "readme",
            Category::Guide => "guide",
        }
    }
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classified {
    /// A text for people.
    Document {
        /// What sort of text.
        category: Category,
    },
    /// Rules of Prometheus by which alerts are raised.
    AlertRules,
    /// A dashboard of Grafana.
    Dashboard,
    /// Who owns which paths.
    Owners,
    /// What Backstage calls entities: services with their names, owners and links.
    Catalog,
}

/// What a file is, by its path within the repository; `None` for everything that is only source code.
///
/// Capital and small letters are the same, but for `CODEOWNERS`. The first rule that fits decides:
///
/// | rule | is |
/// |---|---|
/// | a folder of what others wrote or what tests read: `vendor`, `third_party`, `node_modules`, `testdata`, `fixtures`, … | nothing |
/// | `CODEOWNERS` in the root, in `.github`, in `docs` or in `.gitlab` | owners |
/// | `catalog-info.yaml` anywhere | catalog |
/// | `*.rules.yml`, `*.alerts.yml`, `prometheusrule*.yml`, or any `.yml` directly in `alerts`, `alert-rules` or `alerting-rules`, but no tests of rules (`*_test.yml`) | alert rules |
/// | `.json` anywhere below `dashboards`, or `*.dashboard.json` | dashboard |
/// | `README`, with the ending of a text or none | document, readme |
/// | a text below `postmortems`, `adr`, `runbooks`, `design` or another folder that says what it holds, the innermost such folder | document, as the folder says |
/// | a text whose name says what it is: `2026-03-14-postmortem.md`, `RUNBOOK.md`, `adr-0007.md`, `rfc-12.md`, `ARCHITECTURE.md` | document, as the name says |
/// | a text below `docs`, `guides`, `handbook`, … | document, guide |
///
/// Endings of texts are `.md`, `.markdown`, `.mdx`, `.adoc`, `.asciidoc` and `.rst`; `.yaml` is the same as `.yml`.
pub fn classify(path: &str) -> Option<Classified> {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let lower = path.to_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", lower.as_str()));
    let folders: Vec<&str> = folders.split('/').filter(|folder| !folder.is_empty()).collect();
    if folders.iter().any(|folder| FOREIGN.contains(folder)) {
        return None;
    }
    if OWNERS.contains(&path) {
        return Some(Classified::Owners);
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_yaml = matches!(ending, "yml" | "yaml");
    if is_yaml && stem == "catalog-info" {
        return Some(Classified::Catalog);
    }
    if is_yaml && holds_alert_rules(&folders, stem) {
        return Some(Classified::AlertRules);
    }
    if ending == "json" && (folders.contains(&"dashboards") || stem.ends_with(".dashboard")) {
        return Some(Classified::Dashboard);
    }
    document(&folders, stem, ending).map(|category| Classified::Document { category })
}

/// The title of a document: from its front matter, or else its first heading; `None` where it has neither.
///
/// Read are headings of Markdown (`# Title`, also underlined ones, which reStructuredText has, too) and of AsciiDoc
/// (`= Title`); those within code count nothing. Links, images and marks of emphasis are taken off.
pub fn title(text: &str) -> Option<String> {
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<&str> = text.lines().take(MAX_TITLE_LINES).collect();
    let (front, body) = front_matter(&lines);
    front.iter().find_map(|line| front_title(line)).or_else(|| first_heading(body))
}

/// Folders of what others wrote, what tools made, and what only tests read.
const FOREIGN: &[&str] = &[
    ".git",
    ".venv",
    "__fixtures__",
    "dist",
    "fixtures",
    "node_modules",
    "target",
    "testdata",
    "third-party",
    "third_party",
    "vendor",
];

/// The places in which code hosts look for the owners.
const OWNERS: &[&str] = &["CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

const TEXTS: &[&str] = &["md", "markdown", "mdx", "adoc", "asciidoc", "rst"];

const GUIDES: &[&str] = &["doc", "docs", "documentation", "guide", "guides", "handbook", "howto", "manual", "manuals"];

fn holds_alert_rules(folders: &[&str], stem: &str) -> bool {
    if ["_test", "-test", ".test"].iter().any(|end| stem.ends_with(end)) {
        return false;
    }
    let named = stem.ends_with(".rules") || stem.ends_with(".alerts") || stem.starts_with("prometheusrule");
    named || matches!(folders.last(), Some(&("alerts" | "alert-rules" | "alerting-rules")))
}

fn document(folders: &[&str], stem: &str, ending: &str) -> Option<Category> {
    let is_text = TEXTS.contains(&ending);
    if stem == "readme" && (is_text || matches!(ending, "" | "txt")) {
        return Some(Category::Readme);
    }
    if !is_text {
        return None;
    }
    let guide = || folders.iter().any(|folder| GUIDES.contains(folder)).then_some(Category::Guide);
    folders.iter().rev().find_map(|folder| by_folder(folder)).or_else(|| by_name(stem)).or_else(guide)
}

fn by_folder(folder: &str) -> Option<Category> {
    match folder {
        "postmortem" | "postmortems" | "post-mortem" | "post-mortems" | "incident-reports" | "incident-reviews" => {
            Some(Category::Postmortem)
        }
        "adr" | "adrs" | "decision" | "decisions" | "decision-records" | "architecture-decisions" => {
            Some(Category::Adr)
        }
        "runbook" | "runbooks" | "playbook" | "playbooks" | "oncall" | "on-call" => Some(Category::Runbook),
        "design" | "designs" | "design-doc" | "design-docs" | "architecture" | "rfc" | "rfcs" | "proposals" => {
            Some(Category::Design)
        }
        _ => None,
    }
}

fn by_name(stem: &str) -> Option<Category> {
    let words: Vec<&str> =
        stem.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |word: &str| words.contains(&word);
    if has("postmortem") || words.windows(2).any(|pair| pair == ["post", "mortem"]) {
        return Some(Category::Postmortem);
    }
    if has("runbook") || has("playbook") {
        return Some(Category::Runbook);
    }
    match (words.first().copied(), words.last().copied(), words.len()) {
        (Some("adr"), _, 2..) => Some(Category::Adr),
        (Some("rfc"), _, 2..) | (_, Some("design"), _) | (Some("architecture"), _, 1) => Some(Category::Design),
        (_, _, _) => None,
    }
}

/// The lines between the marks at the beginning, without these, and all lines behind them.
fn front_matter<'a>(lines: &'a [&'a str]) -> (&'a [&'a str], &'a [&'a str]) {
    let none: (&[&str], &[&str]) = (&[], lines);
    let Some((first, rest)) = lines.split_first() else { return none };
    let mark = first.trim_end();
    if !matches!(mark, "---" | "+++") {
        return none;
    }
    let Some(end) = rest.iter().position(|line| line.trim_end() == mark) else { return none };
    let (front, behind) = rest.split_at(end);
    (front, behind.split_first().map_or(&[] as &[&str], |(_, body)| body))
}

/// The title in a line of YAML (`title: Retries`) or TOML (`title = "Retries"`).
fn front_title(line: &str) -> Option<String> {
    let rest = line.strip_prefix("title")?.trim_start();
    let value = rest.strip_prefix(':').or_else(|| rest.strip_prefix('='))?.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    clean(quoted.unwrap_or(value))
}

fn first_heading(lines: &[&str]) -> Option<String> {
    let mut fence: Option<&str> = None;
    for (index, line) in lines.iter().enumerate() {
        let plain = line.trim();
        let mark = ["```", "~~~"].into_iter().find(|mark| plain.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, Some(mark)) => fence = Some(mark),
            (None, None) => {
                let next = lines.get(index + 1).map(|line| line.trim_end()).unwrap_or_default();
                if let Some(title) = heading(line, next) {
                    return Some(title);
                }
            }
        }
    }
    None
}

/// The words of a heading, if the line is one: marked by itself, or underlined by the next line.
fn heading(line: &str, next: &str) -> Option<String> {
    if line.starts_with("    ") || line.starts_with('\t') {
        return None;
    }
    let line = line.trim();
    for mark in ['#', '='] {
        let words = line.trim_start_matches(mark);
        let depth = line.len() - words.len();
        if (1..=6).contains(&depth) && words.starts_with([' ', '\t']) {
            return clean(words.trim().trim_end_matches(mark));
        }
    }
    let underlined = next.len() >= 3 && ['=', '-'].iter().any(|mark| next.chars().all(|letter| letter == *mark));
    let is_prose = line.starts_with(|first: char| first.is_alphanumeric() || matches!(first, '`' | '[' | '*' | '"'));
    if underlined && is_prose { clean(line) } else { None }
}

/// A title without images, marks of links and emphasis; `None` where nothing is left.
fn clean(words: &str) -> Option<String> {
    let words = IMAGE.replace_all(words, "");
    let words = LINK.replace_all(&words, "$1");
    let words = words.replace("**", "").replace('`', "");
    let title: String = words.trim().chars().take(MAX_TITLE_CHARS).collect();
    if title.is_empty() { None } else { Some(title) }
}

static IMAGE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"!\[[^\]]*\]\([^)]*\)").expect("the pattern is valid"));

static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[([^\]]*)\]\([^)]*\)").expect("the pattern is valid"));

#[cfg(test)]
mod tests {
    use super::{Category, Classified, classify, title};

    #[test]
    fn a_path_says_what_the_file_is() {
        let document = |category| Some(Classified::Document { category });
        for (path, expected) in [
            ("CODEOWNERS", Some(Classified::Owners)),
            (".github/CODEOWNERS", Some(Classified::Owners)),
            ("docs/CODEOWNERS", Some(Classified::Owners)),
            ("checkout/CODEOWNERS", None),
            ("catalog-info.yaml", Some(Classified::Catalog)),
            ("services/checkout/catalog-info.yml", Some(Classified::Catalog)),
            ("ops/checkout.rules.yml", Some(Classified::AlertRules)),
            ("k8s/prometheusrule-checkout.yaml", Some(Classified::AlertRules)),
            ("ops/alerts/checkout.yml", Some(Classified::AlertRules)),
            ("ops/alerts/checkout_test.yml", None),
            ("ops/alerts/lib/values.yml", None),
            ("grafana/dashboards/checkout/latency.json", Some(Classified::Dashboard)),
            ("ops/latency.dashboard.json", Some(Classified::Dashboard)),
            ("package.json", None),
            ("README", document(Category::Readme)),
            ("docs/runbooks/README.md", document(Category::Readme)),
            ("docs/runbooks/checkout.md", document(Category::Runbook)),
            ("RUNBOOK.md", document(Category::Runbook)),
            ("docs/postmortems/2026-03-14-design-flaw.md", document(Category::Postmortem)),
            ("docs/2026-03-14-post-mortem.md", document(Category::Postmortem)),
            ("docs/decisions/0007-runbooks.md", document(Category::Adr)),
            ("notes/ADR-0007.md", document(Category::Adr)),
            ("docs/architecture/adr/0001.md", document(Category::Adr)),
            ("design/retries.adoc", document(Category::Design)),
            ("docs/retries-design.rst", document(Category::Design)),
            ("ARCHITECTURE.md", document(Category::Design)),
            ("./docs/install.md", document(Category::Guide)),
            ("CHANGELOG.md", None),
            ("src/design/mod.rs", None),
            ("vendor/acme/docs/install.md", None),
            ("tests/fixtures/runbooks/checkout.md", None),
            ("", None),
        ] {
            assert_eq!(classify(path), expected, "{path}");
        }
    }

    #[test]
    fn a_title_is_the_first_heading() {
        for (text, expected) in [
            ("# Card retries\n\n## Why", Some("Card retries")),
            ("\u{feff}intro\n\n## Card retries ##\n", Some("Card retries")),
            ("---\nowner: ada\ntitle: \"Card retries\"\n---\n# Another", Some("Card retries")),
            ("+++\ntitle = 'Card retries'\n+++\n", Some("Card retries")),
            ("---\nowner: ada\n---\n# Card retries", Some("Card retries")),
            ("Card retries\n============\n", Some("Card retries")),
            ("= Card retries\nAda\n", Some("Card retries")),
            ("```sh\n# no title\n```\n# Card `retries`", Some("Card retries")),
            (
                "# [![build](https://ci.acme.example/b.svg)](https://ci.acme.example)\n# [Card](x.md) **retries**",
                Some("Card retries"),
            ),
            ("- one\n---\n\n    # code\n#hashtag", None),
            ("", None),
        ] {
            assert_eq!(title(text).as_deref(), expected, "{text}");
        }
    }
}
