// Take a turn at rows, so that two who find the same newcomer do not both make it a person; says whom they describe.
//
// mode     write
// param    records       KEYS     the rows: (source, record_id) each, in order
// returns  turns          INTEGER  how many rows there are
// returns  described      LIST     source, record_id and person_id of each that describes somebody
// calls    stormgraph match
/*
:params { records: ['acme/crm/17'] }
*/
UNWIND $records AS own
MATCH (r:Record {key: own})
SET r.turn = coalesce(r.turn, 0) + 1
WITH r
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
WITH r, p
ORDER BY r.key, p.key
RETURN count(DISTINCT r) AS turns,
       collect(CASE WHEN p IS NULL THEN null ELSE [r.source, r.record_id, p.person_id] END) AS described
