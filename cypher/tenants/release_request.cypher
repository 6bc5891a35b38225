// Give up a request that was refused before anything was written, so that it may be sent again.
//
// mode     write
// param    own       KEY      the seal of the Idempotency-Key
// param    claim     STRING   who had it
// returns  released  INTEGER  1, or 0 where somebody else has it by now
// calls    POST /v1/identity/merge
/*
:params { own: 'acme/5f1c', claim: 'c1' }
*/
MATCH (q:Request {key: $own})
WHERE q.claim = $claim
DELETE q
RETURN count(*) AS released
