//! The settings: one typed table, from which `config/default.toml` is generated.
//!
//! A value comes from the default, then from the configuration file, then from the environment
//! (`THROUGHLINE_SERVER_LISTEN` is `listen` of `[server]`). An unknown key is refused, with the nearest known one.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use toml::{Table, Value};

/// What an environment variable begins with.
pub const ENVIRONMENT_PREFIX: &str = "THROUGHLINE_";

/// Environment variables with the prefix that are no settings: they belong to the command line.
pub const OTHER_VARIABLES: [&str; 4] =
    ["THROUGHLINE_CONFIG", "THROUGHLINE_SERVER", "THROUGHLINE_TOKEN", "THROUGHLINE_URL"];

/// Declares the sections from one table: documentation, name, type and default of every setting.
macro_rules! settings {
    ($($(#[doc = $section_doc:literal])+ $section:ident $type:ident {
        $($(#[doc = $doc:literal])+ $name:ident: $value:ty = $default:expr;)+
    })+) => {
        /// All settings.
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        pub struct Settings {
            $($(#[doc = $section_doc])+ pub $section: $type,)+
        }

        $(
            $(#[doc = $section_doc])+
            #[derive(Clone, Debug, PartialEq, Deserialize)]
            pub struct $type {
                $($(#[doc = $doc])+ pub $name: $value,)+
            }
        )+

        /// Every setting with its documentation and default, in order.
        fn sections() -> Vec<Section> {
            vec![$(Section {
                name: stringify!($section),
                doc: concat!($($section_doc, "\n"),+),
                settings: vec![$(Setting {
                    name: stringify!($name),
                    doc: concat!($($doc, "\n"),+),
                    default: Value::from($default),
                },)+],
            },)+]
        }
    };
}

struct Section {
    name: &'static str,
    doc: &'static str,
    settings: Vec<Setting>,
}

struct Setting {
    name: &'static str,
    doc: &'static str,
    default: Value,
}

settings! {
    /// Where the server listens and keeps its files.
    server ServerSettings {
        /// Address and port. Loopback unless told otherwise: put a proxy with TLS before any other.
        listen: String = "127.0.0.1:8080";
        /// The address under which people and tools reach the server; empty for `http://<listen>`.
        public_url: String = "";
        /// The folder of the SQLite file and the keys. It is made if it is missing.
        data_folder: PathBuf = "throughline-data";
        /// Threads that serve HTTP.
        workers: usize = 2;
    }
    /// The database.
    database DatabaseSettings {
        /// `postgres://user:password@host/database`, or empty for an SQLite file in the data folder.
        url: String = "";
        /// How many questions may read at once.
        readers: u32 = 8;
        /// The most pages of 4,096 bytes that the SQLite file may have; 0 for no bound but the disk's.
        max_pages: u64 = 0;
    }
    /// The ledger.
    ledger LedgerSettings {
        /// The log's name in its checkpoints. Choose it once: it is signed with every head, and other servers of the same
        /// database must use the same.
        origin: String = "throughline.local/ledger";
        /// The most entries that are committed together.
        batch_entries: usize = 256;
        /// How many deliveries may wait to be committed; the next one is answered 503.
        queue: usize = 4_096;
    }
    /// Bounds on what comes from outside.
    limits LimitSettings {
        /// The largest body of a delivery, in bytes; 413 above it. GitHub sends up to 25 MiB.
        body_bytes: usize = 26_214_400;
        /// How long a body may take to arrive, in seconds.
        body_seconds: u64 = 60;
        /// How many bytes a second must arrive on average, after the first five seconds.
        body_bytes_per_second: u64 = 1_024;
        /// How many bytes of bodies may be in memory at once; 503 above it.
        body_bytes_in_flight: usize = 268_435_456;
        /// How long a request may wait for its turn to read the database, in seconds; 503 after it.
        wait_seconds: u64 = 5;
    }
    /// Who may ask.
    access AccessSettings {
        /// How long a login in a browser lasts, in hours.
        session_hours: u32 = 12;
        /// How long a login link can be used, in minutes.
        login_link_minutes: u32 = 60;
    }
    /// GitHub's interface: for `throughline backfill`, and for fetching deliveries that GitHub could not deliver.
    github GithubSettings {
        /// The interface's address; of a GitHub Enterprise Server `https://<host>/api/v3`.
        api: String = "https://api.github.com";
        /// A token that may read the repositories and their webhooks. Better set as THROUGHLINE_GITHUB_TOKEN than in a file.
        token: String = "";
        /// The number of a GitHub App, instead of a token.
        app_id: String = "";
        /// The file with the App's private key, in PEM.
        private_key_file: PathBuf = "";
        /// Whether the running server fetches deliveries that were lost. It needs a token or an App.
        heal: bool = true;
        /// How often it looks for them, in minutes.
        heal_minutes: u64 = 15;
    }
    /// GitLab's interface, for `throughline backfill`.
    gitlab GitlabSettings {
        /// The interface's address.
        api: String = "https://gitlab.com/api/v4";
        /// A token with the scope `read_api`. Better set as THROUGHLINE_GITLAB_TOKEN than in a file.
        token: String = "";
    }
    /// Jira's interface, for `throughline backfill`.
    jira JiraSettings {
        /// The site's address: `https://acme.atlassian.net`.
        api: String = "";
        /// The user whose token it is: in Jira Cloud an e-mail address, in Jira Data Center empty for a personal token.
        user: String = "";
        /// The token. Better set as THROUGHLINE_JIRA_TOKEN than in a file.
        token: String = "";
    }
    /// The interface of Jenkins, for `throughline backfill`.
    jenkins JenkinsSettings {
        /// The address of its home page.
        api: String = "";
        /// The user whose token it is.
        user: String = "";
        /// The user's API token. Better set as THROUGHLINE_JENKINS_TOKEN than in a file.
        token: String = "";
    }
    /// What the server writes to its log.
    log LogSettings {
        /// `text` for people or `json` for programs.
        format: String = "text";
        /// The least grave level, or a filter such as `info,throughline=debug`.
        filter: String = "info";
    }
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {path} is not valid TOML: {cause}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: Box<toml::de::Error>,
    },
    /// There is no such setting.
    #[error("{place}: there is no setting '{name}'{suggestion}")]
    Unknown {
        /// Where it was found.
        place: String,
        /// What was written.
        name: String,
        /// The nearest setting that exists, in words, or nothing.
        suggestion: String,
    },
    /// A value is of the wrong type or out of range.
    #[error("{0}")]
    Value(String),
}

impl Settings {
    /// Reads the settings: defaults, then the file if one is given, then the environment.
    ///
    /// # Errors
    /// A [`ConfigError`] that says which setting is wrong, and what to write instead.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut table = defaults();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|cause| ConfigError::Unreadable { path: path.to_owned(), cause })?;
            let given: Table = toml::from_str(&text)
                .map_err(|cause| ConfigError::Syntax { path: path.to_owned(), cause: Box::new(cause) })?;
            merge(&mut table, given, &path.display().to_string())?;
        }
        for (name, value) in environment {
            if let Some(rest) = name.strip_prefix(ENVIRONMENT_PREFIX)
                && !OTHER_VARIABLES.contains(&name.as_str())
            {
                set_from_environment(&mut table, &name, rest, &value)?;
            }
        }
        let settings: Self = table.try_into().map_err(|cause| ConfigError::Value(format!("a setting: {cause}")))?;
        settings.check()
    }

    /// The address under which people and tools reach the server, without a slash at the end.
    pub fn public_url(&self) -> String {
        let given = self.server.public_url.trim_end_matches('/');
        if given.is_empty() { format!("http://{}", self.server.listen) } else { given.to_owned() }
    }

    /// The database's address: the given one, or the file in the data folder.
    pub fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            format!("sqlite://{}", self.server.data_folder.join("throughline.db").display())
        } else {
            self.database.url.clone()
        }
    }

    fn check(self) -> Result<Self, ConfigError> {
        let wrong = |text: &str| Err(ConfigError::Value(text.to_owned()));
        if self.server.listen.parse::<std::net::SocketAddr>().is_err() {
            return wrong("server.listen must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080");
        }
        if self.server.workers == 0 || self.server.workers > 256 {
            return wrong("server.workers must be between 1 and 256");
        }
        if self.ledger.batch_entries == 0 || self.ledger.batch_entries > 4_096 {
            return wrong("ledger.batch_entries must be between 1 and 4096");
        }
        if self.ledger.queue == 0 {
            return wrong("ledger.queue must be at least 1");
        }
        if self.limits.body_bytes == 0 || self.limits.body_bytes > 64 * 1024 * 1024 {
            return wrong("limits.body_bytes must be between 1 and 67108864");
        }
        if self.github.heal_minutes == 0 || self.github.heal_minutes > 1_440 {
            return wrong("github.heal_minutes must be between 1 and 1440");
        }
        if !matches!(self.log.format.as_str(), "text" | "json") {
            return wrong("log.format must be \"text\" or \"json\"");
        }
        Ok(self)
    }
}

impl Default for Settings {
    fn default() -> Self {
        defaults().try_into().expect("the defaults are of the types that the table declares; a test reads them")
    }
}

/// The text of `config/default.toml`: every setting with its documentation and its default.
pub fn default_file() -> String {
    let mut text = String::from(
        "# Every setting with its default. Generated from the program: `throughline config`.\n\
         # An environment variable overrides the file: THROUGHLINE_SERVER_LISTEN is `listen` of [server].\n",
    );
    for section in sections() {
        text.push_str(&format!("\n{}[{}]\n", comment(section.doc), section.name));
        for setting in section.settings {
            text.push_str(&format!("{}{} = {}\n", comment(setting.doc), setting.name, setting.default));
        }
    }
    text
}

fn comment(doc: &str) -> String {
    doc.lines().map(|line| format!("# {}\n", line.trim())).collect()
}

fn defaults() -> Table {
    let section = |section: Section| {
        let values = section.settings.into_iter().map(|setting| (setting.name.to_owned(), setting.default));
        (section.name.to_owned(), Value::Table(values.collect()))
    };
    sections().into_iter().map(section).collect()
}

fn merge(table: &mut Table, given: Table, place: &str) -> Result<(), ConfigError> {
    for (section, values) in given {
        let known: Vec<String> = table.keys().cloned().collect();
        let Some(Value::Table(target)) = table.get_mut(&section) else {
            return Err(unknown(place, &section, known.iter().map(String::as_str)));
        };
        let Value::Table(values) = values else {
            return Err(ConfigError::Value(format!("{place}: '{section}' must be a section: write [{section}]")));
        };
        for (name, value) in values {
            let known: Vec<String> = target.keys().cloned().collect();
            let Some(slot) = target.get_mut(&name) else {
                return Err(unknown(place, &name, known.iter().map(String::as_str)));
            };
            check_type(place, &format!("{section}.{name}"), slot, &value)?;
            *slot = value;
        }
    }
    Ok(())
}

fn set_from_environment(table: &mut Table, variable: &str, rest: &str, text: &str) -> Result<(), ConfigError> {
    let wanted = rest.to_lowercase();
    let known: Vec<String> = table
        .iter()
        .flat_map(|(section, values)| names_of(values).map(move |name| format!("{section}_{name}")))
        .collect();
    let found = table.iter_mut().find_map(|(section, values)| {
        let name = wanted.strip_prefix(section.as_str())?.strip_prefix('_')?;
        match values {
            Value::Table(values) => values.get_mut(name),
            _ => None,
        }
    });
    let Some(slot) = found else {
        return Err(unknown(
            &format!("the environment variable {variable}"),
            &wanted,
            known.iter().map(String::as_str),
        ));
    };
    let value = match slot {
        Value::String(_) => Value::String(text.to_owned()),
        _ => toml::from_str::<Table>(&format!("value = {text}"))
            .ok()
            .and_then(|table| table.get("value").cloned())
            .unwrap_or_else(|| Value::String(text.to_owned())),
    };
    check_type(&format!("the environment variable {variable}"), &wanted, slot, &value)?;
    *slot = value;
    Ok(())
}

fn names_of(values: &Value) -> impl Iterator<Item = &String> {
    values.as_table().into_iter().flat_map(Table::keys)
}

fn check_type(place: &str, name: &str, default: &Value, given: &Value) -> Result<(), ConfigError> {
    let negative = matches!(given, Value::Integer(number) if *number < 0);
    if default.same_type(given) && !negative {
        return Ok(());
    }
    let wanted = if negative { "a number that is not negative" } else { default.type_str() };
    Err(ConfigError::Value(format!("{place}: {name} must be {wanted}, such as {default}; it is {given}")))
}

fn unknown<'a>(place: &str, name: &str, known: impl Iterator<Item = &'a str>) -> ConfigError {
    let nearest = known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .filter(|(likeness, _)| *likeness > 0.75);
    let suggestion = nearest.map_or_else(
        || "; `throughline config` lists all of them".to_owned(),
        |(_, known)| format!("; did you mean '{known}'?"),
    );
    ConfigError::Unknown { place: place.to_owned(), name: name.to_owned(), suggestion }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Settings, default_file};

    fn from_text(text: &str) -> Result<Settings, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Settings::load(Some(file.path()), std::iter::empty()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_default_file_reads_back_and_is_up_to_date() {
        assert_eq!(from_text(&default_file()).unwrap(), Settings::default());
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/default.toml");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, default_file()).unwrap();
        }
        let stored = std::fs::read_to_string(path).unwrap();
        assert_eq!(stored, default_file(), "run the tests with UPDATE_GOLDEN=1");
    }

    #[test]
    fn a_wrong_setting_says_what_to_write() {
        for (text, expected) in [
            ("[server]\nlisten_on = \"x\"", "did you mean 'listen'?"),
            ("[sever]\n", "did you mean 'server'?"),
            ("server = 1", "write [server]"),
            ("[limits]\nbody_bytes = \"big\"", "limits.body_bytes must be integer, such as 26214400"),
            ("[limits]\nbody_bytes = -1", "must be a number that is not negative"),
            ("[server]\nlisten = \"here\"", "must be an address and a port"),
            ("[log]\nformat = \"xml\"", "\"text\" or \"json\""),
            ("[server\n", "is not valid TOML"),
        ] {
            let error = from_text(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn the_environment_comes_last() {
        let environment =
            [("THROUGHLINE_SERVER_LISTEN", "127.0.0.1:9"), ("THROUGHLINE_LEDGER_QUEUE", "7"), ("OTHER", "1")];
        let settings =
            Settings::load(None, environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
                .unwrap();
        assert_eq!((settings.server.listen.as_str(), settings.ledger.queue), ("127.0.0.1:9", 7));
        let wrong = std::iter::once(("THROUGHLINE_SERVER_LISTENS".to_owned(), "x".to_owned()));
        assert!(Settings::load(None, wrong).unwrap_err().to_string().contains("did you mean 'server_listen'?"));
    }
}
