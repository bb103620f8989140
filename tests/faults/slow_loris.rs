//! Clients that take for ever: over a head, over a body, over taking their answer.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::flood::{count, send};
use super::{ORIGIN, collector};
use crate::support::collector::Collector;
use crate::support::database::Database;
use crate::support::eventually;

const CLIENTS: usize = 50;
const LIMITS: [&str; 4] = ["--head-timeout", "1", "--body-timeout", "2"];
/// Far more than the limits allow.
const LONG: Duration = Duration::from_secs(30);

/// Sends `first` and then one byte of `drops` after the other, again and again, until the collector hangs up. Gives what
/// it answered.
async fn dribble(collector: &Collector, first: &str, drops: &str) -> String {
    let stream = connect(collector).await;
    let (mut from, mut to) = stream.into_split();
    to.write_all(first.as_bytes()).await.unwrap();
    let dribbling = async {
        for byte in drops.bytes().cycle() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if to.write_all(&[byte]).await.is_err() {
                break;
            }
        }
        std::future::pending().await
    };
    let mut answer = Vec::new();
    let reading = async {
        // A reset is a way to hang up as well.
        let _ = from.read_to_end(&mut answer).await;
    };
    tokio::select! {
        () = dribbling => {}
        () = reading => {}
    }
    String::from_utf8_lossy(&answer).into_owned()
}

async fn connect(collector: &Collector) -> TcpStream {
    let address = collector.origin().replace("http://localhost", "127.0.0.1");
    TcpStream::connect(address).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_heads_are_cut_off_and_others_served() {
    let collector = collector(Database::sqlite(), &LIMITS).await;
    let head = "POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    let started = Instant::now();
    let slow = join_all((0..CLIENTS).map(|_| dribble(&collector, head, "x")));
    let honest = async {
        for _ in 0..10 {
            assert_eq!(send(&collector).await, 200);
        }
    };
    let (answers, ()) = tokio::time::timeout(LONG, async { tokio::join!(slow, honest) })
        .await
        .expect("every slow head is cut off");
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert!(answers.iter().all(String::is_empty), "{answers:?}");
    assert_eq!(count(&collector).await, 10);
    collector.assert_quiet_log();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bodies_are_answered_that_they_are_late() {
    let collector = collector(Database::sqlite(), &LIMITS).await;
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nContent-Length: 100000\r\n\r\n{{"
    );
    let slow = join_all((0..CLIENTS).map(|_| dribble(&collector, &head, " ")));
    let honest = async {
        for _ in 0..10 {
            assert_eq!(send(&collector).await, 200);
        }
    };
    let (answers, ()) = tokio::time::timeout(LONG, async { tokio::join!(slow, honest) })
        .await
        .expect("every slow body is cut off");
    for answer in &answers {
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("\"timeout\""), "{answer}");
    }
    assert_eq!(count(&collector).await, 10);
    collector.assert_quiet_log();
}

/// A body to a route that does not want one has no handler that would time it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_body_that_nobody_reads_is_cut_off_too() {
    let collector = collector(Database::sqlite(), &LIMITS).await;
    let head = "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    let answer = tokio::time::timeout(LONG, dribble(&collector, head, " "))
        .await
        .expect("it is cut off");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_nobody_takes_is_given_up() {
    let collector = collector(Database::sqlite(), &LIMITS).await;
    let stream = connect(&collector).await;
    let request = "GET /waymark.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    eventually("the collector hangs up", || async {
        loop {
            match stream.try_write(request.as_bytes()) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return false,
                Err(_) => return true,
            }
        }
    })
    .await;
    assert_eq!(send(&collector).await, 200);
}
