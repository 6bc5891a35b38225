// The standing judgements about any of these rows, each with all the rows it is about, the oldest first.
//
// mode     read
// param    records       KEYS     the rows: (source, record_id) each
// returns  judgement_id  STRING   the judgement
// returns  verdict       STRING   same or different
// returns  rows          LIST     per row: side, source, record_id, person then, household then
// calls    stormgraph match
/*
:params { records: ['acme/crm/1'] }
*/
UNWIND $records AS own
MATCH (:Record {key: own})<-[:ABOUT]-(j:Judgement)
WHERE j.withdrawn_at IS NULL
WITH DISTINCT j
MATCH (j)-[about:ABOUT]->(r:Record)
WITH j, about, r
ORDER BY j.key, about.side, r.key
WITH j.key AS key, j.judgement_id AS judgement_id, j.verdict AS verdict,
     collect([about.side, r.source, r.record_id, about.person, about.household]) AS rows
RETURN judgement_id, verdict, rows
ORDER BY key
