// Every household to which an event is bound.
//
// mode     read
// scans    after a match run every event is looked at
// pages    Household
// param    after          KEY      ='' where the tenant's households begin
// param    end            END      where they end
// returns  household_id   STRING   the household
// calls    stormgraph catch-up
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (h:Household)
WHERE h.key > $after AND h.key <= $end AND ((h)-[:TOOK]->(:Journey) OR (h)-[:SHOWED]->(:Signal))
RETURN h.household_id AS household_id
ORDER BY h.key
