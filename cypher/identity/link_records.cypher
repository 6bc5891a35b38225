// Say which rows describe each person; a row that has one keeps it.
//
// mode     write
// param    rows          ROWS     one per row, with one person each
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
WHERE NOT (hub)-[:DESCRIBES]->(:Person)
CREATE (hub)-[e:DESCRIBES {since: $since}]->(other)
RETURN count(e) AS edges
