// How often journeys stepped from the last two touches to which next one, or to their end: the chain of order 2.
//
// mode     read
// scans    it walks all journeys that the filters leave; the answer is as large as the number of states
// param    after           KEY     ='' behind this journey
// param    end             END      where the tenant's journeys end
// param    storm           STRING  ='*' the storm's id; empty for journeys outside every storm, * for all journeys
// param    zip             STRING  ='*' ZIP of the home; empty where unknown, * for all
// param    opened_from     STRING  =''  journeys opened at this moment or later (ISO 8601, UTC)
// param    opened_until    STRING  ='~' and before this one
// param    as_of           STRING   what had happened by this moment (ISO 8601, UTC, milliseconds)
// param    lookback_days   FLOAT   =1000000.0 touches so many days before the conversion, else before the last touch
// param    lookback_steps  INTEGER =1000000 and of these so many of the last, 1 at least
// param    open            BOOLEAN =true journeys that may still convert count as NULL; false leaves them out
// param    anonymous       BOOLEAN =false count households too that only events know
// param    by              STRING  ='channel' what names a step: channel, play (no_play without one), channel_play (channel/play)
// returns  state_2         STRING   the touch 1 before it; START before the first
// returns  state_1         STRING   the last touch; START before the first
// returns  to_state        STRING   the next touch, CONVERSION, or NULL
// returns  count           INTEGER  how many journeys took this step
// returns  value           FLOAT    what the conversions among them are worth, in USD
// calls    GET /v1/attribution/transitions
/*
:params { after: 'acme/', end: 'acme0', storm: 'DFW_STORM_24', zip: '*', opened_from: '', opened_until: '~', as_of: '2026-11-21T12:00:00.000Z',
           lookback_days: 30.0, lookback_steps: 20, open: true, anonymous: false, by: 'channel' }
*/
WITH datetime($as_of).epochMillis AS now
MATCH (j:Journey)
WHERE j.key > $after AND j.key < $end AND ($storm = '*' OR j.storm_id = $storm) AND ($zip = '*' OR j.zip = $zip)
  AND j.opened_at >= $opened_from AND j.opened_at < $opened_until AND j.opened_at <= $as_of
  AND ($anonymous OR NOT coalesce(j.anonymous, false))
OPTIONAL MATCH (j)-[:ENDED_IN]->(c:Conversion)
WHERE c.at <= now
WITH now, j, c
WHERE c IS NOT NULL OR $open OR j.window_end <= $as_of
OPTIONAL MATCH (j)-[:ENDS_WITH]->(last:Touch)
OPTIONAL MATCH p = (j)-[:STARTS_WITH]->(:Touch)-[:NEXT*0..]->(last)
WITH c, coalesce(nodes(p), []) AS steps, CASE
       WHEN c IS NOT NULL THEN c.at
       WHEN last.at <= now THEN last.at
       ELSE reduce(latest = -1, t IN coalesce(nodes(p), [])[1..] | CASE WHEN t.at <= now THEN t.at ELSE latest END)
     END AS anchor
WITH c, coalesce(c.value_usd, 0.0) AS worth,
     [t IN steps[1..] WHERE t.at >= anchor - $lookback_days * 86400000.0 AND t.at <= anchor |
         CASE $by WHEN 'channel' THEN t.channel WHEN 'play' THEN coalesce(t.play, 'no_play')
         ELSE t.channel + '/' + coalesce(t.play, 'no_play') END][-$lookback_steps..] AS path
WHERE c IS NOT NULL OR size(path) > 0
UNWIND range(0, size(path)) AS i
WITH CASE WHEN i < 2 THEN 'START' ELSE path[i - 2] END AS state_2,
     CASE WHEN i < 1 THEN 'START' ELSE path[i - 1] END AS state_1,
     CASE WHEN i < size(path) THEN path[i] WHEN c IS NULL THEN 'NULL' ELSE 'CONVERSION' END AS to_state,
     CASE WHEN i = size(path) THEN worth ELSE 0.0 END AS won
RETURN state_2, state_1, to_state, count(*) AS count, sum(won) AS value
ORDER BY state_2, state_1, to_state
