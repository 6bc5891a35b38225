// The ways from first touch to signature that most journeys of a storm took, by channel.
//
// mode     read
// scans    it walks every signed journey of the storm
// param    storm          KEY      the storm
// param    anonymous      BOOLEAN  =false whether households of which only an identifier is known count too
// param    limit          INTEGER  =20 how many
// returns  path           LIST     the channels in order; none where the signature came untouched
// returns  conversions    INTEGER  journeys that took it and were signed
// returns  value_usd      FLOAT    what they are worth
// calls    GET /v1/attribution/storms/{storm_id}/funnel
// calls    stormgraph funnel
/*
:params { storm: 'acme/DFW_STORM_24', anonymous: false, limit: 20 }
*/
MATCH (s:Storm {key: $storm})<-[:DURING]-(j:Journey)-[:ENDED_IN]->(c:Conversion)
WHERE $anonymous OR NOT coalesce(j.anonymous, false)
OPTIONAL MATCH p = (j)-[:STARTS_WITH]->(:Touch)-[:NEXT*0..]->(:Touch)<-[:ENDS_WITH]-(j)
WITH [t IN coalesce(nodes(p), [])[1..-1] | coalesce(t.channel, '')] AS path, coalesce(c.value_usd, 0.0) AS value
WITH path, count(*) AS conversions, sum(value) AS value_usd
RETURN path, conversions, value_usd
ORDER BY conversions DESC, value_usd DESC, path
LIMIT $limit
