// Take a turn at households, so that nobody else changes them meanwhile; says what they are then.
//
// mode     write
// param    households    KEYS     the households, in the order of their ids
// returns  household_id   STRING   the household
// returns  version        INTEGER  grows by one with every change
// returns  kind           STRING   family, group_quarters or anonymous
// returns  persons        INTEGER  how many members it has
// returns  alias_of       STRING   the household it was merged into
// returns  also           LIST     the other households its persons went to
// returns  members        LIST     person_id of each who ever belonged to it
// calls    stormgraph match
/*
:params { households: ['acme/0192'] }
*/
UNWIND $households AS own
MATCH (h:Household {key: own})
SET h.turn = coalesce(h.turn, 0) + 1
WITH h
OPTIONAL MATCH (h)<-[:MEMBER_OF]-(p:Person)
WITH h, p
ORDER BY h.key, p.key
WITH h, collect(DISTINCT p.person_id) AS members
RETURN h.household_id AS household_id, h.version AS version, h.kind AS kind, h.persons AS persons,
       h.alias_of AS alias_of, h.also AS also, members
ORDER BY h.key
