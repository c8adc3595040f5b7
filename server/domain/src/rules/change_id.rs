//! Rule `change-id`: Gerrit's trailers in a commit's message name its change, and changes that it builds on.
//!
//! | text | says | class | score |
//! |---|---|---|---|
//! | `Change-Id: I1f0c…` (40 digits) in a commit's message | part of | L1 | 95 |
//! | `Depends-On: I1f0c…` in a commit's message | relates to | L1 | 90 |
//!
//! A change-id that is cherry-picked to another branch is another change of the same id there: then several have the
//! name, and only the one of the commit's own repository is meant, if it is the only one.

use std::sync::LazyLock;

use regex::Regex;

use super::text::{MAX_PLACES, Text};
use super::{Found, MAX_REFERENCES, Rule};
use crate::fact::{Field, Mention};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;
use crate::node::NodeKind;

pub(super) const RULE: Rule = Rule { id: "change-id", version: 1, find };

fn find(mention: &Mention) -> Vec<Found> {
    if mention.field != Field::Message || mention.from.kind() != NodeKind::Commit {
        return Vec::new();
    }
    let text = Text::of(mention);
    let mut found: Vec<Found> = Vec::new();
    for captures in TRAILER.captures_iter(&text.plain).take(MAX_PLACES) {
        let (Some(whole), Some(label), Some(id)) = (captures.get(0), captures.get(1), captures.get(2)) else {
            continue;
        };
        let is_own = label.as_str().eq_ignore_ascii_case("change-id");
        let (intent, score) = if is_own { (LinkKind::PartOf, 95) } else { (LinkKind::RelatesTo, 90) };
        let awaits = Name::plain(id.as_str());
        if found.len() < MAX_REFERENCES && found.iter().all(|known| known.awaits != awaits) {
            let reason = text.reason(whole.range());
            found.push(Found { awaits, resource: None, intent, class: LinkClass::Declared, score, reason });
        }
    }
    found
}

static TRAILER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^[ \t]*(change-id|depends-on):[ \t]*(I[0-9a-f]{40})[ \t\r]*$")
        .expect("the pattern is fixed and valid")
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::testing::{check, hostile, survives, survives_length};
    use super::RULE;
    use crate::fact::Field;

    const ID: &str = "I8d052e5d26396737bc7d807cbafdc317cfd2f21f";

    #[test]
    fn reads_trailers() {
        let own = format!("Retry\n\nChange-Id: {ID}\n");
        let expected = format!("part_of name:{} L1 95", ID.to_lowercase());
        check(&RULE, &[(Field::Message, &own, &[expected.as_str()])]);
        let other = format!("Retry\n\nDepends-On: {ID}\r\n");
        let expected = format!("relates_to name:{} L1 90", ID.to_lowercase());
        check(&RULE, &[(Field::Message, &other, &[expected.as_str()])]);
        for text in ["Change-Id: I8d05", "> Change-Id: I8d052e5d26396737bc7d807cbafdc317cfd2f21f"] {
            check(&RULE, &[(Field::Message, text, &[])]);
        }
        check(&RULE, &[(Field::Body, &own, &[])]);
    }

    #[test]
    fn long_text_is_harmless() {
        survives_length(&RULE);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_is_harmless(text in hostile()) {
            survives(&RULE, &text);
        }
    }
}
