//! Messages as the JSON of etcd's gateway.
//!
//! Owns [`Json`], and [`Method`] for whoever learns only while it runs which message it has. The
//! rules are those of protobuf's JSON, with the names of `proto/`: numbers of 64 bits are strings,
//! bytes are base64, enums are names, and what has its default value is left out. When reading, a
//! number may be a number, a name may be in camel case, base64 may be the URL's and without
//! padding, `null` is as good as nothing, and names that nobody knows are passed over, of fields as
//! well as of enums. Unknown numbers of enums come through, for the service to refuse.
//!
//! A message is taken apart by its descriptor, so there is no code for each of them. That costs a
//! second coding for each message, which the gateway can afford.
//!
//! Left to others: paths, envelopes and errors, which are the gateway's.

use prost::bytes::Bytes;
use prost::{DecodeError, Message, Name};
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, MethodDescriptor,
    SerializeOptions,
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

fn write<S: Serializer>(message: &DynamicMessage, serializer: S) -> Result<S::Ok, S::Error> {
    message.serialize_with_options(serializer, &SerializeOptions::new().use_proto_field_name(true))
}

fn read<'de, D: Deserializer<'de>>(
    message: MessageDescriptor,
    deserializer: D,
) -> Result<DynamicMessage, D::Error> {
    let lenient = DeserializeOptions::new().deny_unknown_fields(false);
    DynamicMessage::deserialize_with_options(message, deserializer, &lenient)
}

impl<M: Message + Name> Serialize for Json<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = DynamicMessage::new(descriptor::<M>());
        fields.transcode_from(&self.0).map_err(ser::Error::custom)?;
        write(&fields, serializer)
    }
}

impl<'de, M: Message + Name + Default> Deserialize<'de> for Json<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json<M>, D::Error> {
        let fields = read(descriptor::<M>(), deserializer)?;
        fields.transcode_to().map(Json).map_err(de::Error::custom)
    }
}

/// A method of a service, and what its messages are made of.
#[derive(Clone, Debug)]
pub struct Method(MethodDescriptor);

impl Method {
    /// The method of this name, in the service of that one: `etcdserverpb.KV` has a `Range`.
    pub fn find(service: &str, name: &str) -> Option<Method> {
        let service = DESCRIPTORS.get_service_by_name(service)?;
        service.methods().find(|method| method.name() == name).map(Method)
    }

    /// All methods of all services.
    pub fn all() -> impl Iterator<Item = Method> {
        DESCRIPTORS.services().flat_map(|service| service.methods().collect::<Vec<_>>()).map(Method)
    }

    /// Its service's name.
    pub fn service(&self) -> &str {
        self.0.parent_service().full_name()
    }

    /// Its own.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Is it asked with a stream of requests?
    pub fn takes_many(&self) -> bool {
        self.0.is_client_streaming()
    }

    /// Does it answer with a stream of responses?
    pub fn gives_many(&self) -> bool {
        self.0.is_server_streaming()
    }

    /// Reads a request. This is the message as it travels.
    pub fn request<'de, D: Deserializer<'de>>(&self, json: D) -> Result<Bytes, D::Error> {
        Ok(read(self.0.input(), json)?.encode_to_vec().into())
    }

    /// A response that has travelled, to be written.
    pub fn response(&self, message: Bytes) -> Result<impl Serialize, DecodeError> {
        DynamicMessage::decode(self.0.output(), message).map(Written)
    }
}

/// A message that is written as etcd's JSON.
struct Written(DynamicMessage);

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.0, serializer)
    }
}
