// The rows that a run took from one person to another: whom each described before, after, and now.
//
// mode     read
// param    run           KEY      the run
// returns  source        STRING   the system the row came from
// returns  record_id     STRING   its id there
// returns  person        STRING   whom it described before
// returns  household     STRING   in which household
// returns  went          STRING   whom it described after
// returns  now           STRING   whom it describes now
// returns  named         LIST     "id other" each: the id of that person or household named the other before
// returns  housed        LIST     "person before after" each: whose household changed besides, because of this one's
// calls    POST /v1/identity/runs/{run_id}/undo
/*
:params { run: 'acme/0192' }
*/
MATCH (run:Run {key: $run})-[m:MOVED]->(r:Record)
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
WITH r, m, min(p.person_id) AS now
RETURN r.source AS source, r.record_id AS record_id, m.person AS person, m.household AS household, m.went AS went, now,
       m.named AS named, m.housed AS housed
ORDER BY r.key
