//! Response body: numbers of shipments.

use std::collections::BTreeMap;

use keyferry_domain::ports::Counts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;

/// Numbers of shipments by phase and obstacle. Combinations that do not occur are omitted.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountsBody {
    /// Number of all shipments that match.
    #[schema(example = 3)]
    total: u64,
    /// Numbers by phase and obstacle. Their sum is `total`.
    counts: Vec<CountBody>,
}

/// Number of shipments in a phase with the same obstacle.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountBody {
    /// Phase.
    #[schema(value_type = schemas::Phase)]
    phase: &'static str,
    /// Class of the obstacle. `null`: without an obstacle.
    #[schema(value_type = Option<schemas::ObstacleClass>)]
    obstacle_class: Option<&'static str>,
    /// Code of the obstacle.
    #[schema(example = "no-manager")]
    obstacle_code: Option<String>,
    /// Number of these shipments.
    #[schema(example = 3)]
    shipments: u64,
}

impl From<Counts> for CountsBody {
    fn from(Counts(counts): Counts) -> Self {
        // Two phases may have the same name for callers.
        let mut shown: BTreeMap<_, u64> = BTreeMap::new();
        for ((phase, obstacle), count) in counts {
            let obstacle = obstacle.map(|(class, code)| (class.as_str(), code));
            *shown.entry((phase.shown(), obstacle)).or_default() += count;
        }
        let counts = shown.into_iter().map(|((phase, obstacle), shipments)| {
            let (obstacle_class, obstacle_code) = obstacle.unzip();
            CountBody { phase, obstacle_class, obstacle_code, shipments }
        });
        let counts: Vec<_> = counts.collect();
        Self { total: counts.iter().map(|count| count.shipments).sum(), counts }
    }
}
