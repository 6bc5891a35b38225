// Every person as we know them now.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Person
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes, or those of a page, end
// returns  person_id      STRING   the person
// returns  records        INTEGER  how many rows describe them
// returns  confidence     FLOAT    how sure the weakest join is, 0 to 1
// returns  household_id   STRING   their present household
// returns  first_name     STRING   the name most rows carry
// returns  last_name      STRING   the family name most rows carry
// returns  alias_of       STRING   the person this one was merged into
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (p:Person)
WHERE p.key > $after AND p.key <= $end
RETURN p.person_id AS person_id, p.records AS records, p.confidence AS confidence, p.household_id AS household_id,
       p.first_name AS first_name, p.last_name AS last_name, p.alias_of AS alias_of
ORDER BY p.key
