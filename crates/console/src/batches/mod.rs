//! Files of orders: upload, columns, findings, correction of rows, acts, progress and result.

mod act;
mod batch;
mod count;
mod counts;
mod find;
mod kind;
mod list;
mod live;
mod multipart;
mod new;
mod result;
mod row;
mod row_list;
mod upload;

pub(crate) use act::{act, ask};
pub(crate) use batch::batch;
pub(crate) use count::Count;
pub(crate) use kind::Act;
pub(crate) use list::list;
pub(crate) use live::events;
pub(crate) use new::form;
pub(crate) use result::{result, template};
pub(crate) use row::{row, save};
pub(crate) use upload::upload;
