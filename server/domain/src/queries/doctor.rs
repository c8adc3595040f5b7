//! `doctor`: why something has no link, in words, with what to do about it.
//!
//! A text's reference waits for a name. It makes no link while nothing has that name, while several things have it, where
//! the ends do not allow any link, or where somebody has said that the link does not hold. [`judge`] tells which of these
//! it is, [`explain`] says so to people. [`unresolved`] does the same for an input that resolves to nothing at all.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::link::LinkKind;
use crate::name::Name;
use crate::node::NodeKind;
use crate::queries::resolve::Interpretation;
use crate::rules::{self, Reference};

/// The most candidates that are named in one sentence.
const MAX_NAMED: usize = 5;

/// What became of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// It is a link.
    Linked {
        /// What the link says.
        kind: LinkKind,
        /// Where it leads.
        to: Key,
    },
    /// Nothing that is known has the name.
    UnknownName,
    /// Several things have the name, and none of them is in the text's own repository, or more than one.
    Ambiguous {
        /// What has the name, in order of key.
        candidates: Vec<Key>,
    },
    /// Only something of another repository fits, and the reference counts within its own.
    Elsewhere {
        /// What fits.
        candidate: Key,
    },
    /// There is one thing of the name, but no link may join the two kinds.
    NotAllowed {
        /// What has the name.
        to: Key,
    },
    /// The text names the node that it is a text of.
    Itself,
}

/// What is said to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// Why there is no link.
    pub why: String,
    /// What to do.
    pub fix: String,
}

/// What became of a reference in a text of the node `from`, given what is known to have its name.
///
/// That a person has refused the link is not seen here: whoever knows the decisions asks them about
/// [`Verdict::Linked`].
pub fn judge(from: &Key, reference: &Reference, known: Option<&BTreeSet<Key>>) -> Verdict {
    let mut candidates = reference.candidates(known);
    candidates.sort();
    candidates.dedup();
    match reference.target(from, known) {
        Some(target) if target == *from => Verdict::Itself,
        Some(target) => match rules::link_kind(reference.intent, from.kind(), target.kind()) {
            Some(kind) => Verdict::Linked { kind, to: target },
            None => Verdict::NotAllowed { to: target },
        },
        None if candidates.len() > 1 => Verdict::Ambiguous { candidates },
        None => candidates.pop().map_or(Verdict::UnknownName, |candidate| Verdict::Elsewhere { candidate }),
    }
}

/// Says why a reference makes no link; `None` where it makes one, or names its own node.
pub fn explain(from: &Key, reference: &Reference, verdict: &Verdict) -> Option<Advice> {
    let called = called(reference);
    match verdict {
        Verdict::Linked { .. } | Verdict::Itself => None,
        Verdict::UnknownName => Some(unknown(&reference.awaits, &called)),
        Verdict::Ambiguous { candidates } => {
            let more = format!("and {} more", candidates.len().saturating_sub(MAX_NAMED));
            let mut named: Vec<&str> = candidates.iter().take(MAX_NAMED).map(Key::as_str).collect();
            if candidates.len() > MAX_NAMED {
                named.push(&more);
            }
            Some(advice(
                format!(
                    "{} things are called {called}, so none of them was chosen: {}",
                    candidates.len(),
                    named.join(" ")
                ),
                "write the full address instead of the short name, add the link yourself, or, where they are one and the \
                 same thing, say so with an alias in the catalog",
            ))
        }
        Verdict::Elsewhere { candidate } => Some(advice(
            format!("{called} fits only {candidate}, which is in another repository"),
            "write the full commit id, or the address of its page; or add the link yourself",
        )),
        Verdict::NotAllowed { to } => Some(advice(
            format!("{called} is a {}, and no link joins a {} to that", label(to.kind()), label(from.kind())),
            "nothing is wrong if that is what was meant; otherwise name the ticket, pull request or commit itself",
        )),
    }
}

/// Says why an input that means this resolves to nothing. `project` is any ticket of the project or number space that the
/// input is of, where that is known; `None` where the form says nothing more.
pub fn unresolved(meaning: &Interpretation, project: Option<&Key>) -> Option<Advice> {
    match meaning {
        Interpretation::Names(names) => {
            // The address of a ticket's page says which ticket; that says more than that the page is unknown.
            let tickets = names.iter().filter(|name| name.scheme() == "ticket");
            tickets.chain(names).find_map(|name| unresolved_name(name, project))
        }
        Interpretation::Key(key) => {
            let parts = key.parts();
            let fix = match parts.provider.as_str() {
                "throughline" => "state it in the catalog, or in a 'facts' delivery".to_owned(),
                tool => format!("send the events of '{tool}' {} here", parts.provider_id),
            };
            Some(advice(format!("nothing has been received about {key}, and nothing else names it"), fix))
        }
        Interpretation::NumberSuffix(number) => Some(advice(
            format!("no ticket and no pull request {number} has been received, from any host"),
            format!(
                "send the events of the repository {} here (`throughline source add <tool>` says what to click), and \
                 look below for deliveries of it that could not be read",
                before_number(number)
            ),
        )),
        Interpretation::CommitPrefix(digits) => Some(unknown(&Name::commit(digits), digits)),
        Interpretation::DigestPrefix(digest) => Some(unknown(&Name::digest(digest), digest)),
        Interpretation::OfKind { kind, name } => Some(advice(
            format!("no {} is called '{}'", label(*kind), name.value()),
            "look at the spelling that the tools use, or give the other name as an alias in the catalog",
        )),
        Interpretation::Text(_) => None,
    }
}

fn unresolved_name(name: &Name, project: Option<&Key>) -> Option<Advice> {
    match (name.scheme(), project) {
        ("ticket", Some(known)) => {
            let parts = known.parts();
            Some(advice(
                format!(
                    "the tracker of its project is connected ({} {}), but no event of {} has come and no text names it",
                    parts.provider,
                    parts.provider_id,
                    name.value()
                ),
                "check that the ticket exists there, then touch it (any edit sends an event), or read the tracker's history",
            ))
        }
        ("ticket", None) => {
            let project = name.value().rsplit_once('-').map_or(name.value(), |(project, _)| project);
            Some(unknown(&Name::ticket_project(project), name.value()))
        }
        ("url" | "commit" | "digest" | "number" | "change", _) => Some(unknown(name, name.value())),
        _ => None,
    }
}

/// Why nothing is known of a name, by what sort of name it is.
fn unknown(name: &Name, called: &str) -> Advice {
    let value = name.value();
    let why = format!("nothing known is called {called}");
    match name.scheme() {
        "ticket-project" => {
            let (host, project) = value.rsplit_once('/').unwrap_or(("", value));
            let at = if host.is_empty() { String::new() } else { format!(" at {host}") };
            let fix = format!(
                "connect the tracker of project {project}{at} (`throughline source add <tracker>`), or list {project} in \
                 the 'projects' of a [[tracker]] of the catalog"
            );
            advice(why, fix)
        }
        "tracker" => tracker(why, value),
        "number" => advice(why, format!("send the ticket and pull request events of {} here", before_number(value))),
        "change" => advice(why, format!("send the pull request events of {} here", before_number(value))),
        "commit" | "commit-prefix" => {
            advice(why, "send the push events of its repository here, or import the repository's history")
        }
        "url" => {
            let host = value.split('/').next().unwrap_or(value);
            advice(
                why,
                format!(
                    "connect the tool at {host}, or state the page in a 'facts' delivery with this address as 'url'"
                ),
            )
        }
        "digest" | "image" => advice(
            why,
            "send the events of the registry or of the build here, and let the build report the digest of what it pushes",
        ),
        "fingerprint" => advice(why, "send the alerts of the monitoring tool here"),
        "key" => advice(why, "write a key as the page of its node shows it"),
        _ => advice(why, "look at the spelling, or connect the tool that calls it so"),
    }
}

fn tracker(why: String, value: &str) -> Advice {
    let fix = if let Some(repository) = value.strip_suffix('#') {
        format!(
            "send the ticket and pull request events of {repository} here, or, where its numbers are tickets of another \
             tracker, list it in the 'repositories' of a [[tracker]] of the catalog"
        )
    } else if value.contains('.') {
        format!(
            "connect the tracker at {value} (`throughline source add <tracker>`), or add it to the catalog's [[tracker]]"
        )
    } else {
        format!(
            "if '{value}' stands for a tracker, list it in the 'words' of a [[tracker]] of the catalog; else it is none"
        )
    };
    advice(why, fix)
}

/// What the text calls it: the ticket `PAY-12` of project `PAY`, the commit's digits, a name.
fn called(reference: &Reference) -> String {
    let value = reference.awaits.value();
    match (reference.awaits.scheme(), reference.resource.as_deref()) {
        ("tracker", Some(number)) if value.ends_with('#') => format!("{value}{number}"),
        ("tracker", Some(number)) => format!("{value} {number}"),
        (_, Some(resource)) => resource.to_owned(),
        (_, None) => value.to_owned(),
    }
}

/// The repository in `github.com/acme/checkout#42` and `…!42`.
fn before_number(number: &str) -> &str {
    number.rsplit_once(['#', '!']).map_or(number, |(place, _)| place)
}

fn label(kind: NodeKind) -> String {
    kind.label().to_lowercase()
}

fn advice(why: impl Into<String>, fix: impl Into<String>) -> Advice {
    Advice { why: why.into(), fix: fix.into() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Verdict, explain, judge, unresolved};
    use crate::fact::{Field, Mention};
    use crate::key::{Key, named, of_tool};
    use crate::link::{LinkClass, LinkKind};
    use crate::name::Name;
    use crate::node::NodeKind;
    use crate::queries::resolve::interpretations;
    use crate::repository::Repository;
    use crate::rules::{Reference, references};

    fn change() -> Key {
        Repository::new("github.com", "acme/checkout").unwrap().resource("github", NodeKind::Change, "42").unwrap()
    }

    fn waiting(awaits: Name, resource: Option<&str>, intent: LinkKind) -> Reference {
        Reference {
            awaits,
            resource: resource.map(str::to_owned),
            intent,
            class: LinkClass::Guessed,
            score: 50,
            rule: "ticket-key".to_owned(),
            version: 1,
            reason: "the title says so".to_owned(),
        }
    }

    fn verdict(reference: &Reference, known: &[Key]) -> (Verdict, String) {
        let known: BTreeSet<Key> = known.iter().cloned().collect();
        let verdict = judge(&change(), reference, (!known.is_empty()).then_some(&known));
        let said = explain(&change(), reference, &verdict);
        (verdict, said.map(|advice| format!("{} | {}", advice.why, advice.fix)).unwrap_or_default())
    }

    #[test]
    fn every_verdict_says_what_to_do() {
        let ticket = waiting(Name::ticket_project("PAY"), Some("PAY-12"), LinkKind::Resolves);
        let (found, said) = verdict(&ticket, &[]);
        assert_eq!(found, Verdict::UnknownName);
        assert!(said.starts_with("nothing known is called PAY-12 | connect the tracker of project PAY"), "{said}");
        assert!(said.contains("[[tracker]]"), "{said}");

        let pattern = |host: &str| of_tool(NodeKind::Ticket, "jira", host, "PAY").unwrap();
        let (found, said) = verdict(&ticket, &[pattern("acme.atlassian.net")]);
        let to = of_tool(NodeKind::Ticket, "jira", "acme.atlassian.net", "PAY-12").unwrap();
        assert_eq!(found, Verdict::Linked { kind: LinkKind::Resolves, to });
        assert_eq!(said, "");

        let (found, said) = verdict(&ticket, &[pattern("one.acme.example"), pattern("two.acme.example")]);
        assert!(matches!(found, Verdict::Ambiguous { candidates } if candidates.len() == 2));
        assert!(said.contains("2 things are called PAY-12") && said.contains("two.acme.example"), "{said}");

        let service = named(NodeKind::Service, "checkout").unwrap();
        let plain = waiting(Name::plain("checkout"), None, LinkKind::Mentions);
        let (found, said) = verdict(&plain, std::slice::from_ref(&service));
        assert_eq!(found, Verdict::NotAllowed { to: service });
        assert!(said.contains("no link joins a pull request to that"), "{said}");

        let other = Repository::new("github.com", "acme/payments").unwrap();
        let commit = other.commit("0123456789abcdef0123456789abcdef01234567").unwrap();
        let prefix = Name::commit_prefix("0123456789").unwrap();
        let (found, said) =
            verdict(&waiting(prefix, Some("0123456789"), LinkKind::Mentions), std::slice::from_ref(&commit));
        assert_eq!(found, Verdict::Elsewhere { candidate: commit });
        assert!(said.contains("another repository"), "{said}");

        assert_eq!(verdict(&waiting(Name::key(&change()), None, LinkKind::Mentions), &[]).0, Verdict::Itself);
    }

    #[test]
    fn every_reference_of_a_real_text_is_explained() {
        let text = "Fixes PAY-12, lp:12 and #7; see https://wiki.acme.example/retries and commit 0123456789abcdef";
        let mention = Mention {
            from: change(),
            field: Field::Body,
            text: text.to_owned(),
            at: None,
            repository: Repository::new("github.com", "acme/checkout"),
        };
        let found = references(&mention);
        assert!(found.len() >= 4, "{found:?}");
        for reference in &found {
            let verdict = judge(&change(), reference, None);
            let said = explain(&change(), reference, &verdict).expect("nothing of this is known");
            assert!(!said.why.is_empty() && !said.fix.is_empty(), "{reference:?}");
        }
    }

    #[test]
    fn an_input_that_nothing_has_is_explained_by_its_form() {
        let known = of_tool(NodeKind::Ticket, "jira", "acme.atlassian.net", "PAY").unwrap();
        for (input, project, expected) in [
            ("PAY-12", None, "connect the tracker of project PAY"),
            ("PAY-12", Some(&known), "jira acme.atlassian.net"),
            ("acme/checkout#42", None, "acme/checkout"),
            ("0123abc", None, "push events"),
            ("sha256:0123456789ab", None, "registry"),
            ("https://wiki.acme.example/x", None, "wiki.acme.example"),
            ("service:chekout", None, "no service is called 'chekout'"),
            ("cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12", None, "'jira' acme.atlassian.net"),
        ] {
            let said: Vec<String> = interpretations(input)
                .iter()
                .filter_map(|meaning| unresolved(meaning, project))
                .map(|advice| format!("{} | {}", advice.why, advice.fix))
                .collect();
            assert!(said.iter().any(|said| said.contains(expected)), "{input}: {said:?}");
        }
        assert!(interpretations("card payments fail").iter().all(|meaning| unresolved(meaning, None).is_none()));
    }
}
