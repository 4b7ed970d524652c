// Each index of the schema packs serves the query that it was made for, and none is without one.
// The ats pack, which has the most, has its own in ats_pack_search_test.cpp.
#include <gtest/gtest.h>

#include "db/pack_fixture.h"

namespace arango2pg::pg {
namespace {

class ApplicationsIndexes : public AppliedPackTest {
 protected:
  ApplicationsIndexes() : AppliedPackTest("applications") {}
};

TEST_F(ApplicationsIndexes, EachServesTheQueryThatItWasMadeFor) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO companies (id, name, source_key, created_at)
    SELECT lpad(i::text, 32, '0')::uuid, 'Company ' || i, 'c' || i, '2025-01-01'::timestamptz + i * interval '1 h'
    FROM generate_series(1, 200) i;
    INSERT INTO jobs (id, company_id, job_title, analysis_completed, priority_score, source_key, created_at)
    SELECT lpad(i::text, 32, '0')::uuid, lpad((1 + i % 200)::text, 32, '0')::uuid, 'Title ' || i, i % 2 = 0, 0,
           'j' || i, '2025-01-01'::timestamptz + i * interval '1 h'
    FROM generate_series(1, 1000) i;
    INSERT INTO job_applications (job_id, application_status, source_key, created_at)
    SELECT lpad((1 + i % 1000)::text, 32, '0')::uuid, CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'sent' END,
           'a' || i, '2025-01-01'::timestamptz + i * interval '30 min'
    FROM generate_series(1, 2000) i;)");
  sql("SELECT refresh_application_summary(); SELECT arango2pg_finalise_applications(1)");
  sql("ANALYZE");
  const char* job = "'00000000-0000-0000-0000-000000000007'";
  const std::string of_company = std::string("SELECT FROM jobs WHERE company_id = ") + job;
  const std::string analyzed = of_company + " AND analysis_completed";
  const std::string of_job = std::string("SELECT FROM job_applications WHERE job_id = ") + job;
  const std::string one =
      std::string("SELECT FROM application_summary_mv WHERE application_id = ") + job;
  expect_indexes_to_serve({
      // The seed's five, for its queries.
      {"idx_jobs_created_at", "SELECT * FROM jobs ORDER BY created_at DESC LIMIT 20"},
      {"idx_job_apps_created_at",
       "SELECT ja.*, j.job_title, c.name FROM job_applications ja "
       "LEFT JOIN jobs j ON ja.job_id = j.id LEFT JOIN companies c ON j.company_id = c.id "
       "ORDER BY ja.created_at DESC LIMIT 20"},
      {"idx_job_apps_job_id", of_job.c_str()},
      {"idx_jobs_company_id", of_company.c_str(), "idx_jobs_company_analysis"},
      {"idx_job_apps_status", "SELECT FROM job_applications WHERE application_status = 'failed'"},
      // The view's.
      {"idx_app_summary_application_id", one.c_str()},
      {"idx_app_summary_created",
       "SELECT * FROM application_summary_mv ORDER BY created_at DESC LIMIT 20"},
      {"idx_app_summary_status",
       "SELECT FROM application_summary_mv WHERE application_status = 'failed'"},
      {"idx_app_summary_company",
       "SELECT FROM application_summary_mv WHERE company_name = 'Company 7'"},
      // The metrics'; a unique constraint on the same column serves the newest first as well.
      {"idx_metrics_daily_date",
       "SELECT * FROM dashboard_metrics_daily WHERE metric_date >= '2025-02-10'",
       "dashboard_metrics_daily_metric_date_key"},
      {"idx_metrics_daily_created",
       "SELECT FROM dashboard_metrics_daily ORDER BY created_at DESC LIMIT 5"},
      {"idx_metrics_hourly_hour",
       "SELECT * FROM dashboard_metrics_hourly ORDER BY metric_hour DESC LIMIT 24",
       "dashboard_metrics_hourly_metric_hour_key"},
      {"idx_metrics_hourly_created",
       "SELECT FROM dashboard_metrics_hourly ORDER BY created_at DESC LIMIT 5"},
      // Those that were there before.
      {"idx_companies_created_at", "SELECT FROM companies ORDER BY created_at LIMIT 5"},
      {"idx_companies_name_lower", "SELECT FROM companies WHERE lower(name) = 'company 7'"},
      {"idx_jobs_company_analysis", analyzed.c_str(), "idx_jobs_company_id"},
      {"idx_jobs_title_lower", "SELECT FROM jobs WHERE lower(job_title) = 'title 7'"},
      // What the loader looks documents up by.
      {"companies_source_key_key", "SELECT FROM companies WHERE source_key = 'c7'"},
      {"jobs_source_key_key", "SELECT FROM jobs WHERE source_key = 'j7'"},
      {"job_applications_source_key_key", "SELECT FROM job_applications WHERE source_key = 'a7'"},
  });
}

class AssetsIndexes : public AppliedPackTest {
 protected:
  AssetsIndexes() : AppliedPackTest("assets") {}
};

TEST_F(AssetsIndexes, EachServesTheQueryThatItWasMadeFor) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO users (id, email, full_name, role)
    SELECT lpad(i::text, 32, '0')::uuid, i || '@example.com', 'U', 'viewer' FROM generate_series(1, 200) i;
    INSERT INTO companies (id, company_name, slug, industry, contract_status)
    SELECT lpad(i::text, 32, '0')::uuid, 'Company ' || i, 's' || i, 'industry' || i % 50,
           CASE WHEN i % 50 = 0 THEN 'churned' ELSE 'active' END
    FROM generate_series(1, 200) i;
    INSERT INTO software (id, company_id, software_name, status)
    SELECT lpad(i::text, 32, '0')::uuid, lpad((1 + i % 200)::text, 32, '0')::uuid, 'S' || i,
           CASE WHEN i % 3 = 0 THEN 'Retired' ELSE 'Active' END
    FROM generate_series(1, 2000) i;
    INSERT INTO software_assets (asset_code, software_name, vendor_name, category, license_type,
                                 total_annual_cost, renewal_date, company_id, contract_status)
    SELECT 'SA-' || i, 'S' || i, 'V', 'C', 'L', 1, '2026-01-01', lpad((1 + i % 200)::text, 32, '0')::uuid,
           CASE WHEN i % 3 = 0 THEN 'expired' ELSE 'active' END
    FROM generate_series(1, 2000) i;
    INSERT INTO contracts (contract_id, company_id, contract_name, vendor_id, status, end_date)
    SELECT 'C-' || i, lpad((1 + i % 200)::text, 32, '0')::uuid, 'x', 'v' || i % 100,
           CASE WHEN i % 50 = 0 THEN 'expired' ELSE 'active' END, '2025-01-01'::date + i
    FROM generate_series(1, 1000) i;
    INSERT INTO activity_log (company_id, user_id, action_type, created_at)
    SELECT lpad((1 + i % 200)::text, 32, '0')::uuid, lpad((1 + i % 150)::text, 32, '0')::uuid, 'x',
           '2025-01-01'::timestamptz + i * interval '1 min'
    FROM generate_series(1, 5000) i;
    INSERT INTO ai_agent_analyses (software_id, company_id, agent_name, analysis_type, raw_findings,
                                   review_status, analysis_date, created_at)
    SELECT lpad((1 + i % 2000)::text, 32, '0')::uuid, lpad((1 + i % 200)::text, 32, '0')::uuid, 'agent' || i % 50,
           'type' || i % 50, '', (ARRAY['pending', 'approved', 'rejected'])[1 + (i % 20 > 0)::int + (i % 30 = 1)::int], t, t
    FROM generate_series(1, 2000) i, LATERAL (SELECT '2025-01-01'::timestamptz + i * interval '1 h' AS t) x;
    INSERT INTO client_reports (company_id, generated_by, report_type, report_title, report_content, generated_at)
    SELECT lpad((1 + i % 200)::text, 32, '0')::uuid, lpad((1 + i % 150)::text, 32, '0')::uuid, 'r', '', '',
           '2025-01-01'::timestamptz + i * interval '1 h'
    FROM generate_series(1, 1000) i;
    INSERT INTO alternative_solutions (original_software_id, alternative_name, alternative_type,
                                       recommendation_status, cost_savings_percentage)
    SELECT lpad((1 + i % 2000)::text, 32, '0')::uuid, 'A' || i,
           CASE WHEN i % 50 = 0 THEN 'hybrid' ELSE 'commercial' END,
           CASE WHEN i % 50 = 1 THEN 'explore' ELSE 'consider' END, i % 97
    FROM generate_series(1, 2000) i;)");
  sql("ANALYZE");
  const std::string id = "'00000000-0000-0000-0000-000000000007'";
  const auto where = [&](const char* table, const char* column) {
    return std::string("SELECT FROM ") + table + " WHERE " + column + " = " + id;
  };
  const std::string log_company = where("activity_log", "company_id"),
                    log_user = where("activity_log", "user_id"),
                    log_newest = "SELECT * FROM activity_log WHERE company_id = " + id +
                                 " ORDER BY created_at DESC LIMIT 20",
                    analysis_software = where("ai_agent_analyses", "software_id"),
                    analysis_company = where("ai_agent_analyses", "company_id"),
                    report_company = where("client_reports", "company_id"),
                    report_user = where("client_reports", "generated_by"),
                    alternatives = where("alternative_solutions", "original_software_id"),
                    software = where("software", "company_id"),
                    retired = software + " AND status = 'Retired'",
                    named = software + " AND software_name = 'S7' AND deleted_at IS NULL",
                    assets = where("software_assets", "company_id"),
                    expired = assets + " AND contract_status = 'expired'",
                    asset = assets +
                            " AND software_name = 'S7' AND vendor_name = 'V' "
                            "AND deleted_at IS NULL",
                    contracts = where("contracts", "company_id");
  expect_indexes_to_serve({
      // The seed's list.
      {"idx_activity_log_company_id", log_company.c_str(), "idx_activity_log_company_created"},
      {"idx_activity_log_user_id", log_user.c_str()},
      {"idx_activity_log_created_at",
       "SELECT * FROM activity_log ORDER BY created_at DESC LIMIT 50"},
      {"idx_activity_log_company_created", log_newest.c_str()},
      {"idx_ai_agent_analyses_software_id", analysis_software.c_str()},
      {"idx_ai_agent_analyses_company_id", analysis_company.c_str()},
      {"idx_ai_agent_analyses_review_status",
       "SELECT * FROM ai_agent_analyses WHERE review_status = 'pending' ORDER BY created_at"},
      {"idx_client_reports_company_id", report_company.c_str()},
      {"idx_client_reports_generated_at",
       "SELECT * FROM client_reports ORDER BY generated_at DESC LIMIT 10"},
      {"idx_client_reports_generated_by", report_user.c_str()},
      {"idx_alternative_solutions_original_software_id", alternatives.c_str()},
      {"idx_alternative_solutions_recommendation",
       "SELECT FROM alternative_solutions WHERE recommendation_status = 'explore'"},
      {"idx_software_company_status", retired.c_str()},
      {"idx_software_assets_company_status", expired.c_str()},
      {"idx_companies_deleted_at",
       "SELECT FROM companies WHERE company_name = 'Company 7' AND deleted_at IS NULL",
       "idx_companies_name"},
      {"idx_software_deleted_at", named.c_str()},
      {"idx_software_assets_deleted_at", asset.c_str()},
      {"idx_users_deleted_at",
       "SELECT FROM users WHERE email = '7@example.com' AND deleted_at IS NULL"},
      {"companies_slug_active_key",
       "SELECT FROM companies WHERE slug = 's7' AND deleted_at IS NULL"},
      {"software_assets_asset_code_active_key",
       "SELECT FROM software_assets WHERE asset_code = 'SA-7' AND deleted_at IS NULL"},
      // Those that were there before.
      {"idx_companies_industry", "SELECT FROM companies WHERE industry = 'industry7'"},
      {"idx_companies_name", "SELECT FROM companies WHERE company_name = 'Company 7'"},
      {"idx_companies_status", "SELECT FROM companies WHERE contract_status = 'churned'"},
      {"idx_contracts_company", contracts.c_str()},
      {"idx_contracts_end_date", "SELECT FROM contracts WHERE end_date < '2025-01-10'"},
      {"idx_contracts_status", "SELECT FROM contracts WHERE status = 'expired'"},
      {"idx_contracts_vendor", "SELECT FROM contracts WHERE vendor_id = 'v7'"},
      {"idx_analysis_agent", "SELECT FROM ai_agent_analyses WHERE agent_name = 'agent7'"},
      {"idx_analysis_date", "SELECT * FROM ai_agent_analyses ORDER BY analysis_date DESC LIMIT 5"},
      {"idx_analysis_status", "SELECT FROM ai_agent_analyses WHERE review_status = 'rejected'"},
      {"idx_analysis_type", "SELECT FROM ai_agent_analyses WHERE analysis_type = 'type7'"},
      {"idx_alt_savings",
       "SELECT * FROM alternative_solutions ORDER BY cost_savings_percentage DESC LIMIT 5"},
      {"idx_alt_type", "SELECT FROM alternative_solutions WHERE alternative_type = 'hybrid'"},
  });
}

class RequestsIndexes : public AppliedPackTest {
 protected:
  RequestsIndexes() : AppliedPackTest("requests") {}
};

TEST_F(RequestsIndexes, EachServesTheQueryThatItWasMadeFor) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO organizations (organization_id, name, domain, archived)
    SELECT 'o' || i, 'School', i || '.example.com', i % 20 > 0 FROM generate_series(1, 200) i;
    INSERT INTO users (user_id, email, first_name, last_name, role, organization_id)
    SELECT 'u' || i, i || '@example.com', 'A', 'B', 'student', 'o' || i FROM generate_series(1, 200) i;
    INSERT INTO content_requests (id, correlation_id, student_id, topic, status, created_at, organization_id,
                                  error_stage, failed_at)
    SELECT lpad(i::text, 32, '0')::uuid, 'c' || i, 'u' || 1 + i % 200, 't',
           (CASE i % 50 WHEN 1 THEN 'failed' WHEN 2 THEN 'pending' ELSE 'completed' END)::content_request_status,
           '2025-01-01'::timestamptz + i * interval '1 min', CASE WHEN i % 2 = 0 THEN 'o' || 1 + i % 40 END,
           's' || i % 3, now()
    FROM generate_series(1, 5000) i;
    INSERT INTO request_stages (request_id, stage_name, stage_order, status)
    SELECT id, 'validation', 1, CASE status WHEN 'failed' THEN 'failed' ELSE 'completed' END::content_stage_status
    FROM content_requests;
    INSERT INTO request_events (request_id, event_type, event_message, severity, created_at)
    SELECT id, CASE status WHEN 'failed' THEN 'error' ELSE 'status_change' END, '',
           CASE status WHEN 'failed' THEN 'error' ELSE 'info' END, created_at
    FROM content_requests;
    INSERT INTO request_metrics (time_bucket, organization_id)
    SELECT '2025-01-01'::timestamptz + i * interval '1 h', 'o' || 1 + i % 200 FROM generate_series(1, 1000) i;
    INSERT INTO requested_by (student_id, request_id, requested_at)
    SELECT student_id, id, created_at FROM content_requests;)");
  sql("ANALYZE");
  const std::string id = "'00000000-0000-0000-0000-000000000007'";
  const std::string stages = "SELECT * FROM request_stages WHERE request_id = " + id +
                             " ORDER BY stage_order",
                    events = "SELECT * FROM request_events WHERE request_id = " + id +
                             " ORDER BY created_at DESC",
                    askers = "SELECT FROM requested_by WHERE request_id = " + id;
  expect_indexes_to_serve({
      // The seed's five compound ones, with the queries that it gives.
      {"idx_content_requests_correlation_status",
       "SELECT id, status FROM content_requests "
       "WHERE correlation_id = 'c7' AND status <> 'completed' LIMIT 1",
       "content_requests_correlation_id_key, idx_content_requests_correlation"},
      {"idx_content_requests_student_status_created",
       "SELECT * FROM content_requests WHERE student_id = 'u7' "
       "AND status IN ('pending', 'validating') ORDER BY created_at DESC LIMIT 20"},
      {"idx_content_requests_status_created",
       "SELECT * FROM content_requests WHERE status = 'failed' ORDER BY created_at DESC LIMIT 100",
       "idx_content_requests_status, idx_content_requests_failed_debugging"},
      {"idx_content_requests_org_status_created",
       "SELECT * FROM content_requests WHERE organization_id = 'o7' AND status = 'completed' "
       "ORDER BY created_at DESC LIMIT 20"},
      {"idx_content_requests_failed_debugging",
       "SELECT * FROM content_requests WHERE status = 'failed' AND error_stage = 's1' "
       "ORDER BY failed_at DESC",
       "idx_content_requests_status, idx_content_requests_status_created"},
      // Its five single ones. The compound ones begin with the same columns.
      {"idx_content_requests_correlation",
       "SELECT status FROM content_requests WHERE correlation_id = 'c7'",
       "content_requests_correlation_id_key, idx_content_requests_correlation_status"},
      {"idx_content_requests_student", "SELECT FROM content_requests WHERE student_id = 'u7'",
       "idx_content_requests_student_status_created"},
      {"idx_content_requests_status", "SELECT FROM content_requests WHERE status = 'failed'",
       "idx_content_requests_status_created, idx_content_requests_failed_debugging"},
      {"idx_content_requests_created",
       "SELECT * FROM content_requests ORDER BY created_at DESC LIMIT 10"},
      {"idx_content_requests_org", "SELECT FROM content_requests WHERE organization_id = 'o7'",
       "idx_content_requests_org_status_created"},
      // Stages, events, metrics, students, schools.
      {"idx_request_stages_request", stages.c_str(), "unique_stage_per_request"},
      {"idx_request_stages_status", "SELECT FROM request_stages WHERE status = 'failed'"},
      {"idx_request_events_request", events.c_str()},
      {"idx_request_events_type", "SELECT FROM request_events WHERE event_type = 'error'"},
      {"idx_request_events_severity", "SELECT FROM request_events WHERE severity = 'error'"},
      {"idx_request_events_created",
       "SELECT * FROM request_events ORDER BY created_at DESC LIMIT 20"},
      {"idx_request_metrics_time",
       "SELECT * FROM request_metrics ORDER BY time_bucket DESC LIMIT 24", "unique_metrics_bucket"},
      {"idx_request_metrics_org", "SELECT FROM request_metrics WHERE organization_id = 'o7'"},
      {"idx_requested_by_request", askers.c_str()},
      {"idx_requested_by_student",
       "SELECT * FROM requested_by WHERE student_id = 'u7' ORDER BY requested_at DESC LIMIT 5"},
      {"idx_users_organization", "SELECT FROM users WHERE organization_id = 'o7'"},
      {"idx_organizations_domain", "SELECT FROM organizations WHERE domain = '7.example.com'"},
      {"idx_organizations_archived", "SELECT FROM organizations WHERE NOT archived"},
  });
}

class EntitiesIndexes : public AppliedPackTest {
 protected:
  EntitiesIndexes() : AppliedPackTest("entities") {}
};

TEST_F(EntitiesIndexes, EachServesTheQueryThatItWasMadeFor) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO entities (id, name, entity_type, path, location, is_active, canonical_key)
    SELECT lpad(i::text, 32, '0')::uuid, 'e' || i, 'type' || i % 50, ('root.r' || i % 50 || '.e' || i)::ltree,
           ST_SetSRID(ST_MakePoint(i % 360 - 180, i % 180 - 90), 4326), i % 20 = 0, 'k' || i
    FROM generate_series(1, 4000) i;
    INSERT INTO entities (name, entity_type, path) VALUES ('World', 'global', 'root');
    INSERT INTO entity_relationships (source_entity_id, target_entity_id, relationship_type)
    SELECT id, lpad((1 + row_number() OVER () % 4000)::text, 32, '0')::uuid, 'relation' || row_number() OVER () % 50
    FROM entities;
    INSERT INTO entity_parents (parent_id, child_id)
    SELECT target_entity_id, source_entity_id FROM entity_relationships;
    INSERT INTO refresh_metrics (view_name, refresh_duration_ms, success, created_at)
    SELECT 'view' || i % 50, 1, true, '2025-01-01'::timestamptz + i * interval '1 min'
    FROM generate_series(1, 1000) i;)");
  sql("SELECT refresh_hierarchy_views()");
  sql(R"(
    INSERT INTO entity_change_log (change_type, batch_id, created_at)
    SELECT 'type' || i % 50, i::text, '2025-01-01'::timestamptz + i * interval '1 min'
    FROM generate_series(1, 1000) i;)");
  sql("ANALYZE");
  const std::string id = "'00000000-0000-0000-0000-000000000020'";
  const std::string by_id = "SELECT FROM hierarchy_mv WHERE id = " + id,
                    child = "SELECT FROM entity_parents WHERE child_id = " + id,
                    parent = "SELECT FROM entity_parents WHERE parent_id = " + id,
                    target = "SELECT FROM entity_relationships WHERE target_entity_id = " + id;
  expect_indexes_to_serve({
      // The seed's.
      {"entities_path_gist_idx", "SELECT FROM entities WHERE path <@ 'root.r7'"},
      {"entities_location_gist_idx",
       "SELECT FROM entities WHERE location && ST_MakeEnvelope(0, 0, 2, 2, 4326)"},
      {"hierarchy_mv_path_gist_idx", "SELECT FROM hierarchy_mv WHERE path <@ 'root.r10.e60'"},
      {"hierarchy_mv_depth_idx", "SELECT FROM hierarchy_mv WHERE path_depth = 1"},
      {"hierarchy_mv_id_idx", by_id.c_str()},
      // The application's.
      {"entities_active_path_key",
       "SELECT FROM entities WHERE path = 'root.r20.e20' AND is_active AND deleted_at IS NULL",
       "entities_path_gist_idx"},
      {"idx_entity_hierarchy_depth_path",
       "SELECT * FROM entities WHERE path_depth = 3 ORDER BY path LIMIT 10"},
      {"idx_entity_type", "SELECT FROM entities WHERE entity_type = 'type7'"},
      {"idx_entity_active", "SELECT FROM entities WHERE is_active"},
      {"idx_entity_canonical_key", "SELECT FROM entities WHERE canonical_key = 'k7'"},
      {"idx_entity_relationships_target", target.c_str()},
      {"idx_entity_relationships_type",
       "SELECT FROM entity_relationships WHERE relationship_type = 'relation7'"},
      {"idx_entity_change_log_created_at",
       "SELECT FROM entity_change_log WHERE created_at < '2025-01-01 00:10Z'"},
      {"idx_entity_change_log_change_type",
       "SELECT FROM entity_change_log WHERE change_type = 'type7'"},
      {"idx_refresh_metrics_view_created",
       "SELECT * FROM refresh_metrics WHERE view_name = 'view7' ORDER BY created_at DESC LIMIT 5"},
      {"idx_entity_parents_child", child.c_str()},
      {"idx_entity_parents_parent", parent.c_str()},
  });
}

}  // namespace
}  // namespace arango2pg::pg
