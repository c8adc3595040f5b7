//! Style sheet, script and pictures, built into the program.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Path;
use rust_embed::RustEmbed;

use crate::http::problem::{Code, Problem};
use crate::keys::hex;

#[derive(RustEmbed)]
#[folder = "../ui/static"]
struct Static;

/// The address of each file, which changes with its content, so that browsers may keep it for good.
pub fn addresses() -> BTreeMap<String, String> {
    Static::iter()
        .filter_map(|name| {
            let hash = Static::get(&name)?.metadata.sha256_hash();
            let version = hex(hash.first_chunk::<6>()?);
            Some((name.to_string(), format!("/static/{name}?v={version}")))
        })
        .collect()
}

/// One file.
///
/// # Errors
/// 404 where there is none.
pub async fn serve(name: Path<String>) -> Result<HttpResponse, Problem> {
    let name = name.into_inner();
    let file = Static::get(&name).ok_or_else(|| Problem::new(Code::NotFound, "there is no such file"))?;
    let kind = match name.rsplit_once('.').map(|(_, suffix)| suffix) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(file.data))
}
