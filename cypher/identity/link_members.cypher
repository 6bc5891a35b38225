// Say which household each person belongs to, and from when to when.
//
// mode     write
// param    rows          ROWS     one per edge
// row      person        KEY      where the edge begins
// row      household     KEY      where it ends
// row      content       MAP      the edge's properties: from, to
// returns  edges         INTEGER  how many there are now
// calls    stormgraph match
/*
:params { rows: [{ person: 'acme/a', household: 'acme/b', content: {} }] }
*/
UNWIND $rows AS row
MATCH (a:Person {key: row.person})
MATCH (b:Household {key: row.household})
MERGE (a)-[e:MEMBER_OF]->(b)
SET e += row.content
RETURN count(e) AS edges
