// How many journeys there were, how they stood, and how many of them were of households that only events know.
//
// mode     read
// scans    it counts all journeys that the filters leave
// param    after           KEY     ='' behind this journey
// param    end             END      where the tenant's journeys end
// param    storm           STRING  ='*' the storm's id; empty for journeys outside every storm, * for all journeys
// param    zip             STRING  ='*' ZIP of the home; empty where unknown, * for all
// param    opened_from     STRING  =''  journeys opened at this moment or later (ISO 8601, UTC)
// param    opened_until    STRING  ='~' and before this one
// param    as_of           STRING   what had happened by this moment (ISO 8601, UTC, milliseconds)
// returns  journeys        INTEGER  journeys begun by then
// returns  conversions     INTEGER  journeys that had converted
// returns  open            INTEGER  journeys that had not, but still may
// returns  anonymous       INTEGER  journeys of households that only events know, whatever became of them
// returns  open_anonymous  INTEGER  those of them that were open
// returns  conversions_anonymous INTEGER  those of them that had converted
// calls    GET /v1/attribution/storms/{storm_id}
/*
:params { after: 'acme/', end: 'acme0', storm: 'DFW_STORM_24', zip: '*', opened_from: '', opened_until: '~', as_of: '2026-11-21T12:00:00.000Z' }
*/
WITH datetime($as_of).epochMillis AS now
MATCH (j:Journey)
WHERE j.key > $after AND j.key < $end AND ($storm = '*' OR j.storm_id = $storm) AND ($zip = '*' OR j.zip = $zip)
  AND j.opened_at >= $opened_from AND j.opened_at < $opened_until AND j.opened_at <= $as_of
OPTIONAL MATCH (j)-[:ENDED_IN]->(c:Conversion)
WHERE c.at <= now
WITH coalesce(j.anonymous, false) AS hidden, c IS NOT NULL AS won, c IS NULL AND j.window_end > $as_of AS open
RETURN count(*) AS journeys, sum(CASE WHEN won THEN 1 ELSE 0 END) AS conversions,
       sum(CASE WHEN open THEN 1 ELSE 0 END) AS open, sum(CASE WHEN hidden THEN 1 ELSE 0 END) AS anonymous,
       sum(CASE WHEN hidden AND open THEN 1 ELSE 0 END) AS open_anonymous,
       sum(CASE WHEN hidden AND won THEN 1 ELSE 0 END) AS conversions_anonymous
ORDER BY journeys
