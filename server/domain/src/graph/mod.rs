//! The graph: how facts fold into nodes and links ([`fold`]), and the compact form that questions walk over ([`compact`]).

pub mod compact;
pub mod fold;
mod visit;

pub use compact::{Graph, LinkId, LinkRecord, NodeId, NodeRecord};
