// Remember what a request was answered with: its status and the id in the answer, never the answer itself.
//
// mode     write
// param    own       KEY      the seal of the Idempotency-Key
// param    claim     STRING   who did it
// param    status    INTEGER  the HTTP status
// param    answer    STRING   the id in the answer; empty where it has none
// returns  settled   INTEGER  1, or 0 where somebody else has it by now
// calls    POST /v1/identity/merge
/*
:params { own: 'acme/5f1c', claim: 'c1', status: 200, answer: '0194' }
*/
MATCH (q:Request {key: $own})
WHERE q.claim = $claim
SET q.state = 'done', q.status = $status, q.answer_id = $answer
RETURN count(q) AS settled
