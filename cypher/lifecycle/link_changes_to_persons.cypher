// Say which persons each change concerns, so that a person's history is found from the person.
//
// mode     write
// param    rows          ROWS     one per change and person; one that is there already stays
// row      change        KEY      the change
// row      person        KEY      the person
// returns  edges         INTEGER  how many were made
// calls    GET /v1/identity/changes
/*
:params { rows: [{ change: 'acme/0193', person: 'acme/0192' }] }
*/
UNWIND $rows AS row
MATCH (c:Change {key: row.change})
MATCH (p:Person {key: row.person})
WHERE NOT (c)-[:CONCERNS]->(p)
CREATE (c)-[e:CONCERNS]->(p)
RETURN count(e) AS edges
