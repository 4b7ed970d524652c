// The applications pack on a real server: each step up and down, the mapped columns, the summary
// view and its refresh, the metrics, and what verify notices.
#include <gtest/gtest.h>

#include <string>

#include "db/pack_fixture.h"

namespace arango2pg::pg {
namespace {

class ApplicationsPack : public PackTest {
 protected:
  ApplicationsPack() : PackTest("applications") {}

  void company_with_job() {
    connection().script(R"(
      INSERT INTO companies (id, name) VALUES ('00000000-0000-0000-0000-00000000000c', 'Example Labs');
      INSERT INTO jobs (id, company_id, job_title, office_city, office_province, office_country,
                        prestige_factor, compensation_currency, seniority_level, analysis_completed,
                        created_at)
      VALUES ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000c',
              'Engineer', 'Toronto', 'ON', 'Canada', 7, 'USD', 'senior', true, '2025-10-16 10:00Z');)");
  }
  /// `n` applications, one a minute from `first` on.
  void applications(const std::string& first, int n, const std::string& status) {
    connection().exec(
        "INSERT INTO job_applications (job_id, application_status, documents_sent, created_at) "
        "SELECT '00000000-0000-0000-0000-00000000000a', $3, '{cv.pdf,letter.pdf}', "
        "       $1::timestamptz + i * interval '1 minute' FROM generate_series(1, $2::integer) i",
        {first, std::to_string(n), status});
  }
  std::string daily(const std::string& columns, const std::string& day) {
    return list("SELECT concat_ws(' ', " + columns +
                ") FROM dashboard_metrics_daily WHERE metric_date = '" + day + "'");
  }
};

TEST_F(ApplicationsPack, ReversesEveryStepExactly) { expect_every_step_reversible(); }

TEST_F(ApplicationsPack, LivesInASchemaOfItsOwn) {
  up(0, "job search");
  EXPECT_EQ(verify("job search"), "");
  EXPECT_EQ(value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
  // Cron calls it with whatever search path it has.
  EXPECT_EQ(run("SELECT \"job search\".refresh_application_summary()"), "");
}

TEST_F(ApplicationsPack, NeverTakesOverTablesThatItDidNotMake) {
  connection().script("CREATE TABLE companies (id integer)");
  const std::string said = refusal_of_up();
  EXPECT_NE(said.find("holds tables of these names already: companies"), std::string::npos) << said;
  EXPECT_EQ(value("SELECT to_regclass('jobs')::text"), "") << "a part of the step stayed";
}

TEST_F(ApplicationsPack, NeverDropsTablesThatWereStamped) { expect_stamped_tables_to_stay(); }

TEST_F(ApplicationsPack, RunsTwiceWithoutChangingAnything) {
  up();
  company_with_job();
  const std::string once = dump();
  run_sections_again(1);
  EXPECT_EQ(dump(), once);
  EXPECT_EQ(value("SELECT count(*) FROM jobs"), "1");
}

TEST_F(ApplicationsPack, FillsMappedColumnsOfRowsThatWereThere) {
  up(1);
  connection().script(R"(
    INSERT INTO jobs (job_title, office_city, office_province, office_country) VALUES
      ('a', '', 'ON', NULL), ('b', ' ', '', NULL), ('c', 'Brno', ' ', 'Czechia'))");
  up();
  EXPECT_EQ(
      list("SELECT coalesce(location, '-') || ' ' || priority_score || ' ' || salary_currency "
           "FROM jobs ORDER BY job_title"),
      "ON 0 CAD,- 0 CAD,Brno, Czechia 0 CAD");
}

TEST_F(ApplicationsPack, KeepsMappedColumnsInStepWithWhatTheApplicationWrites) {
  up();
  company_with_job();
  const std::string mapped =
      "SELECT concat_ws('|', priority_score, salary_currency, location, experience_level) FROM "
      "jobs";
  EXPECT_EQ(value(mapped), "7|USD|Toronto, ON, Canada|senior");
  EXPECT_EQ(
      run("UPDATE jobs SET prestige_factor = NULL, office_city = '', seniority_level = 'lead', "
          "compensation_currency = 'EUR'"),
      "");
  EXPECT_EQ(value(mapped), "0|EUR|ON, Canada|lead");
  EXPECT_EQ(run("UPDATE jobs SET location = 'anywhere'"), "");
  EXPECT_EQ(run("UPDATE jobs SET job_title = 'Other'"), "");
  EXPECT_EQ(value(mapped), "0|EUR|anywhere|lead") << "what is written itself stays";
  EXPECT_EQ(run("SET LOCAL arango2pg.loading = on; UPDATE jobs SET prestige_factor = 3"), "");
  EXPECT_EQ(value(mapped), "0|EUR|anywhere|lead") << "the mapping fills them while loading";
}

TEST_F(ApplicationsPack, ShowsEveryApplicationWithItsJobAndCompany) {
  up();
  company_with_job();
  applications("2025-10-17 09:00Z", 2, "sent");
  connection().script(R"(
    INSERT INTO job_applications (application_status) VALUES ('prepared');
    INSERT INTO job_applications (application_status, deleted_at) VALUES ('gone', now());
    SELECT refresh_application_summary();)");
  EXPECT_EQ(
      list("SELECT concat_ws('|', application_status, job_title, company_name, priority_score, "
           "salary_currency, location, experience_level) FROM application_summary_mv "
           "ORDER BY created_at"),
      "sent|Engineer|Example Labs|7|USD|Toronto, ON, Canada|senior,"
      "sent|Engineer|Example Labs|7|USD|Toronto, ON, Canada|senior,prepared|0");
}

// The first version of the original had no unique index: every concurrent refresh failed.
TEST_F(ApplicationsPack, RefreshesWhileOthersRead) {
  up();
  auto reader = db().connect();
  Transaction reading(reader);
  EXPECT_EQ(reader.exec("SELECT FROM application_summary_mv").size(), 0U);
  connection().script("INSERT INTO job_applications (application_status) VALUES ('sent')");
  EXPECT_EQ(run("SET LOCAL lock_timeout = '2s'; SELECT refresh_application_summary()"), "");
  EXPECT_EQ(value("SELECT count(*) FROM application_summary_mv"), "1");
  EXPECT_EQ(value("SELECT concurrent FROM application_summary_refreshes"), "t");
}

TEST_F(ApplicationsPack, RefreshesAViewThatWasNeverFilled) {
  up();
  connection().script(R"(
    INSERT INTO job_applications (application_status) VALUES ('sent');
    REFRESH MATERIALIZED VIEW application_summary_mv WITH NO DATA;)");
  EXPECT_EQ(value("SELECT populated FROM application_summary_status"), "f");
  EXPECT_EQ(run("SELECT refresh_application_summary()"), "");
  EXPECT_EQ(value("SELECT count(*) FROM application_summary_mv"), "1");
  EXPECT_EQ(value("SELECT concurrent FROM application_summary_refreshes"), "f");
}

// Cron refreshes every five minutes: without an end the record would outgrow the view.
TEST_F(ApplicationsPack, KeepsTheRecordOfRefreshesForAMonth) {
  up();
  sql("INSERT INTO application_summary_refreshes (started_at, seconds, applications, concurrent) "
      "VALUES (now() - interval '31 days', 1, 1, true), (now() - interval '29 days', 1, 1, true)");
  EXPECT_EQ(run("SELECT refresh_application_summary()"), "");
  EXPECT_EQ(rows("SELECT (now()::date - started_at::date), applications "
                 "FROM application_summary_refreshes ORDER BY 1 DESC"),
            "29|1, 0|0");
  EXPECT_EQ(rows("SELECT populated, stale_since, refresh_seconds >= 0, applications "
                 "FROM application_summary_status"),
            "t|-|t|0");
}

TEST_F(ApplicationsPack, KnowsSinceWhenTheViewIsStale) {
  up();
  const std::string stale = "SELECT stale_since IS NOT NULL FROM application_summary_status";
  EXPECT_EQ(value(stale), "f");
  for (const char* change :
       {"INSERT INTO companies (name) VALUES ('c')", "INSERT INTO jobs (job_title) VALUES ('j')",
        "INSERT INTO job_applications DEFAULT VALUES", "UPDATE companies SET domain = 'x.example'",
        "DELETE FROM job_applications", "TRUNCATE job_applications"}) {
    EXPECT_EQ(run(change), "");
    EXPECT_EQ(value(stale), "t") << change;
    EXPECT_EQ(run("SELECT refresh_application_summary()"), "");
    EXPECT_EQ(value(stale), "f") << change;
  }
  EXPECT_EQ(run("SET LOCAL arango2pg.loading = on; INSERT INTO companies (name) VALUES ('d')"), "");
  EXPECT_EQ(value(stale), "f") << "arango2pg refreshes the view itself";
}

// The mark of the first change is there, the second one relies on it; a refresh between its
// statement and its COMMIT must not take the mark away.
TEST_F(ApplicationsPack, DoesNotForgetChangesThatAreNotCommittedYet) {
  up();
  EXPECT_EQ(run("INSERT INTO companies (name) VALUES ('first')"), "");
  auto other = db().connect();
  Transaction changing(other);
  other.exec("INSERT INTO job_applications (application_status) VALUES ('sent')");
  EXPECT_EQ(run("SELECT refresh_application_summary()"), "");
  changing.commit();
  EXPECT_EQ(value("SELECT count(*) FROM application_summary_mv"), "0");
  EXPECT_EQ(value("SELECT stale_since IS NOT NULL FROM application_summary_status"), "t");
}

TEST_F(ApplicationsPack, CountsADayFromItsFirstToBeforeItsLastInstant) {
  up();
  company_with_job();
  applications("2025-10-16 23:58Z", 1, "sent");  // 23:59
  applications("2025-10-16 23:59Z", 3, "sent");  // 00:00 to 00:02
  applications("2025-10-17 12:00Z", 1, "failed");
  EXPECT_EQ(run("SELECT backfill_daily_metrics('2025-10-16'::date, '2025-10-18'::date)"), "");
  const std::string columns =
      "jobs_scraped_count, jobs_analyzed_count, applications_sent_count, "
      "applications_success_count, applications_failed_count, documents_generated_count, "
      "success_rate, total_pipeline_jobs, applications_trend_pct";
  EXPECT_EQ(daily(columns, "2025-10-16"), "1 1 1 1 0 2 100.00 1 0.00");
  EXPECT_EQ(daily(columns, "2025-10-17"), "0 0 4 3 1 8 75.00 1 300.00");
  EXPECT_EQ(daily(columns, "2025-10-18"), "0 0 0 0 0 0 0.00 1 -100.00") << "days include the last";
  EXPECT_EQ(run("SELECT backfill_daily_metrics('2025-10-17'::date, '2025-10-17'::date, "
                "'America/Toronto')"),
            "");
  EXPECT_EQ(daily("applications_sent_count", "2025-10-17"), "1") << "midnight is at 04:00 UTC";
}

TEST_F(ApplicationsPack, CountsHoursUpToButWithoutTheEnd) {
  up();
  company_with_job();
  applications("2025-10-17 08:30Z", 2, "sent");
  applications("2025-10-17 09:59Z", 1, "failed");  // 10:00
  EXPECT_EQ(value("SELECT backfill_hourly_metrics('2025-10-17 08:15Z', '2025-10-17 10:00Z')"), "2");
  EXPECT_EQ(list("SELECT (metric_hour AT TIME ZONE 'UTC')::time || ' ' || applications_sent_count "
                 "FROM dashboard_metrics_hourly ORDER BY metric_hour"),
            "08:00:00 2,09:00:00 0");
  EXPECT_EQ(run("SELECT compute_hourly_metrics('2025-10-17 10:20Z')"), "");
  EXPECT_EQ(value("SELECT applications_failed_count FROM dashboard_metrics_hourly "
                  "WHERE metric_hour = '2025-10-17 10:00Z'"),
            "1");
  EXPECT_EQ(value("SELECT backfill_hourly_metrics(now(), now())"), "0") << "an empty range";
}

TEST_F(ApplicationsPack, ComputesTheDayAndTheHourThatAreAskedFor) {
  up();
  company_with_job();
  applications("2025-10-17 09:00Z", 2, "sent");
  applications("2025-10-18 00:30Z", 1, "sent");
  const std::string days =
      "SELECT metric_date, applications_sent_count FROM dashboard_metrics_daily ORDER BY 1";
  EXPECT_EQ(run("SELECT compute_daily_metrics('2025-10-17'::date)"), "");
  EXPECT_EQ(rows(days), "2025-10-17|2");
  EXPECT_EQ(run("SET LOCAL timezone = 'UTC'; "
                "SELECT compute_daily_metrics('2025-10-18 23:00Z'::timestamptz)"),
            "");
  EXPECT_EQ(rows(days), "2025-10-17|2, 2025-10-18|1");
  // In Toronto that application was sent on the evening before.
  EXPECT_EQ(run("SELECT compute_daily_metrics('2025-10-17'::date, 'America/Toronto')"), "");
  EXPECT_EQ(rows(days), "2025-10-17|3, 2025-10-18|1");
  EXPECT_EQ(run("SELECT compute_hourly_metrics('2025-10-18 00:59Z')"), "");
  EXPECT_EQ(rows("SELECT metric_hour AT TIME ZONE 'UTC', applications_sent_count "
                 "FROM dashboard_metrics_hourly"),
            "2025-10-18 00:00:00|1");
}

// numeric(5,2) refused the whole day when 12 jobs followed one.
TEST_F(ApplicationsPack, TakesTrendsBeyondAThousandPercent) {
  up();
  connection().script(R"(
    INSERT INTO jobs (job_title, created_at)
    SELECT 'j', '2025-10-16Z'::timestamptz + CASE WHEN i = 0 THEN interval '0' ELSE interval '1 day' END
    FROM generate_series(0, 12) i;
    SELECT backfill_daily_metrics('2025-10-16'::date, '2025-10-17'::date);)");
  EXPECT_EQ(daily("jobs_scraped_count, jobs_trend_pct, total_pipeline_jobs", "2025-10-17"),
            "12 1100.00 13");
}

// The documented calls did not match the argument types: the cron lines never worked.
TEST_F(ApplicationsPack, AnswersTheCallsThatCronLinesMake) {
  up();
  for (const char* call :
       {"compute_daily_metrics(CURRENT_DATE)",
        "compute_daily_metrics(CURRENT_DATE - INTERVAL '1 day')",
        "compute_daily_metrics('2025-10-17')", "compute_daily_metrics(now())",
        "compute_hourly_metrics(now())", "compute_hourly_metrics(DATE_TRUNC('hour', NOW()))",
        "compute_hourly_metrics('2025-10-17 10:00')", "compute_hourly_metrics(LOCALTIMESTAMP)",
        "backfill_daily_metrics(CURRENT_DATE - INTERVAL '30 days', CURRENT_DATE)",
        "backfill_daily_metrics('2025-10-01', '2025-10-17')",
        "backfill_hourly_metrics(NOW() - INTERVAL '7 days', NOW())"})
    EXPECT_EQ(run(std::string("SELECT ") + call), "") << call;
  EXPECT_EQ(daily("metric_date", "2025-10-17"), "2025-10-17") << "the date that the text shows";
}

TEST_F(ApplicationsPack, RecomputesWithoutTouchingWhatOthersWrote) {
  up();
  company_with_job();
  applications("2025-10-17 09:00Z", 2, "sent");
  EXPECT_EQ(run("SELECT arango2pg_finalise_applications(1)"), "");
  EXPECT_EQ(list("SELECT metric_date::text FROM dashboard_metrics_daily ORDER BY 1"),
            "2025-10-16,2025-10-17");
  connection().script("UPDATE dashboard_metrics_daily SET ai_cost_incurred = 1.25");
  connection().script("DELETE FROM job_applications");
  EXPECT_EQ(run("SELECT arango2pg_finalise_applications(2)"), "");
  EXPECT_EQ(daily("applications_sent_count, success_rate, ai_cost_incurred, id IS NOT NULL",
                  "2025-10-17"),
            "0 0.00 1.2500 t")
      << "a day whose applications are gone says so";
}

TEST_F(ApplicationsPack, TimesTheDashboardBeforeAndAfter) {
  up();
  company_with_job();
  applications("2025-10-17 09:00Z", 500, "sent");
  connection().script(
      "SELECT refresh_application_summary(); SELECT arango2pg_finalise_applications(1)");
  const Rows rows = query("SELECT * FROM time_dashboard_queries(3)");
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows.text(4, 0), "all of them");
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t column = 2; column < 7; ++column)
      EXPECT_TRUE(rows[i][column].has_value()) << i << " " << column;
  EXPECT_EQ(value("SELECT count(*) FROM dashboard_timings WHERE applications = 500"), "4");
  EXPECT_EQ(value("SHOW enable_indexscan"), "on") << "the session is left as it was";
}

TEST_F(ApplicationsPack, VerifyComparesDefinitionsNotNames) {
  up();
  const auto says = [&](const std::string& change, const std::string& what) {
    const std::string said = verify_after(change);
    EXPECT_NE(said.find(what), std::string::npos) << "said: " << said;
  };
  says(
      "DROP INDEX idx_job_apps_status; CREATE INDEX idx_job_apps_status ON job_applications "
      "(job_id)",
      "index idx_job_apps_status on job_applications is btree (job_id)");
  says(
      "DROP INDEX idx_app_summary_application_id; "
      "CREATE INDEX idx_app_summary_application_id ON application_summary_mv (application_id)",
      "index idx_app_summary_application_id: unique btree (application_id)");
  says("ALTER TABLE jobs DISABLE TRIGGER trigger_map_job_columns",
       "trigger trigger_map_job_columns");
  says("ALTER TABLE jobs DROP CONSTRAINT jobs_company_id_fkey",
       "a valid foreign key jobs.company_id to companies");
  EXPECT_EQ(verify(), "");
}

}  // namespace
}  // namespace arango2pg::pg
