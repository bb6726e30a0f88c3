package main

import (
	"context"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Who may do what. It begins and ends with a member that asks nobody who he is.
func users(s *scene) {
	none := clientv3.PermissionType(9)
	read, write := clientv3.PermissionType(clientv3.PermRead), clientv3.PermissionType(clientv3.PermWrite)
	both := clientv3.PermissionType(clientv3.PermReadWrite)
	end := clientv3.GetPrefixRangeEnd("users/")
	first := func(what string, _ any, err error) { s.fail(what, err) }
	call := func(what string) func(any, error) { return func(_ any, err error) { first(what, nil, err) } }
	c, ctx := s.client, s.ctx

	_, err := c.RoleAdd(ctx, "reader")
	call("role")(nil, err)
	for _, grant := range []struct {
		role, key, end string
		kind           clientv3.PermissionType
	}{
		{"reader", "users/", end, read}, {"reader", "users/own", "", both}, {"nobody", "a", "", read},
		{"reader", "b", "a", write}, {"reader", "x", "\x00", write}, {"reader", "", "x", read},
		{"reader", "odd", "", none},
	} {
		_, err = c.RoleGrantPermission(ctx, grant.role, grant.key, grant.end, grant.kind)
		call("grant "+grant.role+" "+grant.key)(nil, err)
	}
	role, err := c.RoleGet(ctx, "reader")
	must(err)
	for _, one := range role.Perm {
		s.say("permission: %v %q %q", one.PermType, one.Key, one.RangeEnd)
	}
	_, err = c.AuthEnable(ctx)
	call("enable without root")(nil, err)
	for _, name := range []string{"root", "anna", "ben", ""} {
		_, err = c.UserAdd(ctx, name, "pass of "+name)
		call("user "+name)(nil, err)
	}
	_, err = c.UserAddWithOptions(ctx, "carl", "", &clientv3.UserAddOptions{NoPassword: true})
	call("user without a password")(nil, err)
	_, err = c.UserGrantRole(ctx, "anna", "reader")
	call("grant role")(nil, err)
	_, err = c.AuthEnable(ctx)
	call("enable with root, who has no role")(nil, err)
	_, err = c.RoleAdd(ctx, "root")
	call("role root")(nil, err)
	_, err = c.UserGrantRole(ctx, "root", "root")
	call("grant root")(nil, err)
	_, err = c.Authenticate(ctx, "anna", "pass of anna")
	call("authenticate, not enabled")(nil, err)
	_, err = c.AuthEnable(ctx)
	call("enable")(nil, err)

	_, err = c.Get(ctx, "users/")
	call("nobody")(nil, err)
	for _, pair := range [][2]string{
		{"anna", "wrong"}, {"nobody", "x"}, {"carl", "x"}, {"carl", ""}, {"anna", ""}, {"", "x"},
	} {
		_, err = c.Authenticate(ctx, pair[0], pair[1])
		call("authenticate "+strings.Join(pair[:], " "))(nil, err)
	}
	_, err = connect(s.endpoint, "anna", "wrong")
	call("connect")(nil, err)
	s.signedIn(none)
	status, err := c.AuthStatus(ctx)
	must(err)
	s.say("enabled %v", status.Enabled)
	s.get("open again", "users/", clientv3.WithPrefix())
}

func (s *scene) signedIn(none clientv3.PermissionType) {
	ctx := s.ctx
	root, err := connect(s.endpoint, "root", "pass of root")
	must(err)
	defer root.Close()
	anna, err := connect(s.endpoint, "anna", "pass of anna")
	must(err)
	defer anna.Close()
	both := clientv3.PermissionType(clientv3.PermReadWrite)
	for _, key := range []string{"users/a", "users/own", "elsewhere"} {
		_, err := anna.Put(ctx, key, "anna's")
		s.fail("anna puts "+key, err)
		_, err = anna.Get(ctx, key)
		s.fail("anna gets "+key, err)
		_, err = root.Put(ctx, key, "root's")
		s.fail("root puts "+key, err)
	}
	response, err := anna.Get(ctx, "users/", clientv3.WithPrefix())
	s.got("anna", response, err)
	_, err = anna.Get(ctx, "users/", clientv3.WithFromKey())
	s.fail("anna, more than she may", err)
	_, err = anna.Txn(ctx).Then(clientv3.OpGet("users/a"), clientv3.OpPut("users/a", "x")).Commit()
	s.fail("anna's transaction", err)
	_, err = anna.MemberList(ctx)
	s.fail("anna's members", err)
	_, err = anna.Status(ctx, s.endpoint)
	s.fail("anna's status", err)
	_, err = anna.Compact(ctx, s.base)
	s.fail("anna compacts", err)
	_, err = anna.UserList(ctx)
	s.fail("anna's users", err)
	_, err = anna.RoleGet(ctx, "reader")
	s.fail("anna's role", err)

	watching, cancel := context.WithCancel(ctx)
	heard := anna.Watch(watching, "users/own", clientv3.WithCreatedNotify())
	s.say("watch: %v", (<-heard).Created)
	refused := <-anna.Watch(watching, "elsewhere")
	s.say("watch elsewhere: %v %v", refused.Canceled, refused.Err())

	// What a user may is looked at anew with each request, whenever it changes.
	_, err = root.RoleAdd(ctx, "writer")
	must(err)
	_, err = root.RoleGrantPermission(ctx, "writer", "elsewhere", "", both)
	must(err)
	_, err = root.UserGrantRole(ctx, "anna", "writer")
	must(err)
	_, err = anna.Put(ctx, "elsewhere", "anna's now")
	s.fail("anna may now", err)
	_, err = root.Put(ctx, "users/own", "for the watch")
	must(err)
	s.hear("watch", heard, 1)
	cancel()
	_, err = root.UserRevokeRole(ctx, "anna", "writer")
	must(err)
	_, err = anna.Put(ctx, "elsewhere", "anna's no more")
	s.fail("anna may not any more", err)

	// A lease with a key that she may not write is not hers to end.
	granted, err := anna.Grant(ctx, 500)
	s.fail("anna's lease", err)
	_, err = root.Put(ctx, "elsewhere", "leased", clientv3.WithLease(granted.ID))
	must(err)
	_, err = anna.Revoke(ctx, granted.ID)
	s.fail("anna revokes", err)
	_, err = anna.TimeToLive(ctx, granted.ID, clientv3.WithAttachedKeys())
	s.fail("anna looks at its keys", err)
	_, err = anna.Put(ctx, "users/own", "leased", clientv3.WithLease(granted.ID))
	s.fail("anna puts with it", err)
	_, err = anna.KeepAliveOnce(ctx, granted.ID)
	s.fail("anna keeps it", err)
	_, err = root.Revoke(ctx, granted.ID)
	s.fail("root revokes", err)

	// Tokens end when auth is switched off; with a name and a password the client gets another.
	_, err = root.AuthDisable(ctx)
	must(err)
	_, err = anna.Put(ctx, "users/a", "while it is off")
	s.fail("off", err)
	_, err = s.client.AuthEnable(ctx)
	must(err)
	_, err = anna.Get(ctx, "users/own")
	s.fail("anna, once more", err)
	_, err = root.UserChangePassword(ctx, "anna", "another")
	must(err)
	_, err = anna.Get(ctx, "users/own")
	s.fail("anna, whose password has changed", err)
	_, err = root.UserDelete(ctx, "anna")
	must(err)
	_, err = anna.Get(ctx, "users/own")
	s.fail("anna, who is gone", err)
	_, err = root.UserDelete(ctx, "root")
	s.fail("root deletes himself", err)
	users, err := root.UserList(ctx)
	must(err)
	s.say("users: %v", users.Users)
	_, err = root.AuthDisable(ctx)
	must(err)
}
