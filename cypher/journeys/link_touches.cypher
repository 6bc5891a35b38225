// Say which touch came next in the same journey.
//
// mode     write
// param    rows           ROWS     one per edge; one that is there already stays
// row      before         KEY      where the edge begins
// row      after          KEY      where it ends
// returns  edges          INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ before: 'acme/calls/c-1', after: 'acme/calls/c-2' }] }
*/
UNWIND $rows AS row
MATCH (a:Touch {key: row.before})
MATCH (b:Touch {key: row.after})
WHERE NOT (a)-[:NEXT]->(b)
CREATE (a)-[e:NEXT]->(b)
RETURN count(e) AS edges
