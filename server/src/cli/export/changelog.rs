//! `throughline export changelog`: what changed in a period, for people.

use clap::Args;

use crate::audit::changelog::{LogFormat, write};
use crate::audit::plan::{AuditQuery, Plan};
use crate::audit::{AuditError, run};
use crate::cli::export::common::{Bar, PlaceCall, WhichCall};
use crate::cli::{Failure, GOOD, questions};
use crate::clock;
use crate::config::Settings;
use throughline_domain::audit::controls::Controls;

#[derive(Debug, Args)]
pub(super) struct ChangelogCall {
    #[command(flatten)]
    which: WhichCall,
    /// markdown or html.
    #[arg(long, default_value = "markdown")]
    format: String,
    #[command(flatten)]
    place: PlaceCall,
}

pub(super) fn run(settings: &Settings, call: &ChangelogCall) -> Result<u8, Failure> {
    let format = LogFormat::read(&call.format)?;
    let query = AuditQuery { format: Some(call.format.clone()), ..call.which.query() };
    query.period()?;
    if let Some(server) = &call.place.server {
        return call.place.download(server, &query.address("/api/v1/export/changelog", &[]));
    }
    let desk = questions::desk(settings)?;
    let plan = Plan::read(&desk, &query, &Controls::default(), clock::now())?;
    let bar = Bar::of_changes();
    let log = run::changelog(&desk, &plan, &mut |done, of| {
        bar.at(done, Some(of));
        Ok(())
    });
    bar.done();
    let text = write(format, &plan.header, &log?);
    call.place.written(|output| Ok(output.write_all(text.as_bytes()).map_err(AuditError::from)?))?;
    Ok(GOOD)
}
