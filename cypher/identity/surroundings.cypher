// These rows, those of the persons they describe, and those that match any of these: what matching reads of each, whom it
// matches, whether it was judged.
//
// mode     read
// param    records       KEYS     the rows: (source, record_id) each
// param    known         KEYS     rows that are not told, because they were before
// param    reach         FLOAT    the least weight of a match, in bits
// returns  rows          BAG      per row: source, record_id, scope, seen_at, first_name, middle_name, last_name, suffix, date_of_birth, sex, email, phone, street_address, unit, city, state, zip, device_id, cookie_id, crm_id, property_id, extras, person_id, household_id; then its matches (source, record_id, weight of each) and how many judgements stand about it
// calls    POST /v1/records
/*
:params { records: ['acme/crm/17'], known: [], reach: -3.0 }
*/
UNWIND $records AS own
MATCH (seed:Record {key: own})
OPTIONAL MATCH (seed)-[:DESCRIBES]->(:Person)<-[:DESCRIBES]-(mate:Record)
WITH collect(DISTINCT seed) + collect(DISTINCT mate) AS near
UNWIND near AS one
WITH DISTINCT one
OPTIONAL MATCH (one)-[x:MATCHES]-(far:Record)
WHERE x.weight >= $reach
WITH collect(DISTINCT one) + collect(DISTINCT far) AS found
UNWIND found AS r
WITH DISTINCT r
WHERE NOT r.key IN $known
OPTIONAL MATCH (r)-[m:MATCHES]-(other:Record)
WHERE m.weight >= $reach
WITH r, collect(CASE WHEN other IS NULL THEN null ELSE [other.source, other.record_id, m.weight] END) AS matches
OPTIONAL MATCH (r)<-[:ABOUT]-(j:Judgement)
WHERE j.withdrawn_at IS NULL
WITH r, matches, count(DISTINCT j) AS judged
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
RETURN collect([r.source, r.record_id, r.scope, r.seen_at, r.first_name, r.middle_name, r.last_name, r.suffix,
              r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
              r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras, p.person_id, p.household_id, matches, judged]) AS rows
