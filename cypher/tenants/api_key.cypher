// What one API key may do, and the seal that its secret must fit.
//
// mode     read
// control
// param    own         KEY      the key's public id
// returns  key_id      STRING   the same
// returns  seal        STRING   HMAC-SHA256 of the secret
// returns  scopes      LIST     what it may do
// returns  revoked_at  STRING   when it stopped opening anything; null while it opens
// returns  expires_at  STRING   when it stops by itself; null where it does not
// calls    every route that asks for a key
/*
:params { own: 'acme/k7' }
*/
MATCH (k:ApiKey {key: $own})
RETURN k.key_id AS key_id, k.seal AS seal, k.scopes AS scopes, k.revoked_at AS revoked_at,
       k.expires_at AS expires_at
