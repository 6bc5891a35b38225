// How many days lay between the first touch and the signature of a storm's journeys, by the channel that began.
//
// mode     read
// scans    it looks at every signed journey of the storm
// param    storm          KEY      the storm
// param    anonymous      BOOLEAN  =false whether households of which only an identifier is known count too
// returns  channel        STRING   the channel of the first touch
// returns  conversions    INTEGER  journeys that it began and that were signed
// returns  least_days     FLOAT    the shortest
// returns  mean_days      FLOAT    on average
// returns  most_days      FLOAT    the longest
// calls    GET /v1/attribution/storms/{storm_id}/funnel
// calls    stormgraph funnel
/*
:params { storm: 'acme/DFW_STORM_24', anonymous: false }
*/
MATCH (s:Storm {key: $storm})<-[:DURING]-(j:Journey)-[:ENDED_IN]->(c:Conversion)
WHERE $anonymous OR NOT coalesce(j.anonymous, false)
MATCH (j)-[:STARTS_WITH]->(t:Touch)
WITH coalesce(t.channel, '') AS channel, (c.at - t.at) / 86400000.0 AS days
RETURN channel, count(*) AS conversions, min(days) AS least_days, avg(days) AS mean_days, max(days) AS most_days
ORDER BY channel
