//! Serving HTTP with limits on everything a client can keep open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::IntoResponse;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// Connections at once; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 4_096;
/// How long a request's head may take, from the first byte or from the answer before.
const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// Longest head of a request, in bytes; a token is 51 characters.
const HEAD_LENGTH_MAX: usize = 16 * 1024;
/// How long requests in hand get when the server stops.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// Where load balancers ask whether to send requests here.
const READINESS: &str = "/readyz";
/// Pause after a connection can't be accepted, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` turns true, then lets requests in hand end.
pub async fn serve(listener: TcpListener, router: Router, stop: watch::Receiver<bool>) -> Result<()> {
    serve_within(listener, router, stop, HEAD_TIME_MAX).await
}

/// Turns true `drain` after `stop`: until then the server goes on, so that whoever asks for its readiness can turn to
/// another one first.
pub fn after(mut stop: watch::Receiver<bool>, drain: Duration) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if stop.wait_for(|stop| *stop).await.is_ok() {
            tokio::time::sleep(drain).await;
        }
        let _ = sender.send(true);
    });
    receiver
}

/// Answers the readiness route with 503 once `stop` is true; everything else as before.
pub fn unready_when(router: Router, stop: watch::Receiver<bool>) -> Router {
    router.layer(axum::middleware::from_fn(move |request: Request, next: Next| {
        let stopping = *stop.borrow() && request.uri().path() == READINESS;
        async move {
            if stopping {
                (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping\n").into_response()
            } else {
                next.run(request).await
            }
        }
    }))
}

async fn serve_within(
    listener: TcpListener,
    router: Router,
    mut stop: watch::Receiver<bool>,
    head_time_max: Duration,
) -> Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let stopping = stop.clone();
    let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
    tokio::pin!(stopped);
    loop {
        let place = Arc::clone(&places).acquire_owned().await?;
        tokio::select! {
            () = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let answering = answer(stream, peer, router.clone(), stopping.clone(), head_time_max);
                    connections.spawn(async move {
                        answering.await;
                        drop(place);
                    });
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let _ = tokio::time::timeout(DRAIN_TIME_MAX, async { while connections.join_next().await.is_some() {} })
        .await;
    Ok(())
}

async fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut stop: watch::Receiver<bool>,
    head_time_max: Duration,
) {
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time_max)
        .max_buf_size(HEAD_LENGTH_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
    tokio::select! {
        // A client that breaks off or breaks the rules is no matter of ours.
        _ = &mut connection => {}
        () = stopped => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_head_that_never_ends_is_cut_off_and_stopping_ends_idle_connections() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().route("/", axum::routing::get(|| async { "here" }));
        let serving = tokio::spawn(serve_within(listener, router, stopped, Duration::from_millis(300)));
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nX: ").await.unwrap();
        let mut answer = Vec::new();
        // Ends by itself, or the test never does.
        slow.read_to_end(&mut answer).await.unwrap();
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
        let mut buffer = [0; 512];
        let length = idle.read(&mut buffer).await.unwrap();
        assert!(String::from_utf8_lossy(&buffer[..length]).ends_with("here"));
        stop.send(true).unwrap();
        assert_eq!(idle.read(&mut buffer).await.unwrap(), 0);
        serving.await.unwrap().unwrap();
    }
}
