// How often all journeys stepped from the last channel to which next one, or to a conversion, in parts that are to be added: transition_counts_o1 where nothing is asked for but the moment, open and anonymous journeys.
//
// Rows of one step add up, those that take back too. Who came to a channel and did not leave it ended there, in NULL.
//
// mode     read
// scans    it counts which touch comes next after which, and walks only journeys that count in part or not at all
// param    tenant          STRING  whose journeys
// param    as_of           STRING  what had happened by this moment (ISO 8601, UTC, milliseconds)
// param    open            BOOLEAN =true journeys that may still convert count as NULL; false leaves them out
// param    anonymous       BOOLEAN =false count households too that only events know
// returns  state_1         STRING  the last touch; START before the first
// returns  to_state        STRING  the next touch, or CONVERSION
// returns  count           INTEGER how many journeys took this step; less than 0 where it takes back
// returns  value           FLOAT   what the conversions among them are worth, in USD
// calls    GET /v1/attribution/transitions
/*
:params { tenant: 'acme', as_of: '2026-11-21T12:00:00.000Z', open: true, anonymous: false }
*/
// every touch and the one that comes next
MATCH (t:Touch)-[:NEXT]->(u:Touch)
WHERE t.tenant = $tenant
WITH t.channel AS state_1, u.channel AS to_state, count(*) AS count
RETURN state_1, to_state, count, 0.0 AS value
ORDER BY state_1, to_state
UNION ALL
// how journeys began
MATCH (j:Journey)-[:STARTS_WITH]->(t:Touch)
WHERE j.tenant = $tenant
WITH t.channel AS to_state, count(*) AS count
RETURN 'START' AS state_1, to_state, count, 0.0 AS value
ORDER BY state_1, to_state
UNION ALL
// how those ended that converted
MATCH (j:Journey)
WHERE j.tenant = $tenant AND j.outcome = 'converted' AND j.closed_at <= $as_of
  AND ($anonymous OR NOT coalesce(j.anonymous, false))
OPTIONAL MATCH (j)-[:ENDS_WITH]->(t:Touch)
WITH coalesce(t.channel, 'START') AS state_1, count(*) AS count, sum(coalesce(j.value_usd, 0.0)) AS value
RETURN state_1, 'CONVERSION' AS to_state, count, value
ORDER BY state_1, to_state
UNION ALL
// of those that count in part or not at all: all steps taken back, and those counted that had been made by then
MATCH (j:Journey)
WHERE j.tenant = $tenant AND (j.closed_at > $as_of OR (NOT $anonymous AND coalesce(j.anonymous, false))
  OR (NOT $open AND j.outcome <> 'converted' AND j.window_end > $as_of))
MATCH p = (j)-[:STARTS_WITH]->(:Touch)-[:NEXT*0..]->(:Touch)<-[:ENDS_WITH]-(j)
WITH nodes(p)[1..-1] AS steps,
     ($open OR j.window_end <= $as_of) AND ($anonymous OR NOT coalesce(j.anonymous, false)) AS counts
WITH ['START'] + [t IN steps | t.channel] AS back,
     ['START'] + [t IN steps WHERE counts AND t.occurred_at <= $as_of | t.channel] AS seen
WITH [i IN range(0, size(back) - 2) | [back[i], back[i + 1], -1]]
     + [i IN range(0, size(seen) - 2) | [seen[i], seen[i + 1], 1]] AS steps
UNWIND steps AS step
WITH step[0] AS state_1, step[1] AS to_state, sum(step[2]) AS count
WHERE count <> 0
RETURN state_1, to_state, count, 0.0 AS value
ORDER BY state_1, to_state
