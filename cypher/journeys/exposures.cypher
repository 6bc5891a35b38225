// The ZIP of buildings, and the storms that came over them.
//
// mode     read
// param    properties     KEYS     the buildings
// returns  property_id    STRING   the building
// returns  zip            STRING   its ZIP; empty where unknown
// returns  storms         LIST     per storm: storm_id, from, until; null where only events have named it
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { properties: ['acme/P-14'] }
*/
UNWIND $properties AS property
MATCH (b:Property {key: property})
OPTIONAL MATCH (b)-[:EXPOSED_TO]->(s:Storm)
WITH b, s
ORDER BY b.key, s.key
WITH b, collect(CASE WHEN s IS NULL THEN null ELSE [s.storm_id, s.from, s.until] END) AS storms
RETURN b.property_id AS property_id, coalesce(b.zip, '') AS zip, storms
ORDER BY b.key
