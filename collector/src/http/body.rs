//! The body of a batch: read from the network and decompressed, never beyond the limit.
//!
//! The limit holds after decompression, and the decoders stop at it, so that a few bytes cannot become many.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use futures_util::StreamExt;

use crate::error::{ApiError, Code};

/// How long a body may take to arrive.
pub(super) const ARRIVAL: Duration = Duration::from_secs(30);
/// Bodies up to this size are decompressed where they are: it takes less time than handing them to a thread.
const INLINE: usize = 32 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

/// Reads the whole body, decompressed.
///
/// # Errors
/// 413 over `limit` bytes, 415 for an encoding not known, 400 for a body that cannot be decompressed, 408 when it
/// takes longer than 30 s.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Vec<u8>, ApiError> {
    let encoding = encoding(headers)?;
    let raw = tokio::time::timeout(ARRIVAL, collect(body, limit))
        .await
        .map_err(|_| ApiError::late_body())??;
    match encoding {
        Encoding::Identity => Ok(raw),
        _ if raw.len() <= INLINE => decompress(encoding, &raw, limit),
        _ => tokio::task::spawn_blocking(move || decompress(encoding, &raw, limit))
            .await
            .map_err(ApiError::internal)?,
    }
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
async fn collect(body: Body, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut total = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            ApiError::new(Code::InvalidJson, "The body ended before it was complete.")
        })?;
        total += chunk.len();
        if total <= limit {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
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
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        read(&headers, Body::from(bytes), limit).await
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
