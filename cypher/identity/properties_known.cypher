// Every building as we know it now.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Property
// param    after          KEY ='' start behind this building
// param    end            END      where the tenant's buildings end
// returns  property_id    STRING   the register's id, or the address
// returns  address        STRING   street|unit|city|state|zip
// returns  street_address STRING   house number and street
// returns  unit           STRING   apartment, suite or lot
// returns  city           STRING   city
// returns  state          STRING   state
// returns  zip            STRING   ZIP or postcode
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (b:Property)
WHERE b.key > $after AND b.key <= $end
RETURN b.property_id AS property_id, b.address AS address, b.street_address AS street_address, b.unit AS unit,
       b.city AS city, b.state AS state, b.zip AS zip
ORDER BY b.key
