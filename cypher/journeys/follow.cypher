// Remember how far the journeys have followed.
//
// mode     write
// param    tenant         STRING   whose they are
// param    own            KEY      the room that follows: journeys
// param    room           STRING   the same, as a value
// param    content        MAP      position, run_id, followed_at
// returns  room           STRING   the room
// calls    stormgraph catch-up
// calls    stormgraph serve
/*
:params { tenant: 'acme', own: 'acme/journeys', room: 'journeys', content: { position: '17' } }
*/
MERGE (f:Follower {key: $own})
SET f.tenant = $tenant, f.room = $room, f += $content
RETURN f.room AS room
