// The pairs of rows whose weight is nearest to the cut and of which nobody has judged, the nearest first.
//
// mode     read
// scans    the matches of a tenant: doubt is not indexed
// param    after         KEY ='' where the tenant's rows begin
// param    end           END      where they end
// param    width         FLOAT    how far from the cut, in bits
// param    limit         INTEGER =200 how many at most
// returns  source        STRING   the system one row came from
// returns  record_id     STRING   its id there
// returns  person_id     STRING   the person it describes
// returns  records       INTEGER  how many rows that person has
// returns  other_source  STRING   the system the other came from
// returns  other_id      STRING   its id there
// returns  other_person  STRING   the person that describes
// returns  other_records INTEGER  how many rows that person has
// returns  weight        FLOAT    log-odds of being one person, in bits
// calls    GET /v1/identity/review
/*
:params { after: 'acme/', end: 'acme0', width: 6.0, limit: 200 }
*/
MATCH (r:Record)-[m:MATCHES]->(other:Record)
WHERE r.key > $after AND r.key < $end AND abs(m.weight) <= $width AND r.key <> other.key
  AND NOT (r)<-[:ABOUT]-(:Judgement)-[:ABOUT]->(other)
MATCH (r)-[:DESCRIBES]->(p:Person)
MATCH (other)-[:DESCRIBES]->(q:Person)
RETURN r.source AS source, r.record_id AS record_id, p.person_id AS person_id, p.records AS records,
       other.source AS other_source, other.record_id AS other_id, q.person_id AS other_person,
       q.records AS other_records, m.weight AS weight
ORDER BY abs(m.weight), r.key, other.key, p.key, q.key
LIMIT $limit
