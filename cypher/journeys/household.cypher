// Whether a household is there, and which one it was merged into.
//
// mode     read
// param    household      KEY      the household
// returns  household_id   STRING   its id
// returns  alias_of       STRING   the household it was merged into, if it was
// returns  kind           STRING   family, group_quarters or anonymous
// calls    GET /v1/households/{household_id}/journeys
/*
:params { household: 'acme/hendersons' }
*/
MATCH (h:Household {key: $household})
RETURN h.household_id AS household_id, h.alias_of AS alias_of, h.kind AS kind
