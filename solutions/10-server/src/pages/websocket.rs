//! The gateway over WebSockets, for those whose requests must come and go on one connection: a
//! browser, say.
//!
//! Owns the way from messages to a body and back. Each message of the client becomes a piece of a
//! request's body, with a line break after it; each line of the answer becomes a message. So a
//! stream works as it does over HTTP. A method with one request waits for the end of its body, and
//! that comes when the client is gone: it gets no answer.
//!
//! Left to others: what is answered (`gateway`).

use super::answers;
use super::gateway::Gateway;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http::header::{
    AUTHORIZATION, CONNECTION, COOKIE, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tonic::body::Body;
use tonic::codegen::tokio_stream::Stream;

/// So many messages of a client wait to be read at most.
const WAITING: usize = 4;

/// So long a client is listened to that has heard everything.
const GOODBYE: Duration = Duration::from_secs(1);

/// What both sides put behind a key, to show that they mean WebSockets.
const MARK: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Does this request want to go on as a WebSocket?
pub fn is_wanted(headers: &HeaderMap) -> bool {
    has(headers, &CONNECTION, "upgrade") && has(headers, &UPGRADE, "websocket")
}

/// Answers the request that wants it, and goes on by itself: `path` is asked for, and no message
/// may be longer than that.
pub fn answer(
    gateway: Arc<Gateway>,
    path: String,
    mut request: Request<Body>,
    longest: usize,
) -> Response<Body> {
    let headers = request.headers();
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| request.method() == Method::GET);
    let (Some(key), true) = (key, has(headers, &SEC_WEBSOCKET_VERSION, "13")) else {
        return answers::plain(StatusCode::BAD_REQUEST, "Bad Request\n");
    };
    let hash = Sha1::new().chain_update(key).chain_update(MARK).finalize();
    let accept = HeaderValue::try_from(BASE64_STANDARD.encode(hash)).expect("these are letters");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    let in_protocol = token_in_protocol(headers);
    if in_protocol.is_some() {
        let bearer = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, bearer);
    }
    let token = token_in_cookie(headers).or(in_protocol);
    let token = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
    let upgrade = hyper::upgrade::on(&mut request);
    let extensions = std::mem::take(request.extensions_mut());
    let (messages, body) = mpsc::channel(WAITING);
    let mut asked = Request::new(Body::new(StreamBody::new(Pieces(body))));
    *asked.method_mut() = Method::POST;
    *asked.extensions_mut() = extensions;
    asked.headers_mut().extend(token.map(|token| (AUTHORIZATION, token)));
    tokio::spawn(async move { run(gateway, path, asked, messages, upgrade, longest).await });
    response
}

/// Is this one of the words in that header?
fn has(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    words(headers, name, ',').any(|found| found.eq_ignore_ascii_case(word))
}

fn words<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    between: char,
) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(move |value| value.split(between)).map(str::trim)
}

/// A browser cannot choose headers, but for the protocol that it wants: `Bearer, TOKEN`.
fn token_in_protocol(headers: &HeaderMap) -> Option<String> {
    let mut words = words(headers, &SEC_WEBSOCKET_PROTOCOL, ',');
    let is_token = words.next() == Some("Bearer");
    words.next().filter(|_| is_token).map(str::to_owned)
}

fn token_in_cookie(headers: &HeaderMap) -> Option<String> {
    let mut cookies = words(headers, &COOKIE, ';').filter_map(|cookie| cookie.split_once('='));
    cookies.find(|(name, _)| *name == "token").map(|(_, token)| token.to_owned())
}

/// Brings messages and lines where they belong, until one side has had enough.
async fn run(
    gateway: Arc<Gateway>,
    path: String,
    request: Request<Body>,
    messages: mpsc::Sender<Bytes>,
    upgrade: OnUpgrade,
    longest: usize,
) {
    let Ok(upgraded) = upgrade.await else { return };
    let config = WebSocketConfig::default()
        .read_buffer_size(4 << 10)
        .write_buffer_size(0)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest));
    let stream = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (mut sink, mut source) = socket.split();
    tokio::select! {
        () = listen(&mut source, messages) => return,
        () = tell(&gateway, &path, request, &mut sink) => {}
    }
    // What the client has sent meanwhile is taken, or it would never see the last message.
    let Ok(mut socket) = sink.reunite(source) else { return };
    if socket.get_mut().shutdown().await.is_ok() {
        let _ = timeout(GOODBYE, async { while let Some(Ok(_)) = socket.next().await {} }).await;
    }
}

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Hears the client, until it is gone. Pings and closes are answered meanwhile.
async fn listen(source: &mut SplitStream<Socket>, messages: mpsc::Sender<Bytes>) {
    let mut messages = Some(messages);
    while let Some(Ok(message)) = source.next().await {
        let piece = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => continue,
        };
        // What comes when there will be no more requests is not for anybody.
        if let Some(waiting) = &messages
            && waiting.send([piece, b"\n"].concat().into()).await.is_err()
        {
            messages = None;
        }
    }
}

/// Tells the client what is answered, until that is all.
async fn tell(
    gateway: &Gateway,
    path: &str,
    request: Request<Body>,
    sink: &mut SplitSink<Socket, Message>,
) {
    let mut body = gateway.call(path, request).await.into_body();
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(line) = frame.into_data() else { continue };
        let line = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line));
        if sink.send(Message::text(line.into_owned())).await.is_err() {
            return;
        }
    }
}

/// A client's messages, as the pieces of a body.
struct Pieces(mpsc::Receiver<Bytes>);

impl Stream for Pieces {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
