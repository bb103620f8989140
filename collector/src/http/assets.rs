//! The files inside the program: the dashboard and the SDK's script.
//!
//! Owns what is served to browsers as it was built, with its cache rules. Both are compiled in (a debug build
//! reads them from their folders at start). A path that is no file and has no extension is a page of the
//! dashboard's own router and gets its `index.html`; so is that of a person or an account, whatever the id.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::guard::{CORP, PAGE_POLICY};
use crate::app::App;
use crate::error::{ApiError, Code};

#[derive(RustEmbed)]
#[folder = "dashboard/dist"]
#[allow_missing = true]
struct DashboardFiles;

#[derive(RustEmbed)]
#[folder = "../js-wrapper/dist"]
#[allow_missing = true]
struct SdkFiles;

/// How long a browser may keep a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Its name changes with its content.
    Forever,
    /// The SDK's script: short, since its name stays; it asks with the ETag afterwards.
    Hour,
    /// It has to ask each time.
    AskFirst,
}

struct File {
    bytes: Bytes,
    content_type: HeaderValue,
    tag: String,
    keep: Keep,
    /// Whether pages of other origins load it.
    shared: bool,
    brotli: OnceLock<Option<Bytes>>,
    gzip: OnceLock<Option<Bytes>>,
}

/// All files by path, without the leading slash.
pub(crate) struct Assets {
    files: HashMap<String, Arc<File>>,
}

impl Assets {
    /// What was built into the program; the SDK's script goes by `script_name`.
    pub(crate) fn embedded(script_name: &str) -> Self {
        let mut assets = Self {
            files: HashMap::new(),
        };
        assets.add_dashboard(DashboardFiles::iter().filter_map(|name| {
            let bytes = DashboardFiles::get(&name)?.data;
            Some((name.into_owned(), bytes))
        }));
        let sdk: HashMap<String, Cow<'static, [u8]>> = SdkFiles::iter()
            .filter_map(|name| {
                let bytes = SdkFiles::get(&name)?.data;
                Some((name.into_owned(), bytes))
            })
            .collect();
        assets.add_sdk(&sdk, script_name);
        assets
    }

    /// Whether the SDK's script is among the files.
    pub(crate) fn has_script(&self, script_name: &str) -> bool {
        self.files.contains_key(script_name)
    }

    /// Whether the dashboard is among the files.
    pub(crate) fn has_dashboard(&self) -> bool {
        self.files.contains_key("index.html")
    }

    fn add_dashboard(&mut self, files: impl Iterator<Item = (String, Cow<'static, [u8]>)>) {
        for (name, bytes) in files {
            // Vite puts a hash into every name under assets/ and leaves the others as they are.
            let keep = if name.starts_with("assets/") {
                Keep::Forever
            } else {
                Keep::AskFirst
            };
            let file = File::new(&name, bytes, keep, false);
            self.files.insert(name, Arc::new(file));
        }
    }

    /// The manifest says which files are for browsers: `script` under the owner's name for it, every other one
    /// under its own, hashed name in the same folder, where the script looks for it.
    fn add_sdk(&mut self, files: &HashMap<String, Cow<'static, [u8]>>, script_name: &str) {
        let manifest = files
            .get("manifest.json")
            .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok());
        let Some(manifest) = manifest.as_ref().and_then(serde_json::Value::as_object) else {
            return;
        };
        let folder = script_name
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        for (role, name) in manifest {
            let Some((name, bytes)) = name.as_str().and_then(|name| files.get_key_value(name))
            else {
                continue;
            };
            let (path, keep) = if role == "script" {
                (script_name.to_owned(), Keep::Hour)
            } else if folder.is_empty() {
                (name.clone(), Keep::Forever)
            } else {
                (format!("{folder}/{name}"), Keep::Forever)
            };
            let file = File::new(name, bytes.clone(), keep, true);
            self.files.insert(path, Arc::new(file));
        }
    }

    fn find(&self, path: &str) -> Option<Arc<File>> {
        let path = path.trim_start_matches('/');
        let file = if path.is_empty() { "index.html" } else { path };
        self.files
            .get(file)
            .or_else(|| {
                let last = path.rsplit('/').next().unwrap_or_default();
                // A file that is not there is 404 and not the page, or a script tag would load HTML.
                let is_page = !last.contains('.') || named(path);
                is_page.then(|| self.files.get("index.html"))?
            })
            .cloned()
    }
}

/// Pages below which an id stands.
const NAMED_PAGES: [&str; 3] = ["people", "accounts", "journeys"];

/// Whether it is the page of somebody or something by an id that a site gave, which may have points in it.
fn named(path: &str) -> bool {
    let of = path.split_once('/').filter(|(_, id)| !id.contains('/'));
    of.is_some_and(|(pages, _)| NAMED_PAGES.contains(&pages))
}

impl File {
    fn new(name: &str, bytes: Cow<'static, [u8]>, keep: Keep, shared: bool) -> Self {
        let kind = mime_guess::from_path(name).first_or_octet_stream();
        let text = if kind.type_() == mime_guess::mime::TEXT {
            format!("{}; charset=utf-8", kind.essence_str())
        } else {
            kind.essence_str().to_owned()
        };
        let digest = Sha256::digest(&bytes);
        Self {
            content_type: HeaderValue::from_str(&text)
                .unwrap_or(HeaderValue::from_static("application/octet-stream")),
            tag: digest.iter().take(16).map(|b| format!("{b:02x}")).collect(),
            bytes: match bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            },
            keep,
            shared,
            brotli: OnceLock::new(),
            gzip: OnceLock::new(),
        }
    }

    fn is_page(&self) -> bool {
        self.content_type.as_bytes().starts_with(b"text/html")
    }

    /// Images and fonts are compressed as they are.
    fn compresses(&self) -> bool {
        let kind = self.content_type.as_bytes();
        kind.starts_with(b"text/")
            || kind.ends_with(b"json")
            || kind.ends_with(b"xml")
            || kind == b"application/wasm"
            || kind == b"application/javascript"
    }

    /// The bytes in the best encoding the client takes. The first request for each does the work.
    fn encoded(&self, accepted: Accepted) -> (Option<&'static str>, Bytes) {
        if self.compresses() {
            let smaller =
                |packed: Vec<u8>| (packed.len() < self.bytes.len()).then(|| Bytes::from(packed));
            if accepted.brotli
                && let Some(bytes) = self.brotli.get_or_init(|| smaller(brotli(&self.bytes)))
            {
                return (Some("br"), bytes.clone());
            }
            if accepted.gzip
                && let Some(bytes) = self.gzip.get_or_init(|| smaller(gzip(&self.bytes)))
            {
                return (Some("gzip"), bytes.clone());
            }
        }
        (None, self.bytes.clone())
    }

    fn headers(&self, encoding: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        headers.insert(
            CACHE_CONTROL,
            HeaderValue::from_static(match self.keep {
                Keep::Forever => "public, max-age=31536000, immutable",
                Keep::Hour => "public, max-age=3600",
                Keep::AskFirst => "no-cache",
            }),
        );
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        let tag = match encoding {
            Some(encoding) => format!("\"{}-{encoding}\"", self.tag),
            None => format!("\"{}\"", self.tag),
        };
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if self.shared {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(CORP, HeaderValue::from_static("cross-origin"));
        }
        if self.is_page() {
            headers.insert(
                CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(PAGE_POLICY),
            );
        }
        headers
    }

    /// Whether the client has this file already, in whatever encoding.
    fn is_known_to(&self, request: &HeaderMap) -> bool {
        request
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
            .any(|tag| {
                tag.strip_prefix(self.tag.as_str())
                    .is_some_and(|rest| ["", "-br", "-gzip"].contains(&rest))
            })
    }
}

/// Up to this size a file is packed as small as can be, which takes a fifth of a second for the largest: what a page loads
/// of the SDK is that small, and its bytes are counted so.
const PACK_HARD: usize = 128 * 1024;

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let quality = if bytes.len() > PACK_HARD { 9 } else { 11 };
    let mut packed = brotli::CompressorWriter::new(Vec::new(), 4096, quality, 22);
    match packed.write_all(bytes) {
        Ok(()) => packed.into_inner(),
        Err(_) => bytes.to_vec(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    match packed.write_all(bytes).and_then(|()| packed.finish()) {
        Ok(packed) => packed,
        Err(_) => bytes.to_vec(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Accepted {
    brotli: bool,
    gzip: bool,
}

fn accepted(headers: &HeaderMap) -> Accepted {
    let mut accepted = Accepted::default();
    let names = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    for name in names {
        let (name, weight) = name.split_once(';').unwrap_or((name, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse() == Ok(0.0_f32));
        match name.trim() {
            "br" => accepted.brotli = !refused,
            "gzip" => accepted.gzip = !refused,
            _ => {}
        }
    }
    accepted
}

/// Answers with a file, or with the dashboard's page.
pub(crate) async fn serve(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path();
    if matches!(path.split('/').nth(1), Some("api" | "v1")) {
        return ApiError::not_found().into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::new(Code::MethodNotAllowed, "Only GET is answered here.").into_response();
    }
    match app.assets().find(path) {
        Some(file) => answer(file, &headers).await,
        None if !app.assets().has_dashboard() && !path.contains('.') => not_built(),
        None => ApiError::not_found().into_response(),
    }
}

async fn answer(file: Arc<File>, request: &HeaderMap) -> Response {
    let accepted = accepted(request);
    let known = file.is_known_to(request);
    let work = move || {
        let (encoding, bytes) = file.encoded(accepted);
        let headers = file.headers(encoding);
        if known {
            (StatusCode::NOT_MODIFIED, headers, Body::empty()).into_response()
        } else {
            (headers, bytes).into_response()
        }
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(error) => ApiError::internal(error).into_response(),
    }
}

/// What stands in for the dashboard in a program that was compiled without it.
fn not_built() -> Response {
    const PAGE: &str = "<!doctype html><meta charset=\"utf-8\"><title>Waymark</title>\
        <h1>The dashboard was not built</h1>\
        <p>The collector takes events all the same. <code>cargo xtask build</code> builds the dashboard and the \
        script, then compile and start the collector again.</p>";
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, PAGE).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn assets(script_name: &str) -> Assets {
        let mut assets = Assets {
            files: HashMap::new(),
        };
        let page = "<p>page</p>".repeat(100).into_bytes();
        assets.add_dashboard(
            [
                ("index.html".to_owned(), Cow::Owned(page)),
                ("assets/app-1a2b.js".to_owned(), Cow::Owned(b"app".to_vec())),
            ]
            .into_iter(),
        );
        let sdk = [
            ("waymark.js", "script"),
            ("waymark.abc.wasm", "wasm"),
            ("index.js", "for npm"),
            (
                "manifest.json",
                r#"{"script":"waymark.js","wasm":"waymark.abc.wasm","version":"0.1.0","bytes":{}}"#,
            ),
        ]
        .map(|(name, text)| (name.to_owned(), Cow::Owned(text.as_bytes().to_vec())));
        assets.add_sdk(&HashMap::from(sdk), script_name);
        assets
    }

    fn request(headers: &[(HeaderName, &str)]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn pages_of_the_dashboard_are_its_index_and_missing_files_are_not() {
        let assets = assets("waymark.js");
        let named = ["/people/user:ann@shop.example", "/accounts/acme.example"];
        for page in ["/", "/journeys/0190", "/setup", "/index.html"]
            .into_iter()
            .chain(named)
        {
            assert!(assets.find(page).unwrap().is_page(), "{page}");
        }
        assert!(assets.find("/assets/gone.js").is_none());
        assert!(assets.find("/index.js").is_none(), "not in the manifest");
        assert!(assets.find("/manifest.json").is_none());
    }

    #[test]
    fn the_script_moves_with_its_name_and_takes_the_wasm_along() {
        let assets = assets("js/a.js");
        assert!(assets.find("/waymark.js").is_none());
        let script = assets.find("/js/a.js").unwrap().headers(None);
        assert_eq!(script[CACHE_CONTROL], "public, max-age=3600");
        assert_eq!(script[CONTENT_TYPE], "text/javascript; charset=utf-8");
        let wasm = assets.find("/js/waymark.abc.wasm").unwrap().headers(None);
        assert_eq!(wasm[CONTENT_TYPE], "application/wasm");
        assert_eq!(wasm[CORP], "cross-origin");
        assert_eq!(wasm[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(wasm[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }

    #[tokio::test]
    async fn compressed_for_who_takes_it_and_304_for_who_has_it() {
        let page = assets("waymark.js").find("/").unwrap();
        let packed = answer(
            Arc::clone(&page),
            &request(&[(ACCEPT_ENCODING, "gzip, br")]),
        )
        .await;
        assert_eq!(packed.headers()[CONTENT_ENCODING], "br");
        let tag = packed.headers()[ETAG].to_str().unwrap().to_owned();
        let plain = answer(
            Arc::clone(&page),
            &request(&[(ACCEPT_ENCODING, "br;q=0, identity")]),
        )
        .await;
        assert!(!plain.headers().contains_key(CONTENT_ENCODING));
        assert_ne!(plain.headers()[ETAG], tag.as_str());
        assert!(plain.headers().contains_key(CONTENT_SECURITY_POLICY));
        let again = answer(Arc::clone(&page), &request(&[(IF_NONE_MATCH, &tag)])).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = answer(page, &request(&[(IF_NONE_MATCH, "\"other\"")])).await;
        assert_eq!(other.status(), StatusCode::OK);
    }
}
