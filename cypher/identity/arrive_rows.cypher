// Keep standardised rows that are not there yet, with their blocks and the identifiers they carry; says which were not.
//
// A row that is there already is left as it is.
//
// mode     write
// param    tenant        STRING   whose they are
// param    now           STRING   the moment (ISO 8601, UTC)
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      content       MAP      canonical fields
// row      content_hash  STRING   hash of the content
// row      blocks        MAP      block_1 to block_4, whole keys or null, and blocked_by
// row      carried       ROWS     the identifiers that the row carries, each once
// row      carried.identifier  KEY  (kind, scope, value)
// row      carried.kind   STRING  email, phone, ...
// row      carried.scope  STRING  the system whose id it is, or empty
// row      carried.value  STRING  the normalised value
// row      carried.field  STRING  which field carried it
// returns  written       LIST     source and record_id of each row that was not there
// calls    POST /v1/records
/*
:params { tenant: 'acme', now: '2026-11-21T12:00:00Z', rows: [{ record: 'acme/crm/17', content: { source: 'crm', record_id: '17', email: 'jane@example.com' }, content_hash: 'a1', blocks: { block_1: 'acme/0a1b', blocked_by: '7f3a' }, carried: [{ identifier: 'acme/email//jane@example.com', kind: 'email', scope: '', value: 'jane@example.com', field: 'email' }] }] }
*/
UNWIND $rows AS row
OPTIONAL MATCH (held:Record {key: row.record})
WITH row, held
WHERE held IS NULL
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
  blocked_by: row.blocks.blocked_by})
FOREACH (one IN row.carried |
  MERGE (i:Identifier {key: one.identifier})
  ON CREATE SET i.tenant = $tenant, i.kind = one.kind, i.scope = one.scope, i.value = one.value
  CREATE (r)-[:HAS {field: one.field}]->(i))
RETURN collect([row.content.source, row.content.record_id]) AS written
