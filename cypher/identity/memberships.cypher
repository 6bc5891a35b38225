// Which household each person belongs to now, and from when to when.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Person
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes, or those of a page, end
// returns  person_id      STRING   the person
// returns  household_id   STRING   the household
// returns  since          STRING   first day, where known
// returns  until          STRING   last day; null while it lasts
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (p:Person)
WHERE p.key > $after AND p.key <= $end
MATCH (p)-[m:MEMBER_OF]->(h:Household)
RETURN p.person_id AS person_id, h.household_id AS household_id, m.from AS since, m.to AS until
ORDER BY person_id, household_id
