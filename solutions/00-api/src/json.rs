//! Messages as the JSON of etcd's gateway.
//!
//! Owns [`Json`]. The rules are those of protobuf's JSON, with the names of `proto/`: numbers of 64
//! bits are strings, bytes are base64, enums are names, and what has its default value is left out.
//! When reading, a number may be a number, a name may be in camel case, base64 may be the URL's and
//! without padding, `null` is as good as nothing, and names that nobody knows are passed over, of
//! fields as well as of enums. Unknown numbers of enums come through, for the service to refuse.
//!
//! A message is taken apart by its descriptor, so there is no code for each of them. That costs a
//! second coding for each message, which the gateway can afford.
//!
//! Left to others: paths, envelopes and errors, which are the gateway's.

use prost::{Message, Name};
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::sync::LazyLock;

/// A message that is written and read as etcd's JSON, by any of serde's formats and envelopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Json<M>(pub M);

/// What each message is made of.
static DESCRIPTORS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let bytes: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
    DescriptorPool::decode(bytes).expect("the build has written them")
});

fn descriptor<M: Name>() -> MessageDescriptor {
    let name = M::full_name();
    DESCRIPTORS.get_message_by_name(&name).expect("every message has been made from one")
}

impl<M: Message + Name> Serialize for Json<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = DynamicMessage::new(descriptor::<M>());
        fields.transcode_from(&self.0).map_err(ser::Error::custom)?;
        let names = SerializeOptions::new().use_proto_field_name(true);
        fields.serialize_with_options(serializer, &names)
    }
}

impl<'de, M: Message + Name + Default> Deserialize<'de> for Json<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json<M>, D::Error> {
        let lenient = DeserializeOptions::new().deny_unknown_fields(false);
        let fields =
            DynamicMessage::deserialize_with_options(descriptor::<M>(), deserializer, &lenient)?;
        fields.transcode_to().map(Json).map_err(de::Error::custom)
    }
}
