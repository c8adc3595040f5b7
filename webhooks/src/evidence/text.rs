//! Values of JSON that some senders write as text and others as number.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub use crate::alert::Text;

/// A list of which some members may be of another shape: those are passed over. Something that is no list is empty.
pub fn lenient<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let Value::Array(values) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

/// A member that may be missing, null or of another shape, which then says nothing.
pub fn shaped<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned + Default,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{Text, lenient, shaped};

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Row {
        name: Text,
        #[serde(deserialize_with = "lenient")]
        more: Vec<Row>,
        #[serde(deserialize_with = "shaped")]
        inner: Option<Box<Row>>,
    }

    #[test]
    fn takes_what_senders_write() {
        let row: Row =
            serde_json::from_str(r#"{"name":7,"more":[{"name":" a "},"x",{"name":[]},null],"y":1}"#).unwrap();
        assert_eq!(row.name.get(), Some("7"));
        let names: Vec<Option<&str>> = row.more.iter().map(|row| row.name.get()).collect();
        assert_eq!(names, [Some("a"), None]);
        let empty: Row = serde_json::from_str(r#"{"name":null,"more":{"name":"a"},"inner":7}"#).unwrap();
        assert_eq!((empty.name.get(), empty.more.len(), empty.inner.is_none()), (None, 0, true));
        let nested: Row = serde_json::from_str(r#"{"inner":{"name":"a"}}"#).unwrap();
        assert_eq!(nested.inner.unwrap().name.get(), Some("a"));
    }
}
