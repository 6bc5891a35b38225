// Whose turn is it to do a write that came with this Idempotency-Key, and what became of it if it was done?
//
// The first who comes has it. One that was begun and never ended, or that is older than we remember, is begun anew.
//
// mode     write
// param    tenant       STRING   whose request it is
// param    own          KEY      the seal of the Idempotency-Key
// param    request      STRING   the same
// param    claim        STRING   who asks for it now, once
// param    fingerprint  STRING   hash of what is asked: method, path, body
// param    now          STRING   now (ISO 8601, UTC)
// param    abandoned    STRING   one that was begun before and has not ended is given up
// param    forgotten    STRING   one that was begun before is not remembered
// returns  mine         BOOLEAN  whether it is the claimer's to do
// returns  fingerprint  STRING   of what was asked first
// returns  state        STRING   running or done
// returns  status       INTEGER  the HTTP status it was answered with, once done
// returns  answer_id    STRING   the id in that answer
// calls    POST /v1/identity/merge
/*
:params { tenant: 'acme', own: 'acme/5f1c', request: '5f1c', claim: 'c1', fingerprint: '9f2c', now: '2026-11-21T12:00:00Z', abandoned: '2026-11-21T11:57:00Z', forgotten: '2026-11-20T12:00:00Z' }
*/
MERGE (q:Request {key: $own})
ON CREATE SET q.tenant = $tenant, q.request_id = $request, q.claim = $claim, q.fingerprint = $fingerprint,
              q.state = 'running', q.claimed_at = $now
SET q.turn = coalesce(q.turn, 0) + 1
WITH q, coalesce(q.claim, '') <> $claim AND (coalesce(q.claimed_at, '') < $forgotten
        OR (coalesce(q.state, '') <> 'done' AND coalesce(q.claimed_at, '') < $abandoned)) AS anew
SET q.claim = CASE WHEN anew THEN $claim ELSE q.claim END,
    q.fingerprint = CASE WHEN anew THEN $fingerprint ELSE q.fingerprint END,
    q.state = CASE WHEN anew THEN 'running' ELSE q.state END,
    q.status = CASE WHEN anew THEN null ELSE q.status END,
    q.answer_id = CASE WHEN anew THEN null ELSE q.answer_id END,
    q.claimed_at = CASE WHEN anew THEN $now ELSE q.claimed_at END
RETURN q.claim = $claim AS mine, q.fingerprint AS fingerprint, q.state AS state, q.status AS status,
       q.answer_id AS answer_id
