// Say which rows describe each person.
//
// mode     write
// param    rows          ROWS     one per node whose edges are written; an edge that is there already stays as it is
// param    since         STRING   when they came to this person
// row      record        KEY      (source, record_id)
// row      edges         ROWS     its edges
// row      edges.person  KEY      whom it describes
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { since: '2026-11-21', rows: [{ record: 'acme/crm/17', edges: [{ person: 'acme/b' }] }] }
*/
UNWIND $rows AS row
MATCH (hub:Record {key: row.record})
UNWIND row.edges AS edge
MATCH (other:Person {key: edge.person})
WHERE NOT (hub)-[:DESCRIBES]->(other)
CREATE (hub)-[e:DESCRIBES {since: $since}]->(other)
RETURN count(e) AS edges
