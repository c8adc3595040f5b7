//! Own gates: modules in Rego, and what may stand in one.
//!
//! Here a module is only text. It is looked at before any interpreter sees it, because an interpreter answers a function
//! that calls itself, or a hundred brackets in one another, with the end of the process; and because whatever reads the
//! clock, or draws a number, would give another verdict tomorrow.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::str::Chars;

use serde::Deserialize;

use super::{MAX_NAME_BYTES, PolicyError, Selector, Weight, wrong};

/// The package that every own gate is.
pub const REGO_PACKAGE: &str = "throughline.gate";

/// The longest module, in bytes.
pub const MAX_MODULE_BYTES: usize = 64 * 1024;

/// The most brackets in one another.
const MAX_NESTING: usize = 16;

/// The most operators and dots in one expression without a bracket, comma or semicolon between them.
const MAX_CHAIN: usize = 64;

/// The longest way from a rule to another one that it uses.
const MAX_RULE_DEPTH: usize = 16;

/// Words that are not let in, and what to do instead.
const REFUSED: &[(&str, &str)] = &[
    ("now_ns", "a verdict has to come out the same later; write time.parse_rfc3339_ns(input.evaluated)"),
    ("intn", "a verdict has to come out the same later, and this draws a number"),
    ("numbers", "its ranges may be of any length"),
    ("bits", "its numbers may be of any length"),
];

/// A gate that the operator has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnGate {
    /// Its name, a word in small letters with hyphens.
    pub name: String,
    /// What it says, for people.
    pub title: String,
    /// How much it counts.
    pub weight: Weight,
    /// What it is for.
    pub selector: Selector,
    /// The name of the file that its module came from, if it came from one.
    pub file: Option<String>,
    /// The module's text.
    pub module: String,
}

/// An own gate as the file writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnGateEntry {
    name: String,
    title: Option<String>,
    #[serde(default, rename = "use")]
    weight: Weight,
    module: Option<String>,
    file: Option<String>,
    #[serde(default)]
    environments: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
}

impl OwnGateEntry {
    /// The name of the file that holds its module, if one does.
    pub(super) fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The gate, checked, with the text of its module.
    ///
    /// # Errors
    /// [`PolicyError::Value`] where the name is no word, or the module is missing or not let in.
    pub(super) fn read(self, modules: &BTreeMap<String, String>) -> Result<OwnGate, PolicyError> {
        let Self { name, title, weight, module, file, environments, services, labels } = self;
        let place = format!("rego '{name}'");
        let is_word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.chars().all(is_word) {
            let cause = format!("'name' must be a word of small letters, digits and hyphens, up to {MAX_NAME_BYTES}");
            return Err(wrong(place, cause));
        }
        if title.as_ref().is_some_and(|title| title.len() > MAX_NAME_BYTES) {
            return Err(wrong(place, format!("'title' has more than {MAX_NAME_BYTES} bytes")));
        }
        let selector = Selector { environments, services, labels };
        selector.check(&place)?;
        let module = match (module, &file) {
            (Some(module), None) => module,
            (None, Some(file)) => modules.get(file).cloned().ok_or_else(|| {
                let cause =
                    format!("the text of '{file}' is not in [modules]; apply the file with `throughline policy`");
                wrong(&place, cause)
            })?,
            (_, _) => return Err(wrong(place, "give either 'module', the text itself, or 'file', its name")),
        };
        check_module(&module).map_err(|cause| wrong(&place, cause))?;
        let title = title.unwrap_or_else(|| name.replace('-', " "));
        Ok(OwnGate { name, title, weight, selector, file, module })
    }
}

/// Whether a module may be evaluated at all: within the bounds, without recursion, and without what changes by itself.
/// Whether it is Rego is for the interpreter to say.
///
/// # Errors
/// What is wrong, with its line, and what to do about it.
pub fn check_module(module: &str) -> Result<(), String> {
    if module.len() > MAX_MODULE_BYTES {
        return Err(format!("the module has {} bytes; at most {MAX_MODULE_BYTES} are accepted", module.len()));
    }
    let mut shape = Shape::default();
    let mut tokens = Tokens { letters: module.chars().peekable(), line: 1 };
    while let Some((line, token)) = tokens.advance()? {
        shape.take(&token).map_err(|cause| format!("line {line} of the module: {cause}"))?;
    }
    shape.is_acyclic()
}

/// A piece of a module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Number,
    Open,
    Close,
    /// A comma or semicolon.
    Separator,
    Operator(char),
    LineEnd,
}

/// Cuts a module into tokens, without comments and spaces.
struct Tokens<'a> {
    letters: Peekable<Chars<'a>>,
    line: usize,
}

impl Tokens<'_> {
    fn advance(&mut self) -> Result<Option<(usize, Token)>, String> {
        while self.letters.next_if(|letter| matches!(letter, ' ' | '\t' | '\r')).is_some() {}
        let line = self.line;
        let Some(letter) = self.letters.next() else { return Ok(None) };
        let token = match letter {
            '\n' => {
                self.line += 1;
                Token::LineEnd
            }
            '#' => {
                while self.letters.next_if(|letter| *letter != '\n').is_some() {}
                return self.next_after_comment(line);
            }
            '"' => Token::Text(self.text(line)?),
            '`' => Token::Text(self.raw_text(line)?),
            '(' | '[' | '{' => Token::Open,
            ')' | ']' | '}' => Token::Close,
            ',' | ';' => Token::Separator,
            '$' => return Err(format!("line {line} of the module: '$' is not let in; build texts with sprintf")),
            first if first.is_alphabetic() || first == '_' => Token::Word(self.word(first)),
            first if first.is_ascii_digit() => {
                self.word(first);
                Token::Number
            }
            operator => Token::Operator(operator),
        };
        Ok(Some((line, token)))
    }

    /// A comment ends where its line does.
    fn next_after_comment(&mut self, line: usize) -> Result<Option<(usize, Token)>, String> {
        match self.letters.next() {
            Some(_) => {
                self.line += 1;
                Ok(Some((line, Token::LineEnd)))
            }
            None => Ok(None),
        }
    }

    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(letter) = self.letters.next_if(|letter| letter.is_alphanumeric() || *letter == '_') {
            word.push(letter);
        }
        word
    }

    fn text(&mut self, line: usize) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.letters.next() {
                Some('"') => return Ok(text),
                Some('\\') if self.letters.peek() == Some(&'u') => {
                    return Err(format!("line {line} of the module: write the character itself instead of '\\u'"));
                }
                Some('\\') => {
                    text.push('\\');
                    text.extend(self.letters.next());
                }
                Some('\n') | None => return Err(format!("line {line} of the module: the text does not end")),
                Some(letter) => text.push(letter),
            }
        }
    }

    fn raw_text(&mut self, line: usize) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.letters.next() {
                Some('`') => return Ok(text),
                Some(letter) => {
                    self.line += usize::from(letter == '\n');
                    text.push(letter);
                }
                None => return Err(format!("line {line} of the module: the text does not end")),
            }
        }
    }
}

/// What is known of a module while its tokens pass by.
#[derive(Default)]
struct Shape {
    /// The rule that the tokens belong to.
    rule: String,
    /// Which names each rule uses, of those that are rules themselves and of others.
    uses: BTreeMap<String, BTreeSet<String>>,
    /// How many operators stand in a row, for each bracket that is open.
    chains: Vec<usize>,
    chain: usize,
    /// Whether a line has ended since the last token.
    is_new_line: bool,
    last: Option<Token>,
}

impl Shape {
    fn take(&mut self, token: &Token) -> Result<(), String> {
        if *token == Token::LineEnd {
            self.is_new_line = true;
            return Ok(());
        }
        let goes_on = matches!(token, Token::Operator(_)) || self.expects_more();
        if self.is_new_line && !goes_on {
            self.chain = 0;
        }
        match token {
            Token::Word(word) => self.word(word, goes_on)?,
            Token::Text(text) => refuse(text)?,
            Token::Open if self.chains.len() == MAX_NESTING => {
                return Err(format!("more than {MAX_NESTING} brackets are in one another; split the rule"));
            }
            Token::Open => self.chains.push(std::mem::take(&mut self.chain)),
            Token::Close => self.chain = self.chains.pop().ok_or("a bracket is closed that was not opened")?,
            Token::Separator => self.chain = 0,
            Token::Operator(_) => self.chain += 1,
            Token::Number | Token::LineEnd => {}
        }
        if self.chain > MAX_CHAIN {
            return Err(format!("an expression has more than {MAX_CHAIN} operators in a row; split the rule"));
        }
        // What stands behind a dot is a member, whatever word it is.
        let is_member = matches!(token, Token::Word(_)) && self.is_behind_dot();
        self.is_new_line = false;
        self.last = Some(if is_member { Token::Number } else { token.clone() });
        Ok(())
    }

    fn word(&mut self, word: &str, goes_on: bool) -> Result<(), String> {
        refuse(word)?;
        if self.is_behind_dot() {
            return Ok(());
        }
        if word == "data" {
            return Err("there is no 'data' beside the input; read 'input'".to_owned());
        }
        let begins = self.is_new_line || self.last.is_none();
        let is_head = begins && self.chains.is_empty() && !goes_on && !CONTINUING.contains(&word);
        if is_head || self.last == Some(Token::Word("default".to_owned())) {
            word.clone_into(&mut self.rule);
            self.uses.entry(word.to_owned()).or_default();
        } else {
            self.uses.entry(self.rule.clone()).or_default().insert(word.to_owned());
        }
        Ok(())
    }

    fn is_behind_dot(&self) -> bool {
        self.last == Some(Token::Operator('.'))
    }

    /// Whether the last token leaves an expression open, so that the next line belongs to it.
    fn expects_more(&self) -> bool {
        match &self.last {
            Some(Token::Operator(_)) => true,
            Some(Token::Word(word)) => CONTINUING.contains(&word.as_str()),
            Some(Token::Text(_) | Token::Number | Token::Open | Token::Close | Token::Separator | Token::LineEnd)
            | None => false,
        }
    }

    /// Checks that no rule leads back to itself, and none over more than [`MAX_RULE_DEPTH`] others.
    fn is_acyclic(&self) -> Result<(), String> {
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        // In each round those rules get their depth that use only such as have one. What never gets one is in a circle.
        for depth in 0..MAX_RULE_DEPTH {
            let ready: Vec<&str> = self
                .uses
                .iter()
                .filter(|(rule, uses)| {
                    let known = |used: &String| !self.uses.contains_key(used) || depths.contains_key(used.as_str());
                    !depths.contains_key(rule.as_str()) && uses.iter().all(known)
                })
                .map(|(rule, _)| rule.as_str())
                .collect();
            depths.extend(ready.into_iter().map(|rule| (rule, depth)));
        }
        match self.uses.keys().find(|rule| !depths.contains_key(rule.as_str())) {
            Some(rule) => Err(format!(
                "the rule '{rule}' leads back to itself, or over more than {MAX_RULE_DEPTH} others; where only a variable \
                 has the name of a rule, rename it"
            )),
            None => Ok(()),
        }
    }
}

/// Words with which no rule begins, and behind which an expression goes on.
const CONTINUING: &[&str] = &["as", "contains", "else", "every", "if", "in", "not", "some", "with"];

fn refuse(word: &str) -> Result<(), String> {
    match REFUSED.iter().find(|(refused, _)| word == *refused) {
        Some((refused, why)) => Err(format!("'{refused}' is not let in: {why}")),
        None if word == "Local" => Err("the time zone 'Local' is that of the machine; write 'UTC'".to_owned()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHAIN, MAX_MODULE_BYTES, MAX_NESTING, MAX_RULE_DEPTH, check_module};

    const GOOD: &str = r##"package throughline.gate # the only package
import rego.v1
import future.keywords.in

default big := false

big if count(input.commits) > 50

deny contains reason if {
	some change in input.changes
	not small(change) # small is below
	reason := {"text": sprintf("%s has the numbers {of} a large one: \"%d\"", [change.piece.title, 1 - 2])}
}

small(change) if {
	every label in change.labels { label != `large
package` }
} else := true if count(change.labels) ==
	0

unknown contains "nobody owns it" if count(input.watch.owners) == 0

pass if { count(deny) == 0; count(unknown) == 0; not big }
"##;

    #[test]
    fn an_ordinary_module_is_let_in() {
        assert_eq!(check_module(GOOD), Ok(()));
        assert_eq!(check_module(""), Ok(()));
    }

    #[test]
    fn what_changes_by_itself_or_has_no_end_is_refused() {
        let deep = format!("pass if {}1{} == 1", "(".repeat(MAX_NESTING + 1), ")".repeat(MAX_NESTING + 1));
        let chain = format!("pass if {}1 == 1", "-".repeat(MAX_CHAIN + 1));
        let lines = format!("pass if 1 ==\n{}1", "1 +\n".repeat(MAX_CHAIN));
        let ladder: String = (0..=MAX_RULE_DEPTH).map(|step| format!("r{step} if r{}\n", step + 1)).collect();
        for (module, expected) in [
            ("pass if time.now_ns() > 0", "input.evaluated"),
            ("pass if time[\"now_ns\"]() > 0", "input.evaluated"),
            ("pass if time[\"now\\u005fns\"]() > 0", "the character itself"),
            ("pass if rand.intn(\"a\", 5) > 0", "draws a number"),
            ("x := numbers.range(1, 1000000000)", "any length"),
            ("pass if time.clock([1, \"Local\"])[0] > 1", "'UTC'"),
            ("pass if data.throughline.gate.deny", "'input'"),
            ("import data.other", "'input'"),
            ("x := $\"{f(1)}\"", "sprintf"),
            ("\n\nx := \"abc", "line 3"),
            ("x := 1)", "not opened"),
            ("f(x) := f(x)", "'f'"),
            ("import future.keywords.in\nf(x) := f(x)", "'f'"),
            ("f(x) :=\n\tf(x)", "'f'"),
            ("f(x) if\n\tf(x)", "'f'"),
            ("f(x) := 1 if x > 2\nelse := f(x)", "'f'"),
            ("default f(x) := 1\nf(x) := g(x)\ng(x) := 1 +\n f(x)", "'f'"),
            ("a if b\nb if c\nc if { a }", "'a'"),
            (deep.as_str(), "brackets"),
            (chain.as_str(), "operators"),
            (lines.as_str(), "operators"),
            (ladder.as_str(), "'r0'"),
            ("x".repeat(MAX_MODULE_BYTES + 1).as_str(), "bytes"),
        ] {
            let error = check_module(module).expect_err(module);
            assert!(error.contains(expected), "{module}\n{error}");
        }
    }

    #[test]
    fn a_member_of_the_input_may_have_the_name_of_a_rule() {
        let module =
            "commits if input.commits\nservice := input.service.title\nlong if {\n\tx := input.changes\n\tx.long\n}";
        assert_eq!(check_module(module), Ok(()));
    }
}
