//! What is done to the members.
//!
//! Owns [`Trick`]. Most of them leave a majority that can go on; those that do not show that
//! nothing is promised without one.

use super::clients::Clients;
use super::links::Way;
use super::members::Members;
use super::told::Wrong;
use harness::Draws;
use std::fmt;
use std::time::Duration;

/// Something bad, or merely unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trick {
    /// The leader's process ends, at once.
    KillLeader,
    /// A follower's does.
    KillFollower,
    /// All of them end.
    KillAll,
    /// Each of them ends as it should, one after the other, and starts again.
    RestartAll,
    /// The leader does nothing for a while, and thinks that it still leads.
    StopLeader,
    /// A follower does nothing.
    StopFollower,
    /// The leader is alone.
    CutLeader,
    /// Nothing is heard of the leader, which hears everything.
    MuteLeader,
    /// The leader hears nothing, and is heard.
    DeafLeader,
    /// Two followers do not hear each other.
    CutFollowers,
    /// Nobody hears anybody.
    CutAll,
    /// All ways are slow.
    Slow,
    /// Somebody else is to lead.
    MoveLeader,
    /// A member goes for ever, and a new one comes.
    Replace,
    /// Old revisions go.
    Compact,
    /// Two stores are written anew, one of them the leader's.
    Defragment,
    /// The store is copied, while clients write.
    Copy,
}

/// A trick that is being played: on whom, and where it is in the list.
pub struct Began {
    on: Vec<usize>,
    fault: usize,
}

impl Trick {
    pub const ALL: [Trick; 17] = [
        Trick::KillLeader,
        Trick::MuteLeader,
        Trick::Replace,
        Trick::StopLeader,
        Trick::Copy,
        Trick::KillFollower,
        Trick::DeafLeader,
        Trick::Compact,
        Trick::CutAll,
        Trick::MoveLeader,
        Trick::StopFollower,
        Trick::Slow,
        Trick::CutLeader,
        Trick::Defragment,
        Trick::KillAll,
        Trick::CutFollowers,
        Trick::RestartAll,
    ];

    /// Those with which five members are another matter than three.
    pub const HARD: [Trick; 7] = [
        Trick::CutLeader,
        Trick::Replace,
        Trick::CutFollowers,
        Trick::KillFollower,
        Trick::MuteLeader,
        Trick::KillAll,
        Trick::StopLeader,
    ];

    /// Begins.
    pub fn begin(
        self,
        members: &mut Members,
        clients: &mut Clients,
        draws: &mut Draws,
    ) -> Result<Began, Wrong> {
        let all = members.numbers();
        let leader = clients.leader(members)?;
        let followers: Vec<usize> = all.iter().copied().filter(|one| *one != leader).collect();
        let follower = followers[draws.index(followers.len())];
        let on = match self {
            Trick::KillLeader
            | Trick::StopLeader
            | Trick::CutLeader
            | Trick::MuteLeader
            | Trick::DeafLeader
            | Trick::MoveLeader => vec![leader],
            // Of five, two may be missing.
            Trick::KillFollower if all.len() > 3 => followers[..2].to_vec(),
            Trick::KillFollower | Trick::StopFollower | Trick::Replace | Trick::Copy => {
                vec![follower]
            }
            Trick::CutFollowers => followers[..2].to_vec(),
            Trick::Defragment => vec![leader, follower],
            Trick::KillAll | Trick::RestartAll | Trick::CutAll | Trick::Slow | Trick::Compact => {
                all
            }
        };
        let fault = members.note_fault(&on, self.to_string());
        self.play(&on, members, clients, draws)?;
        Ok(Began { on, fault })
    }

    fn play(
        self,
        on: &[usize],
        members: &mut Members,
        clients: &mut Clients,
        draws: &mut Draws,
    ) -> Result<(), Wrong> {
        match self {
            Trick::KillLeader | Trick::KillFollower | Trick::KillAll => {
                on.iter().for_each(|one| members.kill(*one));
            }
            Trick::RestartAll => {
                for one in on {
                    members.end(*one)?;
                    members.launch(*one);
                    clients.until_served(*one)?;
                }
            }
            Trick::StopLeader | Trick::StopFollower => members.stop(on[0]),
            Trick::CutLeader => members.set_around(on[0], Way::Cut),
            Trick::MuteLeader => one_way(members, on[0], |leader, other| (leader, other)),
            Trick::DeafLeader => one_way(members, on[0], |leader, other| (other, leader)),
            Trick::CutFollowers => {
                members.network.set(on[0], on[1], Way::Cut);
                members.network.set(on[1], on[0], Way::Cut);
            }
            Trick::CutAll => on.iter().for_each(|one| members.set_around(*one, Way::Cut)),
            Trick::Slow => {
                let pause = Duration::from_millis(draws.between(2, 40));
                on.iter().for_each(|one| members.set_around(*one, Way::Slow(pause)));
            }
            Trick::MoveLeader => clients.move_leader(members)?,
            Trick::Replace => {
                // It may be dead, or well.
                if draws.chance(50) {
                    members.kill(on[0]);
                }
                clients.replace(members, on[0])?;
            }
            Trick::Compact => clients.compact(),
            Trick::Defragment => clients.defragment(on),
            Trick::Copy => clients.copy(members, on[0])?,
        }
        Ok(())
    }

    /// Is over. Those that have come to an end by themselves are, already.
    pub fn end(
        self,
        Began { on, fault }: Began,
        members: &mut Members,
        clients: &mut Clients,
    ) -> Result<(), Wrong> {
        match self {
            Trick::KillLeader | Trick::KillFollower | Trick::KillAll => {
                on.iter().for_each(|one| members.launch(*one));
            }
            Trick::StopLeader | Trick::StopFollower => members.go_on(on[0]),
            Trick::CutLeader
            | Trick::MuteLeader
            | Trick::DeafLeader
            | Trick::CutFollowers
            | Trick::CutAll
            | Trick::Slow => members.network.heal(),
            Trick::RestartAll
            | Trick::MoveLeader
            | Trick::Replace
            | Trick::Compact
            | Trick::Copy => {}
            Trick::Defragment => clients.until_defragmented()?,
        }
        members.note_end(fault);
        Ok(())
    }
}

/// Holds up what goes one way between a member and all others.
fn one_way(members: &Members, on: usize, way: impl Fn(usize, usize) -> (usize, usize)) {
    for other in members.numbers().into_iter().filter(|other| *other != on) {
        let (from, to) = way(on, other);
        members.network.set(from, to, Way::Held);
    }
}

impl fmt::Display for Trick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trick::KillLeader => "leader killed",
            Trick::KillFollower => "follower killed",
            Trick::KillAll => "all killed",
            Trick::RestartAll => "all restarted, one by one",
            Trick::StopLeader => "leader stopped",
            Trick::StopFollower => "follower stopped",
            Trick::CutLeader => "leader cut off",
            Trick::MuteLeader => "leader not heard",
            Trick::DeafLeader => "leader hears nothing",
            Trick::CutFollowers => "two do not hear each other",
            Trick::CutAll => "nobody hears anybody",
            Trick::Slow => "slow ways",
            Trick::MoveLeader => "leader moved",
            Trick::Replace => "member replaced",
            Trick::Compact => "compaction",
            Trick::Defragment => "defragmentation",
            Trick::Copy => "store copied",
        })
    }
}
