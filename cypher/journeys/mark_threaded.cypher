// Say that the journeys of households were derived again; one that was marked anew meanwhile stays marked.
//
// mode     write
// param    rows           ROWS     the households
// row      household      KEY      the household
// row      since          STRING   when it was marked, as it was read
// returns  households     INTEGER  how many are done
// calls    stormgraph catch-up
// calls    stormgraph serve
/*
:params { rows: [{ household: 'acme/hendersons', since: '2026-11-21T12:00:00.000Z' }] }
*/
UNWIND $rows AS row
MATCH (u:Unthreaded {key: row.household})
WHERE u.since = row.since
DELETE u
RETURN count(*) AS households
