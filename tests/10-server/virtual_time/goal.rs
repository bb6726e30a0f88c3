//! What a calm must come to: a leader, the members complete, all of them with the same state, and
//! no lease left, for nobody renews them.

use super::node::{Letter, Node, SMALL, id};
use api::{AlarmType, RangeRequest};
use basics::NodeId;
use election::Quorum;
use harness::Cluster;
use harness::sim::Goal;
use raft::Configuration;

pub struct Settled;

impl Goal<Node> for Settled {
    fn reached(&self, cluster: &Cluster<Node>) -> bool {
        let Some(leader) = leader(cluster) else { return false };
        let status = cluster.node(leader).raft().status();
        let is_simple = matches!(status.configuration, Configuration::Simple(_));
        is_simple
            && status.pending.is_none()
            && members(cluster, leader).all(|node| {
                cluster.machine(node).is_some_and(|machine| {
                    let replica = machine.raft().replica();
                    replica.election().leader() == Some(id(leader))
                        && replica.log().last() == status.last
                        && machine.shelf().at == status.last
                        && has_no_lease(machine)
                })
            })
    }

    /// Whoever decides by what any node holds for the configuration, now or once a change is
    /// undone, can decide. And they still can when the dead learners have a vote: a leader gives it
    /// to whom it was promised and who lacked little when last heard of, and cannot know that
    /// nothing more will come from there.
    fn enough(&self, cluster: &Cluster<Node>, living: &[usize]) -> bool {
        let lives = |node: NodeId| living.iter().any(|place| id(*place) == node);
        let decides = |configuration: &Configuration| {
            let members = configuration.members();
            let (voters, learners) = (members.voters().iter(), members.learners().iter());
            let alive = voters.clone().filter(|voter| lives(**voter)).count();
            let dead = voters.chain(learners).filter(|node| !lives(**node)).count();
            configuration.voters().is_empty() || configuration.is_met_by(&lives) && alive > dead
        };
        if living.len() < cluster.size() && is_removal_asked_for(cluster) {
            return false;
        }
        (0..cluster.size()).all(|node| {
            let raft = match cluster.machine(node) {
                Some(machine) => machine.raft().clone(),
                None => {
                    let stored = cluster.disk(node).stored();
                    raft::Node::new(id(node), SMALL, stored, 0).expect("it can start")
                }
            };
            decides(raft.configuration()) && decides(raft.applied_configuration())
        })
    }

    fn carried_out(&self, cluster: &Cluster<Node>, command: u64) -> bool {
        let done = |node: usize| harness::Machine::has_done(cluster.node(node), command);
        leader(cluster).is_some_and(|leader| members(cluster, leader).all(done))
    }
}

/// Does anybody wait with the wish that a member goes, or is it on its way to a leader? Those who
/// would do without the dead may not do without one more.
fn is_removal_asked_for(cluster: &Cluster<Node>) -> bool {
    let packets = cluster.in_flight().into_iter().map(|number| &cluster.packets()[number]);
    let mut letters = packets.map(|packet| &packet.message);
    let mut nodes = (0..cluster.size()).filter_map(|node| cluster.machine(node));
    letters.any(|letter| matches!(letter, Letter::Forward(_, wanted) if wanted.removes()))
        || nodes.any(Node::waits_to_remove)
}

/// Every lease has ended, and its keys with it. If members do not trust their stores, none ends.
fn has_no_lease(machine: &Node) -> bool {
    machine.shelf().with(|still| {
        let corrupt = |raised: &api::AlarmMember| raised.alarm == i32::from(AlarmType::Corrupt);
        if still.alarms().iter().any(corrupt) {
            return true;
        }
        let (key, range_end) = (vec![0].into(), vec![0].into());
        let all = || RangeRequest { key, range_end, ..RangeRequest::default() };
        still.leases().is_empty()
            && still
                .range(&all())
                .expect("a store can be read")
                .kvs
                .iter()
                .all(|pair| pair.lease == 0)
    })
}

/// The living members, by their leader's configuration.
fn members(cluster: &Cluster<Node>, leader: usize) -> impl Iterator<Item = usize> + use<'_> {
    let configuration = cluster.node(leader).raft().configuration();
    cluster.living().filter(move |node| configuration.has(id(*node)))
}

/// The living node that leads, if there is exactly one that thinks so.
fn leader(cluster: &Cluster<Node>) -> Option<usize> {
    let leads = |machine: &Node| machine.leads() && !machine.has_left();
    let leads = |node: &usize| cluster.machine(*node).is_some_and(leads);
    let leaders: Vec<usize> = cluster.living().filter(leads).collect();
    match leaders.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
