//! The members of the webhooks extension's bodies that are read; everything else is passed over.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

/// A delivery.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    /// What the owner of the webhook called it.
    pub(super) webhook_name: Option<String>,
    /// What happened.
    pub(super) event: Option<Happening>,
    /// The bug, as it is now.
    pub(super) bug: Option<Bug>,
}

/// What happened.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Happening {
    /// `create`, `modify`; `change` in older versions.
    pub(super) action: Option<String>,
    /// What it happened to: `bug`, `comment`, `attachment`.
    pub(super) target: Option<String>,
    /// Both, and the fields that were changed: `bug.modify:status,resolution`.
    pub(super) routing_key: Option<String>,
    /// When, in UTC.
    pub(super) time: Option<String>,
    /// Who did it.
    pub(super) user: Option<Value>,
    /// What was changed.
    pub(super) changes: Option<Vec<Change>>,
}

/// The change of one field.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    pub(super) field: Option<String>,
    pub(super) removed: Option<Value>,
    pub(super) added: Option<Value>,
}

/// A bug. What newer versions send as an object with a name, others send as the name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Bug {
    pub(super) id: Option<Value>,
    pub(super) alias: Option<Value>,
    pub(super) summary: Option<String>,
    pub(super) product: Option<Value>,
    pub(super) component: Option<Value>,
    pub(super) status: Option<Value>,
    pub(super) resolution: Option<Value>,
    pub(super) severity: Option<Value>,
    pub(super) priority: Option<Value>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Value>,
    pub(super) keywords: Option<Vec<Value>>,
    pub(super) assigned_to: Option<Value>,
    pub(super) reporter: Option<Value>,
    pub(super) creator: Option<Value>,
    pub(super) creation_time: Option<String>,
    pub(super) last_change_time: Option<String>,
    pub(super) cf_last_resolved: Option<Value>,
    pub(super) comment: Option<Comment>,
    pub(super) attachment: Option<Attachment>,
}

/// A comment; of a private one the body is not sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Comment {
    pub(super) body: Option<String>,
    /// Its place; the first one, 0, is the bug's description.
    pub(super) number: Option<u64>,
    pub(super) is_private: Option<Value>,
}

/// An attachment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Attachment {
    pub(super) description: Option<String>,
    pub(super) file_name: Option<String>,
}

/// The word of a member that is a text, a number or an object with a name; nothing where it says that there is none.
pub(super) fn word(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Object(members) => {
            let names = ["login", "name", "real_name"];
            names.iter().find_map(|name| members.get(*name)?.as_str()).unwrap_or_default().trim().to_owned()
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => String::new(),
    };
    if matches!(text.as_str(), "" | "-" | "--" | "---") { None } else { Some(text) }
}

/// Whether a member says yes, as a truth value or as 1.
pub(super) fn is_set(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        Some(Value::String(text)) => text == "1" || text == "true",
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

/// A moment as Bugzilla writes it: in UTC, and without saying so.
pub(super) fn moment(text: Option<&str>) -> Option<Timestamp> {
    let text = text?.trim();
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{}Z", text.replacen(' ', "T", 1))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{is_set, moment, word};

    #[test]
    fn a_member_may_be_a_text_or_an_object() {
        let cases = [
            (json!("RESOLVED"), Some("RESOLVED")),
            (json!({ "id": 2, "name": "RESOLVED" }), Some("RESOLVED")),
            (json!({ "id": 2, "login": "ada@acme.example", "real_name": "Ada" }), Some("ada@acme.example")),
            (json!(12), Some("12")),
            (json!("---"), None),
            (json!(""), None),
            (Value::Null, None),
            (json!([1]), None),
        ];
        for (value, expected) in cases {
            assert_eq!(word(Some(&value)).as_deref(), expected, "{value}");
        }
        assert!(is_set(Some(&json!(true))) && is_set(Some(&json!(1))) && !is_set(Some(&json!(0))) && !is_set(None));
    }

    #[test]
    fn times_are_utc() {
        let expected = "2026-03-14T09:26:06Z";
        for text in ["2026-03-14T09:26:06", "2026-03-14 09:26:06", "2026-03-14T09:26:06Z"] {
            assert_eq!(moment(Some(text)).unwrap().to_string(), expected, "{text}");
        }
        assert_eq!(moment(Some("yesterday")), None);
    }
}
