// The requests pack on a real server: every object that the original names, by what it does, and
// what was wrong with it there.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "db/pack_fixture.h"

namespace arango2pg::pg {
namespace {

const std::string six_stages =
    "('validation', 1), ('rag_retrieval', 2), ('script_generation', 3), ('video_generation', 4), "
    "('video_processing', 5), ('notification', 6)";
const std::string first = "00000000-0000-4000-8000-000000000001";

class RequestsPack : public PackTest {
 protected:
  RequestsPack() : PackTest("requests") {}

  /// The pack with a school and two students.
  void start() {
    up();
    connection().script(R"(
      INSERT INTO organizations (organization_id, name) VALUES ('org', 'School');
      INSERT INTO users (user_id, email, first_name, last_name, role) VALUES
        ('ada', 'ada@example.com', 'Ada', 'Lovelace', 'student'),
        ('bob', 'bob@example.com', 'Bob', 'Ross', 'student');)");
  }
  void request(const std::string& more_columns = "", const std::string& more_values = "",
               const std::string& id = first) {
    query("INSERT INTO content_requests (id, correlation_id, student_id, topic" + more_columns +
          ") VALUES ('" + id + "', 'c" + id + "', 'ada', 'Light'" + more_values + ")");
  }
  void stages() {
    query("INSERT INTO request_stages (request_id, stage_name, stage_order) SELECT '" + first +
          "', * FROM (VALUES " + six_stages + ") AS s");
  }
  void stage(const std::string& name, const std::string& status) {
    query("UPDATE request_stages SET status = '" + status + "' WHERE stage_name = '" + name + "'");
  }
  /// Progress and current stage of the request.
  std::string progress() {
    return value(
        "SELECT progress_percentage || ' ' || coalesce(current_stage, '-') FROM content_requests "
        "WHERE id = '" +
        first + "'");
  }
};

TEST_F(RequestsPack, ReversesEveryStepExactly) { expect_every_step_reversible(); }

TEST_F(RequestsPack, LivesInASchemaOfItsOwn) {
  up(0, "vividly");
  EXPECT_EQ(verify("vividly"), "");
  // The caller's search_path does not matter: functions know where they live.
  connection().script(R"(
    INSERT INTO vividly.users (user_id, email, first_name, last_name, role)
    VALUES ('ada', 'ada@example.com', 'Ada', 'Lovelace', 'student');
    INSERT INTO vividly.content_requests (correlation_id, student_id, topic) VALUES ('c', 'ada', 't');
    INSERT INTO vividly.request_stages (request_id, stage_name, stage_order, status)
    SELECT id, 'validation', 1, 'completed' FROM vividly.content_requests;)");
  EXPECT_EQ(value("SELECT progress_percentage FROM vividly.content_requests"), "100");
  EXPECT_EQ(list("SELECT event_type FROM vividly.request_events ORDER BY event_type"),
            "created,stage_completed");
  down(0, "vividly");
  EXPECT_EQ(value("SELECT to_regnamespace('vividly') IS NULL"), "t");
}

// The original's second run stumbled over the types that its first one had left behind.
TEST_F(RequestsPack, CompletesEnumerationsThatAreThereAlready) {
  connection().script(R"(
    CREATE TYPE content_stage_status AS ENUM ('in_progress', 'failed', 'blocked');
    CREATE TYPE user_role AS ENUM ('student', 'teacher', 'admin', 'super_admin');)");
  up();
  EXPECT_EQ(verify(), "");
  EXPECT_EQ(list("SELECT unnest(enum_range(NULL::content_stage_status))"),
            "pending,in_progress,completed,failed,skipped,blocked");
  down();
  EXPECT_EQ(list("SELECT typname FROM pg_type WHERE typtype = 'e' "
                 "AND typnamespace = 'public'::regnamespace ORDER BY 1"),
            "content_stage_status,user_role")
      << "what was there before stays";
}

TEST_F(RequestsPack, RefusesAnEnumerationWhoseLabelsStandInAnotherOrder) {
  query("CREATE TYPE user_status AS ENUM ('suspended', 'active')");
  try {
    up();
    FAIL() << "applied";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("user_status exists with its labels in another order"),
              std::string::npos)
        << e.what();
  }
  EXPECT_EQ(value("SELECT to_regtype('content_request_status') IS NULL"), "t") << "rolled back";
}

TEST_F(RequestsPack, UsesUsersAndOrganisationsThatAreThereAndLeavesThemOnTheWayDown) {
  connection().script(R"(
    CREATE TABLE organizations (organization_id varchar(100) PRIMARY KEY, name varchar(255) NOT NULL);
    CREATE TABLE users (user_id varchar(100) PRIMARY KEY, first_name varchar(100) NOT NULL,
                        last_name varchar(100) NOT NULL, password_hash text);)");
  const std::string before = dump();
  up();
  EXPECT_EQ(verify(), "");
  down();
  EXPECT_EQ(dump(), before);
}

TEST_F(RequestsPack, EnforcesItsConstraints) {
  start();
  request();
  const auto refused = [&](const std::string& columns, const std::string& values) {
    return run("INSERT INTO content_requests (correlation_id, topic, student_id" + columns +
               ") VALUES ('other', 't', " + values + ")");
  };
  EXPECT_NE(refused("", "'nobody'").find("content_requests_student_id_fkey"), std::string::npos);
  EXPECT_NE(refused(", organization_id", "'ada', 'none'").find("organization_id_fkey"),
            std::string::npos);
  EXPECT_NE(refused(", progress_percentage", "'ada', 101").find("progress_percentage_check"),
            std::string::npos);
  EXPECT_NE(refused(", status", "'ada', 'generating'").find("invalid input value for enum"),
            std::string::npos);
  EXPECT_NE(run("INSERT INTO content_requests (correlation_id, topic, student_id) "
                "SELECT correlation_id, topic, student_id FROM content_requests")
                .find("content_requests_correlation_id_key"),
            std::string::npos);
  stages();
  EXPECT_NE(run("INSERT INTO request_stages (request_id, stage_name, stage_order) "
                "SELECT request_id, stage_name, 9 FROM request_stages")
                .find("unique_stage_per_request"),
            std::string::npos);
  EXPECT_NE(run("UPDATE request_events SET severity = 'fatal'").find("severity_check"),
            std::string::npos);
  query("DELETE FROM users WHERE user_id = 'ada'");
  EXPECT_EQ(value("SELECT (SELECT count(*) FROM content_requests) + (SELECT count(*) FROM "
                  "request_stages) + (SELECT count(*) FROM request_events)"),
            "0")
      << "ON DELETE CASCADE";
}

// ── progress ─────────────────────────────────────────────────────────────────────────────────────

// In the original two done and one skipped stage were 66 percent for ever.
TEST_F(RequestsPack, CountsSkippedStagesAndFailedOnesThatAreNotCritical) {
  start();
  request();
  EXPECT_EQ(value("SELECT calculate_request_progress('" + first + "')"), "0") << "no stages";
  stages();
  EXPECT_EQ(progress(), "0 validation") << "inserting six pending stages left the last as current";
  stage("validation", "completed");
  EXPECT_EQ(progress(), "16 rag_retrieval");
  stage("rag_retrieval", "skipped");
  EXPECT_EQ(progress(), "33 script_generation");
  stage("notification", "failed");
  EXPECT_EQ(progress(), "50 script_generation") << "a notification is not critical";
  stage("script_generation", "failed");
  EXPECT_EQ(progress(), "50 script_generation") << "the script is";
}

TEST_F(RequestsPack, KnowsTheSixStagesOfThePipeline) {
  up();
  EXPECT_EQ(list("SELECT stage_order || ' ' || stage_name || CASE WHEN is_critical THEN '' ELSE "
                 "' may fail' END FROM pipeline_stage_definitions ORDER BY stage_order"),
            "1 validation,2 rag_retrieval,3 script_generation,4 video_generation,"
            "5 video_processing,6 notification may fail");
}

TEST_F(RequestsPack, ShowsTheStageInProgressWhateverStageWasTouchedLast) {
  start();
  request();
  stages();
  stage("script_generation", "in_progress");
  EXPECT_EQ(progress(), "0 script_generation");
  query("UPDATE request_stages SET output_data = '{}' WHERE stage_name = 'validation'");
  EXPECT_EQ(progress(), "0 script_generation");
  query("UPDATE request_stages SET status = 'completed'");
  EXPECT_EQ(progress(), "100 notification") << "all done: the last one";
  query("DELETE FROM request_stages WHERE stage_name <> 'validation'");
  EXPECT_EQ(progress(), "100 validation") << "a trigger for deletions was missing";
}

TEST_F(RequestsPack, LeavesTheWorkersOwnFiguresAloneWithoutStagesAndWhenCompleted) {
  start();
  request(", progress_percentage, current_stage", ", 40, 'script_generation'");
  stages();
  query("UPDATE content_requests SET status = 'completed'");
  stage("validation", "in_progress");
  EXPECT_EQ(progress().substr(0, 3), "100");
  query("UPDATE content_requests SET status = 'validating', progress_percentage = 7");
  query("DELETE FROM request_stages");
  EXPECT_EQ(progress(), "7 validation");
}

// Both read the stages before the other had committed: the last writer's figure lacked one stage.
TEST_F(RequestsPack, CountsTwoStagesThatFinishAtTheSameTime) {
  start();
  request();
  stages();
  std::thread other;
  {
    Transaction transaction(connection());
    stage("validation", "completed");
    other = std::thread([&] {
      auto second = db().connect("other worker");
      second.exec(
          "UPDATE request_stages SET status = 'completed' WHERE stage_name = 'rag_retrieval'");
    });
    auto watcher = db().connect("watcher");
    for (int i = 0; i < 1000; ++i) {
      if (!watcher.exec("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'").empty())
        break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    transaction.commit();
  }
  other.join();
  EXPECT_EQ(progress(), "33 script_generation");
}

TEST_F(RequestsPack, KeepsMigratedFiguresUntilTheyAreRecalculated) {
  start();
  connection().script("SET arango2pg.loading = on");
  request(", progress_percentage, status", ", 66, 'failed'");
  stages();
  stage("validation", "completed");
  query("UPDATE content_requests SET status = 'notifying', retry_count = 2");
  connection().script("RESET arango2pg.loading");
  EXPECT_EQ(progress(), "66 -");
  EXPECT_EQ(value("SELECT count(*) FROM request_events"), "0");
  EXPECT_EQ(value("SELECT started_at IS NULL AND failed_at IS NULL FROM content_requests"), "t");
  EXPECT_EQ(value("SELECT recalculate_request_progress()"), "1");
  EXPECT_EQ(progress(), "16 rag_retrieval");
  EXPECT_EQ(value("SELECT recalculate_request_progress()"), "0");
}

// ── events and times ─────────────────────────────────────────────────────────────────────────────

TEST_F(RequestsPack, LogsWhatHappensToARequest) {
  start();
  request();
  query("UPDATE content_requests SET status = 'validating', current_stage = 'validation'");
  query("UPDATE content_requests SET status = 'validating', topic = 'Sound'");  // nothing happened
  query("UPDATE content_requests SET status = 'failed'");
  query("UPDATE content_requests SET status = 'pending', retry_count = retry_count + 1");
  query("UPDATE content_requests SET status = 'cancelled'");
  EXPECT_EQ(list("SELECT concat_ws(' ', event_type, severity, event_data ->> 'old_status', "
                 "event_data ->> 'new_status') FROM request_events ORDER BY created_at, event_type "
                 "COLLATE \"C\""),
            "created info pending,status_change info pending validating,"
            "status_change error validating failed,retry warning,status_change info failed pending,"
            "status_change warning pending cancelled");
  EXPECT_EQ(value("SELECT event_data ->> 'current_stage' FROM request_events "
                  "WHERE event_data ->> 'new_status' = 'validating'"),
            "validation");
}

// What the worker does, as the seed describes it, statement by statement.
TEST_F(RequestsPack, FollowsTheWorkflowOfTheSeed) {
  start();
  EXPECT_EQ(value("SELECT count(*) FROM content_requests WHERE correlation_id = 'vvd_1' "
                  "AND status <> 'completed'"),
            "0");
  query(
      "INSERT INTO content_requests (correlation_id, student_id, topic) "
      "VALUES ('vvd_1', 'ada', 'photosynthesis')");
  EXPECT_EQ(value("SELECT status FROM content_requests"), "pending");
  for (const char* status :
       {"validating", "retrieving", "generating_script", "generating_video", "processing_video"})
    query(std::string("UPDATE content_requests SET status = '") + status + "'");
  query(
      "UPDATE content_requests SET current_stage = 'script_generation', progress_percentage = 40");
  EXPECT_EQ(value("SELECT current_stage || ' ' || progress_percentage || ' ' || status "
                  "FROM active_requests_dashboard"),
            "script_generation 40 processing_video");
  query("UPDATE content_requests SET status = 'completed'");
  EXPECT_EQ(list("SELECT event_data ->> 'new_status' FROM request_events ORDER BY created_at"),
            "pending,validating,retrieving,generating_script,generating_video,processing_video,"
            "completed");
  EXPECT_EQ(value("SELECT count(*) FROM active_requests_dashboard"), "0");

  query(
      "INSERT INTO content_requests (correlation_id, student_id, topic) "
      "VALUES ('vvd_2', 'ada', 'gravity')");
  query(
      "UPDATE content_requests SET status = 'failed', error_message = 'no teacher', "
      "error_stage = 'validation', failed_at = now() WHERE correlation_id = 'vvd_2'");
  EXPECT_EQ(rows("SELECT e.severity, e.event_data ->> 'new_status' FROM request_events e "
                 "JOIN content_requests r ON r.id = e.request_id "
                 "WHERE r.correlation_id = 'vvd_2' AND e.event_type = 'status_change'"),
            "error|failed");
}

TEST_F(RequestsPack, LogsWhatHappensToStages) {
  start();
  request();
  stages();
  stage("validation", "in_progress");
  stage("validation", "completed");
  query(
      "UPDATE request_stages SET status = 'failed', error_message = 'no such topic' "
      "WHERE stage_name = 'rag_retrieval'");
  stage("notification", "skipped");
  EXPECT_EQ(list("SELECT concat_ws(' ', event_type, stage_name, severity, event_message) "
                 "FROM request_events WHERE event_type LIKE 'stage%' ORDER BY created_at"),
            "stage_started validation info Stage validation is in progress,"
            "stage_completed validation info Stage validation is completed,"
            "stage_failed rag_retrieval error no such topic,"
            "stage_skipped notification info Stage notification is skipped");
}

TEST_F(RequestsPack, SetsTheTimesThatAStatusImplies) {
  start();
  request();
  EXPECT_EQ(value("SELECT started_at IS NULL FROM content_requests"), "t");
  query("UPDATE content_requests SET status = 'validating'");
  EXPECT_EQ(value("SELECT started_at > now() - interval '1 minute' FROM content_requests"), "t");
  query("UPDATE content_requests SET started_at = '2025-11-02 10:00Z'");
  query("UPDATE content_requests SET status = 'failed', failed_at = '2025-11-02 10:02:05Z'");
  EXPECT_EQ(value("SELECT total_duration_seconds FROM content_requests"), "125");
  // A second failure, after a retry, has a time of its own; so has the end.
  query("UPDATE content_requests SET status = 'validating'");
  query("UPDATE content_requests SET status = 'failed'");
  EXPECT_EQ(value("SELECT failed_at > now() - interval '1 minute' FROM content_requests"), "t");
  query("UPDATE content_requests SET status = 'completed', completed_at = '2025-11-02 10:10Z'");
  EXPECT_EQ(value("SELECT total_duration_seconds || ' ' || progress_percentage "
                  "FROM content_requests"),
            "600 100");
  query("UPDATE content_requests SET status = 'validating'");
  query(
      "UPDATE content_requests SET status = 'completed', completed_at = '2025-11-02 10:20Z', "
      "total_duration_seconds = 7");
  EXPECT_EQ(value("SELECT total_duration_seconds FROM content_requests"), "7") << "said itself";
}

// ── views and metrics ────────────────────────────────────────────────────────────────────────────

TEST_F(RequestsPack, ShowsActiveRequestsWithTheirStages) {
  start();
  request(", created_at", ", now() - interval '90 seconds'");
  request(", status", ", 'completed'", "00000000-0000-4000-8000-000000000002");
  request(", deleted_at", ", now()", "00000000-0000-4000-8000-000000000003");
  EXPECT_EQ(value("SELECT stages FROM active_requests_dashboard"), "[]") << "was null";
  query(
      "INSERT INTO request_stages (request_id, stage_name, stage_order, status, duration_seconds)"
      " VALUES ('" +
      first + "', 'rag_retrieval', 2, 'in_progress', NULL), ('" + first +
      "', 'validation', 1, 'completed', 1.5)");
  EXPECT_EQ(
      value("SELECT concat_ws('|', student_name, status, current_stage, progress_percentage, "
            "elapsed_seconds BETWEEN 90 AND 150, stages) FROM active_requests_dashboard"),
      "Ada Lovelace|pending|rag_retrieval|50|t|"
      R"([{"status": "completed", "stage_name": "validation", "error_message": null, )"
      R"("duration_seconds": 1.500}, {"status": "in_progress", "stage_name": "rag_retrieval", )"
      R"("error_message": null, "duration_seconds": null}])");
}

TEST_F(RequestsPack, SummarisesTheLastDayByHour) {
  start();
  query(
      "INSERT INTO content_requests (correlation_id, student_id, topic, status, created_at, "
      "total_duration_seconds, retry_count) SELECT 'c' || i, 'ada', 't', "
      "(ARRAY['completed','completed','failed','cancelled','notifying'])[i]"
      "::content_request_status, "
      "date_trunc('hour', now()) - interval '30 minutes', 10 * i, i % 2 "
      "FROM generate_series(1, 5) i");
  request(", created_at", ", now() - interval '2 days'");
  EXPECT_EQ(value("SELECT concat_ws(' ', total_requests, successful, failed, cancelled, "
                  "in_progress, avg_duration, p95_duration, retried_requests) "
                  "FROM request_metrics_summary"),
            "5 2 1 1 1 15.00 19.5 3");
  EXPECT_EQ(value("SELECT count(*) FROM request_metrics_summary"), "1");
}

// Nothing ever filled request_metrics, and rows without organisation could double.
TEST_F(RequestsPack, AggregatesMetricsByHourAndOrganisationHoweverOftenItRuns) {
  start();
  connection().script("SET arango2pg.loading = on");
  request(", status, created_at, total_duration_seconds",
          ", 'completed', '2025-11-02 10:59:59.999999Z', 100");
  request(", status, created_at, total_duration_seconds, organization_id",
          ", 'completed', '2025-11-02 10:00Z', 30, 'org'", "00000000-0000-4000-8000-000000000002");
  request(", status, created_at", ", 'failed', '2025-11-02 11:00Z'",
          "00000000-0000-4000-8000-000000000003");
  query(
      "INSERT INTO request_stages (request_id, stage_name, stage_order, status, duration_seconds)"
      " SELECT id, 'script_generation', 3, CASE status WHEN 'failed' THEN 'failed' ELSE "
      "'completed' END::content_stage_status, 12.5 FROM content_requests");
  query(
      "INSERT INTO request_events (request_id, event_type, event_message) "
      "SELECT id, 'circuit_breaker_open', '' FROM content_requests, generate_series(1, 2) "
      "WHERE status = 'failed'");
  const char* rows =
      "SELECT concat_ws(' ', to_char(time_bucket AT TIME ZONE 'UTC', 'HH24:MI'), organization_id, "
      "total_requests, successful_requests, failed_requests, avg_total_duration, "
      "avg_script_duration, script_errors, circuit_breaker_open_count) FROM request_metrics "
      "ORDER BY time_bucket, organization_id NULLS FIRST";
  query("SET timezone = 'Asia/Kolkata'");  // half an hour beside UTC
  EXPECT_EQ(
      value("SELECT aggregate_request_metrics('2025-11-02 10:30Z', '2025-11-02 11:00:00.1Z')"),
      "3");
  const std::string expected =
      "10:00 1 1 0 100.00 12.50 0 0,10:00 org 1 1 0 30.00 12.50 0 0,11:00 1 0 1 12.50 1 2";
  EXPECT_EQ(list(rows), expected);
  EXPECT_EQ(value("SELECT aggregate_request_metrics('2025-11-02', '2025-11-03')"), "0");
  EXPECT_EQ(list(rows), expected);

  query("DELETE FROM content_requests WHERE organization_id = 'org'");
  query("UPDATE content_requests SET status = 'cancelled' WHERE status = 'failed'");
  EXPECT_EQ(value("SELECT aggregate_request_metrics('2025-11-02', '2025-11-03')"), "1");
  EXPECT_EQ(list(rows), "10:00 1 1 0 100.00 12.50 0 0,11:00 1 0 0 12.50 1 2");
}

TEST_F(RequestsPack, FinalisesALoadByAggregatingItsMetrics) {
  start();
  EXPECT_EQ(run("SELECT arango2pg_finalise_requests(1)"), "") << "nothing loaded";
  request(", created_at", ", '2025-11-02 10:10Z'");
  request(", created_at", ", '2025-11-02 12:10Z'", "00000000-0000-4000-8000-000000000002");
  query("SELECT arango2pg_finalise_requests(1)");
  EXPECT_EQ(list("SELECT total_requests FROM request_metrics"), "1,1");
}

// ── indexes ──────────────────────────────────────────────────────────────────────────────────────

TEST_F(RequestsPack, HasTheTwelveIndexesAndUsesThemForTheirQueries) {
  start();
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE indrelid = 'content_requests'::regclass"),
            "12");
  connection().script(R"(
    INSERT INTO content_requests (correlation_id, student_id, topic, status, created_at,
                                  organization_id, error_stage, failed_at)
    SELECT 'c' || i, CASE WHEN i % 50 = 0 THEN 'bob' ELSE 'ada' END, 't',
           CASE WHEN i % 100 = 1 THEN 'failed' ELSE 'completed' END::content_request_status,
           now() - i * interval '1 min', CASE WHEN i % 20 = 0 THEN 'org' END, 's' || i % 3, now()
    FROM generate_series(1, 5000) i)");
  query("VACUUM ANALYZE content_requests");
  connection().script(
      "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off");
  const auto plan = [&](const std::string& sql) { return list("EXPLAIN " + sql); };
  const auto uses = [&](const std::string& index, const std::string& sql) {
    const std::string found = plan(sql);
    EXPECT_NE(found.find(index), std::string::npos) << found;
    EXPECT_EQ(found.find("Sort"), std::string::npos) << found;
  };
  uses("idx_content_requests_student_status_created",
       "SELECT * FROM content_requests WHERE student_id = 'bob' AND status = 'completed' "
       "ORDER BY created_at DESC LIMIT 20");
  uses("idx_content_requests_status_created",
       "SELECT * FROM content_requests WHERE status = 'failed' ORDER BY created_at DESC LIMIT 100");
  uses("idx_content_requests_org_status_created",
       "SELECT * FROM content_requests WHERE organization_id = 'org' AND status = 'completed' "
       "ORDER BY created_at DESC LIMIT 100");
  uses("idx_content_requests_failed_debugging",
       "SELECT * FROM content_requests WHERE status = 'failed' AND error_stage = 's1' "
       "ORDER BY failed_at DESC");
  uses("idx_content_requests_correlation",
       "SELECT status FROM content_requests WHERE correlation_id = 'c7' AND status <> 'completed' "
       "LIMIT 1");
}

TEST_F(RequestsPack, BuildsTheMissingOnesOfItsIndexesOnly) {
  up(4);
  query(
      "CREATE INDEX idx_content_requests_status_created "
      "ON content_requests (status, created_at DESC)");
  up();
  EXPECT_EQ(verify(), "");
}

// The original compared names only.
TEST_F(RequestsPack, VerifyComparesDefinitions) {
  up();
  EXPECT_EQ(verify_after("SELECT 1"), "");
  const auto expect = [&](const std::string& change, const std::string& said) {
    const std::string found = verify_after(change);
    EXPECT_NE(found.find(said), std::string::npos) << found;
  };
  expect("ALTER TYPE user_role RENAME VALUE 'admin' TO 'boss'",
         "labels of type user_role: {student,teacher,super_admin}, expected");
  expect("ALTER TABLE content_requests ALTER grade_level TYPE varchar(5)",
         "column content_requests.grade_level is character varying(5), expected character "
         "varying(50)");
  expect(
      "ALTER TABLE request_metrics DROP CONSTRAINT unique_metrics_bucket, ADD CONSTRAINT "
      "unique_metrics_bucket UNIQUE (time_bucket, organization_id)",
      "constraint unique_metrics_bucket on request_metrics is UNIQUE (time_bucket");
  expect(
      "ALTER TABLE content_requests DROP CONSTRAINT content_requests_student_id_fkey, "
      "ADD CONSTRAINT content_requests_student_id_fkey FOREIGN KEY (student_id) REFERENCES "
      "users (user_id)",
      "constraint content_requests_student_id_fkey");
  expect("DROP INDEX idx_request_events_created",
         "index idx_request_events_created on request_events is missing");
  expect("DELETE FROM pipeline_stage_definitions WHERE stage_order = 6",
         "other stages than the six");
  expect("ALTER TABLE request_stages DISABLE TRIGGER update_progress_on_stage_change",
         "trigger update_progress_on_stage_change on request_stages is disabled");
  expect(
      "CREATE OR REPLACE FUNCTION log_status_change() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN RETURN NULL; END'",
      "log_status_change is missing or does not stand back");
  expect("DROP VIEW request_metrics_summary", "columns of view request_metrics_summary: missing");
  expect(
      "DROP INDEX idx_content_requests_failed_debugging; CREATE INDEX "
      "idx_content_requests_failed_debugging ON content_requests (status, error_stage, "
      "failed_at DESC)",
      "index idx_content_requests_failed_debugging is btree");
}

}  // namespace
}  // namespace arango2pg::pg
