// Which building each address and register number stands for now.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Identifier
// param    after          KEY ='' start behind this identifier
// param    end            END      where the tenant's identifiers end
// returns  kind           STRING   address or property_id
// returns  scope          STRING   the system whose id it is, or empty
// returns  value          STRING   the normalised value
// returns  property_id    STRING   the building
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (i:Identifier)
WHERE i.key > $after AND i.key <= $end
MATCH (i)-[:LOCATES]->(b:Property)
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, b.property_id AS property_id
ORDER BY kind, scope, value, property_id
