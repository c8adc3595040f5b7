//! A note of the last head, outside the database: it tells when an older copy of the database is put in its place.

use std::path::Path;

use throughline_domain::ledger::{Hash, TreeHead};

const FILE: &str = "ledger.head";

/// Compares the ledger's head with the one that was noted.
///
/// # Errors
/// A sentence for the operator where the ledger has moved backwards, or has another history.
pub fn check(folder: &Path, head: TreeHead) -> Result<(), String> {
    let path = folder.join(FILE);
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(()) };
    let Some(noted) = parse(&text) else { return Ok(()) };
    if head.size < noted.size {
        return Err(format!(
            "the ledger has {} entries, and this server has signed {}: an older copy of the database was put in its place. \
             Restore the newer one. If that is lost for good, begin a new ledger in another data folder under another \
             ledger.origin; or remove {} to go on from here, and whoever has kept a later checkpoint will see that history \
             was cut.",
            head.size,
            noted.size,
            path.display()
        ));
    }
    if head.size == noted.size && head.root != noted.root {
        return Err(format!(
            "the ledger's root at size {} is not the one that this server has signed; run `throughline verify` and restore \
             a backup",
            head.size
        ));
    }
    Ok(())
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
    use throughline_domain::ledger::{TreeHead, empty_root, leaf_hash};

    use super::{check, note};

    #[test]
    fn an_older_copy_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let head = |size, root| TreeHead { size, root };
        let (one, other) = (leaf_hash(b"one"), leaf_hash(b"other"));
        check(folder.path(), head(0, empty_root())).unwrap();
        note(folder.path(), head(5, one));
        check(folder.path(), head(5, one)).unwrap();
        check(folder.path(), head(6, other)).unwrap();
        assert!(check(folder.path(), head(4, one)).unwrap_err().contains("older copy"));
        assert!(check(folder.path(), head(5, other)).unwrap_err().contains("not the one"));
    }
}
