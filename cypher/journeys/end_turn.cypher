// Give the turn to write journeys back.
//
// mode     write
// param    own            KEY      the room that takes turns: journeys
// param    holder         STRING   who had it
// returns  ended          INTEGER  1, or 0 where it was another's by now
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { own: 'acme/journeys', holder: 'w-1' }
*/
MATCH (f:Follower {key: $own})
WHERE f.holder = $holder
SET f.holder = null
RETURN count(f) AS ended
