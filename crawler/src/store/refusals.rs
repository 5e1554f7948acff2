//! Refusals by their status: on its way through the library an answer's status becomes text.

use std::error::Error;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use http::StatusCode;
use object_store::{
    ClientOptions, Result,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
        HttpService, ReqwestConnector,
    },
};

/// What the library itself makes something of: it tries again, or has an error of its own for it.
const LEFT: &[StatusCode] = &[
    StatusCode::NOT_FOUND,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::CONFLICT,
    StatusCode::PRECONDITION_FAILED,
    StatusCode::TOO_MANY_REQUESTS,
];
/// Upper bound of what is kept of a refusal's text, in bytes.
const MAX_SAID: usize = 4096;

/// The library's connector, with refusals as errors that keep their status.
#[derive(Debug)]
pub(super) struct Connector;

#[derive(Debug)]
struct Client(HttpClient);

#[derive(Debug, thiserror::Error)]
#[error("the server answers {status}: {said}")]
struct Refusal {
    status: StatusCode,
    said: String,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        Ok(HttpClient::new(Client(ReqwestConnector::default().connect(options)?)))
    }
}

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let answer = self.0.execute(request).await?;
        let status = answer.status();
        if !status.is_client_error() || LEFT.contains(&status) {
            return Ok(answer);
        }
        let mut body = answer.into_body().bytes_stream();
        let mut said = Vec::new();
        while said.len() < MAX_SAID
            && let Some(chunk) = body.try_next().await?
        {
            said.extend_from_slice(&chunk);
        }
        let said = String::from_utf8_lossy(&said).into_owned();
        Err(HttpError::new(HttpErrorKind::Unknown, Refusal { status, said }))
    }
}

/// The status of the refusal that an error comes from.
pub(super) fn status(error: &object_store::Error) -> Option<StatusCode> {
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return Some(refusal.status);
        }
        source = error.source();
    }
    None
}
