//! Repositories, commits, branches and tags, as every code host tells of them.

use std::collections::BTreeSet;

use throughline_domain::fact::{Attribute, Field, MAX_TEXT_BYTES, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::{Draft, Person};

/// How many digits people use for a commit.
const SHORT_DIGITS: usize = 7;

/// The id of nothing, by which a push tells that a branch was made or deleted, is full, too, and no commit.
const NULL_DIGIT: u8 = b'0';

/// What a push did to a branch.
#[derive(Clone, Copy, Debug)]
pub struct Pushed<'a> {
    /// The head before, where the branch was there.
    pub before: Option<&'a str>,
    /// The commits that came, the oldest first.
    pub commits: &'a [Option<&'a str>],
    /// The head after.
    pub after: Option<&'a str>,
    /// Whether the list is complete.
    pub is_complete: bool,
    /// Whether the tool says that the branch went on from its former head, as opposed to that being usual.
    pub is_told: bool,
}

/// A commit with all that a payload tells of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommitFact<'a> {
    /// The full object id.
    pub id: Option<&'a str>,
    /// The whole message.
    pub message: Option<&'a str>,
    /// When it was committed.
    pub at: Option<Timestamp>,
    /// The commit's page.
    pub page: Option<&'a str>,
    /// Who wrote it.
    pub author: Person<'a>,
    /// The paths of the files that it added, removed and changed, where that is told.
    pub files: [&'a [String]; 3],
}

impl Draft {
    /// States a repository, and gives its node.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn repository(
        &mut self,
        repository: &Repository,
        title: Option<&str>,
        page: Option<&str>,
    ) -> Result<Key, KeyError> {
        let key = repository.key()?;
        let fact = NodeFact::new(key.clone(), None)
            .with(Attribute::Title, title.unwrap_or(repository.path()))
            .with(Attribute::Reference, repository.path())
            .page(page);
        self.state_once(fact);
        Ok(key)
    }

    /// States that a node lies in a repository.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn place(&mut self, node: &Key, repository: &Repository) -> Result<(), KeyError> {
        self.link(node, LinkKind::In, &repository.key()?, "the tool keeps it in this repository");
        Ok(())
    }

    /// States a commit that the payload names by id alone; `None` where that is no full object id.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn commit_by_id(&mut self, repository: &Repository, id: Option<&str>) -> Result<Option<Key>, KeyError> {
        let Some(id) = object_id(id) else { return Ok(None) };
        let key = repository.commit(id)?;
        let fact = NodeFact::new(key.clone(), self.at).with(Attribute::Reference, short(id)).named(Name::commit(id));
        if self.state_once(fact) {
            self.place(&key, repository)?;
        }
        Ok(Some(key))
    }

    /// States what the commits of a push were made on, as far as a push tells: the new head on the former one, and each
    /// commit on the one that the list names before it.
    ///
    /// With merges the list is not the true order of parents. What is reached from the head, and so what a deployment of it
    /// brings, is the same all the same; a clone that is imported tells the true parents.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn pushed_onto(&mut self, repository: &Repository, pushed: &Pushed<'_>) -> Result<(), KeyError> {
        let (before, after) = (object_id(pushed.before), object_id(pushed.after));
        let class = if pushed.is_told { LinkClass::Asserted } else { LinkClass::Guessed };
        if let (Some(before), Some(after)) = (before, after) {
            let (head, former) = (repository.commit(after)?, repository.commit(before)?);
            self.link_as(class, &head, LinkKind::Parent, &former, "the push moved the branch on from this commit");
        }
        let mut on = before.filter(|_| pushed.is_complete);
        // No commit was made on itself, however often a list names it.
        let mut met: BTreeSet<String> = before.into_iter().map(str::to_ascii_lowercase).collect();
        for id in pushed.commits.iter().filter_map(|id| object_id(*id)) {
            if !met.insert(id.to_ascii_lowercase()) {
                continue;
            }
            if let Some(earlier) = on {
                let (commit, earlier) = (repository.commit(id)?, repository.commit(earlier)?);
                let reason = "the push lists it next after this commit";
                self.link_as(LinkClass::Guessed, &commit, LinkKind::Parent, &earlier, reason);
            }
            on = Some(id);
        }
        Ok(())
    }

    /// States a commit with all that the payload tells of it; `None` where its id is no full object id.
    ///
    /// Its attributes are of the commit's own time: they can never change.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn commit(&mut self, repository: &Repository, commit: &CommitFact<'_>) -> Result<Option<Key>, KeyError> {
        let Some(id) = object_id(commit.id) else { return Ok(None) };
        let key = repository.commit(id)?;
        let message = commit.message.unwrap_or_default();
        let fact = NodeFact::new(key.clone(), commit.at)
            .with(Attribute::Title, message.lines().next().unwrap_or_default().trim())
            .with(Attribute::Reference, short(id))
            .moment(Attribute::OccurredAt, commit.at)
            .with(Attribute::Path, paths(commit.files))
            .named(Name::commit(id))
            .page(commit.page);
        if !self.state_once(fact) {
            return Ok(Some(key));
        }
        self.place(&key, repository)?;
        self.person(&key, LinkKind::AuthoredBy, &commit.author, "the commit names this author")?;
        if !message.trim().is_empty() {
            self.text(&key, Field::Message, message, commit.at, Some(repository));
        }
        Ok(Some(key))
    }
}

/// Paths, one to a line, as many whole ones as an attribute holds.
fn paths(files: [&[String]; 3]) -> String {
    let mut text = String::new();
    for path in files.into_iter().flatten().filter(|path| !path.trim().is_empty() && !path.contains('\n')) {
        if text.len() + path.len() + 1 > MAX_TEXT_BYTES {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(path);
    }
    text
}

/// The id where it is a full one (40 or 64 hexadecimal digits) and not the null id of something deleted.
pub fn object_id(id: Option<&str>) -> Option<&str> {
    let is_full = |id: &&str| matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    id.filter(is_full).filter(|id| id.bytes().any(|byte| byte != NULL_DIGIT))
}

/// The first digits of an id.
pub fn short(id: &str) -> &str {
    id.get(..SHORT_DIGITS).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use throughline_domain::repository::Repository;

    use super::Pushed;
    use crate::draft::Draft;

    /// `b<a` for each commit that was made on another one, asserted where it has a `!`.
    fn told(before: &str, commits: &str, after: &str, is_complete: bool) -> String {
        let id = |letter: char| letter.to_string().repeat(40);
        let only = |word: &str| word.chars().next().map(id);
        let listed: Vec<String> = commits.chars().map(id).collect();
        let listed: Vec<Option<&str>> = listed.iter().map(|id| Some(id.as_str())).collect();
        let (before, after) = (only(before), only(after));
        let (before, after) = (before.as_deref(), after.as_deref());
        let mut draft = Draft::new("test/push", None);
        let repository = Repository::new("git.acme.example", "acme/checkout").unwrap();
        let pushed = Pushed { before, commits: &listed, after, is_complete, is_told: true };
        draft.pushed_onto(&repository, &pushed).unwrap();
        let links = draft.facts.links.iter().map(|link| {
            let [from, to] = [&link.from, &link.to].map(|key| key.parts().resource.chars().take(1).collect::<String>());
            let mark = if link.class == super::LinkClass::Asserted { "!" } else { "" };
            format!("{from}<{to}{mark}")
        });
        links.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_push_tells_what_its_commits_were_made_on() {
        for (before, commits, after, is_complete, expected) in [
            ("a", "b", "b", true, "b<a!"),
            ("a", "bcd", "d", true, "d<a! b<a c<b d<c"),
            ("a", "cd", "d", false, "d<a! d<c"),
            ("0", "bc", "c", true, "c<b"),
            ("a", "", "0", true, ""),
            ("a", "", "a", true, ""),
            ("a", "babc", "c", true, "c<a! b<a c<b"),
        ] {
            assert_eq!(told(before, commits, after, is_complete), expected, "{before} {commits} {after}");
        }
    }
}
