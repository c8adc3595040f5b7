//! `throughline deployed`: states a deployment that no tool tells of, as one by Helm or plain `kubectl`.

use clap::Args;
use serde_json::{Value, json};
use throughline_domain::time::Timestamp;

use crate::cli::remote::{Push, Remote};
use crate::cli::{Failure, GOOD, USAGE};
use crate::clock;

#[derive(Debug, Args)]
pub(super) struct DeployedCall {
    /// The service that was deployed.
    #[arg(long)]
    service: String,
    /// The environment that it was deployed to.
    #[arg(long)]
    environment: String,
    /// The digest of what was deployed (`sha256:…`), or its image reference with digest.
    #[arg(long, conflicts_with = "commit")]
    artifact: Option<String>,
    /// The full id of the commit that was deployed, where nothing is built from it.
    #[arg(long, requires = "repository")]
    commit: Option<String>,
    /// The address of the repository.
    #[arg(long)]
    repository: Option<String>,
    /// The deployment that this one takes back: the id that this command printed for it, or its key.
    #[arg(long, value_name = "ID")]
    rollback_of: Option<String>,
    /// The page of the deployment.
    #[arg(long)]
    url: Option<String>,
    /// When it was done, RFC 3339; now unless given.
    #[arg(long)]
    at: Option<String>,
    /// An id of your own, such as that of the pipeline's run; it must be unique everywhere.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

/// States the deployment, and prints its id for a later `--rollback-of`.
pub(super) fn run(call: &DeployedCall) -> Result<u8, Failure> {
    let at = match call.at.as_deref() {
        Some(text) => Timestamp::parse(text).ok_or_else(|| {
            Failure::new(USAGE, format!("'{text}' is not a time; write it like 2026-03-14T09:26:00Z"))
        })?,
        None => clock::now(),
    };
    let id = call.id.clone().unwrap_or_else(|| format!("{}-{}-{at}", call.service, call.environment));
    let body = facts(call, &id, at);
    let push = Push {
        provider: "facts",
        content_type: "application/json",
        headers: Vec::new(),
        body: serde_json::to_vec(&body).map_err(Failure::unusable)?,
    };
    let receipt = call.remote.push(push.stating()?)?;
    println!("deployment: {id}\nentry: {}", receipt.entry);
    Ok(GOOD)
}

/// The deployment in our own format for facts.
fn facts(call: &DeployedCall, id: &str, at: Timestamp) -> Value {
    let DeployedCall { service, environment, artifact, commit, repository, rollback_of, url, .. } = call;
    let mut links = vec![
        json!({ "kind": "of", "to": { "kind": "service", "id": service } }),
        json!({ "kind": "deployed_to", "to": { "kind": "environment", "id": environment } }),
    ];
    if let Some(artifact) = artifact {
        // Of an image reference only the digest counts: a tag may be moved.
        let digest = artifact.rsplit_once('@').map_or(artifact.as_str(), |(_, digest)| digest);
        links.push(json!({ "kind": "deploys", "to": { "kind": "artifact", "digest": digest } }));
    }
    if let (Some(commit), Some(repository)) = (commit, repository) {
        links
            .push(json!({ "kind": "deploys", "to": { "kind": "commit", "commit": commit, "repository": repository } }));
    }
    if let Some(repository) = repository {
        links.push(json!({ "kind": "in", "to": { "kind": "repository", "repository": repository } }));
    }
    if let Some(earlier) = rollback_of {
        let to = if earlier.starts_with("cdevents:") {
            json!({ "key": earlier })
        } else {
            json!({ "kind": "deployment", "id": earlier })
        };
        links.push(json!({ "kind": "rolls_back", "to": to }));
    }
    let what = if rollback_of.is_some() { "rolled_back" } else { "deployed" };
    let title = format!("{service} to {environment}");
    json!({
        "version": 1,
        "at": at.to_string(),
        "facts": [{
            "kind": "deployment",
            "id": id,
            "url": url,
            "title": title,
            "attributes": { "outcome": "success", "finished_at": at.to_string() },
            "links": links,
            "events": [{ "what": what, "summary": title }]
        }]
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use throughline_domain::time::Timestamp;

    use super::{DeployedCall, facts};
    use crate::cli::remote::Push;

    #[derive(Debug, Parser)]
    struct Call {
        #[command(flatten)]
        deployed: DeployedCall,
    }

    fn push(arguments: &[&str]) -> Result<Push<'static>, String> {
        let given = ["deployed", "--service", "checkout", "--environment", "production"];
        let call = Call::try_parse_from(given.iter().chain(arguments).copied()).map_err(|error| error.to_string())?;
        let at = Timestamp::parse("2026-03-14T09:26:06Z").unwrap();
        let body = serde_json::to_vec(&facts(&call.deployed, "d1", at)).unwrap();
        let push = Push { provider: "facts", content_type: "application/json", headers: Vec::new(), body };
        push.stating().map_err(|failure| failure.message)
    }

    #[test]
    fn every_deployment_can_be_read() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let image = format!("ghcr.io/acme/checkout:1.4.0@{digest}");
        let commit = ["--commit", "4f1c2a9be0d37c5586a1b2f4e9d0c7a3b8e6f512"];
        let repository = ["--repository", "https://github.com/acme/checkout"];
        for arguments in [
            Vec::new(),
            vec!["--artifact", digest.as_str()],
            vec!["--artifact", image.as_str(), "--rollback-of", "d0"],
            [commit, repository].concat(),
            vec![
                "--url",
                "https://ci.acme.example/runs/7",
                "--rollback-of",
                "cdevents:v0:throughline::::deployment:d0",
            ],
        ] {
            assert!(push(&arguments).is_ok(), "{arguments:?}: {:?}", push(&arguments).err());
        }
    }

    #[test]
    fn what_could_not_be_linked_is_refused() {
        for arguments in [
            vec!["--artifact", "ghcr.io/acme/checkout:1.4.0"],
            vec!["--commit", "4f1c2a9be0d37c5586a1b2f4e9d0c7a3b8e6f512"],
            vec!["--commit", "4f1c2a9", "--repository", "https://github.com/acme/checkout"],
            vec!["--repository", "checkout"],
            vec!["--rollback-of", "cdevents:v0:throughline::::service:checkout"],
        ] {
            assert!(push(&arguments).is_err(), "{arguments:?}");
        }
    }
}
