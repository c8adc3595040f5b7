//! How bodies are packed: compressed where that saves something, and given back to the byte.

use crate::error::StoreError;

pub(super) const RAW: i16 = 0;

pub(super) const ZSTD: i16 = 1;

/// Bodies shorter than this are kept as they are; compressing them saves nothing.
pub(super) const SMALLEST_COMPRESSED: usize = 256;

/// The largest body that is ever unpacked, in bytes: what the border lets in, and room for a later, wider border.
pub(super) const LARGEST_BODY: usize = 64 * 1024 * 1024;

pub(super) fn pack(body: &[u8]) -> Result<(i16, Vec<u8>), StoreError> {
    if body.len() < SMALLEST_COMPRESSED {
        return Ok((RAW, body.to_vec()));
    }
    let packed =
        zstd::bulk::compress(body, 3).map_err(|cause| StoreError::Query(format!("compressing failed: {cause}")))?;
    Ok(if packed.len() < body.len() { (ZSTD, packed) } else { (RAW, body.to_vec()) })
}

pub(super) fn unpack(encoding: i16, bytes: Vec<u8>, size: i64) -> Result<Vec<u8>, String> {
    match encoding {
        RAW => Ok(bytes),
        ZSTD => {
            let size = usize::try_from(size).ok().filter(|size| *size <= LARGEST_BODY);
            let size = size.ok_or("its length is out of range")?;
            zstd::bulk::decompress(&bytes, size).map_err(|cause| cause.to_string())
        }
        other => Err(format!("encoding {other} is unknown")),
    }
}
