// Let identifiers that lead to nobody lead to the persons of rows that carry them, until these are decided on.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     one per identifier
// row      identifier    KEY      (kind, scope, value)
// row      record        KEY      (source, record_id) of a row that carries it
// returns  leads_written INTEGER  how many lead somewhere now
// calls    POST /v1/records
/*
:params { tenant: 'acme', rows: [{ identifier: 'acme/email//jane@example.com', record: 'acme/crm/17' }] }
*/
UNWIND $rows AS row
MATCH (i:Identifier {key: row.identifier})
WHERE i.tenant = $tenant AND NOT (i)-[:IDENTIFIES]->(:Person)
MATCH (r:Record {key: row.record})-[:DESCRIBES]->(p:Person)
CREATE (i)-[e:IDENTIFIES {strength: 1.0, records: 1, last_seen: r.seen_at}]->(p)
RETURN count(e) AS leads_written
