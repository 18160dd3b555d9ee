//! Connections: taken in, bounded in number, and given up when a head does not come. What is asked over them is the
//! router's matter.

use super::State;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// Further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 4096;
/// From the first byte, or from the answer before, to the end of the head. An idle connection ends with it too.
const HEAD_SECONDS_MAX: u64 = 30;
/// Of a head; a longer one is 431.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Out of files, most likely: others must end first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `ended` comes. Requests under way are finished; streams are cut off by whoever stops the task.
pub async fn serve(
    listener: TcpListener,
    state: State,
    ended: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let board = tokio::spawn({
        let state = state.clone();
        async move { state.feed.board().work(&state).await }
    });
    let router = super::router(state);
    let (stop, stopped) = watch::channel(false);
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    tokio::pin!(ended);
    loop {
        let taken = tokio::select! {
            () = &mut ended => break,
            taken = accept(&listener, &room) => taken,
        };
        let (stream, peer, place) = taken;
        connections.spawn(one(stream, peer, router.clone(), stopped.clone(), place));
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    board.abort();
    let _nobody_listens_any_more = stop.send(true);
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let place = room.clone().acquire_owned().await.expect("never closed");
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn one(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut stopped: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    // Small answers and events must not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX))
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(stopped.wait_for(|stop| *stop).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}
