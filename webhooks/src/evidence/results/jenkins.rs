//! The file in which Jenkins keeps the test results of a build (`junitResult.xml`).

use super::{Dialect, Results, Tally};
use crate::xml::{Element, Visitor};

/// How much of a text is kept, in bytes: enough for any name.
const MAX_KEPT_BYTES: usize = 1_000;

/// A report while it is read.
#[derive(Default)]
pub(super) struct Jenkins {
    path: Vec<String>,
    text: String,
    suite_name: Option<String>,
    has_suites: bool,
    case: Case,
    tally: Tally,
}

/// What is known of the case that is open.
#[derive(Default)]
struct Case {
    class: Option<String>,
    name: Option<String>,
    is_skipped: bool,
    has_failed: bool,
}

impl Visitor for Jenkins {
    fn open(&mut self, element: &Element) -> Result<(), String> {
        self.path.push(element.name().to_owned());
        self.text.clear();
        match element.name() {
            "suites" => self.has_suites = true,
            "case" => self.case = Case::default(),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let left = MAX_KEPT_BYTES.saturating_sub(self.text.len());
        self.text.push_str(text.get(..text.floor_char_boundary(left)).unwrap_or_default());
    }

    fn close(&mut self, name: &str) {
        self.path.pop();
        let text = Some(self.text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        match (self.path.last().map(String::as_str), name) {
            (Some("case"), "className") => self.case.class = text,
            (Some("case"), "testName") => self.case.name = text,
            (Some("case"), "skipped") => self.case.is_skipped = text.as_deref() == Some("true"),
            (Some("case"), "errorStackTrace" | "errorDetails") => self.case.has_failed = true,
            (Some("suite"), "name") => self.suite_name = self.suite_name.take().or(text),
            (Some("cases"), "case") => {
                let Case { class, name, is_skipped, has_failed } = std::mem::take(&mut self.case);
                match (has_failed, is_skipped) {
                    (true, _) => self.tally.fail(class.as_deref(), name.as_deref()),
                    (false, true) => self.tally.skip(),
                    (false, false) => self.tally.pass(),
                }
            }
            _ => {}
        }
        self.text.clear();
    }
}

impl Dialect for Jenkins {
    fn finish(self: Box<Self>) -> Result<Results, String> {
        let report = *self;
        if !report.has_suites {
            return Err("the root element <result> holds no <suites>, so it is that of no test report".to_owned());
        }
        Ok(Results { title: report.suite_name, tally: report.tally, ..Results::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::summary;

    #[test]
    fn reads_what_jenkins_keeps() {
        let case = |name: &str, more: &str| {
            format!(
                "<case><className>acme.Cart</className><testName>{name}</testName><skipped>false</skipped>{more}</case>"
            )
        };
        let document = format!(
            "<result><suites><suite><name>cart</name><cases>{}{}{}</cases></suite><suite><name>more</name><cases/></suite>\
             </suites><duration>0.5</duration></result>",
            case("adds", ""),
            case("pays", "<errorStackTrace>at …</errorStackTrace><errorDetails>no</errorDetails>"),
            "<case><skipped>true</skipped></case>"
        );
        assert_eq!(summary(&document), "cart | - | 1 passed, 1 failed, 1 skipped | - | -");
    }
}
