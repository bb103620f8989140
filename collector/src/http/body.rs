//! The body of a batch: read from the network and decompressed, never beyond the limit.
//!
//! The limit holds after decompression, and the decoders stop at it, so that a few bytes cannot become many. All bodies
//! that are being read share a budget, so that many slow ones do not fill the memory.

use std::io::Read;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use futures_util::StreamExt;

use crate::error::{ApiError, Code};

/// Bytes that the bodies of all requests may hold together.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            used: AtomicUsize::new(0),
            limit,
        }
    }
}

/// What one request takes of the budget, until it is dropped.
#[derive(Debug)]
struct Share<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl Share<'_> {
    fn grow(&mut self, bytes: usize) -> Result<(), ApiError> {
        let before = self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before + bytes > self.budget.limit {
            return Err(ApiError::new(
                Code::Overloaded,
                "Too many bodies are on their way. Send this again later.",
            )
            .retry_after(Duration::from_secs(1)));
        }
        Ok(())
    }

    fn shrink(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.shrink();
    }
}

/// A body, decompressed, and its share of the budget.
#[derive(Debug)]
pub(crate) struct Whole<'a> {
    bytes: Vec<u8>,
    _share: Share<'a>,
}

impl Deref for Whole<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How bodies are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// Bytes of one, after decompression.
    pub(crate) limit: usize,
    /// How long one may take to arrive.
    pub(crate) patience: Duration,
    /// What all together may hold.
    pub(crate) budget: &'a Budget,
    /// Whether a body that begins as gzip does is taken for gzip, and one that does not for none, whatever the headers
    /// say of it. JSON never begins so.
    pub(crate) sniff: bool,
}

/// Bodies up to this size are decompressed where they are: it takes less time than handing them to a thread.
const INLINE: usize = 32 * 1024;

/// How every gzip file begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

/// Reads the whole body, decompressed.
///
/// # Errors
/// 413 over the limit, 415 for an encoding not known, 400 for a body that cannot be decompressed, 408 for one that does
/// not arrive in time, 503 when the budget is used up.
pub(crate) async fn read<'a>(
    headers: &HeaderMap,
    body: Body,
    rules: Rules<'a>,
) -> Result<Whole<'a>, ApiError> {
    let said = encoding(headers);
    if said.is_err() && !rules.sniff {
        return Err(unsupported());
    }
    let limit = rules.limit;
    let mut share = Share {
        budget: rules.budget,
        bytes: 0,
    };
    let raw = tokio::time::timeout(rules.patience, collect(body, limit, &mut share))
        .await
        .map_err(|_| ApiError::late_body(rules.patience))??;
    let encoding = match (rules.sniff, raw.starts_with(&GZIP), said) {
        (true, true, _) => Encoding::Gzip,
        (true, false, Ok(Encoding::Gzip)) => Encoding::Identity,
        (_, _, said) => said?,
    };
    let bytes = match encoding {
        Encoding::Identity => raw,
        _ => {
            let bytes = if raw.len() <= INLINE {
                decompress(encoding, &raw, limit)?
            } else {
                tokio::task::spawn_blocking(move || decompress(encoding, &raw, limit))
                    .await
                    .map_err(ApiError::internal)??
            };
            share.shrink();
            share.grow(bytes.len())?;
            bytes
        }
    };
    Ok(Whole {
        bytes,
        _share: share,
    })
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    let mut found = Encoding::Identity;
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.to_str().unwrap_or("?").split(',') {
            let next = match name.trim().to_ascii_lowercase().as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Encoding::Gzip,
                "br" => Encoding::Brotli,
                _ => return Err(unsupported()),
            };
            if found != Encoding::Identity {
                return Err(unsupported());
            }
            found = next;
        }
    }
    Ok(found)
}

fn unsupported() -> ApiError {
    ApiError::new(
        Code::UnsupportedEncoding,
        "Content-Encoding has to be one of gzip, br and identity, once.",
    )
    .field("Content-Encoding")
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(
        Code::BodyTooLarge,
        format!("The body is larger than the limit of {limit} bytes."),
    )
    .field("body")
    .limit(limit)
}

/// Collects up to `limit` bytes. What comes beyond is read and thrown away for a while, since most clients look
/// for an answer only when they have sent everything.
async fn collect(body: Body, limit: usize, share: &mut Share<'_>) -> Result<Vec<u8>, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut total = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            ApiError::new(Code::InvalidJson, "The body ended before it was complete.")
        })?;
        total += chunk.len();
        if total <= limit {
            share.grow(chunk.len())?;
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
            share.shrink();
            if total > limit.saturating_mul(8) {
                break;
            }
        }
    }
    if total > limit {
        Err(too_large(limit))
    } else {
        Ok(bytes)
    }
}

fn decompress(encoding: Encoding, raw: &[u8], limit: usize) -> Result<Vec<u8>, ApiError> {
    let one_too_many = limit as u64 + 1;
    let mut bytes = Vec::new();
    let read = match encoding {
        Encoding::Identity => raw.take(one_too_many).read_to_end(&mut bytes),
        Encoding::Gzip => flate2::read::MultiGzDecoder::new(raw)
            .take(one_too_many)
            .read_to_end(&mut bytes),
        Encoding::Brotli => brotli::Decompressor::new(raw, 8 * 1024)
            .take(one_too_many)
            .read_to_end(&mut bytes),
    };
    read.map_err(|_| {
        ApiError::new(
            Code::InvalidEncoding,
            "The body is not what its Content-Encoding says.",
        )
        .field("Content-Encoding")
    })?;
    if bytes.len() > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// What [`read`] does with a body that has arrived, for those who make bodies up.
#[cfg(any(fuzzing, test))]
pub(crate) fn unpacked(packing: u8, raw: &[u8], limit: usize) -> Result<Vec<u8>, ApiError> {
    let encoding = match packing {
        b'g' => Encoding::Gzip,
        b'b' => Encoding::Brotli,
        _ => Encoding::Identity,
    };
    decompress(encoding, raw, limit)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    async fn read_as(encoding: &str, bytes: Vec<u8>, limit: usize) -> Result<Vec<u8>, ApiError> {
        read_sniffing(false, encoding, bytes, limit).await
    }

    async fn read_sniffing(
        sniff: bool,
        encoding: &str,
        bytes: Vec<u8>,
        limit: usize,
    ) -> Result<Vec<u8>, ApiError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        let rules = Rules {
            limit,
            patience: Duration::from_secs(30),
            budget: &Budget::new(usize::MAX),
            sniff,
        };
        read(&headers, Body::from(bytes), rules)
            .await
            .map(|whole| whole.to_vec())
    }

    #[tokio::test]
    async fn all_bodies_together_have_a_budget_that_comes_back() {
        let budget = Budget::new(150);
        let read = || {
            let rules = Rules {
                limit: 1000,
                patience: Duration::from_secs(30),
                budget: &budget,
                sniff: false,
            };
            async move { read(&HeaderMap::new(), Body::from(vec![1; 100]), rules).await }
        };
        let first = read().await.unwrap();
        let error = read().await.unwrap_err();
        assert_eq!(error.code, Code::Overloaded);
        drop(first);
        assert_eq!(read().await.unwrap().len(), 100);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_small_body_that_unpacks_to_a_large_one_is_refused() {
        let bomb = gzip(&vec![b' '; 50_000_000]);
        assert!(bomb.len() < 100_000);
        let error = read_as("gzip", bomb, 1_000_000).await.unwrap_err();
        assert_eq!(error.code, Code::BodyTooLarge);
        assert!(error.message.contains("1000000"));
    }

    #[tokio::test]
    async fn the_limit_itself_is_allowed() {
        assert_eq!(
            read_as("identity", vec![1; 100], 100).await.unwrap().len(),
            100
        );
        assert_eq!(
            read_as("gzip", gzip(&[1; 100]), 100).await.unwrap().len(),
            100
        );
        assert!(read_as("identity", vec![1; 101], 100).await.is_err());
        assert!(read_as("gzip", gzip(&[1; 101]), 100).await.is_err());
    }

    #[tokio::test]
    async fn what_a_body_begins_with_counts_where_headers_are_not_believed() {
        let json = b"{\"v\":1}".to_vec();
        let mut brotli = Vec::new();
        let written = brotli::CompressorWriter::new(&mut brotli, 4096, 5, 20).write_all(&json);
        written.unwrap();
        for (encoding, bytes) in [
            ("identity", gzip(&json)),
            ("deflate", gzip(&json)),
            ("gzip, gzip", gzip(&json)),
            ("br", gzip(&json)),
            ("gzip", json.clone()),
            ("br", brotli),
        ] {
            let read = read_sniffing(true, encoding, bytes, 1000).await;
            assert_eq!(read.unwrap(), json, "{encoding}");
        }
        let error = read_sniffing(true, "deflate", json.clone(), 1000).await;
        assert_eq!(error.unwrap_err().code, Code::UnsupportedEncoding);
        let bomb = gzip(&vec![b' '; 50_000_000]);
        let error = read_sniffing(true, "identity", bomb, 1_000_000).await;
        assert_eq!(error.unwrap_err().code, Code::BodyTooLarge);
    }

    #[tokio::test]
    async fn broken_and_unknown_encodings_are_told_apart() {
        let mut cut = gzip(b"{\"v\":1}");
        cut.truncate(cut.len() - 4);
        for (encoding, bytes, code) in [
            ("gzip", cut, Code::InvalidEncoding),
            ("br", b"{\"v\":1}".to_vec(), Code::InvalidEncoding),
            ("zstd", b"{}".to_vec(), Code::UnsupportedEncoding),
            ("gzip, gzip", b"{}".to_vec(), Code::UnsupportedEncoding),
        ] {
            let error = read_as(encoding, bytes, 1000).await.unwrap_err();
            assert_eq!(error.code, code, "{encoding}");
        }
    }
}
