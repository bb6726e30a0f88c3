package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// A strand of work that goes on while a member goes and comes.
type strand struct {
	name string
	// So many rounds it does before a member goes, while it is away, and after that.
	least int64
	round func(number int) error
	done  atomic.Int64
}

// Members of which one is killed and comes back. Whoever runs this says when. What is printed is
// what a client may rely on.
func away(s *scene) {
	heard := s.client.Watch(s.ctx, "away/put/", clientv3.WithPrefix(), clientv3.WithRev(s.base+1))
	granted, err := s.client.Grant(s.ctx, 60)
	must(err)
	s.put("away/leased", "here", clientv3.WithLease(granted.ID))
	kept, err := s.client.KeepAlive(s.ctx, granted.ID)
	must(err)
	keep := func(int) error {
		return s.until(func(ctx context.Context) error {
			_, err := s.client.KeepAliveOnce(ctx, granted.ID)
			if errors.Is(err, rpctypes.ErrLeaseNotFound) {
				must(err)
			}
			return err
		})
	}
	put := puts{s: s, acknowledged: map[string]string{}}
	sum := counter{s: s}
	var locked, elected alone
	strands := []*strand{
		{name: "put", least: 20, round: put.round},
		{name: "txn", least: 20, round: sum.round},
		{name: "lease", least: 10, round: keep},
	}
	for at := range 2 {
		lock, election := s.session(), s.session()
		strands = append(strands, &strand{name: "lock", least: 2, round: s.lock(&locked, lock)},
			&strand{name: "election", least: 2, round: s.campaign(&elected, election, at)})
	}
	stops := atomic.Bool{}
	ended := make(chan error, len(strands))
	for _, one := range strands {
		go func() {
			for number := 0; !stops.Load(); number++ {
				if err := one.round(number); err != nil {
					ended <- fmt.Errorf("%s: %w", one.name, err)
					return
				}
				one.done.Add(1)
			}
			ended <- nil
		}()
	}
	for _, said := range []string{"kill it", "start it", "enough"} {
		advance(strands, ended)
		s.next(said)
	}
	stops.Store(true)
	for range strands {
		must(<-ended)
	}
	put.check(heard)
	sum.check()
	s.say("by two at a time: locks %d, elections %d", locked.broken.Load(), elected.broken.Load())
	open := true
	for len(kept) > 0 && open {
		_, open = <-kept
	}
	left, err := s.client.TimeToLive(s.ctx, granted.ID, clientv3.WithAttachedKeys())
	must(err)
	s.say("the lease has time left: %v, is kept: %v, keys %q", left.TTL > 0, open, left.Keys)
}

// Waits until every strand has done its rounds from now on.
func advance(strands []*strand, ended chan error) {
	for _, one := range strands {
		for goal := one.done.Load() + one.least; one.done.Load() < goal; {
			select {
			case err := <-ended:
				must(err)
			case <-time.After(time.Millisecond):
			}
		}
	}
}

// One key after the other, each until it is acknowledged. Whether an attempt that failed was
// carried out is not known.
type puts struct {
	s            *scene
	acknowledged map[string]string
	attempts     int
}

func (p *puts) round(number int) error {
	key := fmt.Sprintf("away/put/%06d", number)
	for {
		p.attempts++
		value := strconv.Itoa(p.attempts)
		_, err := p.s.client.Put(p.s.ctx, key, value)
		if err == nil {
			p.acknowledged[key] = value
			return nil
		}
		if p.s.ctx.Err() != nil {
			return err
		}
	}
}

// Everything that was acknowledged is there, and was told once, in order.
func (p *puts) check(heard clientv3.WatchChan) {
	last := p.s.put("away/put/last", "1")
	found, err := p.s.client.Get(p.s.ctx, "away/put/", clientv3.WithPrefix())
	must(err)
	there, versions := map[string]bool{}, int64(0)
	for _, pair := range found.Kvs {
		there[string(pair.Key)] = true
		versions += pair.Version
	}
	missing, untold, disordered := 0, 0, 0
	told, before, events := map[string]bool{}, int64(0), int64(0)
	for before < last {
		response, open := <-heard
		if !open || response.Err() != nil {
			p.s.say("the watch has ended: %v", response.Err())
			return
		}
		for _, event := range response.Events {
			if event.Kv.ModRevision <= before {
				disordered++
			}
			before = event.Kv.ModRevision
			told[string(event.Kv.Key)+"="+string(event.Kv.Value)] = true
			events++
		}
	}
	for key, value := range p.acknowledged {
		if !there[key] {
			missing++
		}
		if !told[key+"="+value] {
			untold++
		}
	}
	p.s.say("puts: missing %d, not told %d, not in order %d; all were told: %v", missing, untold,
		disordered, events == versions)
}

// A number that grows by one, if it is what it was.
type counter struct {
	s       *scene
	counted int
}

func (c *counter) round(int) error {
	next := strconv.Itoa(c.counted + 1)
	for {
		before := clientv3.Compare(clientv3.Value("away/count"), "=", strconv.Itoa(c.counted))
		if c.counted == 0 {
			before = clientv3.Compare(clientv3.CreateRevision("away/count"), "=", 0)
		}
		response, err := c.s.client.Txn(c.s.ctx).If(before).
			Then(clientv3.OpPut("away/count", next)).Else(clientv3.OpGet("away/count")).Commit()
		if err != nil && c.s.ctx.Err() != nil {
			return err
		}
		if err != nil {
			continue
		}
		if !response.Succeeded {
			// The attempt before was carried out after all.
			pairs := response.Responses[0].GetResponseRange().Kvs
			if len(pairs) != 1 || string(pairs[0].Value) != next {
				return fmt.Errorf("counted to %d, and there is %v", c.counted, pairs)
			}
		}
		c.counted++
		return nil
	}
}

func (c *counter) check() {
	c.s.say("counted: %v", c.s.number("away/count") == c.counted)
}

// What only one may have at a time.
type alone struct {
	inside atomic.Int64
	broken atomic.Int64
}

func (a *alone) enter(s *scene) {
	if a.inside.Add(1) != 1 {
		a.broken.Add(1)
	}
	// Not only for a moment.
	s.client.Get(s.ctx, "away/leased")
	a.inside.Add(-1)
}

// Tries until it works, as long as there is time.
func (s *scene) until(try func(context.Context) error) error {
	for {
		err := try(s.ctx)
		if err == nil || s.ctx.Err() != nil {
			return err
		}
	}
}

func (s *scene) lock(alone *alone, session *concurrency.Session) func(int) error {
	mutex := concurrency.NewMutex(session, "away/lock")
	return func(int) error {
		if err := s.until(mutex.Lock); err != nil {
			return err
		}
		alone.enter(s)
		return s.until(mutex.Unlock)
	}
}

func (s *scene) campaign(alone *alone, session *concurrency.Session, who int) func(int) error {
	return func(number int) error {
		value := fmt.Sprint("candidate ", who, ", ", number)
		election := concurrency.NewElection(session, "away/election")
		stand := func(ctx context.Context) error { return election.Campaign(ctx, value) }
		if err := s.until(stand); err != nil {
			return err
		}
		alone.enter(s)
		// If that fails, it leads on, and stands again.
		election.Resign(s.ctx)
		return nil
	}
}
