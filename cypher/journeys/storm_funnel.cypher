// How far the households of a storm's journeys came: touched, answered, lead, inspection, claim, signed.
// An answer or a milestone counts where it names the storm, or names none and falls into its window.
//
// mode     read
// scans    it counts every household of the storm
// param    storm          KEY      the storm
// param    anonymous      BOOLEAN  =false whether households of which only an identifier is known count too
// returns  households     INTEGER  households with a journey for the storm
// returns  responded      INTEGER  of these, answered
// returns  leads          INTEGER  became a lead
// returns  inspections    INTEGER  had an inspection
// returns  claims         INTEGER  filed a claim
// returns  converted      INTEGER  signed
// calls    GET /v1/attribution/storms/{storm_id}/funnel
// calls    stormgraph funnel
/*
:params { storm: 'acme/DFW_STORM_24', anonymous: false }
*/
MATCH (s:Storm {key: $storm})<-[:DURING]-(j:Journey)<-[:TOOK]-(h:Household)
WHERE $anonymous OR NOT coalesce(j.anonymous, false)
WITH s, h, max(CASE WHEN j.outcome = 'converted' THEN 1 ELSE 0 END) AS signed
OPTIONAL MATCH (h)-[:SHOWED]->(g:Signal)
WITH h, signed, CASE WHEN g.storm_id = s.storm_id
       OR (g.storm_id IS NULL AND g.occurred_at >= s.from AND g.occurred_at <= s.until) THEN g.kind ELSE '' END AS kind,
     g.milestone AS milestone
WITH h, signed, max(CASE WHEN kind = 'response' THEN 1 ELSE 0 END) AS response,
     max(CASE WHEN kind = 'milestone' AND milestone = 'lead' THEN 1 ELSE 0 END) AS lead,
     max(CASE WHEN kind = 'milestone' AND milestone = 'inspection' THEN 1 ELSE 0 END) AS inspection,
     max(CASE WHEN kind = 'milestone' AND milestone = 'claim_filed' THEN 1 ELSE 0 END) AS claim
RETURN count(h) AS households, coalesce(sum(response), 0) AS responded, coalesce(sum(lead), 0) AS leads,
       coalesce(sum(inspection), 0) AS inspections, coalesce(sum(claim), 0) AS claims,
       coalesce(sum(signed), 0) AS converted
