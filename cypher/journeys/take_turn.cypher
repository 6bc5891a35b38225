// Take the turn to write journeys, if nobody else has it; writers that wait for each other lose less than those that collide.
//
// mode     write
// param    tenant         STRING   whose they are
// param    own            KEY      the room that takes turns: journeys
// param    room           STRING   the same, as a value
// param    holder         STRING   who asks
// param    now            STRING   now (ISO 8601, UTC)
// param    until          STRING   when the turn is over, should its holder be gone by then
// returns  holder         STRING   who asked; no row while it is another's turn
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', own: 'acme/journeys', room: 'journeys', holder: 'w-1', now: '2026-11-21T12:00:00.000Z', until: '2026-11-21T12:00:20.000Z' }
*/
MERGE (f:Follower {key: $own})
ON CREATE SET f.tenant = $tenant, f.room = $room
SET f.turns = coalesce(f.turns, 0) + 1
WITH f
WHERE f.holder IS NULL OR f.holder = $holder OR f.held_until < $now
SET f.holder = $holder, f.held_until = $until
RETURN f.holder AS holder
