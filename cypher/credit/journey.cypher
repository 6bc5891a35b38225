// One journey with its touches in their order and the conversion that closed it.
//
// mode     read
// param    journey         KEY      the journey
// returns  journey_id      STRING   its id
// returns  storm_id        STRING   the storm it was for; empty where there is none
// returns  household_id    STRING   the household that took it
// returns  anonymous       BOOLEAN  whether only events know the household
// returns  window_end      STRING   until when a conversion could end it
// returns  converted_at    INTEGER  when it converted, in milliseconds since 1970
// returns  value           FLOAT    what the conversion is worth, in USD
// returns  touches         LIST     per touch: source, event_id, occurred_at, at, channel, play
// calls    GET /v1/attribution/journeys/{journey_id}
/*
:params { journey: 'acme/01930000-0000-7000-8000-0000000000aa' }
*/
MATCH (j:Journey {key: $journey})
OPTIONAL MATCH (j)-[:ENDED_IN]->(c:Conversion)
OPTIONAL MATCH p = (j)-[:STARTS_WITH]->(:Touch)-[:NEXT*0..]->(:Touch)<-[:ENDS_WITH]-(j)
RETURN j.journey_id AS journey_id, j.storm_id AS storm_id, j.household_id AS household_id, j.anonymous AS anonymous,
       j.window_end AS window_end, c.at AS converted_at, c.value_usd AS value,
       [t IN coalesce(nodes(p), [])[1..-1] | [t.source, t.event_id, t.occurred_at, t.at, t.channel, t.play]] AS touches
