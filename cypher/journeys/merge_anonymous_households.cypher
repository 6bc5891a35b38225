// Say which household turned out to be the one of which only an identifier was known.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the anonymous households, whose events are bound to others now
// row      household      KEY      the anonymous household
// row      alias_of       STRING   the household it is
// returns  households     INTEGER  how many there were
// calls    stormgraph catch-up
/*
:params { tenant: 'acme', rows: [{ household: 'acme/anonymous-17', alias_of: 'hendersons' }] }
*/
UNWIND $rows AS row
MATCH (h:Household {key: row.household})
WHERE h.kind = 'anonymous' AND h.tenant = $tenant
SET h.alias_of = row.alias_of
RETURN count(h) AS households
