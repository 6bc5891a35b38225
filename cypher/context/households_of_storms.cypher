// The households that had journeys for these storms.
//
// mode     read
// param    storms         KEYS     the storms
// returns  household_id   STRING   the household
// calls    POST /v1/storms
// calls    stormgraph ingest-storms
/*
:params { storms: ['acme/DFW_STORM_24'] }
*/
UNWIND $storms AS storm
MATCH (s:Storm {key: storm})<-[:DURING]-(j:Journey)
WHERE j.household_id IS NOT NULL
WITH DISTINCT j.household_id AS household_id
RETURN household_id
ORDER BY household_id
