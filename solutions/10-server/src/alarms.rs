//! Alarms: what a member has found wrong, and what is refused until somebody clears it.
//!
//! Owns [`Alarms`], one value that the state swaps, and its rows, which are etcd's: the message
//! itself is the key, so each member has each alarm once.
//!
//! Left to others: who finds out that something is wrong.

use api::alarm_request::AlarmAction;
use api::{AlarmMember, AlarmRequest, AlarmType};
use bytes::Bytes;
use prost::Message;
use std::collections::BTreeSet;

/// The bucket of the rows.
pub const BUCKET: &str = "alarm";

/// The alarms that are raised, and by which members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarms(BTreeSet<(u64, i32)>);

/// What an alarm is asked, and what comes of it.
pub struct Outcome {
    /// The alarms of the answer.
    pub told: Vec<AlarmMember>,
    /// The alarms from now on; none if they stay.
    pub next: Option<Alarms>,
    /// The row that goes, or comes with an empty value.
    pub row: Option<(Bytes, Option<Bytes>)>,
}

impl Alarms {
    /// Those in rows. A row that is no alarm is passed over.
    pub fn load(keys: impl IntoIterator<Item = Bytes>) -> Alarms {
        let read = |key: Bytes| AlarmMember::decode(key).ok();
        let alarms = keys.into_iter().filter_map(read);
        Alarms(alarms.map(|alarm| (alarm.member_id, alarm.alarm)).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = AlarmMember> {
        self.0.iter().map(|&(member_id, alarm)| AlarmMember { member_id, alarm })
    }

    /// Has any member raised this?
    pub fn has(&self, alarm: AlarmType) -> bool {
        self.0.iter().any(|(_, raised)| *raised == alarm as i32)
    }

    /// Has this member raised it?
    pub fn is_raised(&self, member_id: u64, alarm: AlarmType) -> bool {
        self.0.contains(&(member_id, alarm as i32))
    }

    /// Carries out a request. To raise what is raised, and to clear what is not, changes nothing.
    pub fn carry_out(&self, request: &AlarmRequest) -> Outcome {
        let AlarmRequest { member_id, alarm, action } = *request;
        let asked = AlarmMember { member_id, alarm };
        let nothing = |told| Outcome { told, next: None, row: None };
        let is_there = self.0.contains(&(member_id, alarm));
        let key = || Bytes::from(asked.encode_to_vec());
        match AlarmAction::try_from(action) {
            Ok(AlarmAction::Get) => {
                let wanted = |found: &AlarmMember| alarm == 0 || found.alarm == alarm;
                nothing(self.iter().filter(wanted).collect())
            }
            Ok(AlarmAction::Activate) if alarm == AlarmType::None as i32 => nothing(Vec::new()),
            Ok(AlarmAction::Activate) if is_there => nothing(vec![asked]),
            Ok(AlarmAction::Activate) => {
                let mut next = self.clone();
                next.0.insert((member_id, alarm));
                let row = Some((key(), Some(Bytes::new())));
                Outcome { told: vec![asked], next: Some(next), row }
            }
            Ok(AlarmAction::Deactivate) if is_there => {
                let mut next = self.clone();
                next.0.remove(&(member_id, alarm));
                Outcome { told: vec![asked], next: Some(next), row: Some((key(), None)) }
            }
            Ok(AlarmAction::Deactivate) | Err(_) => nothing(Vec::new()),
        }
    }
}

/// As etcd prints it.
pub fn text(alarm: &AlarmMember) -> String {
    let name = match AlarmType::try_from(alarm.alarm) {
        Ok(alarm) => alarm.as_str_name().to_owned(),
        Err(_) => alarm.alarm.to_string(),
    };
    format!("memberID:{} alarm:{name}", alarm.member_id)
}
