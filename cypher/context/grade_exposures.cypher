// Say how hard storms hit buildings.
//
// mode     write
// param    rows           ROWS     one per building and storm
// row      property       KEY      the building
// row      storm          KEY      the storm
// row      content        MAP      sii, moe_usd
// returns  exposures      INTEGER  how many were graded
// calls    POST /v1/exposures
/*
:params { rows: [{ property: 'acme/P-14', storm: 'acme/DFW_STORM_24', content: { sii: 82.5, moe_usd: 14000.0 } }] }
*/
UNWIND $rows AS row
MATCH (b:Property {key: row.property})-[x:EXPOSED_TO]->(s:Storm {key: row.storm})
SET x += row.content
RETURN count(x) AS exposures
