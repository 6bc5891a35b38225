// Make buildings, or bring what we say of them up to date.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the buildings
// row      property       KEY      the building
// row      content        MAP      property_id, and what else is said
// returns  properties     INTEGER  how many were written
// calls    POST /v1/properties
/*
:params { tenant: 'acme', rows: [{ property: 'acme/P-14', content: { property_id: 'P-14', zip: '75209' } }] }
*/
UNWIND $rows AS row
MERGE (b:Property {key: row.property})
SET b.tenant = $tenant, b += row.content
RETURN count(b) AS properties
