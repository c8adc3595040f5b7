//! An alert's fingerprint: Alertmanager's own, or one that we derive.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::notification::Alert;

/// How many bytes of the hash are kept; written in hexadecimal they are as long as Alertmanager's own.
const KEPT_BYTES: usize = 8;

/// The alert's fingerprint in lower case; `None` where it has neither one nor labels to derive it from.
pub(super) fn of(alert: &Alert) -> Option<String> {
    match alert.fingerprint.get() {
        Some(given) => Some(given.to_lowercase()),
        None if alert.labels.named().is_empty() => None,
        None => Some(derived(alert.labels.named())),
    }
}

/// The start of the SHA-256 of the lines `name=value`, in order of name.
fn derived(labels: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for (name, value) in labels {
        hasher.update(format!("{name}={value}\n").as_bytes());
    }
    hasher.finalize().iter().take(KEPT_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn without_one_it_follows_from_the_labels_in_any_order() {
        let read = |alert: &str| of(&serde_json::from_str(alert).unwrap());
        let one = read(r#"{"labels":{"alertname":"Slow","service":"checkout"}}"#);
        let other = read(r#"{"labels":{"service":"checkout","alertname":"Slow"},"fingerprint":""}"#);
        assert_eq!(one, Some("50a7024faaf37a5c".to_owned()));
        assert_eq!(one, other);
        assert_ne!(one, read(r#"{"labels":{"alertname":"Slow","service":"ledger"}}"#));
        assert_eq!(
            read(r#"{"labels":{"a":"b"},"fingerprint":" A1BC48475B20E73D "}"#),
            Some("a1bc48475b20e73d".to_owned())
        );
        assert_eq!(read(r#"{"labels":null}"#), None);
    }
}
