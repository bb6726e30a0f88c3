// Drives bbolt for a figure of the workbook's benchmark, `cargo run --release -p bench -- store` in
// solutions. It does what it is told, line by line, and answers how many nanoseconds that took:
//
//	open FILE       opens it, as etcd does: without a list of free pages
//	end FIRST       20 commits of 1,000 new keys each, from this number on, synced
//	fill COUNT      so many keys, 10,000 a commit
//	random SEED     20 commits of 1,000 keys each that are there, in no order, synced
//	gets SEED       500,000 keys, in no order
//	scan            all keys and values in order
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

const (
	gets    = 500_000
	batch   = 1_000
	commits = 20
)

var (
	value  = make([]byte, 256)
	bucket = []byte("key")
	keys   uint64
)

func key(number uint64) []byte {
	key := make([]byte, 16)
	binary.BigEndian.PutUint64(key, number)
	return key
}

// The same numbers as the other stores get.
func random(seed uint64) func() uint64 {
	state := seed*0x9e3779b97f4a7c15 | 1
	return func() uint64 {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return state % keys
	}
}

func put(db *bolt.DB, count uint64, next func() uint64) error {
	return db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		b.FillPercent = 0.9
		for range count {
			if err := b.Put(key(next()), value); err != nil {
				return err
			}
		}
		return nil
	})
}

func from(first uint64) func() uint64 {
	return func() uint64 { first++; return first - 1 }
}

func run(db *bolt.DB, what string, number uint64) error {
	switch what {
	case "fill":
		keys = number
		next := from(0)
		for range number / 10_000 {
			if err := put(db, 10_000, next); err != nil {
				return err
			}
		}
		return nil
	case "end":
		next := from(number)
		for range commits {
			if err := put(db, batch, next); err != nil {
				return err
			}
		}
		return nil
	case "random":
		for at := range uint64(commits) {
			if err := put(db, batch, random(number+at)); err != nil {
				return err
			}
		}
		return nil
	case "gets":
		return db.View(func(tx *bolt.Tx) error {
			b, next := tx.Bucket(bucket), random(number)
			for range gets {
				if b.Get(key(next())) == nil {
					return fmt.Errorf("a key is missing")
				}
			}
			return nil
		})
	case "scan":
		return db.View(func(tx *bolt.Tx) error {
			bytes := 0
			c := tx.Bucket(bucket).Cursor()
			for k, v := c.First(); k != nil; k, v = c.Next() {
				bytes += len(v) + int(k[len(k)-1]) + int(v[len(v)/2])
			}
			if bytes < len(value)*int(keys) {
				return fmt.Errorf("values are missing: %d bytes", bytes)
			}
			return nil
		})
	}
	return fmt.Errorf("there is no %s", what)
}

func main() {
	var db *bolt.DB
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var what, argument string
		fmt.Sscan(lines.Text(), &what, &argument)
		start := time.Now()
		var err error
		if what == "open" {
			options := bolt.Options{NoFreelistSync: true, FreelistType: bolt.FreelistMapType}
			db, err = bolt.Open(argument, 0o600, &options)
		} else {
			var number uint64
			fmt.Sscan(argument, &number)
			err = run(db, what, number)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
}
