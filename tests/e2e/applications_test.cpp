// The applications pack as a user runs it: schema up, migrate the sample, look at the dashboard,
// verify, down.
#include <gtest/gtest.h>

#include "e2e/pack_harness.h"

namespace arango2pg::e2e {
namespace {

class ApplicationsPack : public PackEndToEnd {
 protected:
  ApplicationsPack() : PackEndToEnd("applications") {}
};

TEST_F(ApplicationsPack, LoadsTheSampleWithItsMappedColumns) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  const Foretold foretold = sample("");
  const auto outcome = migrate_sample();
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_TRUE(adds_up());
  const auto count = [&](const std::string& from) {
    return std::stol(target_->value("SELECT count(*) FROM " + from));
  };
  EXPECT_EQ(count("jobs WHERE prestige_factor IS NULL AND priority_score = 0"),
            foretold.figure("without_prestige"));
  EXPECT_EQ(count("jobs WHERE priority_score <> coalesce(prestige_factor, 0)"), 0);
  EXPECT_EQ(count("jobs WHERE location = 'ON, Canada'"), foretold.figure("location_without_city"));
  EXPECT_EQ(count("jobs WHERE location = 'Brno'"), foretold.figure("location_city_only"));
  EXPECT_EQ(count("jobs WHERE location IS NULL"), foretold.figure("without_location"));
  EXPECT_EQ(count("jobs WHERE salary_currency IS DISTINCT FROM compensation_currency OR "
                  "experience_level IS DISTINCT FROM seniority_level"),
            0);
  EXPECT_EQ(count("jobs WHERE company_id IS NULL"), foretold.figure("jobs_without_company"));
  EXPECT_EQ(
      std::stol(target_->value("SELECT sum(cardinality(documents_sent)) FROM job_applications")),
      foretold.figure("documents_sent"));
  EXPECT_GT(count(R"(job_applications
                     WHERE documents_sent @> ARRAY['résumé, "final" {2}.pdf', 'NULL'])"),
            0);
  // Three spellings of time, or none: always within the sample's four months.
  EXPECT_EQ(count("jobs WHERE created_at NOT BETWEEN '2025-08-17' AND '2025-12-16'"), 0);
  EXPECT_NE(outcome.all().find("warning check_enum application_status in " +
                               std::to_string(foretold.figure("unknown_status"))),
            std::string::npos)
      << outcome.all();
  EXPECT_NE(outcome.all().find("attribute 'scraper_version' is not mapped"), std::string::npos);
}

// Without another command: migrate refreshes the view and calls the pack's
// arango2pg_finalise_applications.
TEST_F(ApplicationsPack, ShowsTheLoadedDataOnTheDashboard) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  const Foretold foretold = sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  EXPECT_EQ(target_->value("SELECT count(*) FROM application_summary_mv"), "320");
  EXPECT_EQ(target_->value("SELECT count(*) FROM application_summary_mv v "
                           "JOIN job_applications a ON a.id = v.application_id "
                           "JOIN jobs j ON j.id = a.job_id AND j.job_title = v.job_title "
                           "LEFT JOIN companies c ON c.id = j.company_id "
                           "WHERE v.company_name IS NOT DISTINCT FROM c.name"),
            target_->value("SELECT count(job_id) FROM job_applications"));
  for (const char* table : {"dashboard_metrics_daily", "dashboard_metrics_hourly"}) {
    const auto sums = target_->query(
        std::string("SELECT sum(jobs_scraped_count), sum(applications_sent_count), "
                    "sum(applications_success_count), sum(applications_failed_count), "
                    "sum(documents_generated_count) FROM ") +
        table);
    EXPECT_EQ(sums[0],
              (std::vector<std::string>{"200", "320", std::to_string(foretold.figure("sent")),
                                        std::to_string(foretold.figure("failed")),
                                        std::to_string(foretold.figure("documents_sent"))}))
        << table;
  }
  EXPECT_EQ(target_->value("SELECT max(total_pipeline_jobs) FROM dashboard_metrics_daily"), "200");
  EXPECT_EQ(target_->value("SELECT count(*) FROM time_dashboard_queries(1)"), "5");
}

TEST_F(ApplicationsPack, QuarantinesExactlyWhatTheSampleForetold) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  const Foretold foretold = sample("--odd");
  ASSERT_GT(foretold.quarantined.size(), 15U);
  const auto outcome = migrate_sample();
  EXPECT_EQ(outcome.exit, 5) << outcome.all();
  EXPECT_EQ(quarantined(), foretold.quarantined);
  EXPECT_TRUE(adds_up());
}

TEST_F(ApplicationsPack, TheWholeCycleLeavesTheDatabaseAsItWas) {
  expect_whole_cycle([&] {
    sample("");
    return migrate_sample();
  });
}

// The seed's rollback: view, functions and triggers go, indexes and metrics stay.
TEST_F(ApplicationsPack, RollsBackTheViewAndKeepsIndexesAndMetrics) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  const std::string days = target_->value("SELECT count(*) FROM dashboard_metrics_daily");
  ASSERT_EQ(schema({"down", "--to", "4", "--yes"}).exit, 0);
  EXPECT_EQ(target_->value("SELECT count(*) FROM pg_matviews"), "0");
  EXPECT_EQ(
      target_->value("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'trigger_invalidate%'"),
      "0");
  EXPECT_EQ(
      target_->value("SELECT count(*) FROM pg_proc WHERE proname LIKE '%application_summary'"),
      "0");
  EXPECT_NE(days, "0");
  EXPECT_EQ(target_->value("SELECT count(*) FROM dashboard_metrics_daily"), days);
  EXPECT_EQ(target_->value("SELECT count(*) FROM pg_class WHERE relname IN "
                           "('idx_jobs_created_at', 'idx_job_apps_created_at', "
                           "'idx_job_apps_job_id', 'idx_jobs_company_id', 'idx_job_apps_status')"),
            "5");
}

}  // namespace
}  // namespace arango2pg::e2e
