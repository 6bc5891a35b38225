// Take a turn at persons, so that nobody else changes them meanwhile; says what they are then.
//
// mode     write
// param    persons       KEYS     the persons, in the order of their ids
// returns  person_id      STRING   the person
// returns  version        INTEGER  grows by one with every change
// returns  records        INTEGER  how many rows describe it
// returns  confidence     FLOAT    how sure the weakest join is, 0 to 1
// returns  household_id   STRING   its present household
// returns  first_name     STRING   the name most rows carry
// returns  last_name      STRING   the family name most rows carry
// returns  alias_of       STRING   the person it was merged into
// returns  also           LIST     the other persons its rows went to
// returns  rows           LIST     source and record_id of each row that describes it
// calls    stormgraph match
/*
:params { persons: ['acme/0192'] }
*/
UNWIND $persons AS own
MATCH (p:Person {key: own})
SET p.turn = coalesce(p.turn, 0) + 1
WITH p
OPTIONAL MATCH (p)<-[:DESCRIBES]-(r:Record)
WITH p, r
ORDER BY p.key, r.key
WITH p, collect(CASE WHEN r IS NULL THEN null ELSE [r.source, r.record_id] END) AS rows
RETURN p.person_id AS person_id, p.version AS version, p.records AS records, p.confidence AS confidence,
       p.household_id AS household_id, p.first_name AS first_name, p.last_name AS last_name, p.alias_of AS alias_of,
       p.also AS also, rows
ORDER BY p.key
