// Make the buildings that households live in.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the buildings
// row      property      KEY      the parcel register's id, or the address
// row      property_id   STRING   the same, as a value
// row      content       MAP      address, street_address, unit, city, state, zip
// returns  properties    INTEGER  how many were written
// calls    stormgraph match
/*
:params { tenant: 'acme', rows: [{ property: 'acme/P-7', property_id: 'P-7', content: { zip: '75209' } }] }
*/
UNWIND $rows AS row
MERGE (b:Property {key: row.property})
SET b.tenant = $tenant, b.property_id = row.property_id, b += row.content
RETURN count(b) AS properties
