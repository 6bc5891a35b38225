// The path of every journey that converted, with its household and how old each touch was: what rules divide.
//
// mode     read
// scans    it walks all journeys that the filters leave
// param    after           KEY     ='' behind this journey
// param    end             END      where the tenant's journeys end
// param    storm           STRING  ='*' the storm's id; empty for journeys outside every storm, * for all journeys
// param    zip             STRING  ='*' ZIP of the home; empty where unknown, * for all
// param    opened_from     STRING  =''  journeys opened at this moment or later (ISO 8601, UTC)
// param    opened_until    STRING  ='~' and before this one
// param    as_of           STRING   what had happened by this moment (ISO 8601, UTC, milliseconds)
// param    lookback_days   FLOAT   =1000000.0 touches so many days before the conversion, else before the last touch
// param    lookback_steps  INTEGER =1000000 and of these so many of the last, 1 at least
// param    anonymous       BOOLEAN =false count households too that only events know
// param    by              STRING  ='channel' what names a step: channel, play (no_play without one), channel_play (channel/play)
// returns  journey_id      STRING   the journey
// returns  household_id    STRING   the household that took it
// returns  path            LIST     its touches in order
// returns  days            LIST     days from each touch to the conversion
// returns  value           FLOAT    what the conversion is worth, in USD
// calls    GET /v1/attribution/storms/{storm_id}
/*
:params { after: 'acme/', end: 'acme0', storm: 'DFW_STORM_24', zip: '*', opened_from: '', opened_until: '~', as_of: '2026-11-21T12:00:00.000Z',
           lookback_days: 30.0, lookback_steps: 20, anonymous: false, by: 'channel' }
*/
WITH datetime($as_of).epochMillis AS now
MATCH (j:Journey)
WHERE j.key > $after AND j.key < $end AND ($storm = '*' OR j.storm_id = $storm) AND ($zip = '*' OR j.zip = $zip)
  AND j.opened_at >= $opened_from AND j.opened_at < $opened_until AND j.opened_at <= $as_of
  AND ($anonymous OR NOT coalesce(j.anonymous, false))
MATCH (j)-[:ENDED_IN]->(c:Conversion)
WHERE c.at <= now
OPTIONAL MATCH p = (j)-[:STARTS_WITH]->(:Touch)-[:NEXT*0..]->(:Touch)<-[:ENDS_WITH]-(j)
WITH j, c, [t IN coalesce(nodes(p), [])[1..-1] WHERE t.at >= c.at - $lookback_days * 86400000.0 AND t.at <= c.at]
     [-$lookback_steps..] AS steps
RETURN j.journey_id AS journey_id, j.household_id AS household_id,
       [t IN steps | CASE $by WHEN 'channel' THEN t.channel WHEN 'play' THEN coalesce(t.play, 'no_play')
        ELSE t.channel + '/' + coalesce(t.play, 'no_play') END] AS path,
       [t IN steps | (c.at - t.at) / 86400000.0] AS days, coalesce(c.value_usd, 0.0) AS value
ORDER BY journey_id
