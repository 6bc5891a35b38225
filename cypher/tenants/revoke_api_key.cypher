// Stop an API key from opening anything; the first revocation counts. No row: there is no such key.
//
// mode     write
// control
// param    own         KEY      the key's public id
// param    now         STRING   now (ISO 8601, UTC)
// returns  key_id      STRING   its public id
// returns  revoked_at  STRING   when it stopped
// calls    stormgraph keys revoke
/*
:params { own: 'acme/k7', now: '2026-11-21T12:00:00Z' }
*/
MATCH (k:ApiKey {key: $own})
SET k.revoked_at = coalesce(k.revoked_at, $now)
RETURN k.key_id AS key_id, k.revoked_at AS revoked_at
