//! The room of the other members.
//!
//! Owns [`Peers`]: a thread with a runtime of its own, so that no request of a client delays a
//! heartbeat. To each other member there is a task, which connects, and connects again; and there
//! is a desk, at which the others come in. A stream goes one way only: what this member says goes
//! by the connection that it has made, and what the other says by the other's.
//!
//! It is gRPC, with three methods, each a stream of bytes that is answered by some: `Deliver` takes
//! frames of letters, `Bring` the image of a store, and `Ask` one question.
//!
//! Left to others: what waits to be said (`links`), letters in bytes (`wire`), and what they mean
//! (`replica`).

use crate::door::Door;
use crate::journal::Journal;
use crate::letters::ToReplica;
use crate::links::{Link, Links, Question, Reply, ToPeers};
use crate::mailbox::Mailbox;
use crate::roster::Roster;
use crate::serve::{Dealt, accept, serve};
use crate::services::Member;
use crate::stop::Stop;
use crate::tls::Dialer;
use basics::NodeId;
use connection::{Line, Road};
use desk::Desk;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tonic::Status;

mod codec;
mod connection;
mod desk;
mod images;
mod pages;

pub use connection::{Asked, ask_for_members};
pub use images::discard_parts;

/// The methods.
const DELIVER: &str = "/workbook.Peers/Deliver";
const BRING: &str = "/workbook.Peers/Bring";
const ASK: &str = "/workbook.Peers/Ask";

/// So long somebody waits for an answer of another member's; and if it has to look at all that it
/// has.
const PATIENCE: Duration = Duration::from_secs(5);
const MORE_PATIENCE: Duration = Duration::from_secs(7);

/// After so long, others are looked for once more.
const AGAIN: Duration = Duration::from_secs(1);

/// The room, until it has its thread.
pub struct Peers {
    /// What this member says, and to whom.
    pub links: Arc<Links>,
    /// What the room is told.
    pub told: mpsc::UnboundedReceiver<ToPeers>,
    /// This member, as the room sees it.
    pub member: Arc<Member>,
    /// Where letters go.
    pub replica: Arc<Mailbox<ToReplica>>,
    /// Where the store is.
    pub store: PathBuf,
    /// Who is told what happens.
    pub journal: Journal,
    /// Where others may be, for one that does not know them yet.
    pub addresses: Vec<String>,
    /// How it speaks with those whose addresses are under TLS.
    pub dialer: Arc<Dialer>,
}

/// What every task of the room knows.
struct Room {
    road: Road,
    links: Arc<Links>,
    member: Arc<Member>,
    replica: Arc<Mailbox<ToReplica>>,
    store: PathBuf,
    journal: Journal,
    stop: Stop,
    dialer: Arc<Dialer>,
}

/// A link with the task that serves it.
struct Served {
    link: Arc<Link>,
    line: watch::Receiver<Option<Line>>,
    task: AbortHandle,
    image: Option<AbortHandle>,
}

impl Peers {
    /// Speaks with the others until it is told to stop.
    pub fn run(self, listeners: Vec<(TcpListener, Arc<Door>)>, stop: &Stop) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the system has room for one more");
        let Peers { links, told, member, replica, store, journal, addresses, dialer } = self;
        let (own, cluster) = (member.signature.id, member.signature.cluster);
        let road = Road { own, cluster };
        let stop = stop.clone();
        let room = Room { road, links, member, replica, store, journal, stop, dialer };
        let room = Arc::new(room);
        runtime.block_on(async {
            let hand_out = room.member.post_box.clone();
            tokio::spawn(async move { hand_out.hand_out().await });
            let (ends, ended) = watch::channel(false);
            let (deal, dealt) = mpsc::unbounded_channel::<Dealt>();
            for (listener, door) in listeners {
                let listener = tokio::net::TcpListener::from_std(listener);
                let listener = listener.expect("it is a listener");
                tokio::spawn(accept(listener, door, vec![deal.clone()], ended.clone()));
            }
            let desk = Arc::new(Desk::new(room.clone()));
            let serving = tokio::spawn(serve(dealt, desk, ended));
            tokio::spawn(look_for_others(room.clone(), addresses));
            look_after(room, told).await;
            ends.send_replace(true);
            serving.abort();
        });
        // A task that waits for a disk is not waited for.
        runtime.shutdown_background();
    }
}

/// Does what the room is told.
async fn look_after(room: Arc<Room>, mut told: mpsc::UnboundedReceiver<ToPeers>) {
    let mut served: BTreeMap<NodeId, Served> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    while let Some(job) = told.recv().await {
        // Those that have ended are forgotten.
        while tasks.try_join_next().is_some() {}
        match job {
            ToPeers::Members => note_members(&room, &mut served, &mut tasks),
            ToPeers::Bring(to) => {
                let Some(other) = served.get_mut(&to) else {
                    room.replica.put(ToReplica::NotBrought(to));
                    continue;
                };
                let (room, link) = (room.clone(), other.link.clone());
                other.image = Some(tasks.spawn(async move { images::bring(room, to, link).await }));
            }
            ToPeers::GiveUp(to) => {
                let image = served.get_mut(&to).and_then(|other| other.image.take());
                image.iter().for_each(AbortHandle::abort);
            }
            ToPeers::Ask(of, question, answer) => {
                let line = served.get(&of).and_then(|other| other.line.borrow().clone());
                let road = room.road;
                tasks.spawn(ask(road, of, line, question, answer));
            }
            ToPeers::Stop => return,
        }
    }
}

/// A member that has come and has no state yet does not know the others. It asks where they may be,
/// until it has the state, and speaks with those that it is told of.
async fn look_for_others(room: Arc<Room>, addresses: Vec<String>) {
    while room.member.facts.roster.get().list().is_empty() {
        for address in &addresses {
            if let Ok(asked) = ask_for_members(&room.dialer, address).await
                && asked.cluster == room.road.cluster
                && let Some(roster) = Roster::of_json(&asked.members)
                && room.member.facts.roster.get().list().is_empty()
            {
                room.links.note_roster(&roster);
                break;
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// To each other member there is to be a task, and to nobody else.
fn note_members(room: &Arc<Room>, served: &mut BTreeMap<NodeId, Served>, tasks: &mut JoinSet<()>) {
    let all = room.links.all();
    served.retain(|id, other| {
        let is_same = all.get(id).is_some_and(|link| Arc::ptr_eq(link, &other.link));
        if !is_same {
            other.task.abort();
            if let Some(image) = other.image.take() {
                image.abort();
                room.replica.put(ToReplica::NotBrought(*id));
            }
            if other.link.open_since().is_some() {
                connection::note_lost(room, *id);
            }
            other.link.close();
        }
        is_same
    });
    for (id, link) in all.iter() {
        served.entry(*id).or_insert_with(|| {
            let (set, line) = watch::channel(None);
            let (room, of, to) = (room.clone(), link.clone(), *id);
            let task = tasks.spawn(async move { connection::keep(room, to, of, set).await });
            Served { link: link.clone(), line, task, image: None }
        });
    }
}

/// Asks another member something, by the connection that there is.
async fn ask(
    road: Road,
    of: NodeId,
    line: Option<Line>,
    question: Question,
    answer: oneshot::Sender<Result<Reply, Status>>,
) {
    let patience = match question {
        Question::Hello
        | Question::Renew(_)
        | Question::TimeToLive(_)
        | Question::Sum(_)
        | Question::Version => PATIENCE,
        Question::Hash(_) => MORE_PATIENCE,
    };
    let asked = async {
        let line = line.ok_or_else(|| Status::unavailable("the member cannot be reached"))?;
        let question = codec::packed(question);
        let answer = line.call(road, of, ASK, [question], &[]).await?;
        codec::unpacked::<Reply>(&answer)
    };
    let asked = tokio::time::timeout(patience, asked).await;
    let asked = asked.unwrap_or_else(|_| Err(Status::deadline_exceeded("it does not answer")));
    // Whoever asked may have given up.
    let _ = answer.send(asked);
}
