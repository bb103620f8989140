//! The demo marketing site, served as plain files on its own port so that the SDK runs across origins, as it does
//! on a customer's site.

use std::fs;
use std::io::Cursor;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use tiny_http::{Header, Response, Server};

/// The demo site's server. Dropping it stops it.
#[must_use = "the site is gone when this is dropped"]
pub struct Demo {
    server: Arc<Server>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Demo {
    /// Serves the pages of `folder` on `127.0.0.1:port`, with the two placeholders of its script tag filled in.
    pub fn serve(folder: PathBuf, port: u16, collector: String, key: String) -> Result<Self> {
        let server = Arc::new(
            Server::http(("127.0.0.1", port))
                .map_err(|error| anyhow!("cannot serve the demo site on port {port}: {error}"))?,
        );
        let thread = std::thread::spawn({
            let server = server.clone();
            move || {
                for request in server.incoming_requests() {
                    let response = answer(&folder, request.url(), &collector, &key);
                    // A reader that went away is its own business.
                    request.respond(response).ok();
                }
            }
        });
        Ok(Self {
            server,
            thread: Some(thread),
        })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn answer(folder: &Path, url: &str, collector: &str, key: &str) -> Response<Cursor<Vec<u8>>> {
    let Some(file) = file_for(folder, url) else {
        return Response::from_string("No such page.").with_status_code(404);
    };
    let Ok(mut bytes) = fs::read(&file) else {
        return Response::from_string("No such page.").with_status_code(404);
    };
    let kind = match file.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    if kind.starts_with("text/") {
        bytes = String::from_utf8_lossy(&bytes)
            .replace("{{WAYMARK_ORIGIN}}", collector)
            .replace("{{WAYMARK_KEY}}", key)
            .into_bytes();
    }
    let response = Response::from_data(bytes);
    match Header::from_bytes("Content-Type", kind) {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    }
}

/// The file below `folder` that a URL means, or nothing if it means none or points out of the folder.
fn file_for(folder: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    let relative = Path::new(path);
    if relative
        .components()
        .any(|c| !matches!(c, Component::Normal(_)))
    {
        return None;
    }
    let file = folder.join(relative);
    if file.is_dir() {
        Some(file.join("index.html"))
    } else {
        Some(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_stay_within_the_folder() {
        let folder = Path::new("/site");
        assert_eq!(
            file_for(folder, "/a/b.html?x=/../y"),
            Some("/site/a/b.html".into())
        );
        assert_eq!(file_for(folder, "/../secret"), None);
        assert_eq!(file_for(folder, "/a/../../secret"), None);
    }
}
