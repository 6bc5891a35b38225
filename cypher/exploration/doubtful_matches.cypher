// Which scored pairs are nearest to the cut, and did they end in one person?
//
// mode     read
// scans    every match of the tenant
// param    after       KEY ='' where the tenant's rows begin
// param    end         END      where they end; pass (source) for one source
// param    width       FLOAT =3.0 how far from the cut, in bits
// param    limit       INTEGER =20 how many
// returns  source      STRING   the system one row came from
// returns  record_id   STRING   its id there
// returns  other_source STRING  the system the other came from
// returns  other_id    STRING   its id there
// returns  weight      FLOAT    log-odds of being one person, in bits
// returns  together    BOOLEAN  whether they describe one person
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', width: 3.0, limit: 20 }
*/
MATCH (r:Record)-[m:MATCHES]->(o:Record)
WHERE r.key > $after AND r.key < $end AND abs(m.weight) <= $width
MATCH (r)-[:DESCRIBES]->(p:Person)
MATCH (o)-[:DESCRIBES]->(q:Person)
RETURN r.source AS source, r.record_id AS record_id, o.source AS other_source, o.record_id AS other_id,
       m.weight AS weight, p.person_id = q.person_id AS together
ORDER BY abs(m.weight), r.key, o.key, p.key, q.key
LIMIT $limit
