// The materialized views of the ats pack, with known numbers, and their refresh.
#include <gtest/gtest.h>

#include "db/ats_pack_fixture.h"

namespace arango2pg::pg {
namespace {

class AtsViews : public AtsPackTest {
 protected:
  std::string refresh() {
    return rows("SELECT view, mode, error, duration_ms >= 0 FROM refresh_materialized_views()");
  }
};

constexpr const char* all_concurrently =
    "user_document_stats|concurrently|-|t, top_skills_view|concurrently|-|t, "
    "recent_activity_view|concurrently|-|t";

// Three résumés and four jobs made twelve optimisations of one in the original.
TEST_F(AtsViews, UserStatisticsCountEachTableByItself) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO resume_documents (user_id, created_at, updated_at, is_active)
    VALUES ('ada', '2025-01-01', '2025-01-01', true), ('ada', '2025-01-03', '2025-01-03', true),
           ('ada', '2025-01-02', '2025-01-02', true), ('ada', '2025-09-09', '2025-09-09', false);
    INSERT INTO job_documents (user_id, created_at, updated_at)
    SELECT 'ada', '2025-01-04', '2025-01-04' FROM generate_series(1, 4);
    INSERT INTO optimization_results (user_id, ats_score, keyword_match_score, created_at, updated_at)
    VALUES ('ada', 80, 60, '2025-01-05', '2025-01-05'), ('ada', 91, NULL, '2025-01-05', '2025-01-05');
    INSERT INTO research_results (user_id, created_at, updated_at)
    VALUES ('ada', '2025-01-06', '2025-01-06');)");
  EXPECT_EQ(refresh(), all_concurrently);
  EXPECT_EQ(
      rows(
          "SELECT user_id, email, resume_count, job_count, optimization_count, research_count, "
          "last_resume_upload::date, last_job::date, last_optimization::date, last_activity::date, "
          "avg_ats_score, best_ats_score, avg_keyword_score, best_keyword_score "
          "FROM user_document_stats ORDER BY user_id"),
      "ada|ada@example.com|3|4|2|1|2025-01-03|2025-01-04|2025-01-05|2025-01-06|85.50|91.00|60.00|"
      "60.00, "
      "bob|b@example.com|0|0|0|0|-|-|-|-|-|-|-|-");
}

TEST_F(AtsViews, TopSkillsAreThoseOfMoreThanFiveActiveResumesWhateverTheSpelling) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO resume_documents (user_id, parsed_data, is_active)
    SELECT CASE WHEN i < 3 THEN 'ada' ELSE 'bob' END,
           jsonb_build_object('skills', jsonb_build_array(CASE WHEN i = 1 THEN 'sql' ELSE 'SQL' END, 'rare' || i % 2),
                              'work_experience', '[{"skills": ["C++"]}]'::jsonb), i < 7
    FROM generate_series(1, 8) i;
    -- A list that is none stopped the original's refresh.
    INSERT INTO resume_documents (user_id, parsed_data) VALUES ('ada', '{"skills": "SQL"}');)");
  EXPECT_EQ(refresh(), all_concurrently);
  EXPECT_EQ(rows("SELECT skill_key, skill, frequency, user_count FROM top_skills_view ORDER BY 1"),
            "c++|C++|6|2, sql|SQL|6|2");
}

TEST_F(AtsViews, RecentActivityIsTheWeekBeforeTheRefresh) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO resume_documents (user_id, filename) VALUES ('ada', 'cv.pdf'), ('ada', NULL);
    INSERT INTO resume_documents (user_id, created_at) VALUES ('ada', now() - interval '8 days');
    INSERT INTO resume_documents (user_id, is_active) VALUES ('ada', false);
    INSERT INTO job_documents (user_id, job_title, company_name) VALUES ('ada', 'DBA', 'Acme');
    INSERT INTO optimization_results (user_id, ats_score, status) VALUES ('bob', 91.5, 'x'), ('bob', NULL, 'x');
    INSERT INTO research_results (user_id, company_name) VALUES ('bob', 'Acme');)");
  EXPECT_EQ(refresh(), all_concurrently);
  EXPECT_EQ(
      rows("SELECT user_id, activity_type, title, score FROM recent_activity_view ORDER BY 2, 3"),
      "ada|job|DBA at Acme|-, bob|optimization|ATS Score: 91.50|91.50, "
      "bob|optimization|ATS Score: N/A|-, bob|research|Acme (company)|-, "
      "ada|resume|Resume|-, ada|resume|cv.pdf|-");
  EXPECT_EQ(value("SELECT count(DISTINCT refreshed_at) FROM recent_activity_view"), "1");
}

// Two of the original's views had no unique index: its one refresh failed as a whole.
TEST_F(AtsViews, AViewThatCannotBeRefreshedConcurrentlyIsRefreshedPlainlyAndAFailureStopsNoOther) {
  sql(R"(DROP INDEX idx_top_skills_key;
         REFRESH MATERIALIZED VIEW recent_activity_view WITH NO DATA;)");
  EXPECT_EQ(refresh(),
            "user_document_stats|concurrently|-|t, top_skills_view|plain|-|t, "
            "recent_activity_view|plain|-|t");
  EXPECT_EQ(value("SELECT count(*) FROM recent_activity_view"), "0") << "filled again";
  sql("ALTER MATERIALIZED VIEW user_document_stats RENAME TO elsewhere");
  EXPECT_EQ(
      rows("SELECT view, error FROM refresh_materialized_views()"),
      "user_document_stats|relation \"user_document_stats\" does not exist, top_skills_view|-, "
      "recent_activity_view|-");
}

TEST_F(AtsViews, ScoresOfJobsAreUnpackedPerResume) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO resume_documents (id, user_id, source_key)
    VALUES ('5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10', 'ada', '5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10'),
           ('00000000-0000-0000-0000-000000000001', 'ada', '1001');
    INSERT INTO job_documents (id, user_id, scores) VALUES
      ('00000000-0000-0000-0000-000000000011', 'ada',
       '{"5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10": {"overall_score": 82, "skills_score": 90, "experience_score": 80,
           "education_score": 75, "keywords_score": 78, "career_score": 80, "strengths": ["SQL"], "gaps": [],
           "recommendations": ["Name numbers"], "rationale": "Good fit.", "scored_at": "2025-08-20T14:03:09.224500"},
         "1001": {"overall_score": "high", "scored_at": "soon"}, "gone": {}}'),
      ('00000000-0000-0000-0000-000000000012', 'ada', '[1]'), ('00000000-0000-0000-0000-000000000013', 'ada', NULL);)");
  EXPECT_EQ(rows("SELECT right(job_id::text, 2), resume_id, overall_score, career_score, "
                 "strengths, scored_at "
                 "FROM job_resume_scores ORDER BY resume_key"),
            "11|00000000-0000-0000-0000-000000000001|-|-|-|-, "
            "11|5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10|82|80|[\"SQL\"]|2025-08-20 14:03:09.2245+00, "
            "11|-|-|-|-|-");
}

}  // namespace
}  // namespace arango2pg::pg
