//! Connections: accepted, bounded in number, watched, and ended in order.
//!
//! Owns the listening socket and hyper. A client that is slow with a head, a body or in taking its answer is cut off
//! after its time; when all places are taken, who waits makes room (see [`crowd`]). What a request says is for the
//! router, which finds the peer's address in the request's extensions.

mod crowd;
mod progress;
mod watched;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use self::crowd::Crowd;
use self::progress::{Order, Patience, Phase, Progress};
use self::watched::{Answered, Asked, Stream};
use crate::config::Config;

/// Bytes of a request's head, and of what is read ahead of a body.
const BUFFER: usize = 64 * 1024;
/// What a body gets on top of its time, in which the handler answers that it is late.
const LAST_WORD: Duration = Duration::from_secs(5);
/// The pause before another look for room when everybody is being served, and after an accept that failed.
const PAUSE: Duration = Duration::from_millis(100);

/// How many connections there may be, and how long each may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    connections: usize,
    patience: Patience,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            connections: config.max_connections,
            patience: Patience {
                idle: config.idle_timeout,
                head: config.head_timeout,
                body: config.body_timeout + LAST_WORD,
                write: config.body_timeout,
            },
        }
    }
}

/// A request's body on its way. It has to be here in its time, unless whoever takes it says that it goes on.
#[derive(Debug, Clone)]
pub(crate) struct Arriving(Arc<Progress>);

impl Arriving {
    /// Gives the body its time from here on: for one that may be large, of somebody who is known.
    pub(crate) fn goes_on(&self) {
        self.0.enter(Phase::Body);
    }
}

/// Serves until `stopping` is cancelled and every request that had begun is answered.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(
        limits.connections.min(Semaphore::MAX_PERMITS),
    ));
    let crowd = Arc::new(Crowd::default());
    let tasks = TaskTracker::new();
    let mut next_id = 0_u64;
    let accepting = async {
        loop {
            let Some((stream, peer)) = accept(&listener, &crowd).await else {
                continue;
            };
            let place = loop {
                if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                    break place;
                }
                crowd.make_room();
                let soon = tokio::time::timeout(PAUSE, Arc::clone(&places).acquire_owned());
                if let Ok(Ok(place)) = soon.await {
                    break place;
                }
            };
            next_id += 1;
            let progress = Arc::new(Progress::new());
            crowd.add(next_id, Arc::clone(&progress));
            let (id, crowd, router) = (next_id, Arc::clone(&crowd), router.clone());
            tasks.spawn(async move {
                connection(stream, peer, router, progress, limits.patience).await;
                crowd.remove(id);
                drop(place);
            });
        }
    };
    stopping.run_until_cancelled(accepting).await;
    drop(listener);
    crowd.finish();
    tasks.close();
    tasks.wait().await;
}

/// The next connection; nothing if it was gone before it was here.
async fn accept(listener: &TcpListener, crowd: &Crowd) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and complete: waiting for more to send along only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, peer))
        }
        Err(error) if is_the_clients(&error) => None,
        Err(error) => {
            // Out of file descriptors, most likely.
            tracing::error!(%error, "a connection cannot be accepted");
            crowd.make_room();
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    progress: Arc<Progress>,
    patience: Patience,
) {
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let mut router = router.clone();
        let progress = Arc::clone(&progress);
        let mut request: Request =
            request.map(|body| Body::new(Asked::new(body, Arc::clone(&progress))));
        request.extensions_mut().insert(ConnectInfo(peer));
        request
            .extensions_mut()
            .insert(Arriving(Arc::clone(&progress)));
        async move {
            let answer = router.call(request).await?;
            Ok::<_, Infallible>(answer.map(|body| Answered::new(body, progress)))
        }
    });
    let stream = Stream {
        inner: stream,
        progress: Arc::clone(&progress),
    };
    let connection = http1::Builder::new()
        // The watch below does it, and tells idle from slow.
        .header_read_timeout(None)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut look = pin!(tokio::time::sleep(patience.head));
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::trace!(%error, "a connection ended early");
                }
                return;
            }
            order = progress.order() => match order {
                Order::None => {}
                Order::Finish => connection.as_mut().graceful_shutdown(),
                Order::Close => return,
            },
            () = look.as_mut() => match progress.is_overdue(&patience) {
                Ok(()) => return,
                Err(again) => look.as_mut().reset(tokio::time::Instant::now() + again),
            },
        }
    }
}
