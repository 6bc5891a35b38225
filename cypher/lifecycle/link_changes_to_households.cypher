// Say which households each change concerns.
//
// mode     write
// param    rows          ROWS     one per change and household; one that is there already stays
// row      change        KEY      the change
// row      household     KEY      the household
// returns  edges         INTEGER  how many were made
// calls    GET /v1/identity/changes
/*
:params { rows: [{ change: 'acme/0193', household: 'acme/0192' }] }
*/
UNWIND $rows AS row
MATCH (c:Change {key: row.change})
MATCH (h:Household {key: row.household})
WHERE NOT (c)-[:CONCERNS]->(h)
CREATE (c)-[e:CONCERNS]->(h)
RETURN count(e) AS edges
