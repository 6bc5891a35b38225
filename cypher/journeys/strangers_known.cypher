// The households of which only events knew, and of whose events an identifier leads to a household by now.
//
// mode     read
// scans    the tenant's anonymous households; a newcomer leaves no change that would lead to them
// pages    Household
// param    after          KEY      ='anonymous-' where the tenant's anonymous households begin
// param    end            KEY      ='anonymous.' where they end
// returns  household_id   STRING   the anonymous household
// calls    stormgraph catch-up
// calls    stormgraph serve
/*
:params { after: 'acme/anonymous-', end: 'acme/anonymous.' }
*/
MATCH (h:Household)
WHERE h.key > $after AND h.key <= $end AND h.kind = 'anonymous'
MATCH (h)-[:TOOK|SHOWED|STARTS_WITH|NEXT|ENDED_IN*1..]->(e)-[:CARRIED]->(:Identifier)-[:IDENTIFIES]->(:Person)-[:MEMBER_OF]->(:Household)
WITH DISTINCT h.household_id AS household_id
RETURN household_id
ORDER BY household_id
