//! A small report for the tests of its writers.

use throughline_domain::audit::controls::Controls;
use throughline_domain::audit::population::Population;
use throughline_domain::audit::row::{Row, View};
use throughline_domain::audit::sample::Reservoir;
use throughline_domain::audit::totals::Totals;
use throughline_domain::dossier::Dossier;
use throughline_domain::time::Timestamp;

use crate::audit::{Ending, Format, Header, writer};

/// A change to production that nothing is wrong with.
pub(super) fn good() -> Dossier {
    serde_json::from_str(include_str!("../../domain/src/audit/sample.json")).expect("the sample is a dossier")
}

/// A change that nobody approved.
pub(super) fn unapproved() -> Dossier {
    let mut dossier = good();
    for change in &mut dossier.changes {
        change.approvals.clear();
    }
    dossier
}

/// A change whose texts want to be a formula, a page and an end of line.
pub(super) fn hostile() -> Dossier {
    let mut dossier = good();
    for change in &mut dossier.changes {
        change.piece.title =
            " =HYPERLINK(\"http://evil.example\";\"=1+1\")\r\n<script>alert(1)</script>\u{202e}".to_owned();
        change.piece.reference = Some("@SUM(A1)|[x](javascript:alert(1))".to_owned());
    }
    for ticket in &mut dossier.tickets {
        ticket.piece.title = "\t+cmd|' /C calc'!A0 <img src=x onerror=alert(1)> **bold** `code`".to_owned();
        ticket.piece.url = Some("javascript:alert(1)".to_owned());
    }
    if let Some(service) = &mut dossier.service {
        service.title = "－checkout\u{7}".to_owned();
    }
    dossier
}

/// What the small report is about.
pub(super) fn header() -> Header {
    let at = |text: &str| Timestamp::parse(text).expect("a time");
    Header {
        from: at("2026-03-01T00:00:00Z"),
        to: at("2026-04-01T00:00:00Z"),
        environment: Some("production".to_owned()),
        service: None,
        control: None,
        only_exceptions: false,
        made: at("2026-04-02T08:00:00Z"),
        ledger_size: 120,
        sample_size: 2,
        seed: 7,
        view: View::whole(),
        controls: Controls::builtin(),
    }
}

/// Its rows.
pub(super) fn rows() -> Vec<Row> {
    let view = View::whole();
    (1..).zip([good(), unapproved(), hostile()]).map(|(number, dossier)| Row::of(number, &dossier, &view)).collect()
}

/// How it ends.
pub(super) fn ending() -> Ending {
    let header = header();
    let mut totals = Totals::of(&Population { in_graph: 3, ..Population::default() });
    let mut reservoir = Reservoir::new(header.sample_size, header.seed);
    for row in rows() {
        totals.add(&row, &header.controls);
        reservoir.offer(|| row.clone());
    }
    Ending { totals, sample: reservoir.finish() }
}

/// The bytes of the small report.
pub(super) fn bytes(format: Format) -> Vec<u8> {
    let (header, mut output) = (header(), Vec::new());
    {
        let mut writer = writer(format, &mut output);
        writer.begin(&header).expect("it begins");
        for row in rows() {
            writer.row(&header, &row).expect("a row is written");
        }
        writer.end(&header, &ending()).expect("it ends");
    }
    output
}

/// The text of the small report.
pub(super) fn written(format: Format) -> String {
    String::from_utf8(bytes(format)).expect("it is text")
}
