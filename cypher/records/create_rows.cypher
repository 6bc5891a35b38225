// Keep standardised rows that are not there yet; a row that is there already is refused.
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
// returns  rows_written  INTEGER  how many rows went in
// calls    stormgraph ingest
/*
:params { tenant: 'acme', rows: [{ record: 'acme/crm/17', content: { source: 'crm', record_id: '17', email: 'jane@example.com' }, content_hash: 'a1', ingested_at: '2026-11-21T12:00:00Z' }] }
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
RETURN count(*) AS rows_written
