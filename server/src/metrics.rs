//! What the server counts, in the form that Prometheus reads.

use prometheus::{Encoder, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// The counters of one server.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    accepted: IntCounterVec,
    rejected: IntCounterVec,
    entries: IntGauge,
    projected: IntGauge,
}

impl Metrics {
    /// Counters that begin at nothing.
    ///
    /// # Errors
    /// That of the library where two of them have one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let accepted = IntCounterVec::new(
            Opts::new("throughline_deliveries_accepted_total", "Deliveries that were acknowledged, by source."),
            &["source"],
        )?;
        let rejected = IntCounterVec::new(
            Opts::new(
                "throughline_deliveries_rejected_total",
                "Deliveries that were refused, by source and problem code.",
            ),
            &["source", "code"],
        )?;
        let entries = IntGauge::new("throughline_ledger_entries", "Entries in the ledger.")?;
        let projected = IntGauge::new("throughline_projected_entries", "Entries that the graph covers.")?;
        registry.register(Box::new(accepted.clone()))?;
        registry.register(Box::new(rejected.clone()))?;
        registry.register(Box::new(entries.clone()))?;
        registry.register(Box::new(projected.clone()))?;
        Ok(Self { registry, accepted, rejected, entries, projected })
    }

    /// Counts an acknowledged delivery.
    pub fn accepted(&self, source: &str) {
        self.accepted.with_label_values(&[source]).inc();
    }

    /// Counts a refused delivery. `source` is a known one or `unknown`, so that nobody can make labels without end.
    pub fn rejected(&self, source: &str, code: &str) {
        self.rejected.with_label_values(&[source, code]).inc();
    }

    /// How many deliveries of a source have been refused since the server started.
    pub fn rejected_of(&self, source: &str) -> u64 {
        use crate::http::problem::Code;
        Code::ALL.iter().map(|code| self.rejected.with_label_values(&[source, code.word()]).get()).sum()
    }

    /// The text that Prometheus reads.
    ///
    /// # Errors
    /// That of the library.
    pub fn text(&self, entries: u64, projected: u64) -> Result<String, prometheus::Error> {
        self.entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.projected.set(i64::try_from(projected).unwrap_or(i64::MAX));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
