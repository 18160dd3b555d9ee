//! Every request has an id: the caller's own `X-Request-Id` where it is one, else one of ours. It stands in the answer,
//! in each problem, and in the log. It refuses to carry anything that could break a line of the log.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;

const HEADER: &str = "x-request-id";
const BYTES_MAX: usize = 128;

#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    pub fn text(&self) -> &str {
        self.0.to_str().unwrap_or("")
    }
}

/// Outermost of all.
pub async fn mark(mut request: Request, next: Next) -> Response {
    let id = RequestId(asked(&request).unwrap_or_else(fresh));
    // The query may hold what is a person's.
    let span = tracing::debug_span!("request", id = id.text(), method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(id.clone());
    let start = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), seconds = start.elapsed().as_secs_f64()));
    response.headers_mut().insert(HEADER, id.0);
    response
}

fn asked(request: &Request) -> Option<HeaderValue> {
    let mut all = request.headers().get_all(HEADER).iter();
    let id = all.next().filter(|_| all.next().is_none())?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:/+=~".contains(b);
    ((1..=BYTES_MAX).contains(&id.len()) && id.as_bytes().iter().all(plain)).then(|| id.clone())
}

fn fresh() -> HeaderValue {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&text).expect("hexadecimal digits")
}
