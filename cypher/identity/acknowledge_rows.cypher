// Keep rows that are not there yet, each with a person of its own until it is decided on; a row that is there is refused.
//
// An identifier that leads to somebody goes on leading there; one that leads to nobody leads to the new person at once.
//
// mode     write
// param    tenant        STRING   whose they are
// param    now           STRING   now (ISO 8601, UTC)
// param    sent_by       STRING   the key that sent them
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      content       MAP      canonical fields, those it has
// row      content_hash  STRING   hash of the content
// row      blocks        MAP      block_1 to block_4, whole keys or null, and blocked_by
// row      waiting       KEY      (when it is due, an id of its own)
// row      person        KEY      the new person
// row      person_id     STRING   the same
// row      carried       ROWS     the identifiers that the row carries, each once
// row      carried.identifier  KEY  (kind, scope, value)
// row      carried.kind   STRING  email, phone, ...
// row      carried.scope  STRING  the system whose id it is, or empty
// row      carried.value  STRING  the normalised value
// row      carried.field  STRING  which field carried it
// row      carried.leads  BOOLEAN whether it is to lead to this row's person, if it leads to nobody: true for one row of those that carry it
// returns  leads_written INTEGER  how many identifiers lead to the new persons
// calls    POST /v1/records
/*
:params { tenant: 'acme', now: '2026-11-21T12:00:00Z', sent_by: 'k17', rows: [{ record: 'acme/crm/17', content: { source: 'crm', record_id: '17', email: 'jane@example.com' }, content_hash: 'a1', blocks: { block_1: 'acme/0a1b', blocked_by: '7f3a' }, waiting: 'acme/2026-11-21T12:00:00Z/0193', person: 'acme/0192', person_id: '0192', carried: [{ identifier: 'acme/email//jane@example.com', kind: 'email', scope: '', value: 'jane@example.com', field: 'email', leads: true }] }] }
*/
UNWIND $rows AS row
CREATE (r:Record {
  key: row.record, tenant: $tenant, version: 1, content_hash: row.content_hash, ingested_at: $now,
  source: row.content.source, record_id: row.content.record_id, scope: row.content.scope, seen_at: row.content.seen_at,
  first_name: row.content.first_name, middle_name: row.content.middle_name, last_name: row.content.last_name,
  suffix: row.content.suffix, date_of_birth: row.content.date_of_birth, sex: row.content.sex,
  email: row.content.email, phone: row.content.phone, street_address: row.content.street_address,
  unit: row.content.unit, city: row.content.city, state: row.content.state, zip: row.content.zip,
  device_id: row.content.device_id, cookie_id: row.content.cookie_id, crm_id: row.content.crm_id,
  property_id: row.content.property_id, extras: row.content.extras,
  block_1: row.blocks.block_1, block_2: row.blocks.block_2, block_3: row.blocks.block_3, block_4: row.blocks.block_4,
  blocked_by: row.blocks.blocked_by, waiting: row.waiting, sent_by: $sent_by})
CREATE (p:Person {
  key: row.person, tenant: $tenant, person_id: row.person_id, version: 1, records: 1, confidence: 1.0,
  first_name: row.content.first_name, last_name: row.content.last_name, created_at: $now})
CREATE (r)-[:DESCRIBES {since: $now}]->(p)
WITH r, p, row
UNWIND row.carried AS one
MERGE (i:Identifier {key: one.identifier})
ON CREATE SET i.tenant = $tenant, i.kind = one.kind, i.scope = one.scope, i.value = one.value
CREATE (r)-[:HAS {field: one.field}]->(i)
WITH p, row, one, i
WHERE one.leads AND NOT (i)-[:IDENTIFIES]->(:Person)
CREATE (i)-[e:IDENTIFIES {strength: 1.0, records: 1, last_seen: row.content.seen_at}]->(p)
RETURN count(e) AS leads_written
