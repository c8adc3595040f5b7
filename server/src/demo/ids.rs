//! Object ids, digests and numbers that are the same on every run: each is drawn from the name of what it stands for.

use sha2::{Digest as _, Sha256};

/// A commit's object id.
pub fn commit(name: &str) -> String {
    hex("commit", name).chars().take(40).collect()
}

/// The content digest of an image.
pub fn digest(name: &str) -> String {
    format!("sha256:{}", hex("image", name))
}

/// Sixteen hexadecimal digits, as Alertmanager's fingerprints have.
pub fn fingerprint(name: &str) -> String {
    hex("alert", name).chars().take(16).collect()
}

/// An id in the form of a random UUID.
pub fn uuid(name: &str) -> String {
    hex("uuid", name)
        .chars()
        .take(32)
        .enumerate()
        .flat_map(|(place, digit)| {
            let dash = matches!(place, 8 | 12 | 16 | 20).then_some('-');
            let digit = match place {
                12 => '4',
                16 => 'a',
                _ => digit,
            };
            dash.into_iter().chain([digit])
        })
        .collect()
}

/// A number from `first` on, below `first + count`; `count` is at least 1.
pub fn number(name: &str, first: u64, count: u64) -> u64 {
    let hash = Sha256::digest(format!("number {name}").as_bytes());
    let drawn = hash.iter().take(7).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    first + drawn % count.max(1)
}

fn hex(kind: &str, name: &str) -> String {
    throughline_domain::hex::encode(&Sha256::digest(format!("{kind} {name}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{commit, digest, fingerprint, number, uuid};

    #[test]
    fn every_id_has_its_form() {
        assert_eq!(commit("a").len(), 40);
        assert_eq!(digest("a").len(), "sha256:".len() + 64);
        assert_eq!(fingerprint("a").len(), 16);
        let dashes: Vec<usize> = uuid("a").match_indices('-').map(|(place, _)| place).collect();
        assert_eq!((uuid("a").len(), dashes), (36, vec![8, 13, 18, 23]));
        assert!((10..15).contains(&number("a", 10, 5)));
        assert_ne!(commit("a"), commit("b"));
    }
}
