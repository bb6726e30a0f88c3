// A client of etcd, made of etcd's own client library. It does what its scenarios say at a member, and
// prints what it sees; what is drawn, or of the moment, it does not print. So two members that
// behave alike make it print the same.
//
//	client ENDPOINT[,ENDPOINT...] SCENARIO...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc/status"
)

// However slow the machine is, everything happens before that.
const longest = 60 * time.Second

var scenarios = map[string]func(*scene){
	"kv":          kv,
	"ranges":      ranges,
	"limits":      limits,
	"txn":         txn,
	"compares":    compares,
	"watch":       watch,
	"fragments":   fragments,
	"watchers":    watchers,
	"lease":       lease,
	"expiry":      expiry,
	"mutex":       mutex,
	"election":    election,
	"stm":         stm,
	"recipes":     recipes,
	"wrappers":    wrappers,
	"mirror":      mirrored,
	"leader":      leader,
	"maintenance": maintenance,
	"alarms":      alarms,
	"cluster":     cluster,
	"users":       users,
	"calls":       calls,
	"asked":       asked,
	"branches":    branches,
	"leased":      leased,
	"watched":     watched,
	"asides":      asides,
	"gateway":     gateway,
	"rights":      rights,
	"full":        full,
	"narrow":      narrow,
	"restart":     restart,
	"away":        away,
}

// A scenario that runs.
type scene struct {
	ctx      context.Context
	endpoint string
	client   *clientv3.Client
	// Revisions are printed from here on.
	base int64
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "client ENDPOINT SCENARIO...")
		os.Exit(2)
	}
	for _, name := range os.Args[2:] {
		run, known := scenarios[name]
		if !known {
			fmt.Fprintln(os.Stderr, "there is no scenario", name)
			os.Exit(2)
		}
		play(os.Args[1], name, run)
	}
}

func play(endpoint, name string, run func(*scene)) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	client, err := connect(endpoint, "", "")
	must(err)
	defer client.Close()
	s := &scene{ctx: ctx, endpoint: endpoint, client: client}
	// Members may still refuse what is asked for in their first moments.
	response, err := client.Get(ctx, name)
	must(err)
	s.base = response.Header.Revision
	fmt.Println("#", name)
	run(s)
}

func connect(endpoint, user, password string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{
		Endpoints:   strings.Split(endpoint, ","),
		DialTimeout: longest,
		Username:    user,
		Password:    password,
		Logger:      zap.NewNop(),
	})
}

// Something without which nothing else makes sense.
func must(err error) {
	if err != nil {
		fmt.Println("ended:", err)
		os.Exit(1)
	}
}

// Prints a line.
func (s *scene) say(format string, words ...any) {
	fmt.Printf(format+"\n", words...)
}

// Prints what is wrong, as clients see it.
func (s *scene) fail(what string, err error) {
	s.say("%s: %s", what, fault(err))
}

func fault(err error) string {
	if err == nil {
		return "OK: no error"
	}
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		text = "too late"
	}
	var known rpctypes.EtcdError
	if errors.As(err, &known) {
		return fmt.Sprintf("%v: %s", known.Code(), text)
	}
	return fmt.Sprintf("%v: %s", status.Code(err), text)
}

// A revision from where the scenario began.
func (s *scene) at(revision int64) int64 {
	if revision == 0 {
		return 0
	}
	return revision - s.base
}

func (s *scene) pair(pair *keyValue) string {
	if pair == nil {
		return "-"
	}
	value := string(pair.Value)
	if len(value) > 40 {
		value = fmt.Sprintf("%d bytes", len(value))
	}
	leased := ""
	if pair.Lease != 0 {
		leased = " leased"
	}
	return fmt.Sprintf("%q=%q c%d m%d v%d%s", pair.Key, value, s.at(pair.CreateRevision),
		s.at(pair.ModRevision), pair.Version, leased)
}

func (s *scene) pairs(pairs []*keyValue) string {
	var all []string
	for _, pair := range pairs {
		all = append(all, s.pair(pair))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (s *scene) got(what string, response *clientv3.GetResponse, err error) {
	if err != nil {
		s.fail(what, err)
		return
	}
	s.say("%s: %s count %d more %v at %d", what, s.pairs(response.Kvs), response.Count,
		response.More, s.at(response.Header.Revision))
}

func (s *scene) get(what, key string, options ...clientv3.OpOption) {
	response, err := s.client.Get(s.ctx, key, options...)
	s.got(what, response, err)
}

func (s *scene) put(key, value string, options ...clientv3.OpOption) int64 {
	response, err := s.client.Put(s.ctx, key, value, options...)
	must(err)
	return response.Header.Revision
}
