//! One order through all steps, by itself.
pub(super) async fn run(
    _: &crate::cli::Demo,
    _: &crate::wiring::Connector,
    _: &keyferry_sandbox::RunningSandbox,
) -> std::process::ExitCode {
    std::process::ExitCode::FAILURE
}
