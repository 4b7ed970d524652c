// Each constraint and unique index of the schema packs refuses what it is there to refuse, and none
// is without a statement here that breaks it.
#include <gtest/gtest.h>

#include "db/ats_pack_fixture.h"
#include "db/pack_fixture.h"

namespace arango2pg::pg {
namespace {

class ApplicationsConstraints : public AppliedPackTest {
 protected:
  ApplicationsConstraints() : AppliedPackTest("applications") {}
};

TEST_F(ApplicationsConstraints, EachRefusesWhatBreaksIt) {
  sql(R"(INSERT INTO companies (name, source_key) VALUES ('Example Labs', 'c1');
         INSERT INTO jobs (job_title, source_key) VALUES ('Engineer', 'j1');
         INSERT INTO job_applications (source_key) VALUES ('a1');
         INSERT INTO dashboard_metrics_daily (metric_date) VALUES ('2025-10-17');
         INSERT INTO dashboard_metrics_hourly (metric_hour) VALUES ('2025-10-17 10:00Z');)");
  expect_constraints_to_refuse({
      {"jobs_company_id_fkey", "UPDATE jobs SET company_id = gen_random_uuid()"},
      {"job_applications_job_id_fkey", "UPDATE job_applications SET job_id = gen_random_uuid()"},
      {"jobs_estimated_stress_level_check", "UPDATE jobs SET estimated_stress_level = 11"},
      {"jobs_prestige_factor_check", "UPDATE jobs SET prestige_factor = 0"},
      {"companies_source_key_key", "INSERT INTO companies (name, source_key) VALUES ('b', 'c1')"},
      {"jobs_source_key_key", "INSERT INTO jobs (job_title, source_key) VALUES ('b', 'j1')"},
      {"job_applications_source_key_key",
       "INSERT INTO job_applications (source_key) VALUES ('a1')"},
      {"dashboard_metrics_daily_metric_date_key",
       "INSERT INTO dashboard_metrics_daily (metric_date) VALUES ('2025-10-17')"},
      {"dashboard_metrics_daily_scraping_peak_hour_check",
       "UPDATE dashboard_metrics_daily SET scraping_peak_hour = 24"},
      {"dashboard_metrics_hourly_metric_hour_key",
       "INSERT INTO dashboard_metrics_hourly (metric_hour) VALUES ('2025-10-17 12:00+02')"},
  });
  // What an application makes has no key: any number of such rows.
  EXPECT_TRUE(accepts("INSERT INTO companies (name) VALUES ('b'), ('c')"));
}

class AssetsConstraints : public AppliedPackTest {
 protected:
  AssetsConstraints() : AppliedPackTest("assets") {}
};

TEST_F(AssetsConstraints, EachRefusesWhatBreaksIt) {
  sql(R"(
    INSERT INTO users (email, full_name, role) VALUES ('ada@example.com', 'Ada', 'admin');
    INSERT INTO companies (company_name, slug) VALUES ('Example Labs', 'labs');
    INSERT INTO software (company_id, software_name) SELECT id, 'Ledger' FROM companies;
    INSERT INTO software_assets (asset_code, software_name, vendor_name, category, license_type,
                                 total_annual_cost, renewal_date, company_id)
    SELECT 'SA-1', 'Ledger', 'V', 'C', 'L', 1, '2026-01-01', id FROM companies;
    INSERT INTO contracts (contract_id, company_id, contract_name) SELECT 'C-1', id, 'x' FROM companies;
    INSERT INTO activity_log (action_type) VALUES ('login');
    INSERT INTO ai_agent_analyses (agent_name, analysis_type, raw_findings) VALUES ('a', 'cost', '');
    INSERT INTO client_reports (report_type, report_title, report_content) VALUES ('r', '', '');
    INSERT INTO alternative_solutions (alternative_name) VALUES ('Open Ledger');
    INSERT INTO orphaned_rows (table_name, column_name, row_key, missing_key, action, row_data)
    VALUES ('t', 'c', gen_random_uuid(), gen_random_uuid(), 'removed', '{}');)");
  expect_constraints_to_refuse({
      // The seed's seven foreign keys.
      {"activity_log_company_id_fkey", "UPDATE activity_log SET company_id = gen_random_uuid()"},
      {"activity_log_user_id_fkey", "UPDATE activity_log SET user_id = gen_random_uuid()"},
      {"ai_agent_analyses_software_id_fkey",
       "UPDATE ai_agent_analyses SET software_id = gen_random_uuid()"},
      {"ai_agent_analyses_company_id_fkey",
       "UPDATE ai_agent_analyses SET company_id = gen_random_uuid()"},
      {"client_reports_company_id_fkey",
       "UPDATE client_reports SET company_id = gen_random_uuid()"},
      {"client_reports_generated_by_fkey",
       "UPDATE client_reports SET generated_by = gen_random_uuid()"},
      {"alternative_solutions_original_software_id_fkey",
       "UPDATE alternative_solutions SET original_software_id = gen_random_uuid()"},
      // Those that were there before, and those of updated_by.
      {"companies_created_by_fkey", "UPDATE companies SET created_by = gen_random_uuid()"},
      {"companies_updated_by_fkey", "UPDATE companies SET updated_by = gen_random_uuid()"},
      {"software_company_id_fkey", "UPDATE software SET company_id = gen_random_uuid()"},
      {"software_updated_by_fkey", "UPDATE software SET updated_by = gen_random_uuid()"},
      {"software_assets_company_id_fkey",
       "UPDATE software_assets SET company_id = gen_random_uuid()"},
      {"software_assets_updated_by_fkey",
       "UPDATE software_assets SET updated_by = gen_random_uuid()"},
      {"contracts_company_id_fkey", "UPDATE contracts SET company_id = gen_random_uuid()"},
      {"contracts_updated_by_fkey", "UPDATE contracts SET updated_by = gen_random_uuid()"},
      // Unique among rows that are not deleted.
      {"idx_users_deleted_at",
       "INSERT INTO users (email, full_name, role) VALUES ('ada@example.com', 'B', 'viewer')"},
      {"companies_slug_active_key",
       "INSERT INTO companies (company_name, slug) VALUES ('Other', 'labs')"},
      {"idx_software_deleted_at",
       "INSERT INTO software (company_id, software_name) SELECT id, 'Ledger' FROM companies"},
      {"idx_software_assets_deleted_at",
       "INSERT INTO software_assets (asset_code, software_name, vendor_name, category, "
       "license_type, total_annual_cost, renewal_date, company_id) "
       "SELECT 'SA-2', 'Ledger', 'V', 'C', 'L', 1, '2026-01-01', id FROM companies"},
      {"software_assets_asset_code_active_key",
       "INSERT INTO software_assets (asset_code, software_name, vendor_name, category, "
       "license_type, total_annual_cost, renewal_date) "
       "VALUES ('SA-1', 'Other', 'V', 'C', 'L', 1, '2026-01-01')"},
      // Words and ranges.
      {"users_role_check", "UPDATE users SET role = 'guest'"},
      {"companies_contract_status_check", "UPDATE companies SET contract_status = 'Active'"},
      {"software_assets_total_annual_cost_check",
       "UPDATE software_assets SET total_annual_cost = -0.01"},
      {"software_assets_total_licenses_check", "UPDATE software_assets SET total_licenses = -1"},
      {"software_assets_dates_check",
       "UPDATE software_assets SET contract_start_date = '2025-01-02', "
       "contract_end_date = '2025-01-01'"},
      {"software_assets_integration_complexity_check",
       "UPDATE software_assets SET integration_complexity = 'very-high'"},
      {"software_assets_replacement_priority_check",
       "UPDATE software_assets SET replacement_priority = 'soon'"},
      {"software_assets_replacement_feasibility_score_check",
       "UPDATE software_assets SET replacement_feasibility_score = 1.01"},
      {"software_assets_business_criticality_check",
       "UPDATE software_assets SET business_criticality = 'critical'"},
      {"software_assets_usage_trend_check", "UPDATE software_assets SET usage_trend = 'up'"},
      {"software_assets_workflow_automation_potential_check",
       "UPDATE software_assets SET workflow_automation_potential = 'some'"},
      {"ai_agent_analyses_confidence_score_check",
       "UPDATE ai_agent_analyses SET confidence_score = 1.01"},
      {"ai_agent_analyses_priority_level_check",
       "UPDATE ai_agent_analyses SET priority_level = 'urgent'"},
      {"ai_agent_analyses_review_status_check",
       "UPDATE ai_agent_analyses SET review_status = 'open'"},
      {"alternative_solutions_alternative_type_check",
       "UPDATE alternative_solutions SET alternative_type = 'other'"},
      {"alternative_solutions_cost_comparison_check",
       "UPDATE alternative_solutions SET cost_comparison = -1"},
      {"alternative_solutions_feature_parity_score_check",
       "UPDATE alternative_solutions SET feature_parity_score = -0.01"},
      {"alternative_solutions_integration_compatibility_score_check",
       "UPDATE alternative_solutions SET integration_compatibility_score = 1.01"},
      {"alternative_solutions_replacement_risk_score_check",
       "UPDATE alternative_solutions SET replacement_risk_score = 2"},
      {"alternative_solutions_implementation_complexity_check",
       "UPDATE alternative_solutions SET implementation_complexity = 'critical'"},
      {"alternative_solutions_estimated_migration_time_weeks_check",
       "UPDATE alternative_solutions SET estimated_migration_time_weeks = 0"},
      {"alternative_solutions_estimated_migration_cost_check",
       "UPDATE alternative_solutions SET estimated_migration_cost = -1"},
      {"alternative_solutions_training_required_check",
       "UPDATE alternative_solutions SET training_required = 'none'"},
      {"alternative_solutions_api_quality_check",
       "UPDATE alternative_solutions SET api_quality = 'ok'"},
      {"alternative_solutions_business_continuity_risk_check",
       "UPDATE alternative_solutions SET business_continuity_risk = 'none'"},
      {"alternative_solutions_rollback_difficulty_check",
       "UPDATE alternative_solutions SET rollback_difficulty = 'hard'"},
      {"alternative_solutions_pilot_feasibility_check",
       "UPDATE alternative_solutions SET pilot_feasibility = 'maybe'"},
      {"alternative_solutions_recommendation_status_check",
       "UPDATE alternative_solutions SET recommendation_status = 'Recommend'"},
      {"orphaned_rows_action_check", "UPDATE orphaned_rows SET action = 'kept'"},
  });
}

class RequestsConstraints : public AppliedPackTest {
 protected:
  RequestsConstraints() : AppliedPackTest("requests") {}
};

TEST_F(RequestsConstraints, EachRefusesWhatBreaksIt) {
  sql(R"(
    INSERT INTO organizations (organization_id, name) VALUES ('org', 'School');
    INSERT INTO users (user_id, email, first_name, last_name, role)
    VALUES ('ada', 'ada@example.com', 'Ada', 'Lovelace', 'student');
    INSERT INTO content_requests (correlation_id, student_id, topic) VALUES ('c1', 'ada', 'Light');
    INSERT INTO request_stages (request_id, stage_name, stage_order)
    SELECT id, 'validation', 1 FROM content_requests;
    INSERT INTO request_metrics (time_bucket) VALUES ('2025-11-02 10:00Z');)");
  expect_constraints_to_refuse({
      {"content_requests_correlation_id_key",
       "INSERT INTO content_requests (correlation_id, student_id, topic) VALUES ('c1', 'ada', "
       "'t')"},
      {"content_requests_student_id_fkey", "UPDATE content_requests SET student_id = 'nobody'"},
      {"content_requests_organization_id_fkey",
       "UPDATE content_requests SET organization_id = 'none'"},
      {"content_requests_progress_percentage_check",
       "UPDATE content_requests SET progress_percentage = -1"},
      {"request_stages_request_id_fkey",
       "INSERT INTO request_stages (request_id, stage_name, stage_order) "
       "VALUES (gen_random_uuid(), 'validation', 1)"},
      {"unique_stage_per_request",
       "INSERT INTO request_stages (request_id, stage_name, stage_order) "
       "SELECT id, 'validation', 2 FROM content_requests"},
      {"request_events_request_id_fkey",
       "INSERT INTO request_events (request_id, event_type, event_message) "
       "VALUES (gen_random_uuid(), 'error', '')"},
      {"request_events_severity_check", "UPDATE request_events SET severity = 'fatal'"},
      {"request_metrics_organization_id_fkey",
       "UPDATE request_metrics SET organization_id = 'none'"},
      // Two rows without organisation are two of the same bucket.
      {"unique_metrics_bucket",
       "INSERT INTO request_metrics (time_bucket) VALUES ('2025-11-02 10:00Z')"},
      {"pipeline_stage_definitions_stage_name_key",
       "INSERT INTO pipeline_stage_definitions (stage_name, display_name, stage_order) "
       "VALUES ('validation', 'Again', 7)"},
      {"users_email_key",
       "INSERT INTO users (user_id, email, first_name, last_name, role) "
       "VALUES ('b', 'ada@example.com', 'B', 'B', 'teacher')"},
      {"users_grade_level_check", "UPDATE users SET grade_level = 8"},
      {"users_organization_id_fkey", "UPDATE users SET organization_id = 'none'"},
  });
}

class EntitiesConstraints : public AppliedPackTest {
 protected:
  EntitiesConstraints() : AppliedPackTest("entities") {}
};

TEST_F(EntitiesConstraints, EachRefusesWhatBreaksIt) {
  sql(R"(
    INSERT INTO entities (name, entity_type, path, location)
    VALUES ('World', 'global', 'root', 'SRID=4326;POINT(2 48)');
    INSERT INTO entity_relationships (source_entity_id, target_entity_id, relationship_type)
    SELECT id, id, 'ally' FROM entities;
    INSERT INTO entity_path_problems (entity_id, problem, detail) SELECT id, 'no_parent', '' FROM entities;
    INSERT INTO entity_change_log (change_type, batch_id) VALUES ('insert', 'tx1');)");
  expect_constraints_to_refuse({
      {"entities_active_path_key",
       "INSERT INTO entities (name, entity_type, path) VALUES ('n', 't', 'root')"},
      {"entities_path_check",
       "UPDATE entities SET path = ('r.' || repeat('x.', 999) || 'yy')::ltree"},
      {"entities_location_check", "UPDATE entities SET location = 'SRID=4326;POINT(181 0)'"},
      {"entities_confidence_score_check", "UPDATE entities SET confidence_score = 1.01"},
      {"entities_confidence_source_check", "UPDATE entities SET confidence_source = 'guessed'"},
      {"entity_relationships_source_entity_id_fkey",
       "UPDATE entity_relationships SET source_entity_id = gen_random_uuid()"},
      {"entity_relationships_target_entity_id_fkey",
       "UPDATE entity_relationships SET target_entity_id = gen_random_uuid()"},
      {"entity_relationships_once_key",
       "INSERT INTO entity_relationships (source_entity_id, target_entity_id, relationship_type) "
       "SELECT id, id, 'ally' FROM entities"},
      {"entity_relationships_strength_check", "UPDATE entity_relationships SET strength = 1.01"},
      {"entity_path_problems_entity_id_fkey",
       "UPDATE entity_path_problems SET entity_id = gen_random_uuid()"},
      {"entity_path_problems_problem_check", "UPDATE entity_path_problems SET problem = 'odd'"},
      {"entity_change_log_batch_id_key",
       "INSERT INTO entity_change_log (change_type, batch_id) VALUES ('update', 'tx1')"},
      {"materialized_view_refresh_schedule_refresh_mode_check",
       "UPDATE materialized_view_refresh_schedule SET refresh_mode = 'never'"},
      {"materialized_view_refresh_schedule_view_name_key",
       "INSERT INTO materialized_view_refresh_schedule (view_name) VALUES ('hierarchy_mv')"},
      {"feature_flags_flag_name_key",
       "INSERT INTO feature_flags (flag_name) VALUES ('ff.geo.map')"},
      {"feature_flags_rollout_percentage_check",
       "UPDATE feature_flags SET rollout_percentage = 101"},
  });
}

class AtsConstraints : public AtsPackTest {};

TEST_F(AtsConstraints, EachRefusesWhatBreaksIt) {
  sql(R"(
    INSERT INTO resume_documents (id, user_id, file_hash, source_key)
    VALUES ('00000000-0000-0000-0000-000000000001', 'ada', 'h', 'r1');
    INSERT INTO job_documents (user_id, source_key) VALUES ('ada', 'j1');
    INSERT INTO optimization_results (user_id, status, source_key) VALUES ('ada', 'x', 'o1');
    INSERT INTO research_results (user_id, source_key) VALUES ('ada', 's1');
    INSERT INTO tasks (user_id, task_type, payload) VALUES ('ada', 'score', '{}');
    INSERT INTO task_results (result, source_key) VALUES ('{}', 't1');
    INSERT INTO task_metrics (task_type, duration_ms, status) VALUES ('score', 1, 'failed');
    INSERT INTO user_profiles (user_id) VALUES ('ada');)");
  expect_constraints_to_refuse({
      {"resume_documents_user_id_fkey", "UPDATE resume_documents SET user_id = 'nobody'"},
      {"resume_status_check", "UPDATE resume_documents SET status = 'archived'"},
      {"resume_source_check", "UPDATE resume_documents SET source = 'fax'"},
      {"resume_file_size_check", "UPDATE resume_documents SET file_size = -1"},
      {"resume_version_check", "UPDATE resume_documents SET version = 0"},
      {"resume_dates_check", "UPDATE resume_documents SET created_at = now() + interval '1 day'"},
      {"prevent_duplicate_resume",
       "INSERT INTO resume_documents (user_id, file_hash) VALUES ('ada', 'h')"},
      {"resume_documents_source_key_key",
       "INSERT INTO resume_documents (user_id, source_key) VALUES ('bob', 'r1')"},
      {"job_documents_user_id_fkey", "UPDATE job_documents SET user_id = 'nobody'"},
      {"job_status_check", "UPDATE job_documents SET status = 'open'"},
      {"job_source_type_check", "UPDATE job_documents SET source_type = 'fax'"},
      {"job_expiry_check", "UPDATE job_documents SET expires_at = created_at"},
      {"job_dates_check", "UPDATE job_documents SET created_at = now() + interval '1 day'"},
      {"job_documents_source_key_key",
       "INSERT INTO job_documents (user_id, source_key) VALUES ('bob', 'j1')"},
      {"optimization_results_user_id_fkey", "UPDATE optimization_results SET user_id = 'nobody'"},
      {"optimization_results_resume_id_fkey",
       "UPDATE optimization_results SET resume_id = gen_random_uuid()"},
      {"optimization_results_job_id_fkey",
       "UPDATE optimization_results SET job_id = gen_random_uuid()"},
      {"optimization_results_parent_optimization_id_fkey",
       "UPDATE optimization_results SET parent_optimization_id = gen_random_uuid()"},
      {"optimization_parent_check", "UPDATE optimization_results SET parent_optimization_id = id"},
      {"optimization_type_check", "UPDATE optimization_results SET optimization_type = 'other'"},
      {"optimization_ats_score_check", "UPDATE optimization_results SET ats_score = 100.01"},
      {"optimization_keyword_match_score_check",
       "UPDATE optimization_results SET keyword_match_score = -0.01"},
      {"optimization_version_check", "UPDATE optimization_results SET version = 0"},
      {"optimization_dates_check",
       "UPDATE optimization_results SET created_at = now() + interval '1 day'"},
      {"optimization_results_source_key_key",
       "INSERT INTO optimization_results (user_id, status, source_key) VALUES ('bob', 'x', 'o1')"},
      {"research_results_user_id_fkey", "UPDATE research_results SET user_id = 'nobody'"},
      {"research_results_resume_id_fkey",
       "UPDATE research_results SET resume_id = gen_random_uuid()"},
      {"research_results_job_id_fkey", "UPDATE research_results SET job_id = gen_random_uuid()"},
      {"research_type_check", "UPDATE research_results SET research_type = 'gossip'"},
      {"research_expiry_check", "UPDATE research_results SET expires_at = created_at"},
      {"research_dates_check", "UPDATE research_results SET created_at = now() + interval '1 day'"},
      {"research_results_source_key_key",
       "INSERT INTO research_results (user_id, source_key) VALUES ('bob', 's1')"},
      {"document_audit_log_document_type_check",
       "INSERT INTO document_audit_log (document_type, action) VALUES ('letter', 'insert')"},
      {"document_audit_log_action_check",
       "INSERT INTO document_audit_log (document_type, action) VALUES ('job', 'read')"},
      {"tasks_status_check", "UPDATE tasks SET status = 'parsed'"},
      {"tasks_priority_check", "UPDATE tasks SET priority = 4"},
      {"tasks_progress_check", "UPDATE tasks SET progress = 101"},
      {"tasks_retry_count_check", "UPDATE tasks SET retry_count = max_retries + 1"},
      {"tasks_dates_logical", "UPDATE tasks SET started_at = created_at - interval '1 second'"},
      {"task_metrics_status_check", "UPDATE task_metrics SET status = 'running'"},
      {"task_results_source_key_key",
       "INSERT INTO task_results (result, source_key) VALUES ('{}', 't1')"},
      {"user_email_key",
       "INSERT INTO \"user\" (id, name, email) VALUES ('c', 'C', 'ada@example.com')"},
      {"user_profiles_resume_id_fkey", "UPDATE user_profiles SET resume_id = gen_random_uuid()"},
  });
}

// What is left when a document goes: results of a résumé go with it, reports stay.
TEST_F(AtsConstraints, DeletingAResumeTakesItsOptimizationsAndLeavesItsResearch) {
  sql(R"(
    INSERT INTO resume_documents (id, user_id) VALUES ('00000000-0000-0000-0000-000000000001', 'ada');
    INSERT INTO job_documents (id, user_id) VALUES ('00000000-0000-0000-0000-000000000002', 'ada');
    INSERT INTO optimization_results (user_id, resume_id, job_id, status)
    VALUES ('ada', '00000000-0000-0000-0000-000000000001', NULL, 'x'),
           ('ada', NULL, '00000000-0000-0000-0000-000000000002', 'x');
    INSERT INTO research_results (user_id, resume_id, job_id)
    VALUES ('ada', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002');
    DELETE FROM resume_documents;)");
  EXPECT_EQ(rows("SELECT resume_id, job_id IS NOT NULL FROM optimization_results"), "-|t");
  EXPECT_EQ(rows("SELECT resume_id, job_id IS NOT NULL FROM research_results"), "-|t");
  sql("DELETE FROM job_documents");
  EXPECT_EQ(value("SELECT count(*) FROM optimization_results"), "0");
  EXPECT_EQ(rows("SELECT resume_id, job_id FROM research_results"), "-|-");
  sql(R"(DELETE FROM "user" WHERE id = 'ada')");
  EXPECT_EQ(value("SELECT count(*) FROM research_results"), "0");
}

}  // namespace
}  // namespace arango2pg::pg
