// How often journeys stepped from the last three touches to which next one, or to their end: the chain of order 3.
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
// returns  state_3         STRING   the touch 2 before it; START before the first
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
MATCH (j:Journey)
WHERE j.key > $after AND j.key < $end AND ($storm = '*' OR j.storm_id = $storm) AND ($zip = '*' OR j.zip = $zip)
  AND j.opened_at >= $opened_from AND j.opened_at < $opened_until AND j.opened_at <= $as_of
  AND ($anonymous OR NOT coalesce(j.anonymous, false))
WITH j, j.outcome = 'converted' AND j.closed_at <= $as_of AS won
WHERE won OR $open OR j.window_end <= $as_of
OPTIONAL MATCH p = (j)-[:STARTS_WITH]->(:Touch)-[:NEXT*0..]->(:Touch)<-[:ENDS_WITH]-(j)
WITH j, won, coalesce(nodes(p), [])[1..-1] AS steps
WITH won, CASE WHEN won THEN coalesce(j.value_usd, 0.0) ELSE 0.0 END AS worth, CASE
       WHEN j.closed_at <= $as_of AND $lookback_days >= 1000000.0 THEN steps
       ELSE [t IN steps WHERE t.occurred_at <= $as_of AND t.at >= CASE
         WHEN j.closed_at <= $as_of THEN datetime(j.closed_at).epochMillis
         ELSE reduce(latest = -1, u IN steps | CASE WHEN u.occurred_at <= $as_of THEN u.at ELSE latest END)
       END - $lookback_days * 86400000.0]
     END AS steps
WITH won, worth, CASE WHEN size(steps) > $lookback_steps THEN steps[-$lookback_steps..] ELSE steps END AS steps
WHERE won OR size(steps) > 0
WITH won, worth, CASE $by
       WHEN 'channel' THEN [t IN steps | t.channel]
       WHEN 'play' THEN [t IN steps | coalesce(t.play, 'no_play')]
       ELSE [t IN steps | t.channel + '/' + coalesce(t.play, 'no_play')]
     END AS path
WITH ['START', 'START', 'START'] + path + [CASE WHEN won THEN 'CONVERSION' ELSE 'NULL' END] AS walk, size(path) AS final, worth
UNWIND range(0, final) AS i
WITH walk[i] AS state_3, walk[i + 1] AS state_2, walk[i + 2] AS state_1, walk[i + 3] AS to_state,
     CASE WHEN i = final THEN worth ELSE 0.0 END AS gained
RETURN state_3, state_2, state_1, to_state, count(*) AS count, sum(gained) AS value
ORDER BY state_3, state_2, state_1, to_state
