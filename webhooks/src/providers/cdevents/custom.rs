//! What a pipeline may add for Throughline: `customData.throughline`.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::key::Key;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;

use super::keys;
use crate::provider::ParseError;

const EXPECTED: &str = "the customData.throughline of a CDEvent";

/// The most documents that one event may name.
const MAX_DOCUMENTS: usize = 100;

/// The documented members of `customData.throughline`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Custom {
    /// The commit that the subject was made from, ran on or brought out: a full object id.
    commit: Option<String>,
    /// The address of the repository.
    repository: Option<String>,
    /// The page of the pipeline's run.
    pub(super) pipeline_url: Option<String>,
    /// The page of the pull request.
    pub(super) change: Option<String>,
    /// The artifact: a purl, an image reference with digest, or a digest.
    pub(super) artifact: Option<String>,
    /// The pages of documents that explain the subject.
    pub(super) documents: Vec<String>,
    /// The full key of the subject's node, as another Throughline writes it.
    node: Option<String>,
    /// The full key of the pipeline run that a task run is part of, likewise.
    pipeline_run: Option<String>,
}

impl Custom {
    /// Reads the member, where there is one.
    pub(super) fn read(custom_data: Option<&Value>) -> Result<Self, ParseError> {
        match custom_data.and_then(|data| data.get("throughline")) {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(value) => Self::deserialize(value).map_err(|error| refuse(error.to_string()))?.bounded(),
        }
    }

    fn bounded(self) -> Result<Self, ParseError> {
        match self.documents.len() {
            count if count > MAX_DOCUMENTS => {
                Err(ParseError::TooMany { what: "documents", count, limit: MAX_DOCUMENTS })
            }
            _ => Ok(self),
        }
    }

    /// The node that the subject is, if a node of that kind is named. Trouble that a monitor has seen is an incident to
    /// CDEvents, and an alert here.
    pub(super) fn node(&self, kind: NodeKind) -> Option<Key> {
        let key = self.node.as_deref().and_then(|key| Key::parse(key).ok())?;
        let is_alert = kind == NodeKind::Incident && key.kind() == NodeKind::Alert;
        if key.kind() == kind || is_alert { Some(key) } else { None }
    }

    /// The pipeline run that a task run is part of, if it is named by its key.
    pub(super) fn pipeline_run(&self) -> Option<Key> {
        let key = self.pipeline_run.as_deref().and_then(|key| Key::parse(key).ok());
        key.filter(|key| key.kind() == NodeKind::PipelineRun)
    }

    /// The repository, if one is named.
    pub(super) fn repository(&self) -> Result<Option<Repository>, ParseError> {
        match self.repository.as_deref() {
            None => Ok(None),
            Some(address) => keys::repository_at(address)
                .map(Some)
                .ok_or_else(|| refuse(format!("repository: '{address}' is no address of a repository"))),
        }
    }

    /// The commit, if one is named; `repository` is what the rest of the event says, where this says nothing.
    pub(super) fn commit(&self, repository: Option<&Repository>) -> Result<Option<Key>, ParseError> {
        let Some(commit) = self.commit.as_deref() else { return Ok(None) };
        let own = self.repository()?;
        let repository = own
            .as_ref()
            .or(repository)
            .ok_or_else(|| refuse("commit: 'repository' must say in which repository it lies".to_owned()))?;
        repository
            .commit(commit)
            .map(Some)
            .map_err(|_| refuse(format!("commit: '{commit}' is no full object id of 40 or 64 hexadecimal digits")))
    }
}

fn refuse(cause: String) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Custom;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn says_what_is_wrong_with_a_member() {
        let read = |throughline: serde_json::Value| Custom::read(Some(&json!({ "throughline": throughline })));
        assert!(Custom::read(None).unwrap().commit(None).unwrap().is_none());
        assert!(Custom::read(Some(&json!("text"))).unwrap().commit(None).unwrap().is_none());
        assert!(read(json!({ "commit": 12 })).unwrap_err().to_string().contains("customData.throughline"));
        let commit = |value: &str, repository: Option<&str>| {
            read(json!({ "commit": value, "repository": repository })).unwrap().commit(None)
        };
        assert!(commit(SHA, Some("https://github.com/acme/checkout")).unwrap().is_some());
        assert!(commit(SHA, None).unwrap_err().to_string().contains("'repository'"));
        assert!(commit("0123456", Some("https://github.com/acme/checkout")).unwrap_err().to_string().contains("full"));
    }
}
