//! NUnit's XML: of version 3 (`test-run`) and of version 2 (`test-results`).

use throughline_domain::time::Timestamp;

use super::{Dialect, Results, Tally};
use crate::evidence::moment;
use crate::xml::{Element, Visitor};

/// A report while it is read.
#[derive(Default)]
pub(super) struct Nunit {
    is_open: bool,
    title: Option<String>,
    state: Option<String>,
    declared: Tally,
    tally: Tally,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
}

impl Visitor for Nunit {
    fn open(&mut self, element: &Element) -> Result<(), String> {
        if !self.is_open {
            self.is_open = true;
            self.root(element);
        } else if element.name() == "test-case" {
            self.case(element);
        } else if element.name() == "test-suite" && self.title.is_none() {
            self.title = element.attribute("name").map(file_name);
        }
        Ok(())
    }

    fn text(&mut self, _text: &str) {}

    fn close(&mut self, _name: &str) {}
}

impl Dialect for Nunit {
    fn finish(self: Box<Self>) -> Result<Results, String> {
        let report = *self;
        Ok(Results {
            is_failure: report.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("failed")),
            title: report.title,
            state: report.state,
            tally: report.tally.completed(&report.declared),
            started: report.started,
            finished: report.finished,
        })
    }
}

impl Nunit {
    fn root(&mut self, element: &Element) {
        let number = |name: &str| element.attribute(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        self.title = element.attribute("name").map(file_name);
        self.state = element.attribute("result").map(str::to_owned);
        if element.name() == "test-run" {
            let passed = number("passed").saturating_add(number("warnings"));
            let skipped = number("skipped").saturating_add(number("inconclusive"));
            self.declared = Tally::of(passed, number("failed"), skipped);
            self.started = when(element, "run-date", "start-time");
            self.finished = when(element, "", "end-time");
        } else {
            let failed = number("errors").saturating_add(number("failures"));
            let passed = number("total").saturating_sub(failed).saturating_sub(number("inconclusive"));
            self.declared = Tally::of(passed, failed, number("not-run").saturating_add(number("inconclusive")));
            self.started = when(element, "date", "time");
        }
        let lasted = element.first(&["duration", "time"]).and_then(moment::seconds);
        if let (Some(started), None, Some(lasted)) = (self.started, self.finished, lasted) {
            self.finished = Some(moment::later(started, lasted));
        }
    }

    fn case(&mut self, element: &Element) {
        let is = |name: &str, word: &str| element.attribute(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
        let result = element.attribute("result").map(str::to_ascii_lowercase);
        let name = element.first(&["fullname", "name"]);
        match result.as_deref() {
            Some("passed" | "success" | "warning") => self.tally.pass(),
            Some("failed" | "failure" | "error" | "notrunnable") => self.tally.fail(None, name),
            Some(_) => self.tally.skip(),
            // The oldest versions have no result, but say whether it ran, and then whether it did well.
            None if is("success", "true") => self.tally.pass(),
            None if is("success", "false") => self.tally.fail(None, name),
            None => self.tally.skip(),
        }
    }
}

/// A moment that is written in one attribute, or as a date in one and a time of day in another.
fn when(element: &Element, date: &str, time: &str) -> Option<Timestamp> {
    let time = element.attribute(time)?;
    moment::read(time).or_else(|| moment::read(&format!("{} {time}", element.attribute(date)?)))
}

/// The last part of a path: version 2 names a run by the whole path of its assembly.
fn file_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::summary;

    #[test]
    fn reads_version_3() {
        let document = r#"<test-run id="2" testcasecount="4" result="Failed" total="4" passed="1" failed="1"
              inconclusive="1" skipped="1" start-time="2026-03-14 09:26:06Z" end-time="2026-03-14 09:26:08Z" duration="2.1">
            <command-line><![CDATA[nunit3-console Acme.Checkout.dll]]></command-line>
            <test-suite type="Assembly" name="Acme.Checkout.dll" result="Failed"><test-suite name="Cart">
              <test-case fullname="Acme.Cart.Adds" result="Passed"/>
              <test-case fullname="Acme.Cart.Pays" result="Failed" label="Error"><failure/></test-case>
              <test-case fullname="Acme.Cart.Ships" result="Skipped" label="Ignored"/>
              <test-case fullname="Acme.Cart.Thinks" result="Inconclusive"/></test-suite></test-suite></test-run>"#;
        let expected =
            "Acme.Checkout.dll | Failed | 1 passed, 1 failed, 2 skipped | 2026-03-14T09:26:06Z | 2026-03-14T09:26:08Z";
        assert_eq!(summary(document), expected);
    }

    #[test]
    fn reads_version_2() {
        let document = r#"<test-results name="C:\build\Acme.Checkout.dll" total="3" errors="0" failures="1" not-run="1"
              inconclusive="0" date="2026-03-14" time="09:26:06"><test-suite name="Cart"><results>
              <test-case name="Acme.Cart.Adds" executed="True" success="True"/>
              <test-case name="Acme.Cart.Pays" executed="True" result="Failure" success="False"/>
              <test-case name="Acme.Cart.Ships" executed="False" result="Ignored"/></results></test-suite></test-results>"#;
        let expected = "Acme.Checkout.dll | - | 2 passed, 1 failed, 1 skipped | 2026-03-14T09:26:06Z | -";
        assert_eq!(summary(document), expected);
    }
}
