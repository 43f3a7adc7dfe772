use super::*;

fn rule(endpoint: &str, kind: Kind) -> Rule {
    Rule {
        endpoint: endpoint.to_owned(),
        kind,
        path: None,
        status: None,
        delay_ms: None,
        retry_after: None,
        body: None,
        times: None,
        probability: None,
        seed: None,
    }
}

#[test]
fn fault_affects_its_endpoint_limited_times() {
    let faults = Faults::new(1);
    faults.add(Rule { times: Some(2), ..rule("token", Kind::Reset) });
    assert!(faults.draw("graph.user", "").is_none());
    assert!(faults.draw("token", "").is_some());
    assert!(faults.draw("token", "").is_some());
    assert!(faults.draw("token", "").is_none());
    assert_eq!(faults.read(|all| all[0].struck), 2);
}

#[test]
fn same_seed_repeats_the_same_faults() {
    let strikes = |seed| {
        let faults = Faults::new(1);
        faults.add(Rule { probability: Some(0.5), seed: Some(seed), ..rule("*", Kind::Reset) });
        (0..64).map(|_| faults.draw("delivery.order", "").is_some()).collect::<Vec<_>>()
    };
    assert_eq!(strikes(5), strikes(5));
    assert_ne!(strikes(5), strikes(6));
    assert!(strikes(5).contains(&true) && strikes(5).contains(&false));
}

#[test]
fn removes_one_rule_or_all() {
    let faults = Faults::new(1);
    let first = faults.add(rule("token", Kind::Reset));
    faults.add(rule("token", Kind::Delay));
    assert!(faults.remove(Some(first)));
    assert!(!faults.remove(Some(first)));
    assert_eq!(faults.draw("token", "").unwrap().kind, Kind::Delay);
    assert!(faults.remove(None));
    assert!(faults.draw("token", "").is_none());
}

#[test]
fn a_fault_can_be_for_a_service_or_a_path() {
    let faults = Faults::new(1);
    faults.add(Rule { path: Some("a1000000".to_owned()), ..rule("graph.*", Kind::Reset) });
    assert!(faults.draw("graph.user", "/v1.0/users/a1000000-0000").is_some());
    assert!(faults.draw("graph.methods", "/beta/users/a1000000-0000/authentication").is_some());
    assert!(faults.draw("graph.user", "/v1.0/users/b2000000-0000").is_none());
    assert!(faults.draw("delivery.status", "/delivery/v1/fpr/shipments/a1000000").is_none());
}
