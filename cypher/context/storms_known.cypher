// Which of these storms are there, and their windows.
//
// mode     read
// param    storms         KEYS     the storms
// returns  storm_id       STRING   the storm
// returns  from           STRING   when its window opens; null while only events have named it
// returns  until          STRING   when it ends
// calls    POST /v1/storms
// calls    stormgraph ingest-storms
// calls    POST /v1/exposures
/*
:params { storms: ['acme/DFW_STORM_24'] }
*/
UNWIND $storms AS storm
MATCH (s:Storm {key: storm})
RETURN s.storm_id AS storm_id, s.from AS from, s.until AS until
ORDER BY s.key
