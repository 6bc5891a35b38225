// Which of these households were split, or lost persons to others, and whom they name for it.
//
// mode     read
// param    households  KEYS     the households
// returns  own           STRING   the household
// returns  also          LIST     the others that it names
// calls    stormgraph match
/*
:params { households: ['acme/0192'] }
*/
UNWIND $households AS own
MATCH (h:Household {key: own})
WHERE h.also IS NOT NULL
RETURN h.household_id AS own, h.also AS also
ORDER BY h.key
