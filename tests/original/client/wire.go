package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	_ "go.etcd.io/etcd/server/v3/etcdserver/api/v3election/v3electionpb"
	_ "go.etcd.io/etcd/server/v3/etcdserver/api/v3lock/v3lockpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Requests as they are on the wire, one a line, since the library would not ask all of them:
//
//	Service/Method name:value... {request} {request}... > 3
//
// What stands between the method and the requests are metadata. Bytes are written as "@text", a
// revision from where the scenario began as $3, and what an earlier line saved as $NAME. A line may
// begin with NAME= and then saves the answer's token, lease or key. A stream is read until it has
// said so much, or until it ends if there is no number; with ! the client ends its half first.
type wire struct {
	*scene
	raw   *grpc.ClientConn
	saved map[string]string
}

var (
	names   = regexp.MustCompile(`\$[A-Z]+`)
	numbers = regexp.MustCompile(`\$-?[0-9]+`)
	texts   = regexp.MustCompile(`"@([^"]*)"`)
)

// Asks all lines of a text, and prints what is answered.
func (s *scene) wire(text string) {
	raw, err := grpc.NewClient(s.endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30), grpc.MaxCallSendMsgSize(1<<30)))
	must(err)
	defer raw.Close()
	w := &wire{scene: s, raw: raw, saved: map[string]string{}}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "//") {
			if len(line) < 2000 {
				s.say("%s", line)
			}
			w.ask(line)
		}
	}
}

// What a line says, with all that stands for something else.
func (w *wire) meaning(line string) string {
	line = numbers.ReplaceAllStringFunc(line, func(mark string) string {
		number, err := strconv.ParseInt(mark[1:], 10, 64)
		must(err)
		return fmt.Sprint(w.base + number)
	})
	line = names.ReplaceAllStringFunc(line, func(mark string) string { return w.saved[mark[1:]] })
	return texts.ReplaceAllStringFunc(line, func(text string) string {
		var plain string
		must(json.Unmarshal([]byte(`"`+text[2:]), &plain))
		// A letter is a byte, so that any byte can be written.
		var bytes []byte
		for _, letter := range plain {
			bytes = append(bytes, byte(letter))
		}
		return `"` + base64.StdEncoding.EncodeToString(bytes) + `"`
	})
}

func (w *wire) ask(line string) {
	save, rest, found := strings.Cut(line, "= ")
	if !found || strings.ContainsAny(save, " /{") {
		save, rest = "", line
	}
	rest = w.meaning(rest)
	head, body, _ := strings.Cut(rest, " {")
	words := strings.Fields(head)
	ctx := w.ctx
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, ":")
		ctx = metadata.AppendToOutgoingContext(ctx, name, strings.ReplaceAll(value, "_", " "))
	}
	requests, count, limited := strings.Cut("{"+body, " > ")
	service, method, _ := strings.Cut(words[0], "/")
	described, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		described, err = protoregistry.GlobalFiles.FindDescriptorByName(
			protoreflect.FullName("etcdserverpb." + service))
	}
	if err != nil {
		w.fail("no such service", w.raw.Invoke(ctx, "/"+words[0], &etcdserverpb.PutRequest{},
			&etcdserverpb.PutResponse{}))
		return
	}
	kind := described.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(method))
	path := fmt.Sprintf("/%s/%s", described.FullName(), method)
	if kind == nil {
		w.fail("no such method", w.raw.Invoke(ctx, path, &etcdserverpb.PutRequest{},
			&etcdserverpb.PutResponse{}))
		return
	}
	var messages []proto.Message
	decoder := json.NewDecoder(strings.NewReader(requests))
	for {
		var text json.RawMessage
		if err := decoder.Decode(&text); err != nil {
			break
		}
		message := empty(kind.Input())
		must(protojson.Unmarshal(text, message))
		messages = append(messages, message)
	}
	if kind.IsStreamingClient() || kind.IsStreamingServer() {
		w.stream(ctx, kind, path, messages, count, limited)
		return
	}
	answer := empty(kind.Output())
	if err := w.raw.Invoke(ctx, path, messages[0], answer); err != nil {
		w.say("  %v: %s", status.Code(err), status.Convert(err).Message())
		return
	}
	w.say("  %s", w.shown(answer.ProtoReflect()))
	w.save(save, answer.ProtoReflect())
}

func empty(kind protoreflect.MessageDescriptor) proto.Message {
	found, err := protoregistry.GlobalTypes.FindMessageByName(kind.FullName())
	must(err)
	return found.New().Interface()
}

func (w *wire) save(name string, answer protoreflect.Message) {
	if name == "" {
		return
	}
	for _, field := range []protoreflect.Name{"token", "ID", "key", "member"} {
		found := answer.Descriptor().Fields().ByName(field)
		switch {
		case found == nil:
		case found.Kind() == protoreflect.BytesKind:
			w.saved[name] = base64.StdEncoding.EncodeToString(answer.Get(found).Bytes())
		case found.Kind() == protoreflect.MessageKind:
			member := answer.Get(found).Message()
			id := member.Descriptor().Fields().ByName("ID")
			w.saved[name] = fmt.Sprint(member.Get(id).Interface())
		default:
			w.saved[name] = fmt.Sprint(answer.Get(found).Interface())
		}
	}
}

func (w *wire) stream(ctx context.Context, kind protoreflect.MethodDescriptor, path string,
	messages []proto.Message, count string, limited bool,
) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	description := &grpc.StreamDesc{
		ServerStreams: kind.IsStreamingServer(), ClientStreams: kind.IsStreamingClient(),
	}
	stream, err := w.raw.NewStream(ctx, description, path)
	must(err)
	for _, message := range messages {
		// A stream that is over says so when it is read.
		_ = stream.SendMsg(message)
	}
	closes := strings.HasSuffix(count, "!")
	if !limited || closes || !kind.IsStreamingClient() {
		must(stream.CloseSend())
	}
	most := 1 << 30
	if limited {
		most, err = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(count, "!")))
		must(err)
	}
	for range most {
		answer := empty(kind.Output())
		err := stream.RecvMsg(answer)
		if err == io.EOF {
			w.say("  end")
			return
		}
		if err != nil {
			w.say("  %v: %s", status.Code(err), status.Convert(err).Message())
			return
		}
		w.say("  %s", w.shown(answer.ProtoReflect()))
	}
}

// Fields that are of the moment: that they are there is said, and not what they are.
var momentary = []string{
	"raft_term", "raftTerm", "raftIndex", "raftAppliedIndex", "dbSize", "dbSizeInUse", "token",
	"cluster_id", "member_id", "remaining_bytes", "blob", "hash",
}

// A message, with its fields in order.
func (w *wire) shown(message protoreflect.Message) string {
	var all []string
	var fields []protoreflect.FieldDescriptor
	message.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		fields = append(fields, field)
		return true
	})
	slices.SortFunc(fields, func(one, other protoreflect.FieldDescriptor) int {
		return int(one.Number()) - int(other.Number())
	})
	for _, field := range fields {
		all = append(all, string(field.Name())+":"+w.field(field, message.Get(field)))
	}
	return "{" + strings.Join(all, " ") + "}"
}

func (w *wire) field(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	if field.IsList() {
		list := value.List()
		if list.Len() > 30 {
			return fmt.Sprintf("[%d of them]", list.Len())
		}
		var all []string
		for at := range list.Len() {
			all = append(all, w.one(field, list.Get(at)))
		}
		if field.Name() == "keys" || field.Name() == "leases" {
			slices.Sort(all)
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	if field.IsMap() {
		var all []string
		value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			all = append(all, fmt.Sprintf("%q:%s", key.String(), w.one(field.MapValue(), value)))
			return true
		})
		slices.Sort(all)
		return "[" + strings.Join(all, ", ") + "]"
	}
	return w.one(field, value)
}

func (w *wire) one(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	name := string(field.Name())
	if slices.Contains(momentary, name) {
		return "…"
	}
	switch field.Kind() {
	case protoreflect.MessageKind:
		return w.shown(value.Message())
	case protoreflect.BytesKind:
		bytes := value.Bytes()
		if len(bytes) > 100 {
			return fmt.Sprintf("%d bytes", len(bytes))
		}
		return fmt.Sprintf("%q", bytes)
	case protoreflect.Int64Kind:
		number := value.Int()
		if strings.HasSuffix(name, "evision") && number > 0 {
			return fmt.Sprintf("$%d", w.at(number))
		}
		if slices.Contains([]string{"ID", "lease"}, name) && (number > 1<<40) {
			return "drawn"
		}
		if name == "TTL" && number > 2 && field.Parent().Name() == "LeaseTimeToLiveResponse" {
			return "near"
		}
		return fmt.Sprint(number)
	default:
		// How many spaces there are in some texts, the library draws when it is built.
		text := strings.Join(strings.Fields(fmt.Sprint(value.Interface())), " ")
		return strings.ReplaceAll(text, w.endpoint, "ENDPOINT")
	}
}

// Puts a value of so many bytes, however long a message the library would send.
func (s *scene) raw(path string, size int) error {
	raw, err := grpc.NewClient(s.endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(1<<30)))
	must(err)
	defer raw.Close()
	request := &etcdserverpb.PutRequest{Key: []byte("r"), Value: make([]byte, size)}
	return raw.Invoke(s.ctx, path, request, &etcdserverpb.PutResponse{})
}

// The same at a stream, of which the requests are others.
func (s *scene) rawStream(path string, size int) error {
	raw, err := grpc.NewClient(s.endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(1<<30)))
	must(err)
	defer raw.Close()
	description := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	stream, err := raw.NewStream(s.ctx, description, path)
	must(err)
	_ = stream.SendMsg(&etcdserverpb.PutRequest{Key: []byte("r"), Value: make([]byte, size)})
	return stream.RecvMsg(&etcdserverpb.PutResponse{})
}
