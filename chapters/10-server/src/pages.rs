//! Everything that is asked for without gRPC.
//!
//! Owns [`Pages`]: which page an address means, and what is the same for all of them: who may ask
//! from where, and what a browser is told about that.
//!
//! Left to others: what is in a page (the modules below), and requests of gRPC (`services`).

use crate::door::{Caller, Serves};
use crate::services::{Member, Services};
use crate::version::VERSION;
use gateway::Gateway;
use health::Query;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    CONTENT_TYPE, HOST, HeaderMap, HeaderValue, LOCATION, ORIGIN,
};
use http::{Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use serde_json::json;
use std::sync::Arc;
use tonic::body::Body;

mod answers;
mod gateway;
mod health;
mod paths;
mod values;
mod vars;

pub use answers::plain;
pub use vars::version;
mod websocket;

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where scripts may be from that a browser lets ask; `*` is anywhere.
    pub cors: Vec<String>,
    /// What the member may be called by those who ask without TLS; `*` is anything. A page of
    /// somebody else's, whose name suddenly means this machine, calls it by that name.
    pub host_whitelist: Vec<String>,
    /// Is what gRPC serves also there in JSON?
    pub gateway: bool,
}

impl Default for Options {
    fn default() -> Options {
        let anything = || vec!["*".to_owned()];
        Options { cors: anything(), host_whitelist: anything(), gateway: true }
    }
}

const UNKNOWN_HOST: &str = "
etcd received your request, but the Host header was unrecognized.

Either ask over TLS, where any name will do, or start the member with this name in its
--host-whitelist. Without that, a page from anywhere could have a browser ask in its place.

";

const NAMED: &str = "CommonName of client sending a request against gateway will be ignored and \
                     not used as expected\n";

/// What a runtime answers to requests that are not gRPC's.
pub struct Pages {
    member: Arc<Member>,
    gateway: Arc<Gateway>,
    options: Options,
    /// How long a message may be.
    longest: usize,
}

impl Pages {
    /// Those of this member. The gateway asks these services.
    pub fn new(member: Arc<Member>, services: Arc<Services>, options: Options) -> Pages {
        let longest = member.max_request_bytes + (512 << 10);
        let gateway = Arc::new(Gateway::new(services, longest));
        Pages { member, gateway, options, longest }
    }

    /// Answers a request, at a listener that serves this.
    pub async fn call(&self, serves: Serves, request: Request<Incoming>) -> Response<Body> {
        match serves {
            Serves::All | Serves::Http => self.guarded(request.map(Body::new)).await,
            Serves::Health => {
                let page = self.health_page(request.method(), request.uri()).await;
                page.unwrap_or_else(answers::not_found)
            }
            Serves::Grpc => not_grpc(&request),
        }
    }

    /// Lets in who may ask, and says so to browsers.
    async fn guarded(&self, request: Request<Body>) -> Response<Body> {
        let is_secure = request.extensions().get::<Caller>().is_some_and(|it| it.is_secure);
        if !is_secure && !self.options.knows_host(&request) {
            return answers::plain(StatusCode::MISDIRECTED_REQUEST, UNKNOWN_HOST);
        }
        let origin = self.options.allowed_origin(request.headers());
        let mut response = match *request.method() {
            Method::OPTIONS => Response::new(Body::empty()),
            _ => self.page(request).await,
        };
        let is_open = response.status() != StatusCode::SWITCHING_PROTOCOLS;
        if let Some(origin) = origin.filter(|_| is_open) {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        response
    }

    async fn page(&self, mut request: Request<Body>) -> Response<Body> {
        let path = request.uri().path();
        let inside = path.strip_prefix("/v3/").or_else(|| path.strip_prefix("/v3beta/"));
        if let Some(inside) = inside.filter(|_| self.options.gateway) {
            let inside = inside.to_owned();
            if let Some(refused) = self.forget_name(&mut request) {
                return refused;
            }
            if request.version() == Version::HTTP_11 && websocket::is_wanted(request.headers()) {
                return websocket::answer(self.gateway.clone(), inside, request, self.longest);
            }
            return self.gateway.call(&inside, request).await;
        }
        match path {
            "/v3" if self.options.gateway => redirect(request.method(), "/v3/"),
            "/version" | "/debug/vars" if request.method() != Method::GET => answers::only_get(),
            "/version" => vars::version(&self.member),
            "/debug/vars" => vars::page(&self.member).await,
            _ => {
                let page = self.health_page(request.method(), request.uri()).await;
                page.unwrap_or_else(answers::not_found)
            }
        }
    }

    /// To the gateway, a certificate names nobody. While names matter, it says so to whoever has
    /// one.
    fn forget_name(&self, request: &mut Request<Body>) -> Option<Response<Body>> {
        let name = request.extensions_mut().get_mut::<Caller>()?.user.take()?;
        let matters = !name.is_empty() && self.member.facts.gate.is_enabled();
        matters.then(|| answers::plain(StatusCode::BAD_REQUEST, NAMED))
    }

    /// The pages that tell how the member is; none if it is another one.
    async fn health_page(&self, method: &Method, address: &Uri) -> Option<Response<Body>> {
        let path = address.path();
        let first = path.split('/').nth(1).unwrap_or_default();
        match (path, first) {
            ("/metrics", _) => Some(vars::metrics(&self.member).await),
            ("/health", _) | (_, "livez" | "readyz") if method != Method::GET => {
                Some(answers::only_get())
            }
            _ => {
                let query = Query::read(address.query().unwrap_or_default());
                match path {
                    "/health" => Some(health::health(&self.member, &query).await),
                    _ => health::checks(&self.member, path, &query).await,
                }
            }
        }
    }
}

/// What a browser may send besides.
const HEADERS: &str = "accept, content-type, authorization";
const METHODS: &str = "POST, GET, OPTIONS, PUT, DELETE";

impl Options {
    /// What a browser is told of who may ask, if it may be whoever asks.
    fn allowed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let is_listed = |origin: &[u8]| self.cors.iter().any(|one| one.as_bytes() == origin);
        if is_listed(b"*") {
            return Some(HeaderValue::from_static("*"));
        }
        headers.get(ORIGIN).filter(|origin| is_listed(origin.as_bytes())).cloned()
    }

    /// May the member be called what it is called here? The port does not matter.
    fn knows_host<B>(&self, request: &Request<B>) -> bool {
        let list = &self.host_whitelist;
        if list.is_empty() || list.iter().any(|host| host == "*") {
            return true;
        }
        let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(|authority| authority.as_str()).or(header);
        let host = host.unwrap_or_default();
        let name = match host.rsplit_once(':') {
            // Colons in brackets belong to an address.
            Some((name, port)) if !port.contains(']') => name,
            Some(_) | None => host,
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        list.iter().any(|listed| listed == name)
    }
}

/// Elsewhere. Who reads pages is shown where.
fn redirect(method: &Method, to: &'static str) -> Response<Body> {
    let mut response = match *method {
        Method::GET | Method::HEAD => {
            let page = format!("<a href=\"{to}\">Temporary Redirect</a>.\n\n");
            let mut response = Response::new(Body::new(page));
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        _ => Response::new(Body::empty()),
    };
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(to));
    response
}

/// Where nothing but gRPC is served.
fn not_grpc(request: &Request<Incoming>) -> Response<Body> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = json!(kind.unwrap_or_default());
    let why = format!("invalid gRPC request content-type {kind}");
    let mut response = tonic::Status::invalid_argument(why).into_http();
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response
}
