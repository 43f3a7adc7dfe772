//! Files of orders: upload, columns, findings, correction of rows, acts, progress and result.

mod act;
mod batch;
mod counts;
mod find;
mod list;
mod live;
mod multipart;
mod new;
mod result;
mod row;
mod row_list;
mod upload;

pub(crate) use act::{Act, act, ask};
pub(crate) use batch::batch;
pub(crate) use counts::Count;
pub(crate) use list::list;
pub(crate) use live::events;
pub(crate) use new::form;
pub(crate) use result::{result, template};
pub(crate) use row::{row, save};
pub(crate) use upload::upload;
