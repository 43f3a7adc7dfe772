//! Constructors of requests, by method.

use reqwest::Method;
use url::Url;

use crate::{Client, Request};

impl Client {
    /// Starts a GET request.
    pub fn get(&self, url: &Url) -> Request {
        Request::new(self, Method::GET, url)
    }

    /// Starts a POST request.
    pub fn post(&self, url: &Url) -> Request {
        Request::new(self, Method::POST, url)
    }

    /// Starts a PUT request.
    pub fn put(&self, url: &Url) -> Request {
        Request::new(self, Method::PUT, url)
    }

    /// Starts a PATCH request.
    pub fn patch(&self, url: &Url) -> Request {
        Request::new(self, Method::PATCH, url)
    }

    /// Starts a DELETE request.
    pub fn delete(&self, url: &Url) -> Request {
        Request::new(self, Method::DELETE, url)
    }

    /// Starts a request with any method, for a library that builds its own requests.
    pub fn request(&self, method: Method, url: &Url) -> Request {
        Request::new(self, method, url)
    }
}
