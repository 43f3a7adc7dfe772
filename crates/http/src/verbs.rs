//! How a request begins: with its method and its address.

use reqwest::Method;
use url::Url;

use crate::{Client, Request};

impl Client {
    /// A GET.
    pub fn get(&self, url: &Url) -> Request {
        Request::new(self, Method::GET, url)
    }

    /// A POST.
    pub fn post(&self, url: &Url) -> Request {
        Request::new(self, Method::POST, url)
    }

    /// A PATCH.
    pub fn patch(&self, url: &Url) -> Request {
        Request::new(self, Method::PATCH, url)
    }

    /// A DELETE.
    pub fn delete(&self, url: &Url) -> Request {
        Request::new(self, Method::DELETE, url)
    }

    /// A call of any method, for a library that makes its requests itself.
    pub fn request(&self, method: Method, url: &Url) -> Request {
        Request::new(self, method, url)
    }
}
