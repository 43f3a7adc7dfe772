//! Invalid ephemeral keys. A receiver that accepted the key would find the rest of each message valid.

use super::rules;

rules! {
    an_epk_off_the_curve_is_rejected: "epk off the curve" => NotAnEnvelope;
    an_epk_of_another_curve_is_rejected: "epk of another curve" => NotAnEnvelope;
    an_epk_at_infinity_is_rejected: "epk at infinity" => NotAnEnvelope;
    an_epk_with_a_part_missing_is_rejected: "epk with a part missing" => NotAnEnvelope;
    an_epk_with_its_private_half_is_rejected: "epk with its private half" => NotAnEnvelope;
}
