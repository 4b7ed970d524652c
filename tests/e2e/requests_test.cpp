// The requests pack as a user runs it: schema up, migrate documents with nested stages and events,
// schema verify, schema down.
#include <gtest/gtest.h>

#include "e2e/pack_harness.h"

namespace arango2pg::e2e {
namespace {

class RequestsPack : public PackEndToEnd {
 protected:
  RequestsPack() : PackEndToEnd("requests") {}
  void SetUp() override {
    PackEndToEnd::SetUp();
    if (IsSkipped()) return;
    const auto up = schema({"up"});
    ASSERT_EQ(up.exit, 0) << up.all();
  }
  long count(const std::string& what) {
    return std::stol(target_->value("SELECT count(*) FROM " + what));
  }
};

TEST_F(RequestsPack, LoadsTheSampleIntoFiveTables) {
  const Foretold foretold = sample("");
  const auto outcome = migrate_sample();
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  for (const char* t : {"organizations", "users", "content_requests", "requested_by"})
    EXPECT_EQ(count(t), foretold.documents(t)) << t;
  EXPECT_EQ(count("request_stages"), foretold.figure("stages"));
  EXPECT_EQ(count("request_events"), foretold.figure("events"))
      << "the triggers must not log while arango2pg loads";
  EXPECT_EQ(count("content_requests WHERE status = 'completed' AND progress_percentage = 100 AND "
                  "total_duration_seconds = 184"),
            foretold.figure("completed"));
  EXPECT_TRUE(adds_up());
  const auto verified = schema({"verify"});
  EXPECT_EQ(verified.exit, 0) << verified.all();
}

TEST_F(RequestsPack, KeepsEveryShapeThatTheApplicationWrote) {
  sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  const auto none = [&](const std::string& what) { EXPECT_EQ(count(what), 0) << what; };
  const auto some = [&](const std::string& what) { EXPECT_GT(count(what), 0) << what; };
  // Stages: an order that older workers left out, a name that the class had wrong, rounded floats.
  none(
      "(SELECT request_id FROM request_stages GROUP BY 1 "
      "HAVING array_agg(stage_order ORDER BY stage_order) <> '{1,2,3,4,5,6}') x");
  none("request_stages WHERE stage_name = 'validation' AND stage_metadata ->> 'worker' <> 'w-1'");
  none("request_stages WHERE stage_name = 'validation' AND stage_metadata IS NULL");
  some("request_stages WHERE status = 'skipped'");
  none(
      "request_stages WHERE status = 'completed' AND extract(epoch FROM completed_at - started_at)"
      " <> duration_seconds");
  // Events: severities in any case, times in milliseconds, none where the request's own counts.
  some("request_events WHERE severity = 'warning'");
  none(
      "request_events e JOIN content_requests r ON r.id = request_id "
      "WHERE e.created_at NOT BETWEEN r.created_at AND r.created_at + interval '10 seconds' "
      "AND event_type <> 'circuit_breaker_open' AND r.source_rev IS NULL");
  some("request_events WHERE event_data = '{\"attempt\": 1.0, \"old_status\": \"pending\"}'");
  // Requests: keys that are no UUIDs, how the application worked round its enumeration.
  some("content_requests WHERE source_key LIKE 'req\\_%'");
  none("content_requests WHERE source_key NOT LIKE 'req\\_%' AND source_key <> id::text");
  some(
      "content_requests WHERE status = 'pending' AND "
      "request_metadata -> 'clarification' ->> 'reasoning' = 'ambiguous'");
  none("content_requests WHERE created_at IS NULL OR started_at < created_at - interval '1 hour'");
  // Organisations and users.
  EXPECT_EQ(target_->value("SELECT string_agg(coalesce(domain, '-') || ' ' || subscription_tier, "
                           "', ' ORDER BY organization_id) FROM organizations"),
            "school0.example.org free, - district, - enterprise, school3.example.org free");
  none("users WHERE organization_id = ''");
  some("users WHERE first_name = 'Žofie' AND last_name = 'Nováková'");
  // Edges point at the requests that they pointed at.
  none(
      "requested_by b WHERE NOT EXISTS (SELECT FROM content_requests r WHERE r.id = b.request_id)");
  some("requested_by WHERE attributes = '{\"channel\": \"mobile\"}'");
}

TEST_F(RequestsPack, FillsTheMetricsThatNothingFilledBefore) {
  sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  EXPECT_EQ(target_->value("SELECT sum(total_requests) FROM request_metrics"),
            target_->value("SELECT count(*) FROM content_requests"));
  EXPECT_EQ(target_->value("SELECT sum(circuit_breaker_open_count) FROM request_metrics"),
            target_->value(
                "SELECT count(*) FROM request_events WHERE event_type = 'circuit_breaker_open'"));
  EXPECT_EQ(target_->value("SELECT sum(failed_requests) = sum(validation_errors + rag_errors + "
                           "script_errors + video_errors + upload_errors) + (SELECT count(*) FROM "
                           "content_requests r WHERE status = 'failed' AND NOT EXISTS (SELECT FROM "
                           "request_stages s WHERE s.request_id = r.id AND s.status = 'failed' AND "
                           "s.stage_name <> 'notification')) FROM request_metrics"),
            "t");
}

TEST_F(RequestsPack, QuarantinesExactlyWhatTheSampleForetold) {
  const Foretold foretold = sample("--odd");
  ASSERT_GT(foretold.quarantined.size(), 20U);
  const auto outcome = migrate_sample();
  EXPECT_EQ(outcome.exit, 5) << outcome.all();
  EXPECT_EQ(quarantined(), foretold.quarantined);
  EXPECT_TRUE(adds_up());
  EXPECT_EQ(count("request_stages"), foretold.figure("stages")) << "a document is all or nothing";
  EXPECT_EQ(schema({"verify"}).exit, 0);
}

TEST_F(RequestsPack, LoadsAgainByMergeWithoutDoublingAnything) {
  const Foretold foretold = sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  target_->query("UPDATE content_requests SET topic = 'changed', source_rev = NULL");
  target_->query("DELETE FROM request_stages WHERE stage_name = 'notification'");
  const auto again = migrate_sample({"--fresh", "--merge"});
  ASSERT_EQ(again.exit, 0) << again.all();
  EXPECT_EQ(count("request_stages"), foretold.figure("stages"));
  EXPECT_EQ(count("request_events WHERE event_type IN ('created', 'stage_started')"), 0);
  EXPECT_EQ(count("content_requests WHERE topic = 'changed'"), 0);
}

TEST_F(RequestsPack, TheWholeCycleLeavesTheDatabaseAsItWas) {
  expect_whole_cycle([&] {
    sample("");
    return migrate_sample();
  });
}

// Definitions print another way after a restore; functions and views must not depend on a
// search_path.
TEST_F(RequestsPack, SurvivesADumpAndRestore) {
  sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  Target restored;
  ASSERT_TRUE(restore_into(restored));
  const auto verified = run_tool(
      {"schema", "verify", "--pack", root_ + "/schemas/" + pack_, "--target", restored.conninfo()});
  EXPECT_EQ(verified.exit, 0) << verified.all();
  EXPECT_EQ(restored.value("SELECT count(*) FROM request_stages"),
            target_->value("SELECT count(*) FROM request_stages"));
}

}  // namespace
}  // namespace arango2pg::e2e
