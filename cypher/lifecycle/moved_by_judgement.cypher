// The rows that a judgement moved though it is not about them: whom each described before, after, and now.
//
// mode     read
// param    judgement     KEY      the judgement
// returns  source        STRING   the system the row came from
// returns  record_id     STRING   its id there
// returns  person        STRING   whom it described before
// returns  household     STRING   in which household
// returns  went          STRING   whom it described after
// returns  now           STRING   whom it describes now
// calls    POST /v1/identity/undo/{change_id}
/*
:params { judgement: 'acme/0193' }
*/
MATCH (j:Judgement {key: $judgement})-[m:MOVED]->(r:Record)
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
WITH r, m, min(p.person_id) AS now
RETURN r.source AS source, r.record_id AS record_id, m.person AS person, m.household AS household, m.went AS went, now
ORDER BY r.key
