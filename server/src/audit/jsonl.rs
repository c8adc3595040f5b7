//! The report as JSON Lines: an object in each line, whose `type` says what it is.
//!
//! First `report`, then a `change` for each row, then `totals`, `sample`, and a `control` for each control. Texts are as they
//! came from the tools: JSON escapes what could be taken for something else.

use std::io::Write;

use serde_json::{Map, Value, json};
use throughline_domain::audit::row::Row;

use crate::audit::{AuditError, Ending, Header, Writer};

pub(super) struct JsonlWriter<'a> {
    output: &'a mut dyn Write,
}

impl<'a> JsonlWriter<'a> {
    pub(super) fn new(output: &'a mut dyn Write) -> Self {
        Self { output }
    }

    fn line(&mut self, value: &Value) -> Result<(), AuditError> {
        serde_json::to_writer(&mut self.output, value).map_err(std::io::Error::from)?;
        Ok(self.output.write_all(b"\n")?)
    }
}

impl Writer for JsonlWriter<'_> {
    fn begin(&mut self, header: &Header) -> Result<(), AuditError> {
        let columns: Vec<&str> = header.view.columns.iter().map(|column| column.name).collect();
        let exceptions: Vec<Value> = header
            .view
            .exceptions
            .iter()
            .map(|one| json!({ "word": one.word(), "title": one.title(), "meaning": one.meaning() }))
            .collect();
        self.line(&json!({
            "type": "report",
            "from": header.from,
            "to": header.to,
            "environment": header.environment,
            "service": header.service,
            "control": header.control,
            "only_exceptions": header.only_exceptions,
            "made": header.made,
            "ledger_size": header.ledger_size,
            "sample_size": header.sample_size,
            "seed": header.seed,
            "columns": columns,
            "exceptions": exceptions,
            "program": env!("CARGO_PKG_VERSION"),
        }))
    }

    fn row(&mut self, header: &Header, row: &Row) -> Result<(), AuditError> {
        let mut object = Map::new();
        object.insert("type".to_owned(), Value::from("change"));
        if let Value::Object(members) = row.json(&header.view) {
            object.extend(members);
        }
        self.line(&Value::Object(object))
    }

    fn end(&mut self, header: &Header, ending: &Ending) -> Result<(), AuditError> {
        let mut totals = ending.totals.json();
        if let Some(totals) = totals.as_object_mut() {
            totals.insert("type".to_owned(), Value::from("totals"));
        }
        self.line(&totals)?;
        let drawn: Vec<Value> =
            ending.sample.drawn.iter().map(|row| json!({ "number": row.number, "key": row.key })).collect();
        self.line(&json!({
            "type": "sample",
            "size": ending.sample.size,
            "seed": ending.sample.seed,
            "population": ending.sample.population,
            "drawn": drawn,
        }))?;
        for control in header.controls.all() {
            let exceptions: Vec<&str> = control.exceptions.iter().map(|exception| exception.word()).collect();
            self.line(&json!({
                "type": "control",
                "id": control.id,
                "framework": control.framework,
                "title": control.title,
                "text": control.text,
                "assertion": control.assertion,
                "exceptions": exceptions,
                "columns": control.columns,
                "rows_with_exception": ending.totals.controls.count(&control.id),
            }))?;
        }
        Ok(self.output.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::audit::Format;
    use crate::audit::samples::{hostile, written};

    #[test]
    fn every_line_says_what_it_is() {
        let text = written(Format::Jsonl);
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let types: Vec<&str> = lines.iter().filter_map(|line| line.get("type")?.as_str()).collect();
        assert_eq!(
            types,
            ["report", "change", "change", "change", "totals", "sample", "control", "control", "control", "control"]
        );
        assert_eq!(lines[0].get("from").unwrap(), "2026-03-01T00:00:00Z");
        assert_eq!(lines[1].get("tickets").unwrap(), &serde_json::json!(["PAY-12"]));
        assert_eq!(lines[2].get("exceptions").unwrap(), &serde_json::json!(["no_approval"]));
        let title = hostile().changes[0].piece.title.clone();
        assert_eq!(lines[3].pointer("/change_titles/0").unwrap(), &Value::from(title), "nothing is changed");
        assert_eq!(lines[4].get("balances").unwrap(), &Value::Bool(true));
        assert_eq!(lines[5].get("population").unwrap(), &Value::from(3));
    }
}
