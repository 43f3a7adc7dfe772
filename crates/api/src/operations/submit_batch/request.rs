//! Request body.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::body::Integer;
use crate::kit::problem::Problem;

/// Confirmation of a batch.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"confirm": 197}))]
pub(crate) struct SubmitBatch {
    /// Number of orders that the caller expects: `rows.to_send` of the batch.
    #[schema(value_type = i64, minimum = 1, maximum = 100000, example = 197)]
    confirm: Integer,
}

impl SubmitBatch {
    /// Returns the number.
    ///
    /// # Errors
    /// 400 if it is not a number of rows.
    pub(super) fn confirmed(&self) -> Result<u32, Problem> {
        let number = self.confirm.0;
        u32::try_from(number).ok().filter(|number| (1..=100_000).contains(number)).ok_or_else(|| {
            Problem::field("confirm", format!("`confirm`: expected a number from 1 to 100000, but got {number}"))
        })
    }
}
