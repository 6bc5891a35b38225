// Take back that a touch came next.
//
// mode     write
// param    rows           ROWS     one per edge
// row      before         KEY      where the edge begins
// row      after          KEY      where it ends
// returns  edges          INTEGER  how many went
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ before: 'acme/calls/c-1', after: 'acme/calls/c-2' }] }
*/
UNWIND $rows AS row
MATCH (a:Touch {key: row.before})-[e:NEXT]->(b:Touch {key: row.after})
WITH DISTINCT e
DELETE e
RETURN count(*) AS edges
