//! Foreign ephemeral keys. The rest of each message is right, for a receiver that would agree with such a key.

use super::rules;

rules! {
    an_epk_off_the_curve_is_refused: "epk off the curve" => NotAnEnvelope;
    an_epk_of_another_curve_is_refused: "epk of another curve" => NotAnEnvelope;
    an_epk_at_infinity_is_refused: "epk at infinity" => NotAnEnvelope;
    an_epk_with_a_part_missing_is_refused: "epk with a part missing" => NotAnEnvelope;
    an_epk_with_its_private_half_is_refused: "epk with its private half" => NotAnEnvelope;
}
