// How often all journeys stepped from the last channel to which next one, or to their end: transition_counts_o1 where nothing is asked for but the moment, open and anonymous journeys.
//
// mode     read
// scans    it counts which touch comes next after which, and walks only journeys that count in part or not at all
// param    tenant          STRING  whose journeys
// param    as_of           STRING  what had happened by this moment (ISO 8601, UTC, milliseconds)
// param    open            BOOLEAN =true journeys that may still convert count as NULL; false leaves them out
// param    anonymous       BOOLEAN =false count households too that only events know
// returns  state_1         STRING  the last touch; START before the first
// returns  to_state        STRING  the next touch, CONVERSION, or NULL
// returns  count           INTEGER how many journeys took this step
// returns  value           FLOAT   what the conversions among them are worth, in USD
// calls    GET /v1/attribution/transitions
/*
:params { tenant: 'acme', as_of: '2026-11-21T12:00:00.000Z', open: true, anonymous: false }
*/
// every touch and the one that comes next
CALL () {
  MATCH (t:Touch)-[:NEXT]->(u:Touch)
  WHERE t.tenant = $tenant
  WITH t.channel AS before, u.channel AS after, count(*) AS times
  RETURN collect([before, after, times]) AS steps
}
// how journeys began; as often as a channel was stepped to and not from, one ended there, for now all in NULL
CALL () {
  MATCH (j:Journey)-[:STARTS_WITH]->(t:Touch)
  WHERE j.tenant = $tenant
  WITH t.channel AS first, count(*) AS times
  RETURN collect([first, times]) AS starts
}
// of those that converted: their last step taken back, and counted as what it was
CALL () {
  MATCH (j:Journey)
  WHERE j.tenant = $tenant AND j.outcome = 'converted' AND j.closed_at <= $as_of
    AND ($anonymous OR NOT coalesce(j.anonymous, false))
  OPTIONAL MATCH (j)-[:ENDS_WITH]->(t:Touch)
  WITH t.channel AS last, count(*) AS times, sum(coalesce(j.value_usd, 0.0)) AS worth
  RETURN collect([last, times, worth]) AS won
}
// of those that count in part or not at all: all steps taken back, and those counted that had been made by then
CALL () {
  MATCH (j:Journey)
  WHERE j.tenant = $tenant AND (j.closed_at > $as_of OR (NOT $anonymous AND coalesce(j.anonymous, false))
    OR (NOT $open AND j.outcome <> 'converted' AND j.window_end > $as_of))
  MATCH p = (j)-[:STARTS_WITH]->(:Touch)-[:NEXT*0..]->(:Touch)<-[:ENDS_WITH]-(j)
  WITH nodes(p)[1..-1] AS steps, ($open OR j.window_end <= $as_of) AND ($anonymous OR NOT coalesce(j.anonymous, false)) AS counts
  WITH ['START'] + [t IN steps | t.channel] + ['NULL'] AS back,
       ['START'] + [t IN steps WHERE counts AND t.occurred_at <= $as_of | t.channel] + ['NULL'] AS seen
  WITH [i IN range(0, size(back) - 2) | [back[i], back[i + 1], -1]]
       + [i IN range(0, size(seen) - 2) WHERE size(seen) > 2 | [seen[i], seen[i + 1], 1]] AS steps
  UNWIND steps AS step
  WITH step[0] AS before, step[1] AS after, sum(step[2]) AS times
  RETURN collect([before, after, times, 0.0]) AS corrections
}
WITH [s IN steps | [s[0], s[1], s[2], 0.0]] + [s IN steps | [s[1], 'NULL', s[2], 0.0]]
     + [s IN steps | [s[0], 'NULL', -s[2], 0.0]]
     + [s IN starts | ['START', s[0], s[1], 0.0]] + [s IN starts | [s[0], 'NULL', s[1], 0.0]]
     + [w IN won | [coalesce(w[0], 'START'), 'CONVERSION', w[1], w[2]]]
     + [w IN won WHERE w[0] IS NOT NULL | [w[0], 'NULL', -w[1], 0.0]] + corrections AS rows
UNWIND rows AS row
WITH row[0] AS state_1, row[1] AS to_state, sum(row[2]) AS count, sum(row[3]) AS value
WHERE count > 0
RETURN state_1, to_state, count, value
ORDER BY state_1, to_state
