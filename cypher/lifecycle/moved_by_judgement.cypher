// The rows that a judgement moved though it is not about them, and that still are where it put them.
//
// mode     read
// param    judgement     KEY      the judgement
// returns  source        STRING   the system the row came from
// returns  record_id     STRING   its id there
// returns  person        STRING   the person that it described before
// returns  household     STRING   the household of that person then
// calls    POST /v1/identity/undo/{change_id}
/*
:params { judgement: 'acme/0193' }
*/
MATCH (j:Judgement {key: $judgement})-[m:MOVED]->(r:Record)-[:DESCRIBES]->(p:Person)
WHERE p.person_id = m.went
RETURN r.source AS source, r.record_id AS record_id, m.person AS person, m.household AS household
ORDER BY r.key
