// Keep the scored pairs of rows.
//
// mode     write
// param    rows          ROWS     one per edge; one that is there already stays as it is
// row      left          KEY      where the edge begins
// row      right         KEY      where it ends
// row      weight        FLOAT    log-odds, in bits
// row      probability   FLOAT    the same, 0 to 1
// row      model         STRING   the model that scored it
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ left: 'acme/a', right: 'acme/b', weight: 0.9, probability: 0.9, model: '2026-11-21' }] }
*/
UNWIND $rows AS row
MATCH (a:Record {key: row.left})
MATCH (b:Record {key: row.right})
WHERE NOT (a)-[:MATCHES]->(b)
CREATE (a)-[e:MATCHES {weight: row.weight, probability: row.probability, model: row.model}]->(b)
RETURN count(e) AS edges
