//! gRPC's own question, whether a server is well.

use crate::member::{Member, config, place};
use api::health::health_check_response::ServingStatus;
use api::health::{HealthCheckRequest, HealthListRequest};
use harness::check;
use tonic::Code;

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[test]
fn a_member_serves_and_knows_nothing_else() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let mut health = client.health();
        let checked = client.wait(health.check(about(""))).expect("it is known").into_inner();
        assert_eq!(checked.status(), ServingStatus::Serving);
        let unknown = client.wait(health.check(about("etcdserverpb.KV"))).expect_err("it is not");
        assert_eq!((unknown.code(), unknown.message()), (Code::NotFound, "unknown service"));
        let all = client.wait(health.list(HealthListRequest {})).expect("it is told").into_inner();
        let all: Vec<_> = all.statuses.iter().map(|(name, is)| (&name[..], is.status())).collect();
        assert_eq!(all, [("", ServingStatus::Serving)]);
        let expected = [("", ServingStatus::Serving), ("x", ServingStatus::ServiceUnknown)];
        for (service, expected) in expected {
            let told = client.wait(health.watch(about(service))).expect("anything can be watched");
            let mut told = told.into_inner();
            let first = client.wait(told.message()).expect("it goes well").expect("it is told");
            assert_eq!(first.status(), expected, "of {service:?}");
        }
        member.stop();
    });
}
