//! The revisions that a sync operation deploys, with the sources that they are of.

use throughline_domain::key::Key;
use throughline_domain::link::LinkClass;
use throughline_domain::repository::Repository;

use super::payload::{Application, Source, SyncTarget};
use crate::members::filled;

/// One source at one revision.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    source: Option<&'a Source>,
    /// A commit, or the version of a chart.
    pub text: &'a str,
    /// How sure it is that the operation deploys it.
    pub class: LinkClass,
}

impl<'a> Revision<'a> {
    /// The commit's node and its repository, where the revision is a full object id of a repository.
    pub fn commit(&self) -> Option<(Repository, Key)> {
        let source = self.source.filter(|source| filled(source.chart.as_deref()).is_none())?;
        let repository = Repository::from_address(filled(source.repo_url.as_deref())?)?;
        let key = repository.commit(self.text).ok()?;
        Some((repository, key))
    }

    /// The version, where the revision is not a commit.
    pub fn version(&self) -> Option<&'a str> {
        let is_chart = self.source.is_some_and(|source| filled(source.chart.as_deref()).is_some());
        (is_chart || !looks_like_commit(self.text)).then_some(self.text)
    }

    /// The revision as people write it: seven digits of a commit, a version whole.
    pub fn short(&self) -> &'a str {
        if looks_like_commit(self.text) { self.text.get(..7).unwrap_or(self.text) } else { self.text }
    }
}

/// The revisions of the operation; empty where nothing tells them.
///
/// What was done outranks what was asked for. What the application is compared with may be newer than the operation,
/// so it counts only where a template leaves the other two out, and as a guess.
pub fn of(application: &Application) -> Vec<Revision<'_>> {
    let operation = application.operation();
    let done = operation.and_then(|state| state.sync_result.as_ref());
    let asked = operation.and_then(|state| state.operation.as_ref()?.sync.as_ref());
    let compared = application.status.as_ref().and_then(|status| status.sync.as_ref());
    let candidates = [(done, LinkClass::Asserted), (asked, LinkClass::Asserted), (compared, LinkClass::Guessed)];
    candidates
        .into_iter()
        .filter_map(|(target, class)| Some(pairs(target?, application, class)))
        .find(|revisions| !revisions.is_empty())
        .unwrap_or_default()
}

fn pairs<'a>(target: &'a SyncTarget, application: &'a Application, class: LinkClass) -> Vec<Revision<'a>> {
    let several = target.revisions.as_deref().unwrap_or_default();
    let revisions: Vec<&'a str> = if several.is_empty() {
        filled(target.revision.as_deref()).into_iter().collect()
    } else {
        several.iter().map(String::as_str).collect()
    };
    let sources = sources(target, application);
    revisions
        .into_iter()
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
        .map(|(index, text)| Revision { source: sources.get(index).copied(), text, class })
        .collect()
}

/// The sources as they were for the operation; else as they are now.
fn sources<'a>(target: &'a SyncTarget, application: &'a Application) -> Vec<&'a Source> {
    let spec = application.spec.as_ref();
    let candidates = [
        (target.sources.as_deref(), target.source.as_ref()),
        (spec.and_then(|spec| spec.sources.as_deref()), spec.and_then(|spec| spec.source.as_ref())),
    ];
    for (several, one) in candidates {
        let several = several.unwrap_or_default();
        let found: Vec<&'a Source> =
            if several.is_empty() { one.into_iter().collect() } else { several.iter().collect() };
        if found.iter().any(|source| filled(source.repo_url.as_deref()).is_some()) {
            return found;
        }
    }
    Vec::new()
}

fn looks_like_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use throughline_domain::link::LinkClass;

    use super::of;

    const COMMIT: &str = "94fcc5e8673e0d2d7fbca6b1c6c455ba308314fc";

    fn read(status: &str) -> Vec<(String, bool, LinkClass)> {
        let application = format!(
            r#"{{"spec":{{"sources":[{{"repoURL":"ghcr.io/acme/charts","chart":"checkout"}},{{"repoURL":"https://github.com/acme/deploy"}}]}},
                "status":{status}}}"#
        );
        let application = serde_json::from_str(&application).unwrap();
        of(&application).iter().map(|one| (one.short().to_owned(), one.commit().is_some(), one.class)).collect()
    }

    #[test]
    fn each_revision_is_of_its_source() {
        let several = format!(
            r#"{{"operationState":{{"syncResult":{{"revision":"","revisions":["1.4.0","{COMMIT}"],"source":{{"repoURL":""}}}}}}}}"#
        );
        let expected =
            vec![("1.4.0".to_owned(), false, LinkClass::Asserted), ("94fcc5e".to_owned(), true, LinkClass::Asserted)];
        assert_eq!(read(&several), expected);
    }

    #[test]
    fn what_was_done_outranks_what_was_asked_and_what_is_compared() {
        let one =
            |text: &str| format!(r#"{{"revision":"{text}","source":{{"repoURL":"https://github.com/acme/deploy"}}}}"#);
        let (done, asked, compared) = (one("done"), one("asked"), one("compared"));
        let cases = [
            (
                format!(
                    r#"{{"operationState":{{"syncResult":{done},"operation":{{"sync":{asked}}}}},"sync":{compared}}}"#
                ),
                "done",
            ),
            (format!(r#"{{"operationState":{{"operation":{{"sync":{asked}}}}},"sync":{compared}}}"#), "asked"),
            (
                format!(r#"{{"operationState":{{"operation":{{"sync":{{"revision":""}}}}}},"sync":{compared}}}"#),
                "compared",
            ),
        ];
        for (status, expected) in cases {
            let found = read(&status);
            assert_eq!(found.len(), 1, "{status}");
            assert_eq!(found[0].0, expected);
            assert_eq!(found[0].2 == LinkClass::Guessed, expected == "compared");
        }
        assert!(read("{}").is_empty());
    }
}
