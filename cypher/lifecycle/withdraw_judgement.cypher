// Take a judgement back: it is kept, and no longer counts.
//
// mode     write
// param    judgement     KEY      the judgement
// param    now           STRING   now (ISO 8601, UTC)
// param    actor         STRING   who takes it back
// returns  judgement_id  STRING   its id; no row where it is withdrawn already
// calls    stormgraph match
/*
:params { judgement: 'acme/0193', now: '2026-11-21T12:00:00Z', actor: 'jo' }
*/
MATCH (j:Judgement {key: $judgement})
WHERE j.withdrawn_at IS NULL
SET j.withdrawn_at = $now, j.withdrawn_by = $actor
RETURN j.judgement_id AS judgement_id
