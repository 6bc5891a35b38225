// Every judgement that stands, with the rows it is about, the oldest first.
//
// mode     read
// scans    a match run reads every judgement once
// pages    Judgement
// param    after         KEY ='' where the tenant's judgements begin
// param    end           END      where they end
// returns  judgement_id  STRING   the judgement
// returns  verdict       STRING   same or different
// returns  rows          LIST     per row: side, source, record_id, person then, household then
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (j:Judgement)
WHERE j.key > $after AND j.key <= $end
WITH j
WHERE j.withdrawn_at IS NULL
MATCH (j)-[about:ABOUT]->(r:Record)
WITH j, about, r
ORDER BY j.key, about.side, r.key
WITH j.key AS key, j.judgement_id AS judgement_id, j.verdict AS verdict,
     collect([about.side, r.source, r.record_id, about.person, about.household]) AS rows
RETURN judgement_id, verdict, rows
ORDER BY key
