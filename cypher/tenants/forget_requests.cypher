// Forget writes that came with an Idempotency-Key so long ago that the key means nothing any more.
//
// mode     write
// param    tenant     STRING   whose they are
// param    before     STRING   those claimed before this moment (ISO 8601, UTC)
// param    limit      INTEGER =1000 how many at most
// returns  forgotten  INTEGER  how many went
// calls    stormgraph serve
/*
:params { tenant: 'acme', before: '2026-11-19T12:00:00Z', limit: 1000 }
*/
MATCH (q:Request)
WHERE q.tenant = $tenant AND q.claimed_at < $before
WITH q
ORDER BY q.key
LIMIT $limit
SET q.turn = coalesce(q.turn, 0) + 1
WITH q
WHERE q.claimed_at < $before
DELETE q
RETURN count(*) AS forgotten
