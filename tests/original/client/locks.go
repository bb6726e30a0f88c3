package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	recipe "go.etcd.io/etcd/client/v3/experimental/recipes"
)

func (s *scene) session() *concurrency.Session {
	session, err := concurrency.NewSession(s.client, concurrency.WithTTL(30))
	must(err)
	return session
}

// Runs so many at once, and waits for all.
func all(count int, run func(at int)) {
	var wait sync.WaitGroup
	for at := range count {
		wait.Go(func() { run(at) })
	}
	wait.Wait()
}

func (s *scene) number(key string) int {
	response, err := s.client.Get(s.ctx, key)
	must(err)
	if len(response.Kvs) == 0 {
		return 0
	}
	number, err := strconv.Atoi(string(response.Kvs[0].Value))
	must(err)
	return number
}

// Waits until so many keys begin with this.
func (s *scene) wait(prefix string, count int64) {
	response, err := s.client.Get(s.ctx, prefix, clientv3.WithPrefix())
	must(err)
	if response.Count == count {
		return
	}
	heard := s.client.Watch(s.ctx, prefix, clientv3.WithPrefix(),
		clientv3.WithRev(response.Header.Revision+1))
	for now := response.Count; now != count; {
		for _, event := range (<-heard).Events {
			if event.IsCreate() {
				now++
			} else if event.Type == clientv3.EventTypeDelete {
				now--
			}
		}
	}
}

func mutex(s *scene) {
	const count, rounds = 8, 6
	all(count, func(int) {
		session := s.session()
		defer session.Close()
		mutex := concurrency.NewMutex(session, "mutex/lock")
		for range rounds {
			must(mutex.Lock(s.ctx))
			// Not at once, so that whoever is not alone loses something.
			s.put("mutex/count", strconv.Itoa(s.number("mutex/count")+1))
			must(mutex.Unlock(s.ctx))
		}
	})
	s.say("%d of %d", s.number("mutex/count"), count*rounds)

	one, other := s.session(), s.session()
	mutex, second := concurrency.NewMutex(one, "mutex/two"), concurrency.NewMutex(other, "mutex/two")
	must(mutex.TryLock(s.ctx))
	s.say("tried: %v", second.TryLock(s.ctx))
	owned := func(mutex *concurrency.Mutex) bool {
		response, err := s.client.Txn(s.ctx).If(mutex.IsOwner()).Commit()
		must(err)
		return response.Succeeded
	}
	s.say("owners: %v %v", owned(mutex), owned(second))
	locked := make(chan error)
	go func() { locked <- second.Lock(s.ctx) }()
	s.wait("mutex/two/", 2)
	// A session that ends lets go of everything.
	must(one.Close())
	s.say("locked: %v", <-locked)
	s.say("owners: %v %v", owned(mutex), owned(second))
	s.say("unlocked: %v", second.Unlock(s.ctx))
	s.say("unlocked again: %v", second.Unlock(s.ctx))
	<-one.Done()
	must(other.Close())
	s.wait("mutex/two/", 0)
}

func election(s *scene) {
	const count = 3
	ctx, cancel := context.WithCancel(s.ctx)
	watcher := s.session()
	observed := concurrency.NewElection(watcher, "election").Observe(ctx)
	var sessions []*concurrency.Session
	var elections []*concurrency.Election
	won := make(chan int, count)
	for at := range count {
		sessions = append(sessions, s.session())
		elections = append(elections, concurrency.NewElection(sessions[at], "election"))
		go func() {
			if elections[at].Campaign(s.ctx, fmt.Sprint("candidate ", at)) == nil {
				won <- at
			}
		}()
		// One after the other, so that it is known who is next.
		s.wait("election/", int64(at+1))
	}
	leads := func() {
		response, err := elections[2].Leader(s.ctx)
		if err != nil {
			s.say("leader: %v", err)
			return
		}
		s.say("leader: %s", response.Kvs[0].Value)
	}
	see := func() { s.say("observed: %s", (<-observed).Kvs[0].Value) }
	s.say("won: %d", <-won)
	leads()
	see()
	must(elections[0].Proclaim(s.ctx, "still 0"))
	leads()
	see()
	must(elections[0].Resign(s.ctx))
	s.say("won: %d", <-won)
	leads()
	see()
	s.say("who does not lead: %v", elections[0].Proclaim(s.ctx, "again"))
	must(sessions[1].Close())
	s.say("won: %d", <-won)
	leads()
	see()
	again := concurrency.ResumeElection(sessions[2], "election", elections[2].Key(), elections[2].Rev())
	must(again.Proclaim(s.ctx, "resumed"))
	leads()
	see()
	must(again.Resign(s.ctx))
	leads()
	cancel()
	for range observed {
	}
	for _, session := range append(sessions, watcher) {
		session.Close()
	}
	s.wait("election/", 0)
}

func stm(s *scene) {
	const count, rounds, accounts, each = 5, 6, 4, 100
	levels := []concurrency.Isolation{concurrency.SerializableSnapshot, concurrency.Serializable,
		concurrency.RepeatableReads, concurrency.ReadCommitted}
	for at, level := range levels {
		key := func(number int) string { return fmt.Sprintf("stm/%d/%d", at, number) }
		for account := range accounts {
			s.put(key(account), strconv.Itoa(each))
		}
		move := func(from, to string) func(concurrency.STM) error {
			return func(stm concurrency.STM) error {
				before, err := strconv.Atoi(stm.Get(from))
				must(err)
				after, err := strconv.Atoi(stm.Get(to))
				must(err)
				stm.Put(from, strconv.Itoa(before-1))
				stm.Put(to, strconv.Itoa(after+1))
				return nil
			}
		}
		runners := count
		if level == concurrency.ReadCommitted {
			// It does not see what others wrote meanwhile.
			runners = 1
		}
		all(runners, func(runner int) {
			for round := range rounds {
				from, to := key((runner+round)%accounts), key((runner+round*2+1)%accounts)
				if from == to {
					continue
				}
				_, err := concurrency.NewSTM(s.client, move(from, to), concurrency.WithIsolation(level),
					concurrency.WithAbortContext(s.ctx), concurrency.WithPrefetch(from, to))
				must(err)
			}
		})
		sum, line := 0, ""
		for account := range accounts {
			sum += s.number(key(account))
			line += fmt.Sprint(s.number(key(account)), " ")
		}
		s.say("level %d: %s= %d", level, line, sum)
	}
	_, err := concurrency.NewSTM(s.client, func(stm concurrency.STM) error {
		stm.Put("stm/never", "1")
		return fmt.Errorf("given up")
	})
	s.say("given up: %v", err)
	s.get("given up", "stm/never")
	_, err = concurrency.NewSTM(s.client, func(stm concurrency.STM) error {
		stm.Put("stm/a", "1")
		stm.Put("stm/b", stm.Get("stm/a")+"2")
		stm.Del("stm/a")
		return nil
	})
	must(err)
	s.get("own writes", "stm/a", clientv3.WithRange("stm/c"), clientv3.WithCountOnly())
}

func recipes(s *scene) {
	queue := recipe.NewQueue(s.client, "recipes/queue")
	ranked := recipe.NewPriorityQueue(s.client, "recipes/ranked")
	for at := range 4 {
		must(queue.Enqueue(fmt.Sprint("item ", at)))
		must(ranked.Enqueue(fmt.Sprint("item ", at), uint16(9-at*3%5)))
	}
	for range 4 {
		first, err := queue.Dequeue()
		must(err)
		most, err := ranked.Dequeue()
		must(err)
		s.say("%s, %s", first, most)
	}
	taken := make(chan string)
	go func() {
		item, err := queue.Dequeue()
		must(err)
		taken <- item
	}()
	must(queue.Enqueue("waited for"))
	s.say("%s", <-taken)

	barrier := recipe.NewBarrier(s.client, "recipes/barrier")
	must(barrier.Hold())
	s.say("held again: %v", barrier.Hold())
	go func() {
		must(barrier.Wait())
		taken <- "released"
	}()
	must(barrier.Release())
	s.say("%s", <-taken)

	all(4, func(int) {
		session := s.session()
		defer session.Close()
		both := recipe.NewDoubleBarrier(session, "recipes/both", 4)
		must(both.Enter())
		must(both.Leave())
	})
	s.say("all in, and all out")
	all(6, func(at int) {
		session := s.session()
		defer session.Close()
		lock := recipe.NewRWMutex(session, "recipes/shared")
		if at%2 == 0 {
			must(lock.RLock())
			s.number("recipes/shared-count")
			must(lock.RUnlock())
			return
		}
		must(lock.Lock())
		s.put("recipes/shared-count", strconv.Itoa(s.number("recipes/shared-count")+1))
		must(lock.Unlock())
	})
	s.say("written by %d", s.number("recipes/shared-count"))
}
