// How far the journeys have followed what happened to persons, households, homes and storms.
//
// mode     read
// param    own            KEY      the room that follows: journeys
// param    after          KEY      ='' where the tenant's waiting households begin
// param    end            END      where they end
// param    limit          INTEGER  =1001 how many waiting ones to count
// returns  position       STRING   the last change taken in
// returns  run_id         STRING   the last match run taken in
// returns  followed_at    STRING   when it last looked
// returns  waiting        INTEGER  households whose journeys are to be derived again, up to the limit
// calls    GET /v1/households/{household_id}/journeys
/*
:params { own: 'acme/journeys', after: 'acme/', end: 'acme0', limit: 1001 }
*/
OPTIONAL MATCH (f:Follower {key: $own})
CALL () {
  MATCH (u:Unthreaded)
  WHERE u.key > $after AND u.key < $end
  WITH u.key AS key
  ORDER BY key
  LIMIT $limit
  RETURN count(key) AS waiting
}
RETURN f.position AS position, f.run_id AS run_id, f.followed_at AS followed_at, waiting
