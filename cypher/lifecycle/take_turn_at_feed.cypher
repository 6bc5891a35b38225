// Take a turn at the feed of changes, so that nobody else gives out places meanwhile; says how many have theirs.
//
// mode     write
// param    tenant        STRING   whose it is
// param    feed          KEY      the feed: changes
// returns  last          INTEGER  how many changes have their place
// calls    GET /v1/identity/changes
/*
:params { tenant: 'acme', feed: 'acme/changes' }
*/
MERGE (f:Feed {key: $feed})
SET f.tenant = $tenant, f.feed_id = 'changes', f.last = coalesce(f.last, 0)
RETURN f.last AS last
