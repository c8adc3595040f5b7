//! Own gates whose modules lie in files of their own: their texts are put into the policy file before it is applied, so
//! that one text, with one hash, says everything.

use std::collections::BTreeSet;

use super::{File, PolicyError, wrong};

/// A policy file with the texts of all files that its own gates name, in a table `[modules]` at its end.
///
/// `read` is asked for each file once, by the name that stands in the policy file. What stands there already is kept as
/// it is. The rest of the text, with its comments, stays untouched.
///
/// # Errors
/// A [`PolicyError`] where the text is no policy file, or `read` says why a file cannot be read.
pub fn with_files(text: &str, read: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<String, PolicyError> {
    let file = File::read(text)?;
    let named: BTreeSet<&str> = file.own.iter().filter_map(|gate| gate.file()).collect();
    let missing: Vec<&str> = named.into_iter().filter(|name| !file.modules.contains_key(*name)).collect();
    if missing.is_empty() {
        return Ok(text.to_owned());
    }
    if !file.modules.is_empty() {
        let cause = format!("'{}' is missing; take the whole table out, and it is written anew", missing.join("', '"));
        return Err(wrong("modules", cause));
    }
    let mut whole = text.trim_end().to_owned();
    whole.push_str("\n\n[modules]\n");
    for name in missing {
        let module = read(name).map_err(|cause| wrong(format!("rego, file '{name}'"), cause))?;
        whole.push_str(&format!("{} = {}\n", quoted(name), quoted(&module)));
    }
    Ok(whole)
}

/// A text as a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{quoted, with_files};
    use crate::policy::PolicySet;

    const MODULE: &str = "package throughline.gate\n\n# \"quoted\" \\ and\ttab\u{7f}\npass if count(deny) == 0\n";

    #[test]
    fn files_are_put_in_once_and_the_text_stays() {
        let text = "# mine\n[[rego]]\nname = \"size\"\nfile = \"size.rego\"\n[[rego]]\nname = \"other\"\nfile = \"size.rego\"\n";
        let error = PolicySet::read(text).unwrap_err().to_string();
        assert!(error.contains("rego 'size'") && error.contains("size.rego"), "{error}");
        let mut asked = Vec::new();
        let mut read = |name: &str| {
            asked.push(name.to_owned());
            Ok(MODULE.to_owned())
        };
        let whole = with_files(text, &mut read).unwrap();
        assert_eq!(asked, ["size.rego"]);
        assert!(whole.starts_with(text.trim_end()), "{whole}");
        let set = PolicySet::read(&whole).unwrap();
        assert!(set.own.iter().all(|gate| gate.module == MODULE) && set.own.len() == 2);
        let again = with_files(&whole, &mut |name: &str| Err(format!("{name} is asked for again"))).unwrap();
        assert_eq!(again, whole);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let text = "[[rego]]\nname = \"size\"\nfile = \"size.rego\"";
        let error = with_files(text, &mut |_: &str| Err("there is no such file".to_owned())).unwrap_err();
        assert_eq!(error.to_string(), "rego, file 'size.rego': there is no such file");
        let partly = "[[rego]]\nname = \"a\"\nfile = \"a.rego\"\n[modules]\n\"b.rego\" = \"x\"";
        let error = with_files(partly, &mut |_: &str| Ok(String::new())).unwrap_err().to_string();
        assert!(error.contains("'a.rego' is missing"), "{error}");
    }

    #[test]
    fn any_text_reads_back() {
        for text in ["", "a\"b\\c\r\n\t\u{0}\u{7f}\u{85}é🦀'''"] {
            let table: toml::Table = toml::from_str(&format!("text = {}", quoted(text))).unwrap();
            assert_eq!(table.get("text").and_then(toml::Value::as_str), Some(text));
        }
    }
}
