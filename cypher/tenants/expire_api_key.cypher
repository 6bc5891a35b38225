// Let an API key stop by itself at some moment, sooner than it would have; never later. No row: there is no such key.
//
// mode     write
// control
// param    own         KEY      the key's public id
// param    at          STRING   when (ISO 8601, UTC)
// returns  key_id      STRING   its public id
// returns  expires_at  STRING   when it stops
// calls    stormgraph keys rotate
/*
:params { own: 'acme/k7', at: '2026-11-22T12:00:00Z' }
*/
MATCH (k:ApiKey {key: $own})
SET k.expires_at = CASE WHEN k.expires_at < $at THEN k.expires_at ELSE $at END
RETURN k.key_id AS key_id, k.expires_at AS expires_at
