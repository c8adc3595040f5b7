//! Where a picture stands, in the page of its node or by itself, and what depends on that: its links and its ids.

use crate::answer::TraceAnswer;
use crate::plain;

/// Where a picture stands.
pub(super) struct Setting<'a> {
    /// The address of the server, where the picture stands by itself.
    server: Option<&'a str>,
    /// Key of the node whose page has the picture.
    start: &'a str,
    /// What tells its ids from those of another picture in the same document.
    mark: String,
}

impl<'a> Setting<'a> {
    /// The setting of an answer's picture: `server` is the address that links begin with, `None` within the node's
    /// page.
    pub(super) fn new(answer: &'a TraceAnswer, server: Option<&'a str>) -> Self {
        let keys = std::iter::once(&answer.start).chain(&answer.chain);
        let mark = keys.flat_map(|key| key.bytes().chain([0])).fold(0x811c_9dc5_u32, |mark, byte| {
            // FNV-1a: short, and another one for another chain.
            (mark ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        let server = server.map(|server| server.trim_end_matches('/'));
        Self { server, start: &answer.start, mark: format!("{mark:08x}") }
    }

    /// Whether the picture stands by itself.
    pub(super) const fn by_itself(&self) -> bool {
        self.server.is_some()
    }

    /// The id of a part of the picture, which no other picture of the document has.
    pub(super) fn id(&self, part: &str) -> String {
        format!("pic-{}-{part}", self.mark)
    }

    /// The address of a node's page.
    pub(super) fn node(&self, key: &str) -> String {
        format!("{}{}", self.server.unwrap_or_default(), plain::node_href(key))
    }

    /// The address of the list of all pieces.
    pub(super) fn list(&self) -> String {
        if self.by_itself() { format!("{}#pieces", self.node(self.start)) } else { "#pieces".to_owned() }
    }

    /// The address of what to do about the pieces that a node lacks.
    pub(super) fn cure(&self, key: &str) -> String {
        if self.by_itself() { format!("{}#missing", self.node(key)) } else { "#missing".to_owned() }
    }
}
