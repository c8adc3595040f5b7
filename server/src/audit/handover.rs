//! The rows of a report with the ledger entries that they rest on, kept until a bundle is made of them.
//!
//! They wait in a temporary file, so that memory does not grow with them.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Deserializer, Map, Value};
use throughline_store::StoreError;

use crate::audit::AuditError;

/// A row with the entries that it rests on.
pub type Row = (Value, Vec<u64>);

/// Rows that were handed over.
#[derive(Debug)]
pub struct Spool {
    file: BufWriter<File>,
}

/// A row as it waits.
#[derive(Serialize, Deserialize)]
struct Kept {
    row: Map<String, Value>,
    entries: Vec<u64>,
}

impl Spool {
    /// An empty one.
    ///
    /// # Errors
    /// Where no temporary file can be made.
    pub fn new() -> Result<Self, AuditError> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?) })
    }

    /// Takes a row over.
    ///
    /// # Errors
    /// Where the temporary file is full.
    pub fn keep(&mut self, row: Value, entries: &[u64]) -> Result<(), AuditError> {
        let row = match row {
            Value::Object(members) => members,
            other => Map::from_iter([("row".to_owned(), other)]),
        };
        let kept = Kept { row, entries: entries.to_vec() };
        serde_json::to_writer(&mut self.file, &kept).map_err(std::io::Error::from)?;
        Ok(self.file.write_all(b"\n")?)
    }

    /// Everything that was handed over, in order, as a bundle takes it.
    ///
    /// # Errors
    /// Where the temporary file cannot be read again.
    pub fn rows(self) -> Result<impl Iterator<Item = Result<Row, StoreError>>, AuditError> {
        let mut file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        let kept = Deserializer::from_reader(BufReader::new(file)).into_iter::<Kept>();
        Ok(kept.map(|kept| match kept {
            Ok(Kept { row, entries }) => Ok((Value::Object(row), entries)),
            Err(cause) => Err(StoreError::Query(format!("a row cannot be read again: {cause}"))),
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Spool;

    #[test]
    fn what_is_handed_over_comes_back_in_order() {
        let mut spool = Spool::new().unwrap();
        for number in 1..=3 {
            spool.keep(json!({ "number": number, "title": "a\nb" }), &[number, 7]).unwrap();
        }
        let rows: Vec<_> = spool.rows().unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1].0.get("number"), Some(&json!(2)));
        assert_eq!(rows[2].1, [3, 7]);
    }
}
