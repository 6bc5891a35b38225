// Say which identifiers these contacts carried; an identifier that nobody has seen before is made.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     one per event and identifier
// row      event          KEY      the event: (source, event_id)
// row      identifier     KEY      the identifier: (kind, scope, value)
// row      kind           STRING   its kind
// row      scope          STRING   its scope
// row      value          STRING   its value
// returns  edges          INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ event: 'acme/calls/c-1', identifier: 'acme/phone//+12145552368', kind: 'phone', scope: '', value: '+12145552368' }] }
*/
UNWIND $rows AS row
MATCH (e:Touch {key: row.event})
MERGE (i:Identifier {key: row.identifier})
ON CREATE SET i.tenant = $tenant, i.kind = row.kind, i.scope = row.scope, i.value = row.value
WITH e, i
WHERE NOT (e)-[:CARRIED]->(i)
CREATE (e)-[c:CARRIED]->(i)
RETURN count(c) AS edges
