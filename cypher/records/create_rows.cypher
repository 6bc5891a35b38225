// Keep standardised rows that are not there yet, with the identifiers they carry; a row that is there already is refused.
//
// Written property by property: the engine stores each node once, where `SET r += row.content` stores it twice.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      content       MAP      canonical fields, those it has
// row      content_hash  STRING   hash of the content
// row      ingested_at   STRING   now (ISO 8601, UTC)
// row      carried       ROWS     the identifiers that the row carries, each once
// row      carried.identifier  KEY  (kind, scope, value)
// row      carried.kind   STRING  email, phone, ...
// row      carried.scope  STRING  the system whose id it is, or empty
// row      carried.value  STRING  the normalised value
// row      carried.field  STRING  which field carried it
// returns  edges_written INTEGER  how many identifiers the rows carry
// calls    stormgraph ingest
/*
:params { tenant: 'acme', rows: [{ record: 'acme/crm/17', content: { source: 'crm', record_id: '17', email: 'jane@example.com' }, content_hash: 'a1', ingested_at: '2026-11-21T12:00:00Z', carried: [{ identifier: 'acme/email//jane@example.com', kind: 'email', scope: '', value: 'jane@example.com', field: 'email' }] }] }
*/
UNWIND $rows AS row
CREATE (r:Record {
  key: row.record, tenant: $tenant, version: 1, content_hash: row.content_hash, ingested_at: row.ingested_at,
  source: row.content.source, record_id: row.content.record_id, scope: row.content.scope, seen_at: row.content.seen_at,
  first_name: row.content.first_name, middle_name: row.content.middle_name, last_name: row.content.last_name,
  suffix: row.content.suffix, date_of_birth: row.content.date_of_birth, sex: row.content.sex,
  email: row.content.email, phone: row.content.phone, street_address: row.content.street_address,
  unit: row.content.unit, city: row.content.city, state: row.content.state, zip: row.content.zip,
  device_id: row.content.device_id, cookie_id: row.content.cookie_id, crm_id: row.content.crm_id,
  property_id: row.content.property_id, extras: row.content.extras})
WITH r, row
UNWIND row.carried AS one
MERGE (i:Identifier {key: one.identifier})
ON CREATE SET i.tenant = $tenant, i.kind = one.kind, i.scope = one.scope, i.value = one.value
CREATE (r)-[carried:HAS {field: one.field}]->(i)
RETURN count(carried) AS edges_written
