//! Who decides, compared with a second, naive account: over every small cluster, and every one or
//! two steps from it.
//!
//! The second account knows five nodes. A set of nodes is a number of five bits, and a quorum is a
//! list of such numbers, written out.

use crate::lab::{N1, N2, N3, N4, N5, voters};
use basics::NodeId;
use bytes::Bytes;
use election::Quorum;
use harness::check;
use raft::{Change, Configuration, Impossible, Members, Step};
use std::collections::{BTreeMap, BTreeSet};

const NODES: usize = 5;
/// How many sets of nodes there are.
const SETS: u32 = 1 << NODES;

/// What a node is to a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Nobody,
    Voter,
    Learner,
}

type Kinds = [Kind; NODES];
type Wish = (usize, Kind);

fn name(place: usize) -> NodeId {
    NodeId(place as u64 + 1)
}

fn place(node: NodeId) -> usize {
    usize::try_from(node.0 - 1).expect("a small number")
}

/// Every way to be a cluster of five nodes or fewer, also without any voter.
fn clusters() -> Vec<Kinds> {
    let mut all = vec![[Kind::Nobody; NODES]];
    for place in 0..NODES {
        all = all
            .into_iter()
            .flat_map(|kinds| {
                [Kind::Nobody, Kind::Voter, Kind::Learner].map(|kind| {
                    let mut kinds = kinds;
                    kinds[place] = kind;
                    kinds
                })
            })
            .collect();
    }
    all
}

/// Every step, and every two.
fn wishes() -> Vec<Vec<Wish>> {
    let kinds = [Kind::Nobody, Kind::Voter, Kind::Learner];
    let steps: Vec<Wish> = (0..NODES).flat_map(|place| kinds.map(|kind| (place, kind))).collect();
    let one = steps.iter().map(|step| vec![*step]);
    let two = steps.iter().flat_map(|a| steps.iter().map(|b| vec![*a, *b]));
    one.chain(two).collect()
}

fn step((place, kind): Wish) -> Step {
    match kind {
        Kind::Nobody => Step::Remove(name(place)),
        Kind::Voter => Step::Voter(name(place)),
        Kind::Learner => Step::Learner(name(place)),
    }
}

fn steps(wishes: &[Wish]) -> Vec<Step> {
    wishes.iter().map(|wish| step(*wish)).collect()
}

fn of_kind(kinds: &Kinds, kind: Kind) -> impl Iterator<Item = NodeId> {
    (0..NODES).filter(move |place| kinds[*place] == kind).map(name)
}

fn members(kinds: &Kinds) -> Members {
    Members::new(of_kind(kinds, Kind::Voter), of_kind(kinds, Kind::Learner))
}

fn simple(kinds: &Kinds) -> Configuration {
    Configuration::Simple(members(kinds))
}

fn voting(kinds: &Kinds) -> u32 {
    (0..NODES).filter(|place| kinds[*place] == Kind::Voter).map(|place| 1 << place).sum()
}

fn after(kinds: &Kinds, wishes: &[Wish]) -> Kinds {
    let mut after = *kinds;
    for (place, kind) in wishes {
        after[*place] = *kind;
    }
    after
}

/// Every set that decides for these voters: more of them are in it than out of it.
fn majorities(voting: u32) -> Vec<u32> {
    (0..SETS).filter(|set| (voting & set).count_ones() > (voting & !set).count_ones()).collect()
}

/// Every set of which the configuration says that it decides.
fn quorums(configuration: &Configuration) -> Vec<u32> {
    let is_in = |set: u32| move |node: NodeId| set & (1 << place(node)) != 0;
    (0..SETS).filter(|set| configuration.is_met_by(&is_in(*set))).collect()
}

/// Every cluster that has a voter, and every one or two steps from it that lead anywhere: the
/// members before, those after, and what the configuration is then.
fn ways() -> Vec<(Kinds, Kinds, Configuration)> {
    let wishes = wishes();
    let mut ways = Vec::new();
    for from in clusters() {
        for wish in &wishes {
            if let Ok(next) = simple(&from).enter(&steps(wish)) {
                ways.push((from, after(&from, wish), next));
            }
        }
    }
    ways
}

#[test]
fn every_small_change_leads_where_it_should() {
    check(|| {
        let wishes = wishes();
        for from in clusters() {
            for wish in &wishes {
                let to = after(&from, wish);
                let expected = if voting(&from) == 0 {
                    Err(Impossible::Unknown)
                } else if to == from {
                    Err(Impossible::NothingChanges)
                } else if voting(&to) == 0 {
                    Err(Impossible::NoVoterLeft)
                } else if (voting(&from) ^ voting(&to)).count_ones() <= 1 {
                    Ok(simple(&to))
                } else {
                    Ok(Configuration::Joint { from: members(&from), to: members(&to) })
                };
                let entered = simple(&from).enter(&steps(wish));
                assert_eq!(entered, expected, "from {from:?} by {wish:?}");
            }
        }
    });
}

#[test]
fn the_same_sets_decide_as_in_the_naive_account() {
    check(|| {
        let lists: Vec<Vec<u32>> = (0..SETS).map(majorities).collect();
        let list = |kinds: &Kinds| &lists[voting(kinds) as usize];
        for kinds in clusters() {
            assert_eq!(&quorums(&simple(&kinds)), list(&kinds), "of {kinds:?}");
        }
        for (from, to, next) in ways() {
            let both = list(&from).iter().filter(|set| list(&to).contains(set));
            let expected: Vec<u32> = match &next {
                Configuration::Simple(_) => list(&to).clone(),
                Configuration::Joint { .. } => both.copied().collect(),
            };
            assert_eq!(quorums(&next), expected, "from {from:?} to {to:?}");
        }
    });
}

#[test]
fn whoever_decides_before_and_after_share_a_node() {
    check(|| {
        // Learners decide nothing, as the test before this one shows: one way for each two sets of
        // voters says it for all.
        let all = ways().into_iter();
        let ways: BTreeMap<(u32, u32), Configuration> =
            all.map(|(from, to, next)| ((voting(&from), voting(&to)), next)).collect();
        for ((from, to), next) in ways {
            let (old, new) = (majorities(from), majorities(to));
            let next = quorums(&next);
            let meet = |a: &[u32], b: &[u32]| a.iter().all(|a| b.iter().all(|b| a & b != 0));
            assert!(meet(&next, &next), "{from:05b} to {to:05b}: two decisions of the next");
            assert!(meet(&old, &next), "{from:05b} to {to:05b}: one of the old, one of the next");
            assert!(meet(&next, &new), "{from:05b} to {to:05b}: one of the next, one of the last");
            assert!(!next.is_empty(), "{from:05b} to {to:05b}: all together can decide");
        }
    });
}

#[test]
fn a_change_is_complete_when_it_is_left() {
    check(|| {
        for (_, to, next) in ways() {
            assert_eq!(next.members(), &members(&to), "the members to come");
            assert_eq!(next.leave(), simple(&to), "the members that came");
            assert_eq!(next.leave().leave(), simple(&to), "there is nothing more to leave");
        }
    });
}

#[test]
fn who_is_what_while_both_decide() {
    check(|| {
        for (from, to, next) in ways() {
            let is = |kinds: &Kinds, place: usize, kind| kinds[place] == kind;
            let joint = matches!(next, Configuration::Joint { .. });
            let either = |place, kind| is(&to, place, kind) || (joint && is(&from, place, kind));
            for place in 0..NODES {
                let votes = either(place, Kind::Voter);
                let learns = !votes && either(place, Kind::Learner);
                let node = name(place);
                assert_eq!(next.is_voter(node), votes, "{node} in {next}");
                assert_eq!(next.voters().contains(&node), votes, "{node} in {next}");
                assert_eq!(next.learners().contains(&node), learns, "{node} in {next}");
                assert_eq!(next.has(node), votes || learns, "{node} in {next}");
            }
        }
    });
}

#[test]
fn names_do_not_matter() {
    check(|| {
        // Any renaming is made of these two.
        let turn = |place: usize| (place + 1) % NODES;
        let swap = |place: usize| if place < 2 { 1 - place } else { place };
        for rename in [&turn as &dyn Fn(usize) -> usize, &swap] {
            let nodes = |set: &BTreeSet<NodeId>| -> Vec<NodeId> {
                set.iter().map(|node| name(rename(place(*node)))).collect()
            };
            let renamed = |members: &Members| {
                Members::new(nodes(members.voters()), nodes(members.learners()))
            };
            for from in clusters() {
                for wish in wishes() {
                    let other: Vec<Wish> =
                        wish.iter().map(|(place, kind)| (rename(*place), *kind)).collect();
                    let next = simple(&from).enter(&steps(&wish)).map(|next| match next {
                        Configuration::Simple(members) => Configuration::Simple(renamed(&members)),
                        Configuration::Joint { from, to } => {
                            Configuration::Joint { from: renamed(&from), to: renamed(&to) }
                        }
                    });
                    let start = Configuration::Simple(renamed(&members(&from)));
                    assert_eq!(start.enter(&steps(&other)), next, "from {from:?} by {wish:?}");
                }
            }
        }
    });
}

#[test]
fn nobody_decides_for_a_cluster_that_is_not_known() {
    check(|| {
        let unknown = Configuration::unknown();
        assert!(quorums(&unknown).is_empty(), "not even all nodes together");
        assert_eq!(unknown.enter(&[Step::Voter(N1)]), Err(Impossible::Unknown));
        assert_eq!(unknown.enter(&[]), Err(Impossible::Unknown), "whatever the wish");
        assert_eq!(unknown.leave(), unknown, "and nothing is left behind");
        let learners = Configuration::Simple(Members::new([], [N1, N2]));
        assert!(quorums(&learners).is_empty(), "learners alone are nobody");
        assert_eq!(learners.enter(&[Step::Voter(N1)]), Err(Impossible::Unknown));
    });
}

#[test]
fn two_configurations_take_no_third() {
    check(|| {
        let joint = voters(&[N1, N2, N3])
            .enter(&[Step::Voter(N4), Step::Voter(N5)])
            .expect("two voters come");
        assert!(matches!(joint, Configuration::Joint { .. }), "two at once");
        for steps in [vec![], vec![Step::Remove(N1)], vec![Step::Learner(N5)]] {
            assert_eq!(joint.enter(&steps), Err(Impossible::IsJoint), "{steps:?}");
        }
    });
}

#[test]
fn a_change_has_an_end() {
    check(|| {
        let three = voters(&[N1, N2, N3]);
        let learners = |count: u64| -> Vec<Step> {
            (0..count).map(|node| Step::Learner(NodeId(100 + node))).collect()
        };
        let next = three.enter(&learners(255)).expect("255 learners come");
        assert_eq!(next.learners().len(), 255, "any number of learners is simple");
        assert!(matches!(next, Configuration::Simple(_)), "they have no vote");
        assert_eq!(three.enter(&learners(256)), Err(Impossible::TooManySteps));
        let vain = vec![Step::Voter(N1); 256];
        assert_eq!(three.enter(&vain), Err(Impossible::TooManySteps), "also if they do nothing");
    });
}

#[test]
fn steps_are_taken_one_after_the_other() {
    check(|| {
        let three = voters(&[N1, N2, N3]);
        let detour = [Step::Remove(N1), Step::Learner(N1), Step::Voter(N1)];
        assert_eq!(three.enter(&detour), Err(Impossible::NothingChanges), "only the end counts");
        assert_eq!(three.enter(&[]), Err(Impossible::NothingChanges), "no steps");
        let all = [Step::Remove(N1), Step::Learner(N2), Step::Remove(N3)];
        assert_eq!(three.enter(&all), Err(Impossible::NoVoterLeft), "n2 would be left, as learner");
        let more = [all[0], all[1], all[2], Step::Voter(N4)];
        assert!(three.enter(&more).is_ok(), "nobody of the old is left, and n4 is");
    });
}

#[test]
fn whoever_is_named_as_both_votes() {
    check(|| {
        let members = Members::new([N1, N2], [N2, N3]);
        let voters: Vec<NodeId> = members.voters().iter().copied().collect();
        let learners: Vec<NodeId> = members.learners().iter().copied().collect();
        assert_eq!((voters, learners), (vec![N1, N2], vec![N3]));
    });
}

#[test]
fn whatever_is_in_a_log_leads_somewhere() {
    check(|| {
        // A change in a log was possible where it was proposed. If it is not here, it is nothing.
        let enter = |steps: Vec<Step>| Change::Enter { steps, context: Bytes::from("whatever") };
        let too_many = vec![Step::Voter(N4); 256];
        for from in clusters().iter().map(simple) {
            for wish in (0..NODES).flat_map(|place| [(place, Kind::Voter), (place, Kind::Nobody)]) {
                let after = from.after(&enter(vec![step(wish)]));
                let expected = from.enter(&[step(wish)]).unwrap_or_else(|_| from.clone());
                assert_eq!(after, expected, "{from} by {wish:?}");
            }
            assert_eq!(from.after(&enter(vec![])), from, "no steps");
            assert_eq!(from.after(&enter(too_many.clone())), from, "too many steps");
            assert_eq!(from.after(&Change::Leave), from, "nothing to leave");
        }
        let joint = voters(&[N1]).enter(&[Step::Voter(N2), Step::Voter(N3)]).expect("two come");
        assert_eq!(joint.after(&enter(vec![Step::Remove(N1)])), joint, "one at a time");
        assert_eq!(joint.after(&Change::Leave), voters(&[N1, N2, N3]), "complete");
    });
}
