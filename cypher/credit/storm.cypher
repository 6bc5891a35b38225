// One storm, so that credit is asked of one that is there.
//
// mode     read
// param    storm           KEY      the storm
// returns  storm_id        STRING   its id
// returns  name            STRING   what people call it
// returns  kind            STRING   hail, wind or the like
// calls    GET /v1/attribution/storms/{storm_id}
/*
:params { storm: 'acme/DFW_STORM_24' }
*/
MATCH (s:Storm {key: $storm})
RETURN s.storm_id AS storm_id, s.name AS name, s.kind AS kind
