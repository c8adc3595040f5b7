//! The lists of package managers, as lines of name and version in one order.

use std::collections::BTreeSet;

use crate::evidence::digest_of_lines;
use crate::provider::ParseError;

/// The most packages of a list.
const MAX_PACKAGES: usize = 50_000;

/// The longest line, in bytes.
const MAX_LINE_BYTES: usize = 2_000;

/// How the table of `dpkg -l` begins, and the line behind its head.
const TABLE_HEAD: &str = "Desired=";
const TABLE_RULE: &str = "+++-";

/// A list that was read.
#[derive(Debug)]
pub(super) struct List {
    tool: Tool,
    packages: BTreeSet<String>,
}

/// What printed a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    /// `dpkg -l`: a table with the state of each package.
    DpkgTable,
    /// `dpkg-query -W`: name and version, with a tab between.
    DpkgQuery,
    /// `rpm -qa`: name, version, release and architecture in one word.
    Rpm,
}

impl List {
    /// Reads a list. Its end must be a line break, as the tools write it, or it may have been cut off.
    pub(super) fn read(body: &[u8], expected: &'static str) -> Result<Self, ParseError> {
        let broken = |cause: String| ParseError::Body { expected, cause };
        let text = std::str::from_utf8(body).map_err(|error| broken(format!("it is not in UTF-8: {error}")))?;
        if !text.ends_with('\n') {
            return Err(broken("it does not end with a line break, so it may have been cut off".to_owned()));
        }
        let first =
            text.lines().find(|line| !line.trim().is_empty()).ok_or_else(|| broken("it is empty".to_owned()))?;
        let tool = Tool::of(first);
        let mut list = Self { tool, packages: BTreeSet::new() };
        for (index, line) in text.lines().enumerate() {
            if line.len() > MAX_LINE_BYTES {
                return Err(broken(format!("line {} is longer than {MAX_LINE_BYTES} bytes", index + 1)));
            }
            match tool.package(line) {
                Line::Package(package) => list.packages.insert(package),
                Line::Other => continue,
                Line::Strange => return Err(broken(format!("line {} is none of {}", index + 1, tool.command()))),
            };
            let count = list.packages.len();
            if count > MAX_PACKAGES {
                return Err(ParseError::TooMany { what: "packages", count, limit: MAX_PACKAGES });
            }
        }
        Ok(list)
    }

    /// How many packages there are, each version of one counted.
    pub(super) fn count(&self) -> usize {
        self.packages.len()
    }

    /// The command that printed the list.
    pub(super) fn tool(&self) -> &'static str {
        self.tool.command()
    }

    /// The digest of the packages in one order, whatever command listed them.
    pub(super) fn digest(&self) -> String {
        digest_of_lines(self.packages.iter().map(String::as_str))
    }
}

/// What a line of a list is.
enum Line {
    /// An installed package: `bash 5.2.15-2`.
    Package(String),
    /// A head, a blank line, or a package that is not installed.
    Other,
    /// Nothing that the tool prints.
    Strange,
}

impl Tool {
    fn of(first: &str) -> Self {
        if first.contains('\t') {
            Tool::DpkgQuery
        } else if first.starts_with(TABLE_HEAD) || is_state(first.split_whitespace().next().unwrap_or_default()) {
            Tool::DpkgTable
        } else {
            Tool::Rpm
        }
    }

    fn command(self) -> &'static str {
        match self {
            Tool::DpkgTable => "dpkg -l",
            Tool::DpkgQuery => "dpkg-query -W",
            Tool::Rpm => "rpm -qa",
        }
    }

    fn package(self, line: &str) -> Line {
        if line.trim().is_empty() {
            return Line::Other;
        }
        match self {
            Tool::DpkgTable => row(line),
            Tool::DpkgQuery => match line.split_once('\t').map(|(name, version)| (name.trim(), version.trim())) {
                // A package that was removed and left its configuration has no version.
                Some((name, "")) if !name.is_empty() => Line::Other,
                Some((name, version)) if is_word(name) && is_word(version) => {
                    Line::Package(format!("{name} {version}"))
                }
                Some(_) | None => Line::Strange,
            },
            Tool::Rpm => {
                let word = line.trim();
                if is_word(word) && word.contains('-') { Line::Package(word.to_owned()) } else { Line::Strange }
            }
        }
    }
}

/// A row of `dpkg -l`: state, name, version, architecture, description.
fn row(line: &str) -> Line {
    if line.starts_with(TABLE_HEAD) || line.starts_with('|') || line.starts_with(TABLE_RULE) {
        return Line::Other;
    }
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(state), Some(name), Some(version)) if is_state(state) => {
            // The second letter is what is so: installed, or something short of it.
            if state.chars().nth(1) == Some('i') { Line::Package(format!("{name} {version}")) } else { Line::Other }
        }
        _ => Line::Strange,
    }
}

/// Whether a word is the state of a row of `dpkg -l`: what is wanted, what is so, and perhaps an error.
fn is_state(word: &str) -> bool {
    let mut letters = word.chars();
    let wanted = letters.next().is_some_and(|letter| "uihrp".contains(letter));
    let is = letters.next().is_some_and(|letter| "ncHUFWti".contains(letter));
    wanted && is && matches!((letters.next(), letters.next()), (None | Some('R'), None))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::List;

    fn summary(text: &str) -> String {
        match List::read(text.as_bytes(), "a list") {
            Ok(list) => format!("{}: {}", list.tool(), list.packages.into_iter().collect::<Vec<_>>().join(", ")),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_the_lists_of_the_tools() {
        let table = "Desired=Unknown/Install/Remove/Purge/Hold\n\
                     | Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n\
                     |/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n\
                     ||/ Name           Version      Architecture Description\n\
                     +++-==============-============-============-=================================\n\
                     ii  bash           5.2.15-2     amd64        GNU Bourne Again SHell\n\
                     hi  libc6:amd64    2.36-9       amd64        GNU C Library\n\
                     rc  nano           7.2-1        amd64        small, friendly text editor\n";
        assert_eq!(summary(table), "dpkg -l: bash 5.2.15-2, libc6:amd64 2.36-9");
        let rows = table.lines().skip(5).map(|line| format!("{line}\n")).collect::<String>();
        assert_eq!(summary(&rows), "dpkg -l: bash 5.2.15-2, libc6:amd64 2.36-9");
        let query = "libc6:amd64\t2.36-9\nnano\t\nbash\t5.2.15-2\n";
        assert_eq!(summary(query), "dpkg-query -W: bash 5.2.15-2, libc6:amd64 2.36-9");
        let rpm = "bash-5.1.8-6.el9.x86_64\ngpg-pubkey-fd431d51-4ae0493b\n\n";
        assert_eq!(summary(rpm), "rpm -qa: bash-5.1.8-6.el9.x86_64, gpg-pubkey-fd431d51-4ae0493b");
    }

    #[test]
    fn what_is_no_list_says_where() {
        for (text, expected) in [
            ("", "line break"),
            ("\n\n", "empty"),
            ("bash\t5.2.15-2\nlib", "cut off"),
            ("bash\t5.2.15-2\nand more\n", "line 2"),
            ("<html>\n", "line 1"),
            ("{\"a-b\": 1}\n", "line 1"),
        ] {
            assert!(summary(text).contains(expected), "{text}: {}", summary(text));
        }
        assert!(List::read(b"\xff\n", "a list").unwrap_err().to_string().contains("UTF-8"));
    }
}
