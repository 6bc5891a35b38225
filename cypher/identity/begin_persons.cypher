// Give rows that describe nobody a person each, until they are decided on.
//
// mode     write
// param    tenant        STRING   whose they are
// param    now           STRING   now (ISO 8601, UTC)
// param    sent_by       STRING   the key that sent them
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      waiting       KEY      (when it is due, an id of its own)
// row      person        KEY      the new person
// row      person_id     STRING   the same
// returns  persons       INTEGER  how many were made
// calls    POST /v1/records
/*
:params { tenant: 'acme', now: '2026-11-21T12:00:00Z', sent_by: 'k17', rows: [{ record: 'acme/crm/17', waiting: 'acme/2026-11-21T12:00:00Z/0193', person: 'acme/0192', person_id: '0192' }] }
*/
UNWIND $rows AS row
MATCH (r:Record {key: row.record})
WHERE NOT (r)-[:DESCRIBES]->(:Person)
SET r.waiting = row.waiting, r.sent_by = $sent_by
CREATE (p:Person {
  key: row.person, tenant: $tenant, person_id: row.person_id, version: 1, records: 1, confidence: 1.0,
  first_name: r.first_name, last_name: r.last_name, created_at: $now})
CREATE (r)-[:DESCRIBES {since: $now}]->(p)
RETURN count(p) AS persons
