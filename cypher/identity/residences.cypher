// Where each household lives now, and from when to when.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Household
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes, or those of a page, end
// returns  household_id   STRING   the household
// returns  property_id    STRING   the building
// returns  since          STRING   first day, where known
// returns  until          STRING   last day; null while it lasts
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (h:Household)
WHERE h.key > $after AND h.key <= $end
MATCH (h)-[l:LIVES_AT]->(b:Property)
RETURN h.household_id AS household_id, b.property_id AS property_id, l.from AS since, l.to AS until
ORDER BY household_id, property_id
