// Every household as we know it now.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Household
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes, or those of a page, end
// returns  household_id   STRING   the household
// returns  kind           STRING   family or group_quarters
// returns  persons        INTEGER  how many members it has
// returns  alias_of       STRING   the household this one was merged into
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (h:Household)
WHERE h.key > $after AND h.key <= $end
RETURN h.household_id AS household_id, h.kind AS kind, h.persons AS persons, h.alias_of AS alias_of
ORDER BY h.key
