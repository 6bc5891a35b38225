// Whose turn it is to write journeys.
//
// mode     read
// param    own            KEY      the room that takes turns: journeys
// returns  holder         STRING   the writer; null while it is nobody's
// returns  held_until     STRING   when the turn is over, should its holder be gone by then
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { own: 'acme/journeys' }
*/
MATCH (f:Follower {key: $own})
RETURN f.holder AS holder, f.held_until AS held_until
