// Note the identifiers that rows carry; an identifier exists once, however many rows share it.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     one per row and identifier
// row      record        KEY      (source, record_id)
// row      identifier    KEY      (kind, scope, value)
// row      kind          STRING   email, phone, ...
// row      scope         STRING   the system whose id it is, or empty
// row      value         STRING   the normalised value
// row      field         STRING   which field carried it
// returns  edges_written INTEGER  how many were made
// calls    stormgraph ingest
/*
:params { tenant: 'acme', rows: [{ record: 'acme/crm/17', identifier: 'acme/email//jane@example.com', kind: 'email', scope: '', value: 'jane@example.com', field: 'email' }] }
*/
UNWIND $rows AS row
MATCH (r:Record {key: row.record})
MERGE (i:Identifier {key: row.identifier})
ON CREATE SET i.tenant = $tenant, i.kind = row.kind, i.scope = row.scope, i.value = row.value
WITH r, i, row
WHERE NOT (r)-[:HAS {field: row.field}]->(i)
CREATE (r)-[carried:HAS {field: row.field}]->(i)
RETURN count(carried) AS edges_written
