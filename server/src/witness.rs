//! A note of the last head, outside the database: it tells when an older copy of the database is put in its place.

use std::path::Path;

use throughline_domain::ledger::{Hash, TreeHead};
use throughline_store::{Store, StoreError, ledger};

const FILE: &str = "ledger.head";

/// Compares the ledger with the head that was noted: it must begin with what this server has signed.
///
/// # Errors
/// [`StoreError::Refused`] with a sentence for the operator where the ledger has moved backwards or has another history.
pub fn check(folder: &Path, store: &Store, head: TreeHead) -> Result<(), StoreError> {
    let path = folder.join(FILE);
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(()) };
    let Some(noted) = parse(&text) else { return Ok(()) };
    // A server beside this program may have noted a newer head meanwhile, which the ledger then has.
    if head.size < noted.size && is_short(store, noted)? {
        return Err(StoreError::Refused(format!(
            "the ledger has {} entries, and this server has signed {}: an older copy of the database was put in its place. \
             Restore the newer one. If that is lost for good, begin a new ledger in another data folder under another \
             ledger.origin; or remove {} to go on from here, and whoever has kept a later checkpoint will see that history \
             was cut.",
            head.size,
            noted.size,
            path.display()
        )));
    }
    if !store.read(|connection| ledger::begins_with(connection, noted))? {
        return Err(StoreError::Refused(format!(
            "the ledger does not begin with the {} entries that this server has signed: it has another history; run \
             `throughline verify` and restore a backup",
            noted.size
        )));
    }
    Ok(())
}

/// Whether the ledger, as it is at this moment, has fewer entries than were noted.
fn is_short(store: &Store, noted: TreeHead) -> Result<bool, StoreError> {
    Ok(store.read(ledger::read_head)?.is_none_or(|now| now.size < noted.size))
}

/// Notes a head. It may lag behind; it is a lower bound.
pub fn note(folder: &Path, head: TreeHead) {
    let path = folder.join(FILE);
    let draft = path.with_extension("head-new");
    let written =
        std::fs::write(&draft, format!("{} {}\n", head.size, head.root)).and_then(|()| std::fs::rename(&draft, &path));
    if let Err(cause) = written {
        tracing::warn!(path = %path.display(), %cause, "the last head could not be noted");
    }
}

fn parse(text: &str) -> Option<TreeHead> {
    let (size, root) = text.trim().split_once(' ')?;
    Some(TreeHead { size: size.parse().ok()?, root: Hash::from_base64(root)? })
}

#[cfg(test)]
mod tests {
    use throughline_domain::ledger::{Origin, SigningKey, TreeHead, empty_root, leaf_hash};
    use throughline_store::{Appender, Store, StoreOptions};

    use super::{check, note};

    #[test]
    fn an_older_copy_and_another_history_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("witness.db").display());
        let store = Store::open(&StoreOptions { url, readers: 1, max_pages: None }).unwrap();
        let key = SigningKey::from_seed(Origin::new("acme.example/log").unwrap(), &[7; 32]);
        let head = Appender::open(&store, key).unwrap().head();
        check(folder.path(), &store, head).unwrap();
        note(folder.path(), head);
        check(folder.path(), &store, head).unwrap();
        note(folder.path(), TreeHead { size: 5, root: leaf_hash(b"five") });
        assert!(check(folder.path(), &store, head).unwrap_err().to_string().contains("older copy"));
        note(folder.path(), TreeHead { size: 0, root: leaf_hash(b"other") });
        assert!(check(folder.path(), &store, head).unwrap_err().to_string().contains("another history"));
        assert_eq!(head.root, empty_root());
    }
}
