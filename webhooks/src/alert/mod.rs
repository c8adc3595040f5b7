//! What the tools that raise alerts share: the user's labels, what stands around an alert, and the notification of
//! Alertmanager, which others send, too.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::Key;

use crate::draft::Draft;

mod around;
mod fingerprint;
mod firing;
mod labels;
mod notification;
mod text;

pub use crate::members::host;
pub use around::{Around, Said};
pub use labels::Labels;
pub use notification::{Alert, Notification, Sender};
pub use text::Text;

/// The longest word of a tool that is passed on as event name, in characters.
pub const MAX_EVENT_CHARS: usize = 100;

/// States a node of which a delivery tells nothing but the id.
///
/// It is stated without a time: whatever another delivery tells of it counts more.
pub fn state_by_id(draft: &mut Draft, key: &Key, id: &str) {
    draft.state(NodeFact::new(key.clone(), None).with(Attribute::Title, id).with(Attribute::Reference, id));
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_host_is_that_of_an_address() {
        assert_eq!(host(Some(" https://Grafana.acme.example:3000/alerting ")), "grafana.acme.example");
        for nothing in [None, Some(""), Some("/check_mk/index.py"), Some("mailto:ada@acme.example")] {
            assert_eq!(host(nothing), "", "{nothing:?}");
        }
    }
}
