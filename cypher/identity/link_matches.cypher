// Keep the scored pairs of rows.
//
// mode     write
// param    rows          ROWS     one per node whose edges are written; an edge that is there already stays as it is
// param    model         STRING   the model that scored them
// row      left          KEY      where the edges begin
// row      edges         ROWS     its edges
// row      edges.right   KEY      where it ends
// row      edges.weight  FLOAT    log-odds, in bits
// row      edges.probability FLOAT    the same, 0 to 1
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { model: '0192', rows: [{ left: 'acme/crm/17', edges: [{ right: 'acme/crm/18', weight: 9.5, probability: 0.9986 }] }] }
*/
UNWIND $rows AS row
MATCH (hub:Record {key: row.left})
UNWIND row.edges AS edge
MATCH (other:Record {key: edge.right})
WHERE NOT (hub)-[:MATCHES]->(other)
CREATE (hub)-[e:MATCHES {weight: edge.weight, probability: edge.probability, model: $model}]->(other)
RETURN count(e) AS edges
